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
