//! IDs.
//!
//! An id is a number that JavaScript can hold exactly: 1 to 2⁵³ − 1. New ones are made
//! without a counter, from the time in milliseconds and twelve random bits, so that they
//! sort by age and no item is contended. Two made in the same millisecond clash once in
//! four thousand times; the write that finds its id taken makes another.
//!
//! Credentials are named by random texts instead, which cannot be guessed and do not show when
//! they were made.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, Schema, SchemaFormat, Type};
use utoipa::{PartialSchema, ToSchema};
use uuid::{Builder, Uuid};

use crate::secret::{Random, RandomFailed};

/// The largest integer that JavaScript holds exactly, 2⁵³ − 1.
pub const MAX: u64 = (1 << 53) - 1;

/// 2024-01-01T00:00:00Z in Unix milliseconds: 41 bits count from here into the year 2093.
const EPOCH: i64 = 1_704_067_200_000;

const RANDOM_BITS: u32 = 12;

/// A number outside 1 to [`MAX`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an id is an integer from 1 to {MAX}")]
pub struct OutOfRange;

/// A number that identifies an item of one kind.
pub trait Id: Copy + TryFrom<u64, Error = OutOfRange> {
    /// The number itself.
    fn number(self) -> u64;
}

/// The ID of a directory item: a number, or a UUID. Later ones sort after earlier ones.
pub trait Identifier:
    Copy + Ord + fmt::Display + std::str::FromStr + Serialize + DeserializeOwned + Send + Sync + 'static
{
    /// A new ID, for an item created at `now`.
    ///
    /// # Errors
    /// If the system has no random numbers.
    fn make(now: DateTime<Utc>, random: &Random) -> Result<Self, RandomFailed>;

    /// Another one, after so many were taken.
    ///
    /// # Errors
    /// As [`Identifier::make`].
    fn make_again(now: DateTime<Utc>, random: &Random, _taken: u32) -> Result<Self, RandomFailed> {
        Self::make(now, random)
    }

    /// Its form in keys: texts that sort like the IDs.
    fn key_text(self) -> String;
}

macro_rules! identifiers {
    ($($name:ident)*) => {$(
        impl Identifier for $name {
            fn make(now: DateTime<Utc>, random: &Random) -> Result<Self, RandomFailed> {
                Ok(Self::generate(now, random.bits()?))
            }

            fn key_text(self) -> String {
                format!("{:016}", self.0)
            }
        }
    )*};
}

identifiers! { OrganizationId UserGroupId DeviceId DeviceGroupId ScheduleId }

macro_rules! generated {
    ($($name:ident)*) => {$(
        impl $name {
            /// An ID for an item created at `now`. The low bits come from `random`.
            pub fn generate(now: DateTime<Utc>, random: u16) -> Self {
                Self(generate(now, random))
            }
        }
    )*};
}

generated! { OrganizationId UserGroupId DeviceId DeviceGroupId ScheduleId ShareId }

/// Clients of the access family read the ID of a user into 32 bits with a sign. So 13 bits count
/// days, and 18 bits are random: 262,144 IDs a day for each organization.
impl UserId {
    /// The largest ID that a new user is given.
    pub const LARGEST: u64 = (1 << (DAY_BITS + DRAWN_BITS)) - 1;

    /// An ID for a user created at `now`, after `taken` others were taken: among those of the
    /// day; then among four times as many, into the days that follow, and so on. So 200,000 users
    /// in a day find a free one at the second draw for the most part, and users are listed in the
    /// order of their days as long as no day is crowded. The days last until June 2048. They
    /// begin again then: the order ends, and each draw still finds an ID that is free.
    fn draw(now: DateTime<Utc>, random: u32, taken: u32) -> Self {
        let among = 1_u64 << (DRAWN_BITS + 2 * taken.min(MOST_WIDENED));
        let first = day(now) << DRAWN_BITS;
        let number = (first + u64::from(random) % among) & Self::LARGEST;
        Self(number.max(1))
    }

    /// Until when this ID may be drawn again at `now` or later, if it may: to the end of its day.
    pub fn drawn_until(self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        if self.0 > Self::LARGEST {
            return None;
        }
        let days = 1 << DAY_BITS;
        let ahead = ((self.0 >> DRAWN_BITS) + days - day(now)) % days;
        let ends = now.timestamp_millis().div_euclid(DAY) + i64::try_from(ahead).ok()? + 1;
        // What is more than half way ahead is behind.
        DateTime::from_timestamp_millis(ends * DAY).filter(|_| ahead < days / 2)
    }
}

