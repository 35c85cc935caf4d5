//! The evaluator against an oracle that is slow and obvious.
//!
//! The oracle knows one thing about a zone: the reading of its clock at an instant, from
//! another reader of the zone's file than the evaluator's. It walks the minutes of some weeks,
//! writes down the reading at each, and then reads the rules off that list:
//!
//! - a boundary begins something at the first minute at which the clock shows it, and
//!   ends something at the last such minute;
//! - when no minute shows it, both are the first minute at which the clock is past it;
//! - between the two the rule holds, at every minute.
//!
//! Nothing of it divides, and nothing asks for the instant of a local time.

use std::collections::HashMap;

use chrono::{DateTime, Datelike, NaiveDate, NaiveTime, TimeDelta, Utc, Weekday};
use proptest::prelude::*;
use timing::{
    DayOfWeek, InstantWindow, LocalWindow, Period, Recurrence, Rule, Span, Standing, Timing,
    Window, Zone,
};

use crate::support::{Clock, runner, zone};

/// Instants as minutes since 1970.
type Minute = i64;

const DAY: Minute = 24 * 60;
/// The range that is compared lies this near to the day in its middle.
const REACH: Minute = 4 * DAY;
/// The walk is longer: what begins before the range is seen beginning.
const MARGIN: Minute = 3 * DAY;

fn instant(minute: Minute) -> DateTime<Utc> {
    DateTime::from_timestamp(minute * 60, 0).unwrap()
}

/// The reading of the clock, as minutes since 1970 as if the clock was at UTC.
fn shown(clock: &Clock, minute: Minute) -> Minute {
    minute + clock.ahead(minute * 60) / 60
}

fn local(date: NaiveDate, time: NaiveTime) -> Minute {
    date.and_time(time).and_utc().timestamp() / 60
}

fn day_of(shown: Minute) -> NaiveDate {
    instant(shown).date_naive()
}

/// The readings of the clock of a zone, minute by minute.
struct Walk {
    zone: Zone,
    source: Clock,
    first: Minute,
    clock: Vec<Minute>,
    /// For each reading of the clock the first and the last place in `clock` with it.
    seen: HashMap<Minute, (usize, usize)>,
}

impl Walk {
    fn new(zone: Zone, source: &Clock, middle: Minute) -> Walk {
        let first = middle - REACH - MARGIN;
        let clock: Vec<Minute> = (first..middle + REACH + MARGIN)
            .map(|minute| shown(source, minute))
            .collect();
        let mut seen = HashMap::new();
        for (place, reading) in clock.iter().enumerate() {
            seen.entry(*reading).or_insert((place, place)).1 = place;
        }
        Walk {
            zone,
            source: source.clone(),
            first,
            clock,
            seen,
        }
    }

    fn place(&self, minute: Minute) -> usize {
        (minute - self.first).clamp(0, self.clock.len() as Minute) as usize
    }

    fn begins(&self, reading: Minute) -> usize {
        match self.seen.get(&reading) {
            Some((first, _)) => *first,
            None => self.first_past(reading),
        }
    }

    fn ends(&self, reading: Minute) -> usize {
        match self.seen.get(&reading) {
            Some((_, last)) => *last,
            None => self.first_past(reading),
        }
    }

    fn first_past(&self, reading: Minute) -> usize {
        // Many boundaries lie outside of the walk: those need no search.
        match reading {
            _ if reading < self.clock[0] => 0,
            _ if reading > self.clock[self.clock.len() - 1] => self.clock.len(),
            _ => {
                let past = self.clock.iter().position(|shown| *shown > reading);
                past.unwrap_or(self.clock.len())
            }
        }
    }

    /// The places between the two ends of the window.
    fn window(&self, window: &Window) -> std::ops::Range<usize> {
        match window {
            Window::Instants(window) => {
                let until = window.until().map_or(self.clock.len(), |until| {
                    self.place(until.timestamp().div_euclid(60))
                });
                self.place(window.from().timestamp().div_euclid(60))..until
            }
            Window::Local(window) => {
                let start = match window.start_date() {
                    Some(date) => {
                        self.begins(local(date, window.start_time().unwrap_or(NaiveTime::MIN)))
                    }
                    None => self.place(window.created().timestamp().div_euclid(60)),
                };
                let end = match (window.end_date(), window.end_time()) {
                    (None, _) => self.clock.len(),
                    (Some(date), Some(time)) => self.ends(local(date, time)),
                    (Some(date), None) => self.ends(local(date, NaiveTime::MIN) + DAY),
                };
                start..end
            }
        }
    }

