//! `/BusinessUserAccess`, `/BusinessUserAccesses`.

pub mod create;
pub mod delete;
pub mod update;

use latchkey::access::draft::{Desk, Draft, Part};
use latchkey::access::{Access, AccessTemplate, SpaceTerms, SpaceWanted};
use latchkey::caller::OrganizationScope;
use latchkey::id::AccessId;
use latchkey::role::{Area, Reach};
use latchkey::table::{Failed, Read, Table};
use latchkey::wire::json::{Fault, FaultCode};
use latchkey::wire::{Error, Result};
use serde::Serialize;
use utoipa::ToSchema;

use crate::lambda::Call;

const WHAT: &str = "access";

/// The field that names an access.
const ID_FIELD: &str = "businessUserAccessId";

/// The answer.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = BusinessUserAccessId, description = "Which access it is.")]
pub(crate) struct Answer {
    /// The id of the access.
    id: AccessId,
}

/// The organizations in which the caller may write accesses.
///
/// # Errors
/// 403 when there is none.
fn writable(call: &Call) -> Result<Vec<OrganizationScope>> {
    let scopes = call.caller.scopes();
    let scopes: Vec<_> = scopes
        .filter(|scope| scope.reaches(Area::Accesses, Reach::Write))
        .collect();
    if scopes.is_empty() {
        return Err(Error::InsufficientRights(Vec::new()));
    }
    Ok(scopes)
}

/// The spaces that are asked for, with what they leave out taken from the template.
///
/// # Errors
/// A fault for each that the template does not have.
fn spaces(template: &AccessTemplate, wanted: &[SpaceWanted]) -> Result<Vec<SpaceTerms>, Vec<Fault>> {
    let mut faults = Vec::new();
    let mut spaces = Vec::new();
    for (place, wanted) in wanted.iter().enumerate() {
        match template.thing(wanted.space) {
            Some(thing) => spaces.push(wanted.or(thing)),
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
    let message = "the access template does not have this thing";
    Fault::new(format!("spaces[{place}].thingId"), FaultCode::NotFound, message)
}

/// An access that the caller may write, with its organization. One round trip.
///
/// # Errors
/// 403 when the caller may write none, 404 when there is no such access.
async fn find(call: &Call, id: AccessId) -> Result<(OrganizationScope, Access)> {
    let scopes = writable(call)?;
    let keys: Vec<_> = scopes.iter().map(|scope| scope.access(id)).collect();
    let items = call.table.get_all(&keys, Read::Strong).await?;
    for (scope, key) in scopes.into_iter().zip(&keys) {
        if let Some(access) = items.get(key)? {
            return Ok((scope, access));
        }
    }
    Err(Error::NotFound(WHAT))
}

/// Takes an access away with its grants and codes, and gives back the spaces that it had
/// alone. One round trip, and one more where there is such a space.
///
/// # Errors
/// 409 when the access was changed meanwhile.
pub(crate) async fn take_away(desk: Desk<'_>, access: Access) -> Result<()> {
    carry_out(desk, Draft::taken_away(access)).await
}

/// Carries out a draft that gives out no codes.
pub(crate) async fn carry_out(desk: Desk<'_>, mut draft: Draft) -> Result<()> {
    draft.prepare(desk, 0).await?;
    loop {
        let writes = draft.write(desk, desk.table.transaction())?;
        match writes.send().await {
            Ok(()) => return Ok(()),
            Err(Failed::Error(error)) => return Err(error),
            Err(Failed::Refused(refused)) => draft.learn(desk, refused).await?,
        }
    }
}
