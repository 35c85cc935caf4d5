//! The windows of a timing, one after the other.

use std::iter::FusedIterator;

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::clock::Moment;
use super::pattern::{Cycle, Pattern};
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
    /// The first instant of the window.
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
    pub(super) fn of(from: Moment, until: Moment) -> Option<Span> {
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
    /// The rest of the range.
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

    /// The windows of a cycle within a range, as instants of which chrono may have no name.
    pub(super) fn stays(
        zone: Zone,
        cycle: Cycle<'_>,
        mut range: (Moment, Moment),
    ) -> impl Iterator<Item = (Moment, Moment)> {
        let mut k = cycle.first_ending_after(range.0, zone);
        std::iter::from_fn(move || next(cycle, zone, &mut range, &mut k))
    }

    /// The window within a range that holds at an instant of the range, or the first
    /// after it, with what lies of it before the instant.
    pub(super) fn around(
        zone: Zone,
        pattern: &Pattern,
        mut range: (Moment, Moment),
        at: Moment,
    ) -> Option<Span> {
        let Some(cycle) = pattern.cycle() else {
            return Span::of(range.0, range.1);
        };
        let mut k = cycle.first_ending_after(at, zone);
        // If the clock repeats an hour, the previous window may touch this one.
        while let (Some((_, before)), Some((this, _))) = (cycle.nth(k - 1), cycle.nth(k))
            && !before.is_long_before(this)
            && before.ends(zone) >= this.begins(zone)
        {
            k -= 1;
        }
        let (from, until) = next(cycle, zone, &mut range, &mut k)?;
        Span::of(from, until)
    }
}

/// The first of the windows of a cycle that is left in a range. Takes it out of the range,
/// and moves the number of the stretch to look at next.
fn next(
    cycle: Cycle<'_>,
    zone: Zone,
    range: &mut (Moment, Moment),
    k: &mut i64,
) -> Option<(Moment, Moment)> {
    let (from, limit) = *range;
    if from >= limit {
        return None;
    }
    // Not endless: stretches vanish in the gap of a clock change only.
    loop {
        let (shown, mut end) = cycle.nth(*k)?;
        let start = shown.begins(zone);
        if start >= limit {
            range.0 = limit;
            return None;
        }
        *k += 1;
        let start = start.max(from);
        let mut until = end.ends(zone);
        if until <= start {
            continue;
        }
        // Nor is this: they touch in the hour that a clock change repeats only.
        while let Some((next, next_end)) = cycle.nth(*k)
            && until < limit
            && !end.is_long_before(next)
            && next.begins(zone) <= until
        {
            end = next_end;
            until = until.max(end.ends(zone));
            *k += 1;
        }
        let until = until.min(limit);
        range.0 = until;
        return Some((start, until));
    }
}

impl Iterator for Windows {
    type Item = Span;

    fn next(&mut self) -> Option<Span> {
        let Some(cycle) = self.pattern.cycle() else {
            let (from, limit) = self.range;
            self.range.0 = limit;
            return Span::of(from, limit).filter(|_| from < limit);
        };
        let (from, until) = next(cycle, self.zone, &mut self.range, &mut self.k)?;
        Span::of(from, until)
    }
}

impl FusedIterator for Windows {}
