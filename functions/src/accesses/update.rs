//! `PUT /BusinessUserAccess`.
//!
//! Two round trips: the access, then one transaction with the difference. If there are new
//! spaces, or former exclusive ones, one more for the template and the spaces' summaries.

use http::StatusCode;
use latchkey::access::draft::Draft;
use latchkey::access::{
    Access, AccessChanges, AccessChangesBody, AccessTemplate, SpaceTerms, SpaceWanted,
};
use latchkey::caller::OrganizationScope;
use latchkey::directory::Resource;
use latchkey::error::{Conflict, Error, Fault, FaultCode, Result};
use latchkey::role::Area;
use latchkey::table::Read;
use latchkey::wire::Response;
use latchkey::wire::idempotency::IdempotencyKey;
use latchkey::wire::request::IfMatch;
use latchkey::wire::service::{self, Input};

use super::{Answer, carry_out_once, find, not_in_template, unless_changed};
use crate::lambda::{Call, Endpoint, Once};

/// The endpoint.
pub const ENDPOINT: Endpoint = Endpoint::service("update-access", |call| Box::pin(update(call)));

/// Change an access.
///
/// Replaces the times, the label and the spaces of the access; without `validTo` it has no end.
/// Spaces that stay keep their codes, their counted entries and everything that the body leaves
/// out. Codes of removed spaces become free. New spaces get codes, and must be in the template.
/// If the access had ended and is valid again, others may have its codes; it then gets new
/// ones.
///
/// The same operation is at `/json/reply/UpdateBusinessUserAccess`,
/// `/jsv/reply/UpdateBusinessUserAccess` and `/api/UpdateBusinessUserAccess`.
///
/// Allowed roles: `Admin`, `TenantAdmin`, `AccessAdmin`.
#[utoipa::path(
    put,
    path = "/BusinessUserAccess",
    tag = "Accesses",
    operation_id = ENDPOINT.operation,
    params(IfMatch, IdempotencyKey),
    request_body(content((AccessChangesBody = "application/json"), (AccessChangesBody = "text/jsv"))),
    responses(
        (status = 200, description = "Changed.", content((Answer = "application/json"), (Answer = "text/jsv")), headers(("ETag"))),
        (status = 403, description = "The caller's roles do not allow this."),
        (status = 404, description = "The access does not exist."),
        (status = 409, description = "A space is taken by an exclusive access, or has no free \
            access code."),
    ),
)]
pub(crate) async fn update(call: Call) -> Result<Response> {
    let input = Input::of(&call.request)?;
    let changes = AccessChanges::read(&input)?;
    let once = Once::of(&call, input.value())?;
    let outcome = update_now(&call, &once, &changes).await;
    let answer = once.settle(outcome).await?;
    service::in_format(&call.request, answer)
}

async fn update_now(call: &Call, once: &Once<'_>, changes: &AccessChanges) -> Result<Response> {
    for attempt in call.table.attempts() {
        let (scope, before) = find(call, changes.id).await?;
        let changed = replace(call, once, &scope, before, changes).await;
        if let Some(answer) = unless_changed(call, attempt, changed).await? {
            return Ok(answer);
        }
    }
    Err(Error::Conflict(Conflict::Changed))
}

/// One attempt.
async fn replace(
    call: &Call,
    once: &Once<'_>,
    scope: &OrganizationScope,
    before: Access,
    changes: &AccessChanges,
) -> Result<Response> {
    let spaces = spaces(call, scope, &before, &changes.terms.spaces).await?;
    let after = Access {
        window: changes.terms.window,
        label: changes.terms.label.clone(),
        date_modified: call.now,
        ..before.clone()
    };
    let answer = Response::json(StatusCode::OK, &Answer { id: before.id });
    let answer = answer.etag(before.version + 1);
    let desk = call.desk(scope);
    let draft = Draft::changed(desk, before, after, spaces, call.code_length()?)?;
    let by = scope.to_write(Area::Accesses)?;
    carry_out_once(desk, &by, once, draft, answer).await
}

/// The requested spaces. What one leaves out stays as it was, or comes from the template if it
/// is new.
async fn spaces(
    call: &Call,
    scope: &OrganizationScope,
    before: &Access,
    wanted: &[SpaceWanted],
) -> Result<Vec<SpaceTerms>> {
    let is_new = |wanted: &SpaceWanted| before.space(wanted.space).is_none();
    let template: Option<AccessTemplate> = if wanted.iter().any(is_new) {
        let key = scope.thing(AccessTemplate::KEY, before.template);
        call.table.get(&key, Read::Strong).await?
    } else {
        None
    };
    let mut faults: Vec<Fault> = Vec::new();
    let mut spaces = Vec::new();
    for (place, wanted) in wanted.iter().enumerate() {
        let thing = template
            .as_ref()
            .and_then(|template| template.thing(wanted.space));
        match (before.space(wanted.space), thing) {
            (Some(had), _) => spaces.push(wanted.or(&had.terms)),
            (None, Some(thing)) => spaces.push(wanted.or(&thing.terms())),
            (None, None) if template.is_some() => faults.push(not_in_template(place)),
            (None, None) => faults.push(Fault::new(
                format!("spaces[{place}].thingId"),
                FaultCode::NotAllowed,
                "the access template was deleted, so no space can be added",
            )),
        }
    }
    if faults.is_empty() {
        Ok(spaces)
    } else {
        Err(faults.into())
    }
}
