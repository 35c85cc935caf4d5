//! `PUT /v2/user-groups/{userGroupId}/users/{userId}`.
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
pub const ENDPOINT: Endpoint = Endpoint::new("add-user-to-group", |call| Box::pin(add(call)));

/// Add a user to a group.
///
/// A member that is already in the group stays. The group gets a new version.
///
/// Allowed roles: `Admin`, `TenantAdmin`.
#[utoipa::path(
    put,
    path = "/v2/user-groups/{userGroupId}/users/{userId}",
    tag = "User groups",
    operation_id = ENDPOINT.operation,
    params(
        ("userGroupId" = UserGroupId, Path, description = "The ID of the group."),
        ("userId" = UserId, Path, description = "The ID of the user."),
        IdempotencyKey,
    ),
    responses(
        (status = 204, description = "The user is in the group."),
        (status = 403, description = "The caller's roles do not allow this."),
    ),
)]
pub(crate) async fn add(call: Call) -> Result<Response> {
    directory::add::<UserGroup>(call).await
}
