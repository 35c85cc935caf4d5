//! Windows as an iCalendar (RFC 5545), for the calendars that people have.
//!
//! A rule becomes a recurring event (`RRULE`) in the time zone of the door, so that it
//! reads as what it is. But programs do not agree on what a recurring event does when
//! the clock changes: whether its length is that of the clock or of time, and which
//! instant a repeated or missing local time is. So an occurrence is part of a series
//! only if all of them must show it at the same two instants: its start exists once,
//! and its length is what the clock says. Where an occurrence is not like that, the
//! series ends before it and goes on after it, and the occurrence itself is an event
//! of its own in UTC. What the calendar shows is thus exactly what the door does.
//!
//! The text is written by the crate `ics`. Of the livelier ones, `icalendar` puts a
//! `DTSTAMP` from the clock and a random `UID` into every component, `VTIMEZONE` too,
//! where RFC 5545 has neither.

use chrono::{DateTime, TimeDelta, Utc};
use ics::parameters::TzIDParam;
use ics::properties::{DtEnd, DtStart, RRule, Summary, Transp};
use ics::{Event, ICalendar, escape_text};

use super::clock::{DAY, Moment, Wall, naive};
use super::pattern::{Cycle, Pattern, Stretch};
use super::zone::Zone;
use super::{Timing, vtimezone};

/// How far ahead occurrences are looked at one by one, for clock changes.
const HORIZON: TimeDelta = TimeDelta::days(3_653);

/// Years before this have no calendar, and their dates not always four digits.
const FIRST: &str = "0001-01-02T00:00:00Z";
/// Likewise for what comes after.
const LAST: &str = "9999-12-30T00:00:00Z";

/// What a calendar says of its events besides when they are.
///
/// See [`Timing::calendar`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CalendarEntry<'a> {
    /// Identifies the grant, the same each time: each event's `UID` ends with it.
    pub uid: &'a str,
    /// What people read.
    pub summary: &'a str,
    /// When the grant last changed, or now (`DTSTAMP`).
    pub stamp: DateTime<Utc>,
}

impl Timing {
    /// The windows from `from` to `until` as an iCalendar, at a door in that zone.
    ///
    /// The events together cover the windows and nothing else; they may touch, and
    /// overlap in an hour that a clock change repeats. Without an `until` the calendar
    /// goes as far as the grant. Ten years from `from` is how far clock changes are
    /// looked at: what goes on after that goes on as a series.
    ///
    /// Fractions of a second are cut off, since iCalendar has none.
    ///
    /// ```
    /// use timing::{CalendarEntry, DayOfWeek, InstantWindow, Period, Rule, Timing, Zone};
    ///
    /// let from = "2024-01-01T00:00:00Z".parse().unwrap();
    /// let hours: Period =
    ///     serde_json::from_str(r#"{"startTime": "09:00:00", "endTime": "17:00:00"}"#).unwrap();
    /// let rule = Rule::weekly(DayOfWeek::Monday, Some(hours));
    /// let timing = Timing::new(InstantWindow::new(from, None).unwrap(), vec![rule]);
    /// let entry = CalendarEntry { uid: "7@example.org", summary: "Front door", stamp: from };
    /// let berlin: Zone = "Europe/Berlin".parse().unwrap();
    /// let text = timing.calendar(berlin, &entry, from, None);
    /// assert!(text.contains("DTSTART;TZID=Europe/Berlin:20240101T090000\r\n"));
    /// assert!(text.contains("RRULE:FREQ=WEEKLY;BYDAY=MO\r\n"));
    /// ```
    pub fn calendar(
        &self,
        zone: Zone,
        entry: &CalendarEntry<'_>,
        from: DateTime<Utc>,
        until: Option<DateTime<Utc>>,
    ) -> String {
        let (start, end) = self.window.moments(zone);
        let first = Moment::from(FIRST.parse().unwrap_or(from));
        let last = Moment::from(LAST.parse().unwrap_or(from));
        let limit = end.min(until.map_or(Moment::NEVER, Moment::from));
        let start = start.max(from.into()).max(first);
        let mut writer = Writer {
            zone,
            entry,
            start,
            // An end that no calendar can name is none.
            limit: if limit < last { limit } else { Moment::NEVER },
            horizon: limit.min(start.plus(HORIZON.num_seconds())).min(last),
            events: Vec::new(),
            zoned: false,
        };
        if start < writer.limit && start < last {
            match self.pattern(zone) {
                Pattern::Always => writer.always(),
                Pattern::Cycle { stretches, length } => {
                    for (stretches, length) in series(&stretches, length) {
                        writer.series(Cycle {
                            stretches: &stretches,
                            length,
                        });
                    }
                }
            }
        }
        writer.text()
    }
}

