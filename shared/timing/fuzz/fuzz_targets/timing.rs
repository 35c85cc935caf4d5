//! Any timing at all, from arbitrary bytes: every question has an answer, soon, and the
//! answers agree.

#![no_main]

use arbitrary::Arbitrary;
use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};
use libfuzzer_sys::fuzz_target;
use timing::{
    CalendarEntry, InstantWindow, LocalWindow, Period, Recurrence, Rule, Span, Timing, Window, Zone,
};

#[derive(Arbitrary, Debug)]
struct Input {
    zone: u16,
    window: WindowInput,
    rules: Vec<(u8, u8, Option<(Clock, Clock)>)>,
    from: At,
    until: At,
    cut: At,
    more: (u8, u8, Option<(Clock, Clock)>),
}

#[derive(Arbitrary, Debug)]
enum WindowInput {
    Local(At, Option<(Day, Option<Clock>)>, Option<(Day, Option<Clock>)>),
    Instants(At, Option<At>),
}

/// Mostly within the years that people mean, sometimes anywhere.
#[derive(Arbitrary, Debug, Clone, Copy)]
enum At {
    Near(u32, u32),
    Minute(u32),
    Far(i64, u32),
    First,
    Last,
}

#[derive(Arbitrary, Debug, Clone, Copy)]
enum Day {
    Near(u16),
    Far(i32),
    First,
    Last,
}

#[derive(Arbitrary, Debug, Clone, Copy)]
enum Clock {
    Quarter(u8),
    Any(u32, u32),
}

impl At {
    fn instant(self) -> DateTime<Utc> {
        let at = match self {
            At::Near(secs, nanos) => DateTime::from_timestamp(secs.into(), nanos % 2_000_000_000),
            At::Minute(minute) => DateTime::from_timestamp(i64::from(minute) * 60, 0),
            At::Far(secs, nanos) => DateTime::from_timestamp(secs, nanos % 1_000_000_000),
            At::First => Some(DateTime::<Utc>::MIN_UTC),
            At::Last => Some(DateTime::<Utc>::MAX_UTC),
        };
        at.unwrap_or(DateTime::UNIX_EPOCH)
    }
}

impl Day {
    fn date(self) -> NaiveDate {
        let date = match self {
            Day::Near(day) => NaiveDate::from_num_days_from_ce_opt(719_163 + i32::from(day)),
            Day::Far(day) => NaiveDate::from_num_days_from_ce_opt(day),
            Day::First => Some(NaiveDate::MIN),
            Day::Last => Some(NaiveDate::MAX),
        };
        date.unwrap_or_default()
    }
}

impl Clock {
    fn time(self) -> NaiveTime {
        let time = match self {
            Clock::Quarter(n) => {
                NaiveTime::from_num_seconds_from_midnight_opt(u32::from(n) % 96 * 900, 0)
            }
            // From a billion nanoseconds on, a leap second.
            Clock::Any(secs, nanos) => {
                NaiveTime::from_num_seconds_from_midnight_opt(secs % 86_400, nanos % 2_000_000_000)
            }
        };
        time.unwrap_or_default()
    }
}

fn rule((recurrence, day, period): (u8, u8, Option<(Clock, Clock)>)) -> Option<Rule> {
    let recurrence = match recurrence % 3 {
        0 => Recurrence::Daily,
        1 => Recurrence::Weekly,
        _ => Recurrence::BiWeekly,
    };
    let day = chrono::Weekday::try_from(day % 8).ok().map(Into::into);
    let period = period.map(|(start, end)| Period {
        start: start.time(),
        end: end.time(),
    });
    Rule::new(recurrence, day, period).ok()
}

fn window(input: WindowInput) -> Option<Window> {
    let part = |part: Option<(Day, Option<Clock>)>| match part {
        Some((day, clock)) => (Some(day.date()), clock.map(Clock::time)),
        None => (None, None),
    };
    match input {
        WindowInput::Local(created, start, end) => {
            let window = LocalWindow::new(created.instant(), part(start), part(end));
            window.ok().map(Window::from)
        }
        WindowInput::Instants(from, until) => {
            let window = InstantWindow::new(from.instant(), until.map(At::instant));
            window.ok().map(Window::from)
        }
    }
}

fuzz_target!(|input: Input| {
    let place = usize::from(input.zone) % Zone::names().count();
    let name = Zone::names().nth(place).expect("it is one of them");
    let zone: Zone = name.parse().expect("each has its data");
    let Some(window) = window(input.window) else {
        return;
    };
    let rules: Vec<Rule> = input.rules.into_iter().take(100).filter_map(rule).collect();
    let timing = Timing::new(window, rules);
    let (from, until) = (input.from.instant(), input.until.instant());
    let (from, until) = (from.min(until), from.max(until));

    timing.span(zone);
    for at in [from, until, input.cut.instant()] {
        agree_on(&timing, zone, at);
    }
    let spans: Vec<Span> = timing.windows(zone, from, until).take(200).collect();
    in_order(&spans, from, until);
    for span in spans.iter().take(20) {
        agree_on(&timing, zone, span.from);
        assert!(timing.holds(zone, span.from));
        let end = span.until.expect("a range has an end");
        // A range that ends in a leap second ends with the next one's beginning.
        assert!(end == until || !plain(until) || !timing.holds(zone, end));
    }
    // The part before a cut is the same without the rest of the range.
    if let Some(last) = spans.last().and_then(|span| span.until) {
        let first: Vec<Span> = timing.windows(zone, from, last).collect();
        assert_eq!(first, spans);
    }
    if let (Some(more), false) = (rule(input.more), timing.rules.is_empty()) {
        let mut wider = timing.clone();
        wider.rules.push(more);
        for span in &spans {
            assert!(wider.holds(zone, span.from));
        }
    }
    // Some ranges have a calendar of many events: a month is enough of it.
    let entry = CalendarEntry {
        uid: "fuzz",
        summary: "fuzz",
        stamp: from,
    };
    let month = from.checked_add_signed(TimeDelta::days(31));
    timing.calendar(zone, &entry, from, month);
});

fn agree_on(timing: &Timing, zone: Zone, at: DateTime<Utc>) {
    let holds = timing.holds(zone, at);
    let next = timing.next(zone, at);
    if plain(at) {
        assert_eq!(next.is_some_and(|span| span.contains(at)), holds);
    }
    if let Some(next) = next {
        assert!(timing.holds(zone, next.from));
    }
}

/// Whether it is no leap second, which is an instant of its own for chrono alone.
fn plain(at: DateTime<Utc>) -> bool {
    at.timestamp_subsec_nanos() < 1_000_000_000
}

fn in_order(spans: &[Span], from: DateTime<Utc>, until: DateTime<Utc>) {
    for span in spans {
        let end = span.until.expect("a range has an end");
        assert!(span.from < end);
        assert!(!plain(from) || from <= span.from);
        assert!(!plain(until) || end <= until);
    }
    for two in spans.windows(2) {
        assert!(two[0].until.expect("a range has an end") < two[1].from);
    }
}
