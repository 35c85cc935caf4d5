//! Worked examples, one rule a test; the name says the rule.

use timing::DayOfWeek::*;
use timing::{
    DayOfWeekMissing, InstantWindow, LocalWindow, Period, Recurrence, Rule, Span, Standing, Timing,
    Window, WindowFault, Zone,
};

use crate::support::*;

/// The windows from local midnight to local midnight, both dates within them.
fn check(window: Window, rules: &[Rule], zone: Zone, (from, until): (&str, &str), spans: &[&str]) {
    let timing = Timing::new(window, rules.to_vec());
    assert_eq!(shown(&timing, zone, from, until), spans);
}

// Windows.

#[test]
fn a_start_left_out_is_the_creation() {
    let timing = Timing::new(local("", ""), vec![]);
    assert_eq!(
        timing.span(zone("Europe/Berlin")),
        (at("2024-01-01T00:00:00Z"), None)
    );
    assert!(!timing.holds(zone("Europe/Berlin"), at("2023-12-31T23:59:59Z")));
    assert!(timing.holds(zone("Europe/Berlin"), at("2024-01-01T00:00:00Z")));
}

#[test]
fn a_start_date_alone_is_midnight_at_the_door() {
    let window = local("2024-06-01", "");
    assert_eq!(
        window.span(zone("Europe/Berlin")).0,
        at("2024-05-31T22:00:00Z")
    );
    assert_eq!(
        window.span(zone("America/New_York")).0,
        at("2024-06-01T04:00:00Z")
    );
}

#[test]
fn an_end_date_alone_is_the_end_of_that_day() {
    let window = local("2024-06-01", "2024-06-01");
    assert_eq!(
        window.span(zone("Europe/Berlin")).1,
        Some(at("2024-06-01T22:00:00Z"))
    );
}

#[test]
fn a_window_no_longer_holds_at_its_end() {
    let timing = Timing::new(local("2024-06-01 09:00", "2024-06-01 10:00"), vec![]);
    assert!(timing.holds(zone("Europe/Berlin"), at("2024-06-01T07:00:00Z")));
    assert!(timing.holds(zone("Europe/Berlin"), at("2024-06-01T07:59:59.999999999Z")));
    assert!(!timing.holds(zone("Europe/Berlin"), at("2024-06-01T08:00:00Z")));
}

#[test]
fn a_time_without_its_date_is_refused() {
    let noon = Some(time("12:00:00"));
    let error = LocalWindow::new(at("2024-01-01T00:00:00Z"), (None, noon), (None, noon));
    assert_eq!(
        error.unwrap_err().faults(),
        [
            WindowFault::StartTimeWithoutDate,
            WindowFault::EndTimeWithoutDate
        ],
    );
}

#[test]
fn an_end_not_after_the_start_is_refused() {
    let created = at("2024-01-01T00:00:00Z");
    let window = |start, end| LocalWindow::new(created, boundary(start), boundary(end));
    assert!(window("2024-06-01", "2024-06-01").is_ok());
    for (start, end) in [
        ("2024-06-01", "2024-05-31"),
        ("2024-06-01", "2024-06-01 00:00"),
        ("2024-06-01 09:00", "2024-06-01 09:00"),
    ] {
        let error = window(start, end).unwrap_err();
        assert_eq!(error.faults(), [WindowFault::EndNotAfterStart]);
    }
    assert!(InstantWindow::new(created, Some(created)).is_err());
}

#[test]
fn an_end_before_the_creation_is_an_empty_window() {
    let timing = Timing::new(local("", "2023-12-31"), vec![]);
    assert!(timing.window.is_empty(zone("Europe/Berlin")));
    // In New York that day ends five hours after 2024 began in UTC.
    assert!(!timing.window.is_empty(zone("America/New_York")));
    assert_eq!(
        timing.next(zone("Europe/Berlin"), at("2023-01-01T00:00:00Z")),
        None
    );
}

