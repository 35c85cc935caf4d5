//! The windows of a timing, one after the other.

use std::iter::FusedIterator;

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::clock::Moment;
use super::pattern::Pattern;
use super::zone::Zone;

/// A stretch of time between two instants, half-open.
///
/// ```
/// use timing::Span;
///
/// let noon = "2024-06-01T12:00:00Z".parse().unwrap();
/// let one = "2024-06-01T13:00:00Z".parse().unwrap();
/// let span = Span { from: noon, until: Some(one) };
/// assert!(span.contains(noon));
/// assert!(!span.contains(one));
/// assert_eq!(
///     serde_json::to_string(&span).unwrap(),
///     r#"{"from":"2024-06-01T12:00:00Z","until":"2024-06-01T13:00:00Z"}"#,
/// );
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
pub struct Span {
    /// The first instant that belongs to it.
    pub from: DateTime<Utc>,
    /// The first instant that no longer belongs to it; `None` when it is without end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<DateTime<Utc>>,
}

impl Span {
    /// Whether the instant lies in it.
    pub fn contains(&self, at: DateTime<Utc>) -> bool {
        self.from <= at && self.until.is_none_or(|until| at < until)
    }

    /// `None` when it begins after all instants that chrono can say.
    fn of(from: Moment, until: Moment) -> Option<Span> {
        from.until()?;
        Some(Span {
            from: from.saturating(),
            until: until.until(),
        })
    }
}

/// The windows of a timing within a range: disjoint, in order, none touching the next.
///
/// Made by [`Timing::windows`](super::Timing::windows). It goes from one occurrence to
/// the next when asked and never looks further ahead than to the end of the window that
/// it is about to give.
#[derive(Debug, Clone)]
pub struct Windows {
    zone: Zone,
    pattern: Pattern,
    /// What is left of the range.
    range: (Moment, Moment),
    /// The number of the stretch to look at next.
    k: i64,
}

impl Windows {
    /// The windows within a range of instants.
    pub(super) fn new(zone: Zone, pattern: Pattern, range: (Moment, Moment)) -> Windows {
        let k = match pattern.cycle() {
            Some(cycle) => cycle.first_ending_after(range.0, zone),
            None => 0,
        };
        Windows {
            zone,
            pattern,
            range,
            k,
        }
    }

    /// The window within a range that holds at an instant of the range, or the first
    /// after it, with what lies of it before the instant.
    pub(super) fn around(
        zone: Zone,
        pattern: Pattern,
        range: (Moment, Moment),
        at: Moment,
    ) -> Option<Span> {
        let mut windows = Windows::new(zone, pattern, (at, range.1));
        windows.range.0 = range.0;
        if let Some(cycle) = windows.pattern.cycle() {
            // Where the clock repeated an hour, the one before may touch this one.
            while let (Some((_, before)), Some((this, _))) =
                (cycle.nth(windows.k - 1), cycle.nth(windows.k))
                && !before.is_long_before(this)
                && before.ends(zone) >= this.begins(zone)
            {
                windows.k -= 1;
            }
        }
        windows.next()
    }
}

impl Iterator for Windows {
    type Item = Span;

    fn next(&mut self) -> Option<Span> {
        let (from, limit) = self.range;
        if from >= limit {
            return None;
        }
        let Some(cycle) = self.pattern.cycle() else {
            self.range.0 = limit;
            return Span::of(from, limit);
        };
        // Not endless: stretches vanish in the gap of a clock change only.
        loop {
            let (shown, mut end) = cycle.nth(self.k)?;
            let start = shown.begins(self.zone);
            if start >= limit {
                self.range.0 = limit;
                return None;
            }
            self.k += 1;
            let start = start.max(from);
            let mut until = end.ends(self.zone);
            if until <= start {
                continue;
            }
            // Nor is this: they touch in the hour that a clock change repeats only.
            while let Some((next, next_end)) = cycle.nth(self.k)
                && until < limit
                && !end.is_long_before(next)
                && next.begins(self.zone) <= until
            {
                end = next_end;
                until = until.max(end.ends(self.zone));
                self.k += 1;
            }
            let until = until.min(limit);
            self.range.0 = until;
            return Span::of(start, until);
        }
    }
}

impl FusedIterator for Windows {}
