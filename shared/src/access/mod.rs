//! The access: the grants of the access family, one for each of its spaces, with their codes;
//! and the template that it is made of.

mod code;
pub mod draft;
pub mod exclusive;
mod new;
pub mod reprogramming;
mod strategy;
pub mod template;
pub mod template_group;
mod view;
mod wrong_codes;

use chrono::{DateTime, NaiveTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

pub use code::{Code, CodeTerms, ENTRY_ID, Entry, Typed};
pub use new::{
    AccessChanges, AccessChangesBody, MAX_SPACES, NewAccess, NewAccessBody, SpaceBody, SpaceTerms,
    SpaceWanted, Terms,
};
pub use strategy::CodeStrategy;
pub use template::AccessTemplate;
pub use template_group::{AccessTemplateGroup, AccessTemplateGroupView};
pub use view::View;
pub use wrong_codes::{Guessed, WrongCodes};

use crate::access_code::AccessCode;
use crate::grant::{Grant, GrantId, Permissions, Receiver, Source};
use crate::id::{AccessId, AccessTemplateId, OrganizationId, ReprogrammingId, SpaceId, UserId};
use crate::timing::{InstantWindow, Period, Rule, Timing};
use exclusive::Taken;

/// The attribute of a code that says how many entries there were.
pub const USED: &str = "used";
/// The attribute of a code with the number of entries allowed.
pub const COUNT: &str = "count";
/// The attribute of a code with its last entry.
pub const LAST_ENTRY: &str = "lastEntry";
/// The attribute of a grant and of a code that says which access they belong to.
pub const ACCESS: &str = "access";

/// An access as it is stored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Access {
    /// The ID.
    pub id: AccessId,
    /// The ID of the organization.
    pub organization: OrganizationId,
    /// The template of the access.
    pub template: AccessTemplateId,
    /// The user.
    pub user: UserId,
    /// Who created it.
    pub creator: UserId,
    /// From when until when.
    pub window: InstantWindow,
    /// The label.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// A value that is stored and returned, without a meaning here.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub permission: Vec<String>,
    /// Whether each space has a code of its own, or all have the same.
    pub strategy: CodeStrategy,
    /// The spaces, at least one.
    pub spaces: Vec<AccessSpace>,
    /// The last remaking of all codes that remade these.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reprogrammed: Option<ReprogrammingId>,
    /// The version; each change adds one.
    pub version: u64,
    /// When it was created.
    pub date_created: DateTime<Utc>,
    /// When it was last changed.
    pub date_modified: DateTime<Utc>,
}

/// A space of an access.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AccessSpace {
    /// The space, with what holds there.
    #[serde(flatten)]
    pub terms: SpaceTerms,
    /// The code that is typed at the doors.
    pub code: AccessCode,
}

impl Access {
    /// Whether it has ended at `now`.
    pub fn has_ended(&self, now: DateTime<Utc>) -> bool {
        self.window.until().is_some_and(|until| until <= now)
    }

    /// Whether it is valid at `now`, whatever the hours of the day.
    pub fn is_active(&self, now: DateTime<Utc>) -> bool {
        self.window.from() <= now && !self.has_ended(now)
    }

    /// The space with this id, if it is among its own.
    pub fn space(&self, id: SpaceId) -> Option<&AccessSpace> {
        self.spaces.iter().find(|space| space.terms.space == id)
    }

    /// The grant of one of its spaces.
    pub fn grant(&self, space: &AccessSpace) -> Grant {
        let terms = &space.terms;
        let rules = terms.hours.map(|hours| Rule::daily(Some(hours)));
        Grant {
            id: GrantId::Access(self.id),
            receiver: Receiver::User(self.user),
            source: Source::Space(terms.space),
            timing: Timing::new(self.window, Vec::from_iter(rules)),
            schedule: None,
            permissions: Permissions::default(),
            parent: None,
            depth: 0,
            counted: terms.count.map(|_| space.code.clone()),
        }
    }

    /// The terms of the code at one of its spaces.
    pub fn code_terms(&self, space: &AccessSpace) -> CodeTerms {
        CodeTerms {
            grant: self.grant(space),
            count: space.terms.count,
            expires_at: self.window.until(),
        }
    }

    /// The booking of one of its spaces, if the access is exclusive there.
    pub fn taken(&self, space: &AccessSpace) -> Option<Taken> {
        space.terms.exclusive.then(|| self.wanted(space))
    }

    /// The stretch that it wants of one of its spaces, which nobody else may have booked.
    pub fn wanted(&self, space: &AccessSpace) -> Taken {
        Taken {
            access: self.id,
            from: self.window.from(),
            until: self.window.until(),
            hours: space.terms.hours,
        }
    }
}

/// The hours of a period as times since midnight: as they are shown.
impl SpaceTerms {
    /// The start of each day's hours, as the time since midnight; `None` for all day.
    pub fn from_hour(&self) -> Option<TimeDelta> {
        self.hours.map(|Period { start, .. }| since_midnight(start))
    }

    /// The end of each day's hours, as the time since midnight.
    pub fn to_hour(&self) -> Option<TimeDelta> {
        self.hours.map(|Period { end, .. }| since_midnight(end))
    }
}

fn since_midnight(time: NaiveTime) -> TimeDelta {
    time.signed_duration_since(NaiveTime::MIN)
}
