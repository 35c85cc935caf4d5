//! The window of a grant: from when until when, before its rules are asked.

use std::fmt;

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use serde::{Deserialize, Serialize};

use super::clock::{Moment, Wall, day_number};
use super::zone::Zone;

/// From when until when a grant holds at most, half-open.
///
/// A share's is [local](LocalWindow): dates and times on the wall clock of the door,
/// which become instants only in its zone. An access's is [of instants](InstantWindow).
///
/// ```
/// use timing::{Window, Zone};
///
/// let berlin: Zone = "Europe/Berlin".parse().unwrap();
/// let window: Window = serde_json::from_str(
///     r#"{"created": "2024-05-02T10:00:00Z", "startDate": "2024-06-01", "endDate": "2024-06-30"}"#,
/// ).unwrap();
/// let (from, until) = window.span(berlin);
/// assert_eq!(from.to_rfc3339(), "2024-05-31T22:00:00+00:00");
/// assert_eq!(until.unwrap().to_rfc3339(), "2024-06-30T22:00:00+00:00");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "WindowForm", into = "WindowForm")]
pub enum Window {
    /// In local dates and times.
    Local(LocalWindow),
    /// In instants.
    Instants(InstantWindow),
}

/// A window in the local time of the door.
///
/// Without a start date it begins at its creation, without an end date it has no end.
/// A start date alone is that day's beginning, an end date alone that day's end.
///
/// ```
/// use chrono::{NaiveDate, NaiveTime};
/// use timing::{LocalWindow, WindowFault};
///
/// let created = "2024-05-02T10:00:00Z".parse().unwrap();
/// let june = NaiveDate::from_ymd_opt(2024, 6, 1);
/// assert!(LocalWindow::new(created, (june, None), (june, None)).is_ok());
///
/// let noon = NaiveTime::from_hms_opt(12, 0, 0);
/// let error = LocalWindow::new(created, (None, noon), (None, noon)).unwrap_err();
/// assert_eq!(
///     error.faults(),
///     [WindowFault::StartTimeWithoutDate, WindowFault::EndTimeWithoutDate],
/// );
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct LocalWindow {
    created: DateTime<Utc>,
    start: Option<(NaiveDate, Option<NaiveTime>)>,
    end: Option<(NaiveDate, Option<NaiveTime>)>,
}

/// A window between two instants.
///
/// ```
/// use timing::{InstantWindow, WindowFault};
///
/// let noon = "2024-06-01T12:00:00Z".parse().unwrap();
/// assert!(InstantWindow::new(noon, None).is_ok());
/// let error = InstantWindow::new(noon, Some(noon)).unwrap_err();
/// assert_eq!(error.faults(), [WindowFault::EndNotAfterStart]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "InstantForm", into = "InstantForm")]
pub struct InstantWindow {
    from: DateTime<Utc>,
    until: Option<DateTime<Utc>>,
}

/// Why two ends are not a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WindowFault {
    /// A start time is given, and no date that it could be on.
    StartTimeWithoutDate,
    /// An end time is given, and no date that it could be on.
    EndTimeWithoutDate,
    /// The end is the start, or before it.
    EndNotAfterStart,
    /// It has neither an instant from which on it holds nor one of its creation, or both.
    NeitherLocalNorInstants,
}

impl fmt::Display for WindowFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            WindowFault::StartTimeWithoutDate => "startTime is given without startDate",
            WindowFault::EndTimeWithoutDate => "endTime is given without endDate",
            WindowFault::EndNotAfterStart => "the end is not after the start",
            WindowFault::NeitherLocalNorInstants => {
                "expected either from and until, or created with dates and times"
            }
        })
    }
}

/// Everything that is wrong with a window, at least one fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WindowError(Vec<WindowFault>);

impl WindowError {
    /// The faults, those of the start first.
    pub fn faults(&self) -> &[WindowFault] {
        &self.0
    }
}

impl fmt::Display for WindowError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, fault) in self.0.iter().enumerate() {
            write!(f, "{}{fault}", if i == 0 { "" } else { "; " })?;
        }
        Ok(())
    }
}

impl std::error::Error for WindowError {}

impl LocalWindow {
    /// The window that begins with its creation at `created` and has no end.
    pub const fn unbounded(created: DateTime<Utc>) -> LocalWindow {
        LocalWindow {
            created,
            start: None,
            end: None,
        }
    }

