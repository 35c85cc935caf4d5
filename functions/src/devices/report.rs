//! `PUT /v1/devices/{deviceId}/state`.
//!
//! Writes what a device or its gateway says of the device: one transaction, which checks the
//! role of whoever reports. One round trip.

use http::StatusCode;
use latchkey::deed::Unrecorded;
use latchkey::directory::{Device, DeviceReport, Resource, SPACES};
use latchkey::error::{Error, Result};
use latchkey::id::DeviceId;
use latchkey::role::Role;
use latchkey::table::If;
use latchkey::wire::Response;
use latchkey::wire::idempotency::IdempotencyKey;

use crate::lambda::{Call, Endpoint, Once};

/// The endpoint.
pub const ENDPOINT: Endpoint = Endpoint::new("report-device-state", |call| Box::pin(report(call)));

/// What each item of the transaction is there for.
#[derive(Clone, Copy, PartialEq)]
enum Part {
    Idempotency,
    Device,
}

/// Report the state of a device.
///
/// Stores what a device, or its gateway, reports: firmware, battery, bolt, and when it was heard
/// of. A field left out stays as it was reported; `null` makes it unknown. A report opens
/// nothing, and the device keeps its version. Times may be at most five minutes in the future.
///
/// Allowed role: `Device`. A caller that is bound to spaces reports for the devices that open
/// these spaces. A caller that is bound to no space reports for all devices of the organization.
#[utoipa::path(
    put,
    path = "/v1/devices/{deviceId}/state",
    tag = "Devices",
    operation_id = ENDPOINT.operation,
    params(
        ("deviceId" = DeviceId, Path, description = "The ID of the device."),
        IdempotencyKey,
    ),
    request_body = DeviceReport,
    responses(
        (status = 204, description = "Stored."),
        (status = 403, description = "The caller does not have the role `Device`."),
        (status = 404, description = "The device does not exist, or the caller is bound to spaces that it does not open."),
    ),
)]
pub(crate) async fn report(call: Call) -> Result<Response> {
    let id: DeviceId = call.request.path_id(Device::ID_FIELD, Device::WHAT)?;
    let body = call.request.json()?;
    let change = DeviceReport::read(&body, call.now)?;
    let once = Once::of(&call, &body)?;
    let answer = Response::empty(StatusCode::NO_CONTENT);
    let scopes = call.caller.scopes().filter(|scope| scope.has(Role::Device));
    let scopes: Vec<_> = scopes.collect();
    if scopes.is_empty() {
        return Err(Error::InsufficientRights(Vec::new()));
    }
    for scope in scopes {
        let opens = scope.spaces().iter().map(|id| If::contains(SPACES, id));
        let opens: Vec<_> = opens.collect();
        let only = match opens.is_empty() {
            true => If::Exists,
            false => If::Exists.and(If::Any(opens)),
        };
        let mut writes = call
            .table
            .transaction(&scope.to_write_as(Role::Device)?, Unrecorded::Reading);
        once.remember(&mut writes, Part::Idempotency, &scope, &answer)?;
        writes.update(Part::Device, &scope.device(id), change.clone(), only);
        let Err(refused) = writes.send().await? else {
            return Ok(answer);
        };
        if let Some(first) = once.first_answer(&refused, Part::Idempotency)? {
            return Ok(first);
        }
    }
    Err(Error::NotFound(Device::WHAT))
}
