//! Changing.

use http::StatusCode;
use latchkey::caller::OrganizationScope;
use latchkey::deed::{Recorded, Unrecorded};
use latchkey::directory::{Claim, InGroup, Link, Resource, View};
use latchkey::error::{Conflict, Error, FaultCode, Result};
use latchkey::table::{If, Read};
use latchkey::wire::Response;

use super::create::{Part, claimed, refusal};
use super::{MAX_LINKS, join, join_roll, leave, leave_roll, present};
use crate::lambda::{Call, Once};
use crate::scopes::writing;

/// `PUT`: changes the given fields and returns the whole item. Two round trips: a read, and a
/// write on condition that it is unchanged. One more for a group whose members are given, and
/// one if members are removed.
pub(crate) async fn update<R: Resource>(call: Call) -> Result<Response> {
    update_with::<R>(call, &|scope, thing| {
        let view = View::new(scope, thing);
        Response::json(StatusCode::OK, &view).etag(thing.version())
    })
    .await
}

/// The same, answered otherwise.
pub(crate) async fn update_with<R: Resource>(
    call: Call,
    answer: &(dyn Fn(&OrganizationScope, &R) -> Response + Sync),
) -> Result<Response> {
    let id: R::Id = call.request.path_id(R::ID_FIELD, R::WHAT)?;
    let body = call.request.json()?;
    // Faults of the body do not depend on the table.
    R::blank(id).changed(&body)?;
    let once = Once::of(&call, &body)?;
    let scopes = writing(&call)?;
    let update = Update {
        changed: &|before: &R| Ok(before.changed(&body)?),
        answer,
    };
    change(&call, &once, &scopes, id, &update).await
}

/// A change of an item.
pub(crate) struct Update<'c, R> {
    /// The changed item.
    pub(crate) changed: &'c (dyn Fn(&R) -> Result<R> + Sync),
    /// The answer after the change.
    pub(crate) answer: &'c (dyn Fn(&OrganizationScope, &R) -> Response + Sync),
}

/// Changes an item of one of these organizations, subject to `If-Match`.
pub(crate) async fn change<R: Resource>(
    call: &Call,
    once: &Once<'_>,
    scopes: &[OrganizationScope],
    id: R::Id,
    update: &Update<'_, R>,
) -> Result<Response> {
    let outcome = change_now(call, once, scopes, id, update).await;
    once.settle(outcome).await
}

async fn change_now<R: Resource>(
    call: &Call,
    once: &Once<'_>,
    scopes: &[OrganizationScope],
    id: R::Id,
    update: &Update<'_, R>,
) -> Result<Response> {
    let if_match = call.request.if_match();
    for attempt in call.table.attempts() {
        let found = find::<R>(call, scopes, id).await?;
        let (scope, before) = found.ok_or(Error::NotFound(R::WHAT))?;
        if !if_match.holds(before.version()) {
            return Err(Error::PreconditionFailed);
        }
        let after = (update.changed)(&before)?;
        match replace(call, once, scope, (before, after), update.answer).await? {
            Some(answer) => return Ok(answer),
            None if if_match.is_given() => return Err(Error::PreconditionFailed),
            None => attempt.back_off().await?,
        }
    }
    Err(Error::Conflict(Conflict::Changed))
}

async fn find<'s, R: Resource>(
    call: &Call,
    scopes: &'s [OrganizationScope],
    id: R::Id,
) -> Result<Option<(&'s OrganizationScope, R)>> {
    for scope in scopes {
        if let Some(key) = R::key(scope, id)
            && let Some(thing) = call.table.get(&key, Read::Strong).await?
        {
            return Ok(Some((scope, thing)));
        }
    }
    Ok(None)
}

