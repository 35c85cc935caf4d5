//! `DELETE /v2/spaces/{spaceId}`.
//!
//! Deletes it; its grants end with it.

use latchkey::directory::Space;
use latchkey::error::Result;
use latchkey::id::SpaceId;
use latchkey::wire::Response;
use latchkey::wire::idempotency::IdempotencyKey;
use latchkey::wire::request::IfMatch;

use crate::directory;
use crate::lambda::{Call, Endpoint};

/// The endpoint.
pub const ENDPOINT: Endpoint = Endpoint::new("delete-space", |call| Box::pin(delete(call)));

/// Delete a space.
///
/// Accesses and shares of the space open nothing from then on.
///
/// Allowed roles: `Admin`, `TenantAdmin`.
#[utoipa::path(
    delete,
    path = "/v2/spaces/{spaceId}",
    tag = "Spaces",
    operation_id = ENDPOINT.operation,
    params(
        ("spaceId" = SpaceId, Path, description = "The ID of the space."),
        IfMatch,
        IdempotencyKey,
    ),
    responses(
        (status = 204, description = "Deleted."),
        (status = 403, description = "The caller's roles do not allow this."),
    ),
)]
pub(crate) async fn delete(call: Call) -> Result<Response> {
    directory::delete::<Space>(call).await
}