/// Milliseconds.
const DAY: i64 = 86_400_000;
/// The day that 1 January 2026 is, of those since 1970.
const FIRST_DAY: i64 = 20_454;
const DAY_BITS: u32 = 13;
const DRAWN_BITS: u32 = 18;
/// How often the days that are drawn from are made four times as many: up to 256 days.
const MOST_WIDENED: u32 = 4;

/// The number of a day, from the first one on.
fn day(now: DateTime<Utc>) -> u64 {
    let days = now.timestamp_millis().div_euclid(DAY) - FIRST_DAY;
    days.rem_euclid(1 << DAY_BITS).unsigned_abs()
}

impl Identifier for UserId {
    fn make(now: DateTime<Utc>, random: &Random) -> Result<Self, RandomFailed> {
        Self::make_again(now, random, 0)
    }

    fn make_again(now: DateTime<Utc>, random: &Random, taken: u32) -> Result<Self, RandomFailed> {
        let random = u32::from_le_bytes(random.bytes()?);
        Ok(Self::draw(now, random, taken))
    }

    fn key_text(self) -> String {
        format!("{:016}", self.0)
    }
}

macro_rules! uuids {
    ($($(#[doc = $doc:literal])+ $name:ident($example:literal))*) => {$(
        $(#[doc = $doc])+
        ///
        /// Written as 32 hexadecimal digits; read with dashes and braces, too.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(Uuid);

        impl $name {
            /// The bytes of its text.
            pub fn bytes(self) -> [u8; 16] {
                self.0.into_bytes()
            }
        }

        impl Identifier for $name {
            fn make(now: DateTime<Utc>, random: &Random) -> Result<Self, RandomFailed> {
                random.ordered_uuid(now).map(Self)
            }

            fn key_text(self) -> String {
                self.to_string()
            }
        }

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                let description = concat!($($doc),+).trim().trim_end_matches('.');
                ObjectBuilder::new()
                    .schema_type(Type::String)
                    .description(Some(format!("{description}: 32 hexadecimal digits.")))
                    .pattern(Some("^[0-9a-f]{32}$"))
                    .examples([$example])
                    .into()
            }
        }

        impl ToSchema for $name {}

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.simple().fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, uuid::Error> {
                Uuid::try_parse(text).map(Self)
            }
        }

        impl TryFrom<String> for $name {
            type Error = uuid::Error;

            fn try_from(text: String) -> Result<Self, uuid::Error> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.to_string()
            }
        }
    )*};
}

uuids! {
    /// The ID of a space.
    SpaceId("0192a5b07c0070008000000000000001")
    /// The ID of an access template.
    AccessTemplateId("0192a5b07c0070008000000000000002")
    /// The ID of an access.
    AccessId("0192a5b07c0070008000000000000003")
    /// The ID of a regeneration of all access codes of an organization.
    ReprogrammingId("0192a5b07c0070008000000000000004")
    /// The ID of a group of access templates.
    AccessTemplateGroupId("0192a5b07c0070008000000000000005")
}

fn generate(now: DateTime<Utc>, random: u16) -> u64 {
    let elapsed = u64::try_from(now.timestamp_millis() - EPOCH).unwrap_or(0);
    let low = u64::from(random) & ((1 << RANDOM_BITS) - 1);
    ((elapsed << RANDOM_BITS) | low).clamp(1, MAX)
}

/// How the API document describes an ID.
fn schema(description: &str, example: u64) -> RefOr<Schema> {
    ObjectBuilder::new()
        .schema_type(Type::Integer)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64)))
        .description(Some(description.trim()))
        .minimum(Some(1.0))
        .maximum(Some(MAX as f64))
        .examples([example])
        .into()
}

