//! `PUT /v2/user-groups/{userGroupId}`.
//!
//! Reads the group and writes what changed; of `members` on both sides, in the same transaction.

use latchkey::directory::{UserGroup, UserGroupChanges, UserGroupView};
use latchkey::id::UserGroupId;
use latchkey::wire::idempotency::IdempotencyKey;
use latchkey::wire::request::IfMatch;
use latchkey::wire::{Response, Result};

use crate::directory;
use crate::lambda::{Call, Endpoint};

/// The endpoint.
pub const ENDPOINT: Endpoint = Endpoint {
    operation: "update-user-group",
    handle: |call| Box::pin(update(call)),
};

/// Change a user group.
///
/// A field left out stays as it is. `members` replaces who is in the group: up to 32 users
/// come and go at once.
///
/// Who may: the roles `Admin` and `TenantAdmin`.
#[utoipa::path(
    put,
    path = "/v2/user-groups/{userGroupId}",
    tag = "User groups",
    operation_id = ENDPOINT.operation,
    params(
        ("userGroupId" = UserGroupId, Path, description = "The number of the group."),
        IfMatch,
        IdempotencyKey,
    ),
    request_body = UserGroupChanges,
    responses(
        (status = 200, description = "The group as it is now.", body = UserGroupView, headers(("ETag"))),
        (status = 403, description = "The roles of the caller do not allow it."),
    ),
)]
pub(crate) async fn update(call: Call) -> Result<Response> {
    directory::update::<UserGroup>(call).await
}
