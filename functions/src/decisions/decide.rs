//! `GET /v2/devices/{deviceId}/decision`.
//!
//! One round trip for a user with some tens of grants and without groups, one more with
//! groups or at a device without a zone of its own, and one for each named schedule and
//! each grant that stands above another. Every read is strongly consistent.

use chrono::{DateTime, Utc};
use http::StatusCode;
use latchkey::caller::OrganizationScope;
use latchkey::decision::{self, Decision, Found};
use latchkey::grant::{Permission, Source};
use latchkey::id::{DeviceId, UserId};
use latchkey::role::{Area, By, Reach};
use latchkey::timing::Zone;
use latchkey::wire::json::{FaultCode, Named};
use latchkey::wire::schema::{Instant, TimeZone};
use latchkey::wire::{Error, Query, Response, Result};
use serde::Serialize;
use utoipa::ToSchema;

use super::may_ask_about_all;
use crate::lambda::{Call, Endpoint};

/// The endpoint.
pub const ENDPOINT: Endpoint = Endpoint {
    operation: "decide",
    handle: |call| Box::pin(decide(call)),
};

const WHAT: &str = "device";

/// The answer: with what was asked, so that nobody takes the decision for another one.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = DecisionAnswer)]
pub(crate) struct Answer {
    /// For whom it is.
    user_id: UserId,
    /// What they want to do beyond opening by hand at the door; left out when that is nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    permission: Option<Permission>,
    /// The zone of the door, on whose clock it is made.
    #[schema(value_type = TimeZone)]
    time_zone: Zone,
    #[serde(flatten)]
    decision: Decision,
}

/// Decide whether a door opens.
///
/// Whether someone may open this device, now or at another instant, and why: by which
/// grants, or for each that could allow it, what it lacks.
///
/// What was given or taken away before is known: a decision never rests on old data.
///
/// Who may: everyone of themself; of others the roles `Admin`, `TenantAdmin`,
/// `AccessAdmin` and `Receptionist`, and whoever administrates the device now.
#[utoipa::path(
    get,
    path = "/v2/devices/{deviceId}/decision",
    tag = "Decisions",
    operation_id = ENDPOINT.operation,
    params(
        ("deviceId" = DeviceId, Path, description = "The number of the device."),
        ("userId" = Option<UserId>, Query, description = "Who wants to open it; left out, the caller."),
        ("at" = inline(Option<Instant>), Query, description = "When, as in RFC 3339; left out, now."),
        ("permission" = inline(Option<Permission>), Query, description = "What they want to do beyond opening by hand at the door."),
    ),
    responses(
        (status = 200, description = "The decision.", body = Answer),
        (status = 403, description = "The caller may not ask about others at this device."),
    ),
)]
pub(crate) async fn decide(call: Call) -> Result<Response> {
    let device: DeviceId = call.request.path_id("deviceId", WHAT)?;
    let Asked {
        user,
        at,
        permission,
    } = read(&call)?;
    for scope in call.caller.scopes() {
        let source = Source::Device(device);
        let Some(found) = decision::find(&call.table, &scope, user, source).await? else {
            continue;
        };
        if !may_ask(&call, &scope, user, source).await? {
            return Err(Error::InsufficientRights(Vec::new()));
        }
        let Found {
            zone, candidates, ..
        } = found;
        let candidates = candidates.ok_or_else(|| {
            let message = "this organization has no such user";
            Error::invalid("userId", FaultCode::NotFound, message)
        })?;
        let answer = Answer {
            user_id: user,
            permission,
            time_zone: zone,
            decision: decision::decide(&candidates, zone, at, permission),
        };
        return Ok(Response::json(StatusCode::OK, &answer));
    }
    Err(Error::NotFound(WHAT))
}

/// What is asked.
struct Asked {
    user: UserId,
    at: DateTime<Utc>,
    permission: Option<Permission>,
}

fn read(call: &Call) -> Result<Asked> {
    let query = Query::of(&call.request);
    let user = query.optional("userId", "the number of a user");
    let at = query.instant("at");
    let permission = query.name("permission", Permission::NAMES);
    query.finish()?;
    Ok(Asked {
        user: user.unwrap_or_else(|| call.caller.user()),
        at: at.unwrap_or(call.now),
        permission,
    })
}

/// Whether the caller may ask what `user` may do there.
async fn may_ask(
    call: &Call,
    scope: &OrganizationScope,
    user: UserId,
    source: Source,
) -> Result<bool> {
    let of_self = By::Membership.reach(Area::Decisions) >= Reach::Own;
    if of_self && call.caller.user() == user {
        return Ok(true);
    }
    may_ask_about_all(call, scope, source).await
}
