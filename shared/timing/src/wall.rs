//! What a wall clock shows, whichever zone it is in.

use chrono::{Datelike, NaiveDate, NaiveTime, Timelike};

pub(super) const DAY: i64 = 86_400;

/// 1970-01-01 in chrono's count of days.
const EPOCH_FROM_CE: i64 = 719_163;

/// The reading of a wall clock: a local date and time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Wall {
    pub(super) secs: i64,
    pub(super) nanos: u32,
}

impl Wall {
    pub(super) fn new(date: NaiveDate, time: NaiveTime) -> Self {
        Wall {
            secs: day_number(date) * DAY,
            nanos: 0,
        }
        .at(time)
    }

    /// The time of day `time` on the day whose midnight this is.
    pub(super) fn at(self, time: NaiveTime) -> Self {
        let time = shown(time);
        Wall {
            secs: self.secs + i64::from(time.num_seconds_from_midnight()),
            nanos: time.nanosecond(),
        }
    }

    /// So many seconds after 1970-01-01 00:00:00.
    pub(super) fn at_secs(secs: i64) -> Self {
        Wall { secs, nanos: 0 }
    }

    pub(super) fn plus_days(self, days: i64) -> Self {
        self.plus(days * DAY)
    }

    pub(super) fn plus(self, secs: i64) -> Self {
        Wall {
            secs: self.secs + secs,
            nanos: self.nanos,
        }
    }

    /// Whether no clock change can bring the two together: none ever moved a clock by
    /// more than a day.
    pub(super) fn is_long_before(self, later: Wall) -> bool {
        later.secs - self.secs > 2 * DAY
    }

    /// Days since 1970-01-01.
    pub(super) fn day(self) -> i64 {
        self.secs.div_euclid(DAY)
    }
}

/// The time of day as a door's clock has it. It shows no leap second: that is the end of
/// the second before.
pub(super) fn shown(time: NaiveTime) -> NaiveTime {
    let nanos = time.nanosecond().min(999_999_999);
    time.with_nanosecond(nanos).unwrap_or(time)
}

/// Days from 1970-01-01 to the date.
pub(super) fn day_number(date: NaiveDate) -> i64 {
    i64::from(date.num_days_from_ce()) - EPOCH_FROM_CE
}
