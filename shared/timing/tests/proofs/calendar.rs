//! Calendars, read again by a program that is not ours: calcard, which parses the text
//! and expands its recurring events by itself. The events must cover the windows.

use calcard::Entry;
use calcard::icalendar::ICalendar;
use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc, Weekday};
use chrono_tz::Tz;
use proptest::prelude::*;
use timing::DayOfWeek::*;
use timing::{CalendarEntry, DayOfWeek, Rule, Timing};

use crate::support::*;

const STAMP: &str = "2024-01-01T00:00:00Z";

fn written(timing: &Timing, zone: Tz, from: &str, until: &str) -> String {
    let entry = CalendarEntry {
        uid: "share-7@latchkey.example",
        summary: "Front door; east, \"old\" wing\nand the long corridor behind it, second floor",
        stamp: at(STAMP),
    };
    let until = (!until.is_empty()).then(|| at(until));
    timing.calendar(zone, &entry, at(from), until)
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

fn windows(timing: &Timing, zone: Tz, from: DateTime<Utc>, until: DateTime<Utc>) -> Vec<Shown> {
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
    let times = prop_oneof![
        proptest::sample::select(vec!["00:00", "01:30", "02:00", "02:30", "03:00", "23:30"]),
        proptest::sample::select(vec![
            "06:00", "08:15:30", "09:00", "12:00", "17:00", "22:00"
        ]),
    ];
    let days = (0..7u8).prop_map(|day| DayOfWeek::from(Weekday::try_from(day).unwrap()));
    (0..3, days, times.clone(), times, 0..8).prop_map(|(kind, day, start, end, whole)| {
        let hours = if whole == 0 {
            String::new()
        } else {
            format!("{start}-{end}")
        };
        match kind {
            0 => daily(&hours),
            1 => weekly(day, &hours),
            _ => biweekly(day, &hours),
        }
    })
}

#[test]
fn another_program_reads_the_same_windows_over_two_years() {
    use chrono_tz::*;
    // 2024 and 2025, and for Apia the year in which a day was left out.
    let places = [
        (Europe::Berlin, 2024),
        (America::New_York, 2024),
        (America::Havana, 2024),
        (America::St_Johns, 2010),
        (Australia::Lord_Howe, 2024),
        (Pacific::Apia, 2011),
        (Africa::Casablanca, 2024),
        (Asia::Kathmandu, 2024),
        (UTC, 2024),
    ];
    let days = (-20..30i64, proptest::option::of(200..1_200i64));
    let cases = (proptest::collection::vec(rules(), 0..5), days);
    for (zone, year) in places {
        let from = at(&format!("{year}-01-01T00:00:00Z"));
        let until = from + TimeDelta::days(731);
        runner(zone.name(), 12)
            .run(&cases, |(rules, (start, end))| {
                let date = |days| (from + TimeDelta::days(days)).date_naive().to_string();
                let window = local(&date(start), &end.map(date).unwrap_or_default());
                let timing = Timing::new(window, rules);
                let expected = windows(&timing, zone, from, until);
                let whole = written(&timing, zone, &from.to_rfc3339(), "");
                let text = serde_json::to_string(&timing).unwrap();
                let differs = difference(&read(&whole, from, until), &expected);
                prop_assert_eq!(differs, None, "{} {}", &text, &whole);
                // Cut to the range, there is nothing outside of it.
                let cut = written(&timing, zone, &from.to_rfc3339(), &until.to_rfc3339());
                let all = (DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC);
                let differs = difference(&read(&cut, all.0, all.1), &expected);
                prop_assert_eq!(differs, None, "{} {}", &text, &cut);
                Ok(())
            })
            .unwrap_or_else(|error| panic!("{zone}: {error}"));
    }
}

/// The lines of a calendar that begin so, in order.
fn lines<'a>(text: &'a str, starts: &[&str]) -> Vec<&'a str> {
    text.lines()
        .filter(|line| starts.iter().any(|start| line.starts_with(start)))
        .collect()
}

#[test]
fn a_rule_is_one_recurring_event_in_the_zone_of_the_door() {
    let days = [Monday, Tuesday, Friday].map(|day| weekly(day, "09:00-17:00"));
    let timing = Timing::new(local("2024-06-03", ""), days.into());
    let text = written(&timing, chrono_tz::Europe::Berlin, STAMP, "");
    assert_eq!(
        lines(&text, &["DTSTART;", "DTEND", "RRULE"]),
        [
            "DTSTART;TZID=Europe/Berlin:20240603T090000",
            "DTEND;TZID=Europe/Berlin:20240603T170000",
            "RRULE:FREQ=WEEKLY;BYDAY=MO,TU,FR",
        ],
    );
}