#[test]
fn a_window_boundary_in_a_gap_is_the_first_instant_after_it() {
    let window = local("2024-03-31 02:30", "2025-03-30 02:15");
    assert_eq!(
        window.span(zone("Europe/Berlin")),
        (at("2024-03-31T01:00:00Z"), Some(at("2025-03-30T01:00:00Z"))),
    );
}

#[test]
fn a_window_boundary_that_exists_twice_is_the_earlier_start_and_the_later_end() {
    let window = local("2024-10-27 02:30", "2025-10-26 02:30");
    assert_eq!(
        window.span(zone("Europe/Berlin")),
        (at("2024-10-27T00:30:00Z"), Some(at("2025-10-26T01:30:00Z"))),
    );
}

// Rules.

#[test]
fn no_rules_are_always_inside_the_window() {
    let week = ("2024-06-03", "2024-06-09");
    check(
        local("2024-06-04", "2024-06-06 12:00"),
        &[],
        zone("Europe/Berlin"),
        week,
        &["2024-06-04T00:00:00+02:00/2024-06-06T12:00:00+02:00"],
    );
}

#[test]
fn weekly_is_its_day_of_each_week() {
    check(
        local("2024-01-01", ""),
        &[weekly(Monday, "09:00-17:00")],
        zone("Europe/Berlin"),
        ("2024-06-03", "2024-06-16"),
        &[
            "2024-06-03T09:00:00+02:00/2024-06-03T17:00:00+02:00",
            "2024-06-10T09:00:00+02:00/2024-06-10T17:00:00+02:00",
        ],
    );
}

#[test]
fn biweekly_counts_iso_weeks_from_the_one_the_window_begins_in() {
    let weeks = ("2024-05-27", "2024-06-30");
    // The window begins on a Wednesday. Its week is the first, so the Friday of that
    // week counts, and the first Monday is the one after next.
    check(
        local("2024-06-05", ""),
        &[biweekly(Monday, ""), biweekly(Friday, "")],
        zone("Europe/Berlin"),
        weeks,
        &[
            "2024-06-07T00:00:00+02:00/2024-06-08T00:00:00+02:00",
            "2024-06-17T00:00:00+02:00/2024-06-18T00:00:00+02:00",
            "2024-06-21T00:00:00+02:00/2024-06-22T00:00:00+02:00",
        ],
    );
    // From a Sunday, it is the week of the Monday before.
    check(
        local("2024-06-02", ""),
        &[biweekly(Monday, "")],
        zone("Europe/Berlin"),
        weeks,
        &[
            "2024-06-10T00:00:00+02:00/2024-06-11T00:00:00+02:00",
            "2024-06-24T00:00:00+02:00/2024-06-25T00:00:00+02:00",
        ],
    );
}

#[test]
fn biweekly_in_a_window_of_instants_counts_from_the_local_week() {
    // Sunday evening in UTC is Monday in Apia, and Sunday in New York.
    let window = instants("2024-06-02T18:00:00Z", "");
    let weeks = ("2024-06-03", "2024-06-16");
    check(
        window,
        &[biweekly(Tuesday, "12:00-13:00")],
        zone("Pacific/Apia"),
        weeks,
        &["2024-06-04T12:00:00+13:00/2024-06-04T13:00:00+13:00"],
    );
    check(
        window,
        &[biweekly(Tuesday, "12:00-13:00")],
        zone("America/New_York"),
        weeks,
        &["2024-06-11T12:00:00-04:00/2024-06-11T13:00:00-04:00"],
    );
}

#[test]
fn biweekly_counts_on_over_a_year_of_53_weeks() {
    check(
        local("2020-12-14", ""),
        &[biweekly(Monday, "09:00-10:00")],
        Zone::UTC,
        ("2020-12-21", "2021-01-17"),
        &[
            "2020-12-28T09:00:00+00:00/2020-12-28T10:00:00+00:00",
            "2021-01-11T09:00:00+00:00/2021-01-11T10:00:00+00:00",
        ],
    );
}

