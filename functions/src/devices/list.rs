//! `GET /v2/devices` and `GET /v2/devices/{deviceId}`;
//! `GET /v2/device-groups/{deviceGroupId}/devices`.
//!
//! Reads one page, or the one; of a group, the group, a page of what is in it, and those.

use latchkey::directory::{Device, DeviceGroup, DeviceView, Resource};
use latchkey::error::Result;
use latchkey::id::{DeviceGroupId, DeviceId};
use latchkey::wire::page::Offset;
use latchkey::wire::{Page, Response};

use crate::directory;
use crate::lambda::{Call, Endpoint};
use crate::lists::Listed;

/// The endpoint.
pub const ENDPOINT: Endpoint = Endpoint::new("list-devices", |call| {
    if call.request.path.contains_key(DeviceGroup::ID_FIELD) {
        Box::pin(list_of_group(call))
    } else if call.request.path.contains_key(Device::ID_FIELD) {
        Box::pin(get(call))
    } else {
        Box::pin(list(call))
    }
});

/// List devices.
///
/// Returns all of an organization, oldest first, in pages.
///
/// Allowed roles: `Admin`, `TenantAdmin`, `AccessAdmin`, `AccessTemplateAdmin`, `Receptionist`.
#[utoipa::path(
    get,
    path = "/v2/devices",
    tag = "Devices",
    operation_id = ENDPOINT.operation,
    params(Listed, Offset),
    responses(
        (status = 200, description = "A page.", body = Vec<DeviceView>, headers(("Link"))),
        (status = 403, description = "The caller's roles do not allow this."),
    ),
)]
pub(crate) async fn list(call: Call) -> Result<Response> {
    directory::list::<Device>(call).await
}

/// Get a device.
///
/// Returns the device. Its `ETag` is the version for `If-Match`.
///
/// Allowed roles: `Admin`, `TenantAdmin`, `AccessAdmin`, `AccessTemplateAdmin`, `Receptionist`.
/// Also allowed: users who hold `administrate` on the device now.
#[utoipa::path(
    get,
    path = "/v2/devices/{deviceId}",
    tag = "Devices",
    operation_id = "get-device",
    params(("deviceId" = DeviceId, Path, description = "The ID of the device.")),
    responses(
        (status = 200, description = "The device.", body = DeviceView, headers(("ETag"))),
        (status = 403, description = "The caller's roles do not allow this."),
    ),
)]
pub(crate) async fn get(call: Call) -> Result<Response> {
    directory::show::<Device>(call).await
}

/// List the devices in a group.
///
/// Oldest first, in pages.
///
/// Allowed roles: `Admin`, `TenantAdmin`, `AccessAdmin`, `AccessTemplateAdmin`, `Receptionist`.
#[utoipa::path(
    get,
    path = "/v2/device-groups/{deviceGroupId}/devices",
    tag = "Devices",
    operation_id = "list-devices-of-group",
    params(
        ("deviceGroupId" = DeviceGroupId, Path, description = "The ID of the group."),
        Page,
    ),
    responses(
        (status = 200, description = "A page.", body = Vec<DeviceView>, headers(("Link"))),
        (status = 403, description = "The caller's roles do not allow this."),
    ),
)]
pub(crate) async fn list_of_group(call: Call) -> Result<Response> {
    directory::list_of_group::<DeviceGroup>(call).await
}
