//! Laws of every timing, in every zone, to the nanosecond.

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc, Weekday};
use proptest::prelude::*;
use timing::{
    Budget, InstantWindow, LocalWindow, Period, Recurrence, Rule, Span, Timing, Together, Window,
    Zone,
};

use crate::support::{self, runner, zone};

const DAY: i64 = 86_400;
/// 1970 to 2105.
const SECONDS: std::ops::Range<i64> = 0..DAY * 366 * 135;

fn zones() -> impl Strategy<Value = Zone> {
    proptest::sample::select(support::zones().collect::<Vec<_>>())
}

fn instants() -> impl Strategy<Value = DateTime<Utc>> {
    (SECONDS, prop_oneof![Just(0), 0..1_000_000_000u32])
        .prop_map(|(secs, nanos)| DateTime::from_timestamp(secs, nanos).unwrap())
}

fn times() -> impl Strategy<Value = NaiveTime> {
    let clock = |secs, nanos| NaiveTime::from_num_seconds_from_midnight_opt(secs, nanos).unwrap();
    prop_oneof![
        (0..24u32).prop_map(move |hour| clock(hour * 3_600, 0)),
        (0..86_400u32, 0..1_000_000_000u32).prop_map(move |(secs, nanos)| clock(secs, nanos)),
    ]
}

fn rules() -> impl Strategy<Value = Rule> {
    let period = (times(), times()).prop_map(|(start, end)| Period { start, end });
    let recurrence = prop_oneof![
        Just(Recurrence::Daily),
        Just(Recurrence::Weekly),
        Just(Recurrence::BiWeekly)
    ];
    let day = (0..7u8).prop_map(|day| Some(Weekday::try_from(day).unwrap().into()));
    (recurrence, day, proptest::option::of(period))
        .prop_map(|(recurrence, day, period)| Rule::new(recurrence, day, period).unwrap())
}

/// A timing and a range of some weeks near its start.
fn timings() -> impl Strategy<Value = (Timing, Zone, DateTime<Utc>, DateTime<Utc>)> {
    let date = |at: DateTime<Utc>, days| at.date_naive() + TimeDelta::days(days);
    let local = (
        instants(),
        proptest::option::of(-20..20i64),
        proptest::option::of(times()),
        proptest::option::of(0..60i64),
        proptest::option::of(times()),
    )
        .prop_filter_map(
            "ends before it starts",
            move |(at, start, from, end, to)| {
                let start = start.map(|days| date(at, days));
                let end = end.map(|days| date(at, days));
                let start = (start, from.filter(|_| start.is_some()));
                let end = (end, to.filter(|_| end.is_some()));
                let window: Window = LocalWindow::new(at, start, end).ok()?.into();
                Some((window, at))
            },
        );
    let of_instants = (instants(), proptest::option::of(1..DAY * 60)).prop_map(|(at, length)| {
        let until = length.map(|length| at + TimeDelta::seconds(length));
        (Window::from(InstantWindow::new(at, until).unwrap()), at)
    });
    (
        prop_oneof![2 => local, 1 => of_instants],
        proptest::collection::vec(rules(), 0..8),
        zones(),
        (-DAY * 10..DAY * 40, 0..DAY * 40),
    )
        .prop_map(|((window, at), rules, zone, (ahead, length))| {
            let from = at + TimeDelta::seconds(ahead);
            let until = from + TimeDelta::seconds(length);
            (Timing::new(window, rules), zone, from, until)
        })
}

fn spans(timing: &Timing, zone: Zone, from: DateTime<Utc>, until: DateTime<Utc>) -> Vec<Span> {
    timing.windows(zone, from, until).collect()
}

fn within(narrow: &[Span], wide: &[Span]) -> bool {
    narrow.iter().all(|inner| {
        wide.iter()
            .any(|outer| outer.from <= inner.from && inner.until <= outer.until)
    })
}

#[test]
fn it_holds_exactly_when_the_instant_lies_in_a_window() {
    let cases = (timings(), proptest::collection::vec(0.0..1.0f64, 8));
    runner("holds", 1_000)
        .run(&cases, |((timing, zone, from, until), fractions)| {
            let spans = spans(&timing, zone, from, until);
            let length = (until - from).num_seconds() as f64;
            let inside = |f: f64| from + TimeDelta::seconds((length * f) as i64);
            let nano = TimeDelta::nanoseconds(1);
            let edges = spans.iter().flat_map(|span| [Some(span.from), span.until]);
            let edges = edges.flatten().flat_map(|at| [at - nano, at, at + nano]);
            for at in edges.chain(fractions.into_iter().map(inside)) {
                if from <= at && at < until {
                    let in_one = spans.iter().any(|span| span.contains(at));
                    prop_assert_eq!(timing.holds(zone, at), in_one, "{} {:?}", at, &spans);
                }
            }
            Ok(())
        })
        .unwrap();
}

