//! `GET /access/templategroup`.
//!
//! Reads the group, then its templates: two round trips.

use std::slice;

use http::StatusCode;
use latchkey::access::{AccessTemplateGroup, AccessTemplateGroupView};
use latchkey::caller::OrganizationScope;
use latchkey::directory::Resource;
use latchkey::error::{Error, Result};
use latchkey::id::AccessTemplateGroupId;
use latchkey::role::{Area, Reach};
use latchkey::wire::Response;
use latchkey::wire::service::{self, Datum, Input};

use super::{Group, templates};
use crate::lambda::{Call, Endpoint, SHOWN};
use crate::scopes;

/// The endpoint.
pub const ENDPOINT: Endpoint = Endpoint::service("get-template-group", |call| Box::pin(get(call)));

/// Get a group of access templates.
///
/// The group with its templates, and the version that `If-Match` takes as the `ETag`. The same
/// operation is at `/json/reply/GetAccessTemplateGroup`, `/jsv/reply/GetAccessTemplateGroup` and
/// `/api/GetAccessTemplateGroup`.
///
/// Who may: the roles `Admin`, `TenantAdmin`, `AccessAdmin` and `AccessTemplateAdmin`.
#[utoipa::path(
    get,
    path = "/access/templategroup",
    tag = "Accesses",
    operation_id = ENDPOINT.operation,
    params(("AccessTemplateGroupId" = AccessTemplateGroupId, Query, description = "The group.")),
    responses(
        (status = 200, description = "The group.", content((Group = "application/json"), (Group = "text/jsv")), headers(("ETag"))),
        (status = 403, description = "The caller's roles do not allow this."),
        (status = 404, description = "There is no such group."),
    ),
)]
pub(crate) async fn get(call: Call) -> Result<Response> {
    let id = Input::of(&call.request)?.read(super::id)?;
    let scopes = scopes::reaching(&call, Area::TemplateGroups, Reach::Read)?;
    let key = |scope: &OrganizationScope| {
        AccessTemplateGroup::key(scope, id).filter(|_| scopes.contains(scope))
    };
    let found = call.find::<AccessTemplateGroup>(key, SHOWN).await?;
    let (scope, group) = found.ok_or(Error::NotFound(AccessTemplateGroup::WHAT))?;
    let templates = templates(&call, &scope, slice::from_ref(&group)).await?;
    let data = AccessTemplateGroupView::new(&scope, &group, &templates);
    let answer = service::answer(&call.request, StatusCode::OK, &Datum { data })?;
    Ok(answer.etag(group.version))
}