    /// The day on which the window begins, at the door.
    fn first_day(&self, window: &Window) -> NaiveDate {
        let of_instant =
            |at: DateTime<Utc>| day_of(shown(&self.source, at.timestamp().div_euclid(60)));
        match window {
            Window::Instants(window) => of_instant(window.from()),
            Window::Local(window) => window
                .start_date()
                .unwrap_or_else(|| of_instant(window.created())),
        }
    }

    /// For each minute the first rule that holds, if any does.
    fn rules(&self, timing: &Timing) -> Vec<Option<usize>> {
        let mut holding = vec![None; self.clock.len()];
        let first_week = week(self.first_day(&timing.window));
        for (number, rule) in timing.rules.iter().enumerate() {
            let mut date = day_of(self.clock[0]) - TimeDelta::days(2);
            let last = day_of(self.clock[self.clock.len() - 1]) + TimeDelta::days(2);
            while date <= last {
                if is_on(rule, date, first_week) {
                    let (start, end) = boundaries(rule, date);
                    for minute in &mut holding[self.begins(start)..self.ends(end)] {
                        minute.get_or_insert(number);
                    }
                }
                date = date.succ_opt().unwrap();
            }
        }
        holding
    }

    fn standings(&self, timing: &Timing) -> Vec<Standing> {
        let window = self.window(&timing.window);
        let rules = self.rules(timing);
        (0..self.clock.len())
            .map(|place| match rules[place] {
                _ if place >= window.end => Standing::Ended,
                _ if place < window.start => Standing::BeforeStart,
                Some(rule) => Standing::Holds(Some(rule)),
                None if timing.rules.is_empty() => Standing::Holds(None),
                None => Standing::OutsideSchedule,
            })
            .collect()
    }
}

/// The Monday of the ISO week.
fn week(date: NaiveDate) -> NaiveDate {
    date.week(Weekday::Mon).first_day()
}

fn is_on(rule: &Rule, date: NaiveDate, first_week: NaiveDate) -> bool {
    let that_day = rule.day_of_week() == Some(DayOfWeek::from(date.weekday()));
    let weeks = (week(date) - first_week).num_days() / 7;
    match rule.recurrence() {
        Recurrence::Daily => true,
        Recurrence::Weekly => that_day,
        Recurrence::BiWeekly => that_day && weeks % 2 == 0,
    }
}

fn boundaries(rule: &Rule, date: NaiveDate) -> (Minute, Minute) {
    let next = date.succ_opt().unwrap();
    match rule.period() {
        None => (local(date, NaiveTime::MIN), local(next, NaiveTime::MIN)),
        Some(period) if period.end > period.start => {
            (local(date, period.start), local(date, period.end))
        }
        Some(period) => (local(date, period.start), local(next, period.end)),
    }
}

// The case.

/// Days with a clock change of the zone, evenly from all of them, and two without.
fn middles(clock: &Clock, count: usize) -> Vec<Minute> {
    let day = |year| local(NaiveDate::from_ymd_opt(year, 1, 1).unwrap(), NaiveTime::MIN);
    let days = (day(1973)..day(2099)).step_by(DAY as usize);
    let offset = |minute| shown(clock, minute) - minute;
    let changes: Vec<Minute> = days
        .filter(|start| offset(*start) != offset(start + DAY))
        .collect();
    let step = (changes.len() / count).max(1);
    let mut middles: Vec<Minute> = changes.into_iter().step_by(step).collect();
    middles.extend([day(2024) + 45 * DAY, day(2077) + 200 * DAY]);
    middles
}

/// Times of the day: round ones, any, and those near what the clock shows at a change.
fn times(walk: &Walk) -> impl Strategy<Value = NaiveTime> + Clone + use<> {
    let mut near = vec![0, 1, DAY / 2, DAY - 1];
    for two in walk.clock.windows(2) {
        if two[1] != two[0] + 1 {
            near.extend([two[0] - 30, two[0], two[0] + 1, two[1] - 1]);
            near.extend([two[1], two[1] + 1, two[1] + 20, (two[0] + two[1]) / 2]);
        }
    }
    prop_oneof![
        2 => proptest::sample::select(near),
        1 => (0..96i64).prop_map(|quarter| quarter * 15),
        1 => 0..DAY,
    ]
    .prop_map(|minute| {
        let minute = minute.rem_euclid(DAY) as u32;
        NaiveTime::from_hms_opt(minute / 60, minute % 60, 0).unwrap()
    })
}