#[test]
fn windows_are_apart_in_order_and_within_the_range() {
    runner("order", 1_000)
        .run(&timings(), |(timing, zone, from, until)| {
            let spans = spans(&timing, zone, from, until);
            for span in &spans {
                prop_assert!(from <= span.from && span.from < span.until.unwrap());
                prop_assert!(span.until.unwrap() <= until);
            }
            for two in spans.windows(2) {
                prop_assert!(two[0].until.unwrap() < two[1].from);
            }
            Ok(())
        })
        .unwrap();
}

#[test]
fn cutting_a_range_in_two_changes_nothing() {
    let cases = (timings(), 0.0..1.0f64);
    runner("cut", 1_000)
        .run(&cases, |((timing, zone, from, until), fraction)| {
            let length = (until - from).num_seconds() as f64;
            let cut = from + TimeDelta::seconds((length * fraction) as i64);
            let mut joined = spans(&timing, zone, from, cut);
            for span in spans(&timing, zone, cut, until) {
                match joined.last_mut() {
                    Some(last) if last.until == Some(span.from) => last.until = span.until,
                    _ => joined.push(span),
                }
            }
            prop_assert_eq!(joined, spans(&timing, zone, from, until));
            Ok(())
        })
        .unwrap();
}

#[test]
fn adding_a_rule_never_takes_time_away() {
    runner("add", 1_000)
        .run(
            &(timings(), rules()),
            |((mut timing, zone, from, until), rule)| {
                // No rules at all are always: the first rule is not one more.
                prop_assume!(!timing.rules.is_empty());
                let before = spans(&timing, zone, from, until);
                timing.rules.push(rule);
                let after = spans(&timing, zone, from, until);
                prop_assert!(within(&before, &after), "{:?} {:?}", before, after);
                Ok(())
            },
        )
        .unwrap();
}

#[test]
fn the_order_of_rules_says_nothing() {
    runner("shuffle", 500)
        .run(&timings(), |(mut timing, zone, from, until)| {
            let before = spans(&timing, zone, from, until);
            timing.rules.reverse();
            prop_assert_eq!(before, spans(&timing, zone, from, until));
            Ok(())
        })
        .unwrap();
}

#[test]
fn shortening_the_window_never_adds_time() {
    let cases = (timings(), 0..5i64, 0..30i64);
    runner("shorten", 1_000)
        .run(&cases, |((timing, zone, from, until), later, sooner)| {
            // The start moves by pairs of weeks: by one week, the biweekly weeks are others.
            let later = TimeDelta::days(later * 14);
            let sooner = TimeDelta::days(sooner);
            let window: Option<Window> = match timing.window {
                Window::Instants(window) => {
                    let until = window.until().map(|until| until - sooner);
                    InstantWindow::new(window.from(), until)
                        .ok()
                        .map(Window::from)
                }
                Window::Local(window) => LocalWindow::new(
                    window.created(),
                    (
                        window.start_date().map(|date| date + later),
                        window.start_time(),
                    ),
                    (
                        window.end_date().map(|date| date - sooner),
                        window.end_time(),
                    ),
                )
                .ok()
                .map(Window::from),
            };
            prop_assume!(window.is_some());
            let wide = spans(&timing, zone, from, until);
            let shorter = Timing::new(window.unwrap(), timing.rules);
            let narrow = spans(&shorter, zone, from, until);
            prop_assert!(within(&narrow, &wide), "{:?} {:?}", narrow, wide);
            Ok(())
        })
        .unwrap();
}

