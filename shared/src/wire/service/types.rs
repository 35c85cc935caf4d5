//! The types of fields, as ServiceStack's clients write them.
//!
//! Each reads a text as well as what JSON has for it, for in JSV and in a query all are texts.
//! Each is written as its clients read it; a [`TimeSpan`], which is written in two ways, has
//! both as its `Display` (see [`crate::wire::jsv`]).

use std::fmt;

use chrono::{DateTime, Datelike, TimeDelta, Utc};
use serde::de::{self, Deserializer, Visitor};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, Schema, SchemaFormat, Type};
use utoipa::{PartialSchema, ToSchema};
use uuid::Uuid;

use crate::error::FaultCode;
use crate::id::{Id, OrganizationId};
use crate::wire::json::{self, FromJson};

/// The content of a field: a text, or another JSON value.
enum Leaf<'l> {
    Text(&'l str),
    Number(i64),
    Bool(bool),
}

/// A type of fields that is read from a leaf.
trait Wire: Sized {
    /// What is expected, for a message.
    fn expected() -> String;

    /// Reads it.
    fn read(leaf: Leaf<'_>) -> Result<Self, Misread>;
}

/// Why a leaf cannot be read.
struct Misread {
    code: FaultCode,
    /// What to report instead of the expected type.
    why: Option<String>,
}

impl Misread {
    fn message<T: Wire>(self) -> String {
        self.why
            .unwrap_or_else(|| format!("expected {}", T::expected()))
    }
}

impl From<FaultCode> for Misread {
    fn from(code: FaultCode) -> Self {
        Self { code, why: None }
    }
}

fn read<T: Wire>(value: &Value) -> Result<T, (FaultCode, String)> {
    let leaf = match value {
        Value::String(text) => Ok(Leaf::Text(text.trim())),
        Value::Bool(value) => Ok(Leaf::Bool(*value)),
        Value::Number(number) => number
            .as_i64()
            .or_else(|| json::whole(number).and_then(|whole| i64::try_from(whole).ok()))
            .map(Leaf::Number)
            .ok_or(FaultCode::InvalidValue.into()),
        Value::Null | Value::Array(_) | Value::Object(_) => Err(FaultCode::WrongType.into()),
    };
    leaf.and_then(T::read)
        .map_err(|misread| (misread.code, misread.message::<T>()))
}

struct Reader<T>(std::marker::PhantomData<T>);

impl<T: Wire> Reader<T> {
    fn leaf<E: de::Error>(leaf: Leaf<'_>) -> Result<T, E> {
        T::read(leaf).map_err(|misread| E::custom(misread.message::<T>()))
    }
}

impl<T: Wire> Visitor<'_> for Reader<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&T::expected())
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<T, E> {
        Self::leaf(Leaf::Bool(value))
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<T, E> {
        Self::leaf(Leaf::Number(value))
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<T, E> {
        match i64::try_from(value) {
            Ok(value) => self.visit_i64(value),
            Err(_) => Err(E::invalid_value(de::Unexpected::Unsigned(value), &self)),
        }
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<T, E> {
        Self::leaf(Leaf::Text(value.trim()))
    }
}

macro_rules! wire {
    ($([$($parameters:tt)*] $type:ty;)*) => {$(
        impl<$($parameters)*> FromJson for $type {
            fn from_json(value: &Value) -> Result<Self, (FaultCode, String)> {
                read(value)
            }
        }

        impl<'de, $($parameters)*> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_any(Reader(std::marker::PhantomData))
            }
        }
    )*};
}

wire! {
    [] Guid;
    [] OrganizationGuid;
    [] Moment;
    [] TimeSpan;
    [] Flag;
    [] Words;
    [const LEAST: u32, const MOST: u32] Number<LEAST, MOST>;
    [T: Id] Numbered<T>;
    [T: Enumerated] Enumeration<T>;
}

/// Digits with a sign or without; not what else Rust reads as a number.
fn integer(text: &str) -> Option<i64> {
    if text.starts_with('+') {
        return None;
    }
    text.parse().ok()
}

/// The ID of a thing: 32 hexadecimal digits; dashes and braces are accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Guid(pub Uuid);

impl Wire for Guid {
    fn expected() -> String {
        "32 hexadecimal digits".to_owned()
    }

    fn read(leaf: Leaf<'_>) -> Result<Self, Misread> {
        let Leaf::Text(text) = leaf else {
            return Err(FaultCode::WrongType.into());
        };
        let inside = text
            .strip_prefix('{')
            .and_then(|text| text.strip_suffix('}'));
        Some(inside.unwrap_or(text))
            .filter(|text| !text.starts_with(['u', '{']))
            .and_then(|text| Uuid::try_parse(text).ok())
            .map(Self)
            .ok_or(FaultCode::InvalidValue.into())
    }
}

impl fmt::Display for Guid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.simple().fmt(f)
    }
}

