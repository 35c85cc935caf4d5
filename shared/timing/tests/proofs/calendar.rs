//! Calendars, as they are written. That another program reads the same windows in them is
//! tested in shared/timing/peers.

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use timing::DayOfWeek::*;
use timing::{CalendarEntry, Timing, Zone};

use crate::support::*;

const STAMP: &str = "2024-01-01T00:00:00Z";

fn written(timing: &Timing, zone: Zone, from: &str, until: &str) -> String {
    let entry = CalendarEntry {
        uid: "share-7@latchkey.example",
        summary: "Front door; east, \"old\" wing\nand the long corridor behind it, second floor",
        stamp: at(STAMP),
    };
    let until = (!until.is_empty()).then(|| at(until));
    timing.calendar(zone, &entry, at(from), until)
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
    let text = written(&timing, zone("Europe/Berlin"), STAMP, "");
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
    let zone = zone("Europe/Berlin");
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
    let text = written(&timing, zone("Europe/Berlin"), STAMP, "");
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
    let zone = zone("Europe/Berlin");
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
        "2024-06-04T12:00:00Z",
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
    for zone in zones().step_by(12) {
        let clock = Clock::of(zone);
        let timing = Timing::new(local("2010-01-01", ""), vec![daily("12:00-13:00")]);
        let text = written(&timing, zone, &from.to_rfc3339(), &until.to_rfc3339());
        let shown = |at: DateTime<Utc>| TimeDelta::seconds(clock.ahead(at.timestamp()));
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
    let text = written(&timing, Zone::UTC, STAMP, "");
    assert!(text.contains("Front door\\; east\\, \"old\" wing\\nand the long"));
    for name in ["", "x", "ä", "🚪", "x🚪"] {
        let summary = name.repeat(200);
        let entry = CalendarEntry {
            uid: "1",
            summary: &summary,
            stamp: at(STAMP),
        };
        let text = timing.calendar(Zone::UTC, &entry, at(STAMP), None);
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
    let text = written(&timing, Zone::UTC, STAMP, "");
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
                let text = timing.calendar(zone("America/New_York"), &entry, from, None);
                assert!(text.len() < 50_000, "{}", text.len());
            }
        }
    }
}
