//! `POST /v2/device-groups`.
//!
//! Writes the group, and for each of `devices` the groups of the device and an item by which
//! the group finds them, in one transaction: one round trip.

use latchkey::directory::{DeviceGroup, DeviceGroupCreated, NewDeviceGroup};
use latchkey::error::Result;
use latchkey::wire::Response;
use latchkey::wire::idempotency::IdempotencyKey;

use crate::directory;
use crate::lambda::{Call, Endpoint};

/// The endpoint.
pub const ENDPOINT: Endpoint = Endpoint::new("create-device-group", |call| Box::pin(create(call)));

/// Create a device group.
///
/// `devices` are up to 32 devices that the group has from the start.
///
/// Allowed roles: `Admin`, `TenantAdmin`.
#[utoipa::path(
    post,
    path = "/v2/device-groups",
    tag = "Device groups",
    operation_id = ENDPOINT.operation,
    params(IdempotencyKey),
    request_body = NewDeviceGroup,
    responses(
        (status = 201, description = "Created.", body = DeviceGroupCreated),
        (status = 403, description = "The caller's roles do not allow this."),
    ),
)]
pub(crate) async fn create(call: Call) -> Result<Response> {
    directory::create::<DeviceGroup>(call).await
}