#[test]
fn daily_is_each_day_and_its_day_of_the_week_has_no_effect() {
    let hours = period("09:00-10:00");
    let rule = Rule::new(Recurrence::Daily, Some(Sunday), hours).unwrap();
    for rule in [rule, daily("09:00-10:00")] {
        check(
            local("", ""),
            &[rule],
            zone("Europe/Berlin"),
            ("2024-06-03", "2024-06-04"),
            &[
                "2024-06-03T09:00:00+02:00/2024-06-03T10:00:00+02:00",
                "2024-06-04T09:00:00+02:00/2024-06-04T10:00:00+02:00",
            ],
        );
    }
}

#[test]
fn weekly_without_a_day_is_refused() {
    for recurrence in [Recurrence::Weekly, Recurrence::BiWeekly] {
        assert_eq!(Rule::new(recurrence, None, None), Err(DayOfWeekMissing));
    }
}

#[test]
fn rules_are_a_union_and_what_touches_is_one_window() {
    check(
        local("", ""),
        &[
            weekly(Monday, "09:00-12:00"),
            weekly(Monday, "12:00-13:00"),
            weekly(Monday, "12:30-14:00"),
            weekly(Monday, "16:00-17:00"),
            weekly(Monday, "10:00-11:00"),
        ],
        zone("Europe/Berlin"),
        ("2024-06-03", "2024-06-09"),
        &[
            "2024-06-03T09:00:00+02:00/2024-06-03T14:00:00+02:00",
            "2024-06-03T16:00:00+02:00/2024-06-03T17:00:00+02:00",
        ],
    );
}

#[test]
fn a_rule_that_never_meets_its_window_has_no_windows() {
    // Monday to Thursday, and a rule for Fridays.
    let timing = Timing::new(
        local("2024-06-03", "2024-06-06"),
        vec![weekly(Friday, "09:00-17:00")],
    );
    assert_eq!(
        timing.next(zone("Europe/Berlin"), at("2024-01-01T00:00:00Z")),
        None
    );
}

// Periods.

#[test]
fn a_period_left_out_is_the_whole_local_day() {
    check(
        local("", ""),
        &[weekly(Saturday, "")],
        zone("America/St_Johns"),
        ("2024-06-03", "2024-06-09"),
        &["2024-06-08T00:00:00-02:30/2024-06-09T00:00:00-02:30"],
    );
}

#[test]
fn a_period_is_half_open() {
    let timing = Timing::new(local("", ""), vec![daily("09:00-17:00")]);
    assert!(timing.holds(Zone::UTC, at("2024-06-03T09:00:00Z")));
    assert!(!timing.holds(Zone::UTC, at("2024-06-03T17:00:00Z")));
}

#[test]
fn an_overnight_period_belongs_to_the_day_on_which_it_starts() {
    check(
        local("", ""),
        &[weekly(Friday, "22:00-06:00")],
        zone("Europe/Berlin"),
        ("2024-06-03", "2024-06-16"),
        &[
            "2024-06-07T22:00:00+02:00/2024-06-08T06:00:00+02:00",
            "2024-06-14T22:00:00+02:00/2024-06-15T06:00:00+02:00",
        ],
    );
}

#[test]
fn equal_times_are_once_round_the_clock() {
    check(
        local("", ""),
        &[weekly(Friday, "18:00-18:00")],
        zone("Europe/Berlin"),
        ("2024-06-03", "2024-06-09"),
        &["2024-06-07T18:00:00+02:00/2024-06-08T18:00:00+02:00"],
    );
}

#[test]
fn a_period_that_began_before_the_window_counts_from_its_start() {
    check(
        local("2024-06-08 01:00", ""),
        &[weekly(Friday, "22:00-06:00")],
        zone("Europe/Berlin"),
        ("2024-06-03", "2024-06-09"),
        &["2024-06-08T01:00:00+02:00/2024-06-08T06:00:00+02:00"],
    );
}

