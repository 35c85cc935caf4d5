//! `DELETE /v2/device-groups/{deviceGroupId}/devices/{deviceId}`.
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
    operation: "remove-device-from-group",
    handle: |call| Box::pin(remove(call)),
};

/// Take a device out of a group.
///
/// 404 also when the device is not in the group. The group gets a new version.
///
/// Who may: the roles `Admin` and `TenantAdmin`.
#[utoipa::path(
    delete,
    path = "/v2/device-groups/{deviceGroupId}/devices/{deviceId}",
    tag = "Device groups",
    operation_id = ENDPOINT.operation,
    params(
        ("deviceGroupId" = DeviceGroupId, Path, description = "The number of the group."),
        ("deviceId" = DeviceId, Path, description = "The number of the device."),
        IdempotencyKey,
    ),
    responses(
        (status = 204, description = "The device is out of the group."),
        (status = 403, description = "The roles of the caller do not allow it."),
    ),
)]
pub(crate) async fn remove(call: Call) -> Result<Response> {
    directory::remove::<DeviceGroup>(call).await
}
