//! `PUT /v2/spaces/{spaceId}`.
//!
//! Reads the space and writes what changed; where `devices` did, on both sides.

use latchkey::directory::{Space, SpaceChanges, SpaceView};
use latchkey::error::Result;
use latchkey::id::SpaceId;
use latchkey::wire::Response;
use latchkey::wire::idempotency::IdempotencyKey;
use latchkey::wire::request::IfMatch;

use crate::directory;
use crate::lambda::{Call, Endpoint};

/// The endpoint.
pub const ENDPOINT: Endpoint = Endpoint::new("update-space", |call| Box::pin(update(call)));

/// Change a space.
///
/// A field left out stays as it is; `null` clears `location` or `remarks`. `devices` replaces
/// the devices that open the space.
///
/// Allowed roles: `Admin`, `TenantAdmin`.
#[utoipa::path(
    put,
    path = "/v2/spaces/{spaceId}",
    tag = "Spaces",
    operation_id = ENDPOINT.operation,
    params(
        ("spaceId" = SpaceId, Path, description = "The ID of the space."),
        IfMatch,
        IdempotencyKey,
    ),
    request_body = SpaceChanges,
    responses(
        (status = 200, description = "The changed space.", body = SpaceView, headers(("ETag"))),
        (status = 403, description = "The caller's roles do not allow this."),
    ),
)]
pub(crate) async fn update(call: Call) -> Result<Response> {
    directory::update::<Space>(call).await
}