#[test]
fn the_next_window_is_the_one_that_holds_or_the_first_after() {
    runner("next", 1_000)
        .run(&timings(), |(timing, zone, at, until)| {
            let first = timing.windows(zone, at, until).next();
            match timing.next(zone, at) {
                None => prop_assert_eq!(first, None),
                Some(next) => {
                    prop_assert_eq!(timing.holds(zone, at), next.from <= at);
                    prop_assert!(next.until.is_none_or(|end| at < end));
                    prop_assert!(timing.holds(zone, next.from));
                    prop_assert!(!timing.holds(zone, next.from - TimeDelta::nanoseconds(1)));
                    prop_assert!(next.until.is_none_or(|end| !timing.holds(zone, end)));
                    // The same as in the range, except what the range cuts off.
                    if let Some(first) = first {
                        prop_assert_eq!(first.from, next.from.max(at));
                    } else {
                        prop_assert!(next.from >= until || at >= until);
                    }
                }
            }
            Ok(())
        })
        .unwrap();
}

/// The window in which all timings hold at an instant, or the next one: by going from window to
/// window of each until they overlap. `None` if they have not after a thousand.
fn stepped(timings: &[Timing], zone: Zone, mut at: DateTime<Utc>) -> Option<Option<Span>> {
    for _ in 0..1_000 {
        let windows = timings.iter().map(|timing| timing.next(zone, at));
        let Some(windows) = windows.collect::<Option<Vec<Span>>>() else {
            return Some(None);
        };
        let from = windows.iter().map(|window| window.from).max()?;
        if from <= at || windows.iter().all(|window| window.contains(from)) {
            let until = windows.iter().filter_map(|window| window.until).min();
            return Some(Some(Span { from, until }));
        }
        at = from;
    }
    None
}

/// An instant within some days of a clock change, in zones that have many and odd ones, and
/// times of the day about those.
fn near_a_change() -> impl Strategy<Value = (Zone, DateTime<Utc>)> {
    let zones = [
        "Europe/Berlin",
        "America/New_York",
        "America/St_Johns",
        "America/Havana",
        "Australia/Lord_Howe",
        "Africa/Casablanca",
        "Pacific/Apia",
        "Asia/Tehran",
    ];
    let changes = zones.map(zone).into_iter().flat_map(|zone| {
        let shown = move |at: DateTime<Utc>| zone.offset(at);
        let first: DateTime<Utc> = "2009-01-01T00:00:00Z".parse().unwrap();
        let hours = (0..20 * 366 * 24).map(move |hour| first + TimeDelta::hours(hour));
        let changes = hours.filter(move |at| shown(*at) != shown(*at + TimeDelta::hours(1)));
        changes.map(move |at| (zone, at))
    });
    let changes: Vec<_> = changes.collect();
    assert!(changes.len() > 200);
    (proptest::sample::select(changes), -DAY * 3..DAY * 2)
        .prop_map(|((zone, at), ahead)| (zone, at + TimeDelta::seconds(ahead)))
}

/// Rules whose boundaries lie where clocks are changed, to the minute.
fn rules_of_the_night() -> impl Strategy<Value = Rule> {
    let times = (0..240u32, 0..2u32).prop_map(|(minutes, half)| {
        let secs = (minutes + half * 23 * 60) % 1_440 * 60;
        NaiveTime::from_num_seconds_from_midnight_opt(secs, 0).unwrap()
    });
    let period = (times.clone(), times).prop_map(|(start, end)| Period { start, end });
    (0..3, 0..7u8, period).prop_map(|(kind, day, period)| {
        let day = Weekday::try_from(day).unwrap().into();
        match kind {
            0 => Rule::daily(Some(period)),
            1 => Rule::weekly(day, Some(period)),
            _ => Rule::biweekly(day, Some(period)),
        }
    })
}

fn assert_together(timings: &[Timing], zone: Zone, at: DateTime<Utc>) -> Result<(), TestCaseError> {
    let mut budget = Budget::new(usize::MAX);
    let mut together = Together::new(timings, zone, &mut budget).unwrap();
    let mut at = at;
    // Some windows, one after the other, as they are asked for.
    for _ in 0..6 {
        let found = together.next(at, &mut budget).unwrap();
        match stepped(timings, zone, at) {
            // Some overlap in the repeated hour of one Sunday in a dozen, which is too rare to
            // wait for.
            Some(Some(late)) if late.from > at + TimeDelta::days(740) => {
                prop_assert!(found.is_none() || found == Some(late), "{} in {}", at, zone);
            }
            Some(stepped) => prop_assert_eq!(found, stepped, "{} in {}", at, zone),
            // A window that stepping does not reach may still exist.
            None => prop_assert_eq!(found, None, "{} in {}", at, zone),
        }
        let Some(until) = found.and_then(|found| found.until) else {
            break;
        };
        prop_assert!(until > at);
        at = until;
    }
    Ok(())
}

