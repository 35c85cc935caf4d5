//! When several timings hold at once: a grant, and those that it was made by right of.
//!
//! Each timing repeats on the wall clock every two weeks, and so do all of them together. What
//! they share is therefore computed once, on the wall clock, for two weeks; a look at any
//! instant is then a search in that list. Walking from window to window until they overlap
//! would cost more the rarer they overlap, and would never end for those that never do.
//!
//! The wall clock is not exact in weeks in which it is changed: in a repeated hour, two
//! stretches that do not overlap on the clock may overlap in time. For the two weeks around a
//! clock change the windows of each timing are therefore compared as instants.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::Timing;
use super::clock::{DAY, Moment, Wall};
use super::pattern::{Cycle, Pattern, Stretch};
use super::windows::{Span, Windows};
use super::zone::Zone;

/// The length of what is worked out at once: every rule comes back after it.
const FORTNIGHT: i64 = 14 * DAY;

/// How far ahead a window is searched for, in fortnights: two years, with two clock changes
/// each. Timings that do not overlap within two weeks overlap, if ever, in a repeated hour.
const AHEAD: i64 = 53;

/// From one instant to another, half-open.
type Stay = (Moment, Moment);

/// The work that may be spent on the search for windows, over all searches.
///
/// [`Timing::holds`] costs nothing of it: whether a grant holds is always answered.
///
/// ```
/// use timing::Budget;
///
/// let budget = Budget::new(1_000);
/// assert!(!budget.has_run_out());
/// ```
#[derive(Debug, Clone)]
pub struct Budget {
    left: usize,
    has_run_out: bool,
}

/// The allowed work did not suffice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many rules to find the windows of")]
pub struct RanOut;

impl Budget {
    /// A budget of so many looks at a rule or a stretch of time, some ten nanoseconds each.
    pub fn new(looks: usize) -> Self {
        Self {
            left: looks,
            has_run_out: false,
        }
    }

    /// Whether it did not suffice for something.
    pub fn has_run_out(&self) -> bool {
        self.has_run_out
    }

    /// Takes some looks.
    ///
    /// # Errors
    /// If less is left, it is used up.
    pub fn spend(&mut self, looks: usize) -> Result<(), RanOut> {
        match self.left.checked_sub(looks) {
            Some(left) if !self.has_run_out => {
                self.left = left;
                Ok(())
            }
            _ => {
                self.has_run_out = true;
                Err(RanOut)
            }
        }
    }
}

/// Timings of which all must hold, made ready to be asked for windows.
///
/// ```
/// use timing::{Budget, InstantWindow, Period, Rule, Timing, Together, Zone};
///
/// let berlin: Zone = "Europe/Berlin".parse().unwrap();
/// let window = InstantWindow::new("2024-01-01T00:00:00Z".parse().unwrap(), None).unwrap();
/// let hours = |text| serde_json::from_str::<Period>(text).unwrap();
/// let day = Rule::daily(Some(hours(r#"{"startTime": "08:00:00", "endTime": "12:00:00"}"#)));
/// let late = Rule::daily(Some(hours(r#"{"startTime": "10:00:00", "endTime": "18:00:00"}"#)));
/// let timings = [day, late].map(|rule| Timing::new(window, vec![rule]));
///
/// let mut budget = Budget::new(10_000);
/// let mut together = Together::new(&timings, berlin, &mut budget).unwrap();
/// let asked = "2024-06-03T12:00:00Z".parse().unwrap();
/// let next = together.next(asked, &mut budget).unwrap().unwrap();
/// assert_eq!(next.from.to_rfc3339(), "2024-06-04T08:00:00+00:00");
/// assert_eq!(next.until.unwrap().to_rfc3339(), "2024-06-04T10:00:00+00:00");
/// ```
#[derive(Debug)]
pub struct Together {
    zone: Zone,
    /// The part that is in the windows of all.
    range: Stay,
    /// The rules of each that has some.
    patterns: Vec<Pattern>,
    /// What the patterns share on the wall clock, and the number of looks in a fortnight; known
    /// after the first request for it.
    shared: Option<Vec<Stretch>>,
    /// The fortnights that were worked out, by their numbers.
    fortnights: BTreeMap<i64, Vec<Stay>>,
}

