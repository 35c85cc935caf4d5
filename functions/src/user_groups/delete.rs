//! `DELETE /v2/user-groups/{userGroupId}`.
//!
//! Deletes it; its grants end with it.

use latchkey::directory::UserGroup;
use latchkey::id::UserGroupId;
use latchkey::wire::idempotency::IdempotencyKey;
use latchkey::wire::request::IfMatch;
use latchkey::wire::{Response, Result};

use crate::directory;
use crate::lambda::{Call, Endpoint};

/// The endpoint.
pub const ENDPOINT: Endpoint = Endpoint {
    operation: "delete-user-group",
    handle: |call| Box::pin(delete(call)),
};

/// Delete a user group.
///
/// Shares of which it is the receiver give nothing from then on.
///
/// Who may: the roles `Admin` and `TenantAdmin`.
#[utoipa::path(
    delete,
    path = "/v2/user-groups/{userGroupId}",
    tag = "User groups",
    operation_id = ENDPOINT.operation,
    params(
        ("userGroupId" = UserGroupId, Path, description = "The number of the group."),
        IfMatch,
        IdempotencyKey,
    ),
    responses(
        (status = 204, description = "The group is gone."),
        (status = 403, description = "The roles of the caller do not allow it."),
    ),
)]
pub(crate) async fn delete(call: Call) -> Result<Response> {
    directory::delete::<UserGroup>(call).await
}
