//! Requests that create, and may be sent again without creating again.

use http::StatusCode;
use latchkey::caller::OrganizationScope;
use latchkey::table::item::StoredAnswer;
use latchkey::table::{Read, Refused, Transaction};
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

    /// Remembers `answer` in the transaction that creates.
    ///
    /// # Errors
    /// 500 when the system has no random numbers.
    pub(crate) fn remember<T: Copy>(
        &self,
        writes: &mut Transaction<'_, T>,
        tag: T,
        scope: &OrganizationScope,
        answer: &Response,
    ) -> Result<()> {
        let Some(key) = &self.key else {
            return Ok(());
        };
        let Call { random, now, .. } = self.call;
        let stored = StoredAnswer::new(key, answer.body(), random, *now)?;
        writes.put_over_expired(tag, &scope.idempotency(&key.hash), &stored, *now);
        Ok(())
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
        refused: &Refused<T>,
        tag: T,
        status: StatusCode,
    ) -> Result<Option<Response>> {
        let Some(key) = &self.key else {
            return Ok(None);
        };
        let stored: Option<StoredAnswer> = refused.item(tag)?;
        stored.map(|stored| stored.replay(key, status)).transpose()
    }
}
