//! `PUT /v2/devices/{deviceId}`.
//!
//! Reads the device and writes what changed.

use http::StatusCode;
use latchkey::directory::{Device, DeviceChanges};
use latchkey::error::Result;
use latchkey::id::DeviceId;
use latchkey::wire::Response;
use latchkey::wire::idempotency::IdempotencyKey;
use latchkey::wire::request::IfMatch;

use super::view::{Shown, View};
use crate::directory;
use crate::lambda::{Call, Endpoint};

/// The endpoint.
pub const ENDPOINT: Endpoint = Endpoint::new("update-device", |call| Box::pin(update(call)));

/// Change a device.
///
/// A field left out stays as it is; `null` clears an optional field. In the answer `owner.name` is
/// `null`.
///
/// Allowed roles: `Admin`, `TenantAdmin`.
#[utoipa::path(
    put,
    path = "/v2/devices/{deviceId}",
    tag = "Devices",
    operation_id = ENDPOINT.operation,
    params(
        ("deviceId" = DeviceId, Path, description = "The ID of the device."),
        IfMatch,
        IdempotencyKey,
    ),
    request_body = DeviceChanges,
    responses(
        (status = 200, description = "The changed device.", body = View, headers(("ETag"))),
        (status = 403, description = "The caller's roles do not allow this."),
    ),
)]
pub(crate) async fn update(call: Call) -> Result<Response> {
    let now = call.now;
    directory::update_with::<Device>(call, &move |scope, device| {
        let of = Shown {
            scope,
            organization: None,
            now,
        };
        Response::json(StatusCode::OK, &of.view(device)).etag(device.version)
    })
    .await
}
