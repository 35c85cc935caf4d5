//! `/BusinessUserAccess`, `/BusinessUserAccesses`.

pub mod create;
pub mod delete;
pub mod get;
pub mod key_codes;
pub mod list;
pub mod update;

use latchkey::access::draft::{Desk, Draft, Part};
use latchkey::access::{Access, AccessTemplate, SpaceTerms, SpaceWanted};
use latchkey::caller::OrganizationScope;
use latchkey::deed::Unrecorded;
use latchkey::error::{Conflict, Error, Fault, FaultCode, Result};
use latchkey::id::AccessId;
use latchkey::role::{Area, Reach};
use latchkey::table::{Attempt, Read};
use latchkey::warrant::Warrant;
use latchkey::wire::Response;
use serde::Serialize;
use utoipa::ToSchema;

use crate::lambda::{Call, Once};
use crate::scopes;

/// The operations of this folder, for the API document.
#[derive(utoipa::OpenApi)]
#[openapi(paths(
    create::create,
    update::update,
    delete::delete,
    list::list,
    get::get,
    key_codes::list
))]
pub(crate) struct Api;

const WHAT: &str = "access";

/// The field that names an access.
const ID_FIELD: &str = "businessUserAccessId";

/// The answer.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = BusinessUserAccessId, description = "The ID of an access.")]
pub(crate) struct Answer {
    /// The ID of the access.
    id: AccessId,
}

/// The spaces that are asked for, with what they leave out taken from the template.
///
/// # Errors
/// A fault for each that the template does not have.
fn spaces(
    template: &AccessTemplate,
    wanted: &[SpaceWanted],
) -> Result<Vec<SpaceTerms>, Vec<Fault>> {
    let mut faults = Vec::new();
    let mut spaces = Vec::new();
    for (place, wanted) in wanted.iter().enumerate() {
        match template.thing(wanted.space) {
            Some(thing) => spaces.push(wanted.or(&thing.terms())),
            None => faults.push(not_in_template(place)),
        }
    }
    if faults.is_empty() {
        Ok(spaces)
    } else {
        Err(faults)
    }
}

fn not_in_template(place: usize) -> Fault {
    let message = "the access template does not contain this thing";
    Fault::new(
        format!("spaces[{place}].thingId"),
        FaultCode::NotFound,
        message,
    )
}

/// An access that the caller may write, with its organization. One round trip.
///
/// # Errors
/// 403 if the caller may write none, 404 if the access does not exist, 412 if `If-Match` names
/// another version.
async fn find(call: &Call, id: AccessId) -> Result<(OrganizationScope, Access)> {
    let scopes = scopes::reaching(call, Area::Accesses, Reach::Write)?;
    let keys: Vec<_> = scopes.iter().map(|scope| scope.access(id)).collect();
    let items = call.table.get_all(&keys, Read::Strong).await?;
    let mut found: Option<(OrganizationScope, Access)> = None;
    for (scope, key) in scopes.into_iter().zip(&keys) {
        found = found.or(items.get(key)?.map(|access| (scope, access)));
    }
    let (scope, access) = found.ok_or(Error::NotFound(WHAT))?;
    if !call.request.if_match().holds(access.version) {
        return Err(Error::PreconditionFailed);
    }
    Ok((scope, access))
}

/// The outcome of an attempt to change an access; `None` if others changed it, in which case it
/// is tried again after a moment.
///
/// # Errors
/// Any error; 412 instead of another attempt if the client sent `If-Match`.
async fn unless_changed<T>(
    call: &Call,
    attempt: Attempt<'_>,
    outcome: Result<T>,
) -> Result<Option<T>> {
    match outcome {
        Err(Error::Conflict(Conflict::Changed)) if call.request.if_match().is_given() => {
            Err(Error::PreconditionFailed)
        }
        Err(Error::Conflict(Conflict::Changed)) => {
            attempt.back_off().await?;
            Ok(None)
        }
        outcome => outcome.map(Some),
    }
}

/// Carries out a draft that is the consequence of something else, by this right.
pub(crate) async fn carry_out(desk: Desk<'_>, by: &Warrant, mut draft: Draft) -> Result<()> {
    draft.prepare(desk, by.actions()).await?;
    loop {
        let mut writes = desk.table.transaction(by, Unrecorded::Consequence);
        draft.write(desk, &mut writes);
        match writes.send().await? {
            Ok(()) => return Ok(()),
            Err(refused) => draft.learn(desk, refused).await?,
        }
    }
}

/// Carries out a draft that a request asks for, and gives its `answer`, or the first one to
/// the same request.
async fn carry_out_once(
    desk: Desk<'_>,
    by: &Warrant,
    once: &Once<'_>,
    mut draft: Draft,
    answer: Response,
) -> Result<Response> {
    // With the first answer and the deed.
    draft.prepare(desk, 2 + by.actions()).await?;
    loop {
        let mut writes = desk.table.transaction(by, draft.deed(desk.scope)?);
        once.remember(&mut writes, Part::Idempotency, desk.scope, &answer)?;
        draft.write(desk, &mut writes);
        let Err(refused) = writes.send().await? else {
            return Ok(answer);
        };
        if let Some(first) = once.first_answer(&refused, Part::Idempotency)? {
            return Ok(first);
        }
        draft.learn(desk, refused).await?;
    }
}
