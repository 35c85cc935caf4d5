//! `PUT /access/templategroup`.
//!
//! Reads the templates, then the group, and writes what changed, on condition that the templates
//! that are new in it exist: three round trips.

use std::slice;

use http::StatusCode;
use latchkey::access::{AccessTemplateGroup, AccessTemplateGroupView};
use latchkey::caller::OrganizationScope;
use latchkey::directory::Resource;
use latchkey::error::Result;
use latchkey::id::{AccessTemplateGroupId, OrganizationId};
use latchkey::role::{Area, Reach};
use latchkey::wire::Response;
use latchkey::wire::idempotency::IdempotencyKey;
use latchkey::wire::json::Fields;
use latchkey::wire::request::IfMatch;
use latchkey::wire::service::{self, Input};
use uuid::Uuid;

use super::{GroupChanges, Templates, Written, templates};
use crate::directory;
use crate::lambda::{Call, Endpoint, Once};
use crate::scopes;

/// The endpoint.
pub const ENDPOINT: Endpoint =
    Endpoint::service("update-template-group", |call| Box::pin(update(call)));

/// Change a group of access templates.
///
/// Replaces the name and the templates. The same operation is at
/// `/json/reply/UpdateAccessTemplateGroup`, `/jsv/reply/UpdateAccessTemplateGroup` and
/// `/api/UpdateAccessTemplateGroup`.
///
/// Who may: the roles `Admin`, `TenantAdmin`, `AccessAdmin` and `AccessTemplateAdmin`.
#[utoipa::path(
    put,
    path = "/access/templategroup",
    tag = "Accesses",
    operation_id = ENDPOINT.operation,
    params(IfMatch, IdempotencyKey),
    request_body(content((GroupChanges = "application/json"), (GroupChanges = "text/jsv"))),
    responses(
        (status = 200, description = "Changed.", content((Written = "application/json"), (Written = "text/jsv")), headers(("ETag"))),
        (status = 403, description = "The caller's roles do not allow this."),
        (status = 404, description = "There is no such group."),
    ),
)]
pub(crate) async fn update(call: Call) -> Result<Response> {
    let input = Input::of(&call.request)?;
    let read = |fields: &Fields<'_>| {
        let id = super::id(fields);
        let blank = id.unwrap_or_else(|| Uuid::nil().into());
        let wanted = AccessTemplateGroup::new(blank, fields);
        id.map(|_| wanted)
    };
    let wanted = input.read(read)?;
    let scopes = scopes::reaching(&call, Area::TemplateGroups, Reach::Write)?;
    let once = Once::of(&call, input.value())?;
    let known = known(&call, &scopes, &wanted).await?;
    let none = Templates::new();
    let update = directory::Update {
        changed: &|before: &AccessTemplateGroup| {
            Ok(AccessTemplateGroup {
                version: before.version,
                ..wanted.clone()
            })
        },
        answer: &|scope, group: &AccessTemplateGroup| {
            let of = known.iter().find(|(of, _)| *of == scope.organization());
            let templates = of.map_or(&none, |(_, templates)| templates);
            let data = AccessTemplateGroupView::new(scope, group, templates);
            let id: AccessTemplateGroupId = group.id;
            Response::json(StatusCode::OK, &Written { data, id }).etag(group.version)
        },
    };
    let answer = directory::change(&call, &once, &scopes, wanted.id, &update).await?;
    service::in_format(&call.request, answer)
}

/// The templates that are wanted, in each organization that the group may be of.
async fn known(
    call: &Call,
    scopes: &[OrganizationScope],
    wanted: &AccessTemplateGroup,
) -> Result<Vec<(OrganizationId, Templates)>> {
    let mut known = Vec::new();
    for scope in scopes {
        let found = templates(call, scope, slice::from_ref(wanted)).await?;
        known.push((scope.organization(), found));
    }
    Ok(known)
}
