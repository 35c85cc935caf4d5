//! `PUT /v2/device-groups/{deviceGroupId}/devices/{deviceId}`.
//!
//! Writes both sides in one transaction: one round trip.

use latchkey::directory::DeviceGroup;
use latchkey::error::Result;
use latchkey::id::{DeviceGroupId, DeviceId};
use latchkey::wire::Response;
use latchkey::wire::idempotency::IdempotencyKey;

use crate::directory;
use crate::lambda::{Call, Endpoint};

/// The endpoint.
pub const ENDPOINT: Endpoint = Endpoint::new("add-device-to-group", |call| Box::pin(add(call)));

/// Add a device to a group.
///
/// A member that is already in the group stays. The group gets a new version.
///
/// Allowed roles: `Admin`, `TenantAdmin`.
#[utoipa::path(
    put,
    path = "/v2/device-groups/{deviceGroupId}/devices/{deviceId}",
    tag = "Device groups",
    operation_id = ENDPOINT.operation,
    params(
        ("deviceGroupId" = DeviceGroupId, Path, description = "The ID of the group."),
        ("deviceId" = DeviceId, Path, description = "The ID of the device."),
        IdempotencyKey,
    ),
    responses(
        (status = 204, description = "The device is in the group."),
        (status = 403, description = "The caller's roles do not allow this."),
    ),
)]
pub(crate) async fn add(call: Call) -> Result<Response> {
    directory::add::<DeviceGroup>(call).await
}
