//! `DELETE /v2/user-groups/{userGroupId}`.
//!
//! Deletes it; its grants end with it.

use latchkey::directory::UserGroup;
use latchkey::error::Result;
use latchkey::id::UserGroupId;
use latchkey::wire::Response;
use latchkey::wire::idempotency::IdempotencyKey;
use latchkey::wire::request::IfMatch;

use crate::directory;
use crate::lambda::{Call, Endpoint};

/// The endpoint.
pub const ENDPOINT: Endpoint = Endpoint::new("delete-user-group", |call| Box::pin(delete(call)));

/// Delete a user group.
///
/// Shares for the group give nothing from then on.
///
/// Allowed roles: `Admin`, `TenantAdmin`.
#[utoipa::path(
    delete,
    path = "/v2/user-groups/{userGroupId}",
    tag = "User groups",
    operation_id = ENDPOINT.operation,
    params(
        ("userGroupId" = UserGroupId, Path, description = "The ID of the group."),
        IfMatch,
        IdempotencyKey,
    ),
    responses(
        (status = 204, description = "Deleted."),
        (status = 403, description = "The caller's roles do not allow this."),
    ),
)]
pub(crate) async fn delete(call: Call) -> Result<Response> {
    directory::delete::<UserGroup>(call).await
}
