//! Deleting.

use http::StatusCode;
use latchkey::caller::OrganizationScope;
use latchkey::directory::Resource;
use latchkey::table::{Failed, Item, Only, Read};
use latchkey::wire::request::IfMatch;
use latchkey::wire::{Conflict, Error, Response, Result};

use super::create::Part;
use super::writing;
use crate::lambda::Call;

/// How often a thing is tried that is changed meanwhile.
const MAX_ATTEMPTS: u32 = 8;

/// `DELETE`: takes a thing away, and with it at once whatever was granted to it or on it:
/// a decision that does not find it refuses. What remains of it elsewhere is cleaned up
/// later. One round trip; of a kind whose texts are each one's own, two.
pub(crate) async fn delete<R: Resource>(call: Call) -> Result<Response> {
    let id: R::Id = call.request.path_id(R::ID_FIELD, R::WHAT)?;
    let scopes = writing(&call)?;
    let if_match = call.request.if_match();
    for attempt in 1..=MAX_ATTEMPTS {
        let mut changed = false;
        for scope in &scopes {
            match attempt_in::<R>(&call, scope, id, &if_match).await? {
                Outcome::Done => return Ok(Response::empty(StatusCode::NO_CONTENT)),
                Outcome::NotThere => {}
                Outcome::Changed => changed = true,
            }
        }
        if !changed {
            return Err(Error::NotFound(R::WHAT));
        }
        call.table.back_off(attempt).await?;
    }
    Err(Error::Conflict(Conflict::Changed))
}

enum Outcome {
    Done,
    NotThere,
    Changed,
}

async fn attempt_in<R: Resource>(
    call: &Call,
    scope: &OrganizationScope,
    id: R::Id,
    if_match: &IfMatch,
) -> Result<Outcome> {
    let Some(key) = R::key(scope, id) else {
        return Ok(Outcome::NotThere);
    };
    let mut claims = Vec::new();
    let mut version = None;
    if R::CLAIMS {
        let Some(thing) = call.table.get::<R>(&key, Read::Strong).await? else {
            return Ok(Outcome::NotThere);
        };
        if !if_match.holds(thing.version()) {
            return Err(Error::PreconditionFailed);
        }
        claims = thing.claims(scope);
        version = Some([thing.version()]);
    }
    let only = Only {
        versions: version
            .as_ref()
            .map(<[_; 1]>::as_slice)
            .or(if_match.versions()),
        unused: R::COUNTED_BY,
        ..Only::default()
    };
    let mut writes = call.table.transaction().delete(Part::Itself, &key, only)?;
    for claim in &claims {
        writes = writes.delete(Part::Former, &claim.key, Only::default())?;
    }
    let refused = match writes.send().await {
        Ok(()) => return Ok(Outcome::Done),
        Err(Failed::Error(error)) => return Err(error),
        Err(Failed::Refused(refused)) => refused,
    };
    let item = refused
        .into_iter()
        .find_map(|(part, item)| (part == Part::Itself).then_some(item));
    match item {
        Some(None) => Ok(Outcome::NotThere),
        Some(Some(item)) => Err(standing::<R>(item, if_match)?),
        None => Ok(Outcome::Changed),
    }
    .or_else(|error| match error {
        Error::Conflict(Conflict::Changed) => Ok(Outcome::Changed),
        error => Err(error),
    })
}

/// Why a thing that is there was not taken away.
fn standing<R: Resource>(item: Item, if_match: &IfMatch) -> Result<Error> {
    let thing: R = latchkey::table::from_item(item)?;
    Ok(if !if_match.holds(thing.version()) {
        Error::PreconditionFailed
    } else if R::COUNTED_BY.is_some() {
        Error::Conflict(Conflict::InUse)
    } else {
        Error::Conflict(Conflict::Changed)
    })
}
