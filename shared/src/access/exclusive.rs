//! When a space is somebody's alone.
//!
//! The bookings of exclusive accesses are items beside the space. A booking that touches at
//! most [`MOST_DAYS`] days (UTC) is in an item for each of these days, together with all others
//! of that day. A space can have any number of bookings, and each item stays small. A booking
//! that is longer, or has no end, has its own item.
//!
//! The space itself has four numbers, the [`Summary`]. Almost no space has exclusive accesses,
//! and its summary says so. One check in the transaction of another access then says both that
//! the space exists and that it is free. Otherwise DynamoDB returns the item: the summary
//! first, then the days in question.
//!
//! Who needs to know more than some days reads it, and writes on condition that no exclusive access
//! was made meanwhile. What is given back needs no such care: it can be in nobody's way.

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Timelike, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::id::AccessId;
use crate::table::{Change, EXPIRES_AT, If, VERSION};
use crate::timing::Period;

/// The maximum number of days that a booking in day items may touch. One transaction writes all
/// of them, together with the rest of the access.
pub const MOST_DAYS: i64 = 4;

/// The attributes of a space.
pub(crate) const UNTIL: &str = "exclusiveUntil";
pub(crate) const CHANGES: &str = "exclusiveVersion";
pub(crate) const LONG_UNTIL: &str = "exclusiveLongUntil";
pub(crate) const LONG_CHANGES: &str = "exclusiveLongVersion";
/// The attribute of a day that says what is taken of it.
pub(crate) const TAKEN: &str = "taken";

/// In place of the end of what has none: later than any date.
const NEVER: i64 = i64::MAX / 2;
/// How far the horizon of a space lies after its first booking, so that the bookings of the
/// next year do not move it.
const AHEAD: TimeDelta = TimeDelta::days(400);
/// How long the item of a day is kept after the day.
const KEPT: TimeDelta = TimeDelta::days(2);

/// What a space records about its exclusive accesses.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Summary {
    /// None of them ends later, in Unix milliseconds.
    #[serde(rename = "exclusiveUntil", skip_serializing_if = "Option::is_none")]
    until: Option<i64>,
    /// The number of bookings made.
    #[serde(rename = "exclusiveVersion", skip_serializing_if = "Option::is_none")]
    changes: Option<u64>,
    /// None of the long ones ends later.
    #[serde(rename = "exclusiveLongUntil", skip_serializing_if = "Option::is_none")]
    long_until: Option<i64>,
    /// The number of long bookings made.
    #[serde(
        rename = "exclusiveLongVersion",
        skip_serializing_if = "Option::is_none"
    )]
    long_changes: Option<u64>,
}

/// A stretch of time in which an access is valid, on the hours of the day that it has.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Taken {
    /// The access.
    pub access: AccessId,
    /// From when.
    pub from: DateTime<Utc>,
    /// Until when; without end when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<DateTime<Utc>>,
    /// On which hours of each day; all when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hours: Option<Period>,
}

impl Taken {
    fn meets(&self, other: &Self) -> bool {
        let before = |end: Option<DateTime<Utc>>, start| end.is_none_or(|end| start < end);
        self.access != other.access
            && before(self.until, other.from)
            && before(other.until, self.from)
            && match (self.hours, other.hours) {
                (Some(mine), Some(theirs)) => mine.meets(theirs),
                _ => true,
            }
    }

    /// The place among the long bookings of one that ends then.
    pub fn place(end: DateTime<Utc>) -> String {
        place(end.timestamp_millis())
    }

    /// The place of a long booking among the others, which follows from its end.
    pub fn own_place(&self) -> String {
        format!("{}#{}", place(self.end()), self.access)
    }

    /// Its end, in Unix milliseconds.
    fn end(&self) -> i64 {
        self.until.map_or(NEVER, |until| until.timestamp_millis())
    }

