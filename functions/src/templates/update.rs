//! `PUT /access/template`.
//!
//! Reads the template and writes the difference, on condition that it is unchanged and that its
//! new things exist: two round trips.

use http::StatusCode;
use latchkey::access::AccessTemplate;
use latchkey::access::template::AccessTemplateChanges;
use latchkey::directory::Resource;
use latchkey::error::Result;
use latchkey::role::{Area, Reach};
use latchkey::wire::Response;
use latchkey::wire::idempotency::IdempotencyKey;
use latchkey::wire::request::IfMatch;
use latchkey::wire::service::{self, Input};
use uuid::Uuid;

use super::Written;
use crate::directory;
use crate::lambda::{Call, Endpoint, Once};
use crate::scopes;

/// The endpoint.
pub const ENDPOINT: Endpoint = Endpoint::service("update-template", |call| Box::pin(update(call)));

/// Change an access template.
///
/// A field left out, or null, stays as it is; `things` replaces all things. Accesses that were
/// made from the template stay as they are.
///
/// The same operation is at `/json/reply/UpdateAccessTemplate`,
/// `/jsv/reply/UpdateAccessTemplate` and `/api/UpdateAccessTemplate`.
///
/// Allowed roles: `Admin`, `TenantAdmin`, `AccessTemplateAdmin`.
#[utoipa::path(
    put,
    path = "/access/template",
    tag = "Accesses",
    operation_id = ENDPOINT.operation,
    params(IfMatch, IdempotencyKey),
    request_body(content((AccessTemplateChanges = "application/json"), (AccessTemplateChanges = "text/jsv"))),
    responses(
        (status = 200, description = "Changed.", content((Written = "application/json"), (Written = "text/jsv")), headers(("ETag"))),
        (status = 403, description = "The caller's roles do not allow this."),
        (status = 404, description = "The template does not exist."),
    ),
)]
pub(crate) async fn update(call: Call) -> Result<Response> {
    let input = Input::of(&call.request)?;
    let changed = |before: &AccessTemplate| {
        input.read(|fields| {
            super::id(fields)?;
            let mut after = before.clone();
            after.read(fields);
            Some(after)
        })
    };
    // Faults of the body do not depend on the table.
    let id = input.read(|fields| {
        let id = super::id(fields);
        AccessTemplate::blank(Uuid::nil().into()).read(fields);
        id
    })?;
    let scopes = scopes::reaching(&call, Area::Templates, Reach::Write)?;
    let once = Once::of(&call, input.value())?;
    let update = directory::Update {
        changed: &changed,
        answer: &|scope, template: &AccessTemplate| {
            let written = Written::new(scope, template.clone());
            Response::json(StatusCode::OK, &written).etag(template.version)
        },
    };
    let answer = directory::change(&call, &once, &scopes, id, &update).await?;
    service::in_format(&call.request, answer)
}
