//! When a grant holds: one evaluator for shares and accesses.
//!
//! A [`Timing`] is a [`Window`] and a union of [`Rule`]s on the wall clock of a door.
//! It answers two questions: does it hold at an instant ([`Timing::holds`]), and which
//! are its windows in a range ([`Timing::windows`]). Decisions, calendars and pictures
//! of the week all come from these two, so they cannot disagree.
//!
//! Pure: it reads no clock and fetches nothing; the zone of the door and the instant are
//! arguments. `docs/time.md` has the meaning of every rule, with worked examples.
//!
//! # How, and what was turned down
//!
//! Every rule comes back after 1, 7 or 14 days, so on the wall clock the occurrence
//! nearest to an instant is found by a division. Only its boundaries are then asked of
//! the zone. Walking from occurrence to occurrence, as recurrence libraries do, costs
//! more the further the instant lies from the start; a table of windows made in advance
//! would have to be made again with each change of a zone's rules.

mod calendar;
mod clock;
mod pattern;
mod rule;
pub mod schema;
mod together;
mod vtimezone;
mod wall;
mod window;
mod windows;
mod zone;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use clock::{DAY, Moment, monday};
use pattern::{Cycle, Pattern};

pub use calendar::CalendarEntry;
pub use rule::{DayOfWeek, DayOfWeekMissing, HoursError, Period, Recurrence, Rule, end_of_day};
pub use together::{Budget, RanOut, Together};
pub use window::{InstantWindow, LocalWindow, ShownWindow, Window, WindowError, WindowFault};
pub use windows::{Span, Windows};
pub use zone::{UnknownZone, Zone};

/// When a grant holds: inside its window and, if it has rules, inside one of them.
///
/// ```
/// use timing::{Timing, Zone};
///
/// let berlin: Zone = "Europe/Berlin".parse().unwrap();
/// let timing: Timing = serde_json::from_str(
///     r#"{"window": {"created": "2024-01-01T00:00:00Z"},
///         "rules": [{"dayOfWeek": "Monday", "recurrence": "Weekly",
///                    "period": {"startTime": "09:00:00", "endTime": "17:00:00"}}]}"#,
/// ).unwrap();
/// // Monday, nine in the morning in Berlin.
/// assert!(timing.holds(berlin, "2024-07-01T07:00:00Z".parse().unwrap()));
/// assert!(!timing.holds(berlin, "2024-07-01T15:00:00Z".parse().unwrap()));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Timing {
    /// From when until when.
    pub window: Window,
    /// The rules of its schedule; none are always, within the window.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<Rule>,
}

/// Whether a timing holds at an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Standing {
    /// It holds, by the rule of that place in [`Timing::rules`], the first if several
    /// do; `None` when it has no rules.
    Holds(Option<usize>),
    /// The window has not begun.
    BeforeStart,
    /// The window has ended.
    Ended,
    /// The instant lies in the window and in none of the rules.
    OutsideSchedule,
}

impl Timing {
    /// A timing from a window, local or of instants, and rules.
    ///
    /// ```
    /// use timing::{InstantWindow, Rule, Timing, Zone};
    ///
    /// let window = InstantWindow::new("2024-06-01T12:00:00Z".parse().unwrap(), None).unwrap();
    /// let timing = Timing::new(window, vec![Rule::daily(None)]);
    /// assert!(timing.holds(Zone::UTC, "2074-06-01T12:00:00Z".parse().unwrap()));
    /// ```
    pub fn new(window: impl Into<Window>, rules: Vec<Rule>) -> Timing {
        Timing {
            window: window.into(),
            rules,
        }
    }

    /// Whether it holds at the instant, at a door in that zone.
    ///
    /// The cost is that of a look at each rule, wherever the instant lies.
    ///
    /// ```
    /// use timing::{InstantWindow, Timing, Zone};
    ///
    /// let noon = "2024-06-01T12:00:00Z".parse().unwrap();
    /// let one = "2024-06-01T13:00:00Z".parse().unwrap();
    /// let timing = Timing::new(InstantWindow::new(noon, Some(one)).unwrap(), vec![]);
    /// assert!(timing.holds(Zone::UTC, noon));
    /// assert!(!timing.holds(Zone::UTC, one));
    /// ```
    pub fn holds(&self, zone: Zone, at: DateTime<Utc>) -> bool {
        matches!(self.standing(zone, at), Standing::Holds(_))
    }