    /// The days that the booking touches and that have not ended at `now`; `None` if it is a
    /// long one.
    pub fn days(&self, now: DateTime<Utc>) -> Option<Vec<NaiveDate>> {
        let last = self.until? - TimeDelta::nanoseconds(1);
        let (first, last) = (self.from.date_naive(), last.date_naive());
        let days = (last - first).num_days() + 1;
        let days = (0..days).map_while(|day| first.checked_add_signed(TimeDelta::days(day)));
        (last - first < TimeDelta::days(MOST_DAYS))
            .then(|| days.filter(|day| *day >= now.date_naive()).collect())
    }
}

fn place(end: i64) -> String {
    format!("{:019}", end.max(0))
}

/// The bookings of a space on one day.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Day {
    /// Bookings, each of [`Booked::BYTES`].
    #[serde(default, with = "serde_bytes")]
    taken: Vec<u8>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    version: Option<u64>,
}

/// A booking in the item of a day: times in milliseconds from the beginning of the day, hours in
/// milliseconds of a day.
struct Booked {
    access: [u8; 16],
    from: i32,
    until: i32,
    hours: Option<(u32, u32)>,
}

const DAY: u32 = 24 * 60 * 60 * 1000;

impl Booked {
    const BYTES: usize = 32;

    /// A bound between two milliseconds is moved so that the booking grows.
    fn of(taken: &Taken, day: NaiveDate) -> Self {
        let start = day.and_time(NaiveTime::MIN).and_utc();
        let since = |at: DateTime<Utc>, up: TimeDelta| {
            let since = (at + up - start).num_milliseconds();
            i32::try_from(since).unwrap_or(if since < 0 { i32::MIN } else { i32::MAX })
        };
        let nearly = TimeDelta::nanoseconds(999_999);
        let of_day = |time: NaiveTime, up: u32| {
            let seconds = time.num_seconds_from_midnight() * 1000;
            (seconds + (time.nanosecond() + up) / 1_000_000).min(DAY)
        };
        Self {
            access: taken.access.bytes(),
            from: since(taken.from, TimeDelta::zero()),
            until: taken.until.map_or(i32::MAX, |until| since(until, nearly)),
            hours: taken
                .hours
                .map(|hours| (of_day(hours.start, 0), of_day(hours.end, 999_999))),
        }
    }

    fn bytes(&self) -> [u8; Self::BYTES] {
        let (start, end) = self.hours.unwrap_or((u32::MAX, u32::MAX));
        let mut bytes = [0; Self::BYTES];
        bytes[..16].copy_from_slice(&self.access);
        bytes[16..20].copy_from_slice(&self.from.to_be_bytes());
        bytes[20..24].copy_from_slice(&self.until.to_be_bytes());
        bytes[24..28].copy_from_slice(&start.to_be_bytes());
        bytes[28..].copy_from_slice(&end.to_be_bytes());
        bytes
    }

    fn read(bytes: &[u8; Self::BYTES], day: NaiveDate) -> Taken {
        let part = |from: usize| {
            let mut part = [0; 4];
            part.copy_from_slice(&bytes[from..from + 4]);
            part
        };
        let mut access = [0; 16];
        access.copy_from_slice(&bytes[..16]);
        let start = day.and_time(NaiveTime::MIN).and_utc();
        let at = |from| start + TimeDelta::milliseconds(i32::from_be_bytes(part(from)).into());
        let time = |from| {
            let millis = u32::from_be_bytes(part(from));
            let nanos = millis % 1000 * 1_000_000;
            NaiveTime::from_num_seconds_from_midnight_opt(millis % DAY / 1000, nanos)
        };
        let has_hours = part(24) != u32::MAX.to_be_bytes();
        let hours = time(24).zip(time(28)).filter(|_| has_hours);
        Taken {
            access: Uuid::from_bytes(access).into(),
            from: at(16),
            until: Some(at(20)),
            hours: hours.map(|(start, end)| Period { start, end }),
        }
    }
}

impl Day {
    /// A day of which this is taken: to fill a table.
    pub fn of(day: NaiveDate, taken: &[Taken]) -> Self {
        let taken = taken
            .iter()
            .flat_map(|taken| Booked::of(taken, day).bytes());
        Self {
            taken: taken.collect(),
            version: Some(1),
        }
    }