/// The stretches of a cycle by the hours that they have, each with the shortest cycle.
fn series(stretches: &[Stretch], length: i64) -> Vec<(Vec<Stretch>, i64)> {
    let mut series: Vec<(Vec<Stretch>, i64)> = Vec::new();
    let hours = |stretch: &Stretch| {
        let time = stretch.0.secs.rem_euclid(DAY);
        (
            time,
            stretch.0.nanos,
            stretch.1.secs - stretch.0.secs,
            stretch.1.nanos,
        )
    };
    for stretch in stretches {
        match series
            .iter_mut()
            .find(|(others, _)| hours(&others[0]) == hours(stretch))
        {
            Some((others, _)) => others.push(*stretch),
            None => series.push((vec![*stretch], length)),
        }
    }
    series
        .into_iter()
        .flat_map(|(stretches, length)| shortened(stretches, length))
        .collect()
}

/// Two weeks that are alike are one, and so are seven days that are. What two weeks do
/// not share becomes a series of the one and a series of the other, since `INTERVAL=2`
/// can say only one of them.
fn shortened(stretches: Vec<Stretch>, length: i64) -> Vec<(Vec<Stretch>, i64)> {
    const WEEK: i64 = 7 * DAY;
    if length == 2 * WEEK {
        let other = |stretch: &Stretch| {
            let days = if week_of(stretch.0) == week_of(stretches[0].0) {
                WEEK
            } else {
                -WEEK
            };
            (stretch.0.plus(days), stretch.1.plus(days))
        };
        let (each, second): (Vec<Stretch>, Vec<Stretch>) = stretches
            .iter()
            .partition(|stretch| stretches.contains(&other(stretch)));
        let (each, _): (Vec<Stretch>, Vec<Stretch>) = each
            .iter()
            .partition(|stretch| week_of(stretch.0) == week_of(stretches[0].0));
        let (one, two): (Vec<Stretch>, Vec<Stretch>) = second
            .iter()
            .partition(|stretch| week_of(stretch.0) == week_of(stretches[0].0));
        let mut series = shortened(each, WEEK);
        series.extend([(one, length), (two, length)]);
        series.retain(|(stretches, _)| !stretches.is_empty());
        return series;
    }
    if length == WEEK && stretches.len() == 7 {
        return vec![(vec![stretches[0]], DAY)];
    }
    vec![(stretches, length)]
}

/// The number of the week, Monday first, that a clock reading lies in.
fn week_of(wall: Wall) -> i64 {
    (wall.day() + 3).div_euclid(7)
}

/// A run of occurrences that a series can show.
#[derive(Clone, Copy)]
struct Run {
    first: Stretch,
    last: Moment,
    count: usize,
}

struct Writer<'a> {
    zone: Zone,
    entry: &'a CalendarEntry<'a>,
    start: Moment,
    limit: Moment,
    horizon: Moment,
    events: Vec<Event<'static>>,
    /// Whether an event names the zone.
    zoned: bool,
}

