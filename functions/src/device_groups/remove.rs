//! `DELETE /v2/device-groups/{deviceGroupId}/devices/{deviceId}`.
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
pub const ENDPOINT: Endpoint =
    Endpoint::new("remove-device-from-group", |call| Box::pin(remove(call)));

/// Remove a device from a group.
///
/// If the device is not in the group, the answer is 404. The group gets a new version.
///
/// Allowed roles: `Admin`, `TenantAdmin`.
#[utoipa::path(
    delete,
    path = "/v2/device-groups/{deviceGroupId}/devices/{deviceId}",
    tag = "Device groups",
    operation_id = ENDPOINT.operation,
    params(
        ("deviceGroupId" = DeviceGroupId, Path, description = "The ID of the group."),
        ("deviceId" = DeviceId, Path, description = "The ID of the device."),
        IdempotencyKey,
    ),
    responses(
        (status = 204, description = "The device is no longer in the group."),
        (status = 403, description = "The caller's roles do not allow this."),
    ),
)]
pub(crate) async fn remove(call: Call) -> Result<Response> {
    directory::remove::<DeviceGroup>(call).await
}
