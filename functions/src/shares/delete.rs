//! `DELETE /v2/shares/{shareId}`.
//!
//! Two round trips: the share is read, and taken away with its grant on condition that it
//! is still the same; one more by right of a grant.

use http::StatusCode;
use latchkey::error::{Conflict, Error, Result};
use latchkey::id::ShareId;
use latchkey::layout::item::GrantEdge;
use latchkey::rights::Administration;
use latchkey::table::{If, Key};
use latchkey::wire::Response;
use latchkey::wire::idempotency::IdempotencyKey;
use latchkey::wire::request::IfMatch;
use serde_json::Value;

use super::changing::{DECIDES, Part, deed, release, right_to_change, warrant};
use super::reading::find;
use crate::lambda::{Call, Endpoint, Once};

/// The endpoint.
pub const ENDPOINT: Endpoint = Endpoint::new("delete-share", |call| Box::pin(delete(call)));

/// Delete a share.
///
/// The share does not hold from the next decision on; neither do shares that were made by right
/// of it. Its web key opens nothing, its calendar links show nothing, and an open invitation
/// cannot be claimed.
///
/// Allowed roles: `Admin`, `TenantAdmin`, `AccessAdmin`. Also allowed: users who hold
/// `administrate` on its source now, if their own right covers the share: all its permissions,
/// from its start to its end. They cannot delete a share that their own right rests on.
#[utoipa::path(
    delete,
    path = "/v2/shares/{shareId}",
    tag = "Shares",
    operation_id = ENDPOINT.operation,
    params(
        ("shareId" = ShareId, Path, description = "The ID of the share.", example = 3),
        IfMatch,
        IdempotencyKey,
    ),
    responses(
        (status = 204, description = "Deleted."),
        (status = 403, description = "The caller may read this share but not delete it."),
    ),
)]
pub(crate) async fn delete(call: Call) -> Result<Response> {
    let once = Once::of(&call, &Value::Null)?;
    let outcome = delete_now(&call, &once).await;
    once.settle(outcome).await
}

async fn delete_now(call: &Call, once: &Once<'_>) -> Result<Response> {
    call.request.bare()?;
    let if_match = call.request.if_match();
    let mut counted = true;
    for attempt in call.table.attempts() {
        let (scope, share) = find(call, DECIDES).await?;
        let may = |held: &Administration| held.to_take_away(&share).is_ok();
        let right = right_to_change(call, &scope, &share, &may).await?;
        let by = match &right {
            None => None,
            Some(held) => Some(held.to_take_away(&share)?),
        };
        if !if_match.holds(share.version) {
            return Err(Error::PreconditionFailed);
        }

        let key = scope.share(share.id);
        let answer = Response::empty(StatusCode::NO_CONTENT);
        let deed = deed(&scope, &share).removed(&share);
        let mut writes = call.table.transaction(&warrant(&scope, by)?, deed);
        once.remember(&mut writes, Part::Idempotency, &scope, &answer)?;
        writes.delete(Part::Share, &key, If::version(share.version));
        for (key, _) in GrantEdge::of(&scope, &share) {
            writes.delete(Part::Grant, &key, If::Always);
        }
        if let Some(key) = &share.web_key {
            writes.delete(Part::WebKey, &Key::web_key(&key.hash), If::Always);
        }
        for link in &share.calendar_links {
            let key = Key::calendar_link(&link.hash);
            writes.delete(Part::CalendarLink, &key, If::Always);
        }
        release(&mut writes, &scope, &share, counted);

        let Err(refused) = writes.send().await? else {
            return Ok(answer);
        };
        if let Some(first) = once.first_answer(&refused, Part::Idempotency)? {
            return Ok(first);
        }
        counted &= !refused.has(Part::FormerSchedule);
        if refused.has(Part::Share) {
            attempt.back_off().await?;
        }
    }
    Err(Error::Conflict(Conflict::Changed))
}