#[test]
fn a_biweekly_night_before_the_first_week_does_not_reach_into_the_window() {
    // The window begins on a Monday; the Sunday before lies in the week before.
    check(
        local("2024-06-03", ""),
        &[biweekly(Sunday, "22:00-06:00")],
        zone("Europe/Berlin"),
        ("2024-06-03", "2024-06-10"),
        &["2024-06-09T22:00:00+02:00/2024-06-10T06:00:00+02:00"],
    );
}

#[test]
fn all_seven_days_are_one_window() {
    let days = [
        Monday, Tuesday, Wednesday, Thursday, Friday, Saturday, Sunday,
    ];
    let timing = Timing::new(local("2024-06-01", ""), days.map(|d| weekly(d, "")).into());
    for rules in [timing.rules, vec![daily("")], vec![daily("13:00-13:00")]] {
        let timing = Timing::new(local("2024-06-01", ""), rules);
        assert_eq!(
            timing.next(zone("America/Havana"), at("2080-01-01T00:00:00Z")),
            Some(Span {
                from: at("2024-06-01T04:00:00Z"),
                until: None
            }),
        );
    }
}

// Hours of the day, as an access has them.

#[test]
fn hours_from_midnight_to_midnight_are_the_whole_day() {
    let midnight = Some(chrono::TimeDelta::zero());
    let hours = Period::from_hours(midnight, midnight).unwrap();
    check(
        instants("2024-06-03T10:00:00Z", "2024-06-05T10:00:00Z"),
        &[Rule::daily(hours)],
        zone("Europe/Berlin"),
        ("2024-06-03", "2024-06-09"),
        &["2024-06-03T12:00:00+02:00/2024-06-05T12:00:00+02:00"],
    );
}

#[test]
fn an_hour_alone_is_from_or_until_midnight() {
    let hour = |h| Some(chrono::TimeDelta::hours(h));
    let from = Period::from_hours(hour(9), None).unwrap();
    let to = Period::from_hours(None, hour(17)).unwrap();
    let day = ("2024-06-03", "2024-06-03");
    check(
        local("2024-06-03", ""),
        &[Rule::daily(from)],
        zone("Europe/Berlin"),
        day,
        &["2024-06-03T09:00:00+02:00/2024-06-04T00:00:00+02:00"],
    );
    check(
        local("2024-06-03", ""),
        &[Rule::daily(to)],
        zone("Europe/Berlin"),
        day,
        &["2024-06-03T00:00:00+02:00/2024-06-03T17:00:00+02:00"],
    );
}

#[test]
fn hours_of_24_end_a_day_and_start_none() {
    let hour = |h| Some(chrono::TimeDelta::hours(h));
    assert_eq!(
        Period::from_hours(hour(9), hour(24)).unwrap(),
        period("09:00-00:00"),
    );
    assert_eq!(
        Period::from_hours(None, hour(24)).unwrap(),
        period("00:00-00:00"),
    );
    assert!(Period::from_hours(hour(24), hour(24)).is_err());
    assert!(Period::from_hours(None, hour(25)).is_err());
    assert!(Period::from_hours(hour(-1), None).is_err());
}

#[test]
fn hours_keep_fractions_of_a_second_and_end_a_day_as_dot_net_does() {
    let eight = chrono::TimeDelta::hours(8);
    let half = chrono::TimeDelta::milliseconds(500);
    let tick = chrono::TimeDelta::nanoseconds(100);
    let day = chrono::TimeDelta::days(1);
    let hours = Period::from_hours(Some(eight), Some(eight + half)).unwrap();
    check(
        local("2024-06-03", ""),
        &[Rule::daily(hours)],
        zone("Europe/Berlin"),
        ("2024-06-03", "2024-06-03"),
        &["2024-06-03T08:00:00+02:00/2024-06-03T08:00:00.500+02:00"],
    );
    let until = |to| Period::from_hours(Some(eight), Some(to)).unwrap();
    assert_eq!(until(day - tick), until(day));
    assert_ne!(until(day - tick - tick), until(day));
    assert!(Period::from_hours(Some(eight), Some(day + tick)).is_err());
    assert!(Period::from_hours(Some(-tick), Some(eight)).is_err());
}