impl Writer<'_> {
    /// The whole range: one event or, when it is endless, days in UTC without end.
    fn always(&mut self) {
        if self.limit == Moment::NEVER {
            let mut event = self.event(self.start, self.start.plus(DAY));
            event.push(RRule::new("FREQ=DAILY"));
            self.events.push(event);
        } else {
            let event = self.event(self.start, self.limit);
            self.events.push(event);
        }
    }

    /// The occurrences of stretches with the same hours.
    fn series(&mut self, cycle: Cycle<'_>) {
        let mut run: Option<Run> = None;
        for k in cycle.first_ending_after(self.start, self.zone).. {
            let (Some(stretch), Some((from, until))) = (cycle.nth(k), cycle.instants(k, self.zone))
            else {
                return;
            };
            if from >= self.limit {
                break;
            }
            if from >= self.horizon && run.is_some() {
                let rule = rule_of(cycle, self.open_end());
                self.push_run(run, Some(rule));
                return;
            }
            if self.is_regular(stretch, from, until) {
                let begun = run.map_or((stretch, 0), |run| (run.first, run.count));
                run = Some(Run {
                    first: begun.0,
                    last: from,
                    count: begun.1 + 1,
                });
                continue;
            }
            self.push_closed(cycle, run.take());
            let (from, until) = (from.max(self.start), until.min(self.limit));
            if from < until {
                let event = self.event(from, until);
                self.events.push(event);
            }
        }
        self.push_closed(cycle, run);
    }

    /// Whether every program must take the occurrence for these two instants.
    fn is_regular(&self, stretch: Stretch, from: Moment, until: Moment) -> bool {
        let (start, end) = stretch;
        self.start <= from
            && until <= self.limit
            && start.begins(self.zone) == start.ends(self.zone)
            && from.wall(self.zone) == start
            && until.wall(self.zone) == end
            && until.secs() - from.secs() == end.secs - start.secs
    }

    fn push_closed(&mut self, cycle: Cycle<'_>, run: Option<Run>) {
        let rule = run.filter(|run| run.count > 1).map(|run| {
            // Any instant from the last start up to the next one says the same. Programs
            // that take it for local time are right too if it is not before that either.
            let ahead = run.last.wall(self.zone).secs - run.last.secs();
            rule_of(cycle, Some(run.last.plus(ahead.max(0))))
        });
        self.push_run(run, rule);
    }

    fn push_run(&mut self, run: Option<Run>, rule: Option<String>) {
        let Some(Run { first, .. }) = run else {
            return;
        };
        let from = first.0.begins(self.zone);
        let mut event = Event::new(self.uid(from), utc(self.entry.stamp.into()));
        event.push(in_zone(DtStart::new(local(first.0)), self.zone));
        event.push(in_zone(DtEnd::new(local(first.1)), self.zone));
        if let Some(rule) = rule {
            event.push(RRule::new(rule));
        }
        self.describe(&mut event);
        self.events.push(event);
        self.zoned = true;
    }

    /// The last second of a grant that goes on beyond the horizon, if it has one.
    fn open_end(&self) -> Option<Moment> {
        (self.limit < Moment::NEVER).then(|| self.limit.plus(-1))
    }

    /// One event in UTC.
    fn event(&self, from: Moment, until: Moment) -> Event<'static> {
        let mut event = Event::new(self.uid(from), utc(self.entry.stamp.into()));
        event.push(DtStart::new(utc(from)));
        event.push(DtEnd::new(utc(until)));
        self.describe(&mut event);
        event
    }

    fn describe(&self, event: &mut Event<'static>) {
        event.push(Summary::new(self.summary()));
        // Being allowed in does not make anyone busy.
        event.push(Transp::transparent());
    }

    /// No two events of a grant start at the same instant.
    fn uid(&self, from: Moment) -> String {
        format!("{}-{}", utc(from), plain(self.entry.uid))
    }

    fn summary(&self) -> String {
        escape_text(plain(self.entry.summary)).into_owned()
    }

    fn text(self) -> String {
        let mut calendar = ICalendar::new("2.0", "-//Latchkey//Latchkey//EN");
        calendar.push(ics::properties::CalScale::new("GREGORIAN"));
        calendar.push(ics::properties::Method::new("PUBLISH"));
        calendar.push(ics::properties::Name::new(self.summary()));
        if self.zoned {
            calendar.add_timezone(vtimezone::of(self.zone, self.start, self.horizon));
        }
        for event in self.events {
            calendar.add_event(event);
        }
        calendar.to_string()
    }
}

/// The `RRULE` of a cycle whose stretches have the same hours.
fn rule_of(cycle: Cycle<'_>, until: Option<Moment>) -> String {
    const NAMES: [&str; 7] = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"];
    let weeks = cycle.length / (7 * DAY);
    let mut rule = match weeks {
        0 => "FREQ=DAILY".to_owned(),
        1 => "FREQ=WEEKLY".to_owned(),
        _ => format!("FREQ=WEEKLY;INTERVAL={weeks};WKST=MO"),
    };
    if weeks > 0 {
        let mut days: Vec<i64> = cycle
            .stretches
            .iter()
            .map(|(start, _)| (start.day() + 3).rem_euclid(7))
            .collect();
        days.sort_unstable();
        let days: Vec<&str> = days
            .into_iter()
            .filter_map(|day| NAMES.get(usize::try_from(day).ok()?).copied())
            .collect();
        rule = format!("{rule};BYDAY={}", days.join(","));
    }
    match until {
        Some(until) => format!("{rule};UNTIL={}", utc(until)),
        None => rule,
    }
}

fn in_zone<'a>(
    property: impl Into<ics::components::Property<'a>>,
    zone: Zone,
) -> ics::components::Property<'a> {
    let mut property = property.into();
    property.add(TzIDParam::new(zone.name()));
    property
}

fn utc(at: Moment) -> String {
    at.saturating().format("%Y%m%dT%H%M%SZ").to_string()
}

pub(super) fn local(wall: Wall) -> String {
    naive(wall.secs).format("%Y%m%dT%H%M%S").to_string()
}

/// Without control characters, which a content line cannot have; line breaks are
/// escaped when it is written.
fn plain(text: &str) -> String {
    text.chars()
        .filter(|c| *c == '\n' || !c.is_control())
        .collect()
}
