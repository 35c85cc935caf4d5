//! The grant: someone may do something at some door during some time.
//!
//! Shares and accesses are two ways to write grants. In the table a grant is an edge from
//! its receiver to its source that holds all that a decision needs, and nothing else.

use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::access_code::AccessCode;
use crate::id::{
    AccessId, DeviceGroupId, DeviceId, ScheduleId, ShareId, SpaceId, UserGroupId, UserId,
};
use crate::timing::Timing;
use crate::wire::json::Named;

/// The attribute of a [`Grant`] that names the one by right of which it was made.
pub const PARENT: &str = "parent";

/// The attribute of a [`Grant`] that names the schedule that it keeps.
pub const SCHEDULE: &str = "schedule";

/// Whom a grant is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[schema(description = "The receiver: a user or a user group.")]
pub enum Receiver {
    /// One user.
    #[serde(rename = "userId")]
    User(UserId),
    /// Everyone in a group.
    #[serde(rename = "userGroupId")]
    UserGroup(UserGroupId),
}

impl Receiver {
    /// The field of a body that names it.
    pub fn field(self) -> &'static str {
        match self {
            Self::User(_) => "receiver.userId",
            Self::UserGroup(_) => "receiver.userGroupId",
        }
    }
}

/// What a grant opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[schema(
    as = GrantSource,
    description = "What a grant opens: a device, a device group or a space."
)]
pub enum Source {
    /// One device.
    #[serde(rename = "deviceId")]
    Device(DeviceId),
    /// Every device in a group.
    #[serde(rename = "deviceGroupId")]
    DeviceGroup(DeviceGroupId),
    /// Every device that opens a space.
    #[serde(rename = "spaceId")]
    Space(SpaceId),
}

impl Source {
    /// The field of a body that names it.
    pub fn field(self) -> &'static str {
        match self {
            Self::Device(_) => "source.deviceId",
            Self::DeviceGroup(_) => "source.deviceGroupId",
            Self::Space(_) => "source.spaceId",
        }
    }
}

/// What a grant allows beyond opening by hand at the door, which needs none of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", default)]
#[schema(
    description = "What is allowed beyond opening by hand at the door, which needs none of \
        these."
)]
pub struct Permissions {
    /// Share the source with others.
    #[schema(examples(false))]
    pub administrate: bool,
    /// Open remotely.
    #[schema(examples(true))]
    pub remote_activate: bool,
    /// Assign key fobs that open the source.
    #[schema(examples(false))]
    pub assign_keyfob: bool,
}

/// A permission.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(examples("remoteActivate"))]
pub enum Permission {
    /// Share the source with others.
    Administrate,
    /// Open remotely.
    RemoteActivate,
    /// Assign key fobs that open the source.
    AssignKeyfob,
}

impl Named for Permission {
    const NAMES: &'static [(&'static str, Self)] = &[
        ("administrate", Self::Administrate),
        ("remoteActivate", Self::RemoteActivate),
        ("assignKeyfob", Self::AssignKeyfob),
    ];
}

impl Permissions {
    /// Whether one of them is among these.
    pub fn has(self, permission: Permission) -> bool {
        match permission {
            Permission::Administrate => self.administrate,
            Permission::RemoteActivate => self.remote_activate,
            Permission::AssignKeyfob => self.assign_keyfob,
        }
    }

    /// What both allow.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            administrate: self.administrate && other.administrate,
            remote_activate: self.remote_activate && other.remote_activate,
            assign_keyfob: self.assign_keyfob && other.assign_keyfob,
        }
    }

    /// What either of the two allows.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            administrate: self.administrate || other.administrate,
            remote_activate: self.remote_activate || other.remote_activate,
            assign_keyfob: self.assign_keyfob || other.assign_keyfob,
        }
    }

    /// The names of the permissions in `self` that `other` lacks, as fields of a body.
    pub fn beyond(self, other: Permissions) -> impl Iterator<Item = &'static str> {
        [
            ("administrate", self.administrate && !other.administrate),
            (
                "remoteActivate",
                self.remote_activate && !other.remote_activate,
            ),
            ("assignKeyfob", self.assign_keyfob && !other.assign_keyfob),
        ]
        .into_iter()
        .filter_map(|(name, beyond)| beyond.then_some(name))
    }
}

