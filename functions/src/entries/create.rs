//! `POST /v2/spaces/{spaceId}/entries`.
//!
//! Two round trips: the space and the code, read together, and the one transaction that takes
//! an entry from the count, on condition that the code is as it was read and that its user is
//! there. One more for the zone of the door when the access has hours of the day; one more,
//! with a new decision, when the code was changed meanwhile or others took what was left.
//!
//! Nobody waits for the audit: the code's item tells of the entry, and `follow-up` hears
//! of that on the table's stream.

use std::slice;

use chrono::{DateTime, Utc};
use http::StatusCode;
use latchkey::access::{ACCESS, COUNT, Code, Entry, LAST_ENTRY, Typed, USED};
use latchkey::audit::AuditId;
use latchkey::caller::OrganizationScope;
use latchkey::decision::{self, Candidate};
use latchkey::directory::Space;
use latchkey::id::{AccessId, SpaceId, UserId};
use latchkey::role::Role;
use latchkey::table::{Change, If, Read};
use latchkey::timing::Zone;
use latchkey::wire::json::{Fault, FaultCode};
use latchkey::wire::schema::Instant;
use latchkey::wire::{Conflict, Error, Response, Result};
use serde::Serialize;
use utoipa::ToSchema;

use crate::decisions::refusal;
use crate::lambda::{Call, Endpoint};

/// The endpoint.
pub const ENDPOINT: Endpoint = Endpoint {
    operation: "enter-space",
    handle: |call| Box::pin(enter(call)),
};

const WHAT: &str = "space";
const FIELD: &str = "code";

/// The answer.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = EntryAllowed, description = "Who may come in.")]
pub(crate) struct Allowed {
    /// Always true: who may not come in is answered with 403.
    #[schema(examples(true))]
    allowed: bool,
    /// By which access.
    access_id: AccessId,
    /// Who.
    user_id: UserId,
    /// Until when it holds without a break; left out when that is without end.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Instant>)]
    until: Option<DateTime<Utc>>,
    /// How many entries are left after this one; left out when they are not counted. Of
    /// several at one moment, each may hear the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(examples(9))]
    remaining: Option<u32>,
}

/// What each item of the transaction is there for.
#[derive(Clone, Copy, PartialEq)]
enum Part {
    Code,
    User,
}

/// Enter a space.
///
/// Says whether an access code opens a space now, for whom and until when, and takes an entry
/// from the count of an access that has one. For whatever has the door opened then: the
/// answer opens nothing by itself. Each entry is written down.
///
/// Who may: the role `Device`, for a door's controller.
#[utoipa::path(
    post,
    path = "/v2/spaces/{spaceId}/entries",
    tag = "Entries",
    operation_id = ENDPOINT.operation,
    params(("spaceId" = SpaceId, Path, description = "The id of the space.")),
    request_body = Typed,
    responses(
        (status = 200, description = "The code opens the space.", body = Allowed),
        (status = 403, description = "It does not, and `details` says why: nobody has it here, or what its access lacks; or the caller is no door's controller."),
        (status = 409, description = "The access was changed again and again meanwhile; try again."),
    ),
)]
pub(crate) async fn enter(call: Call) -> Result<Response> {
    let id: SpaceId = call.request.path_id("spaceId", WHAT)?;
    let body = call.request.json()?;
    let Typed { code: typed } = Typed::read(&body)?;
    let scopes = call.caller.scopes();
    let scopes: Vec<_> = scopes.filter(|scope| scope.has(Role::Device)).collect();
    if scopes.is_empty() {
        return Err(Error::InsufficientRights(Vec::new()));
    }
    let keys = scopes.iter();
    let keys = keys.flat_map(|scope| [scope.space(id), scope.code(id, &typed)]);
    let keys: Vec<_> = keys.collect();
    let items = call.table.get_all(&keys, Read::Strong).await?;
    let scope = scopes.iter().find(|scope| items.has(&scope.space(id)));
    let scope = scope.ok_or(Error::NotFound(WHAT))?;
    let space: Option<Space> = items.get(&scope.space(id))?;
    let space = space.ok_or(Error::NotFound(WHAT))?;
    let key = scope.code(id, &typed);

    let mut found: Option<Code> = items.get(&key)?;
    for _ in call.table.attempts() {
        let code = found.ok_or_else(|| refused(id, None, lack("nobody has this code here")))?;
        let (user, access) = code.owner()?;
        let (candidate, zone) = candidate(&call, scope, &space, &code).await?;
        let verdict = decision::judge(slice::from_ref(&candidate), zone, call.now, None);
        if !verdict.allowed {
            let error = refusal(&verdict, FIELD, "nothing gives a right to this space");
            return Err(refused(id, Some(access), error));
        }
        let entry = Entry {
            id: AuditId::generate(call.now, &call.random)?,
            at: call.now,
            credential: call.caller.credential().to_owned(),
        };
        let mut writes = call.table.transaction(&scope.to_write_as(Role::Device)?);
        // The count of a code does not make a new version of it.
        let counted = Change::default().add(USED, 1).set(LAST_ENTRY, &entry);
        let only = If::version(code.version)
            .and(If::is(ACCESS, &access.to_string()))
            .and(If::Lacks(COUNT).or(If::Below(USED, COUNT)));
        writes.update(Part::Code, &key, counted, only);
        writes.exists(Part::User, &scope.keyring(user));
        let Err(changed) = writes.send().await? else {
            tracing::info!(space = %id, %access, %user, audit = %entry.id, "entered");
            let allowed = Allowed {
                allowed: true,
                access_id: access,
                user_id: user,
                until: candidate.until(zone, call.now),
                remaining: code.remaining().map(|left| left.saturating_sub(1)),
            };
            return Ok(Response::json(StatusCode::OK, &allowed));
        };
        changed.on(Part::User, || {
            let error = lack(format!("access {access} is of a user who was deleted"));
            refused(id, Some(access), error)
        })?;
        // The code as it is now, if it exists.
        found = changed.item(Part::Code)?;
    }
    Err(Error::Conflict(Conflict::Changed))
}

/// The grant by which a code opens the space, as for any grant, which stands in it; and the
/// zone of the door. Where that is matters for hours of the day alone.
async fn candidate(
    call: &Call,
    scope: &OrganizationScope,
    space: &Space,
    code: &Code,
) -> Result<(Candidate, Zone)> {
    let grant = &code.terms.grant;
    let zone = match grant.timing.rules.is_empty() {
        true => Zone::UTC,
        false => decision::zone_of_space(&call.table, scope, space, Read::Strong).await?,
    };
    let candidate = Candidate {
        used_up: code.is_used_up(),
        ..Candidate::alone(grant.clone())
    };
    Ok((candidate, zone))
}

/// 403 with what is lacking.
fn lack(what: impl Into<String>) -> Error {
    let fault = Fault::new(FIELD, FaultCode::InsufficientRights, what);
    Error::InsufficientRights(vec![fault])
}

/// Writes down that nobody came in. What was typed stays out of the log: of a code that
/// nobody has, it may be another door's.
fn refused(space: SpaceId, access: Option<AccessId>, error: Error) -> Error {
    let access = access.map(|access| access.to_string());
    tracing::info!(%space, access, why = %error, "refused");
    error
}
