//! Items that have more attributes than the types of the model.

use chrono::{DateTime, TimeDelta, Utc};
use http::StatusCode;
use http::header::{CACHE_CONTROL, ETAG};
use serde::{Deserialize, Serialize};

use crate::caller::OrganizationScope;
use crate::error::{Error, Result};
use crate::grant::Grant;
use crate::secret::Random;
use crate::share::Share;
use crate::table::Key;
use crate::wire::Response;
use crate::wire::idempotency::{IdempotencyKey, LIFETIME, REPLAYED};

/// A grant in the table. It has no time to live: when DynamoDB removes its share, the clean-up
/// takes it away, and with it the count of its named schedule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct GrantEdge {
    grant: Grant,
}

impl GrantEdge {
    /// The edges of a share in the organization of `scope`, with their keys: one for a user, one
    /// for each copy for a group, none as long as it has no receiver.
    pub fn of(scope: &OrganizationScope, share: &Share) -> Vec<(Key, Self)> {
        let Some(grant) = share.grant() else {
            return Vec::new();
        };
        let keys = scope.grant_keys(&grant).collect::<Vec<_>>().into_iter();
        keys.map(|key| {
            (
                key,
                Self {
                    grant: grant.clone(),
                },
            )
        })
        .collect()
    }

    /// The edge of a grant in the organization of `scope`, with its key.
    pub fn new(scope: &OrganizationScope, grant: Grant) -> (Key, Self) {
        (scope.grant_key(&grant), Self { grant })
    }
}

/// The first answer to a request with an idempotency key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StoredAnswer {
    request: String,
    status: u16,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    etag: Option<String>,
    #[serde(with = "serde_bytes")]
    answer: Vec<u8>,
    #[serde(with = "chrono::serde::ts_seconds")]
    expires_at: DateTime<Utc>,
}

impl StoredAnswer {
    /// The stored form of `answer`, given at `now` to a request with `key`.
    ///
    /// # Errors
    /// 500 if the system has no random numbers.
    pub fn new(
        key: &IdempotencyKey,
        answer: &Response,
        random: &Random,
        now: DateTime<Utc>,
    ) -> Result<Self> {
        let etag = answer.headers().get(ETAG);
        Ok(Self {
            request: key.request.clone(),
            status: answer.status().as_u16(),
            etag: etag.and_then(|tag| tag.to_str().ok()).map(str::to_owned),
            answer: key.close(answer.body(), random)?,
            expires_at: now + TimeDelta::seconds(LIFETIME),
        })
    }

    /// Whether it is forgotten at `now`, although DynamoDB may not have removed it yet.
    pub fn is_gone(&self, now: DateTime<Utc>) -> bool {
        self.expires_at <= now
    }

    /// The answer again, to a request with the same key.
    ///
    /// # Errors
    /// 422 if that has another path or body.
    pub fn replay(&self, key: &IdempotencyKey) -> Result<Response> {
        let body = key.open(&self.request, &self.answer)?;
        let status = StatusCode::from_u16(self.status);
        let status = status.map_err(|error| Error::Internal(error.to_string()))?;
        let answer = if body.is_empty() {
            Response::empty(status)
        } else {
            Response::json_text(status, body)
        };
        let answer = match &self.etag {
            Some(tag) => answer.entity_tag(tag),
            None => answer,
        };
        // It may have a secret in it.
        let answer = answer.header(CACHE_CONTROL, "no-store");
        Ok(answer.header(REPLAYED, "true"))
    }
}
