//! The audit: what was done at a door.
//!
//! An audit item is written once and never changed. It goes out on the table's stream like
//! every change: that is the event by which others, such as what talks to gateways, hear of
//! an activation.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::access::{Code, Entry};
use crate::directory::ForeignId;
use crate::error::Result;
use crate::grant::Source;
use crate::id::{AccessId, AuditId, DeviceId, ShareId, SpaceId, UserId};

/// The result of an activation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Act {
    /// A device was opened remotely.
    Activation,
    /// It was closed again before its time.
    Deactivation,
    /// Someone came into a space with an access code.
    Entry,
}

/// Who did what, when, and by which right.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AuditEntry {
    /// The name.
    pub id: AuditId,
    /// The result of an activation.
    pub deed: Act,
    /// To which device; of an activation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<DeviceId>,
    /// Into which space; of an entry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub space: Option<SpaceId>,
    /// The gateway of an activation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gateway: Option<ForeignId>,
    /// The user.
    pub user: UserId,
    /// With which credential: its id, no secret. Of an entry, that of the door's controller.
    pub credential: String,
    /// The shares that gave the right.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub shares: Vec<ShareId>,
    /// The accesses that gave the right.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub accesses: Vec<AccessId>,
    /// When.
    pub at: DateTime<Utc>,
    /// For how long it opens, in seconds; of an activation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub activation_time: Option<u32>,
}

impl AuditEntry {
    /// The audit item of an entry with a code.
    ///
    /// # Errors
    /// 500 if the code is not that of an access, as every one is.
    pub fn of_entry(code: &Code, entry: Entry) -> Result<Self> {
        let (user, access) = code.owner()?;
        let space = match code.terms.grant.source {
            Source::Space(space) => Some(space),
            Source::Device(_) | Source::DeviceGroup(_) => None,
        };
        Ok(Self {
            id: entry.id,
            deed: Act::Entry,
            device: None,
            space,
            gateway: None,
            user,
            credential: entry.credential,
            shares: Vec::new(),
            accesses: vec![access],
            at: entry.at,
            activation_time: None,
        })
    }
}
