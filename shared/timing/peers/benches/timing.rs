//! Both questions, "does it hold at that instant" and "which is the next window", on
//! rules that the rrule crate can say too: in the first weeks of a grant, a year
//! and fifty years after its start. The last lines print the ratios, and are what `docs/time.md`
//! quotes.

use std::hint::black_box;
use std::time::Instant;

use chrono::{DateTime, NaiveTime, TimeDelta, Utc};
use criterion::Criterion;
use rrule::{RRuleSet, Tz};
use timing::{DayOfWeek, InstantWindow, Period, Rule, Timing, Zone};

const START: &str = "2024-01-01T08:00:00Z";

struct Subject {
    name: &'static str,
    zone: Zone,
    timing: Timing,
    rrule: RRuleSet,
}

fn subjects() -> Vec<Subject> {
    let clock = |hour| NaiveTime::from_hms_opt(hour, 0, 0).unwrap();
    let hours = Some(Period {
        start: clock(9),
        end: clock(17),
    });
    let window = InstantWindow::new(START.parse().unwrap(), None).unwrap();
    [
        ("daily", Rule::daily(hours), "FREQ=DAILY"),
        (
            "weekly",
            Rule::weekly(DayOfWeek::Monday, hours),
            "FREQ=WEEKLY;BYDAY=MO",
        ),
        (
            "biweekly",
            Rule::biweekly(DayOfWeek::Monday, hours),
            "FREQ=WEEKLY;INTERVAL=2;WKST=MO;BYDAY=MO",
        ),
    ]
    .map(|(name, rule, text)| Subject {
        name,
        zone: "Europe/Berlin".parse().unwrap(),
        timing: Timing::new(window, vec![rule]),
        rrule: format!("DTSTART;TZID=Europe/Berlin:20240101T090000\nRRULE:{text}")
            .parse()
            .unwrap(),
    })
    .into()
}

fn holds(subject: &Subject, at: DateTime<Utc>) -> bool {
    subject.timing.holds(subject.zone, at)
}

fn next(subject: &Subject, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
    subject.timing.next(subject.zone, after).map(|span| span.from)
}

/// The start of the occurrence that is on at the instant, or of the first after it: a
/// start later than eight hours before, and the first of those.
fn rrule_next(subject: &Subject, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let from = after - TimeDelta::hours(8) + TimeDelta::seconds(1);
    let set = subject.rrule.clone().after(from.with_timezone(&Tz::UTC));
    Some(set.all(1).dates.first()?.to_utc())
}

fn rrule_holds(subject: &Subject, at: DateTime<Utc>) -> bool {
    rrule_next(subject, at).is_some_and(|start| start <= at)
}

/// Nanoseconds that a call takes: the best of a few rounds, each long enough to measure.
fn cost<T>(mut call: impl FnMut() -> T) -> f64 {
    let mut calls = 1u32;
    let mut best = f64::INFINITY;
    for _ in 0..8 {
        loop {
            let begun = Instant::now();
            for _ in 0..calls {
                black_box(call());
            }
            let took = begun.elapsed();
            if took.as_millis() >= 20 {
                best = best.min(took.as_nanos() as f64 / f64::from(calls));
                break;
            }
            calls *= 2;
        }
    }
    best
}

fn main() {
    let subjects = subjects();
    let near: DateTime<Utc> = "2024-01-09T12:00:00Z".parse().unwrap();
    let year: DateTime<Utc> = "2025-01-08T12:00:00Z".parse().unwrap();
    let far: DateTime<Utc> = "2074-01-09T12:00:00Z".parse().unwrap();
    // The two agree, on some instants at least.
    for subject in &subjects {
        for hours in 0..400 {
            for at in [near, year, far].map(|at| at + TimeDelta::hours(hours)) {
                assert_eq!(holds(subject, at), rrule_holds(subject, at), "{at}");
                assert_eq!(next(subject, at), rrule_next(subject, at), "{at}");
            }
        }
    }

    let mut criterion = Criterion::default().configure_from_args();
    for subject in &subjects {
        for (when, at) in [
            ("at the start", near),
            ("a year on", year),
            ("50 years on", far),
        ] {
            let mut group = criterion.benchmark_group(format!("{}, {when}", subject.name));
            group.bench_function("holds", |b| b.iter(|| holds(subject, black_box(at))));
            group.bench_function("next", |b| b.iter(|| next(subject, black_box(at))));
            group.bench_function("rrule holds", |b| {
                b.iter(|| rrule_holds(subject, black_box(at)));
            });
            group.bench_function("rrule next", |b| {
                b.iter(|| rrule_next(subject, black_box(at)))
            });
        }
    }
    criterion.final_summary();

    println!("\n| rule | when | question | here, ns | rrule, ns | times |");
    println!("|---|---|---|---|---|---|");
    for subject in &subjects {
        for (when, at) in [
            ("at the start", near),
            ("a year on", year),
            ("50 years on", far),
        ] {
            let ours = [
                cost(|| holds(subject, black_box(at))),
                cost(|| next(subject, black_box(at))),
            ];
            let theirs = [
                cost(|| rrule_holds(subject, black_box(at))),
                cost(|| rrule_next(subject, black_box(at))),
            ];
            for (place, question) in ["holds", "next"].into_iter().enumerate() {
                let (ours, theirs) = (ours[place], theirs[place]);
                let (name, times) = (subject.name, theirs / ours);
                println!("| {name} | {when} | {question} | {ours:.0} | {theirs:.0} | {times:.0} |");
            }
        }
    }
}
