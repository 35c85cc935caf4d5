//! The reading of a union of rules on the wall clock, which repeats.
//!
//! A rule comes back after 1, 7 or 14 days, so a union of rules does too: it is a list
//! of stretches of wall clock within one cycle. Stretches that overlap or touch are
//! made one here, before any zone is asked. That is exact in every zone, since no
//! boundary ends before it begins: where one stretch ends and the next begins there is
//! never a hole, whatever the clock does.

use super::clock::{DAY, Moment, Wall, monday};
use super::rule::Rule;
use super::zone::Zone;

/// From one wall clock reading to another, half-open.
pub(super) type Stretch = (Wall, Wall);

/// Stretches that come back.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cycle<'a> {
    /// In order, apart from each other, and the last apart from the next cycle's first.
    pub(super) stretches: &'a [Stretch],
    /// The length of the cycle in seconds.
    pub(super) length: i64,
}

impl Cycle<'_> {
    /// The stretch of that number, which may be negative.
    pub(super) fn nth(&self, k: i64) -> Option<Stretch> {
        let n = i64::try_from(self.stretches.len()).ok()?;
        let cycle = k.checked_div_euclid(n)? * self.length;
        let place = usize::try_from(k.checked_rem_euclid(n)?).ok()?;
        let (start, end) = self.stretches.get(place)?;
        Some((start.plus(cycle), end.plus(cycle)))
    }

    /// The same as instants; both are equal if a gap swallowed the stretch.
    pub(super) fn instants(&self, k: i64, zone: Zone) -> Option<(Moment, Moment)> {
        let (start, end) = self.nth(k)?;
        Some((start.begins(zone), end.ends(zone)))
    }

    /// The number of the first stretch that ends after the instant.
    pub(super) fn first_ending_after(&self, at: Moment, zone: Zone) -> i64 {
        self.first_ending_after_shown(at, at.wall(zone), zone)
    }

    /// The same, if the clock's reading at the instant is known.
    fn first_ending_after_shown(&self, at: Moment, shown: Wall, zone: Zone) -> i64 {
        let mut k = self.first_ending_after_wall(shown);
        // While the clock repeats an hour, stretches that it showed as ended go on.
        while let Some((_, end)) = self.nth(k - 1)
            && !end.is_long_before(shown)
            && end.ends(zone) > at
        {
            k -= 1;
        }
        k
    }

    /// The number of a stretch that ends after the clock showed this; where fractions
    /// of the same second matter there may be earlier ones.
    pub(super) fn first_ending_after_wall(&self, wall: Wall) -> i64 {
        let Some((_, first_end)) = self.stretches.first() else {
            return 0;
        };
        let cycle = (wall.secs - first_end.secs).div_euclid(self.length);
        let shown = wall.plus(-cycle * self.length);
        let place = self.stretches.partition_point(|(_, end)| *end <= shown);
        cycle * self.stretches.len() as i64 + place as i64
    }

    /// Whether one of the stretches holds at the instant, at which the clock shows this.
    /// `steady` is whether it is known to show the same as ever for days around it.
    pub(super) fn holds(&self, at: Moment, shown: Wall, steady: bool, zone: Zone) -> bool {
        let inside = |(start, end): Stretch| start <= shown && shown < end;
        // A stretch that the clock shows as allowed is allowed; no clock change takes it away.
        if self
            .nth(self.first_ending_after_wall(shown))
            .is_some_and(inside)
        {
            return true;
        }
        if steady {
            return false;
        }
        let k = self.first_ending_after_shown(at, shown, zone);
        self.nth(k)
            .is_some_and(|(start, _)| !shown.is_long_before(start) && start.begins(zone) <= at)
    }
}

/// A union of rules.
#[derive(Debug, Clone)]
pub(super) enum Pattern {
    /// Every reading of the clock is in it.
    Always,
    /// These stretches, or `None` if there are none.
    Cycle {
        /// As in [`Cycle`].
        stretches: Vec<Stretch>,
        /// As in [`Cycle`].
        length: i64,
    },
}

impl Pattern {
    /// Its stretches; `None` when it is always.
    pub(super) fn cycle(&self) -> Option<Cycle<'_>> {
        match self {
            Pattern::Always => None,
            Pattern::Cycle { stretches, length } => Some(Cycle {
                stretches,
                length: *length,
            }),
        }
    }

    /// The union of the rules of a window that begins on that day; no rules are always.
    pub(super) fn new(rules: &[Rule], first_day: i64) -> Pattern {
        let base = monday(first_day);
        match rules {
            [] => Pattern::Always,
            [rule] => Pattern::of_one(rule, base),
            rules => Pattern::of_many(rules, base),
        }
    }

    /// One rule is one stretch, and there is nothing to join.
    fn of_one(rule: &Rule, base: i64) -> Pattern {
        let (start, end) = rule.occurrence(base);
        let length = rule.step() * DAY;
        if start.plus(length) == end {
            return Pattern::Always;
        }
        Pattern::Cycle {
            stretches: vec![(start, end)],
            length,
        }
    }

    fn of_many(rules: &[Rule], base: i64) -> Pattern {
        let days = rules.iter().map(Rule::step).max().unwrap_or(1);
        let length = days * DAY;
        let start = Wall {
            secs: base * DAY,
            nanos: 0,
        };
        let cycle = (start, start.plus(length));
        let mut parts = Vec::new();
        for rule in rules {
            let occurrence = rule.occurrence(base);
            for time in 0..days / rule.step() {
                split(occurrence, time * rule.step(), cycle, &mut parts);
            }
        }
        let stretches = joined(parts);
        if stretches == [cycle] {
            return Pattern::Always;
        }
        Pattern::Cycle {
            stretches: around(stretches, cycle, length),
            length,
        }
    }
}

/// Puts an occurrence, moved by some days, into the cycle; what reaches over its end
/// comes in at its beginning.
fn split(occurrence: Stretch, days: i64, cycle: Stretch, parts: &mut Vec<Stretch>) {
    let (start, end) = (occurrence.0.plus_days(days), occurrence.1.plus_days(days));
    if end <= cycle.1 {
        parts.push((start, end));
        return;
    }
    parts.push((start, cycle.1));
    parts.push((cycle.0, end.plus(cycle.0.secs - cycle.1.secs)));
}

/// In order, and one where they overlap or touch.
fn joined(mut parts: Vec<Stretch>) -> Vec<Stretch> {
    parts.sort_unstable();
    let mut joined: Vec<Stretch> = Vec::with_capacity(parts.len());
    for (start, end) in parts {
        match joined.last_mut() {
            Some(last) if start <= last.1 => last.1 = last.1.max(end),
            _ => joined.push((start, end)),
        }
    }
    joined
}

/// Makes the last stretch and the next cycle's first one when they touch.
fn around(mut stretches: Vec<Stretch>, cycle: Stretch, length: i64) -> Vec<Stretch> {
    if let (Some(first), Some(last)) = (stretches.first().copied(), stretches.last_mut())
        && first.0 == cycle.0
        && last.1 == cycle.1
    {
        last.1 = first.1.plus(length);
        stretches.remove(0);
    }
    stretches
}
