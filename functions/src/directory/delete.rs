//! Deleting.

use http::StatusCode;
use latchkey::caller::OrganizationScope;
use latchkey::directory::{InGroup, Link, Resource};
use latchkey::table::{Failed, Item, Only, Read};
use latchkey::wire::request::IfMatch;
use latchkey::wire::{Conflict, Error, Response, Result};

use super::create::Part;
use super::{MAX_LINKS, leave, present, writing};
use crate::lambda::Call;

/// How often a thing is tried that is changed meanwhile.
const MAX_ATTEMPTS: u32 = 8;

/// How many transactions of links are under way at once.
const AT_ONCE: usize = 8;

/// `DELETE`: takes a thing away, and with it at once whatever was granted to it or on it:
/// a decision that does not find it refuses. A group and a space are first taken out of
/// what says that it belongs to them, so that no decision follows a link to what is gone.
/// What else remains is cleaned up later. One round trip; of a user two; of a space or a
/// group three to four, and two more for some hundreds that are in it.
pub(crate) async fn delete<R: Resource>(call: Call) -> Result<Response> {
    let id: R::Id = call.request.path_id(R::ID_FIELD, R::WHAT)?;
    let scopes = writing(&call)?;
    take_away::<R>(&call, &scopes, id).await?;
    Ok(Response::empty(StatusCode::NO_CONTENT))
}

/// The same of a thing of one of these organizations, as `If-Match` wants it.
pub(crate) async fn take_away<R: Resource>(
    call: &Call,
    scopes: &[OrganizationScope],
    id: R::Id,
) -> Result<()> {
    let if_match = call.request.if_match();
    for attempt in 1..=MAX_ATTEMPTS {
        let mut changed = false;
        for scope in scopes {
            match attempt_in::<R>(call, scope, id, &if_match).await? {
                Outcome::Done => return Ok(()),
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
    let mut version = None;
    let mut with_it = Vec::new();
    let mut links = Vec::new();
    if R::CLAIMS || R::LINKS {
        let Some(mut thing) = call.table.get::<R>(&key, Read::Strong).await? else {
            return Ok(Outcome::NotThere);
        };
        if !if_match.holds(thing.version()) {
            return Err(Error::PreconditionFailed);
        }
        if let Some(prefix) = R::listed(scope, id) {
            thing.set_listed(&call.table.query::<InGroup>(&prefix, Read::Strong).await?);
        }
        version = Some([thing.version()]);
        links = thing.links(scope);
        with_it.extend(thing.claims(scope).into_iter().map(|claim| claim.key));
        with_it.extend(thing.keyring(scope).map(|(key, _)| key));
    }
    // The last of many links go with the thing itself.
    let links: Vec<_> = links.iter().collect();
    let last = links.len() - links.len().min(MAX_LINKS);
    let (links, last) = links.split_at(last);
    if !end_all(call, links).await? {
        return Ok(Outcome::Changed);
    }
    let only = Only {
        versions: version
            .as_ref()
            .map(<[_; 1]>::as_slice)
            .or(if_match.versions()),
        unused: R::COUNTED_BY,
        ..Only::default()
    };
    let mut writes = call
        .table
        .old_transaction()
        .delete(Part::Itself, &key, only)?;
    for key in &with_it {
        writes = writes.delete(Part::Former, key, Only::default())?;
    }
    writes = leave(writes, Part::Former, last, &present(call, last).await?)?;
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

/// Ends links, many at once. Whether all are ended: not, when one of them changed meanwhile.
async fn end_all(call: &Call, links: &[&Link]) -> Result<bool> {
    let chunks: Vec<_> = links.chunks(MAX_LINKS).collect();
    for some in chunks.chunks(AT_ONCE) {
        let ends = some.iter().map(|links| async {
            let there = present(call, links).await?;
            let writes = leave(call.table.old_transaction(), Part::Former, links, &there)?;
            match writes.send().await {
                Ok(()) => Ok(true),
                Err(Failed::Refused(_)) => Ok(false),
                Err(Failed::Error(error)) => Err(error),
            }
        });
        let ended = futures_util::future::try_join_all(ends).await?;
        if ended.contains(&false) {
            return Ok(false);
        }
    }
    Ok(true)
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