#[test]
fn every_second_week_and_every_day_say_so() {
    let zone = chrono_tz::Europe::Berlin;
    let timing = Timing::new(
        local("2024-06-03", ""),
        vec![biweekly(Monday, "09:00-17:00")],
    );
    assert_eq!(
        lines(&written(&timing, zone, STAMP, ""), &["RRULE"]),
        ["RRULE:FREQ=WEEKLY;INTERVAL=2;WKST=MO;BYDAY=MO"],
    );
    let timing = Timing::new(
        local("2024-06-03", "2024-06-30"),
        vec![daily("09:00-17:00")],
    );
    assert_eq!(
        lines(&written(&timing, zone, STAMP, ""), &["RRULE"]),
        ["RRULE:FREQ=DAILY;UNTIL=20240630T090000Z"],
    );
}

#[test]
fn a_night_in_which_the_clock_changes_is_an_event_of_its_own_in_utc() {
    let timing = Timing::new(
        local("2024-03-29 12:00", "2024-04-02 12:00"),
        vec![daily("22:00-06:00")],
    );
    let text = written(&timing, chrono_tz::Europe::Berlin, STAMP, "");
    let from = text.find("BEGIN:VEVENT").unwrap();
    assert_eq!(
        lines(&text[from..], &["DTSTART", "DTEND", "RRULE", "EXDATE"]),
        [
            // Seven hours.
            "DTSTART:20240330T210000Z",
            "DTEND:20240331T040000Z",
            "DTSTART;TZID=Europe/Berlin:20240329T220000",
            "DTEND;TZID=Europe/Berlin:20240330T060000",
            "RRULE:FREQ=DAILY;UNTIL=20240401T220000Z",
            "EXDATE;TZID=Europe/Berlin:20240330T220000",
        ],
    );
}

#[test]
fn an_event_keeps_its_name_whatever_range_is_asked_for() {
    let zone = chrono_tz::Europe::Berlin;
    let rules = vec![
        daily("23:00-02:10"),
        weekly(Monday, "09:00-17:00"),
        biweekly(Monday, "18:00-18:30"),
        biweekly(Tuesday, "18:00-18:30"),
        // In the hour that is left out and repeated.
        daily("02:30-02:45"),
    ];
    let timing = Timing::new(local("2024-01-01", ""), rules);
    let uids = |from: &str, until: &str| {
        let text = written(&timing, zone, from, until);
        let uids = text.lines().filter_map(|line| line.strip_prefix("UID:"));
        let uids: Vec<_> = uids.map(str::to_owned).collect();
        let mut once = uids.clone();
        once.sort_unstable();
        once.dedup();
        assert_eq!(once.len(), uids.len(), "{uids:?}");
        once
    };
    let end = "2025-06-10T12:00:00Z";
    let whole = uids("2024-01-01T00:00:00Z", end);
    assert_eq!(
        whole,
        [
            "20231231T220000Z-daily-230000-11400-share-7@latchkey.example",
            "20240330T220000Z-daily-230000-11400-share-7@latchkey.example",
            "20241026T210000Z-daily-230000-11400-share-7@latchkey.example",
            "20241027T003000Z-daily-023000-900-share-7@latchkey.example",
            "20250329T220000Z-daily-230000-11400-share-7@latchkey.example",
            "daily-023000-900-until-20240331-share-7@latchkey.example",
            "daily-023000-900-until-20241027-share-7@latchkey.example",
            "daily-023000-900-until-20250330-share-7@latchkey.example",
            "daily-023000-900-until-20251026-share-7@latchkey.example",
            "daily-230000-11400-share-7@latchkey.example",
            "weekly-byday-mo-090000-28800-share-7@latchkey.example",
            "weekly-interval-2-byday-mo-tu-180000-1800-share-7@latchkey.example",
        ]
    );
    let froms = [
        "2024-06-03T12:00:00Z",
        "2024-10-27T12:00:00Z",
        "2025-05-01T12:00:00Z",
    ];
    for (from, until) in froms
        .iter()
        .flat_map(|from| [(from, end), (from, "2025-05-06T12:00:00Z")])
    {
        for uid in uids(from, until) {
            assert!(whole.contains(&uid), "{uid} from {from}");
        }
    }
    // In the middle of one: it has the name that it has wherever it is cut.
    let cut = uids("2025-01-06T10:00:00Z", "2025-01-06T11:00:00Z");
    assert_eq!(
        cut,
        ["20250106T080000Z-weekly-byday-mo-090000-28800-share-7@latchkey.example"]
    );
    assert_eq!(cut, uids("2025-01-06T12:00:00Z", "2025-01-06T12:30:00Z"));
}