/// One attempt; `None` when it was changed meanwhile.
async fn replace<R: Resource>(
    call: &Call,
    once: &Once<'_>,
    scope: &OrganizationScope,
    (mut before, mut after): (R, R),
    answer: &(dyn Fn(&OrganizationScope, &R) -> Response + Sync),
) -> Result<Option<Response>> {
    if after.lists()
        && let Some(prefix) = R::listed(scope, after.id())
    {
        let listed: Vec<InGroup> = call.table.query(&prefix, Read::Strong).await?;
        before.set_listed(&listed);
    }
    let (old, new) = (before.links(scope), after.links(scope));
    let joined: Vec<_> = missing(&new, &old).collect();
    let left: Vec<_> = missing(&old, &new).collect();
    let is_same = joined.is_empty() && left.is_empty() && after == before;
    if is_same && !once.is_given() {
        return Ok(Some(answer(scope, &before)));
    }

    if !is_same {
        after.change_at(call.now);
    }

    let changes = || joined.iter().chain(&left);
    if changes().count() > MAX_LINKS {
        let field = changes().next().map_or("", |link| link.field.as_str());
        let message = format!("at most {MAX_LINKS} can be added and removed at once");
        return Err(Error::invalid(field, FaultCode::OutOfRange, message));
    }

    let key = R::key(scope, after.id()).ok_or(Error::NotFound(R::WHAT))?;
    let recorded = if is_same {
        Unrecorded::NoChange.into()
    } else {
        let deed = scope.deed_on::<R>(after.id());
        Recorded::from(deed.changed(&before, &after))
    };
    let warrant = scope.to_write(R::AREA)?;
    let mut writes = call.table.transaction(&warrant, recorded);
    let answer = if is_same {
        writes.check(Part::Itself, &key, If::version(before.version()));
        answer(scope, &before)
    } else {
        writes.change(Part::Itself, &key, (&before, &after), before.version());
        answer(scope, &after.clone().next_version())
    };
    once.remember(&mut writes, Part::Idempotency, scope, &answer)?;
    let (had, has) = (before.claims(scope), after.claims(scope));
    let gone = |claim: &&Claim| !has.contains(claim);
    for claim in had.iter().filter(gone) {
        writes.delete(Part::Former, &claim.key, If::Exists);
    }
    match (before.roll(scope), after.roll(scope)) {
        (Some(roll), None) => leave_roll(&mut writes, Part::Roll, &roll),
        (None, Some(roll)) => join_roll(&mut writes, Part::Roll, &roll),
        _ => {}
    }
    let owner = serde_json::to_value(after.id());
    let owner = owner.map_err(|error| Error::Internal(error.to_string()))?;
    for claim in has.iter().filter(|claim| !had.contains(claim)) {
        writes.put_new(Part::Claim, &claim.key, &claimed(&owner));
    }
    // Deleted items have no sets any more; their links are cleaned up elsewhere.
    let there = present(call, &left).await?;
    leave(&mut writes, Part::Former, &left, &there);
    for (place, link) in joined.iter().enumerate() {
        join(&mut writes, Part::Link(place), link);
        if let Some((key, item)) = &link.item {
            writes.put_new(Part::Former, key, item);
        }
    }
    // References from before existed then.
    let (had, mut refers) = (before.refers(scope), after.refers(scope));
    refers.retain(|other| !had.iter().any(|had| had.to == other.to));
    for (place, other) in refers.iter().enumerate() {
        writes.exists(Part::Refers(place), &other.to);
    }
    let Err(refused) = writes.send().await? else {
        return Ok(Some(answer));
    };
    if let Some(first) = once.first_answer(&refused, Part::Idempotency)? {
        return Ok(Some(first));
    }
    if !refused.has(Part::Itself) {
        refused.on(Part::Roll, || Error::Conflict(Conflict::LastAdmin))?;
    }
    let links: Vec<_> = joined.iter().map(|link| (&*link.field, &link.to)).collect();
    let refers: Vec<_> = refers
        .iter()
        .map(|other| (&*other.field, &other.to))
        .collect();
    refusal(&refused, (R::ID_FIELD, R::WHAT), &links, &refers)?;
    Ok(None)
}

/// The links that are in `these` and not in `those`.
fn missing<'l>(these: &'l [Link], those: &'l [Link]) -> impl Iterator<Item = &'l Link> {
    these
        .iter()
        .filter(|link| !those.iter().any(|other| other.to == link.to))
}
