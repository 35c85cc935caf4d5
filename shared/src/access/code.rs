//! The item of an access code, under the space that it opens.
//!
//! Its key makes the code unique there. The item has everything that an entry needs: the grant,
//! the number of entries allowed, and the number made. An entry reads and changes only this
//! item, and does not write the index of grants.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::access_code::AccessCode;
use crate::error::{Error, Fault, Result};
use crate::grant::{Grant, Receiver};
use crate::id::{AccessId, AuditId, UserId};
use crate::wire::idempotency::KeyText;
use crate::wire::json::{Faults, Fields, Json};

/// The item of a code.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Code {
    /// The terms of the code: the source, the user and the times.
    #[serde(flatten)]
    pub terms: CodeTerms,
    /// The number of entries made.
    #[serde(default)]
    pub used: u32,
    /// The last of them, for the audit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_entry: Option<Entry>,
    /// The version of the terms; each change adds one. An entry does not change it, so that
    /// concurrent entries do not conflict.
    pub version: u64,
}

/// The part of a code's item that its access determines.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CodeTerms {
    /// The grant.
    #[serde(flatten)]
    pub grant: Grant,
    /// The number of entries allowed; unlimited if `None`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u32>,
    /// From when on the code may be given to another access: when the grant has ended.
    /// DynamoDB removes the item some time after.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "chrono::serde::ts_seconds_option"
    )]
    pub expires_at: Option<DateTime<Utc>>,
}

/// The field by which a controller names an entry.
pub const ENTRY_ID: &str = "entryId";

/// The body of an entry.
#[derive(Debug, Clone, PartialEq, Eq, ToSchema)]
#[schema(
    as = EnterSpace,
    rename_all = "camelCase",
    description = "An access code that was typed at a door.",
    examples(json!({"code": "407192", "entryId": "door-7-000123"}))
)]
pub struct Typed {
    /// The access code.
    pub code: AccessCode,
    /// The controller's ID for this entry. It means the same as the header `Idempotency-Key`:
    /// repeated within 24 hours, the entry is counted once and gets the same answer.
    pub entry_id: Option<KeyText>,
}

impl Typed {
    /// Reads the body.
    ///
    /// # Errors
    /// Every fault of the body, each with the path of its field; none of them says the code.
    pub fn read<'b>(body: impl Into<Json<'b>>) -> Result<Self, Vec<Fault>> {
        let faults = Faults::default();
        let typed = Fields::of_body(body, &faults).and_then(|body| {
            let code = body.required("code");
            let entry_id = body.optional(ENTRY_ID);
            Some(Self {
                code: code?,
                entry_id,
            })
        });
        faults.or(typed)
    }
}

/// One entry.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// The name of its audit entry.
    pub id: AuditId,
    /// When.
    pub at: DateTime<Utc>,
    /// With which credential the door's controller asked: its id, no secret.
    pub credential: String,
}

impl Code {
    /// The item of a code that was not used yet.
    pub fn new(terms: CodeTerms) -> Self {
        Self {
            terms,
            used: 0,
            last_entry: None,
            version: 1,
        }
    }

    /// Whom it lets in, and by which access.
    ///
    /// # Errors
    /// 500 if it is of something else, as none is.
    pub fn owner(&self) -> Result<(UserId, AccessId)> {
        let Grant { receiver, id, .. } = &self.terms.grant;
        match (receiver, id.access()) {
            (Receiver::User(user), Some(access)) => Ok((*user, access)),
            _ => Err(Error::Internal(format!("{id} has a code"))),
        }
    }

    /// Whether it has opened its space before.
    pub fn is_proven(&self) -> bool {
        self.used > 0
    }

    /// The number of entries left; `None` if they are not counted.
    pub fn remaining(&self) -> Option<u32> {
        let count = self.terms.count?;
        Some(count.saturating_sub(self.used))
    }

    /// Whether there is no entry left.
    pub fn is_used_up(&self) -> bool {
        self.remaining() == Some(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_is_what_is_read() {
        crate::wire::schema::assert_reads::<Typed, _>(|body| Typed::read(body));
    }
}
