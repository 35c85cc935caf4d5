//! `PUT /BusinessUserAccesses/reprogramcodes`.
//!
//! Two round trips: whether one is under way, and that one is asked for. The work is done by
//! `stream/remake_codes.rs`.

use http::StatusCode;
use latchkey::access::reprogramming::{Asked, Reprogramming, State};
use latchkey::directory::Organization;
use latchkey::error::{Conflict, Error, Result};
use latchkey::id::{Identifier, ReprogrammingId};
use latchkey::role::Area;
use latchkey::table::Read;
use latchkey::wire::Response;
use latchkey::wire::idempotency::IdempotencyKey;
use latchkey::wire::service::types::{Enumeration, Moment, OrganizationGuid};
use latchkey::wire::service::{self, Input};
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use crate::lambda::{Call, Endpoint, Once};
use crate::scopes;

/// The endpoint.
pub const ENDPOINT: Endpoint = Endpoint::service("reprogram-codes", |call| Box::pin(ask(call)));

/// The purpose of each item of the transaction.
#[derive(Clone, Copy, PartialEq)]
enum Part {
    Idempotency,
    Itself,
}

/// The organization whose codes are replaced.
#[derive(ToSchema)]
#[schema(
    rename_all = "camelCase",
    as = UpdateBusinessUserAccessByReprogrammingCodes,
    description = "The organization whose access codes are replaced.",
    examples(json!({"organizationId": "4c617463686b80018000000000000001"}))
)]
#[expect(dead_code, reason = "the shape of what is read")]
pub(crate) struct Body {
    /// The organization. Required if the caller belongs to several.
    organization_id: Option<OrganizationGuid>,
}

/// The answer: what is under way.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Reprogramming, description = "A regeneration of all access codes.")]
pub(crate) struct View {
    /// The ID.
    id: ReprogrammingId,
    /// The progress.
    #[schema(value_type = State)]
    state: Enumeration<State>,
    /// When it was requested.
    requested_at: Moment,
    /// The number of accesses with new codes.
    #[schema(examples(0))]
    remade: u64,
    /// The number of accesses that kept their codes, because their spaces have no free code.
    #[schema(examples(0))]
    kept: u64,
}

impl View {
    fn new(of: &Reprogramming) -> Self {
        Self {
            id: of.id,
            state: Enumeration(of.state),
            requested_at: Moment(of.requested_at),
            remade: of.remade,
            kept: of.kept,
        }
    }
}

/// Regenerate all access codes.
///
/// Issues new codes for all accesses that have not ended. The operation answers at once; codes
/// are then replaced access by access, some hundreds a second. Each access has either its old
/// or its new code at any moment. The list of accesses shows the new ones.
///
/// A repeated request while this runs, or within a minute, returns the progress and starts
/// nothing. If the work has stopped, a request after a quarter of an hour resumes it.
///
/// The same operation is at `/json/reply/UpdateBusinessUserAccessByReprogrammingCodes`,
/// `/jsv/reply/UpdateBusinessUserAccessByReprogrammingCodes` and
/// `/api/UpdateBusinessUserAccessByReprogrammingCodes`.
///
/// Allowed roles: `TenantAdmin`.
#[utoipa::path(
    put,
    path = "/BusinessUserAccesses/reprogramcodes",
    tag = "Accesses",
    operation_id = ENDPOINT.operation,
    params(IdempotencyKey),
    request_body(content((Body = "application/json"), (Body = "text/jsv"))),
    responses(
        (status = 200, description = "Requested, or running.", content((View = "application/json"), (View = "text/jsv"))),
        (status = 403, description = "The caller's roles do not allow this."),
    ),
)]
pub(crate) async fn ask(call: Call) -> Result<Response> {
    let input = Input::of(&call.request)?;
    let scope = input.read(|fields| Some(scopes::organization_of(&call, fields)))?;
    let scope = scope.ok_or(Error::InsufficientRights(Vec::new()))?;
    let by = scope.to_write(Area::ReprogramCodes)?;
    let once = Once::of(&call, input.value())?;
    let key = scope.reprogramming();
    for attempt in call.table.attempts() {
        let there: Option<Reprogramming> = call.table.get(&key, Read::Strong).await?;
        let asked = there.as_ref().map(|there| there.asked_again(call.now));
        let id = ReprogrammingId::make(call.now, &call.random)?;
        let next = match asked {
            Some(Asked::Same) => None,
            Some(Asked::TakenUp(again)) => Some(again),
            Some(Asked::New) | None => {
                let mut new = Reprogramming::new(id, &scope, call.caller.user(), call.now);
                new.version = there.as_ref().map_or(1, |there| there.version);
                Some(new)
            }
        };
        let Some(next) = next else {
            let there = there.as_ref().map(View::new);
            return service::answer(&call.request, StatusCode::OK, &there);
        };
        let answer = Response::json(StatusCode::OK, &View::new(&next));
        let deed = scope.deed_on::<Organization>(scope.organization());
        let mut writes = call
            .table
            .transaction(&by, deed.made(&json!({"reprogramming": id})));
        once.remember(&mut writes, Part::Idempotency, &scope, &answer)?;
        match &there {
            None => writes.put_new(Part::Itself, &key, &next),
            Some(there) => writes.change(Part::Itself, &key, (there, &next), there.version),
        }
        let Err(refused) = writes.send().await? else {
            return service::in_format(&call.request, answer);
        };
        let first = once.first_answer(&refused, Part::Idempotency)?;
        if let Some(first) = first {
            return service::in_format(&call.request, first);
        }
        attempt.back_off().await?;
    }
    Err(Error::Conflict(Conflict::Changed))
}