impl Together {
    /// `timings`, at a door in `zone`. None at all hold always.
    ///
    /// # Errors
    /// The rules are too many for the budget.
    pub fn new(timings: &[Timing], zone: Zone, budget: &mut Budget) -> Result<Self, RanOut> {
        let mut range = (Moment::EVER, Moment::NEVER);
        for timing in timings {
            let (from, until) = timing.window.moments(zone);
            range = (range.0.max(from), range.1.min(until));
        }
        let mut patterns = Vec::new();
        if range.0 < range.1 {
            for timing in timings {
                budget.spend(timing.looks())?;
                match timing.pattern(zone) {
                    Pattern::Always => {}
                    pattern => patterns.push(pattern),
                }
            }
        }
        Ok(Self {
            zone,
            range,
            patterns,
            shared: None,
            fortnights: BTreeMap::new(),
        })
    }

    /// The whole window in which all of them hold at the instant, or the next one, as
    /// [`Timing::next`] for one timing. A window is not found if it begins after two years
    /// without an overlap.
    ///
    /// # Errors
    /// If the budget did not suffice to say.
    pub fn next(&mut self, at: DateTime<Utc>, budget: &mut Budget) -> Result<Option<Span>, RanOut> {
        budget.spend(LOOK)?;
        let at = self.range.0.max(at.into());
        if at >= self.range.1 {
            return Ok(None);
        }
        match self.patterns.as_slice() {
            [] => Ok(Span::of(self.range.0, self.range.1)),
            [one] => Ok(Windows::around(self.zone, one, self.range, at)),
            _ => self.meeting(at, budget),
        }
    }

    fn meeting(&mut self, at: Moment, budget: &mut Budget) -> Result<Option<Span>, RanOut> {
        let first = at.secs().div_euclid(FORTNIGHT);
        for number in first..=first + AHEAD {
            let stays = self.fortnight(number, budget)?;
            let place = stays.partition_point(|(_, until)| *until <= at);
            if let Some(stay) = stays.get(place).copied() {
                let (from, until) = self.whole(number, stay, budget)?;
                let (from, until) = (from.max(self.range.0), until.min(self.range.1));
                return Ok((from < until).then(|| Span::of(from, until)).flatten());
            }
            if end_of(number) >= self.range.1 {
                break;
            }
        }
        Ok(None)
    }

    /// A stay with what of it lies in the fortnights before and after.
    fn whole(&mut self, number: i64, stay: Stay, budget: &mut Budget) -> Result<Stay, RanOut> {
        let (mut from, mut until) = stay;
        let mut before = number;
        while from == start_of(before) && from > self.range.0 {
            before -= 1;
            match self.fortnight(before, budget)?.last() {
                Some(last) if last.1 == from => from = last.0,
                _ => break,
            }
        }
        let mut after = number;
        while until == end_of(after) && until < self.range.1 {
            after += 1;
            match self.fortnight(after, budget)?.first() {
                Some(first) if first.0 == until => until = first.1,
                _ => break,
            }
        }
        Ok((from, until))
    }

    /// When all patterns hold in that fortnight, cut at its two ends.
    fn fortnight(&mut self, number: i64, budget: &mut Budget) -> Result<&[Stay], RanOut> {
        if !self.fortnights.contains_key(&number) {
            let (from, until) = (start_of(number), end_of(number));
            let (first, last) = (from.secs(), until.secs());
            budget.spend(LOOK)?;
            let stays = match steady(self.zone, first - MARGIN, last + MARGIN) {
                Some(offset) => {
                    let shared = self.shared(budget)?;
                    budget.spend(shared.len())?;
                    shown_at(shared, offset, (from, until))
                }
                None => self.compared((from, until), budget)?,
            };
            // Only the next ones are asked for from now on, and the one before for its end.
            self.fortnights.retain(|other, _| *other >= number - 2);
            self.fortnights.insert(number, stays);
        }
        Ok(self.fortnights.get(&number).map_or(&[], Vec::as_slice))
    }

    /// What the patterns share on the wall clock, in one fortnight.
    fn shared(&mut self, budget: &mut Budget) -> Result<&[Stretch], RanOut> {
        if self.shared.is_none() {
            let mut shared: Option<Vec<Stretch>> = None;
            for cycle in self.patterns.iter().filter_map(Pattern::cycle) {
                let shown = unrolled(cycle);
                budget.spend(shown.len() + shared.as_ref().map_or(0, Vec::len))?;
                shared = Some(match shared {
                    None => shown,
                    Some(others) => meet(&others, &shown),
                });
            }
            self.shared = Some(shared.unwrap_or_default());
        }
        Ok(self.shared.as_deref().unwrap_or_default())
    }

