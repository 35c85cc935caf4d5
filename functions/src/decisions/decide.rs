//! `GET /v2/devices/{deviceId}/decision`.
//!
//! One round trip for a user with some tens of grants and without groups, one more with
//! groups or at a device without a zone of its own, and one for each named schedule and
//! each grant that stands above another. Every read is strongly consistent.

use chrono::{DateTime, Utc};
use http::StatusCode;
use latchkey::caller::OrganizationScope;
use latchkey::decision::{self, Decision, Found};
use latchkey::error::{Error, Result};
use latchkey::grant::{Permission, Source};
use latchkey::id::{DeviceId, UserId};
use latchkey::role::{Area, By, Reach};
use latchkey::timing::Zone;
use latchkey::wire::json::Named;
use latchkey::wire::schema::{Instant, TimeZone};
use latchkey::wire::{Query, Response};
use serde::Serialize;
use utoipa::ToSchema;

use super::may_ask_about_all;
use crate::lambda::{Call, Endpoint};

/// The endpoint.
pub const ENDPOINT: Endpoint = Endpoint::new("decide", |call| Box::pin(decide(call)));

const WHAT: &str = "device";

/// A decision, with what was asked.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = DecisionAnswer)]
pub(crate) struct Answer {
    /// The user.
    user_id: UserId,
    /// The permission that was asked for; left out if none was.
    #[serde(skip_serializing_if = "Option::is_none")]
    permission: Option<Permission>,
    /// The time zone of the door, whose clock the decision follows.
    #[schema(value_type = TimeZone)]
    time_zone: Zone,
    #[serde(flatten)]
    decision: Decision,
}

/// Decide whether a door opens.
///
/// Says whether a user may open this device, now or at another time, and why: the grants that
/// allow it or, if none does, the grants that could and what each of them lacks. The decision
/// is never based on stale data: every completed change counts.
///
/// Allowed: every user, for themselves. For other users, allowed roles: `Admin`, `TenantAdmin`,
/// `AccessAdmin`, `Receptionist`. Also allowed: users who hold `administrate` on the device
/// now.
#[utoipa::path(
    get,
    path = "/v2/devices/{deviceId}/decision",
    tag = "Decisions",
    operation_id = ENDPOINT.operation,
    params(
        ("deviceId" = DeviceId, Path, description = "The ID of the device."),
        ("userId" = Option<UserId>, Query, description = "The user who wants to open the \
            device; the caller by default."),
        ("at" = inline(Option<Instant>), Query, description = "The time of the decision (RFC \
            3339); now by default."),
        ("permission" = inline(Option<Permission>), Query, description = "The permission that \
            is needed, beyond opening by hand at the door."),
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
            let missing = scope.user(user).missing("userId");
            Error::InvalidInput(vec![missing])
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

/// The parameters.
struct Asked {
    user: UserId,
    at: DateTime<Utc>,
    permission: Option<Permission>,
}

fn read(call: &Call) -> Result<Asked> {
    let query = Query::of(&call.request);
    let user = query.optional("userId", "the ID of a user");
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
