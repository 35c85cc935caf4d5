//! Named schedules.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Created, Documented, New, Resource, View, first};
use crate::id::ScheduleId;
use crate::rules::rules;
use crate::table::{Change, If, Key, Transaction};
use crate::timing::Rule;
use crate::wire::json::{Fields, Label};

/// The attribute that counts the shares that keep one.
pub const KEPT_BY: &str = "keptBy";

/// Counts one more grant that keeps a schedule; refused if the schedule does not exist.
pub fn keep<T: Copy>(writes: &mut Transaction<'_, T>, tag: T, key: &Key) {
    let kept = Change::new_version().add(KEPT_BY, 1);
    writes.update(tag, key, kept, If::Exists);
}

/// Counts `by` fewer grants that keep a schedule; refused if the schedule does not exist, or
/// counts not so many.
pub fn release<T: Copy>(writes: &mut Transaction<'_, T>, tag: T, key: &Key, by: u32) {
    let released = Change::new_version().add(KEPT_BY, -i64::from(by));
    writes.update(tag, key, released, If::AtLeast(KEPT_BY, by.into()));
}

/// A named schedule: rules that many shares can use.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Schedule {
    /// The ID.
    pub id: ScheduleId,
    /// The name.
    #[schema(examples("Office hours"))]
    pub name: String,
    /// The rules; empty means always.
    #[schema(example = json!([{"dayOfWeek": "Monday", "recurrence": "Weekly"}]))]
    pub rules: Vec<Rule>,
    /// The number of shares that use the schedule.
    #[serde(default)]
    #[schema(required, examples(3))]
    pub kept_by: u64,
    /// The version; each change adds one, and so does each share that starts or stops using the
    /// schedule.
    #[serde(default = "first")]
    #[schema(required, minimum = 1, examples(1))]
    pub version: u64,
}

/// The body of a change, as the API document shows it; [`Resource::changed`] reads it.
#[derive(Debug, ToSchema)]
#[schema(
    rename_all = "camelCase",
    description = "A change of a named schedule.",
    examples(json!({
        "name": "Office hours",
        "rules": [{
            "dayOfWeek": "Monday",
            "recurrence": "Weekly",
            "period": {"startTime": "09:00:00", "endTime": "17:00:00"}
        }]
    }))
)]
pub struct ScheduleChanges {
    /// The name.
    #[schema(min_length = 1, max_length = 200, examples("Office hours"))]
    pub name: Option<String>,
    /// The rules; empty means always.
    #[schema(max_items = 100, example = json!([{"dayOfWeek": "Monday", "recurrence": "Weekly"}]))]
    pub rules: Option<Vec<Rule>>,
}

impl Documented for Schedule {
    type Changes = ScheduleChanges;
}

/// The body of a create.
pub type NewSchedule = New<Schedule>;

/// The answer to a create.
pub type ScheduleCreated = Created<Schedule>;

/// The display form.
pub type ScheduleView = View<'static, Schedule>;

impl Resource for Schedule {
    type Id = ScheduleId;
    const KEY: &'static str = "SCHEDULE";
    const WHAT: &'static str = "schedule";
    const ID_FIELD: &'static str = "scheduleId";
    const REQUIRED: &'static [&'static str] = &["name", "rules"];
    const COUNTED_BY: Option<&'static str> = Some(KEPT_BY);

    fn blank(id: ScheduleId) -> Self {
        Self {
            id,
            name: String::new(),
            rules: Vec::new(),
            kept_by: 0,
            version: 1,
        }
    }

    super::resource::versioned!();

    fn read(&mut self, body: &Fields<'_>) {
        body.set::<Label, _>("name", &mut self.name);
        if let Some(rules) = rules(body, "rules") {
            self.rules = rules;
        }
    }
}
