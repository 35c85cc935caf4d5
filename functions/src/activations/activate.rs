//! `POST /v1/devices/{deviceId}/remote-activation`.
//!
//! The round trips of a decision, and one that writes the audit item.

use latchkey::audit::Deed;
use latchkey::id::DeviceId;
use latchkey::wire::idempotency::IdempotencyKey;
use latchkey::wire::{Response, Result};

use super::{Body, Done, act};
use crate::lambda::{Call, Endpoint};

/// The endpoint.
pub const ENDPOINT: Endpoint = Endpoint {
    operation: "activate-device",
    handle: |call| Box::pin(activate(call)),
};

/// Activate a device.
///
/// Opens it from afar, by way of its gateway.
///
/// Who may: whoever has a share with `remoteActivate` that holds now, whatever their roles.
/// When refused, `details` says of each share what it lacks.
#[utoipa::path(
    post,
    path = "/v1/devices/{deviceId}/remote-activation",
    tag = "Activations",
    operation_id = ENDPOINT.operation,
    params(
        ("deviceId" = DeviceId, Path, description = "The number of the device."),
        ("language" = Option<String>, Query, description = "The language of `errorMessage`, as published clients send it. That text is empty.", example = "en"),
        IdempotencyKey,
    ),
    request_body(content = Option<Body>, description = "May be left out."),
    responses(
        (status = 200, description = "It is done: `errorCode` is `OK`.", body = Done),
        (status = 400, description = "The device has no gateway: `gatewayNotFoundError`."),
        (status = 403, description = "No share allows it now; `details` says why."),
    ),
)]
pub(crate) async fn activate(call: Call) -> Result<Response> {
    act(call, Deed::Activation).await
}