impl Serialize for Guid {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.to_string())
    }
}

/// Names an organization to clients that know only Guids: a UUID of version 8, which is free to
/// say what it likes, made of the organization's number by a fixed rule. Nothing is read to turn
/// one into the other:
///
/// - the first six bytes are the ASCII letters `Latchk`,
/// - then stand the version, 8, and the kind of what is named, 1,
/// - the last eight bytes are the variant, two bits, and the number.
///
/// So organization 1 is `4c617463686b80018000000000000001`. A UUID that is not made so names no
/// organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OrganizationGuid(pub OrganizationId);

/// What stands before the number, with the version, and the variant.
const ORGANIZATION_GUID: u128 = 0x4c61_7463_686b_8001_8000_0000_0000_0000;
/// The bits that a number may have.
const NUMBER_BITS: u128 = (1 << 62) - 1;

impl OrganizationGuid {
    /// The UUID.
    pub fn uuid(self) -> Uuid {
        Uuid::from_u128(ORGANIZATION_GUID | u128::from(self.0.number()))
    }

    /// The organization that a UUID names, if it names one.
    pub fn of(uuid: Uuid) -> Option<Self> {
        let bits = uuid.as_u128();
        let number = u64::try_from(bits & NUMBER_BITS).ok()?;
        let is_one = bits & !NUMBER_BITS == ORGANIZATION_GUID;
        let id = OrganizationId::try_from(number).ok()?;
        is_one.then_some(Self(id))
    }
}

impl Wire for OrganizationGuid {
    fn expected() -> String {
        "the Guid of an organization".to_owned()
    }

    fn read(leaf: Leaf<'_>) -> Result<Self, Misread> {
        let Guid(uuid) = Guid::read(leaf)?;
        Self::of(uuid).ok_or(FaultCode::InvalidValue.into())
    }
}

impl fmt::Display for OrganizationGuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Guid(self.uuid()).fmt(f)
    }
}

impl Serialize for OrganizationGuid {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Guid(self.uuid()).serialize(serializer)
    }
}

/// An instant. Read from Unix milliseconds, as a number or a text, from ISO 8601 with an
/// offset and from `/Date(1795262400000+0100)/`, whose offset is for showing it and does not
/// change the instant; written as Unix milliseconds.
///
/// A date alone is its midnight in UTC, for so ServiceStack's own serializer writes one. A date
/// and time without an offset it never writes for an instant in UTC, but others write their own
/// clock's so: that is refused, for the hour would be a guess, at a door.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Moment(pub DateTime<Utc>);

impl Wire for Moment {
    fn expected() -> String {
        "Unix milliseconds, a date, or a date and time with an offset such as \
         \"2027-01-31T07:00:00Z\""
            .to_owned()
    }

    fn read(leaf: Leaf<'_>) -> Result<Self, Misread> {
        let at = match leaf {
            Leaf::Number(millis) => of_millis(millis)?,
            Leaf::Text(text) => instant(text)?,
            Leaf::Bool(_) => return Err(FaultCode::WrongType.into()),
        };
        // The years that .NET has: what lies outside is a mistake.
        at.filter(|at| (1..=9999).contains(&at.year()))
            .map(Self)
            .ok_or(FaultCode::InvalidValue.into())
    }
}

/// The Unix milliseconds of 2 January 1970 up to 2001: among them are the Unix seconds of every
/// year after 1972.
const DOUBTFUL: std::ops::Range<i64> = 86_400_000..978_307_200_000;

/// An instant from Unix milliseconds, none when no calendar has it.
///
/// # Errors
/// For one of those decades: a client that gives seconds there would have it valid at once in
/// place of next week.
fn of_millis(millis: i64) -> Result<Option<DateTime<Utc>>, Misread> {
    let at = DateTime::from_timestamp_millis(millis);
    match at {
        Some(at) if DOUBTFUL.contains(&millis) => Err(Misread {
            code: FaultCode::InvalidValue,
            why: Some(format!(
                "expected Unix milliseconds, got {millis}, which is in {}: are these seconds? \
                 Write an instant before 2001 in ISO 8601",
                at.year()
            )),
        }),
        at => Ok(at),
    }
}

/// The form of a date.
const DATE: &str = "yyyy-MM-dd";

