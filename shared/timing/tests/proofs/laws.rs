//! What is true of every timing, in every zone, to the nanosecond.

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc, Weekday};
use proptest::prelude::*;
use timing::{InstantWindow, LocalWindow, Period, Recurrence, Rule, Span, Timing, Window, Zone};

use crate::support::{self, runner};

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
                    // The same as in the range, but for what the range cuts off.
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