// Daylight saving.

#[test]
fn a_period_holds_throughout_whatever_the_clock_shows_meanwhile() {
    // One hour long in spring, three in autumn.
    check(
        local("", ""),
        &[weekly(Sunday, "01:30-03:30")],
        zone("Europe/Berlin"),
        ("2024-03-25", "2024-03-31"),
        &["2024-03-31T01:30:00+01:00/2024-03-31T03:30:00+02:00"],
    );
    check(
        local("", ""),
        &[weekly(Sunday, "01:30-03:30")],
        zone("Europe/Berlin"),
        ("2024-10-21", "2024-10-27"),
        &["2024-10-27T01:30:00+02:00/2024-10-27T03:30:00+01:00"],
    );
}

#[test]
fn a_boundary_in_a_gap_is_the_first_instant_after_it() {
    let sunday = ("2024-03-31", "2024-03-31");
    check(
        local("", ""),
        &[daily("02:30-04:00")],
        zone("Europe/Berlin"),
        sunday,
        &["2024-03-31T03:00:00+02:00/2024-03-31T04:00:00+02:00"],
    );
    check(
        local("", ""),
        &[daily("01:00-02:30")],
        zone("Europe/Berlin"),
        sunday,
        &["2024-03-31T01:00:00+01:00/2024-03-31T03:00:00+02:00"],
    );
}

#[test]
fn a_period_inside_a_gap_is_not_there_that_day() {
    check(
        local("", ""),
        &[daily("02:15-02:45")],
        zone("Europe/Berlin"),
        ("2024-03-30", "2024-04-01"),
        &[
            "2024-03-30T02:15:00+01:00/2024-03-30T02:45:00+01:00",
            "2024-04-01T02:15:00+02:00/2024-04-01T02:45:00+02:00",
        ],
    );
}

#[test]
fn a_period_inside_a_repeated_hour_holds_from_its_first_start_to_its_second_end() {
    check(
        local("", ""),
        &[daily("02:15-02:45")],
        zone("Europe/Berlin"),
        ("2024-10-27", "2024-10-27"),
        &["2024-10-27T02:15:00+02:00/2024-10-27T02:45:00+01:00"],
    );
}

#[test]
fn periods_apart_on_the_clock_are_one_window_where_a_repeated_hour_joins_them() {
    let timing = Timing::new(
        local("", ""),
        vec![daily("02:00-02:15"), daily("02:30-02:45")],
    );
    assert_eq!(
        shown(&timing, zone("Europe/Berlin"), "2024-10-27", "2024-10-27"),
        ["2024-10-27T02:00:00+02:00/2024-10-27T02:45:00+01:00"],
    );
    // The second begins in the first pass of the hour and the first ends in the second.
    let window = Some(Span {
        from: at("2024-10-27T00:00:00Z"),
        until: Some(at("2024-10-27T01:45:00Z")),
    });
    for asked in ["00:00", "00:20", "00:50", "01:20", "01:44"] {
        let asked = at(&format!("2024-10-27T{asked}:00Z"));
        assert_eq!(timing.next(zone("Europe/Berlin"), asked), window);
    }
}

#[test]
fn a_whole_day_has_23_or_25_hours_when_the_clock_says_so() {
    check(
        local("", ""),
        &[weekly(Sunday, "")],
        zone("Europe/Berlin"),
        ("2024-03-31", "2024-03-31"),
        &["2024-03-31T00:00:00+01:00/2024-04-01T00:00:00+02:00"],
    );
    check(
        local("", ""),
        &[weekly(Sunday, "")],
        zone("Europe/Berlin"),
        ("2024-10-27", "2024-10-27"),
        &["2024-10-27T00:00:00+02:00/2024-10-28T00:00:00+01:00"],
    );
}

