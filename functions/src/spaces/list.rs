//! `GET /v2/spaces` and `GET /v2/spaces/{spaceId}`.
//!
//! Reads one page, or the one: one round trip.

use latchkey::directory::{Resource, Space, SpaceView};
use latchkey::error::Result;
use latchkey::id::SpaceId;
use latchkey::wire::Response;

use crate::directory;
use crate::lambda::{Call, Endpoint};
use crate::lists::Listed;

/// The endpoint.
pub const ENDPOINT: Endpoint = Endpoint::new("list-spaces", |call| {
    if call.request.path.contains_key(Space::ID_FIELD) {
        Box::pin(get(call))
    } else {
        Box::pin(list(call))
    }
});

/// List spaces.
///
/// Returns all of an organization, oldest first, in pages.
///
/// Allowed roles: `Admin`, `TenantAdmin`, `AccessAdmin`, `AccessTemplateAdmin`, `Receptionist`.
#[utoipa::path(
    get,
    path = "/v2/spaces",
    tag = "Spaces",
    operation_id = ENDPOINT.operation,
    params(Listed),
    responses(
        (status = 200, description = "A page.", body = Vec<SpaceView>, headers(("Link"))),
        (status = 403, description = "The caller's roles do not allow this."),
    ),
)]
pub(crate) async fn list(call: Call) -> Result<Response> {
    directory::list::<Space>(call).await
}

/// Get a space.
///
/// Returns the space. Its `ETag` is the version for `If-Match`.
///
/// Allowed roles: `Admin`, `TenantAdmin`, `AccessAdmin`, `AccessTemplateAdmin`, `Receptionist`.
#[utoipa::path(
    get,
    path = "/v2/spaces/{spaceId}",
    tag = "Spaces",
    operation_id = "get-space",
    params(("spaceId" = SpaceId, Path, description = "The ID of the space.")),
    responses(
        (status = 200, description = "The space.", body = SpaceView, headers(("ETag"))),
        (status = 403, description = "The caller's roles do not allow this."),
    ),
)]
pub(crate) async fn get(call: Call) -> Result<Response> {
    directory::show::<Space>(call).await
}
