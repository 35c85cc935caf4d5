//! `POST /v2/user-groups`.
//!
//! Writes the group, and for each of `members` the groups of the user and an item by which the
//! group finds them, in one transaction: one round trip.

use latchkey::directory::{NewUserGroup, UserGroup, UserGroupCreated};
use latchkey::error::Result;
use latchkey::wire::Response;
use latchkey::wire::idempotency::IdempotencyKey;

use crate::directory;
use crate::lambda::{Call, Endpoint};

/// The endpoint.
pub const ENDPOINT: Endpoint = Endpoint::new("create-user-group", |call| Box::pin(create(call)));

/// Create a user group.
///
/// `members` are up to 32 users that the group has from the start.
///
/// Allowed roles: `Admin`, `TenantAdmin`.
#[utoipa::path(
    post,
    path = "/v2/user-groups",
    tag = "User groups",
    operation_id = ENDPOINT.operation,
    params(IdempotencyKey),
    request_body = NewUserGroup,
    responses(
        (status = 201, description = "Created.", body = UserGroupCreated),
        (status = 403, description = "The caller's roles do not allow this."),
    ),
)]
pub(crate) async fn create(call: Call) -> Result<Response> {
    directory::create::<UserGroup>(call).await
}