    /// The window from `start` until `end`, each a date and a time, created at `created`.
    ///
    /// # Errors
    /// A time without its date, and an end that is not after the start, as the clock
    /// shows them. An end before the creation, if that is the start, can only be told
    /// in a zone: ask [`Window::is_empty`].
    pub fn new(
        created: DateTime<Utc>,
        start: (Option<NaiveDate>, Option<NaiveTime>),
        end: (Option<NaiveDate>, Option<NaiveTime>),
    ) -> Result<LocalWindow, WindowError> {
        let mut faults = Vec::new();
        if let (None, Some(_)) = start {
            faults.push(WindowFault::StartTimeWithoutDate);
        }
        if let (None, Some(_)) = end {
            faults.push(WindowFault::EndTimeWithoutDate);
        }
        let window = LocalWindow {
            created,
            start: start.0.map(|date| (date, start.1)),
            end: end.0.map(|date| (date, end.1)),
        };
        if let (Some(start), Some(end)) = (window.start_wall(), window.end_wall())
            && end <= start
        {
            faults.push(WindowFault::EndNotAfterStart);
        }
        if faults.is_empty() {
            Ok(window)
        } else {
            Err(WindowError(faults))
        }
    }

    /// When it was created: where it begins when no start date is given.
    pub fn created(&self) -> DateTime<Utc> {
        self.created
    }

    /// The start date, as given.
    pub fn start_date(&self) -> Option<NaiveDate> {
        self.start.map(|(date, _)| date)
    }

    /// The start time, as given.
    pub fn start_time(&self) -> Option<NaiveTime> {
        self.start.and_then(|(_, time)| time)
    }

    /// The end date, as given.
    pub fn end_date(&self) -> Option<NaiveDate> {
        self.end.map(|(date, _)| date)
    }

    /// The end time, as given.
    pub fn end_time(&self) -> Option<NaiveTime> {
        self.end.and_then(|(_, time)| time)
    }

    fn start_wall(&self) -> Option<Wall> {
        self.start
            .map(|(date, time)| Wall::new(date, time.unwrap_or(NaiveTime::MIN)))
    }

    fn end_wall(&self) -> Option<Wall> {
        self.end.map(|(date, time)| match time {
            Some(time) => Wall::new(date, time),
            None => Wall::new(date, NaiveTime::MIN).plus_days(1),
        })
    }
}

impl InstantWindow {
    /// The window from `from` until `until`, or without end.
    ///
    /// # Errors
    /// If the end is not after the start.
    pub fn new(
        from: DateTime<Utc>,
        until: Option<DateTime<Utc>>,
    ) -> Result<InstantWindow, WindowError> {
        if until.is_some_and(|until| until <= from) {
            return Err(WindowError(vec![WindowFault::EndNotAfterStart]));
        }
        Ok(InstantWindow { from, until })
    }

    /// The first instant of the window.
    pub fn from(&self) -> DateTime<Utc> {
        self.from
    }

    /// The first instant after the window.
    pub fn until(&self) -> Option<DateTime<Utc>> {
        self.until
    }
}

impl From<LocalWindow> for Window {
    fn from(window: LocalWindow) -> Self {
        Window::Local(window)
    }
}

impl From<InstantWindow> for Window {
    fn from(window: InstantWindow) -> Self {
        Window::Instants(window)
    }
}

/// A window on the wall clock of a door, for display.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ShownWindow {
    /// The first day; `None` if it began with its creation.
    pub start_date: Option<NaiveDate>,
    /// When it begins on the first day; nothing for the beginning of that.
    pub start_time: Option<NaiveTime>,
    /// The last day; `None` if it has no end.
    pub end_date: Option<NaiveDate>,
    /// When it ends on the last day; nothing for the end of that.
    pub end_time: Option<NaiveTime>,
}

impl Window {
    /// The window on the wall clock of a door in `zone`: as it was given, where it was given so.
    pub fn shown(&self, zone: Zone) -> ShownWindow {
        match self {
            Window::Local(local) => ShownWindow {
                start_date: local.start_date(),
                start_time: local.start_time(),
                end_date: local.end_date(),
                end_time: local.end_time(),
            },
            Window::Instants(instants) => {
                let wall = |at: DateTime<Utc>| at.with_timezone(&zone.offset(at)).naive_local();
                let (start, end) = (wall(instants.from), instants.until.map(wall));
                ShownWindow {
                    start_date: Some(start.date()),
                    start_time: Some(start.time()),
                    end_date: end.map(|end| end.date()),
                    end_time: end.map(|end| end.time()),
                }
            }
        }
    }

    /// Its local dates and times, when it is given in those.
    ///
    /// ```
    /// use timing::{InstantWindow, Window};
    ///
    /// let noon = "2024-06-01T12:00:00Z".parse().unwrap();
    /// assert_eq!(Window::from(InstantWindow::new(noon, None).unwrap()).local(), None);
    /// ```
    pub fn local(&self) -> Option<LocalWindow> {
        match self {
            Window::Local(window) => Some(*window),
            Window::Instants(_) => None,
        }
    }

