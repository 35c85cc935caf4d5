//! Open invitations: shares without a receiver, for the first user who claims them.

use chrono::{DateTime, Days, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::error::Fault;
use crate::id::{OrganizationId, ShareId};
use crate::secret::hash;
use crate::wire::json::{Faults, Fields, Json};

/// Days until an open invitation expires.
const LIFETIME: Days = Days::new(30);

/// Names an invitation by the hash of its token, which is shown once and stored nowhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvitationHash(String);

impl InvitationHash {
    /// The hash of an invitation's token.
    pub fn of_token(token: Uuid) -> Self {
        Self(hash(&[b"invitation", token.as_bytes()]))
    }

    /// The hash as it is stored.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The target of an open invitation's token.
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

/// The body of `POST /v2/shares/claim`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ToSchema)]
#[schema(
    as = ClaimShare,
    description = "An open invitation to claim.",
    examples(json!({"token": "8a4f2f52-2d5b-4c53-9d50-0e7b4a1c9f3e"}))
)]
pub struct Claim {
    /// The token of the open invitation.
    #[schema(examples("8a4f2f52-2d5b-4c53-9d50-0e7b4a1c9f3e"))]
    pub token: Uuid,
}

impl Claim {
    /// Reads the body.
    ///
    /// # Errors
    /// Every fault of the body, each with the path of its field.
    pub fn read<'b>(body: impl Into<Json<'b>>) -> Result<Self, Vec<Fault>> {
        let faults = Faults::default();
        let token = Fields::of_body(body, &faults).and_then(|body| body.required("token"));
        faults.or(token.map(|token| Self { token }))
    }
}

/// When an invitation made at `now` ends.
pub fn expiration(now: DateTime<Utc>) -> DateTime<Utc> {
    now.checked_add_days(LIFETIME).unwrap_or(now)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::schema;

    #[test]
    fn the_schema_is_what_is_read() {
        schema::assert_reads::<Claim, _>(|body| Claim::read(body));
    }
}