macro_rules! ids {
    ($($(#[doc = $doc:literal])+ $name:ident($example:literal))*) => {$(
        $(#[doc = $doc])+
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "u64", into = "u64")]
        pub struct $name(u64);

        impl Id for $name {
            fn number(self) -> u64 {
                self.0
            }

        }

        impl TryFrom<u64> for $name {
            type Error = OutOfRange;

            fn try_from(number: u64) -> Result<Self, OutOfRange> {
                if (1..=MAX).contains(&number) { Ok(Self(number)) } else { Err(OutOfRange) }
            }
        }

        impl From<$name> for u64 {
            fn from(id: $name) -> u64 {
                id.0
            }
        }

        impl std::str::FromStr for $name {
            type Err = OutOfRange;

            /// Reads the plain decimal form; no sign, no leading zero.
            fn from_str(text: &str) -> Result<Self, OutOfRange> {
                let number: u64 = text.parse().map_err(|_| OutOfRange)?;
                if number.to_string() != text {
                    return Err(OutOfRange);
                }
                Self::try_from(number)
            }
        }

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                schema(concat!($($doc),+), $example)
            }
        }

        impl ToSchema for $name {}

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    )*};
}

ids! {
    /// The ID of an organization.
    OrganizationId(1)
    /// The ID of a user.
    UserId(2)
    /// The ID of a user group.
    UserGroupId(1)
    /// The ID of a device.
    DeviceId(1)
    /// The ID of a device group.
    DeviceGroupId(1)
    /// The ID of a named schedule.
    ScheduleId(1)
    /// The ID of a share.
    ShareId(3)
}

/// A text that is not such an ID.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an id of this kind is 16 characters of base64url")]
pub struct NotAnId;

/// The number of random bytes of such a text.
pub const RANDOM_BYTES: usize = 12;

macro_rules! random_ids {
    ($($(#[doc = $doc:literal])+ $name:ident)*) => {$(
        $(#[doc = $doc])+
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name([u8; RANDOM_BYTES]);

        impl $name {
            /// A new one.
            ///
            /// # Errors
            /// If the system has no random numbers.
            pub fn generate(random: &Random) -> Result<Self, RandomFailed> {
                random.bytes().map(Self)
            }

            /// The bytes of its text.
            pub fn bytes(self) -> [u8; RANDOM_BYTES] {
                self.0
            }
        }

        impl From<[u8; RANDOM_BYTES]> for $name {
            fn from(bytes: [u8; RANDOM_BYTES]) -> Self {
                Self(bytes)
            }
        }

        impl std::str::FromStr for $name {
            type Err = NotAnId;

            fn from_str(text: &str) -> Result<Self, NotAnId> {
                let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| NotAnId)?;
                bytes.try_into().map(Self).map_err(|_| NotAnId)
            }
        }

        impl TryFrom<String> for $name {
            type Error = NotAnId;

            fn try_from(text: String) -> Result<Self, NotAnId> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.to_string()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                URL_SAFE_NO_PAD.encode(self.0).fmt(f)
            }
        }

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                ObjectBuilder::new()
                    .schema_type(Type::String)
                    .description(Some(concat!($($doc),+).trim()))
                    .pattern(Some("^[A-Za-z0-9_-]{16}$"))
                    .examples(["demoKeyOfTheHome"])
                    .into()
            }
        }

        impl ToSchema for $name {}
    )*};
}

random_ids! {
    /// The ID of an API key: the first half of its credential, not a secret.
    ApiKeyId
    /// The ID of a family of tokens: those that came from one another, for one API key.
    FamilyId
}

/// Names an entry: a UUID whose order is that of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct AuditId(Uuid);

impl AuditId {
    /// A new one, of something done at `now`.
    ///
    /// # Errors
    /// If the system has no random numbers.
    pub fn generate(now: DateTime<Utc>, random: &Random) -> Result<Self, RandomFailed> {
        random.ordered_uuid(now).map(Self)
    }
}

impl AuditId {
    /// The one that is made of a moment and a hash: for what is folded into one.
    pub(crate) fn folded(at: DateTime<Utc>, hash: [u8; 32]) -> Self {
        let millis = u64::try_from(at.timestamp_millis()).unwrap_or(0);
        let (random, _) = hash.split_first_chunk().unwrap_or((&[0; 10], &[]));
        Self(Builder::from_unix_timestamp_millis(millis, random).into_uuid())
    }

    /// The same as a number, for clients that expect one: later ones are larger.
    pub fn number(self) -> u64 {
        // Twelve of its random bits.
        let random = self.0.as_u128() & 0xfff;
        generate(self.at(), random as u16)
    }

    /// When it was done: in milliseconds, as the id has it.
    pub fn at(self) -> DateTime<Utc> {
        let millis = (self.0.as_u128() >> 80) as i64;
        DateTime::from_timestamp_millis(millis).unwrap_or_default()
    }