    /// Its bookings.
    pub fn taken(&self, day: NaiveDate) -> impl Iterator<Item = Taken> {
        let (each, _) = self.taken.as_chunks();
        each.iter().map(move |bytes| Booked::read(bytes, day))
    }

    /// The write that adds a booking to the day or removes an access from it, on condition that
    /// the day is as it is known, or that nothing is booked.
    pub fn change(
        known: Option<&Self>,
        day: NaiveDate,
        out: AccessId,
        into: Option<&Taken>,
    ) -> (Change, If) {
        let out = out.bytes();
        let (each, _) = known
            .map_or(&[][..], |known| &known.taken)
            .as_chunks::<{ Booked::BYTES }>();
        let stay = each.iter().filter(|bytes| bytes[..16] != out).copied();
        let into = into.map(|taken| Booked::of(taken, day).bytes());
        let taken: Vec<u8> = stay.chain(into).flatten().collect();
        let change = Change::default().add(VERSION, 1);
        let change = match taken.is_empty() {
            true => change.remove(TAKEN),
            false => change.set(TAKEN, &serde_bytes::Bytes::new(&taken)),
        };
        let end = day.and_time(NaiveTime::MIN).and_utc() + TimeDelta::days(1) + KEPT;
        let change = change.set(EXPIRES_AT, &end.timestamp());
        (change, Self::unchanged(known))
    }

    /// The condition that the day is as it is known, or that nothing is booked.
    pub fn unchanged(known: Option<&Self>) -> If {
        match known {
            Some(known) => If::is_still(VERSION, known.version.as_ref()),
            None => If::Lacks(TAKEN),
        }
    }
}

/// A long booking, in an item of its own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Long {
    /// The stretch that it books.
    #[serde(flatten)]
    pub taken: Taken,
    /// DynamoDB removes it some time after its end.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "chrono::serde::ts_seconds_option"
    )]
    expires_at: Option<DateTime<Utc>>,
}

impl Long {
    /// The item of what is taken.
    pub fn new(taken: Taken) -> Self {
        let expires_at = taken.until.map(|until| until + KEPT);
        Self { taken, expires_at }
    }
}

/// How much of the future bookings of a space must be known in addition to its summary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needed {
    /// Nothing.
    Nothing,
    /// The long bookings.
    Long,
    /// All that is taken.
    All,
}

impl Summary {
    /// The summary of a space that has short bookings until then. For filling a table.
    pub fn until(end: DateTime<Utc>) -> Self {
        Self {
            until: Some((end + AHEAD).timestamp_millis()),
            changes: Some(1),
            ..Self::default()
        }
    }

    /// What must be read for `wanted`, besides days that are read one by one.
    pub fn needed(&self, wanted: &Taken, is_short: bool) -> Needed {
        let from = wanted.from.timestamp_millis();
        let is_ahead = |until: Option<i64>| until.is_some_and(|until| until > from);
        match is_short {
            true if is_ahead(self.long_until) => Needed::Long,
            false if is_ahead(self.until) => Needed::All,
            _ => Needed::Nothing,
        }
    }

    /// Whether anything that is taken may end after `wanted` begins.
    pub fn is_ahead(&self, wanted: &Taken) -> bool {
        self.until
            .is_some_and(|until| until > wanted.from.timestamp_millis())
    }

    /// The condition that no long booking ends after `wanted` begins, or that the known long
    /// bookings are still all of them.
    fn no_other_long(known: Option<&Self>, wanted: &Taken) -> If {
        let from = wanted.from.timestamp_millis();
        match known {
            Some(known) if known.needed(wanted, true) == Needed::Long => {
                If::is_still(LONG_CHANGES, known.long_changes.as_ref())
            }
            _ => If::Lacks(LONG_UNTIL).or(If::AtMost(LONG_UNTIL, from)),
        }
    }

    /// That an access that is not exclusive may be made, days apart where `is_short`.
    pub fn is_free(known: Option<&Self>, wanted: &Taken, is_short: bool) -> If {
        let from = wanted.from.timestamp_millis();
        let free = match known.filter(|known| known.is_ahead(wanted)) {
            None => If::Lacks(UNTIL).or(If::AtMost(UNTIL, from)),
            Some(_) if is_short => Self::no_other_long(known, wanted),
            Some(known) => If::is_still(CHANGES, known.changes.as_ref()),
        };
        If::Exists.and(free)
    }

