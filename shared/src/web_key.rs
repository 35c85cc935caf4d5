//! Web keys: links that open the door of a share for anyone who has them.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize, Serializer};
use uuid::Uuid;

use crate::deed::secret;
use crate::grant::Parent;
use crate::id::{OrganizationId, ShareId, UserId};
use crate::secret::hash;

/// Names a web key by its hash, under which it is found.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct WebKeyHash(String);

impl Serialize for WebKeyHash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        secret(&self.0, serializer)
    }
}

/// What a share stores about its web key. The key itself is shown only to its creator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WebKeyMark {
    /// The hash by which it is found.
    pub hash: WebKeyHash,
    /// Who created it.
    pub creator: UserId,
    /// The grant by right of which it was made; `None` if it was made by role. The share itself
    /// does not rest on that grant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<Parent>,
    /// When it was created.
    pub date_created: DateTime<Utc>,
}

impl WebKeyHash {
    /// The hash of a web key.
    pub fn of(key: Uuid) -> Self {
        Self(hash(&[b"web key", key.as_bytes()]))
    }

    /// The hash as it is stored.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The target of a web key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WebKey {
    /// The organization of the share.
    pub organization: OrganizationId,
    /// The share.
    pub share: ShareId,
    /// The end of the share. DynamoDB removes the key some time after.
    #[serde(with = "chrono::serde::ts_seconds")]
    pub expires_at: DateTime<Utc>,
}

impl WebKey {
    /// The target of the web key of a share, valid until `end`.
    pub fn of(organization: OrganizationId, share: ShareId, end: DateTime<Utc>) -> Self {
        Self {
            organization,
            share,
            expires_at: end,
        }
    }
}

/// The address of a web key, in a deployment whose addresses begin with `base`.
///
/// ```
/// let key = uuid::Uuid::nil();
/// assert_eq!(
///     latchkey::web_key::url("https://api.example/prod", key),
///     "https://api.example/prod/web-keys/00000000-0000-0000-0000-000000000000",
/// );
/// ```
pub fn url(base: &str, key: Uuid) -> String {
    format!("{base}/web-keys/{key}")
}
