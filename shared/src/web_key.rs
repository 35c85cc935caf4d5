//! Web keys: links that open the door of a share for whoever has them.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::grant::Parent;
use crate::id::{OrganizationId, ShareId, UserId};
use crate::secret::hash;
use crate::share::Share;

/// Names a web key by its hash, under which it is found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebKeyHash(String);

/// What a share keeps of its web key: not the key itself, which only its maker was shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WebKeyMark {
    /// Where it is found.
    pub hash: WebKeyHash,
    /// Who created it.
    pub creator: UserId,
    /// By right of which grant it was made; by role when left out. The share itself does not
    /// hang on that.
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

    /// The hash as it stands in the table.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What a web key leads to.
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
    /// What the web key of `share` leads to until `end`.
    pub fn of(share: &Share, end: DateTime<Utc>) -> Self {
        Self {
            organization: share.organization,
            share: share.id,
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
