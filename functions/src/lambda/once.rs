//! Requests that create, and may be sent again without creating again.

use http::StatusCode;
use latchkey::caller::OrganizationScope;
use latchkey::table::item::StoredAnswer;
use latchkey::table::{Item, OldTransaction, Read, from_item};
use latchkey::wire::idempotency::IdempotencyKey;
use latchkey::wire::{Response, Result};
use serde_json::Value;

use super::Call;

/// One request to create, with its `Idempotency-Key` if it has one: then its answer is
/// remembered in the transaction that creates, and comes back with the refusal of a second
/// one.
pub(crate) struct Once<'c> {
    call: &'c Call,
    key: Option<IdempotencyKey>,
}

impl<'c> Once<'c> {
    /// Reads the key of a request with this body.
    ///
    /// # Errors
    /// 400 when it is none.
    pub(crate) fn of(call: &'c Call, body: &Value) -> Result<Self> {
        let key = IdempotencyKey::of(&call.request, call.operation, &call.caller, body)?;
        Ok(Self { call, key })
    }

    /// The transaction that also remembers `answer`.
    ///
    /// # Errors
    /// 500 when the system has no random numbers.
    pub(crate) fn remember<'t, T: Copy>(
        &self,
        writes: OldTransaction<'t, T>,
        tag: T,
        scope: &OrganizationScope,
        answer: &Response,
    ) -> Result<OldTransaction<'t, T>> {
        let Some(key) = &self.key else {
            return Ok(writes);
        };
        let Call { random, now, .. } = self.call;
        let stored = StoredAnswer::new(key, answer.body(), random, *now)?;
        writes.put_over_expired(tag, &scope.idempotency(&key.hash), &stored, *now)
    }

    /// The first answer again, if this key was used before: for who finds out otherwise than
    /// by a refused transaction that there is nothing left to create. One round trip.
    ///
    /// # Errors
    /// 422 when it was used with another body.
    pub(crate) async fn remembered(&self, status: StatusCode) -> Result<Option<Response>> {
        let Some(key) = &self.key else {
            return Ok(None);
        };
        let at = |scope: &OrganizationScope| Some(scope.idempotency(&key.hash));
        let found = self.call.find(at, &[Read::Strong]).await?;
        let found: Option<StoredAnswer> = found.map(|(_, stored)| stored);
        let found = found.filter(|stored| !stored.is_gone(self.call.now));
        found.map(|stored| stored.replay(key, status)).transpose()
    }

    /// The first answer again, if the transaction was refused since this key was used before.
    ///
    /// # Errors
    /// 422 when it was used with another body.
    pub(crate) fn first_answer<T: Copy + PartialEq>(
        &self,
        refused: &[(T, Option<Item>)],
        tag: T,
        status: StatusCode,
    ) -> Result<Option<Response>> {
        let stored = refused.iter().find(|(part, _)| *part == tag);
        match (stored, &self.key) {
            (Some((_, Some(item))), Some(key)) => {
                let stored: StoredAnswer = from_item(item.clone())?;
                stored.replay(key, status).map(Some)
            }
            _ => Ok(None),
        }
    }
}
