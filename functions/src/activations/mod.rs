//! `/v1/devices/{deviceId}/remote-activation` and `…/remote-deactivation`.
//!
//! A decision, then the audit item, which is also the event: on the table's stream it
//! reaches whatever talks to the gateway. With an id of the caller's, it is looked for while
//! the grants are read, and stored with the audit item: no round trip more.

pub mod activate;
pub mod deactivate;

use http::StatusCode;
use latchkey::audit::{Act, AuditEntry};
use latchkey::decision::{self, Door, Found, Verdict};
use latchkey::deed::Unrecorded;
use latchkey::directory::{ACTIVATION_TIME, Device};
use latchkey::error::{Error, Result};
use latchkey::grant::{GrantId, Permission, Source};
use latchkey::id::AuditId;
use latchkey::id::DeviceId;
use latchkey::warrant::Warrant;
use latchkey::wire::idempotency::KeyText;
use latchkey::wire::json::{Faults, Fields};
use latchkey::wire::{Query, Response};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::decisions::refusal;
use crate::lambda::{Call, Once};

/// The operations of this folder, for the API document.
#[derive(utoipa::OpenApi)]
#[openapi(paths(activate::activate, deactivate::deactivate))]
pub(crate) struct Api;

const WHAT: &str = "device";

/// The answer, which has the form of an error but is not one.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Activation, description = "The result of an activation.")]
pub(crate) struct Done {
    /// The device.
    device_id: DeviceId,
    /// Always `OK`.
    #[schema(examples("OK"))]
    error_code: &'static str,
    /// Always empty.
    #[schema(examples(""))]
    error_message: &'static str,
    /// For how many seconds the device stays open.
    #[schema(examples(5))]
    activation_time: u32,
}

/// The body of a request, which may be left out.
#[derive(Debug, ToSchema)]
#[schema(
    rename_all = "camelCase",
    as = Activate,
    description = "The ID of the request.",
    examples(json!({"activationId": "app-3-000123"}))
)]
#[expect(dead_code, reason = "the shape of what is read")]
pub(crate) struct Body {
    /// The caller's ID for this request. It means the same as the header `Idempotency-Key`:
    /// repeated within 24 hours, the request is done once and gets the same answer.
    activation_id: Option<KeyText>,
}

/// The field by which a caller names a request.
const ACTIVATION_ID: &str = "activationId";

/// The purpose of each item of the transaction.
#[derive(Clone, Copy, PartialEq)]
enum Part {
    Idempotency,
    Audit,
}

fn activation_id(call: &Call) -> Result<Option<KeyText>> {
    if call.request.body.is_empty() {
        return Ok(None);
    }
    let body = call.request.json()?;
    if body.is_null() {
        return Ok(None);
    }
    let faults = Faults::default();
    let id = Fields::of_body(&body, &faults).map(|body| body.optional(ACTIVATION_ID));
    Ok(faults.or(id)?)
}

/// Reads the query, of which nothing changes what is done.
fn asked(call: &mut Call, deed: Act) -> Result<()> {
    let query = Query::of(&call.request);
    // The language of `errorMessage`, which is empty when it is done.
    query.text("language");
    query.not_served(&["uuid"]);
    if deed == Act::Deactivation {
        query.not_served(&["nearby"]);
    }
    query.finish()?;
    call.request.query.clear();
    Ok(())
}

/// Decides whether the caller may open the device remotely, and records it.
async fn act(mut call: Call, deed: Act) -> Result<Response> {
    let id: DeviceId = call.request.path_id("deviceId", WHAT)?;
    asked(&mut call, deed)?;
    let name = activation_id(&call)?;
    let name = name.as_ref().map(|KeyText(name)| name.as_str());
    let once = Once::of_field(&call, &Value::Null, (ACTIVATION_ID, name))?;
    let user = call.caller.user();
    for scope in call.caller.scopes() {
        let found = decision::find(&call.table, &scope, user, Source::Device(id));
        let (found, first) = tokio::try_join!(found, once.stored(&scope))?;
        if let Some(first) = first {
            return Ok(first);
        }
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
                "no share or access gives you a right to this device",
            );
            tracing::info!(?deed, device = %id, user = %user, why = %error, "refused");
            return Err(error);
        }
        let entry = entry(&call, deed, &device, &verdict)?;
        let done = Done {
            device_id: id,
            error_code: "OK",
            error_message: "",
            activation_time: activation_time(&device),
        };
        let answer = Response::json(StatusCode::OK, &done);
        let audit = scope.audit(&entry);
        if once.is_given() {
            let by = verdict.grants().next().map(Warrant::Grant);
            let by = by.unwrap_or(Warrant::Own);
            let mut writes = call.table.transaction(&by, Unrecorded::Audit);
            once.remember(&mut writes, Part::Idempotency, &scope, &answer)?;
            writes.put_new(Part::Audit, &audit, &entry);
            if let Err(refused) = writes.send().await? {
                let first = once.first_answer(&refused, Part::Idempotency)?;
                return first.ok_or_else(|| Error::Unavailable("the id is taken".to_owned()));
            }
        } else {
            call.table.put(&audit, &entry, Unrecorded::Audit).await?;
        }
        tracing::info!(
            deed = ?deed,
            organization = %scope.organization(),
            device = %id,
            user = %user,
            credential = call.caller.credential(),
            audit = %entry.id,
            "activated"
        );
        return Ok(answer);
    }
    Err(Error::NotFound(WHAT))
}

/// The maximum number of grants that are recorded as the right to it. A user may hold more than
/// fit into an item.
const MAX_GRANTS: usize = 100;

/// The audit item.
fn entry(call: &Call, deed: Act, device: &Device, verdict: &Verdict<'_>) -> Result<AuditEntry> {
    let gateway = device.gateway_id.clone().ok_or(Error::NotPossible {
        code: "gatewayNotFoundError",
        message: "This device has no gateway",
    })?;
    let by: Vec<_> = verdict.grants().take(MAX_GRANTS).collect();
    let by = by.into_iter();
    Ok(AuditEntry {
        id: AuditId::generate(call.now, &call.random)?,
        deed,
        device: Some(device.id),
        space: None,
        gateway: Some(gateway),
        user: call.caller.user(),
        credential: call.caller.credential().to_owned(),
        shares: by.clone().filter_map(GrantId::share).collect(),
        accesses: by.filter_map(GrantId::access).collect(),
        at: call.now,
        activation_time: Some(activation_time(device)),
    })
}

/// For how long a device opens, in seconds.
fn activation_time(device: &Device) -> u32 {
    device.activation_time.unwrap_or(ACTIVATION_TIME)
}
