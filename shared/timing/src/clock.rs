//! The wall clock of a zone: from instants to what it shows, and back.
//!
//! Both lines, that of instants and that of wall clocks, are counted in whole
//! seconds from 1970-01-01 00:00:00 and the nanoseconds since. Whatever date a
//! request names, adding days or an offset to it cannot overflow, which chrono's own
//! types would do at the ends of their range.
//!
//! A wall clock does not always run forward, so a boundary has two meanings:
//!
//! - it **begins** at the first instant at which the clock shows it or more;
//! - it **ends** at the first instant from which on the clock never shows less.
//!
//! On ordinary days the two are one instant. In the hour that autumn repeats, the
//! first is the earlier and the second the later one. In the hour that spring leaves
//! out, both are the first instant after the gap. Neither ever runs backwards when
//! the boundary moves forward, and no boundary ends before it begins: what the
//! evaluator does by arithmetic rests on these two facts.

use chrono::{DateTime, NaiveDateTime, Utc};

pub(super) use super::wall::{DAY, Wall, day_number, shown};
use super::zone::{Showing, Zone};

/// An instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Moment {
    secs: i64,
    nanos: u32,
}

impl Moment {
    /// After every instant that chrono can name.
    pub(super) const NEVER: Moment = Moment {
        secs: i64::MAX,
        nanos: 0,
    };

    /// Before every instant that chrono can name.
    pub(super) const EVER: Moment = Moment {
        secs: i64::MIN / 2,
        nanos: 0,
    };

    /// So many seconds after the beginning of 1970.
    pub(super) fn at(secs: i64) -> Moment {
        Moment { secs, nanos: 0 }
    }

    /// The instant as chrono says it, or `None` beyond the end of its range.
    pub(super) fn until(self) -> Option<DateTime<Utc>> {
        if self > Moment::from(DateTime::<Utc>::MAX_UTC) {
            None
        } else {
            Some(self.saturating())
        }
    }

    /// The instant as chrono says it, at the nearer end of its range when it is outside.
    pub(super) fn saturating(self) -> DateTime<Utc> {
        DateTime::from_timestamp(self.secs, self.nanos).unwrap_or(if self.secs < 0 {
            DateTime::<Utc>::MIN_UTC
        } else {
            DateTime::<Utc>::MAX_UTC
        })
    }

    /// Seconds since 1970.
    pub(super) fn secs(self) -> i64 {
        self.secs
    }

    /// So many seconds later, at most [`Moment::NEVER`].
    pub(super) fn plus(self, secs: i64) -> Moment {
        Moment {
            secs: self.secs.saturating_add(secs),
            nanos: self.nanos,
        }
    }

    /// The reading of a wall clock that is this many seconds ahead of UTC.
    pub(super) fn shown_at(self, offset: i64) -> Wall {
        Wall {
            secs: self.secs + offset,
            nanos: self.nanos,
        }
    }

    /// The reading of the zone's wall clock at the instant.
    pub(super) fn wall(self, zone: Zone) -> Wall {
        self.shown_at(zone.seconds_ahead(self.secs))
    }
}

impl From<DateTime<Utc>> for Moment {
    fn from(at: DateTime<Utc>) -> Self {
        // A leap second, which chrono writes as more than a second's nanoseconds, is
        // the first second of the next minute, as in POSIX time.
        let nanos = at.timestamp_subsec_nanos();
        Moment {
            secs: at.timestamp() + i64::from(nanos / 1_000_000_000),
            nanos: nanos % 1_000_000_000,
        }
    }
}

impl Wall {
    /// The instant from which on something holds that begins when the clock shows this.
    pub(super) fn begins(self, zone: Zone) -> Moment {
        match zone.showing(self.secs) {
            Showing::Once(secs) | Showing::Twice(secs, _) => self.read_at(secs),
            Showing::Never(change) => Moment::at(change),
        }
    }

    /// The instant at which something no longer holds that ends when the clock shows this.
    pub(super) fn ends(self, zone: Zone) -> Moment {
        match zone.showing(self.secs) {
            Showing::Once(secs) | Showing::Twice(_, secs) => self.read_at(secs),
            Showing::Never(change) => Moment::at(change),
        }
    }

    /// The instant at which it is shown, when its second is shown then.
    fn read_at(self, secs: i64) -> Moment {
        Moment {
            secs,
            nanos: self.nanos,
        }
    }

    /// The instant at which a clock so many seconds ahead of UTC shows this.
    pub(super) fn minus(self, offset: i64) -> Moment {
        self.read_at(self.secs - offset)
    }
}

/// The Monday on which the ISO week of a day begins.
pub(super) fn monday(day: i64) -> i64 {
    // 1970-01-01 was a Thursday.
    day - (day + 3).rem_euclid(7)
}

/// As chrono computes it; outside its range the nearer end.
pub(super) fn naive(secs: i64) -> NaiveDateTime {
    Moment::at(secs).saturating().naive_utc()
}

/// A wall clock as iCalendar writes it.
pub(super) fn local(wall: Wall) -> String {
    naive(wall.secs).format("%Y%m%dT%H%M%S").to_string()
}
