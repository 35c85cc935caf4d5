//! Windows as an iCalendar (RFC 5545), for the calendars that people have.
//!
//! A rule becomes a recurring event (`RRULE`) in the time zone of the door, which shows it as
//! what it is. But programs disagree about recurring events when the clock changes: whether the
//! length is that of the clock or of time, and which instant a repeated or missing local time
//! is. An occurrence is therefore part of a series only if all programs must show it at the
//! same two instants: its start exists once, and its length is what the clock says. Any other
//! occurrence is an event of its own in UTC. The series excludes it (`EXDATE`). If its start
//! does not exist exactly once, which programs treat differently there as well, the series ends
//! before it and another one continues after it. The calendar thus shows exactly what the door
//! does.
//!
//! A program that fetches the calendar again knows an event by its `UID`. That of a
//! series is made of what the rule says and of where the series ends so, that of a single
//! event of the occurrence that it is, cut or whole: neither depends on the range that was
//! asked for.
//!
//! The crate `ics` writes the text. `icalendar` is more active, but puts a `DTSTAMP` from the
//! clock and a random `UID` into every component, including `VTIMEZONE`, where RFC 5545 has
//! neither. `ics` does not count the space at the start of a folded line, so lines are folded
//! here.

use chrono::{DateTime, TimeDelta, Utc};
use ics::components::Property;
use ics::parameters::TzIDParam;
use ics::properties::{DtEnd, DtStart, ExDate, RRule, RefreshInterval, Summary, Transp};
use ics::{Event, ICalendar, escape_text};

use super::clock::{DAY, Moment, Wall, local, naive};
use super::pattern::{Cycle, Pattern, Stretch};
use super::together::MARGIN;
use super::zone::Zone;
use super::{Timing, vtimezone};

/// How far ahead occurrences are checked one by one for clock changes.
const HORIZON: TimeDelta = TimeDelta::days(3_653);

/// Years before this have no calendar, and their dates not always four digits.
const FIRST: &str = "0001-01-02T00:00:00Z";
/// Likewise for what comes after.
const LAST: &str = "9999-12-30T00:00:00Z";

/// How often a program should fetch the calendar again (RFC 7986).
const REFRESH: &str = "PT1H";

/// The most octets that a line may have, without the break at its end (RFC 5545, 3.1).
const LINE: usize = 75;

/// The texts of a calendar's events.
///
/// See [`Timing::calendar`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CalendarEntry<'a> {
    /// Identifies the grant, the same each time: each event's `UID` ends with it.
    pub uid: &'a str,
    /// The text for people.
    pub summary: &'a str,
    /// When the grant last changed, or now (`DTSTAMP`).
    pub stamp: DateTime<Utc>,
}

impl Timing {
    /// The windows from `from` to `until` as an iCalendar, at a door in that zone.
    ///
    /// The events together cover exactly the windows; they may touch, and overlap in an hour
    /// that a clock change repeats. Without an `until` the calendar goes as far as the grant.
    /// Clock changes are checked for ten years from `from`; what continues after that is a
    /// series.
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
            // An end beyond the calendar's range counts as none.
            limit: if limit < last { limit } else { Moment::NEVER },
            horizon: limit.min(start.plus(HORIZON.num_seconds())).min(last),
            changes: Vec::new(),
            events: Vec::new(),
            zoned: false,
        };
        writer.find_changes();
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

/// The occurrences that a series shows.
struct Run {
    first: Stretch,
    last: Moment,
    count: usize,
    /// The starts of missing occurrences between the first and the last.
    without: Vec<Wall>,
    /// Likewise after the last.
    behind: Vec<Wall>,
}

struct Writer<'a> {
    zone: Zone,
    entry: &'a CalendarEntry<'a>,
    start: Moment,
    limit: Moment,
    horizon: Moment,
    /// The days up to the horizon, and a few more, in which the clock is changed: their
    /// first seconds, in order, and how far ahead of UTC it is after them.
    changes: Vec<(i64, i64)>,
    events: Vec<Event<'static>>,
    /// Whether an event names the zone.
    zoned: bool,
}

