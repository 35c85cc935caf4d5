//! `DELETE /access/template`.
//!
//! Deletes the template: one round trip.

use http::StatusCode;
use latchkey::access::AccessTemplate;
use latchkey::error::Result;
use latchkey::id::AccessTemplateId;
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
pub const ENDPOINT: Endpoint = Endpoint::service("delete-template", |call| Box::pin(delete(call)));

/// An answer without content. An object still, for a client that reads one.
#[derive(Serialize, ToSchema)]
#[schema(as = AccessTemplateDeleted, description = "An empty object: the template was deleted.")]
pub(crate) struct Deleted {}

/// Delete an access template.
///
/// Accesses that were made from the template stay as they are.
///
/// The same operation is at `/json/reply/DeleteAccessTemplate`,
/// `/jsv/reply/DeleteAccessTemplate` and `/api/DeleteAccessTemplate`.
///
/// Allowed roles: `Admin`, `TenantAdmin`, `AccessTemplateAdmin`.
#[utoipa::path(
    delete,
    path = "/access/template",
    tag = "Accesses",
    operation_id = ENDPOINT.operation,
    params(
        ("AccessTemplateId" = AccessTemplateId, Query, description = "The ID of the template."),
        IfMatch,
        IdempotencyKey,
    ),
    responses(
        (status = 200, description = "Deleted.", content((Deleted = "application/json"), (Deleted = "text/jsv"))),
        (status = 403, description = "The caller's roles do not allow this."),
        (status = 404, description = "The template does not exist."),
    ),
)]
pub(crate) async fn delete(call: Call) -> Result<Response> {
    let input = Input::of(&call.request)?;
    let id = input.read(super::id)?;
    let scopes = scopes::reaching(&call, Area::Templates, Reach::Write)?;
    let once = Once::of(&call, input.value())?;
    let answer = Response::json(StatusCode::OK, &Deleted {});
    let answer = directory::take_away::<AccessTemplate>(&call, &once, &scopes, id, answer).await?;
    service::in_format(&call.request, answer)
}