/// The grant that another one was made by right of: it holds no longer than that one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Parent {
    /// The share of that grant.
    pub share: ShareId,
    /// Who shared on by right of it.
    pub user: UserId,
    /// Its receiver: that user, or a group of theirs.
    pub receiver: Receiver,
    /// Its source: the same, or a group that has it.
    pub source: Source,
}

/// The maximum length of a chain of shares. Each is one more read for a decision about the last
/// one.
pub const MAX_DEPTH: u8 = 8;

/// The maximum number of shares that one user can make of one source for one receiver by right
/// of another. Every decision about the receiver looks at each of them.
pub const MAX_PASSED_ON: u64 = 20;

/// The attribute that counts them.
pub const PASSED_ON: &str = "passedOn";

/// An upper bound for the number of shares that one user made of one source for one receiver by
/// right of another: deleted ones count as well.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PassedOn {
    /// The number.
    pub passed_on: u64,
    /// The version; each change adds one.
    pub version: u64,
}

/// The share or access of a grant: each family has its own way to write grants.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "camelCase")]
pub enum GrantId {
    /// A share, which is one grant.
    Share(ShareId),
    /// An access, which is a grant for each of its spaces.
    Access(AccessId),
}

impl From<ShareId> for GrantId {
    fn from(id: ShareId) -> Self {
        Self::Share(id)
    }
}

impl GrantId {
    /// The ID of the share, if the grant is one.
    pub fn share(self) -> Option<ShareId> {
        match self {
            Self::Share(id) => Some(id),
            Self::Access(_) => None,
        }
    }

    /// The ID of the access, if the grant is one.
    pub fn access(self) -> Option<AccessId> {
        match self {
            Self::Share(_) => None,
            Self::Access(id) => Some(id),
        }
    }
}

impl fmt::Display for GrantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Share(id) => write!(f, "share {id}"),
            Self::Access(id) => write!(f, "access {id}"),
        }
    }
}

/// The edge from a receiver to a source.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Grant {
    /// The share or access.
    #[serde(flatten)]
    pub id: GrantId,
    /// The user.
    pub receiver: Receiver,
    /// The source.
    pub source: Source,
    /// When it holds; with the rules of `schedule` in place of its own when there is one.
    pub timing: Timing,
    /// The named schedule whose rules it keeps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schedule: Option<ScheduleId>,
    /// The permissions.
    pub permissions: Permissions,
    /// The grant by right of which it was made; `None` if it was made by role.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<Parent>,
    /// The number of grants above it.
    #[serde(default)]
    pub depth: u8,
    /// For a grant with a number of entries: the code whose item counts them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counted: Option<AccessCode>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_beyond_is_named() {
        let all = Permissions {
            administrate: true,
            remote_activate: true,
            assign_keyfob: true,
        };
        let some = Permissions {
            remote_activate: true,
            ..Permissions::default()
        };
        assert_eq!(
            all.beyond(some).collect::<Vec<_>>(),
            ["administrate", "assignKeyfob"]
        );
        assert_eq!(some.beyond(all).count(), 0);
    }

    #[test]
    fn timings_are_read_from_an_item_as_they_were_written() {
        for text in [
            r#"{"window":{"created":"2024-01-01T00:00:00Z"}}"#,
            r#"{"window":{"created":"2024-01-01T00:00:00Z","startDate":"2024-06-01","startTime":"09:00:00","endDate":"2024-06-30"},"rules":[{"dayOfWeek":"Monday","period":{"startTime":"22:00:00","endTime":"06:00:00.500"},"recurrence":"BiWeekly"},{"recurrence":"Daily"}]}"#,
            r#"{"window":{"from":"2024-01-01T00:00:00Z","until":"2024-01-02T00:00:00Z"}}"#,
        ] {
            let timing: Timing = serde_json::from_str(text).unwrap();
            let item: serde_dynamo::Item = serde_dynamo::to_item(&timing).unwrap();
            assert_eq!(serde_dynamo::from_item::<_, Timing>(item).unwrap(), timing);
        }
    }
}
