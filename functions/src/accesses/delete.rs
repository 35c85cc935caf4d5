//! `DELETE /BusinessUserAccess`.
//!
//! Two round trips: the access, then one transaction that takes it away with its grants and
//! codes. One more where it has a space alone.

use http::StatusCode;
use latchkey::access::draft::Draft;
use latchkey::error::{Conflict, Error, Result};
use latchkey::id::AccessId;
use latchkey::role::Area;
use latchkey::wire::Response;
use latchkey::wire::idempotency::IdempotencyKey;
use latchkey::wire::request::IfMatch;
use latchkey::wire::service::types::Guid;
use latchkey::wire::service::{self, Input};

use super::{Answer, ID_FIELD, carry_out_once, find, unless_changed};
use crate::lambda::{Call, Endpoint, Once};

/// The endpoint.
pub const ENDPOINT: Endpoint = Endpoint::service("delete-access", |call| Box::pin(delete(call)));

/// Delete an access.
///
/// The access opens nothing from then on, and its codes become free.
///
/// The same operation is at `/json/reply/DeleteBusinessUserAccess`,
/// `/jsv/reply/DeleteBusinessUserAccess` and `/api/DeleteBusinessUserAccess`.
///
/// Allowed roles: `Admin`, `TenantAdmin`, `AccessAdmin`.
#[utoipa::path(
    delete,
    path = "/BusinessUserAccess",
    tag = "Accesses",
    operation_id = ENDPOINT.operation,
    params(
        ("BusinessUserAccessId" = AccessId, Query, description = "The ID of the access."),
        IfMatch,
        IdempotencyKey,
    ),
    responses(
        (status = 200, description = "Deleted.", content((Answer = "application/json"), (Answer = "text/jsv"))),
        (status = 403, description = "The caller's roles do not allow this."),
        (status = 404, description = "The access does not exist."),
    ),
)]
pub(crate) async fn delete(call: Call) -> Result<Response> {
    let input = Input::of(&call.request)?;
    let id = input.read(|fields| fields.required::<Guid>(ID_FIELD))?;
    let once = Once::of(&call, input.value())?;
    let outcome = delete_now(&call, &once, id.0.into()).await;
    let answer = once.settle(outcome).await?;
    service::in_format(&call.request, answer)
}

async fn delete_now(call: &Call, once: &Once<'_>, id: AccessId) -> Result<Response> {
    for attempt in call.table.attempts() {
        let (scope, access) = find(call, id).await?;
        let answer = Response::json(StatusCode::OK, &Answer { id });
        let (desk, by) = (call.desk(&scope), scope.to_write(Area::Accesses)?);
        let draft = Draft::taken_away(access);
        let gone = carry_out_once(desk, &by, once, draft, answer).await;
        if let Some(answer) = unless_changed(call, attempt, gone).await? {
            return Ok(answer);
        }
    }
    Err(Error::Conflict(Conflict::Changed))
}
