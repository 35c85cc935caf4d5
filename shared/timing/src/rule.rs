//! A rule of a schedule: on which days, and when on them.

use chrono::{NaiveTime, TimeDelta, Timelike};
use serde::{Deserialize, Serialize};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::clock::{self, Wall};
use crate::schema::LocalTime;

/// How often a rule repeats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[schema(examples("Weekly"))]
pub enum Recurrence {
    /// Each day.
    Daily,
    /// On its day of the week, each week.
    Weekly,
    /// On its day of the week, every second week, counted in ISO weeks from the week
    /// that the window begins in.
    BiWeekly,
}

/// A day of the week, by its English name, as on the wire.
///
/// ```
/// use chrono::Weekday;
/// use timing::DayOfWeek;
///
/// assert_eq!(DayOfWeek::from(Weekday::Mon), DayOfWeek::Monday);
/// assert_eq!(serde_json::to_string(&DayOfWeek::Monday).unwrap(), r#""Monday""#);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[schema(description = "A day of the week.", examples("Monday"))]
#[allow(missing_docs)]
pub enum DayOfWeek {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

impl From<chrono::Weekday> for DayOfWeek {
    fn from(day: chrono::Weekday) -> Self {
        use chrono::Weekday;
        match day {
            Weekday::Mon => DayOfWeek::Monday,
            Weekday::Tue => DayOfWeek::Tuesday,
            Weekday::Wed => DayOfWeek::Wednesday,
            Weekday::Thu => DayOfWeek::Thursday,
            Weekday::Fri => DayOfWeek::Friday,
            Weekday::Sat => DayOfWeek::Saturday,
            Weekday::Sun => DayOfWeek::Sunday,
        }
    }
}

/// The hours of a day, in local time, half-open: the end no longer belongs to it.
///
/// An end that is not later than the start lies on the next day, and a period whose
/// two times are equal goes once round the clock. It belongs to the day on which it
/// starts: Friday 22:00 to 06:00 lasts until Saturday morning.
///
/// ```
/// use chrono::NaiveTime;
/// use timing::Period;
///
/// let nights: Period =
///     serde_json::from_str(r#"{"startTime": "22:00:00", "endTime": "06:00:00"}"#).unwrap();
/// assert_eq!(nights.start, NaiveTime::from_hms_opt(22, 0, 0).unwrap());
/// assert!(nights.is_overnight());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[schema(
    description = "The hours of a day, in local time, without their end. An end that is not later than the start lies on the next day."
)]
pub struct Period {
    /// The start, in local time.
    #[serde(rename = "startTime")]
    #[schema(value_type = LocalTime)]
    pub start: NaiveTime,
    /// The end, in local time; on the next day unless it is later than the start. `24:00` is
    /// the midnight that ends the day, like `00:00`.
    #[serde(rename = "endTime")]
    #[schema(value_type = LocalTime)]
    pub end: NaiveTime,
}

/// Hours of the day that no day has: negative, or more than 24, or a start at 24.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HoursError {
    /// `FromHour` lies outside of 00:00:00 up to, and without, 24:00:00.
    #[error("the hours must start at 00:00:00 or later and before 24:00:00")]
    From,
    /// `ToHour` lies outside of 00:00:00 to 24:00:00.
    #[error("the hours must end between 00:00:00 and 24:00:00")]
    To,
}

impl Period {
    /// Whether it ends on the day after the one on which it starts.
    pub fn is_overnight(&self) -> bool {
        // Compared as shown: two times that differ only within a leap second are one, and
        // a period between them would never begin.
        clock::shown(self.end) <= clock::shown(self.start)
    }

    /// Whether there is a time of the day that lies in both.
    pub fn meets(&self, other: Period) -> bool {
        let has = |period: &Period, time| match period.is_overnight() {
            true => time >= period.start || time < period.end,
            false => time >= period.start && time < period.end,
        };
        has(self, other.start) || has(&other, self.start)
    }

