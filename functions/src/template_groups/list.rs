//! `GET /access/templategroups`.
//!
//! Reads one page, then the templates of all its groups: two round trips.

use http::StatusCode;
use latchkey::access::{AccessTemplateGroup, AccessTemplateGroupView};
use latchkey::directory::Resource;
use latchkey::error::Result;
use latchkey::role::{Area, Reach};
use latchkey::wire::Response;
use latchkey::wire::service::{self, Data};
use utoipa::ToSchema;

use super::templates;
use crate::lambda::{Call, Endpoint};
use crate::lists::{self, Listed, ListedData};

/// The endpoint.
pub const ENDPOINT: Endpoint =
    Endpoint::service("list-template-groups", |call| Box::pin(list(call)));

/// A page of groups.
#[derive(Debug, ToSchema)]
#[schema(as = AccessTemplateGroupsResponse)]
#[expect(dead_code, reason = "the shape of what is written")]
pub(crate) struct Groups {
    /// The groups, oldest first.
    data: Vec<AccessTemplateGroupView>,
}

/// List groups of access templates.
///
/// Those of an organization, oldest first, in pages. The same operation is at
/// `/json/reply/GetAccessTemplateGroups`, `/jsv/reply/GetAccessTemplateGroups` and
/// `/api/GetAccessTemplateGroups`.
///
/// Who may: the roles `Admin`, `TenantAdmin`, `AccessAdmin` and `AccessTemplateAdmin`.
#[utoipa::path(
    get,
    path = "/access/templategroups",
    tag = "Accesses",
    operation_id = ENDPOINT.operation,
    params(ListedData),
    responses(
        (status = 200, description = "A page.", content((Groups = "application/json"), (Groups = "text/jsv")), headers(("Link"))),
        (status = 403, description = "The caller's roles do not allow this."),
    ),
)]
pub(crate) async fn list(mut call: Call) -> Result<Response> {
    let (listed, ()) = lists::asked(&mut call, &[], |_| ())?;
    let Listed { scope, page } = listed.reaching(Area::TemplateGroups, Reach::Read)?;
    let all = scope.things(AccessTemplateGroup::KEY);
    let after = page.after.as_deref();
    let found = call.table.page_of_things(&all, page.size, after);
    let (groups, next): (Vec<AccessTemplateGroup>, _) = found.await?;
    let templates = templates(&call, &scope, &groups).await?;
    let views = groups.iter();
    let data = views
        .map(|group| AccessTemplateGroupView::new(&scope, group, &templates))
        .collect();
    let response = service::answer(&call.request, StatusCode::OK, &Data { data })?;
    Ok(page.linked(&call.request, response, next.as_deref()))
}