    /// Whether it holds at the instant, and why, or why not.
    ///
    /// ```
    /// use timing::{DayOfWeek, InstantWindow, Rule, Standing, Timing, Zone};
    ///
    /// let window = InstantWindow::new("2024-06-01T12:00:00Z".parse().unwrap(), None).unwrap();
    /// let timing = Timing::new(window, vec![Rule::weekly(DayOfWeek::Monday, None)]);
    /// let standing = |at: &str| timing.standing(Zone::UTC, at.parse().unwrap());
    /// assert_eq!(standing("2024-06-01T11:59:59Z"), Standing::BeforeStart);
    /// assert_eq!(standing("2024-06-02T12:00:00Z"), Standing::OutsideSchedule);
    /// assert_eq!(standing("2024-06-03T12:00:00Z"), Standing::Holds(Some(0)));
    /// ```
    pub fn standing(&self, zone: Zone, at: DateTime<Utc>) -> Standing {
        let at = Moment::from(at);
        let (from, until) = self.window.moments(zone);
        if at >= until {
            return Standing::Ended;
        }
        if at < from {
            return Standing::BeforeStart;
        }
        if self.rules.is_empty() {
            return Standing::Holds(None);
        }
        let base = monday(self.first_day(zone));
        let shown = at.wall(zone);
        let steady = together::is_steady_about(zone, at);
        let holding = self.rules.iter().position(|rule| {
            let cycle = Cycle {
                stretches: &[rule.occurrence(base)],
                length: rule.step() * DAY,
            };
            cycle.holds(at, shown, steady, zone)
        });
        match holding {
            Some(place) => Standing::Holds(Some(place)),
            None => Standing::OutsideSchedule,
        }
    }

    /// Its windows from `from` to `until`, half-open, at a door in that zone: disjoint,
    /// in order, as long as they can be, cut at the two ends of the range.
    ///
    /// Lazy: the first costs the same wherever the range lies, and so does each further
    /// one. A range that ends before it begins has none.
    ///
    /// ```
    /// use timing::{InstantWindow, Period, Rule, Timing, Zone};
    ///
    /// let window = InstantWindow::new("2024-01-01T00:00:00Z".parse().unwrap(), None).unwrap();
    /// let hours: Period =
    ///     serde_json::from_str(r#"{"startTime": "01:00:00", "endTime": "04:00:00"}"#).unwrap();
    /// let timing = Timing::new(window, vec![Rule::daily(Some(hours))]);
    ///
    /// let new_york: Zone = "America/New_York".parse().unwrap();
    /// // The night in which New York has no hour from two to three.
    /// let from = "2024-03-10T05:00:00Z".parse().unwrap();
    /// let until = "2024-03-11T04:00:00Z".parse().unwrap();
    /// let windows: Vec<_> = timing.windows(new_york, from, until).collect();
    /// assert_eq!(windows.len(), 1);
    /// assert_eq!(windows[0].from.to_rfc3339(), "2024-03-10T06:00:00+00:00");
    /// assert_eq!(windows[0].until.unwrap().to_rfc3339(), "2024-03-10T08:00:00+00:00");
    /// ```
    pub fn windows(&self, zone: Zone, from: DateTime<Utc>, until: DateTime<Utc>) -> Windows {
        let (start, end) = self.window.moments(zone);
        let range = (start.max(from.into()), end.min(until.into()));
        Windows::new(zone, self.pattern(zone), range)
    }