    /// The period of two spans of time since midnight, as an access gives its hours.
    ///
    /// One left out is midnight: from then on, or until then. 24:00:00 is the midnight
    /// that ends a day, so it is an end like 00:00:00 and cannot be a start; so is the
    /// end of a day as .NET has it ([`end_of_day`]). Equal times are the whole day. With
    /// neither there is no period: `None`.
    ///
    /// # Errors
    /// If one of the two is not a time of a day.
    ///
    /// ```
    /// use chrono::TimeDelta;
    /// use timing::{HoursError, Period};
    ///
    /// let nine = Some(TimeDelta::hours(9));
    /// let midnight = Some(TimeDelta::zero());
    /// assert_eq!(Period::from_hours(None, None), Ok(None));
    /// assert_eq!(
    ///     Period::from_hours(nine, None),
    ///     Period::from_hours(nine, Some(TimeDelta::hours(24))),
    /// );
    /// assert!(Period::from_hours(midnight, midnight).unwrap().unwrap().is_overnight());
    /// assert_eq!(Period::from_hours(Some(TimeDelta::hours(24)), None), Err(HoursError::From));
    /// ```
    pub fn from_hours(
        from: Option<TimeDelta>,
        to: Option<TimeDelta>,
    ) -> Result<Option<Period>, HoursError> {
        if from.is_none() && to.is_none() {
            return Ok(None);
        }
        let start = from.map_or(Some(NaiveTime::MIN), time_of_day);
        let end = match to {
            None => Some(NaiveTime::MIN),
            Some(to) if to == TimeDelta::days(1) => Some(NaiveTime::MIN),
            Some(to) => time_of_day(to).map(|end| end_of_day(end).unwrap_or(end)),
        };
        Ok(Some(Period {
            start: start.ok_or(HoursError::From)?,
            end: end.ok_or(HoursError::To)?,
        }))
    }
}

/// The midnight that ends a day, as an end at 00:00:00, when `time` is what programs write for
/// it that have no 24:00: its last ten millionth of a second, `23:59:59.9999999` in .NET, or
/// less. `None` for any other time.
///
/// ```
/// use chrono::NaiveTime;
/// use timing::end_of_day;
///
/// let end = |text: &str| end_of_day(text.parse().unwrap());
/// assert_eq!(end("23:59:59.9999999"), Some(NaiveTime::MIN));
/// assert_eq!(end("23:59:59.999"), None);
/// ```
pub fn end_of_day(time: NaiveTime) -> Option<NaiveTime> {
    let last = time.num_seconds_from_midnight() == 86_399 && time.nanosecond() >= 999_999_900;
    last.then_some(NaiveTime::MIN)
}

/// The time of day that lies so long after midnight; `None` outside of the day.
fn time_of_day(since: TimeDelta) -> Option<NaiveTime> {
    let secs = u32::try_from(since.num_seconds()).ok()?;
    NaiveTime::from_num_seconds_from_midnight_opt(secs, u32::try_from(since.subsec_nanos()).ok()?)
}

/// One rule of a schedule.
///
/// ```
/// use timing::{DayOfWeek, Recurrence, Rule};
///
/// let rule: Rule = serde_json::from_str(
///     r#"{"dayOfWeek": "Monday",
///         "period": {"startTime": "09:00:00", "endTime": "17:00:00"},
///         "recurrence": "Weekly"}"#,
/// ).unwrap();
/// assert_eq!(rule.day_of_week(), Some(DayOfWeek::Monday));
///
/// assert!(Rule::new(Recurrence::Daily, None, None).is_ok());
/// assert!(Rule::new(Recurrence::Weekly, None, None).is_err());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "RuleForm", into = "RuleForm")]
pub struct Rule {
    recurrence: Recurrence,
    day_of_week: Option<DayOfWeek>,
    period: Option<Period>,
}

/// A weekly or biweekly rule that does not say on which day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("dayOfWeek is missing: only a Daily rule can do without")]
pub struct DayOfWeekMissing;