#[test]
fn what_several_share_is_what_stepping_from_one_to_the_other_finds() {
    let others = proptest::collection::vec(timings(), 1..4);
    runner("together", 1_000)
        .run(&(timings(), others), |((timing, zone, at, _), others)| {
            // About the same time; otherwise they would hardly ever overlap.
            let mut timings = vec![timing.clone()];
            timings.extend(
                others
                    .into_iter()
                    .map(|(other, ..)| Timing::new(timing.window, other.rules)),
            );
            assert_together(&timings, zone, at)
        })
        .unwrap();
}

#[test]
fn so_it_is_where_clocks_are_changed() {
    let rules = proptest::collection::vec(rules_of_the_night(), 1..6);
    let all = proptest::collection::vec(rules, 2..4);
    runner("together at night", 2_000)
        .run(&(near_a_change(), all), |((zone, at), all)| {
            let before = at - TimeDelta::days(30);
            let window = InstantWindow::new(before, None).unwrap();
            let timings = all.into_iter().map(|rules| Timing::new(window, rules));
            assert_together(&timings.collect::<Vec<_>>(), zone, at)
        })
        .unwrap();
}

#[test]
fn what_meets_in_the_repeated_hour_alone_is_found_there() {
    // On the clock, one ends where the other begins. In time, the first one continues until the
    // second half past two, and the other has begun at the first.
    let window = InstantWindow::new("2024-06-01T00:00:00Z".parse().unwrap(), None).unwrap();
    let rule = |text| Rule::daily(Some(serde_json::from_str::<Period>(text).unwrap()));
    let timings = [
        rule(r#"{"startTime": "02:00:00", "endTime": "02:30:00"}"#),
        rule(r#"{"startTime": "02:30:00", "endTime": "03:00:00"}"#),
    ]
    .map(|rule| Timing::new(window, vec![rule]));
    let mut budget = Budget::new(100_000);
    let zone = zone("Europe/Berlin");
    let mut together = Together::new(&timings, zone, &mut budget).unwrap();
    for year in ["2024-10-27", "2025-10-26"] {
        let asked = format!("{}-02T00:00:00Z", &year[..7]).parse().unwrap();
        let found = together.next(asked, &mut budget).unwrap().unwrap();
        assert_eq!(found.from.to_rfc3339(), format!("{year}T00:30:00+00:00"));
        assert_eq!(
            found.until.unwrap().to_rfc3339(),
            format!("{year}T01:30:00+00:00")
        );
    }
}

#[test]
fn a_budget_that_runs_out_says_so_and_stays_so() {
    let window = InstantWindow::new("2024-06-01T00:00:00Z".parse().unwrap(), None).unwrap();
    let timing = Timing::new(window, vec![Rule::daily(None); 100]);
    let mut budget = Budget::new(5_599);
    assert!(Together::new(std::slice::from_ref(&timing), Zone::UTC, &mut budget).is_err());
    assert!(budget.has_run_out() && budget.spend(0).is_err());
    assert!(Together::new(&[timing], Zone::UTC, &mut Budget::new(5_600)).is_ok());
}

#[test]
fn what_is_written_is_read_again() {
    runner("forms", 300)
        .run(&timings(), |(timing, ..)| {
            let text = serde_json::to_string(&timing).unwrap();
            prop_assert_eq!(&serde_json::from_str::<Timing>(&text).unwrap(), &timing);
            Ok(())
        })
        .unwrap();
}

#[test]
fn fifty_years_on_is_as_near_as_today() {
    // Not a measurement: the far window is found, and it is the right one.
    let created = "1974-01-07T00:00:00Z".parse().unwrap();
    let start = NaiveDate::from_ymd_opt(1974, 1, 7);
    let window = LocalWindow::new(created, (start, None), (None, None)).unwrap();
    let rule = serde_json::from_str(
        r#"{"recurrence": "BiWeekly", "dayOfWeek": "Monday",
            "period": {"startTime": "09:00:00", "endTime": "17:00:00"}}"#,
    )
    .unwrap();
    let timing = Timing::new(window, vec![rule]);
    let mut date = start.unwrap();
    while date < NaiveDate::from_ymd_opt(2024, 1, 1).unwrap() {
        date += TimeDelta::days(14);
    }
    let nine = date.and_hms_opt(9, 0, 0).unwrap().and_utc();
    let next = timing.next(Zone::UTC, nine - TimeDelta::hours(1)).unwrap();
    assert_eq!(next.from, nine);
}