    /// What the ids of that moment begin with.
    pub(crate) fn beginning(at: DateTime<Utc>) -> String {
        format!("{:012x}", at.timestamp_millis().max(0))
    }
}

impl std::fmt::Display for AuditId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.simple().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_of_random_bytes_has_one_text() {
        let id: ApiKeyId = "vT3mYq0cJx8ZkA-_".parse().unwrap();
        assert_eq!(id.to_string(), "vT3mYq0cJx8ZkA-_");
        for text in [
            "",
            "vT3mYq0cJx8ZkA-",
            "vT3mYq0cJx8ZkA-_A",
            "vT3mYq0cJx8ZkA+/",
            "key1",
        ] {
            assert_eq!(text.parse::<ApiKeyId>(), Err(NotAnId), "{text}");
        }
    }

    #[test]
    fn an_id_is_a_number_that_javascript_holds() {
        assert_eq!(ShareId::try_from(0), Err(OutOfRange));
        assert_eq!(ShareId::try_from(MAX + 1), Err(OutOfRange));
        assert!(ShareId::try_from(MAX).is_ok());
        assert_eq!("7".parse(), ShareId::try_from(7));
        for text in ["", "0", "-1", "+1", "01", "1.0", "9007199254740992", "x"] {
            assert_eq!(text.parse::<ShareId>(), Err(OutOfRange), "{text}");
        }
    }

    #[test]
    fn users_have_ids_of_32_bits_in_the_order_of_their_days() {
        let at = |text: &str| -> DateTime<Utc> { text.parse().unwrap() };
        let day = at("2026-11-27T23:59:59Z");
        let next = at("2026-11-28T00:00:00Z");
        assert!(UserId::draw(day, u32::MAX, 0) < UserId::draw(next, 1, 0));
        assert_eq!(UserId::draw(at("2026-01-01T00:00:00Z"), 0, 0).number(), 1);
        let last = UserId::draw(at("2048-06-05T12:00:00Z"), u32::MAX, 0);
        assert_eq!(last.number(), UserId::LARGEST);
        assert_eq!(UserId::LARGEST, (1 << 31) - 1);
        // The days begin again.
        let again = UserId::draw(at("2048-06-06T00:00:00Z"), 7, 0);
        assert_eq!(again.number(), 7);
        assert!(UserId::draw(day, u32::MAX, 9).number() <= UserId::LARGEST);

        let drawn = UserId::draw(day, 12_345, 0);
        assert_eq!(drawn.drawn_until(day), Some(next));
        assert_eq!(drawn.drawn_until(next), None, "that day is over");
        let ahead = UserId::draw(day, 3 << DRAWN_BITS, 1);
        let until = at("2026-12-01T00:00:00Z");
        assert_eq!(ahead.drawn_until(day), Some(until));
        let by_hand = UserId::try_from(2).unwrap();
        assert_eq!(by_hand.drawn_until(day), None);
        assert_eq!(UserId(MAX).drawn_until(day), None);
    }

    #[test]
    fn two_hundred_thousand_users_in_a_day_find_an_id_in_a_few_draws() {
        let now = DateTime::from_timestamp_millis(1_795_262_400_000).unwrap();
        let mut taken = std::collections::HashSet::new();
        let (mut draws, mut most) = (0, 0);
        // Numbers that are as good as random, and the same each time.
        let mut state: u64 = 1;
        for _ in 0..200_000 {
            for attempt in 0.. {
                state = state
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1_442_695_040_888_963_407);
                let random = (state >> 32) as u32;
                draws += 1;
                most = attempt.max(most);
                if taken.insert(UserId::draw(now, random, attempt)) {
                    break;
                }
            }
        }
        assert!(draws < 290_000, "{draws}");
        assert!(most <= 4, "{most}");
    }

    #[test]
    fn generated_ids_sort_by_age_and_stay_in_range() {
        let at = |millis| DateTime::from_timestamp_millis(millis).unwrap();
        let old = ShareId::generate(at(1_790_000_000_000), u16::MAX);
        let new = ShareId::generate(at(1_790_000_000_001), 0);
        assert!(old < new);
        assert_eq!(ShareId::generate(at(0), 0).number(), 1);
        assert_eq!(
            ShareId::generate(DateTime::<Utc>::MAX_UTC, u16::MAX).number(),
            MAX
        );
    }
}
