//! `POST /v2/spaces`.
//!
//! Writes the space, and for each of `devices` the spaces that it opens, in one transaction:
//! one round trip.

use latchkey::directory::{NewSpace, Space, SpaceCreated};
use latchkey::error::Result;
use latchkey::wire::Response;
use latchkey::wire::idempotency::IdempotencyKey;

use crate::directory;
use crate::lambda::{Call, Endpoint};

/// The endpoint.
pub const ENDPOINT: Endpoint = Endpoint::new("create-space", |call| Box::pin(create(call)));

/// Create a space.
///
/// `devices` are the devices that open the space, up to 32.
///
/// Allowed roles: `Admin`, `TenantAdmin`.
#[utoipa::path(
    post,
    path = "/v2/spaces",
    tag = "Spaces",
    operation_id = ENDPOINT.operation,
    params(IdempotencyKey),
    request_body = NewSpace,
    responses(
        (status = 201, description = "Created.", body = SpaceCreated),
        (status = 403, description = "The caller's roles do not allow this."),
    ),
)]
pub(crate) async fn create(call: Call) -> Result<Response> {
    directory::create::<Space>(call).await
}
