//! Calendars, read again by a program that is not ours: calcard, which parses the text
//! and expands its recurring events by itself. The events must cover the windows.

use calcard::Entry;
use calcard::icalendar::ICalendar;
use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc, Weekday};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use timing::{CalendarEntry, DayOfWeek, LocalWindow, Period, Rule, Timing, Zone};

fn written(timing: &Timing, zone: Zone, from: DateTime<Utc>, until: Option<DateTime<Utc>>) -> String {
    let entry = CalendarEntry {
        uid: "share-7@latchkey.example",
        summary: "Front door; east, \"old\" wing\nand the long corridor behind it, second floor",
        stamp: "2024-01-01T00:00:00Z".parse().unwrap(),
    };
    timing.calendar(zone, &entry, from, until)
}

/// A window, its two instants as text.
type Shown = (String, String);

/// What another program shows between two instants: its events, joined.
fn read(text: &str, from: DateTime<Utc>, until: DateTime<Utc>) -> Vec<Shown> {
    let parsed = |text: &str| match ICalendar::parse(text) {
        Ok(calendar) | Err(Entry::ICalendar(calendar)) => calendar,
        Err(_) => panic!("not a calendar: {text}"),
    };
    // One event at a time: some are without end, and calcard stops after so many in all.
    let mut parts = text.split("BEGIN:VEVENT");
    let head = parts.next().unwrap();
    let mut events: Vec<(DateTime<Utc>, DateTime<Utc>)> = parts
        .map(|event| event.trim_end_matches("END:VCALENDAR\r\n"))
        .map(|event| format!("{head}BEGIN:VEVENT{event}END:VCALENDAR\r\n"))
        .flat_map(|text| {
            let expanded = parsed(&text).expand_dates(calcard::common::timezone::Tz::UTC, 1_000);
            assert!(
                expanded.errors.is_empty(),
                "{:?} in {text}",
                expanded.errors
            );
            assert!(!expanded.events.is_empty(), "no event in {text}");
            expanded.events
        })
        // None is a local time that does not exist: a series without end has some, years
        // after the range. One within it would be missing in what is compared.
        .filter_map(|event| Some((event.timestamps(), event.try_into_date_time()?)))
        .map(|((start, end), by_clock)| {
            let instant = |secs| DateTime::from_timestamp(secs, 0).unwrap();
            // Some programs keep the length of an event in time, some by the clock.
            if instant(end) > from && instant(start) < until {
                assert_eq!(instant(end), by_clock.end.to_utc());
            }
            (instant(start).max(from), instant(end).min(until))
        })
        .filter(|(start, end)| start < end)
        .collect();
    events.sort_unstable();
    let mut joined: Vec<(DateTime<Utc>, DateTime<Utc>)> = Vec::new();
    for (start, end) in events {
        match joined.last_mut() {
            Some(last) if start <= last.1 => last.1 = last.1.max(end),
            _ => joined.push((start, end)),
        }
    }
    let text = |at: DateTime<Utc>| at.to_rfc3339();
    joined
        .into_iter()
        .map(|(start, end)| (text(start), text(end)))
        .collect()
}

fn windows(timing: &Timing, zone: Zone, from: DateTime<Utc>, until: DateTime<Utc>) -> Vec<Shown> {
    timing
        .windows(zone, from, until)
        .map(|span| (span.from.to_rfc3339(), span.until.unwrap().to_rfc3339()))
        .collect()
}

/// The first window that one has and the other has not.
fn difference(read: &[Shown], expected: &[Shown]) -> Option<[Option<Shown>; 2]> {
    let places = 0..read.len().max(expected.len());
    places
        .map(|place| [read, expected].map(|list| list.get(place).cloned()))
        .find(|[read, expected]| read != expected)
}

fn rules() -> impl Strategy<Value = Rule> {
    let time = |text: &str| text.parse::<NaiveTime>().unwrap();
    let night = ["00:00:00", "01:30:00", "02:00:00", "02:30:00", "03:00:00", "23:30:00"];
    let day = ["06:00:00", "08:15:30", "09:00:00", "12:00:00", "17:00:00", "22:00:00"];
    let times = prop_oneof![
        proptest::sample::select(night.map(time).to_vec()),
        proptest::sample::select(day.map(time).to_vec()),
    ];
    let days = (0..7u8).prop_map(|day| DayOfWeek::from(Weekday::try_from(day).unwrap()));
    (0..3, days, times.clone(), times, 0..8).prop_map(|(kind, day, start, end, whole)| {
        let hours = (whole > 0).then_some(Period { start, end });
        match kind {
            0 => Rule::daily(hours),
            1 => Rule::weekly(day, hours),
            _ => Rule::biweekly(day, hours),
        }
    })
}

#[test]
fn another_program_reads_the_same_windows_over_two_years() {
    // 2024 and 2025, and for Apia the year in which a day was left out.
    let places = [
        ("Europe/Berlin", 2024),
        ("America/New_York", 2024),
        ("America/Havana", 2024),
        ("America/St_Johns", 2010),
        ("Australia/Lord_Howe", 2024),
        ("Pacific/Apia", 2011),
        ("Africa/Casablanca", 2024),
        ("Asia/Kathmandu", 2024),
        ("UTC", 2024),
    ];
    let days = (-20..30i64, proptest::option::of(200..1_200i64));
    let cases = (proptest::collection::vec(rules(), 0..5), days);
    for (name, year) in places {
        let zone: Zone = name.parse().unwrap();
        let from = format!("{year}-01-01T00:00:00Z")
            .parse::<DateTime<Utc>>()
            .unwrap();
        let until = from + TimeDelta::days(731);
        // The same cases each time.
        let config = Config {
            cases: 12,
            failure_persistence: None,
            ..Config::default()
        };
        let random = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
        TestRunner::new_with_rng(config, random)
            .run(&cases, |(rules, (start, end))| {
                let date = |days| -> Option<NaiveDate> {
                    Some((from + TimeDelta::days(days)).date_naive())
                };
                let ends = ((date(start), None), (end.and_then(date), None));
                let window = LocalWindow::new(from, ends.0, ends.1).unwrap();
                let timing = Timing::new(window, rules);
                let expected = windows(&timing, zone, from, until);
                let whole = written(&timing, zone, from, None);
                let text = serde_json::to_string(&timing).unwrap();
                let differs = difference(&read(&whole, from, until), &expected);
                prop_assert_eq!(differs, None, "{} {}", &text, &whole);
                // Cut to the range, there is nothing outside of it.
                let cut = written(&timing, zone, from, Some(until));
                let all = (DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC);
                let differs = difference(&read(&cut, all.0, all.1), &expected);
                prop_assert_eq!(differs, None, "{} {}", &text, &cut);
                Ok(())
            })
            .unwrap_or_else(|error| panic!("{zone}: {error}"));
    }
}
