//! `DELETE /v2/devices/{deviceId}`.
//!
//! Deletes it; its grants end with it.

use latchkey::directory::Device;
use latchkey::error::Result;
use latchkey::id::DeviceId;
use latchkey::wire::Response;
use latchkey::wire::idempotency::IdempotencyKey;
use latchkey::wire::request::IfMatch;

use crate::directory;
use crate::lambda::{Call, Endpoint};

/// The endpoint.
pub const ENDPOINT: Endpoint = Endpoint::new("delete-device", |call| Box::pin(delete(call)));

/// Delete a device.
///
/// Its shares open nothing from then on.
///
/// Allowed roles: `Admin`, `TenantAdmin`.
#[utoipa::path(
    delete,
    path = "/v2/devices/{deviceId}",
    tag = "Devices",
    operation_id = ENDPOINT.operation,
    params(
        ("deviceId" = DeviceId, Path, description = "The ID of the device."),
        IfMatch,
        IdempotencyKey,
    ),
    responses(
        (status = 204, description = "Deleted."),
        (status = 403, description = "The caller's roles do not allow this."),
    ),
)]
pub(crate) async fn delete(call: Call) -> Result<Response> {
    directory::delete::<Device>(call).await
}
