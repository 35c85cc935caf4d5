//! Items that are more than one of the model's types: with the attributes that the table
//! needs besides.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::caller::OrganizationScope;
use crate::grant::Grant;
use crate::secret::Random;
use crate::share::Share;
use crate::table::Key;
use crate::wire::idempotency::{IdempotencyKey, LIFETIME};
use crate::wire::{Response, Result};

/// A grant with what the index by source goes by. It has no time to live: when DynamoDB
/// removes its share, the clean-up takes it away, and with it the count of its named schedule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GrantEdge {
    #[serde(flatten)]
    grant: Grant,
    by_source: String,
}

impl GrantEdge {
    /// The edge of a share in the organization of `scope`, with its key; none as long as
    /// it has no receiver.
    pub fn of(scope: &OrganizationScope, share: &Share) -> Option<(Key, Self)> {
        Some(Self::new(scope, share.grant()?))
    }

    /// The edge of a grant in the organization of `scope`, with its key.
    pub fn new(scope: &OrganizationScope, grant: Grant) -> (Key, Self) {
        let key = scope.grant_key(&grant);
        let by_source = scope.by_source(grant.source);
        (key, Self { grant, by_source })
    }
}

/// The first answer to a request with an idempotency key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StoredAnswer {
    request: String,
    #[serde(with = "serde_bytes")]
    answer: Vec<u8>,
    #[serde(with = "chrono::serde::ts_seconds")]
    expires_at: DateTime<Utc>,
}

impl StoredAnswer {
    /// What is stored of `answer`, given at `now` to a request with `key`.
    ///
    /// # Errors
    /// 500 when the system has no random numbers.
    pub fn new(
        key: &IdempotencyKey,
        answer: &str,
        random: &Random,
        now: DateTime<Utc>,
    ) -> Result<Self> {
        Ok(Self {
            request: key.request.clone(),
            answer: key.close(answer, random)?,
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
    /// 422 when that has another body.
    pub fn replay(&self, key: &IdempotencyKey, status: http::StatusCode) -> Result<Response> {
        key.replay(&self.request, &self.answer, status)
    }
}
