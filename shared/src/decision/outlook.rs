//! Whether one grant holds at an instant, and when it holds.

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::candidate::{Candidate, Failed};
use super::windows::{Cursor, NextWindow, next};
use crate::timing::{Budget, Rule, Zone};

/// Whether a grant holds at an instant, and when it holds.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = GrantOutlook)]
pub struct Outlook {
    /// Whether the grant holds now.
    #[schema(examples(true))]
    holds_now: bool,
    /// Why the grant does not hold; left out if it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    failed: Option<Failed>,
    /// The window in which the grant holds now; left out if it does not.
    #[serde(skip_serializing_if = "Option::is_none")]
    now: Option<NextWindow>,
    /// The next window in which the grant holds: after the current one, if it holds now. Left
    /// out if there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<NextWindow>,
    /// True if the rules are too many to search for all windows in time: `now` or `next` may be
    /// missing. Left out otherwise.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[schema(examples(false))]
    incomplete: bool,
}

impl Candidate {
    /// When it holds within its window: the rules of its named schedule, if it keeps one.
    pub fn rules(&self) -> Vec<Rule> {
        let own = self.timings.first();
        own.map(|timing| timing.rules.clone()).unwrap_or_default()
    }

    /// The outlook at `at`, at a door in `zone`; its windows as far as `budget` allows.
    pub fn outlook(&self, zone: Zone, at: DateTime<Utc>, budget: &mut Budget) -> Outlook {
        let failed = self.standing(zone, at).err();
        let holds_now = failed.is_none();
        let mut cursor = [Cursor::new(self, zone)];
        let now = match holds_now {
            true => cursor[0].window(at, budget),
            false => Ok(None),
        };
        let next = now.and_then(|_| next(&mut cursor, at, budget));
        Outlook {
            holds_now,
            failed,
            now: now.ok().flatten().map(NextWindow::from),
            next: next.ok().flatten().map(NextWindow::from),
            incomplete: next.is_err(),
        }
    }
}