fn instant(text: &str) -> Result<Option<DateTime<Utc>>, Misread> {
    if let Some(millis) = integer(text).or_else(|| in_date(text)) {
        return of_millis(millis);
    }
    if text.len() == DATE.len() {
        return instant(&format!("{text}T00:00:00Z"));
    }
    let at = DateTime::parse_from_rfc3339(text)
        .or_else(|_| DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f%z"));
    Ok(at.ok().map(|at| at.to_utc()))
}

/// The Unix milliseconds in `/Date(1795262400000+0100)/`.
fn in_date(text: &str) -> Option<i64> {
    let inside = text.strip_prefix("/Date(")?.strip_suffix(")/")?;
    let sign = inside.get(1..)?.find(['+', '-']).map(|at| at + 1);
    let (millis, offset) = inside.split_at(sign.unwrap_or(inside.len()));
    let digits = offset.get(1..).unwrap_or_default();
    let is_offset = digits.len() == 4 && digits.bytes().all(|byte| byte.is_ascii_digit());
    if !offset.is_empty() && !is_offset {
        return None;
    }
    integer(millis)
}

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i64(self.0.timestamp_millis())
    }
}

/// A length of time. Read from `08:00:00`, `1.02:03:04.5`, `PT8H` and `P1DT2H`; written like
/// the first two in JSON and like the last two in JSV.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TimeSpan {
    /// In ten millionths of a second, which is what .NET counts.
    ticks: i64,
}

const TICKS: i64 = 10_000_000;
/// Nanoseconds of a tick.
const NANOS: i64 = 100;
const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

impl TimeSpan {
    /// One of that length, without what is finer than a tick; `None` for more than .NET can
    /// count.
    pub fn of(length: TimeDelta) -> Option<Self> {
        let seconds = length.num_seconds().checked_mul(TICKS)?;
        let ticks = seconds.checked_add(i64::from(length.subsec_nanos()) / NANOS)?;
        Some(Self { ticks })
    }

    fn parse(text: &str) -> Option<Self> {
        let (sign, length) = match text.strip_prefix('-') {
            Some(length) => (-1, length),
            None => (1, text),
        };
        let ticks = match length.strip_prefix('P') {
            Some(parts) => Self::duration(parts)?,
            None => Self::clock(length)?,
        };
        // In a wider type, for the least has no positive counterpart.
        let ticks = i64::try_from(sign * ticks).ok()?;
        Some(Self { ticks })
    }

    /// `[d.]hh:mm[:ss[.fffffff]]`, in ticks.
    fn clock(text: &str) -> Option<i128> {
        let (hours, rest) = text.split_once(':')?;
        let (days, hours) = match hours.split_once('.') {
            Some((days, hours)) => (digits(days, i64::MAX)?, hours),
            None => (0, hours),
        };
        let (minutes, seconds) = rest.split_once(':').unwrap_or((rest, "0"));
        let (seconds, fraction) = fraction(seconds)?;
        let seconds = i128::from(days) * i128::from(DAY)
            + i128::from(digits(hours, 23)? * HOUR)
            + i128::from(digits(minutes, 59)? * MINUTE)
            + i128::from(digits(seconds, 59)?);
        Some(seconds * i128::from(TICKS) + i128::from(fraction))
    }

    /// The part of `P1DT2H3M4.5S` after the `P`, in ticks.
    fn duration(text: &str) -> Option<i128> {
        let (days, time) = match text.split_once('T') {
            Some((days, time)) if !time.is_empty() => (days, time),
            Some(_) => return None,
            None => (text, ""),
        };
        if days.is_empty() && time.is_empty() {
            return None;
        }
        let mut ticks = 0;
        for (mut rest, units) in [
            (days, &[('D', DAY)][..]),
            (time, &[('H', HOUR), ('M', MINUTE), ('S', 1)]),
        ] {
            for (letter, seconds) in units {
                let Some((count, behind)) = rest.split_once(*letter) else {
                    continue;
                };
                let (count, fraction) = match letter {
                    'S' => fraction(count)?,
                    _ => (count, 0),
                };
                let whole = i128::from(digits(count, i64::MAX)?) * i128::from(*seconds);
                ticks += whole * i128::from(TICKS) + i128::from(fraction);
                rest = behind;
            }
            if !rest.is_empty() {
                return None;
            }
        }
        Some(ticks)
    }
}

fn digits(text: &str, most: i64) -> Option<i64> {
    let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|count| plain && *count <= most)
}

