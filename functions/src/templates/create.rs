//! `POST /access/template`.
//!
//! Writes the template and checks that its things exist, in one transaction: one round trip.

use http::StatusCode;
use latchkey::access::AccessTemplate;
use latchkey::access::template::NewAccessTemplate;
use latchkey::directory::Resource;
use latchkey::error::{Error, Result};
use latchkey::id::{AccessTemplateId, Identifier};
use latchkey::role::{Area, Reach};
use latchkey::wire::Response;
use latchkey::wire::idempotency::IdempotencyKey;
use latchkey::wire::service::{self, Input};

use super::Written;
use crate::directory;
use crate::lambda::{Call, Endpoint, Once};
use crate::scopes;

/// The endpoint.
pub const ENDPOINT: Endpoint = Endpoint::service("create-template", |call| Box::pin(create(call)));

/// Create an access template.
///
/// A template lists the things to which an access from it can be, up to 40, with defaults for
/// each.
///
/// The same operation is at `/json/reply/CreateAccessTemplate`,
/// `/jsv/reply/CreateAccessTemplate` and `/api/CreateAccessTemplate`.
///
/// Allowed roles: `Admin`, `TenantAdmin`, `AccessTemplateAdmin`.
#[utoipa::path(
    post,
    path = "/access/template",
    tag = "Accesses",
    operation_id = ENDPOINT.operation,
    params(IdempotencyKey),
    request_body(content((NewAccessTemplate = "application/json"), (NewAccessTemplate = "text/jsv"))),
    responses(
        (status = 200, description = "Created.", content((Written = "application/json"), (Written = "text/jsv"))),
        (status = 403, description = "The caller's roles do not allow this."),
    ),
)]
pub(crate) async fn create(call: Call) -> Result<Response> {
    let id = AccessTemplateId::make(call.now, &call.random)?;
    let input = Input::of(&call.request)?;
    let (scope, template) = input.read(|fields| {
        let scope = scopes::organization_of(&call, fields);
        Some((scope, AccessTemplate::new(id, fields)))
    })?;
    let scope = scope.filter(|scope| scope.reaches(Area::Templates, Reach::Write));
    let scope = scope.ok_or(Error::InsufficientRights(Vec::new()))?;

    let once = Once::of(&call, input.value())?;
    let answer = Response::json(StatusCode::OK, &Written::new(&scope, template.clone()));
    let answer = directory::put(
        &call,
        &once,
        &scope,
        &template,
        answer,
        &directory::Extra::default(),
    )
    .await?;
    // Two ids with the same 74 random bits.
    let answer = answer.ok_or_else(|| Error::Unavailable("the id is taken".to_owned()))?;
    service::in_format(&call.request, answer)
}
