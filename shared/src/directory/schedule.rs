//! Named schedules.

use serde::{Deserialize, Serialize};

use super::{Resource, first};
use crate::id::ScheduleId;
use crate::share::rules;
use crate::timing::Rule;
use crate::wire::json::{Fields, Label};

/// A named schedule: rules that many shares keep.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Schedule {
    /// Its number.
    pub id: ScheduleId,
    /// Its name.
    pub name: String,
    /// When it holds; always, when empty.
    pub rules: Vec<Rule>,
    /// How many shares keep it.
    #[serde(default)]
    pub kept_by: u64,
    /// Grows by one with each change, and with each share that keeps it.
    #[serde(default = "first")]
    pub version: u64,
}

impl Resource for Schedule {
    type Id = ScheduleId;
    const KEY: &'static str = "SCHEDULE";
    const WHAT: &'static str = "schedule";
    const ID_FIELD: &'static str = "scheduleId";
    const REQUIRED: &'static [&'static str] = &["name", "rules"];
    const COUNTED_BY: Option<&'static str> = Some("keptBy");

    fn blank(id: ScheduleId) -> Self {
        Self {
            id,
            name: String::new(),
            rules: Vec::new(),
            kept_by: 0,
            version: 1,
        }
    }

    fn id(&self) -> Self::Id {
        self.id
    }

    fn version(&self) -> u64 {
        self.version
    }

    fn next_version(mut self) -> Self {
        self.version += 1;
        self
    }

    fn read(&mut self, body: &Fields<'_>) {
        body.set::<Label, _>("name", &mut self.name);
        if let Some(rules) = rules(body, "rules") {
            self.rules = rules;
        }
    }
}