/// Takes the fraction off a count of seconds, in ticks.
fn fraction(text: &str) -> Option<(&str, i64)> {
    let Some((whole, fraction)) = text.split_once('.') else {
        return Some((text, 0));
    };
    // Digits beyond a tick are refused, not dropped.
    let fraction = match fraction.trim_end_matches('0') {
        "" => digits(fraction, 0)?,
        fine if fine.len() <= 7 => digits(&format!("{fine:0<7}"), TICKS)?,
        _ => return None,
    };
    Some((whole, fraction))
}

impl From<TimeSpan> for TimeDelta {
    fn from(TimeSpan { ticks }: TimeSpan) -> Self {
        TimeDelta::seconds(ticks / TICKS) + TimeDelta::nanoseconds(ticks % TICKS * NANOS)
    }
}

impl Wire for TimeSpan {
    fn expected() -> String {
        "a length of time such as \"08:00:00\" or \"PT8H\"".to_owned()
    }

    fn read(leaf: Leaf<'_>) -> Result<Self, Misread> {
        match leaf {
            Leaf::Text(text) => Self::parse(text).ok_or(FaultCode::InvalidValue.into()),
            Leaf::Number(_) | Leaf::Bool(_) => Err(FaultCode::WrongType.into()),
        }
    }
}

impl fmt::Display for TimeSpan {
    /// `08:00:00`; in the alternate form `PT8H`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.ticks < 0 { "-" } else { "" };
        let ticks = self.ticks.unsigned_abs();
        let (seconds, fraction) = (ticks / TICKS as u64, ticks % TICKS as u64);
        let of = |unit: i64| seconds / unit as u64;
        let (days, hours, minutes) = (of(DAY), of(HOUR) % 24, of(MINUTE) % 60);
        let seconds = seconds % 60;
        if !f.alternate() {
            f.write_str(sign)?;
            if days > 0 {
                write!(f, "{days}.")?;
            }
            write!(f, "{hours:02}:{minutes:02}:{seconds:02}")?;
            return match fraction {
                0 => Ok(()),
                _ => write!(f, ".{fraction:07}"),
            };
        }
        write!(f, "{sign}P")?;
        if days > 0 {
            write!(f, "{days}D")?;
        }
        if ticks > 0 && ticks.is_multiple_of((DAY * TICKS) as u64) {
            return Ok(());
        }
        f.write_str("T")?;
        for (count, letter) in [(hours, 'H'), (minutes, 'M')] {
            if count > 0 {
                write!(f, "{count}{letter}")?;
            }
        }
        match fraction {
            0 if seconds > 0 || ticks == 0 => write!(f, "{seconds}S"),
            0 => Ok(()),
            _ => {
                let fraction = format!("{fraction:07}");
                write!(f, "{seconds}.{}S", fraction.trim_end_matches('0'))
            }
        }
    }
}

impl Serialize for TimeSpan {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Yes or no. Read from `true` and `false` in any case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct Flag(pub bool);

impl Wire for Flag {
    fn expected() -> String {
        "true or false".to_owned()
    }

    fn read(leaf: Leaf<'_>) -> Result<Self, Misread> {
        match leaf {
            Leaf::Bool(value) => Ok(Self(value)),
            Leaf::Text(text) if text.eq_ignore_ascii_case("true") => Ok(Self(true)),
            Leaf::Text(text) if text.eq_ignore_ascii_case("false") => Ok(Self(false)),
            Leaf::Text(_) => Err(FaultCode::InvalidValue.into()),
            Leaf::Number(_) => Err(FaultCode::WrongType.into()),
        }
    }
}

impl From<Flag> for bool {
    fn from(Flag(value): Flag) -> bool {
        value
    }
}

/// A text of at most 200 characters, which means nothing to us.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct Words(pub String);

impl Wire for Words {
    fn expected() -> String {
        "a text of at most 200 characters".to_owned()
    }

    fn read(leaf: Leaf<'_>) -> Result<Self, Misread> {
        match leaf {
            Leaf::Text(text) if text.chars().count() <= 200 => Ok(Self(text.to_owned())),
            Leaf::Text(_) => Err(FaultCode::OutOfRange.into()),
            Leaf::Number(_) | Leaf::Bool(_) => Err(FaultCode::WrongType.into()),
        }
    }
}

impl From<Words> for String {
    fn from(Words(text): Words) -> String {
        text
    }
}

/// A whole number from `LEAST` to `MOST`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct Number<const LEAST: u32, const MOST: u32>(u32);

impl<const LEAST: u32, const MOST: u32> Wire for Number<LEAST, MOST> {
    fn expected() -> String {
        format!("an integer from {LEAST} to {MOST}")
    }

