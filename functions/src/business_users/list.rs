//! `GET /users`.
//!
//! Reads one page, and at once the name of the organization: one round trip.

use futures_util::future::try_join;
use http::StatusCode;
use latchkey::business::BusinessUserProfileDataView;
use latchkey::directory::{Resource, User};
use latchkey::error::Result;
use latchkey::role::{Area, Reach};
use latchkey::wire::Response;
use latchkey::wire::service::{self, Data};
use utoipa::ToSchema;

use super::organization;
use crate::lambda::{Call, Endpoint};
use crate::lists::{self, Listed, ListedData};

/// The endpoint.
pub const ENDPOINT: Endpoint =
    Endpoint::service("list-business-users", |call| Box::pin(list(call)));

/// A page of users.
#[derive(Debug, ToSchema)]
#[schema(as = BusinessUserProfilesDataResponse)]
#[expect(dead_code, reason = "the shape of what is written")]
pub(crate) struct BusinessUsers {
    /// The users, oldest first.
    data: Vec<BusinessUserProfileDataView>,
}

/// List business users.
///
/// Returns the users of an organization, oldest first, in pages.
///
/// The same operation is at `/json/reply/GetBusinessUserProfilesData`,
/// `/jsv/reply/GetBusinessUserProfilesData` and `/api/GetBusinessUserProfilesData`.
///
/// Allowed roles: `Admin`, `TenantAdmin`.
#[utoipa::path(
    get,
    path = "/users",
    tag = "Accesses",
    operation_id = ENDPOINT.operation,
    params(ListedData),
    responses(
        (status = 200, description = "A page.", content((BusinessUsers = "application/json"), (BusinessUsers = "text/jsv")), headers(("Link"))),
        (status = 403, description = "The caller's roles do not allow this."),
    ),
)]
pub(crate) async fn list(mut call: Call) -> Result<Response> {
    let (listed, ()) = lists::asked(&mut call, &[], |_| ())?;
    // Who writes users.
    let Listed { scope, page } = listed.reaching(Area::Directory, Reach::Write)?;
    let all = scope.things(User::KEY);
    let users = call
        .table
        .page_of_things::<User>(&all, page.size, page.after.as_deref());
    let ((users, next), organization) = try_join(users, organization(&call, &scope)).await?;
    let view = |user| BusinessUserProfileDataView::new(&organization, user);
    let data = users.into_iter().map(view).collect();
    let response = service::answer(&call.request, StatusCode::OK, &Data { data })?;
    Ok(page.linked(&call.request, response, next.as_deref()))
}