impl Rule {
    /// A rule; `period` left out is the whole local day.
    ///
    /// A daily rule keeps a day of the week that it is given and takes no notice of it.
    ///
    /// # Errors
    /// If a weekly or biweekly rule has no day of the week.
    pub fn new(
        recurrence: Recurrence,
        day_of_week: Option<DayOfWeek>,
        period: Option<Period>,
    ) -> Result<Rule, DayOfWeekMissing> {
        if day_of_week.is_none() && recurrence != Recurrence::Daily {
            return Err(DayOfWeekMissing);
        }
        Ok(Rule {
            recurrence,
            day_of_week,
            period,
        })
    }

    /// Each day, during the period or all day.
    pub fn daily(period: Option<Period>) -> Rule {
        Rule {
            recurrence: Recurrence::Daily,
            day_of_week: None,
            period,
        }
    }

    /// Each week on that day, during the period or all day.
    pub fn weekly(day: DayOfWeek, period: Option<Period>) -> Rule {
        Rule {
            recurrence: Recurrence::Weekly,
            day_of_week: Some(day),
            period,
        }
    }

    /// Every second week on that day, during the period or all day.
    pub fn biweekly(day: DayOfWeek, period: Option<Period>) -> Rule {
        Rule {
            recurrence: Recurrence::BiWeekly,
            day_of_week: Some(day),
            period,
        }
    }

    /// How often it repeats.
    pub fn recurrence(&self) -> Recurrence {
        self.recurrence
    }

    /// Its day of the week, as it was given.
    pub fn day_of_week(&self) -> Option<DayOfWeek> {
        self.day_of_week
    }

    /// Its hours; `None` is the whole local day.
    pub fn period(&self) -> Option<Period> {
        self.period
    }

    /// Whether it depends on the week that the window begins in.
    pub(super) fn counts_weeks(&self) -> bool {
        self.recurrence == Recurrence::BiWeekly
    }

    /// The days from one occurrence to the next.
    pub(super) fn step(&self) -> i64 {
        match self.recurrence {
            Recurrence::Daily => 1,
            Recurrence::Weekly => 7,
            Recurrence::BiWeekly => 14,
        }
    }

    /// One occurrence, as the wall clock shows its boundaries: of a weekly rule the one
    /// in the week of that Monday, of a daily rule the one on that day.
    pub(super) fn occurrence(&self, monday: i64) -> (Wall, Wall) {
        let day = match (self.recurrence, self.day_of_week) {
            (Recurrence::Daily, _) | (_, None) => monday,
            (_, Some(day)) => monday + day as i64,
        };
        let midnight = Wall {
            secs: day * clock::DAY,
            nanos: 0,
        };
        match self.period {
            None => (midnight, midnight.plus_days(1)),
            Some(period) => {
                let end = midnight.plus_days(i64::from(period.is_overnight()));
                (midnight.at(period.start), end.at(period.end))
            }
        }
    }
}

/// A rule as it is written: `startTime` and `endTime` in ISO 8601 with seconds.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(description = "A rule of a schedule: its days, and its hours on them.")]
struct RuleForm {
    /// The day of the week; required unless `recurrence` is `Daily`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    day_of_week: Option<DayOfWeek>,
    /// The hours; all day by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    period: Option<Period>,
    /// How often the rule repeats. `BiWeekly` counts ISO weeks from the one in which the window
    /// begins.
    recurrence: Recurrence,
}

impl PartialSchema for Rule {
    fn schema() -> RefOr<Schema> {
        RuleForm::schema()
    }
}

impl ToSchema for Rule {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        RuleForm::schemas(schemas);
    }
}

impl TryFrom<RuleForm> for Rule {
    type Error = DayOfWeekMissing;

    fn try_from(form: RuleForm) -> Result<Self, Self::Error> {
        Rule::new(form.recurrence, form.day_of_week, form.period)
    }
}

impl From<Rule> for RuleForm {
    fn from(rule: Rule) -> Self {
        RuleForm {
            day_of_week: rule.day_of_week,
            period: rule.period,
            recurrence: rule.recurrence,
        }
    }
}