    fn read(leaf: Leaf<'_>) -> Result<Self, Misread> {
        u32::try_from(number(leaf)?)
            .ok()
            .filter(|number| (LEAST..=MOST).contains(number))
            .map(Self)
            .ok_or(FaultCode::OutOfRange.into())
    }
}

fn number(leaf: Leaf<'_>) -> Result<i64, Misread> {
    match leaf {
        Leaf::Number(number) => Ok(number),
        // `2.0` is the integer 2, as in JSON.
        Leaf::Text(text) => {
            let whole = text.trim_end_matches('0').strip_suffix('.');
            integer(whole.unwrap_or(text)).ok_or(FaultCode::InvalidValue.into())
        }
        Leaf::Bool(_) => Err(FaultCode::WrongType.into()),
    }
}

impl<const LEAST: u32, const MOST: u32> From<Number<LEAST, MOST>> for u32 {
    fn from(Number(number): Number<LEAST, MOST>) -> u32 {
        number
    }
}

/// The ID of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Numbered<T>(pub T);

impl<T: Id> Wire for Numbered<T> {
    fn expected() -> String {
        format!("an integer from 1 to {}", crate::id::MAX)
    }

    fn read(leaf: Leaf<'_>) -> Result<Self, Misread> {
        u64::try_from(number(leaf)?)
            .ok()
            .and_then(|number| T::try_from(number).ok())
            .map(Self)
            .ok_or(FaultCode::OutOfRange.into())
    }
}

impl<T: Id> Serialize for Numbered<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(self.0.number())
    }
}

/// A type with a few values, each of which has a name and a number.
pub trait Enumerated: Copy + PartialEq + 'static {
    /// Each value with its name and its number.
    const VALUES: &'static [(&'static str, u8, Self)];
}

/// One of a few values. Read from its name in any case or its number, also as a text; written
/// as its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Enumeration<T>(pub T);

impl<T: Enumerated> Wire for Enumeration<T> {
    fn expected() -> String {
        let values = T::VALUES.iter();
        let values: Vec<_> = values
            .map(|(name, number, _)| format!("{name} ({number})"))
            .collect();
        format!("one of {}", values.join(", "))
    }

    fn read(leaf: Leaf<'_>) -> Result<Self, Misread> {
        let mut values = T::VALUES.iter();
        let named = match leaf {
            Leaf::Bool(_) => return Err(FaultCode::WrongType.into()),
            Leaf::Text(text) if integer(text).is_none() => {
                values.find(|(name, ..)| name.eq_ignore_ascii_case(text))
            }
            leaf => {
                let wanted = number(leaf)?;
                values.find(|(_, number, _)| i64::from(*number) == wanted)
            }
        };
        named
            .map(|(.., value)| Self(*value))
            .ok_or(FaultCode::InvalidValue.into())
    }
}

/// Reads a query.
impl<T: Enumerated> std::str::FromStr for Enumeration<T> {
    type Err = FaultCode;

    fn from_str(text: &str) -> Result<Self, FaultCode> {
        Self::read(Leaf::Text(text.trim())).map_err(|misread| misread.code)
    }
}

impl<T: Enumerated> Enumeration<T> {
    /// What is expected, for a message.
    pub fn values() -> String {
        Self::expected()
    }
}

impl<T: Enumerated> Serialize for Enumeration<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match T::VALUES.iter().find(|(.., value)| *value == self.0) {
            Some((_, number, _)) => serializer.serialize_u8(*number),
            None => Err(serde::ser::Error::custom("a value without a number")),
        }
    }
}

/// How the API document describes a type with a few values: by its numbers.
pub fn enumeration<T: Enumerated>(description: &str) -> RefOr<Schema> {
    let names = T::VALUES.iter();
    let names: Vec<_> = names
        .map(|(name, number, _)| format!("{number} is `{name}`"))
        .collect();
    let description = format!(
        "{description}: {}. A request may also use the name, in any case.",
        names.join(", ")
    );
    ObjectBuilder::new()
        .schema_type(Type::Integer)
        .enum_values(Some(T::VALUES.iter().map(|(_, number, _)| *number)))
        .description(Some(description))
        .examples(T::VALUES.first().map(|(_, number, _)| *number))
        .into()
}

/// How the API document describes a type: by its JSON form.
macro_rules! shown {
    ($($name:ident $kind:ident $format:expr, $example:expr, $description:literal;)*) => {$(
        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                ObjectBuilder::new()
                    .schema_type(Type::$kind)
                    .format($format)
                    .description(Some($description))
                    .examples([$example])
                    .into()
            }
        }

        impl ToSchema for $name {}
    )*};
}

