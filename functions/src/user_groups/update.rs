//! `PUT /v2/user-groups/{userGroupId}`.
//!
//! Reads the group and writes what changed; of `members` on both sides, in the same transaction.

use latchkey::directory::{UserGroup, UserGroupChanges, UserGroupView};
use latchkey::error::Result;
use latchkey::id::UserGroupId;
use latchkey::wire::Response;
use latchkey::wire::idempotency::IdempotencyKey;
use latchkey::wire::request::IfMatch;

use crate::directory;
use crate::lambda::{Call, Endpoint};

/// The endpoint.
pub const ENDPOINT: Endpoint = Endpoint::new("update-user-group", |call| Box::pin(update(call)));

/// Change a user group.
///
/// A field left out stays as it is. `members` replaces the members of the group: one request
/// can add and remove up to 32 users.
///
/// Allowed roles: `Admin`, `TenantAdmin`.
#[utoipa::path(
    put,
    path = "/v2/user-groups/{userGroupId}",
    tag = "User groups",
    operation_id = ENDPOINT.operation,
    params(
        ("userGroupId" = UserGroupId, Path, description = "The ID of the group."),
        IfMatch,
        IdempotencyKey,
    ),
    request_body = UserGroupChanges,
    responses(
        (status = 200, description = "The changed group.", body = UserGroupView, headers(("ETag"))),
        (status = 403, description = "The caller's roles do not allow this."),
    ),
)]
pub(crate) async fn update(call: Call) -> Result<Response> {
    directory::update::<UserGroup>(call).await
}