    /// When all patterns hold between two instants, by their windows.
    fn compared(&self, range: Stay, budget: &mut Budget) -> Result<Vec<Stay>, RanOut> {
        let mut met: Option<Vec<Stay>> = None;
        for cycle in self.patterns.iter().filter_map(Pattern::cycle) {
            let days = (range.1.secs() - range.0.secs()) / DAY;
            let shown = cycle.stretches.len() as i64 * days * DAY / cycle.length;
            budget.spend(
                usize::try_from(shown)
                    .unwrap_or(usize::MAX)
                    .saturating_mul(LOOK),
            )?;
            let stays = Windows::stays(self.zone, cycle, range).collect::<Vec<_>>();
            met = Some(match met {
                None => stays,
                Some(others) => meet(&others, &stays),
            });
        }
        Ok(met.unwrap_or_default())
    }
}

/// The cost of asking the zone for the instant of a stretch, in looks.
const LOOK: usize = 20;

/// The distance from an instant at which a clock change can affect it.
pub(super) const MARGIN: i64 = 3 * DAY;

fn start_of(number: i64) -> Moment {
    Moment::at(number.saturating_mul(FORTNIGHT))
}

fn end_of(number: i64) -> Moment {
    start_of(number + 1)
}

/// How far the clock is ahead of UTC from one second to another, if it is not changed between
/// them. No zone changes its clock and changes it back within a day.
fn steady(zone: Zone, first: i64, last: i64) -> Option<i64> {
    let offset = |secs| Moment::at(secs).wall(zone).secs - secs;
    let ahead = offset(first);
    let days = (0..=(last - first) / DAY).map(|day| first + day * DAY);
    days.chain([last])
        .all(|secs| offset(secs) == ahead)
        .then_some(ahead)
}

/// Whether the clock is not changed so near to an instant that it could matter for it.
pub(super) fn is_steady_about(zone: Zone, at: Moment) -> bool {
    steady(zone, at.secs() - MARGIN, at.secs() + MARGIN).is_some()
}

/// A fortnight of a pattern, from the reading of the clock on which Unix time begins.
fn unrolled(cycle: Cycle<'_>) -> Vec<Stretch> {
    let (first, last) = (Wall::at_secs(0), Wall::at_secs(FORTNIGHT));
    let from = cycle.first_ending_after_wall(first);
    let stretches = (from..).map_while(|k| cycle.nth(k).filter(|(start, _)| *start < last));
    // If fractions of a second matter, the number may be off by one.
    let cut = stretches.map(|(start, end)| (start.max(first), end.min(last)));
    cut.filter(|(start, end)| start < end).collect()
}

/// The intersection of two lists of stretches, each in order and without overlaps.
fn meet<T: Ord + Copy>(these: &[(T, T)], those: &[(T, T)]) -> Vec<(T, T)> {
    let mut met = Vec::new();
    let (mut this, mut that) = (these.iter().peekable(), those.iter().peekable());
    while let (Some(a), Some(b)) = (this.peek(), that.peek()) {
        let (start, end) = (a.0.max(b.0), a.1.min(b.1));
        if start < end {
            met.push((start, end));
        }
        if a.1 <= b.1 {
            this.next();
        } else {
            that.next();
        }
    }
    met
}

/// The stretches of a fortnight as instants of a range no longer than that, while the clock
/// is so far ahead of UTC; one where they touch.
fn shown_at(stretches: &[Stretch], ahead: i64, range: Stay) -> Vec<Stay> {
    let cycle = Cycle {
        stretches,
        length: FORTNIGHT,
    };
    let from = range.0.shown_at(ahead);
    let mut stays: Vec<Stay> = Vec::with_capacity(stretches.len() + 1);
    // One before, for fractions of a second.
    for k in cycle.first_ending_after_wall(from) - 1.. {
        let Some((start, end)) = cycle.nth(k) else {
            break;
        };
        let stay = (
            start.minus(ahead).max(range.0),
            end.minus(ahead).min(range.1),
        );
        if stay.0 >= range.1 {
            break;
        }
        match stays.last_mut() {
            _ if stay.1 <= stay.0 => {}
            Some(last) if last.1 == stay.0 => last.1 = stay.1,
            _ => stays.push(stay),
        }
    }
    stays
}