shown! {
    Guid String None, "0192a5b07c0070008000000000000001",
        "32 hexadecimal digits. A request may also use dashes and braces.";
    OrganizationGuid String None, "4c617463686b80018000000000000001",
        "The ID of an organization: a UUID of version 8 that ends with the organization's number, \
         as 32 hexadecimal digits. A request may also use dashes and braces.";
    Moment Integer Some(SchemaFormat::KnownFormat(KnownFormat::Int64)), 1_795_262_400_000_i64,
        "Unix milliseconds. A request may also use a text with them, ISO 8601 with an offset, \
         `/Date(1795262400000)/`, or a date alone, which is its midnight in UTC.";
    TimeSpan String None, "08:00:00",
        "A duration: `08:00:00` in JSON, `PT8H` in JSV. A request may use either in both formats.";
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::id::UserId;
    use crate::wire::jsv;

    #[derive(Debug, Clone, Copy, PartialEq)]
    enum Scope {
        All,
        Guest,
    }

    impl Enumerated for Scope {
        const VALUES: &'static [(&'static str, u8, Self)] =
            &[("All", 0, Self::All), ("Guest", 1, Self::Guest)];
    }

    fn code<T: FromJson>(value: Value) -> Option<FaultCode> {
        T::from_json(&value).err().map(|(code, _)| code)
    }

    fn moment(value: Value) -> Option<i64> {
        let moment = Moment::from_json(&value).ok()?;
        Some(moment.0.timestamp_millis())
    }

    #[test]
    fn guids_have_one_text_and_are_read_from_three() {
        for text in [
            "0192a5b07c0070008000000000000001",
            "0192A5B0-7C00-7000-8000-000000000001",
            "{0192a5b0-7c00-7000-8000-000000000001}",
            "{0192a5b07c0070008000000000000001}",
        ] {
            let guid = Guid::from_json(&json!(text)).map(|guid| guid.to_string());
            assert_eq!(guid.unwrap(), "0192a5b07c0070008000000000000001", "{text}");
        }
        for text in [
            "",
            "0",
            "0192a5b07c007000800000000000000g",
            "urn:uuid:0192a5b0-7c00-7000-8000-000000000001",
        ] {
            assert_eq!(
                code::<Guid>(json!(text)),
                Some(FaultCode::InvalidValue),
                "{text}"
            );
        }
        assert_eq!(code::<Guid>(json!(7)), Some(FaultCode::WrongType));
    }

    #[test]
    fn an_organization_has_one_guid_and_a_guid_at_most_one_organization() {
        let of = |number: u64| OrganizationGuid(number.try_into().unwrap());
        assert_eq!(of(1).to_string(), "4c617463686b80018000000000000001");
        let last = of(crate::id::MAX);
        assert_eq!(last.to_string(), "4c617463686b8001801fffffffffffff");
        for guid in [of(1), of(7), last] {
            let uuid = guid.uuid();
            assert_eq!(uuid.get_version_num(), 8);
            assert_eq!(uuid.get_variant(), uuid::Variant::RFC4122);
            assert_eq!(OrganizationGuid::of(uuid), Some(guid));
            for text in [uuid.simple().to_string(), uuid.braced().to_string()] {
                assert_eq!(OrganizationGuid::from_json(&json!(text)), Ok(guid));
            }
        }
        for text in [
            // Nobody's number, and one that is too large.
            "4c617463686b80018000000000000000",
            "4c617463686b80018020000000000000",
            "4c617463686b8001bfffffffffffffff",
            // Another version, variant, kind, name.
            "4c617463686b70018000000000000001",
            "4c617463686b8001c000000000000001",
            "4c617463686b8001a000000000000001",
            "4c617463686b80028000000000000001",
            "0192a5b07c0070008000000000000001",
            "00000000000000000000000000000001",
            "00000000000000000000000000000000",
            "1",
            "",
        ] {
            let code = code::<OrganizationGuid>(json!(text));
            assert_eq!(code, Some(FaultCode::InvalidValue), "{text}");
        }
        assert_eq!(
            code::<OrganizationGuid>(json!(1)),
            Some(FaultCode::WrongType)
        );
    }

    #[test]
    fn moments_are_read_in_every_form() {
        const AT: i64 = 1_795_262_400_000;
        for value in [
            json!(AT),
            json!("1795262400000"),
            json!("/Date(1795262400000)/"),
            json!("/Date(1795262400000+0100)/"),
            json!("/Date(1795262400000-0800)/"),
            json!("2026-11-21T12:00:00Z"),
            json!("2026-11-21T13:00:00+01:00"),
            json!("2026-11-21T13:00:00.000+0100"),
            json!("2026-11-21T12:00:00.0000000Z"),
        ] {
            assert_eq!(moment(value.clone()), Some(AT), "{value}");
        }
        assert_eq!(moment(json!("/Date(-1000-0100)/")), Some(-1000));
        // An instant in those years is accepted if its form leaves no doubt.
        assert_eq!(moment(json!("1999-12-31T23:59:59Z")), Some(946_684_799_000));
        assert_eq!(moment(json!(978_307_200_000_i64)), Some(978_307_200_000));
        for first in [0, 1, 86_399_999] {
            assert_eq!(moment(json!(first)), Some(first));
        }
        // Midnight, as ServiceStack writes it.
        assert_eq!(moment(json!("2026-11-21")), Some(AT - 12 * 3_600_000));
        assert_eq!(moment(json!("0001-01-01")), Some(-62_135_596_800_000));
        assert_eq!(
            moment(json!(-62_135_596_800_000_i64)),
            Some(-62_135_596_800_000)
        );
        for value in [
            json!(1.5),
            json!(u64::MAX),
            json!(i64::MAX),
            json!(""),
            json!("tomorrow"),
            json!("2026-11-21T12:00:00"),
            json!("2026-11-21T12:00:00.0000000"),
            json!("2026-11-21 12:00:00"),
            json!("2026-02-29T12:00:00Z"),
            json!("2026-02-29"),
            json!("2026-1-02x"),
            json!("+026-01-02"),
            json!("2026-11-2"),
            json!("20261121-1"),
            json!("+1"),
            json!("/Date()/"),
            json!("/Date(1+1)/"),
            json!("/Date(1"),
            json!(true),
            json!([]),
            // Seconds.
            json!(1_795_262_400),
            json!("1795262400"),
            json!("/Date(1795262400+0100)/"),
            json!(978_307_199_999_i64),
            json!(86_400_000),
        ] {
            assert_eq!(moment(value.clone()), None, "{value}");
        }
        let seconds = Moment::from_json(&json!(1_795_262_400)).unwrap_err();
        assert_eq!(seconds.0, FaultCode::InvalidValue);
        assert!(seconds.1.contains("seconds"), "{}", seconds.1);
    }

    #[test]
    fn time_spans_have_two_forms() {
        let span = |text: &str| TimeSpan::from_json(&json!(text)).ok();
        for (text, clock, duration) in [
            ("08:00:00", "08:00:00", "PT8H"),
            ("08:00", "08:00:00", "PT8H"),
            ("PT8H", "08:00:00", "PT8H"),
            ("PT480M", "08:00:00", "PT8H"),
            ("00:00:00", "00:00:00", "PT0S"),
            ("PT0S", "00:00:00", "PT0S"),
            ("P1DT2H", "1.02:00:00", "P1DT2H"),
            ("PT24H", "1.00:00:00", "P1D"),
            ("P1D", "1.00:00:00", "P1D"),
            ("1.02:03:04.5", "1.02:03:04.5000000", "P1DT2H3M4.5S"),
            ("PT0.0000001S", "00:00:00.0000001", "PT0.0000001S"),
            ("-PT8H", "-08:00:00", "-PT8H"),
            (
                "10675199.02:48:05.4775807",
                "10675199.02:48:05.4775807",
                "P10675199DT2H48M5.4775807S",
            ),
            (
                "-10675199.02:48:05.4775808",
                "-10675199.02:48:05.4775808",
                "-P10675199DT2H48M5.4775808S",
            ),
        ] {
            let span = span(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(
                (span.to_string(), format!("{span:#}")),
                (clock.to_owned(), duration.to_owned())
            );
            assert_eq!(serde_json::to_value(span).unwrap(), json!(clock));
            assert_eq!(
                jsv::to_string(&vec![span]).unwrap(),
                format!("[{duration}]")
            );
        }
        for text in [
            "",
            "8",
            "24:00:00",
            "08:60:00",
            "08:00:60",
            "08:0x:00",
            "+08:00:00",
            "1.5:00:00:00",
            "P",
            "PT",
            "P1DT",
            "PT8",
            "8H",
            "P1Y",
            "P1M",
            "P1W",
            "PT1S1H",
            "PT1.5H",
            "PT1.S",
            "PT.5S",
            "pt8h",
            "--PT8H",
            "PT-8H",
            "00:00:00.12345678",
            "10675199.02:48:05.4775808",
            "P99999999999999999999D",
            "99999999999999.00:00:00",
            "08:00:00 x",
        ] {
            assert_eq!(span(text), None, "{text}");
        }
        assert_eq!(code::<TimeSpan>(json!(8)), Some(FaultCode::WrongType));
        for text in ["PT8H0M0.5S", "-PT0.0000001S", "10675199.02:48:05.4775807"] {
            let span = span(text).unwrap();
            assert_eq!(TimeSpan::of(span.into()), Some(span), "{text}");
        }
    }

    #[test]
    fn enums_flags_and_numbers_are_read_from_texts_too() {
        let scope = |value: Value| Enumeration::<Scope>::from_json(&value).ok().map(|of| of.0);
        for value in [json!(1), json!("1"), json!("Guest"), json!("gUEST")] {
            assert_eq!(scope(value.clone()), Some(Scope::Guest), "{value}");
        }
        for value in [
            json!(2),
            json!("2"),
            json!("-1"),
            json!(""),
            json!("Guests"),
            json!(1.5),
            json!(true),
            json!(256),
        ] {
            assert_eq!(scope(value.clone()), None, "{value}");
        }
        for (value, flag) in [
            (json!(true), true),
            (json!("True"), true),
            (json!("FALSE"), false),
        ] {
            assert_eq!(Flag::from_json(&value).unwrap().0, flag);
        }
        for value in [json!(1), json!("1"), json!("yes"), json!("")] {
            assert!(Flag::from_json(&value).is_err(), "{value}");
        }
        let id = |value: Value| {
            Numbered::<UserId>::from_json(&value)
                .ok()
                .map(|id| u64::from(id.0))
        };
        assert_eq!(
            (id(json!(7)), id(json!("7")), id(json!("+7"))),
            (Some(7), Some(7), None)
        );
        assert_eq!((id(json!(0)), id(json!("9007199254740992"))), (None, None));
        assert_eq!(
            code::<Number<1, 9>>(json!("10")),
            Some(FaultCode::OutOfRange)
        );
        assert_eq!(
            code::<Number<1, 9>>(json!("x")),
            Some(FaultCode::InvalidValue)
        );
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct All {
        thing_id: Guid,
        valid_from: Moment,
        valid_to: Option<Moment>,
        from_hour: TimeSpan,
        to_hour: Option<TimeSpan>,
        scope: Enumeration<Scope>,
        exclusive: Flag,
        count: Option<Number<0, 9>>,
        user: Numbered<UserId>,
        permission: Vec<Words>,
    }

    proptest! {
        #[test]
        fn what_is_written_in_either_format_reads_back(
            (id, at, until) in (any::<u128>(), any::<i32>(), any::<Option<u32>>()),
            (ticks, to, guest) in (any::<i64>(), any::<Option<i32>>(), any::<bool>()),
            (count, user) in (prop::option::of(0..10u32), 1..=crate::id::MAX),
            permission in prop::collection::vec(prop::sample::select(vec!["a", "", ",b", " c", "\"", "{d", "x: y]"]), 0..3),
        ) {
            let moment = |seconds: i64| {
                let doubtful = DOUBTFUL.contains(&(seconds * 1_000));
                let millis = seconds * 1_000 + if doubtful { DOUBTFUL.end } else { 0 };
                Moment(DateTime::from_timestamp_millis(millis).unwrap())
            };
            let all = All {
                thing_id: Guid(Uuid::from_u128(id)),
                valid_from: moment(at.into()),
                valid_to: until.map(|until| moment(until.into())),
                from_hour: TimeSpan { ticks },
                to_hour: to.and_then(|to| TimeSpan::of(TimeDelta::seconds(to.into()))),
                scope: Enumeration(if guest { Scope::Guest } else { Scope::All }),
                exclusive: Flag(guest),
                count: count.map(Number),
                user: Numbered(user.try_into().unwrap()),
                permission: permission.iter().map(|text| Words(text.trim().to_owned())).collect(),
            };
            let text = jsv::to_string(&all).unwrap();
            prop_assert_eq!(&jsv::from_str::<All>(&text).expect(&text), &all);
            let text = serde_json::to_string(&all).unwrap();
            prop_assert_eq!(serde_json::from_str::<All>(&text).expect(&text), all);
        }

        #[test]
        fn no_text_panics(text in prop::collection::vec(prop::sample::select(vec![
            "P", "T", "D", "H", "M", "S", ".", ":", "-", "0", "9", "99999999999", "/Date(", ")/", "ü",
        ]), 0..9)) {
            let value = json!(text.concat());
            let _ = (TimeSpan::from_json(&value), Moment::from_json(&value), Guid::from_json(&value));
        }
    }
}
