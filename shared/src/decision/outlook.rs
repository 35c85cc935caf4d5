//! How one grant stands, and when it holds.

use crate::timing::Zone;
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Candidate, Cursor, Failed, NextWindow, next};
use crate::timing::{Budget, Rule};

/// How a grant stands at an instant, and when it holds.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = GrantOutlook)]
pub struct Outlook {
    /// Whether it holds now.
    #[schema(examples(true))]
    holds_now: bool,
    /// Why it does not; left out when it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    failed: Option<Failed>,
    /// The stretch in which it holds now; left out when it does not.
    #[serde(skip_serializing_if = "Option::is_none")]
    now: Option<NextWindow>,
    /// When it holds next: after the stretch in which it does now, if it does. Left out when
    /// it does not again.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<NextWindow>,
    /// True when there are more rules than there is time to find the windows of: `now` or
    /// `next` may be missing. Left out otherwise.
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

    /// How it stands at `at`, at a door in `zone`; its windows as far as `budget` goes.
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
