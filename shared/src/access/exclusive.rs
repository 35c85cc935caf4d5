//! When a space is somebody's alone.
//!
//! What exclusive accesses take of a space stands in the space's own item, beside what the
//! directory keeps of it: so that one check in the transaction of another access says both
//! that the space is there and that nobody has it alone. Almost every space is free of such
//! things for good, which one attribute tells ([`UNTIL`]); where it does not, DynamoDB hands
//! back the item, with all that is taken.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::id::AccessId;
use crate::timing::Period;

/// The attribute that tells the end of all that is taken, in Unix milliseconds.
pub const UNTIL: &str = "exclusiveUntil";
/// The attribute that grows by one with each change of what is taken.
pub const VERSION: &str = "exclusiveVersion";

/// In place of the end of what has none: later than any date.
const NEVER: i64 = i64::MAX / 2;

/// What is taken of one space.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Calendar {
    /// What is taken, in no order.
    #[serde(rename = "exclusive", skip_serializing_if = "Vec::is_empty")]
    taken: Vec<Taken>,
    /// [`UNTIL`].
    #[serde(rename = "exclusiveUntil", skip_serializing_if = "Option::is_none")]
    until: Option<i64>,
    /// [`VERSION`]; nought of a space that nobody ever had alone.
    #[serde(rename = "exclusiveVersion", skip_serializing_if = "is_nought")]
    version: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
fn is_nought(version: &u64) -> bool {
    *version == 0
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
}

/// When a space that is taken is free again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FreeFrom {
    /// From this instant.
    Instant(DateTime<Utc>),
    /// Never: what takes it has no end.
    Never,
}

impl Calendar {
    /// Its version; nothing of a space that nobody ever had alone.
    pub fn version(&self) -> Option<u64> {
        Some(self.version).filter(|version| *version > 0)
    }

    /// From when on nobody has the space alone whom `wanted` meets first; nothing when it
    /// meets nobody.
    pub fn in_the_way(&self, wanted: &Taken) -> Option<FreeFrom> {
        let first = |wanted: &Taken| {
            let meeting = self.taken.iter().filter(|taken| taken.meets(wanted));
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

    /// The next version, with `taken` in place of what its access had before, and without
    /// what is over at `now`.
    #[must_use]
    pub fn with(&self, taken: Taken, now: DateTime<Utc>) -> Self {
        let mut next = self.without(taken.access, now);
        next.taken.push(taken);
        next.counted()
    }

    /// The next version, without what an access had, and without what is over at `now`.
    #[must_use]
    pub fn without(&self, access: AccessId, now: DateTime<Utc>) -> Self {
        let stays =
            |taken: &&Taken| taken.access != access && taken.until.is_none_or(|until| until > now);
        Self {
            taken: self.taken.iter().filter(stays).cloned().collect(),
            until: None,
            version: self.version + 1,
        }
        .counted()
    }

    fn counted(mut self) -> Self {
        let end = |taken: &Taken| taken.until.map_or(NEVER, |until| until.timestamp_millis());
        self.until = self.taken.iter().map(end).max();
        self
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

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
        let hour = |hour| chrono::NaiveTime::from_hms_opt(hour, 0, 0).unwrap();
        let (start, end) = (hour(start), hour(end));
        let hours = Some(Period { start, end });
        Taken { hours, ..taken }
    }

    fn calendar(taken: &[Taken]) -> Calendar {
        let now = at("2027-01-01T00:00:00Z");
        let empty = Calendar::default();
        taken
            .iter()
            .fold(empty, |calendar, taken| calendar.with(taken.clone(), now))
    }

    fn free_from(text: &str) -> Option<FreeFrom> {
        Some(FreeFrom::Instant(at(text)))
    }

    #[test]
    fn what_touches_does_not_meet_and_what_meets_says_when_it_is_free() {
        let calendar = calendar(&[day(1, 5, Some(7)), day(2, 7, Some(9)), day(3, 20, None)]);
        assert_eq!(calendar.in_the_way(&day(9, 3, Some(5))), None);
        assert_eq!(calendar.in_the_way(&day(9, 9, Some(20))), None);
        // Through what follows without a gap.
        let meets = calendar.in_the_way(&day(9, 4, Some(6)));
        assert_eq!(meets, free_from("2027-01-09T00:00:00Z"));
        assert_eq!(
            calendar.in_the_way(&day(9, 10, None)),
            Some(FreeFrom::Never)
        );
        // An access is not in its own way.
        assert_eq!(calendar.in_the_way(&day(2, 7, Some(10))), None);
    }

    #[test]
    fn on_other_hours_of_the_day_nothing_meets() {
        let calendar = calendar(&[hours(day(1, 5, Some(9)), 8, 12)]);
        let at_hours = |start, end| calendar.in_the_way(&hours(day(2, 5, Some(9)), start, end));
        assert_eq!(at_hours(12, 17), None);
        assert_eq!(at_hours(11, 17), free_from("2027-01-09T00:00:00Z"));
        assert_eq!(at_hours(22, 8), None, "over midnight");
        assert!(at_hours(22, 9).is_some());
        assert!(at_hours(3, 3).is_some(), "once round the clock");
        assert!(calendar.in_the_way(&day(2, 5, Some(9))).is_some());
    }

    #[test]
    fn what_is_over_is_forgotten_and_the_end_of_all_is_known() {
        let calendar = calendar(&[day(1, 5, Some(7)), day(2, 8, Some(9))]);
        assert_eq!(calendar.version(), Some(2));
        let end = at("2027-01-09T00:00:00Z").timestamp_millis();
        assert_eq!(calendar.until, Some(end));
        let later = calendar.without(Uuid::from_u128(2).into(), at("2027-01-07T00:00:00Z"));
        assert_eq!((later.until, later.taken.len()), (None, 0));
        assert_eq!(later.version(), Some(3));
        assert_eq!(Calendar::default().version(), None);
    }
}