    /// Its two ends as instants, half-open; no second one when it is without end, or
    /// when that lies beyond what chrono can say (the year 262142).
    ///
    /// A boundary that a clock change leaves out is the first instant after the gap;
    /// one that it repeats is the earlier for the start, the later for the end.
    pub fn span(&self, zone: Zone) -> (DateTime<Utc>, Option<DateTime<Utc>>) {
        let (from, until) = self.moments(zone);
        (from.saturating(), until.until())
    }

    /// Whether no instant lies in it: its end comes before its creation, or both its
    /// ends fall into the hour that a clock change leaves out.
    ///
    /// ```
    /// use chrono::NaiveDate;
    /// use timing::{LocalWindow, Window, Zone};
    ///
    /// let created = "2024-05-02T10:00:00Z".parse().unwrap();
    /// let may_day = NaiveDate::from_ymd_opt(2024, 5, 1);
    /// let over: Window = LocalWindow::new(created, (None, None), (may_day, None)).unwrap().into();
    /// assert!(over.is_empty(Zone::UTC));
    /// ```
    pub fn is_empty(&self, zone: Zone) -> bool {
        let (from, until) = self.moments(zone);
        until <= from
    }

    pub(super) fn moments(&self, zone: Zone) -> (Moment, Moment) {
        match self {
            Window::Local(local) => (
                local
                    .start_wall()
                    .map_or(Moment::from(local.created), |start| start.begins(zone)),
                local.end_wall().map_or(Moment::NEVER, |end| end.ends(zone)),
            ),
            Window::Instants(instants) => (
                Moment::from(instants.from),
                instants.until.map_or(Moment::NEVER, Moment::from),
            ),
        }
    }

    /// The local date on which it begins, in days since 1970: the start date as given,
    /// or what the door's calendar shows at the instant.
    pub(super) fn first_day(&self, zone: Zone) -> i64 {
        match self {
            Window::Local(LocalWindow {
                start: Some((date, _)),
                ..
            }) => day_number(*date),
            Window::Local(LocalWindow { created, .. }) => Moment::from(*created).wall(zone).day(),
            Window::Instants(InstantWindow { from, .. }) => Moment::from(*from).wall(zone).day(),
        }
    }
}

/// A window as it is written: the fields of the one kind or of the other.
#[derive(Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct WindowForm {
    #[serde(skip_serializing_if = "Option::is_none")]
    created: Option<DateTime<Utc>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    start_date: Option<NaiveDate>,
    #[serde(skip_serializing_if = "Option::is_none")]
    start_time: Option<NaiveTime>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_date: Option<NaiveDate>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_time: Option<NaiveTime>,
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<DateTime<Utc>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<DateTime<Utc>>,
}

impl TryFrom<WindowForm> for Window {
    type Error = WindowError;

    fn try_from(form: WindowForm) -> Result<Self, Self::Error> {
        let start = (form.start_date, form.start_time);
        let end = (form.end_date, form.end_time);
        match (form.created, form.from) {
            (Some(created), None) if form.until.is_none() => {
                LocalWindow::new(created, start, end).map(Window::Local)
            }
            (None, Some(from)) if (start, end) == ((None, None), (None, None)) => {
                InstantWindow::new(from, form.until).map(Window::Instants)
            }
            _ => Err(WindowError(vec![WindowFault::NeitherLocalNorInstants])),
        }
    }
}

impl From<Window> for WindowForm {
    fn from(window: Window) -> Self {
        match window {
            Window::Local(local) => WindowForm {
                created: Some(local.created),
                start_date: local.start_date(),
                start_time: local.start_time(),
                end_date: local.end_date(),
                end_time: local.end_time(),
                ..WindowForm::default()
            },
            Window::Instants(instants) => WindowForm {
                from: Some(instants.from),
                until: instants.until,
                ..WindowForm::default()
            },
        }
    }
}

/// The form of a window between instants.
#[derive(Serialize, Deserialize)]
struct InstantForm {
    from: DateTime<Utc>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    until: Option<DateTime<Utc>>,
}

impl TryFrom<InstantForm> for InstantWindow {
    type Error = WindowError;

    fn try_from(form: InstantForm) -> Result<Self, WindowError> {
        InstantWindow::new(form.from, form.until)
    }
}

impl From<InstantWindow> for InstantForm {
    fn from(InstantWindow { from, until }: InstantWindow) -> Self {
        Self { from, until }
    }
}
