//! A grant that could open a door, and whether it holds.

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use crate::grant::{Grant, Permissions};
use crate::share::State;
use crate::timing::{Rule, Standing, Timing, Zone};

/// A grant that could open the door, with all that it rests on.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// The grant.
    pub grant: Grant,
    /// When it holds, and when those above it do, the nearest first; with the rules of
    /// named schedules in their place. It holds while all of them do.
    pub timings: Vec<Timing>,
    /// The permissions of the grant, limited by those of every grant above it.
    pub permissions: Permissions,
    /// The grants above it, the nearest first.
    pub above: Vec<Grant>,
    /// Whether one above it is gone, or gives no right to share any more.
    pub revoked: bool,
    /// Whether the grant has no entry left.
    pub used_up: bool,
}

/// Why a grant does not open the door.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = GrantFailure, examples("outsideSchedule"))]
pub enum Failed {
    /// None of its rules holds.
    OutsideSchedule,
    /// Its window has not begun.
    BeforeStart,
    /// Its window has ended.
    Ended,
    /// It does not allow what is asked for.
    PermissionLacking,
    /// The grant above it has ended or was revoked.
    RevokedSource,
    /// It has no entry left.
    CountUsedUp,
}

impl Candidate {
    /// A grant that rests on nothing else.
    pub fn alone(grant: Grant) -> Self {
        Self {
            timings: vec![grant.timing.clone()],
            permissions: grant.permissions,
            above: Vec::new(),
            revoked: false,
            used_up: false,
            grant,
        }
    }

    /// Why it does not hold at `at`, at a door in `zone`; the rule by which it does, if it
    /// has rules.
    pub(super) fn standing(&self, zone: Zone, at: DateTime<Utc>) -> Result<Option<Rule>, Failed> {
        let mut by = None;
        for (place, timing) in self.timings.iter().enumerate() {
            let own = place == 0;
            match timing.standing(zone, at) {
                Standing::Holds(rule) if own => by = rule.map(|place| timing.rules[place]),
                Standing::Holds(_) => {}
                Standing::Ended if own => return Err(Failed::Ended),
                Standing::Ended => return Err(Failed::RevokedSource),
                Standing::BeforeStart => return Err(Failed::BeforeStart),
                Standing::OutsideSchedule => return Err(Failed::OutsideSchedule),
            }
        }
        if self.revoked {
            return Err(Failed::RevokedSource);
        }
        if self.used_up {
            return Err(Failed::CountUsedUp);
        }
        Ok(by)
    }

    /// Itself, and those above it, the nearest first.
    pub fn chain(&self) -> impl Iterator<Item = &Grant> {
        [&self.grant].into_iter().chain(&self.above)
    }

    /// Whether it holds at `at`, at a door in `zone`.
    pub fn holds(&self, zone: Zone, at: DateTime<Utc>) -> bool {
        self.standing(zone, at).is_ok()
    }

    /// Whether it holds neither at `at` nor ever after: it or one above it has ended, one
    /// above it is gone, or it is used up.
    pub fn is_over(&self, zone: Zone, at: DateTime<Utc>) -> bool {
        let has_ended = |timing: &Timing| State::of(timing, zone, at) == State::Ended;
        self.revoked || self.used_up || self.timings.iter().any(has_ended)
    }
}