fn rules(walk: &Walk) -> impl Strategy<Value = Rule> + use<> {
    let period = (times(walk), times(walk)).prop_map(|(start, end)| Period { start, end });
    let recurrence = proptest::sample::select(vec![
        Recurrence::Daily,
        Recurrence::Weekly,
        Recurrence::BiWeekly,
    ]);
    let day = (0..7u8).prop_map(|day| Weekday::try_from(day).unwrap().into());
    let day = proptest::option::weighted(0.8, day);
    (recurrence, day, proptest::option::weighted(0.85, period))
        .prop_filter_map("a day is missing", |(recurrence, day, period)| {
            Rule::new(recurrence, day, period).ok()
        })
}

fn windows(walk: &Walk, middle: Minute) -> impl Strategy<Value = Window> + use<> {
    let date = move |days: i64| day_of(middle) + TimeDelta::days(days);
    let time = || proptest::option::of(times(walk));
    let start = proptest::option::weighted(0.8, ((-40..6i64).prop_map(date), time()));
    let end = proptest::option::weighted(0.6, ((-4..9i64).prop_map(date), time()));
    let minute = move |days: std::ops::Range<i64>| {
        (days.start * DAY..days.end * DAY).prop_map(move |minutes| instant(middle + minutes))
    };
    let ends = |boundary: Option<(NaiveDate, Option<NaiveTime>)>| {
        boundary.map_or((None, None), |(date, time)| (Some(date), time))
    };
    let locals = (minute(-20_000..3), start, end).prop_filter_map(
        "ends before it starts",
        move |(created, start, end)| {
            Some(
                LocalWindow::new(created, ends(start), ends(end))
                    .ok()?
                    .into(),
            )
        },
    );
    let instants = (minute(-40..5), proptest::option::of(minute(-3..8)))
        .prop_filter_map("ends before it starts", |(from, until)| {
            Some(InstantWindow::new(from, until).ok()?.into())
        });
    prop_oneof![3 => locals, 1 => instants]
}

// The comparison.

struct Case {
    timing: Timing,
    /// Places in the walk.
    range: (usize, usize),
    asked: Vec<usize>,
}

impl std::fmt::Debug for Case {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let text = serde_json::to_string(&self.timing).unwrap();
        write!(f, "{text} in {:?}, asked at {:?}", self.range, self.asked)
    }
}

fn cases(walk: &Walk, middle: Minute) -> impl Strategy<Value = Case> + use<> {
    let places = MARGIN as usize..(MARGIN + 2 * REACH) as usize;
    (
        windows(walk, middle),
        proptest::collection::vec(rules(walk), 0..6),
        places.clone(),
        places.clone(),
        proptest::collection::vec(places, 24),
    )
        .prop_map(|(window, rules, a, b, asked)| Case {
            timing: Timing::new(window, rules),
            range: (a.min(b), a.max(b)),
            asked,
        })
}

fn compare(walk: &Walk, case: &Case) -> Result<(), TestCaseError> {
    let expected = walk.standings(&case.timing);
    let holds = |place: usize| matches!(expected[place], Standing::Holds(_));
    let at = |place: usize| instant(walk.first + place as Minute);

    // The windows are the stretches of minutes that hold.
    let mut spans = Vec::new();
    let mut place = case.range.0;
    while place < case.range.1 {
        let from = place;
        while place < case.range.1 && holds(place) {
            place += 1;
        }
        if place > from {
            spans.push(Span {
                from: at(from),
                until: Some(at(place)),
            });
        }
        place += 1;
    }
    let windows: Vec<Span> = case
        .timing
        .windows(walk.zone, at(case.range.0), at(case.range.1))
        .collect();
    prop_assert_eq!(windows, spans);

    // The instants where something changes, and some others.
    let changes = (1..expected.len()).filter(|place| expected[*place] != expected[place - 1]);
    let changes: Vec<usize> = changes.flat_map(|place| [place - 1, place]).collect();
    for place in changes.into_iter().chain(case.asked.iter().copied()) {
        let standing = |at| case.timing.standing(walk.zone, at);
        let late = at(place) + TimeDelta::nanoseconds(59_999_999_999);
        prop_assert_eq!(standing(at(place)), expected[place], "at {}", at(place));
        prop_assert_eq!(standing(late), expected[place], "at {}", late);
    }
    for place in case.asked.iter().copied().take(6) {
        compare_next(walk, case, &holds, place)?;
    }
    Ok(())
}