    /// The change of the space by an exclusive access in day items, and its condition.
    pub fn with_short(known: Option<&Self>, wanted: &Taken) -> (Change, If) {
        let end = wanted.end();
        let horizon = end.saturating_add(AHEAD.num_milliseconds()).min(NEVER);
        let change = Change::default().add(CHANGES, 1);
        let (change, reaches) = match known.and_then(|known| known.until) {
            Some(until) if until < end => (change.set(UNTIL, &horizon), If::is(UNTIL, &until)),
            _ => (
                change.set_if_missing(UNTIL, &horizon),
                If::Lacks(UNTIL).or(If::AtLeast(UNTIL, end)),
            ),
        };
        let free = Self::no_other_long(known, wanted);
        (change, If::Exists.and(free).and(reaches))
    }

    /// The change of the space by a long exclusive access, and its condition.
    pub fn with_long(known: Option<&Self>, wanted: &Taken) -> (Change, If) {
        let end = Some(wanted.end());
        let before = known.copied().unwrap_or_default();
        let change = Change::default()
            .set(UNTIL, &before.until.max(end))
            .set(LONG_UNTIL, &before.long_until.max(end))
            .add(CHANGES, 1)
            .add(LONG_CHANGES, 1);
        let unchanged = If::is_still(CHANGES, before.changes.as_ref());
        (change, If::Exists.and(unchanged))
    }
}

/// When a space that is taken is free again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FreeFrom {
    /// From this instant.
    Instant(DateTime<Utc>),
    /// Never: what takes it has no end.
    Never,
}

