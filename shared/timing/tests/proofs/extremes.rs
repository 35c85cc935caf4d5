//! Inputs that nobody means and somebody sends: each has an answer, and soon.

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};
use timing::DayOfWeek::*;
use timing::{InstantWindow, LocalWindow, Rule, Span, Timing, Window, Zone};

use crate::support::*;

const FIRST: DateTime<Utc> = DateTime::<Utc>::MIN_UTC;
const LAST: DateTime<Utc> = DateTime::<Utc>::MAX_UTC;

fn windows() -> Vec<Window> {
    let dates = (Some(NaiveDate::MIN), Some(NaiveDate::MAX));
    let late = NaiveTime::from_hms_nano_opt(23, 59, 59, 999_999_999);
    let leap = NaiveTime::from_hms_nano_opt(23, 59, 59, 1_999_999_999);
    let local = |created, start, end| LocalWindow::new(created, start, end).unwrap().into();
    vec![
        local(FIRST, (None, None), (None, None)),
        local(LAST, (None, None), (None, None)),
        local(LAST, (dates.0, None), (dates.1, None)),
        local(FIRST, (dates.1, None), (dates.1, late)),
        local(FIRST, (dates.1, late), (None, None)),
        local(FIRST, (dates.0, None), (dates.0, leap)),
        local(FIRST, (None, None), (dates.0, None)),
        InstantWindow::new(FIRST, Some(LAST)).unwrap().into(),
        InstantWindow::new(LAST, None).unwrap().into(),
    ]
}

fn schedules() -> Vec<Vec<Rule>> {
    let hundred = (0..100u32).map(|n| {
        let clock = |secs| NaiveTime::from_num_seconds_from_midnight_opt(secs, n).unwrap();
        let day = [Monday, Wednesday, Saturday][n as usize % 3];
        let period = timing::Period {
            start: clock(n * 800),
            end: clock(n * 800 + 100),
        };
        match n % 3 {
            0 => Rule::daily(Some(period)),
            1 => Rule::weekly(day, Some(period)),
            _ => Rule::biweekly(day, Some(period)),
        }
    });
    vec![
        vec![],
        vec![daily("")],
        vec![weekly(Sunday, "23:59-23:59")],
        vec![biweekly(Sunday, "23:59:59.999999999-00:00")],
        hundred.collect(),
    ]
}

#[test]
fn the_ends_of_time_are_times_like_others() {
    for zone in zones().step_by(40).chain([zone("Pacific/Apia"), Zone::UTC]) {
        for window in windows() {
            for rules in schedules() {
                let timing = Timing::new(window, rules);
                timing.span(zone);
                timing.window.is_empty(zone);
                for at in [FIRST, LAST, DateTime::UNIX_EPOCH] {
                    let next = timing.next(zone, at);
                    let holds = timing.holds(zone, at);
                    assert_eq!(
                        next.is_some_and(|span| span.contains(at)),
                        holds,
                        "{timing:?}"
                    );
                    assert!(timing.windows(zone, at, LAST).take(40).count() <= 40);
                    assert_eq!(timing.windows(zone, at, FIRST).count(), 0);
                }
            }
        }
    }
}

#[test]
fn a_window_of_a_thousand_years_is_one_window() {
    let timing = Timing::new(
        local("1500-01-01", "2500-12-31"),
        vec![daily("00:00-00:00")],
    );
    let next = timing
        .next(zone("Europe/Berlin"), at("2024-01-01T00:00:00Z"))
        .unwrap();
    assert!(next.until.unwrap() - next.from > TimeDelta::days(365 * 1_000));
    assert_eq!(
        timing.windows(zone("Europe/Berlin"), FIRST, LAST).count(),
        1
    );
}

#[test]
fn a_hundred_rules_that_leave_no_minute_are_one_window() {
    let quarter = |n: u32| {
        let clock =
            |n: u32| NaiveTime::from_num_seconds_from_midnight_opt(n % 96 * 900, 0).unwrap();
        Rule::daily(Some(timing::Period {
            start: clock(n),
            end: clock(n + 1),
        }))
    };
    let mut timing = Timing::new(local("2024-01-01", ""), (0..96).map(quarter).collect());
    let created = at("2023-12-31T23:00:00Z");
    let forever = Span {
        from: created,
        until: None,
    };
    assert_eq!(timing.next(zone("Europe/Berlin"), created), Some(forever));
    // One quarter less, and there is a window a day.
    timing.rules.remove(40);
    let next = timing.next(zone("Europe/Berlin"), created).unwrap();
    assert_eq!(next.until, Some(at("2024-01-01T09:00:00Z")));
}

#[test]
fn a_leap_second_is_no_trouble() {
    let timing = Timing::new(local("2016-12-31", ""), vec![daily("23:00-23:59:60")]);
    assert!(timing.holds(Zone::UTC, at("2016-12-31T23:59:59.5Z")));
    assert!(!timing.holds(Zone::UTC, at("2016-12-31T23:59:60.5Z")));
}

#[test]
fn hours_within_one_leap_second_go_once_round_the_clock() {
    let within = |nanos| NaiveTime::from_hms_nano_opt(23, 59, 59, nanos).unwrap();
    let period = timing::Period {
        start: within(1_200_000_000),
        end: within(1_500_000_000),
    };
    assert!(period.is_overnight());
    let noon = at("2024-06-01T12:00:00Z");
    let timing = Timing::new(local("2024-01-01", ""), vec![Rule::daily(Some(period))]);
    assert!(timing.holds(Zone::UTC, noon));
    assert_eq!(timing.next(Zone::UTC, noon).unwrap().until, None);
    let weekly = Timing::new(
        local("2024-01-01", ""),
        vec![Rule::weekly(Friday, Some(period))],
    );
    assert_eq!(
        weekly.next(Zone::UTC, noon).unwrap().from,
        at("2024-05-31T23:59:59.999999999Z")
    );
}

#[test]
fn a_range_that_ends_before_it_begins_has_no_windows() {
    let timing = Timing::new(local("2024-01-01", ""), vec![]);
    let (a, b) = (at("2024-06-01T00:00:00Z"), at("2024-06-02T00:00:00Z"));
    assert_eq!(timing.windows(zone("Europe/Berlin"), b, a).count(), 0);
    assert_eq!(timing.windows(zone("Europe/Berlin"), a, a).count(), 0);
}