/// The next window is the stretch that holds at the minute, or the first after it.
fn compare_next(
    walk: &Walk,
    case: &Case,
    holds: &impl Fn(usize) -> bool,
    asked: usize,
) -> Result<(), TestCaseError> {
    let at = |place: usize| instant(walk.first + place as Minute);
    let places = walk.clock.len();
    let next = case.timing.next(walk.zone, at(asked));
    let Some(within) = (asked..places).find(|place| holds(*place)) else {
        // None that the walk reaches.
        prop_assert!(next.is_none_or(|span| span.from >= at(places)));
        return Ok(());
    };
    let from = (0..within).rev().take_while(|place| holds(*place)).last();
    let from = from.unwrap_or(within);
    let until = (within..places)
        .find(|place| !holds(*place))
        .unwrap_or(places);
    let next = next.ok_or_else(|| TestCaseError::fail("there is a next window"))?;
    // What is beyond the walk is unknown here.
    if from > 0 {
        prop_assert_eq!(next.from, at(from));
    }
    if until < places {
        prop_assert_eq!(next.until, Some(at(until)));
    }
    Ok(())
}

/// Random grants around clock changes of the zone.
fn prove(zone: Zone) {
    let clock = Clock::of(zone);
    for middle in middles(&clock, 12) {
        let walk = Walk::new(zone, &clock, middle);
        let mut runner = runner(&format!("{zone} {middle}"), 12);
        let outcome = runner.run(&cases(&walk, middle), |case| compare(&walk, &case));
        if let Err(error) = outcome {
            panic!("{zone}, around {}: {error}", instant(middle));
        }
    }
}

macro_rules! zones {
    ($($test:ident: $zone:literal;)*) => {
        $(#[test]
        fn $test() {
            prove(zone($zone));
        })*
    };
}

zones! {
    as_minute_by_minute_in_utc: "UTC";
    as_minute_by_minute_in_berlin: "Europe/Berlin";
    as_minute_by_minute_in_new_york: "America/New_York";
    // From midnight to one o'clock, and back to midnight.
    as_minute_by_minute_in_havana: "America/Havana";
    as_minute_by_minute_in_sao_paulo: "America/Sao_Paulo";
    // Until 2011 at one minute past midnight: the day before comes back.
    as_minute_by_minute_in_st_johns: "America/St_Johns";
    // Half an hour.
    as_minute_by_minute_on_lord_howe: "Australia/Lord_Howe";
    // A day that never was.
    as_minute_by_minute_in_apia: "Pacific/Apia";
    as_minute_by_minute_on_kwajalein: "Pacific/Kwajalein";
    // Changed by law in 2026, after the data of many programs was made.
    as_minute_by_minute_in_vancouver: "America/Vancouver";
    as_minute_by_minute_in_edmonton: "America/Edmonton";
    as_minute_by_minute_in_winnipeg: "America/Winnipeg";
    as_minute_by_minute_in_inuvik: "America/Inuvik";
    as_minute_by_minute_in_el_aaiun: "Africa/El_Aaiun";
    as_minute_by_minute_in_chisinau: "Europe/Chisinau";
    // Around Ramadan.
    as_minute_by_minute_in_casablanca: "Africa/Casablanca";
    as_minute_by_minute_in_cairo: "Africa/Cairo";
    as_minute_by_minute_in_gaza: "Asia/Gaza";
    // A quarter past.
    as_minute_by_minute_in_kathmandu: "Asia/Kathmandu";
    as_minute_by_minute_on_chatham: "Pacific/Chatham";
    as_minute_by_minute_in_tehran: "Asia/Tehran";
    // Two hours.
    as_minute_by_minute_in_troll: "Antarctica/Troll";
    // Over midnight into Sunday.
    as_minute_by_minute_in_scoresbysund: "America/Scoresbysund";
}
