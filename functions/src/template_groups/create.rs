//! `POST /access/templategroup`.
//!
//! Reads the templates, then writes the group and checks that they exist, in one transaction: two
//! round trips.

use std::slice;

use http::StatusCode;
use latchkey::access::{AccessTemplateGroup, AccessTemplateGroupView};
use latchkey::directory::Resource;
use latchkey::error::{Error, Result};
use latchkey::id::{AccessTemplateGroupId, Identifier};
use latchkey::role::{Area, Reach};
use latchkey::wire::Response;
use latchkey::wire::idempotency::IdempotencyKey;
use latchkey::wire::service::{self, Input};

use super::{NewGroup, Written, templates};
use crate::directory;
use crate::lambda::{Call, Endpoint, Once};
use crate::scopes;

/// The endpoint.
pub const ENDPOINT: Endpoint =
    Endpoint::service("create-template-group", |call| Box::pin(create(call)));

/// Create a group of access templates.
///
/// Groups are there to sort templates by. They give nobody a right. The same operation is at
/// `/json/reply/CreateAccessTemplateGroup`, `/jsv/reply/CreateAccessTemplateGroup` and
/// `/api/CreateAccessTemplateGroup`.
///
/// Who may: the roles `Admin`, `TenantAdmin`, `AccessAdmin` and `AccessTemplateAdmin`.
#[utoipa::path(
    post,
    path = "/access/templategroup",
    tag = "Accesses",
    operation_id = ENDPOINT.operation,
    params(IdempotencyKey),
    request_body(content((NewGroup = "application/json"), (NewGroup = "text/jsv"))),
    responses(
        (status = 200, description = "Created.", content((Written = "application/json"), (Written = "text/jsv"))),
        (status = 403, description = "The caller's roles do not allow this."),
    ),
)]
pub(crate) async fn create(call: Call) -> Result<Response> {
    let id = AccessTemplateGroupId::make(call.now, &call.random)?;
    let input = Input::of(&call.request)?;
    let (scope, group) = input.read(|fields| {
        let scope = scopes::organization_of(&call, fields);
        Some((scope, AccessTemplateGroup::new(id, fields)))
    })?;
    let scope = scope.filter(|scope| scope.reaches(Area::TemplateGroups, Reach::Write));
    let scope = scope.ok_or(Error::InsufficientRights(Vec::new()))?;
    let once = Once::of(&call, input.value())?;
    let templates = templates(&call, &scope, slice::from_ref(&group)).await?;
    let data = AccessTemplateGroupView::new(&scope, &group, &templates);
    let answer = Response::json(StatusCode::OK, &Written { data, id });
    let answer = directory::put(
        &call,
        &once,
        &scope,
        &group,
        answer,
        &directory::Extra::default(),
    )
    .await?;
    // Two IDs with the same 74 random bits.
    let answer = answer.ok_or_else(|| Error::Unavailable("the id is taken".to_owned()))?;
    service::in_format(&call.request, answer)
}
