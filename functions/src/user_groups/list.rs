//! `GET /v2/user-groups` and `GET /v2/user-groups/{userGroupId}`.
//!
//! Reads one page, or the one: one round trip.

use latchkey::directory::{Resource, UserGroup, UserGroupView};
use latchkey::error::Result;
use latchkey::id::UserGroupId;
use latchkey::wire::Response;

use crate::directory;
use crate::lambda::{Call, Endpoint};
use crate::lists::Listed;

/// The endpoint.
pub const ENDPOINT: Endpoint = Endpoint::new("list-user-groups", |call| {
    if call.request.path.contains_key(UserGroup::ID_FIELD) {
        Box::pin(get(call))
    } else {
        Box::pin(list(call))
    }
});

/// List user groups.
///
/// Returns all of an organization, oldest first, in pages.
///
/// Allowed roles: `Admin`, `TenantAdmin`, `AccessAdmin`, `AccessTemplateAdmin`, `Receptionist`.
#[utoipa::path(
    get,
    path = "/v2/user-groups",
    tag = "User groups",
    operation_id = ENDPOINT.operation,
    params(Listed),
    responses(
        (status = 200, description = "A page.", body = Vec<UserGroupView>, headers(("Link"))),
        (status = 403, description = "The caller's roles do not allow this."),
    ),
)]
pub(crate) async fn list(call: Call) -> Result<Response> {
    directory::list::<UserGroup>(call).await
}

/// Get a user group.
///
/// Returns the group. Its `ETag` is the version for `If-Match`.
///
/// Allowed roles: `Admin`, `TenantAdmin`, `AccessAdmin`, `AccessTemplateAdmin`, `Receptionist`.
#[utoipa::path(
    get,
    path = "/v2/user-groups/{userGroupId}",
    tag = "User groups",
    operation_id = "get-user-group",
    params(("userGroupId" = UserGroupId, Path, description = "The ID of the group.")),
    responses(
        (status = 200, description = "The group.", body = UserGroupView, headers(("ETag"))),
        (status = 403, description = "The caller's roles do not allow this."),
    ),
)]
pub(crate) async fn get(call: Call) -> Result<Response> {
    directory::show::<UserGroup>(call).await
}