impl Writer<'_> {
    /// Looks for clock changes once, for all series.
    fn find_changes(&mut self) {
        let first = self.start.secs() - 2 * MARGIN;
        let ahead = |secs| Moment::at(secs).wall(self.zone).secs - secs;
        let mut before = ahead(first);
        let mut changes = vec![(i64::MIN, before)];
        // As far as all ranges look: the occurrences after this one decide where a series ends.
        let last = self.start.secs() + HORIZON.num_seconds();
        let days = (last + 2 * MARGIN - first) / DAY;
        for day in (0..=days).map(|day| first + day * DAY) {
            let after = ahead(day + DAY);
            if after != before {
                changes.push((day, after));
                before = after;
            }
        }
        self.changes = changes;
    }

    /// The instants of a stretch, if no clock change is so near that it could matter.
    fn plain(&self, stretch: Stretch) -> Option<(Moment, Moment)> {
        let place = self
            .changes
            .partition_point(|(day, _)| *day <= stretch.0.secs + MARGIN);
        let (day, ahead) = *self.changes.get(place.checked_sub(1)?)?;
        let is_far = stretch.0.secs.saturating_sub(day) > MARGIN
            && stretch.1.secs < self.start.secs() + HORIZON.num_seconds();
        is_far.then(|| (stretch.0.minus(ahead), stretch.1.minus(ahead)))
    }

    /// The whole range: one event or, when it is endless, days in UTC without end.
    fn always(&mut self) {
        let endless = self.limit == Moment::NEVER;
        let until = if endless {
            self.start.plus(DAY)
        } else {
            self.limit
        };
        let mut event = self.event(&self.uid("always"), self.start, until);
        if endless {
            event.push(RRule::new("FREQ=DAILY"));
        }
        self.events.push(event);
    }

    /// The occurrences of stretches with the same hours.
    fn series(&mut self, cycle: Cycle<'_>) {
        let name = name_of(cycle);
        let mut run: Option<Run> = None;
        for k in cycle.first_ending_after(self.start, self.zone).. {
            let Some(stretch) = cycle.nth(k) else { return };
            let plain = self.plain(stretch);
            let instants = plain.or_else(|| cycle.instants(k, self.zone));
            let Some((from, until)) = instants else {
                return;
            };
            if from >= self.limit {
                break;
            }
            if from >= self.horizon
                && let Some(mut run) = run.take()
            {
                run.without.append(&mut run.behind);
                let rule = rule_of(cycle, self.open_end());
                self.push_run(&name, run, Some(rule));
                return;
            }
            let is_whole = self.start <= from && until <= self.limit;
            if is_whole && (plain.is_some() || self.is_regular(stretch, from, until)) {
                match &mut run {
                    Some(run) => {
                        run.without.append(&mut run.behind);
                        run.last = from;
                        run.count += 1;
                    }
                    None => {
                        run = Some(Run {
                            first: stretch,
                            last: from,
                            count: 1,
                            without: Vec::new(),
                            behind: Vec::new(),
                        });
                    }
                }
                continue;
            }
            if self.is_once(stretch.0) {
                if let Some(run) = &mut run {
                    run.behind.push(stretch.0);
                }
            } else if let Some(run) = run.take() {
                self.push_closed(cycle, &name_until(&name, Some(stretch.0)), run);
            }
            let uid = self.uid(&format!("{}-{name}", utc(from)));
            let (from, until) = (from.max(self.start), until.min(self.limit));
            if from < until {
                let event = self.event(&uid, from, until);
                self.events.push(event);
            }
        }
        if let Some(run) = run {
            let end = self.next_end(cycle, run.last.wall(self.zone));
            self.push_closed(cycle, &name_until(&name, end), run);
        }
    }

    /// Whether the clock shows this once.
    fn is_once(&self, wall: Wall) -> bool {
        wall.begins(self.zone) == wall.ends(self.zone)
            && wall.begins(self.zone).wall(self.zone) == wall
    }

    /// The first start after another one that the clock does not show once, if there is one
    /// within ten years.
    fn next_end(&self, cycle: Cycle<'_>, after: Wall) -> Option<Wall> {
        self.changes.iter().find_map(|(day, _)| {
            let (first, last) = (day.saturating_sub(MARGIN), day.saturating_add(MARGIN));
            if last <= after.secs {
                return None;
            }
            let first = cycle.first_ending_after_wall(Wall::at_secs(first.max(after.secs)));
            let starts = (first..).map_while(|k| Some(cycle.nth(k)?.0));
            let mut near = starts.take_while(|start| start.secs < last);
            near.find(|start| *start > after && !self.is_once(*start))
        })
    }

    fn push_closed(&mut self, cycle: Cycle<'_>, name: &str, run: Run) {
        let rule = (run.count > 1).then(|| {
            // Any instant from the last start up to the next one says the same. Programs
            // that take it for local time are right too if it is not before that either.
            let ahead = run.last.wall(self.zone).secs - run.last.secs();
            rule_of(cycle, Some(run.last.plus(ahead.max(0))))
        });
        self.push_run(name, run, rule);
    }

    /// Whether every program must take the occurrence for these two instants.
    fn is_regular(&self, stretch: Stretch, from: Moment, until: Moment) -> bool {
        let (start, end) = stretch;
        self.is_once(start)
            && until.wall(self.zone) == end
            && until.secs() - from.secs() == end.secs - start.secs
    }

    fn push_run(&mut self, name: &str, run: Run, rule: Option<String>) {
        let mut event = Event::new(self.uid(name), utc(self.entry.stamp.into()));
        event.push(in_zone(DtStart::new(local(run.first.0)), self.zone));
        event.push(in_zone(DtEnd::new(local(run.first.1)), self.zone));
        if let Some(rule) = rule {
            event.push(RRule::new(rule));
        }
        if !run.without.is_empty() {
            let without: Vec<_> = run.without.into_iter().map(local).collect();
            event.push(in_zone(ExDate::new(without.join(",")), self.zone));
        }
        self.describe(&mut event);
        self.events.push(event);
        self.zoned = true;
    }

    /// The last second of a grant that continues beyond the horizon, if it has an end.
    fn open_end(&self) -> Option<Moment> {
        (self.limit < Moment::NEVER).then(|| self.limit.plus(-1))
    }

    /// One event in UTC.
    fn event(&self, uid: &str, from: Moment, until: Moment) -> Event<'static> {
        let mut event = Event::new(uid.to_owned(), utc(self.entry.stamp.into()));
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

    /// The UID of an event among those of the grant.
    fn uid(&self, name: &str) -> String {
        format!("{name}-{}", plain(self.entry.uid))
    }

    fn summary(&self) -> String {
        escape_text(plain(self.entry.summary)).into_owned()
    }

    fn text(self) -> String {
        let mut calendar = ICalendar::new("2.0", "-//Latchkey//Latchkey//EN");
        calendar.push(ics::properties::CalScale::new("GREGORIAN"));
        calendar.push(ics::properties::Method::new("PUBLISH"));
        // The name by RFC 7986, and the one that programs used before.
        calendar.push(ics::properties::Name::new(self.summary()));
        calendar.push(Property::new("X-WR-CALNAME", self.summary()));
        calendar.push(RefreshInterval::new(REFRESH));
        calendar.push(Property::new("X-PUBLISHED-TTL", REFRESH));
        if self.zoned {
            calendar.add_timezone(vtimezone::of(self.zone, self.start, self.horizon));
        }
        for event in self.events {
            calendar.add_event(event);
        }
        folded(&calendar.to_string())
    }
}

