//! `PUT /v2/device-groups/{deviceGroupId}/devices/{deviceId}`.
//!
//! Writes both sides in one transaction: one round trip.

use latchkey::directory::DeviceGroup;
use latchkey::id::{DeviceGroupId, DeviceId};
use latchkey::wire::idempotency::IdempotencyKey;
use latchkey::wire::{Response, Result};

use crate::directory;
use crate::lambda::{Call, Endpoint};

/// The endpoint.
pub const ENDPOINT: Endpoint = Endpoint {
    operation: "add-device-to-group",
    handle: |call| Box::pin(add(call)),
};

/// Put a device into a group.
///
/// One that is in it already stays. The group gets a new version.
///
/// Who may: the roles `Admin` and `TenantAdmin`.
#[utoipa::path(
    put,
    path = "/v2/device-groups/{deviceGroupId}/devices/{deviceId}",
    tag = "Device groups",
    operation_id = ENDPOINT.operation,
    params(
        ("deviceGroupId" = DeviceGroupId, Path, description = "The number of the group."),
        ("deviceId" = DeviceId, Path, description = "The number of the device."),
        IdempotencyKey,
    ),
    responses(
        (status = 204, description = "The device is in the group."),
        (status = 403, description = "The roles of the caller do not allow it."),
    ),
)]
pub(crate) async fn add(call: Call) -> Result<Response> {
    directory::add::<DeviceGroup>(call).await
}