#[test]
fn a_day_whose_midnight_does_not_exist_begins_after_the_gap() {
    // On 2018-11-04 the clocks of Sao Paulo went from midnight to one o'clock.
    check(
        local("2018-11-01", ""),
        &[weekly(Sunday, "")],
        zone("America/Sao_Paulo"),
        ("2018-11-04", "2018-11-05"),
        &["2018-11-04T01:00:00-02:00/2018-11-05T00:00:00-02:00"],
    );
    check(
        local("2018-11-01", ""),
        &[weekly(Saturday, "")],
        zone("America/Sao_Paulo"),
        ("2018-11-03", "2018-11-05"),
        &["2018-11-03T00:00:00-03:00/2018-11-04T01:00:00-02:00"],
    );
}

#[test]
fn a_day_whose_midnight_exists_twice_begins_at_the_first_and_the_one_before_ends_at_the_second() {
    // On 2024-11-03 the clocks of Havana went from one o'clock back to midnight.
    check(
        local("", ""),
        &[weekly(Sunday, "")],
        zone("America/Havana"),
        ("2024-11-02", "2024-11-04"),
        &["2024-11-03T00:00:00-04:00/2024-11-04T00:00:00-05:00"],
    );
    check(
        local("", ""),
        &[weekly(Saturday, "")],
        zone("America/Havana"),
        ("2024-11-01", "2024-11-04"),
        &["2024-11-02T00:00:00-04:00/2024-11-03T00:00:00-05:00"],
    );
}

#[test]
fn a_change_of_half_an_hour_is_no_other_than_one_of_an_hour() {
    // On 2024-10-06 Lord Howe went from 02:00 to 02:30.
    check(
        local("", ""),
        &[daily("02:10-02:40")],
        zone("Australia/Lord_Howe"),
        ("2024-10-06", "2024-10-06"),
        &["2024-10-06T02:30:00+11:00/2024-10-06T02:40:00+11:00"],
    );
    check(
        local("", ""),
        &[daily("01:40-01:50")],
        zone("Australia/Lord_Howe"),
        ("2024-04-07", "2024-04-07"),
        &["2024-04-07T01:40:00+11:00/2024-04-07T01:50:00+10:30"],
    );
}

#[test]
fn a_day_that_never_was_has_no_windows_of_its_own() {
    // Apia had no 2011-12-30, a Friday.
    let week = ("2011-12-28", "2012-01-01");
    check(
        local("2011-01-01", ""),
        &[weekly(Friday, "")],
        zone("Pacific/Apia"),
        week,
        &[],
    );
    check(
        local("2011-01-01", ""),
        &[
            weekly(Friday, "09:00-17:00"),
            weekly(Saturday, "09:00-17:00"),
        ],
        zone("Pacific/Apia"),
        week,
        &["2011-12-31T09:00:00+14:00/2011-12-31T17:00:00+14:00"],
    );
}

#[test]
fn a_night_that_ends_or_starts_in_a_day_that_never_was_ends_or_starts_at_the_change() {
    let week = ("2011-12-28", "2012-01-01");
    check(
        local("2011-01-01", ""),
        &[weekly(Thursday, "22:00-06:00")],
        zone("Pacific/Apia"),
        week,
        &["2011-12-29T22:00:00-10:00/2011-12-31T00:00:00+14:00"],
    );
    check(
        local("2011-01-01", ""),
        &[weekly(Friday, "22:00-06:00")],
        zone("Pacific/Apia"),
        week,
        &["2011-12-31T00:00:00+14:00/2011-12-31T06:00:00+14:00"],
    );
}

#[test]
fn whole_days_leave_no_hole_where_a_day_never_was() {
    check(
        local("2011-01-01", ""),
        &[weekly(Thursday, ""), weekly(Saturday, "")],
        zone("Pacific/Apia"),
        ("2011-12-28", "2012-01-03"),
        &["2011-12-29T00:00:00-10:00/2012-01-01T00:00:00+14:00"],
    );
}

