//! The audit: what was done at a door.
//!
//! An audit item is written once and never changed. It goes out on the table's stream like
//! every change: that is the event by which others, such as what talks to gateways, hear of
//! an activation.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::{Builder, Uuid};

use crate::access::{Code, Entry};
use crate::directory::ForeignId;
use crate::grant::Source;
use crate::id::{AccessId, DeviceId, ShareId, SpaceId, UserId};
use crate::secret::{Random, RandomFailed};
use crate::wire::Result;

/// Names an entry: a UUID whose order is that of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct AuditId(Uuid);

impl AuditId {
    /// A new one, of something done at `now`.
    ///
    /// # Errors
    /// When the system has no random numbers.
    pub fn generate(now: DateTime<Utc>, random: &Random) -> Result<Self, RandomFailed> {
        random.ordered_uuid(now).map(Self)
    }
}

impl AuditId {
    /// The one that is made of a moment and a hash: for what is folded into one.
    pub(crate) fn folded(at: DateTime<Utc>, hash: [u8; 32]) -> Self {
        let millis = u64::try_from(at.timestamp_millis()).unwrap_or(0);
        let (random, _) = hash.split_first_chunk().unwrap_or((&[0; 10], &[]));
        Self(Builder::from_unix_timestamp_millis(millis, random).into_uuid())
    }

    /// When it was done: in milliseconds, as the id has it.
    pub fn at(self) -> DateTime<Utc> {
        let millis = (self.0.as_u128() >> 80) as i64;
        DateTime::from_timestamp_millis(millis).unwrap_or_default()
    }

    /// What the ids of that moment begin with.
    pub(crate) fn beginning(at: DateTime<Utc>) -> String {
        format!("{:012x}", at.timestamp_millis().max(0))
    }
}

impl std::fmt::Display for AuditId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.simple().fmt(f)
    }
}

/// What was done.
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
    /// What was done.
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
    /// 500 when the code is not that of an access, as every one is.
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
