//! `DELETE /access/templategroup`.
//!
//! Deletes the group: one round trip.

use http::StatusCode;
use latchkey::access::AccessTemplateGroup;
use latchkey::error::Result;
use latchkey::id::AccessTemplateGroupId;
use latchkey::role::{Area, Reach};
use latchkey::wire::Response;
use latchkey::wire::idempotency::IdempotencyKey;
use latchkey::wire::request::IfMatch;
use latchkey::wire::service::{self, Input};
use serde::Serialize;
use utoipa::ToSchema;

use crate::directory;
use crate::lambda::{Call, Endpoint, Once};
use crate::scopes;

/// The endpoint.
pub const ENDPOINT: Endpoint =
    Endpoint::service("delete-template-group", |call| Box::pin(delete(call)));

/// An answer without content. An object still, for a client that reads one.
#[derive(Serialize, ToSchema)]
#[schema(as = AccessTemplateGroupDeleted, description = "Empty.")]
pub(crate) struct Deleted {}

/// Delete a group of access templates.
///
/// Its templates stay. The same operation is at `/json/reply/DeleteAccessTemplateGroup`,
/// `/jsv/reply/DeleteAccessTemplateGroup` and `/api/DeleteAccessTemplateGroup`.
///
/// Who may: the roles `Admin`, `TenantAdmin`, `AccessAdmin` and `AccessTemplateAdmin`.
#[utoipa::path(
    delete,
    path = "/access/templategroup",
    tag = "Accesses",
    operation_id = ENDPOINT.operation,
    params(
        ("AccessTemplateGroupId" = AccessTemplateGroupId, Query, description = "The group."),
        IfMatch,
        IdempotencyKey,
    ),
    responses(
        (status = 200, description = "Deleted.", content((Deleted = "application/json"), (Deleted = "text/jsv"))),
        (status = 403, description = "The caller's roles do not allow this."),
        (status = 404, description = "There is no such group."),
    ),
)]
pub(crate) async fn delete(call: Call) -> Result<Response> {
    let input = Input::of(&call.request)?;
    let id = input.read(super::id)?;
    let scopes = scopes::reaching(&call, Area::TemplateGroups, Reach::Write)?;
    let once = Once::of(&call, input.value())?;
    let answer = Response::json(StatusCode::OK, &Deleted {});
    let answer =
        directory::take_away::<AccessTemplateGroup>(&call, &once, &scopes, id, answer).await?;
    service::in_format(&call.request, answer)
}
