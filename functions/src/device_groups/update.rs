//! `PUT /v2/device-groups/{deviceGroupId}`.
//!
//! Reads the group and writes what changed; of `devices` on both sides, in the same transaction.

use latchkey::directory::{DeviceGroup, DeviceGroupChanges, DeviceGroupView};
use latchkey::error::Result;
use latchkey::id::DeviceGroupId;
use latchkey::wire::Response;
use latchkey::wire::idempotency::IdempotencyKey;
use latchkey::wire::request::IfMatch;

use crate::directory;
use crate::lambda::{Call, Endpoint};

/// The endpoint.
pub const ENDPOINT: Endpoint = Endpoint::new("update-device-group", |call| Box::pin(update(call)));

/// Change a device group.
///
/// A field left out stays as it is; `null` clears `location` or `remarks`. `devices` replaces
/// the devices of the group: one request can add and remove up to 32.
///
/// Allowed roles: `Admin`, `TenantAdmin`.
#[utoipa::path(
    put,
    path = "/v2/device-groups/{deviceGroupId}",
    tag = "Device groups",
    operation_id = ENDPOINT.operation,
    params(
        ("deviceGroupId" = DeviceGroupId, Path, description = "The ID of the group."),
        IfMatch,
        IdempotencyKey,
    ),
    request_body = DeviceGroupChanges,
    responses(
        (status = 200, description = "The changed group.", body = DeviceGroupView, headers(("ETag"))),
        (status = 403, description = "The caller's roles do not allow this."),
    ),
)]
pub(crate) async fn update(call: Call) -> Result<Response> {
    directory::update::<DeviceGroup>(call).await
}
