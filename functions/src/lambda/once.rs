//! Requests that may be sent again without being done again.

use latchkey::caller::OrganizationScope;
use latchkey::error::{Error, Result};
use latchkey::layout::item::StoredAnswer;
use latchkey::table::{Key, Read, Refused, Transaction};
use latchkey::wire::Response;
use latchkey::wire::idempotency::IdempotencyKey;
use serde_json::Value;

use super::{Call, Context};

/// One request that writes, with its `Idempotency-Key` if it has one: then its answer is
/// stored in the transaction that writes, and comes back with the refusal of a second one.
pub(crate) struct Once<'c> {
    call: &'c Call,
    key: Option<IdempotencyKey>,
}

impl<'c> Once<'c> {
    /// Reads the key of a request with this body; `Value::Null` if it has none.
    ///
    /// # Errors
    /// 400 if the key is invalid.
    pub(crate) fn of(call: &'c Call, body: &Value) -> Result<Self> {
        let key = IdempotencyKey::of(&call.request, call.operation, &call.caller, body)?;
        Ok(Self { call, key })
    }

    /// The same for a request whose body may have the key in a field.
    ///
    /// # Errors
    /// 400 if the key is invalid, or if the header is another one.
    pub(crate) fn of_field(
        call: &'c Call,
        body: &Value,
        field: (&'static str, Option<&str>),
    ) -> Result<Self> {
        let Call {
            request,
            operation,
            caller,
            ..
        } = call;
        let key = IdempotencyKey::of_field(request, operation, caller, body, field)?;
        Ok(Self { call, key })
    }

    /// Whether the request has a key.
    pub(crate) fn is_given(&self) -> bool {
        self.key.is_some()
    }

    /// The key of the first answer, if the request has an idempotency key.
    pub(crate) fn place(&self, scope: &OrganizationScope) -> Option<Key> {
        self.key.as_ref().map(|key| scope.idempotency(&key.hash))
    }

    /// Stores `answer` in the transaction that writes.
    ///
    /// # Errors
    /// 500 if the system has no random numbers.
    pub(crate) fn remember<T: Copy>(
        &self,
        writes: &mut Transaction<'_, T>,
        tag: T,
        scope: &OrganizationScope,
        answer: &Response,
    ) -> Result<()> {
        if let Some(key) = &self.key {
            let Context { random, now, .. } = &self.call.context;
            let stored = StoredAnswer::new(key, answer, random, *now)?;
            let place = scope.idempotency(&key.hash);
            writes.put_over_expired(tag, &place, &stored, *now);
        }
        Ok(())
    }

    /// The first answer again, from what was found at [`Once::place`].
    ///
    /// # Errors
    /// 422 if the key was used with another path or body.
    pub(crate) fn replay(&self, stored: Option<StoredAnswer>) -> Result<Option<Response>> {
        let stored = stored.filter(|stored| !stored.is_gone(self.call.now));
        match (stored, &self.key) {
            (Some(stored), Some(key)) => stored.replay(key).map(Some),
            _ => Ok(None),
        }
    }

    /// The first answer again, if this key was used before in this organization. One round trip
    /// if the request has a key, none otherwise.
    ///
    /// # Errors
    /// 422 if it was used with another path or body.
    pub(crate) async fn stored(&self, scope: &OrganizationScope) -> Result<Option<Response>> {
        let Some(place) = self.place(scope) else {
            return Ok(None);
        };
        let places = [place];
        let items = self.call.table.get_all(&places, Read::Strong).await?;
        let [place] = &places;
        self.replay(items.get(place)?)
    }

    /// The first answer again, if the transaction was refused because this key was used before.
    ///
    /// # Errors
    /// 422 if it was used with another path or body.
    pub(crate) fn first_answer<T: Copy + PartialEq>(
        &self,
        refused: &Refused<T>,
        tag: T,
    ) -> Result<Option<Response>> {
        self.replay(refused.item(tag)?)
    }

    /// The outcome; or the first answer, if what the first request did is why this one finds
    /// nothing to do. One round trip for a refusal with a key, none otherwise.
    ///
    /// # Errors
    /// 422 if the key was used with another path or body.
    pub(crate) async fn settle(&self, outcome: Result<Response>) -> Result<Response> {
        let may_be_of_the_first = |error: &Error| {
            matches!(
                error,
                Error::NotFound(_)
                    | Error::PreconditionFailed
                    | Error::Conflict(_)
                    | Error::Taken(_)
                    | Error::NotPossible { .. }
                    | Error::InvalidInput(_)
            )
        };
        match outcome {
            Err(error) if self.is_given() && may_be_of_the_first(&error) => {
                let found = self.call.find(|scope| self.place(scope), &[Read::Strong]);
                let stored = found.await?.map(|(_, stored)| stored);
                self.replay(stored)?.ok_or(error)
            }
            outcome => outcome,
        }
    }
}
