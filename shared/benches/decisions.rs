//! The most that a client can make a decision cost: chains of shares, each made by right of
//! the one above it and each with as many rules as a share may have, so written that their
//! windows are many and hard to find. `cargo bench -p latchkey --bench decisions` prints a
//! table and fails when one of them takes longer than allowed.

use std::hint::black_box;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use chrono::{DateTime, NaiveTime, Utc};
use latchkey::decision::{Candidate, budget, decide, judge};
use latchkey::grant::{Grant, GrantId, MAX_DEPTH, Permission, Permissions, Receiver, Source};
use latchkey::rules::MAX_RULES;
use latchkey::timing::{DayOfWeek, InstantWindow, Period, Rule, Timing, Zone};

/// What one answer may take.
const ALLOWED: Duration = Duration::from_millis(50);

/// An instant far from every clock change, and one in an hour that is repeated.
const WHEN: [(&str, &str); 2] = [
    ("an ordinary day", "2027-06-16T10:00:07Z"),
    ("a repeated hour", "2027-10-31T00:30:07Z"),
];

fn clock(secs: u32) -> NaiveTime {
    NaiveTime::from_num_seconds_from_midnight_opt(secs % 86_400, 0).unwrap_or_default()
}

/// As many rules as a share may have: each day as many stretches as there are rules, and one
/// more every second week, so that none of them is like the next for two weeks.
fn rules(first: u32, length: u32) -> Vec<Rule> {
    let period = |start| Period {
        start: clock(start),
        end: clock(start + length),
    };
    let mut rules: Vec<_> = (0..MAX_RULES as u32 - 1)
        .map(|place| Rule::daily(Some(period(first + place * 860))))
        .collect();
    rules.push(Rule::biweekly(DayOfWeek::Monday, Some(period(first + 430))));
    rules
}

/// How the rules of a chain lie to each other.
#[derive(Clone, Copy)]
enum Kind {
    /// None has an instant in common with the next.
    Never,
    /// Each holds nearly always, and all do at most instants.
    Often,
    /// Those of one chain take up where those of another end: there is no end to find.
    Relay,
}

fn chain(id: u64, kind: Kind) -> Option<Candidate> {
    let window = InstantWindow::new("2026-01-01T00:00:00Z".parse().ok()?, None).ok()?;
    let timings: Vec<_> = (0..u32::from(MAX_DEPTH))
        .map(|level| match kind {
            Kind::Never => rules(level % 2 * 400, 390),
            Kind::Often => rules(level, 800),
            Kind::Relay => rules(id as u32 % 2 * 430, 430),
        })
        .map(|rules| Timing::new(window, rules))
        .collect();
    let grant = Grant {
        id: GrantId::Share(id.try_into().ok()?),
        receiver: Receiver::User(1.try_into().ok()?),
        source: Source::Device(1.try_into().ok()?),
        timing: timings.first()?.clone(),
        schedule: None,
        permissions: Permissions {
            remote_activate: true,
            ..Permissions::default()
        },
        parent: None,
        depth: MAX_DEPTH - 1,
        counted: None,
    };
    Some(Candidate {
        timings,
        ..Candidate::alone(grant)
    })
}

/// The best of some rounds.
fn cost(mut call: impl FnMut()) -> Duration {
    let round = |_| {
        let begun = Instant::now();
        call();
        begun.elapsed()
    };
    (0..5).map(round).min().unwrap_or_default()
}

fn main() -> ExitCode {
    let mut is_slow = false;
    println!(
        "| chains of {MAX_DEPTH} × {MAX_RULES} rules | windows | when | decide, ms | holders, ms | remote-activation, ms |"
    );
    println!("|---|---|---|---|---|---|");
    for count in [1, 20, 100, 400] {
        for (name, kind) in [
            ("none", Kind::Never),
            ("many", Kind::Often),
            ("without a gap", Kind::Relay),
        ] {
            let chains: Vec<_> = (1..=count).filter_map(|id| chain(id, kind)).collect();
            for (when, at) in WHEN {
                let at: DateTime<Utc> = at.parse().unwrap_or_default();
                let zone = "Europe/Berlin".parse::<Zone>().unwrap_or(Zone::UTC);
                let wanted = Some(Permission::RemoteActivate);
                let page = &chains[..chains.len().min(100)];
                let costs = [
                    cost(|| drop(black_box(decide(&chains, zone, at, wanted)))),
                    cost(|| {
                        let mut budget = budget();
                        for chain in page {
                            black_box(chain.outlook(zone, at, &mut budget));
                        }
                    }),
                    cost(|| drop(black_box(judge(&chains, zone, at, wanted)))),
                ];
                is_slow |= costs.iter().any(|cost| *cost > ALLOWED);
                let [decide, holders, activation] = costs.map(|cost| cost.as_secs_f64() * 1e3);
                println!(
                    "| {count} | {name} | {when} | {decide:.2} | {holders:.2} | {activation:.3} |"
                );
            }
        }
    }
    if is_slow {
        eprintln!("error: more than {} ms", ALLOWED.as_millis());
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}
