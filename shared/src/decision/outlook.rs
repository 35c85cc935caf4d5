//! How one grant stands, and when it holds.

use crate::timing::Zone;
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Candidate, Failed, NextWindow, next};
use crate::timing::Rule;

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
}

impl Candidate {
    /// When it holds within its window: the rules of its named schedule, if it keeps one.
    pub fn rules(&self) -> Vec<Rule> {
        let own = self.timings.first();
        own.map(|timing| timing.rules.clone()).unwrap_or_default()
    }

    /// How it stands at `at`, at a door in `zone`.
    pub fn outlook(&self, zone: Zone, at: DateTime<Utc>) -> Outlook {
        let failed = self.standing(zone, at).err();
        let holds_now = failed.is_none();
        Outlook {
            holds_now,
            failed,
            now: self
                .window(zone, at)
                .filter(|_| holds_now)
                .map(NextWindow::from),
            next: next(&[self], zone, at).map(NextWindow::from),
        }
    }
}