/// The value of a property, where each has it once.
fn value<'a>(text: &'a str, name: &str) -> &'a str {
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    line.unwrap_or_else(|| panic!("no {name} in {text}"))
}

#[test]
fn a_time_zone_lists_each_clock_change_of_the_range() {
    let offset = |text: &str| {
        let minutes: i64 =
            text[1..3].parse::<i64>().unwrap() * 60 + text[3..].parse::<i64>().unwrap();
        TimeDelta::minutes(if text.starts_with('-') {
            -minutes
        } else {
            minutes
        })
    };
    let (from, until) = (at("2010-01-01T00:00:00Z"), at("2013-01-01T00:00:00Z"));
    for zone in chrono_tz::TZ_VARIANTS.into_iter().step_by(12) {
        let timing = Timing::new(local("2010-01-01", ""), vec![daily("12:00-13:00")]);
        let text = written(&timing, zone, &from.to_rfc3339(), &until.to_rfc3339());
        let shown = |at: DateTime<Utc>| at.with_timezone(&zone).naive_local() - at.naive_utc();
        let mut changes = Vec::new();
        for part in text
            .split("BEGIN:")
            .filter(|part| part.contains("TZOFFSETTO"))
        {
            let (before, after) = (value(part, "TZOFFSETFROM:"), value(part, "TZOFFSETTO:"));
            let start = value(part, "DTSTART:");
            let start = NaiveDateTime::parse_from_str(start, "%Y%m%dT%H%M%S").unwrap();
            let change = start.and_utc() - offset(before);
            assert_eq!(shown(change), offset(after), "{zone} at {change}");
            if before != after {
                assert_eq!(
                    shown(change - TimeDelta::seconds(1)),
                    offset(before),
                    "{zone}"
                );
                changes.push(change);
            }
        }
        let hours = (0..3 * 365 * 24).map(|hour| from + TimeDelta::hours(hour));
        let moved = hours.filter(|hour| shown(*hour) != shown(*hour + TimeDelta::hours(1)));
        assert_eq!(moved.count(), changes.len(), "{zone}: {changes:?}");
    }
}

#[test]
fn text_of_people_is_escaped_and_lines_are_folded() {
    let timing = Timing::new(local("2024-06-03", "2024-06-03"), vec![]);
    let text = written(&timing, chrono_tz::UTC, STAMP, "");
    assert!(text.contains("Front door\\; east\\, \"old\" wing\\nand the long"));
    for name in ["", "x", "ä", "🚪", "x🚪"] {
        let summary = name.repeat(200);
        let entry = CalendarEntry {
            uid: "1",
            summary: &summary,
            stamp: at(STAMP),
        };
        let text = timing.calendar(chrono_tz::UTC, &entry, at(STAMP), None);
        assert!(!text.replace("\r\n", "").contains(['\r', '\n']));
        let longest = text.split("\r\n").map(str::len).max().unwrap();
        assert!(longest <= 75, "{longest}");
        let unfolded = text.replace("\r\n ", "");
        for line in ["SUMMARY", "NAME", "X-WR-CALNAME"] {
            let line = format!("\r\n{line}:{summary}\r\n");
            assert!(unfolded.contains(&line), "{text}");
        }
    }
    assert!(text.ends_with("END:VCALENDAR\r\n"));
}

#[test]
fn programs_are_told_when_to_come_again() {
    let timing = Timing::new(local("2024-06-03", "2024-06-03"), vec![]);
    let text = written(&timing, chrono_tz::UTC, STAMP, "");
    assert_eq!(
        lines(&text, &["REFRESH-INTERVAL", "X-PUBLISHED-TTL"]),
        [
            "REFRESH-INTERVAL;VALUE=DURATION:PT1H",
            "X-PUBLISHED-TTL:PT1H"
        ],
    );
}

#[test]
fn the_ends_of_time_have_calendars_too() {
    for window in [
        local("", ""),
        local("0001-01-01", "9999-12-31"),
        local("0000-01-01", ""),
    ] {
        for rules in [vec![], vec![daily("22:00-06:00")], vec![weekly(Monday, "")]] {
            let timing = Timing::new(window, rules);
            for from in [
                DateTime::<Utc>::MIN_UTC,
                at(STAMP),
                DateTime::<Utc>::MAX_UTC,
            ] {
                let entry = CalendarEntry {
                    uid: "1",
                    summary: "",
                    stamp: from,
                };
                let text = timing.calendar(chrono_tz::America::New_York, &entry, from, None);
                assert!(text.len() < 50_000, "{}", text.len());
            }
        }
    }
}
