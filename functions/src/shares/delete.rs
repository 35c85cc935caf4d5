//! `DELETE /v2/shares/{shareId}`.
//!
//! Two round trips: the share is read, and taken away with its grant on condition that it
//! is still the same; one more by right of a grant.

use http::StatusCode;
use latchkey::id::ShareId;
use latchkey::rights::Administration;
use latchkey::table::item::GrantEdge;
use latchkey::table::{If, Key};
use latchkey::wire::request::IfMatch;
use latchkey::wire::{Conflict, Error, Response, Result};

use super::changing::{DECIDES, Part, release, right_to_change, warrant};
use super::reading::find;
use crate::lambda::{Call, Endpoint};

/// The endpoint.
pub const ENDPOINT: Endpoint = Endpoint {
    operation: "delete-share",
    handle: |call| Box::pin(delete(call)),
};

/// Delete a share.
///
/// It holds no longer from the next decision on, and neither do those that were made by
/// right of it. Its web key opens nothing any more, its calendar links show nothing, and an open
/// invitation cannot be claimed.
///
/// Who may: the roles `Admin`, `TenantAdmin` and `AccessAdmin`, and whoever administrates
/// its source now with a right that reaches as far as the share: all its permissions, from
/// its start until its end. Nobody takes away in this way what their own right hangs on.
#[utoipa::path(
    delete,
    path = "/v2/shares/{shareId}",
    tag = "Shares",
    operation_id = ENDPOINT.operation,
    params(
        ("shareId" = ShareId, Path, description = "The number of the share.", example = 3),
        IfMatch,
    ),
    responses(
        (status = 204, description = "The share is gone."),
        (status = 403, description = "The caller may read this share and not delete it."),
    ),
)]
pub(crate) async fn delete(call: Call) -> Result<Response> {
    let if_match = call.request.if_match();
    let mut counted = true;
    for attempt in call.table.attempts() {
        let (scope, share) = find(&call, DECIDES).await?;
        let may = |held: &Administration| held.may_take_away(&share);
        let right = right_to_change(&call, &scope, &share, &may).await?;
        if right
            .as_ref()
            .is_some_and(|held| !held.may_take_away(&share))
        {
            return Err(Error::InsufficientRights(Vec::new()));
        }
        if !if_match.holds(share.version) {
            return Err(Error::PreconditionFailed);
        }

        let key = scope.share(share.id);
        let mut writes = call.table.transaction(&warrant(&scope, right.as_ref())?);
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
            return Ok(Response::empty(StatusCode::NO_CONTENT));
        };
        counted &= !refused.has(Part::FormerSchedule);
        if refused.has(Part::Share) {
            attempt.back_off().await?;
        }
    }
    Err(Error::Conflict(Conflict::Changed))
}
