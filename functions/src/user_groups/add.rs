//! `PUT /v2/user-groups/{userGroupId}/users/{userId}`.
//!
//! Writes both sides in one transaction: one round trip.

use latchkey::directory::UserGroup;
use latchkey::id::{UserGroupId, UserId};
use latchkey::wire::idempotency::IdempotencyKey;
use latchkey::wire::{Response, Result};

use crate::directory;
use crate::lambda::{Call, Endpoint};

/// The endpoint.
pub const ENDPOINT: Endpoint = Endpoint {
    operation: "add-user-to-group",
    handle: |call| Box::pin(add(call)),
};

/// Put a user into a group.
///
/// One that is in it already stays. The group gets a new version.
///
/// Who may: the roles `Admin` and `TenantAdmin`.
#[utoipa::path(
    put,
    path = "/v2/user-groups/{userGroupId}/users/{userId}",
    tag = "User groups",
    operation_id = ENDPOINT.operation,
    params(
        ("userGroupId" = UserGroupId, Path, description = "The number of the group."),
        ("userId" = UserId, Path, description = "The number of the user."),
        IdempotencyKey,
    ),
    responses(
        (status = 204, description = "The user is in the group."),
        (status = 403, description = "The roles of the caller do not allow it."),
    ),
)]
pub(crate) async fn add(call: Call) -> Result<Response> {
    directory::add::<UserGroup>(call).await
}
