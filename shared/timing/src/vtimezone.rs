//! A zone as a `VTIMEZONE`: what its clock does over a range of instants.
//!
//! Each clock change of the range is written down as it is. No yearly rule is guessed
//! from them: several zones have none, and the range is bounded.

use ics::properties::TzName;
use ics::{Daylight, Standard, TimeZone};

use super::clock::{DAY, Moment, local};
use super::zone::{Observance, Zone};

/// The clock changes of the zone from `from` to `until`.
pub(super) fn of(zone: Zone, from: Moment, until: Moment) -> TimeZone<'static> {
    // Two days earlier, so that what starts before the range has its time too.
    let first = from.plus(-2 * DAY);
    let mut before = zone.observance(first.secs());
    let mut text = match part(first, &before, &before) {
        Part::Standard(first) => TimeZone::standard(zone.name(), first),
        Part::Daylight(first) => TimeZone::daylight(zone.name(), first),
    };
    for (at, now) in zone.changes(first.secs(), until.plus(DAY).secs()) {
        match part(Moment::at(at), &before, &now) {
            Part::Standard(standard) => text.add_standard(standard),
            Part::Daylight(daylight) => text.add_daylight(daylight),
        }
        before = now;
    }
    text
}

enum Part {
    Standard(Standard<'static>),
    Daylight(Daylight<'static>),
}

/// From that change on.
fn part(change: Moment, before: &Observance, now: &Observance) -> Part {
    // The change as the clock before it would have shown it.
    let start = local(change.shown_at(before.offset));
    let (from, to) = (written(before.offset), written(now.offset));
    let name = TzName::new(now.abbreviation.clone());
    if now.is_daylight {
        let mut daylight = Daylight::new(start, from, to);
        daylight.push(name);
        Part::Daylight(daylight)
    } else {
        let mut standard = Standard::new(start, from, to);
        standard.push(name);
        Part::Standard(standard)
    }
}

/// `+0130`, and with seconds for the local mean times of old.
fn written(seconds: i64) -> String {
    let (sign, size) = (if seconds < 0 { '-' } else { '+' }, seconds.abs());
    let (hours, minutes, rest) = (size / 3_600, size / 60 % 60, size % 60);
    if rest == 0 {
        format!("{sign}{hours:02}{minutes:02}")
    } else {
        format!("{sign}{hours:02}{minutes:02}{rest:02}")
    }
}
