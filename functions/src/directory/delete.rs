//! Deleting.

use http::StatusCode;
use latchkey::caller::OrganizationScope;
use latchkey::deed::{Deed, Recorded, Unrecorded};
use latchkey::directory::{InGroup, Link, Resource, Retired};
use latchkey::error::{Conflict, Error, Result};
use latchkey::table::{If, Read};
use latchkey::warrant::Warrant;
use latchkey::wire::Response;
use latchkey::wire::request::IfMatch;
use serde_json::{Value, json};

use super::create::Part;
use super::{MAX_LINKS, leave, leave_roll, present};
use crate::lambda::{Call, Once};
use crate::scopes::writing;

/// The number of concurrent transactions of links.
const AT_ONCE: usize = 8;

/// `DELETE`: deletes an item and, at once, everything that was granted to it or on it, because
/// a decision that does not find it refuses. A group and a space are first taken out of the
/// sets of their members, so that no decision follows a link to a deleted item. The rest is
/// cleaned up later. One round trip; two for a user; three to four for a space or a group, and
/// two more if it has some hundreds of members.
pub(crate) async fn delete<R: Resource>(call: Call) -> Result<Response> {
    let id: R::Id = call.request.path_id(R::ID_FIELD, R::WHAT)?;
    call.request.bare()?;
    let scopes = writing(&call)?;
    let once = Once::of(&call, &Value::Null)?;
    let answer = Response::empty(StatusCode::NO_CONTENT);
    take_away::<R>(&call, &once, &scopes, id, answer).await
}

/// The same for an item of one of these organizations, subject to `If-Match`.
pub(crate) async fn take_away<R: Resource>(
    call: &Call,
    once: &Once<'_>,
    scopes: &[OrganizationScope],
    id: R::Id,
    answer: Response,
) -> Result<Response> {
    let outcome = take_away_now::<R>(call, once, scopes, id, answer).await;
    once.settle(outcome).await
}

async fn take_away_now<R: Resource>(
    call: &Call,
    once: &Once<'_>,
    scopes: &[OrganizationScope],
    id: R::Id,
    answer: Response,
) -> Result<Response> {
    let if_match = call.request.if_match();
    for attempt in call.table.attempts() {
        let mut changed = false;
        for scope in scopes {
            match attempt_in::<R>(call, once, scope, id, (&if_match, &answer)).await? {
                Outcome::Done => return Ok(answer),
                Outcome::DoneBefore(first) => return Ok(first),
                Outcome::NotThere => {}
                Outcome::Changed => changed = true,
            }
        }
        if !changed {
            return Err(Error::NotFound(R::WHAT));
        }
        attempt.back_off().await?;
    }
    Err(Error::Conflict(Conflict::Changed))
}

enum Outcome {
    Done,
    /// The first request with the same key did it, and had this answer.
    DoneBefore(Response),
    NotThere,
    Changed,
}

async fn attempt_in<R: Resource>(
    call: &Call,
    once: &Once<'_>,
    scope: &OrganizationScope,
    id: R::Id,
    (if_match, answer): (&IfMatch, &Response),
) -> Result<Outcome> {
    let Some(key) = R::key(scope, id) else {
        return Ok(Outcome::NotThere);
    };
    let warrant = scope.to_write(R::AREA)?;
    // Also for the record, which has what it was.
    let Some(mut thing) = call.table.get::<R>(&key, Read::Strong).await? else {
        return Ok(Outcome::NotThere);
    };
    if !if_match.holds(thing.version()) {
        return Err(Error::PreconditionFailed);
    }
    let deed = scope.deed_on::<R>(id).removed(&thing);
    if let Some(prefix) = R::listed(scope, id) {
        thing.set_listed(&call.table.query::<InGroup>(&prefix, Read::Strong).await?);
    }
    let links = thing.links(scope);
    let roll = thing.roll(scope);
    let retired = thing.retired(scope).zip(thing.retired_until(call.now));
    let claims = thing.claims(scope).into_iter().map(|claim| claim.key);
    let keyring = thing.keyring(scope).map(|(key, _)| key);
    let with_it: Vec<_> = claims.chain(keyring).collect();
    // The last of many links go together with the item.
    let links: Vec<_> = links.iter().collect();
    let last = links.len() - links.len().min(MAX_LINKS);
    let (links, last) = links.split_at(last);
    let begun = scope.deed_on::<R>(id).made(&json!({"deletion": "begun"}));
    if !end_all(call, (&warrant, begun), links).await? {
        return Ok(Outcome::Changed);
    }
    let mut only = If::Exists.and(If::version(thing.version()));
    if let Some(count) = R::COUNTED_BY {
        only = only.and(If::Lacks(count).or(If::is(count, &0)));
    }
    let mut writes = call.table.transaction(&warrant, deed);
    once.remember(&mut writes, Part::Idempotency, scope, answer)?;
    writes.delete(Part::Itself, &key, only);
    if let Some(roll) = &roll {
        leave_roll(&mut writes, Part::Roll, roll);
    }
    if let Some((key, until)) = retired {
        let retired = Retired { expires_at: until };
        writes.put(Part::Further, &key, &retired, If::Always);
    }
    for key in &with_it {
        writes.delete(Part::Former, key, If::Exists);
    }
    leave(&mut writes, Part::Former, last, &present(call, last).await?);
    let Err(refused) = writes.send().await? else {
        return Ok(Outcome::Done);
    };
    if let Some(first) = once.first_answer(&refused, Part::Idempotency)? {
        return Ok(Outcome::DoneBefore(first));
    }
    if !refused.has(Part::Itself) {
        refused.on(Part::Roll, || Error::Conflict(Conflict::LastAdmin))?;
        return Ok(Outcome::Changed);
    }
    match refused.item::<R>(Part::Itself)? {
        None => Ok(Outcome::NotThere),
        Some(thing) if !if_match.holds(thing.version()) => Err(Error::PreconditionFailed),
        Some(_) if R::COUNTED_BY.is_some() => Err(Error::Conflict(Conflict::InUse)),
        Some(_) => Ok(Outcome::Changed),
    }
}

/// Ends links, many at once. Whether all are ended: not, when one of them changed meanwhile.
/// The first of many checks by what right: all at once would only be in each other's way. It
/// writes that the deletion has begun, for it may get no further.
async fn end_all(call: &Call, (warrant, begun): (&Warrant, Deed), links: &[&Link]) -> Result<bool> {
    let mut chunks = links.chunks(MAX_LINKS);
    let Some(first) = chunks.next() else {
        return Ok(true);
    };
    if !end(call, (warrant, begun.into()), first).await? {
        return Ok(false);
    }
    let chunks: Vec<_> = chunks.collect();
    for some in chunks.chunks(AT_ONCE) {
        let step = || (&Warrant::Further, Unrecorded::Step(call.operation).into());
        let ends = some.iter().map(|links| end(call, step(), links));
        let ended = futures_util::future::try_join_all(ends).await?;
        if ended.contains(&false) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The same for as many links as are ended together.
async fn end(
    call: &Call,
    (warrant, recorded): (&Warrant, Recorded),
    links: &[&Link],
) -> Result<bool> {
    let there = present(call, links).await?;
    let mut writes = call.table.transaction(warrant, recorded);
    leave(&mut writes, Part::Former, links, &there);
    Ok(writes.send().await?.is_ok())
}
