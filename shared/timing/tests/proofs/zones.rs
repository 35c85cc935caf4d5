//! Local times near clock changes, in every zone that there is.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use timing::{LocalWindow, Window, Zone};

use crate::support::{Clock, zones};

const DAY: i64 = 1_440;
/// Minutes since 1970 of 1990 and of 2040, roughly.
const YEARS: std::ops::Range<i64> = 20 * 365 * DAY..70 * 365 * DAY;

fn instant(minute: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(minute * 60, 0).unwrap()
}

fn shown(clock: &Clock, minute: i64) -> i64 {
    minute + clock.ahead(minute * 60) / 60
}

/// The weeks with a clock change, each by its first minute, and the change in minutes.
fn changes(clock: &Clock) -> Vec<(i64, i64)> {
    let offset = |minute| shown(clock, minute) - minute;
    let weeks = YEARS.step_by(7 * DAY as usize);
    weeks
        .map(|week| (week, offset(week + 7 * DAY) - offset(week)))
        .filter(|(_, change)| *change != 0)
        .collect()
}

/// The minute at which the clock changes, of a week in which it does.
fn change_in(clock: &Clock, week: i64) -> i64 {
    (week..week + 7 * DAY)
        .find(|minute| shown(clock, minute + 1) != shown(clock, *minute) + 1)
        .unwrap()
        + 1
}

/// A window from one reading of the clock to another.
fn window(start: i64, end: i64) -> Window {
    let naive = |reading| instant(reading).naive_utc();
    let part = |reading| (Some(naive(reading).date()), Some(naive(reading).time()));
    let created = DateTime::<Utc>::MIN_UTC;
    LocalWindow::new(created, part(start), part(end))
        .unwrap()
        .into()
}

#[test]
fn a_boundary_near_a_clock_change_is_what_a_walk_through_its_minutes_says() {
    let mut seen = HashSet::new();
    for zone in zones() {
        let clock = &Clock::of(zone);
        let changes = changes(clock);
        // Many zones are others by another name.
        if !seen.insert(changes.clone()) {
            continue;
        }
        let step = (changes.len() / 4).max(1);
        for (week, _) in changes.into_iter().step_by(step) {
            let change = change_in(clock, week);
            let first = change - 27 * 60;
            let readings: Vec<i64> = (first..change + 27 * 60)
                .map(|minute| shown(clock, minute))
                .collect();
            let place = (change - first) as usize;
            for around in [readings[place - 1], readings[place]] {
                for reading in [-61, -30, -1, 0, 1, 29, 31, 60].map(|minutes| around + minutes) {
                    compare(zone, &readings, first, reading);
                }
            }
        }
    }
    assert!(seen.len() > 100, "{} zones that differ", seen.len());
}

fn compare(zone: Zone, clock: &[i64], first: i64, reading: i64) {
    let at = |place: usize| instant(first + place as i64);
    let past = clock.iter().position(|shown| *shown > reading).unwrap();
    let begins = clock
        .iter()
        .position(|shown| *shown == reading)
        .unwrap_or(past);
    let ends = clock
        .iter()
        .rposition(|shown| *shown == reading)
        .unwrap_or(past);
    let year = 366 * DAY;
    assert_eq!(
        window(reading, reading + year).span(zone).0,
        at(begins),
        "{zone}: what begins at {}",
        instant(reading).naive_utc()
    );
    assert_eq!(
        window(reading - year, reading).span(zone).1,
        Some(at(ends)),
        "{zone}: what ends at {}",
        instant(reading).naive_utc()
    );
}
