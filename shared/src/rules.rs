//! The rules of a schedule, as a body says them: of a share, and of a named schedule.

use chrono::NaiveTime;

use crate::error::FaultCode;
use crate::timing::{DayOfWeek, Period, Recurrence, Rule};
use crate::wire::json::{EndTime, Fields, Named};

/// The most rules that a schedule may have.
pub const MAX_RULES: usize = 100;

impl Named for DayOfWeek {
    const NAMES: &'static [(&'static str, Self)] = &[
        ("Monday", Self::Monday),
        ("Tuesday", Self::Tuesday),
        ("Wednesday", Self::Wednesday),
        ("Thursday", Self::Thursday),
        ("Friday", Self::Friday),
        ("Saturday", Self::Saturday),
        ("Sunday", Self::Sunday),
    ];
}

impl Named for Recurrence {
    const NAMES: &'static [(&'static str, Self)] = &[
        ("Daily", Self::Daily),
        ("Weekly", Self::Weekly),
        ("BiWeekly", Self::BiWeekly),
    ];
}

/// The rules in a list of the body; `None` when it is left out.
pub(crate) fn rules(body: &Fields<'_>, name: &str) -> Option<Vec<Rule>> {
    let rules = body.objects(name, MAX_RULES)?;
    Some(rules.iter().filter_map(rule).collect())
}

fn rule(fields: &Fields<'_>) -> Option<Rule> {
    let day = fields.name::<DayOfWeek>("dayOfWeek");
    let period = fields.object("period").map(|period| {
        let start = period.required("startTime");
        let end = period.required::<EndTime>("endTime").map(Option::from);
        Some(Period {
            start: start?,
            end: end?.unwrap_or(NaiveTime::MIN),
        })
    });
    if !fields.has("recurrence") {
        fields.missing("recurrence");
    }
    let recurrence = fields.name::<Recurrence>("recurrence")?;
    if fields.has("dayOfWeek") && day.is_none() || matches!(period, Some(None)) {
        return None;
    }
    let rule = Rule::new(recurrence, day, period.flatten());
    if rule.is_err() {
        fields.fault(
            "dayOfWeek",
            FaultCode::Required,
            "required unless recurrence is \"Daily\"",
        );
    }
    rule.ok()
}
