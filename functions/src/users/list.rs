//! `GET /v2/users` and `GET /v2/users/{userId}`;
//! `GET /v2/user-groups/{userGroupId}/users`.
//!
//! Reads one page, or the one; of a group, the group, a page of what is in it, and those.

use latchkey::directory::{Resource, User, UserGroup, UserView};
use latchkey::error::Result;
use latchkey::id::{UserGroupId, UserId};
use latchkey::wire::page::Offset;
use latchkey::wire::{Page, Response};

use crate::directory;
use crate::lambda::{Call, Endpoint};
use crate::lists::Listed;

/// The endpoint.
pub const ENDPOINT: Endpoint = Endpoint::new("list-users", |call| {
    if call.request.path.contains_key(UserGroup::ID_FIELD) {
        Box::pin(list_of_group(call))
    } else if call.request.path.contains_key(User::ID_FIELD) {
        Box::pin(get(call))
    } else {
        Box::pin(list(call))
    }
});

/// List users.
///
/// Returns all of an organization, oldest first, in pages.
///
/// Allowed roles: `Admin`, `TenantAdmin`, `AccessAdmin`, `AccessTemplateAdmin`, `Receptionist`.
#[utoipa::path(
    get,
    path = "/v2/users",
    tag = "Users",
    operation_id = ENDPOINT.operation,
    params(
        ("externalId" = Option<String>, Query, description = "Only the user with this ID of \
            another system.", example = "guest-4711"),
        Listed,
        Offset,
    ),
    responses(
        (status = 200, description = "A page.", body = Vec<UserView>, headers(("Link"))),
        (status = 403, description = "The caller's roles do not allow this."),
    ),
)]
pub(crate) async fn list(call: Call) -> Result<Response> {
    directory::list::<User>(call).await
}

/// Get a user.
///
/// Returns the user. Its `ETag` is the version for `If-Match`.
///
/// Allowed roles: `Admin`, `TenantAdmin`, `AccessAdmin`, `AccessTemplateAdmin`, `Receptionist`.
/// Also allowed: every user, for themselves.
#[utoipa::path(
    get,
    path = "/v2/users/{userId}",
    tag = "Users",
    operation_id = "get-user",
    params(("userId" = UserId, Path, description = "The ID of the user.")),
    responses(
        (status = 200, description = "The user.", body = UserView, headers(("ETag"))),
        (status = 403, description = "The caller's roles do not allow this."),
    ),
)]
pub(crate) async fn get(call: Call) -> Result<Response> {
    directory::show::<User>(call).await
}

/// List the users in a group.
///
/// Oldest first, in pages.
///
/// Allowed roles: `Admin`, `TenantAdmin`, `AccessAdmin`, `AccessTemplateAdmin`, `Receptionist`.
#[utoipa::path(
    get,
    path = "/v2/user-groups/{userGroupId}/users",
    tag = "Users",
    operation_id = "list-users-of-group",
    params(
        ("userGroupId" = UserGroupId, Path, description = "The ID of the group."),
        Page,
    ),
    responses(
        (status = 200, description = "A page.", body = Vec<UserView>, headers(("Link"))),
        (status = 403, description = "The caller's roles do not allow this."),
    ),
)]
pub(crate) async fn list_of_group(call: Call) -> Result<Response> {
    directory::list_of_group::<UserGroup>(call).await
}
