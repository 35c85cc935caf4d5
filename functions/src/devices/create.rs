//! `POST /v2/devices`.
//!
//! Writes the device.

use latchkey::directory::{Device, DeviceCreated, NewDevice};
use latchkey::error::Result;
use latchkey::wire::Response;
use latchkey::wire::idempotency::IdempotencyKey;

use crate::directory;
use crate::lambda::{Call, Endpoint};

/// The endpoint.
pub const ENDPOINT: Endpoint = Endpoint::new("create-device", |call| Box::pin(create(call)));

/// Create a device.
///
/// A device is a lock. Without a `timeZone` it is in the time zone of the organization.
///
/// Allowed roles: `Admin`, `TenantAdmin`.
#[utoipa::path(
    post,
    path = "/v2/devices",
    tag = "Devices",
    operation_id = ENDPOINT.operation,
    params(IdempotencyKey),
    request_body = NewDevice,
    responses(
        (status = 201, description = "Created.", body = DeviceCreated),
        (status = 403, description = "The caller's roles do not allow this."),
    ),
)]
pub(crate) async fn create(call: Call) -> Result<Response> {
    directory::create::<Device>(call).await
}