/// The time from which the space is free of the first exclusive access that overlaps `wanted`,
/// according to `taken`; `None` if none overlaps.
pub fn in_the_way(taken: &[Taken], wanted: &Taken) -> Option<FreeFrom> {
    let first = |wanted: &Taken| {
        let meeting = taken.iter().filter(|taken| taken.meets(wanted));
        meeting.min_by_key(|taken| taken.from)
    };
    let mut next = first(wanted)?;
    // Through what follows without a gap. Each turn comes to a later end.
    loop {
        let Some(until) = next.until else {
            return Some(FreeFrom::Never);
        };
        let moment = Taken {
            from: until,
            until: Some(until + TimeDelta::milliseconds(1)),
            ..wanted.clone()
        };
        match first(&moment) {
            Some(following) => next = following,
            None => return Some(FreeFrom::Instant(until)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn day(access: u128, from: u32, until: Option<u32>) -> Taken {
        let day = |day: u32| at(&format!("2027-01-{day:02}T00:00:00Z"));
        Taken {
            access: Uuid::from_u128(access).into(),
            from: day(from),
            until: until.map(day),
            hours: None,
        }
    }

    fn hours(taken: Taken, start: u32, end: u32) -> Taken {
        let hour = |hour| NaiveTime::from_hms_opt(hour, 0, 0).unwrap();
        let (start, end) = (hour(start), hour(end));
        let hours = Some(Period { start, end });
        Taken { hours, ..taken }
    }

    fn free_from(text: &str) -> Option<FreeFrom> {
        Some(FreeFrom::Instant(at(text)))
    }

    #[test]
    fn what_touches_does_not_meet_and_what_meets_says_when_it_is_free() {
        let taken = [day(1, 5, Some(7)), day(2, 7, Some(9)), day(3, 20, None)];
        assert_eq!(in_the_way(&taken, &day(9, 3, Some(5))), None);
        assert_eq!(in_the_way(&taken, &day(9, 9, Some(20))), None);
        // Through what follows without a gap.
        let meets = in_the_way(&taken, &day(9, 4, Some(6)));
        assert_eq!(meets, free_from("2027-01-09T00:00:00Z"));
        assert_eq!(in_the_way(&taken, &day(9, 10, None)), Some(FreeFrom::Never));
        // An access is not in its own way.
        assert_eq!(in_the_way(&taken, &day(2, 7, Some(10))), None);
    }

    #[test]
    fn on_other_hours_of_the_day_nothing_meets() {
        let taken = [hours(day(1, 5, Some(9)), 8, 12)];
        let at_hours = |start, end| in_the_way(&taken, &hours(day(2, 5, Some(9)), start, end));
        assert_eq!(at_hours(12, 17), None);
        assert_eq!(at_hours(11, 17), free_from("2027-01-09T00:00:00Z"));
        assert_eq!(at_hours(22, 8), None, "over midnight");
        assert!(at_hours(22, 9).is_some());
        assert!(at_hours(3, 3).is_some(), "once round the clock");
        assert!(in_the_way(&taken, &day(2, 5, Some(9))).is_some());
    }

    #[test]
    fn an_access_stands_in_the_days_that_it_touches_if_these_are_few() {
        let before = at("2027-01-01T00:00:00Z");
        let days = |from: &str, until: Option<&str>, now| {
            let taken = Taken {
                from: at(from),
                until: until.map(at),
                ..day(1, 1, None)
            };
            let days = taken.days(now);
            days.map(|days| days.iter().map(NaiveDate::to_string).collect::<Vec<_>>())
        };
        let (from, until) = ("2027-01-05T23:00:00Z", "2027-01-06T00:00:00Z");
        assert_eq!(days(from, Some(until), before).unwrap(), ["2027-01-05"]);
        let until = "2027-01-06T00:00:00.001Z";
        let both = ["2027-01-05", "2027-01-06"];
        assert_eq!(days(from, Some(until), before).unwrap(), both);
        let now = at("2027-01-06T12:00:00Z");
        assert_eq!(days(from, Some(until), now).unwrap(), ["2027-01-06"]);
        let four = days(from, Some("2027-01-09T00:00:00Z"), before);
        assert_eq!(four.unwrap().len(), 4);
        assert_eq!(days(from, Some("2027-01-09T00:00:00.001Z"), before), None);
        assert_eq!(days(from, None, before), None);
    }

    #[test]
    fn a_booking_of_a_day_takes_32_bytes_and_comes_back_as_it_was() {
        let date = NaiveDate::from_ymd_opt(2027, 1, 6).unwrap();
        let mut all = vec![day(1, 5, Some(7)), hours(day(2, 4, Some(8)), 22, 6)];
        all.push(Taken {
            from: at("2027-01-06T08:15:00.125Z"),
            until: Some(at("2027-01-06T09:45:30.250Z")),
            ..day(3, 1, None)
        });
        let read = Day::of(date, &all);
        assert_eq!(read.taken.len(), 3 * 32);
        assert_eq!(read.taken(date).collect::<Vec<_>>(), all);
        // Between two milliseconds, it takes both.
        let between = Taken {
            from: at("2027-01-06T08:15:00.1255Z"),
            until: Some(at("2027-01-06T09:45:30.2501Z")),
            ..day(3, 1, None)
        };
        let read = Booked::read(&Booked::of(&between, date).bytes(), date);
        assert_eq!(read.from, at("2027-01-06T08:15:00.125Z"));
        assert_eq!(read.until, Some(at("2027-01-06T09:45:30.251Z")));
    }

    #[test]
    fn what_must_be_read_depends_on_what_is_ahead() {
        let taken = day(1, 10, Some(11));
        let summary = |until: Option<u32>, long: Option<u32>| {
            let end = |end: Option<u32>| end.map(|end| day(2, 1, Some(end)).end());
            Summary {
                until: end(until),
                long_until: end(long),
                ..Summary::default()
            }
        };
        let needed = |until, long| {
            let summary = summary(until, long);
            (summary.needed(&taken, true), summary.needed(&taken, false))
        };
        use Needed::{All, Long, Nothing};
        assert_eq!(needed(None, None), (Nothing, Nothing));
        assert_eq!(needed(Some(10), Some(10)), (Nothing, Nothing));
        assert_eq!(needed(Some(11), Some(10)), (Nothing, All));
        assert_eq!(needed(Some(11), Some(11)), (Long, All));
    }
}