/// The text with all its lines folded again.
fn folded(text: &str) -> String {
    let mut folded = String::with_capacity(text.len() + text.len() / LINE * 3);
    for line in text.replace("\r\n ", "").split_inclusive("\r\n") {
        let mut left = line.trim_end_matches("\r\n");
        let mut room = LINE;
        while left.len() > room {
            let cut = (1..=room).rev().find(|cut| left.is_char_boundary(*cut));
            let (now, later) = left.split_at(cut.unwrap_or(left.len()));
            folded.push_str(now);
            folded.push_str("\r\n ");
            left = later;
            // The space that a folded line begins with counts.
            room = LINE - 1;
        }
        folded.push_str(left);
        folded.push_str("\r\n");
    }
    folded
}

/// What distinguishes a series from the others of a grant: its days and its hours.
fn name_of(cycle: Cycle<'_>) -> String {
    let rule = rule_of(cycle, None);
    let rule = rule.replace("FREQ=", "").replace(";WKST=MO", "");
    let rule = rule.replace([';', ',', '='], "-").to_lowercase();
    let Some((start, end)) = cycle.stretches.first() else {
        return rule;
    };
    let time = naive(start.secs).format("%H%M%S");
    let length = end.secs - start.secs;
    match (start.nanos, end.nanos) {
        (0, 0) => format!("{rule}-{time}-{length}"),
        (from, to) => format!("{rule}-{time}.{from:09}-{length}.{to:09}"),
    }
}

/// The name of a series that ends before such a start, or does not end.
fn name_until(name: &str, end: Option<Wall>) -> String {
    match end {
        Some(end) => format!("{name}-until-{}", naive(end.secs).format("%Y%m%d")),
        None => name.to_owned(),
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

/// Without control characters, which a content line cannot have; line breaks are
/// escaped when it is written.
fn plain(text: &str) -> String {
    text.chars()
        .filter(|c| *c == '\n' || !c.is_control())
        .collect()
}
