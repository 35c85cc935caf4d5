//! `DELETE /v2/user-groups/{userGroupId}/users/{userId}`.
//!
//! Writes both sides in one transaction: one round trip.

use latchkey::directory::UserGroup;
use latchkey::error::Result;
use latchkey::id::{UserGroupId, UserId};
use latchkey::wire::Response;
use latchkey::wire::idempotency::IdempotencyKey;

use crate::directory;
use crate::lambda::{Call, Endpoint};

/// The endpoint.
pub const ENDPOINT: Endpoint =
    Endpoint::new("remove-user-from-group", |call| Box::pin(remove(call)));

/// Remove a user from a group.
///
/// If the user is not in the group, the answer is 404. The group gets a new version.
///
/// Allowed roles: `Admin`, `TenantAdmin`.
#[utoipa::path(
    delete,
    path = "/v2/user-groups/{userGroupId}/users/{userId}",
    tag = "User groups",
    operation_id = ENDPOINT.operation,
    params(
        ("userGroupId" = UserGroupId, Path, description = "The ID of the group."),
        ("userId" = UserId, Path, description = "The ID of the user."),
        IdempotencyKey,
    ),
    responses(
        (status = 204, description = "The user is no longer in the group."),
        (status = 403, description = "The caller's roles do not allow this."),
    ),
)]
pub(crate) async fn remove(call: Call) -> Result<Response> {
    directory::remove::<UserGroup>(call).await
}
