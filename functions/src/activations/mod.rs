//! `/v1/devices/{deviceId}/remote-activation` and `…/remote-deactivation`.
//!
//! A decision, then the audit item, which is also the event: on the table's stream it
//! reaches whatever talks to the gateway.

pub mod activate;
pub mod deactivate;

use http::StatusCode;
use latchkey::audit::{AuditEntry, AuditId, Deed};
use latchkey::decision::{self, Door, Found, Verdict};
use latchkey::directory::{ACTIVATION_TIME, Device};
use latchkey::grant::{GrantId, Permission, Source};
use latchkey::id::DeviceId;
use latchkey::wire::{Error, Response, Result};
use serde::Serialize;
use utoipa::ToSchema;

use crate::decisions::refusal;
use crate::lambda::Call;

/// The operations of this folder, for the API document.
#[derive(utoipa::OpenApi)]
#[openapi(paths(activate::activate, deactivate::deactivate))]
pub(crate) struct Api;

const WHAT: &str = "device";

/// The answer, in the form of an error that is none.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Activation, description = "What was done.")]
pub(crate) struct Done {
    /// The device.
    device_id: DeviceId,
    /// Always `OK`.
    #[schema(examples("OK"))]
    error_code: &'static str,
    /// Always empty.
    #[schema(examples(""))]
    error_message: &'static str,
    /// For how long it opens, in seconds.
    #[schema(examples(5))]
    activation_time: u32,
}

/// Decides whether the caller may open the device from afar, and has it done.
async fn act(call: Call, deed: Deed) -> Result<Response> {
    let id: DeviceId = call.request.path_id("deviceId", WHAT)?;
    let user = call.caller.user();
    for scope in call.caller.scopes() {
        let found = decision::find(&call.table, &scope, user, Source::Device(id)).await?;
        let Some(Found {
            door: Door::Device(device),
            zone,
            candidates,
        }) = found
        else {
            continue;
        };
        let wanted = Some(Permission::RemoteActivate);
        let candidates = candidates.unwrap_or_default();
        let verdict = decision::judge(&candidates, zone, call.now, wanted);
        if !verdict.allowed {
            let error = refusal(
                &verdict,
                "deviceId",
                "nothing gives you a right to this device",
            );
            tracing::info!(?deed, device = %id, user = %user, why = %error, "refused");
            return Err(error);
        }
        let entry = entry(&call, deed, &device, &verdict)?;
        call.table.put(&scope.audit(&entry), &entry).await?;
        tracing::info!(
            deed = ?deed,
            organization = %scope.organization(),
            device = %id,
            user = %user,
            credential = call.caller.credential(),
            audit = %entry.id,
            "activated"
        );
        let done = Done {
            device_id: id,
            error_code: "OK",
            error_message: "",
            activation_time: activation_time(&device),
        };
        return Ok(Response::json(StatusCode::OK, &done));
    }
    Err(Error::NotFound(WHAT))
}

/// What is written down of it.
fn entry(call: &Call, deed: Deed, device: &Device, verdict: &Verdict<'_>) -> Result<AuditEntry> {
    let gateway = device.gateway_id.clone().ok_or(Error::NotPossible {
        code: "gatewayNotFoundError",
        message: "This device has no gateway",
    })?;
    Ok(AuditEntry {
        id: AuditId::generate(call.now, &call.random)?,
        deed,
        device: Some(device.id),
        space: None,
        gateway: Some(gateway),
        user: call.caller.user(),
        credential: call.caller.credential().to_owned(),
        shares: verdict.grants().filter_map(GrantId::share).collect(),
        accesses: verdict.grants().filter_map(GrantId::access).collect(),
        at: call.now,
        activation_time: Some(activation_time(device)),
    })
}

/// For how long a device opens, in seconds.
fn activation_time(device: &Device) -> u32 {
    device.activation_time.unwrap_or(ACTIVATION_TIME)
}
