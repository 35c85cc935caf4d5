//! Open invitations: shares without a receiver, for whoever claims them first.

use chrono::{DateTime, Days, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::id::{OrganizationId, ShareId};
use crate::secret::hash;

/// How long an open invitation may be claimed, in days.
const LIFETIME: Days = Days::new(30);

/// Names an invitation by the hash of its token, which is shown once and stored nowhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvitationHash(String);

impl InvitationHash {
    /// The hash of an invitation's token.
    pub fn of_token(token: Uuid) -> Self {
        Self(hash(&[b"invitation", token.as_bytes()]))
    }

    /// The hash as it stands in the table.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What the token of an open invitation leads to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Invitation {
    /// The organization of the share.
    pub organization: OrganizationId,
    /// The share.
    pub share: ShareId,
    /// When it can no longer be claimed. DynamoDB removes it some time after.
    #[serde(with = "chrono::serde::ts_seconds")]
    pub expires_at: DateTime<Utc>,
}

/// When an invitation made at `now` ends.
pub fn expiration(now: DateTime<Utc>) -> DateTime<Utc> {
    now.checked_add_days(LIFETIME).unwrap_or(now)
}
