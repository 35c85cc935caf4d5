//! `POST /v1/devices/{deviceId}/remote-activation`.
//!
//! The round trips of a decision, and one that writes the audit item.

use latchkey::audit::Act;
use latchkey::error::Result;
use latchkey::id::DeviceId;
use latchkey::wire::Response;
use latchkey::wire::idempotency::IdempotencyKey;

use super::{Body, Done, act};
use crate::lambda::{Call, Endpoint};

/// The endpoint.
pub const ENDPOINT: Endpoint = Endpoint::new("activate-device", |call| Box::pin(activate(call)));

/// Activate a device.
///
/// Opens the device remotely, through its gateway.
///
/// Allowed: users with a share with `remoteActivate` that holds now, whatever their roles.
/// Otherwise `details` says why each share does not allow it.
#[utoipa::path(
    post,
    path = "/v1/devices/{deviceId}/remote-activation",
    tag = "Activations",
    operation_id = ENDPOINT.operation,
    params(
        ("deviceId" = DeviceId, Path, description = "The ID of the device."),
        ("language" = Option<String>, Query, description = "The language of `errorMessage`, \
            which published clients send. It has no effect, because that text is empty.", example = "en"),
        IdempotencyKey,
    ),
    request_body(content = Option<Body>, description = "Optional."),
    responses(
        (status = 200, description = "Done: `errorCode` is `OK`.", body = Done),
        (status = 400, description = "The device has no gateway: `gatewayNotFoundError`."),
        (status = 403, description = "No share allows this now; `details` says why."),
    ),
)]
pub(crate) async fn activate(call: Call) -> Result<Response> {
    act(call, Act::Activation).await
}
