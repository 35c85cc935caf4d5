//! `DELETE /v2/spaces/{spaceId}`.
//!
//! Deletes it; its grants end with it.

use latchkey::directory::Space;
use latchkey::id::SpaceId;
use latchkey::wire::idempotency::IdempotencyKey;
use latchkey::wire::request::IfMatch;
use latchkey::wire::{Response, Result};

use crate::directory;
use crate::lambda::{Call, Endpoint};

/// The endpoint.
pub const ENDPOINT: Endpoint = Endpoint {
    operation: "delete-space",
    handle: |call| Box::pin(delete(call)),
};

/// Delete a space.
///
/// What gives access to it opens nothing from then on.
///
/// Who may: the roles `Admin` and `TenantAdmin`.
#[utoipa::path(
    delete,
    path = "/v2/spaces/{spaceId}",
    tag = "Spaces",
    operation_id = ENDPOINT.operation,
    params(
        ("spaceId" = SpaceId, Path, description = "The id of the space."),
        IfMatch,
        IdempotencyKey,
    ),
    responses(
        (status = 204, description = "The space is gone."),
        (status = 403, description = "The roles of the caller do not allow it."),
    ),
)]
pub(crate) async fn delete(call: Call) -> Result<Response> {
    directory::delete::<Space>(call).await
}
