//! A zone as a `VTIMEZONE`: what its clock does over a range of instants.
//!
//! Each clock change of the range is written down as it is. No yearly rule is guessed
//! from them: several zones have none, and the range is bounded.

use chrono::offset::{Offset, TimeZone as _};
use chrono_tz::{OffsetComponents, OffsetName, Tz, TzOffset};
use ics::properties::TzName;
use ics::{Daylight, Standard, TimeZone};

use super::calendar::local;
use super::clock::{DAY, Moment, naive};

/// What the clock of the zone does from `from` to `until`.
pub(super) fn of(zone: Tz, from: Moment, until: Moment) -> TimeZone<'static> {
    // Two days earlier, so that what starts before the range has its time too.
    let mut day = from.plus(-2 * DAY);
    let offset = offset_at(zone, day.secs());
    let mut text = match observance(day, &offset, &offset) {
        Observance::Standard(first) => TimeZone::standard(zone.name(), first),
        Observance::Daylight(first) => TimeZone::daylight(zone.name(), first),
    };
    while day < until {
        let next = day.plus(DAY);
        let (before, after) = (offset_at(zone, day.secs()), offset_at(zone, next.secs()));
        if before != after {
            let change = change(zone, day, next);
            match observance(change, &before, &after) {
                Observance::Standard(standard) => text.add_standard(standard),
                Observance::Daylight(daylight) => text.add_daylight(daylight),
            }
        }
        day = next;
    }
    text
}

enum Observance {
    Standard(Standard<'static>),
    Daylight(Daylight<'static>),
}

/// From that change on.
fn observance(change: Moment, before: &TzOffset, after: &TzOffset) -> Observance {
    // The change as the clock before it would have shown it.
    let start = local(change.shown_at(seconds(before)));
    let (from, to) = (written(before), written(after));
    let name = after
        .abbreviation()
        .map(|name| TzName::new(name.to_owned()));
    if after.dst_offset().is_zero() {
        let mut standard = Standard::new(start, from, to);
        if let Some(name) = name {
            standard.push(name);
        }
        Observance::Standard(standard)
    } else {
        let mut daylight = Daylight::new(start, from, to);
        if let Some(name) = name {
            daylight.push(name);
        }
        Observance::Daylight(daylight)
    }
}

/// The first instant of the new offset, by halving the day in which it begins.
fn change(zone: Tz, before: Moment, after: Moment) -> Moment {
    let old = offset_at(zone, before.secs());
    let (mut low, mut high) = (0, after.secs() - before.secs());
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if offset_at(zone, before.secs() + middle) == old {
            low = middle;
        } else {
            high = middle;
        }
    }
    before.plus(high)
}

fn offset_at(zone: Tz, secs: i64) -> TzOffset {
    zone.offset_from_utc_datetime(&naive(secs))
}

fn seconds(offset: &TzOffset) -> i64 {
    i64::from(offset.fix().local_minus_utc())
}

/// `+0130`, and with seconds for the local mean times of old.
fn written(offset: &TzOffset) -> String {
    let seconds = seconds(offset);
    let (sign, size) = (if seconds < 0 { '-' } else { '+' }, seconds.abs());
    let (hours, minutes, rest) = (size / 3_600, size / 60 % 60, size % 60);
    if rest == 0 {
        format!("{sign}{hours:02}{minutes:02}")
    } else {
        format!("{sign}{hours:02}{minutes:02}{rest:02}")
    }
}