// Reasons.

#[test]
fn a_standing_says_the_rule_or_the_reason() {
    let timing = Timing::new(
        local("2024-06-03", "2024-06-09"),
        vec![weekly(Monday, "09:00-12:00"), weekly(Monday, "11:00-17:00")],
    );
    let standing = |text| timing.standing(Zone::UTC, at(text));
    assert_eq!(standing("2024-06-02T23:59:59Z"), Standing::BeforeStart);
    assert_eq!(standing("2024-06-03T08:00:00Z"), Standing::OutsideSchedule);
    assert_eq!(standing("2024-06-03T11:30:00Z"), Standing::Holds(Some(0)));
    assert_eq!(standing("2024-06-03T12:00:00Z"), Standing::Holds(Some(1)));
    assert_eq!(standing("2024-06-10T00:00:00Z"), Standing::Ended);
}

#[test]
fn the_next_window_is_whole_and_cut_by_nothing_but_the_grant() {
    let timing = Timing::new(
        local("2024-06-03 10:00", "2024-06-10 16:00"),
        vec![weekly(Monday, "09:00-17:00")],
    );
    let span = |from, until| {
        Some(Span {
            from: at(from),
            until: Some(at(until)),
        })
    };
    let first = span("2024-06-03T10:00:00Z", "2024-06-03T17:00:00Z");
    let last = span("2024-06-10T09:00:00Z", "2024-06-10T16:00:00Z");
    assert_eq!(timing.next(Zone::UTC, at("2020-01-01T00:00:00Z")), first);
    assert_eq!(timing.next(Zone::UTC, at("2024-06-03T16:59:59Z")), first);
    assert_eq!(timing.next(Zone::UTC, at("2024-06-03T17:00:00Z")), last);
    assert_eq!(timing.next(Zone::UTC, at("2024-06-10T16:00:00Z")), None);
}

// Forms.

#[test]
fn timings_are_written_as_they_are_read() {
    for text in [
        r#"{"window":{"created":"2024-01-01T00:00:00Z"}}"#,
        r#"{"window":{"created":"2024-01-01T00:00:00Z","startDate":"2024-06-01","startTime":"09:00:00","endDate":"2024-06-30","endTime":"17:00:00"},"rules":[{"dayOfWeek":"Monday","period":{"startTime":"22:00:00","endTime":"06:00:00.500"},"recurrence":"BiWeekly"},{"dayOfWeek":"Friday","recurrence":"Daily"},{"recurrence":"Daily"}]}"#,
        r#"{"window":{"from":"2024-01-01T00:00:00Z"}}"#,
        r#"{"window":{"from":"2024-01-01T00:00:00Z","until":"2024-01-02T00:00:00Z"}}"#,
    ] {
        let timing: Timing = serde_json::from_str(text).unwrap();
        assert_eq!(serde_json::to_string(&timing).unwrap(), text);
    }
}

#[test]
fn reading_checks_what_constructors_check() {
    for (text, reason) in [
        (
            r#"{"window":{"created":"2024-01-01T00:00:00Z","startTime":"09:00:00"}}"#,
            "startTime is given without startDate",
        ),
        (
            r#"{"window":{"from":"2024-01-02T00:00:00Z","until":"2024-01-01T00:00:00Z"}}"#,
            "the end is not after the start",
        ),
        (
            r#"{"window":{"from":"2024-01-02T00:00:00Z","endDate":"2024-06-01"}}"#,
            "expected either from and until",
        ),
        (
            r#"{"window":{"from":"2024-01-02T00:00:00Z"},"rules":[{"recurrence":"Weekly"}]}"#,
            "dayOfWeek is missing",
        ),
    ] {
        let error = serde_json::from_str::<Timing>(text).unwrap_err();
        assert!(error.to_string().contains(reason), "{error}");
    }
}
