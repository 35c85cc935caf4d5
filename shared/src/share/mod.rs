//! The share: the grant of the share family, with what its clients keep of it.

mod new;
mod view;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub(crate) use new::rules;
pub use new::{MAX_RULES, NewShare, NewShareBody};
pub use view::{AccountView, Names, SourceDetails, UserGroupView, View};

use crate::grant::{Grant, Parent, Permissions, Receiver, Source};
use crate::id::{OrganizationId, ScheduleId, ShareId, UserId};
use crate::timing::Timing;

/// What the receiver of a share has chosen for themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct PersonalSettings {
    /// Whether the receiver is told of what happens to the share.
    #[schema(examples(false))]
    pub notifications: bool,
}

/// A share as it stands in the table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Share {
    /// Its number.
    pub id: ShareId,
    /// Its organization.
    pub organization: OrganizationId,
    /// Who made it.
    pub creator: UserId,
    /// When it holds.
    pub timing: Timing,
    /// The named schedule whose rules it keeps, in place of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schedule: Option<ScheduleId>,
    /// What it allows.
    pub permissions: Permissions,
    /// What it opens.
    pub source: Source,
    /// Whom it is for; nobody yet, of an open invitation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receiver: Option<Receiver>,
    /// What the receiver has chosen.
    pub personal_settings: PersonalSettings,
    /// When an open invitation can no longer be claimed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invitation_expiration: Option<DateTime<Utc>>,
    /// By right of which grant it was made; by role when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<Parent>,
    /// How many shares stand above it.
    #[serde(default)]
    pub depth: u8,
    /// Grows by one with each change; the entity tag.
    pub version: u64,
    /// When it was made.
    pub date_created: DateTime<Utc>,
    /// When it was last changed.
    pub date_modified: DateTime<Utc>,
}

/// Where a share is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[schema(
    as = ShareState,
    description = "Where a share is in its life: an open invitation that nobody has claimed, before, in or after its window. Of its schedule this says nothing.",
    examples("Active")
)]
pub enum State {
    /// An open invitation that nobody has claimed.
    Pending,
    /// Its window has not begun.
    Upcoming,
    /// Its window has begun and not ended, whatever its schedule says of this moment.
    Active,
    /// Its window is over.
    Ended,
}

impl State {
    /// Where what holds by `timing` is in its life at `now`, at a door in `zone`.
    pub fn of(timing: &Timing, zone: Tz, now: DateTime<Utc>) -> Self {
        let (from, until) = timing.span(zone);
        if until.is_some_and(|until| until <= now) {
            Self::Ended
        } else if now < from {
            Self::Upcoming
        } else {
            Self::Active
        }
    }
}

impl Share {
    /// The grant of this share; none as long as it has no receiver.
    pub fn grant(&self) -> Option<Grant> {
        Some(Grant {
            share: self.id,
            receiver: self.receiver?,
            source: self.source,
            timing: self.timing.clone(),
            schedule: self.schedule,
            permissions: self.permissions,
            parent: self.parent,
            depth: self.depth,
        })
    }

    /// Where it is in its life at `now`, at a door in `zone`.
    pub fn state(&self, zone: Tz, now: DateTime<Utc>) -> State {
        match State::of(&self.timing, zone, now) {
            State::Ended => State::Ended,
            _ if self.receiver.is_none() => State::Pending,
            state => state,
        }
    }
}