    /// The window that holds at the instant, whole, or the next one after it.
    ///
    /// A window without end, or with one that chrono cannot say, has no `until`.
    ///
    /// ```
    /// use timing::{DayOfWeek, InstantWindow, Rule, Timing, Zone};
    ///
    /// let window = InstantWindow::new("2024-01-01T00:00:00Z".parse().unwrap(), None).unwrap();
    /// let timing = Timing::new(window, vec![Rule::weekly(DayOfWeek::Monday, None)]);
    /// let next = timing.next(Zone::UTC, "2024-06-01T12:00:00Z".parse().unwrap()).unwrap();
    /// assert_eq!(next.from.to_rfc3339(), "2024-06-03T00:00:00+00:00");
    /// // Asked within a window, it is that window.
    /// assert_eq!(timing.next(Zone::UTC, "2024-06-03T12:00:00Z".parse().unwrap()), Some(next));
    /// ```
    pub fn next(&self, zone: Zone, after: DateTime<Utc>) -> Option<Span> {
        let range = self.window.moments(zone);
        let at = range.0.max(after.into());
        if at >= range.1 {
            return None;
        }
        Windows::around(zone, &self.pattern(zone), range, at)
    }

    /// Whether it is known to hold only when `wider` does, at a door in that zone: it begins
    /// no earlier and ends no later, and each of its rules is one of `wider`'s. A rule that
    /// lies within another one is not known for it.
    ///
    /// ```
    /// use timing::{DayOfWeek, InstantWindow, Rule, Timing, Zone};
    ///
    /// let window = InstantWindow::new("2024-06-03T00:00:00Z".parse().unwrap(), None).unwrap();
    /// let always = Timing::new(window, vec![]);
    /// let mondays = Timing::new(window, vec![Rule::weekly(DayOfWeek::Monday, None)]);
    /// assert!(mondays.is_within(&always, Zone::UTC));
    /// assert!(!always.is_within(&mondays, Zone::UTC));
    /// ```
    pub fn is_within(&self, wider: &Timing, zone: Zone) -> bool {
        let ((from, until), (first, last)) =
            (self.window.moments(zone), wider.window.moments(zone));
        let known = |rule| wider.rules.contains(rule);
        let has_rules =
            wider.rules.is_empty() || (!self.rules.is_empty() && self.rules.iter().all(known));
        let counts_alike = !self.rules.iter().any(Rule::counts_weeks)
            || wider.rules.is_empty()
            || self.counts_weeks_as(wider, zone);
        from >= first && until <= last && has_rules && counts_alike
    }

    /// Whether the same weeks are those of its biweekly rules as of another timing's.
    pub fn counts_weeks_as(&self, other: &Timing, zone: Zone) -> bool {
        let week = |timing: &Timing| monday(timing.window.first_day(zone));
        (week(self) - week(other)).rem_euclid(14) == 0
    }

    /// The two ends of its window as instants, before any rule is asked; no second one
    /// when it is without end. See [`Window::span`].
    ///
    /// ```
    /// use timing::{InstantWindow, Timing, Zone};
    ///
    /// let noon = "2024-06-01T12:00:00Z".parse().unwrap();
    /// let timing = Timing::new(InstantWindow::new(noon, None).unwrap(), vec![]);
    /// assert_eq!(timing.span(Zone::UTC), (noon, None));
    /// ```
    pub fn span(&self, zone: Zone) -> (DateTime<Utc>, Option<DateTime<Utc>>) {
        self.window.span(zone)
    }

    fn pattern(&self, zone: Zone) -> Pattern {
        Pattern::new(&self.rules, self.first_day(zone))
    }

    /// The cost of the pattern of its rules, in looks: each occurrence of each rule in a
    /// fortnight is put in order.
    fn looks(&self) -> usize {
        let each = self.rules.iter().map(|rule| 14 / rule.step());
        usize::try_from(each.sum::<i64>()).unwrap_or(usize::MAX) * 4
    }

    /// The day from which the weeks are counted; any will do when no rule counts them.
    fn first_day(&self, zone: Zone) -> i64 {
        if self.rules.iter().any(Rule::counts_weeks) {
            self.window.first_day(zone)
        } else {
            0
        }
    }
}
