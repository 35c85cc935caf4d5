//! `DELETE /v2/device-groups/{deviceGroupId}`.
//!
//! Deletes it; its grants end with it.

use latchkey::directory::DeviceGroup;
use latchkey::error::Result;
use latchkey::id::DeviceGroupId;
use latchkey::wire::Response;
use latchkey::wire::idempotency::IdempotencyKey;
use latchkey::wire::request::IfMatch;

use crate::directory;
use crate::lambda::{Call, Endpoint};

/// The endpoint.
pub const ENDPOINT: Endpoint = Endpoint::new("delete-device-group", |call| Box::pin(delete(call)));

/// Delete a device group.
///
/// Its shares open nothing from then on.
///
/// Allowed roles: `Admin`, `TenantAdmin`.
#[utoipa::path(
    delete,
    path = "/v2/device-groups/{deviceGroupId}",
    tag = "Device groups",
    operation_id = ENDPOINT.operation,
    params(
        ("deviceGroupId" = DeviceGroupId, Path, description = "The ID of the group."),
        IfMatch,
        IdempotencyKey,
    ),
    responses(
        (status = 204, description = "Deleted."),
        (status = 403, description = "The caller's roles do not allow this."),
    ),
)]
pub(crate) async fn delete(call: Call) -> Result<Response> {
    directory::delete::<DeviceGroup>(call).await
}
