//! Changing.

use http::StatusCode;
use latchkey::caller::OrganizationScope;
use latchkey::directory::{Claim, InGroup, Link, Resource, View};
use latchkey::table::{If, Read};
use latchkey::wire::json::FaultCode;
use latchkey::wire::{Conflict, Error, Response, Result};

use super::create::{Part, claimed, refusal};
use super::{MAX_LINKS, join, join_roll, leave, leave_roll, present, writing};
use crate::lambda::Call;

/// `PUT`: changes the fields that the body gives, and answers the whole thing. Two round
/// trips: it is read, and written on condition that it is still the same; one more for a
/// group whose members are given, and one where others no longer belong to it.
pub(crate) async fn update<R: Resource>(call: Call) -> Result<Response> {
    let id: R::Id = call.request.path_id(R::ID_FIELD, R::WHAT)?;
    let body = call.request.json()?;
    // What is wrong with the body is wrong with it whatever stands in the table.
    R::blank(id).changed(&body)?;
    let scopes = writing(&call)?;
    let changed = |before: &R| Ok(before.changed(&body)?);
    let (scope, thing) = change::<R>(&call, &scopes, id, changed).await?;
    let view = View::new(scope, &thing);
    Ok(Response::json(StatusCode::OK, &view).etag(thing.version()))
}

/// Changes a thing of one of these organizations, as `If-Match` wants it, and gives it with
/// its organization as it is then.
pub(crate) async fn change<'s, R: Resource>(
    call: &Call,
    scopes: &'s [OrganizationScope],
    id: R::Id,
    changed: impl Fn(&R) -> Result<R>,
) -> Result<(&'s OrganizationScope, R)> {
    let if_match = call.request.if_match();
    for attempt in call.table.attempts() {
        let found = find::<R>(call, scopes, id).await?;
        let (scope, before) = found.ok_or(Error::NotFound(R::WHAT))?;
        if !if_match.holds(before.version()) {
            return Err(Error::PreconditionFailed);
        }
        let after = changed(&before)?;
        match replace(call, scope, before, after).await? {
            Some(thing) => return Ok((scope, thing)),
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
    scope: &OrganizationScope,
    mut before: R,
    after: R,
) -> Result<Option<R>> {
    if after.lists()
        && let Some(prefix) = R::listed(scope, after.id())
    {
        let listed: Vec<InGroup> = call.table.query(&prefix, Read::Strong).await?;
        before.set_listed(&listed);
    }
    let (old, new) = (before.links(scope), after.links(scope));
    let joined: Vec<_> = missing(&new, &old).collect();
    let left: Vec<_> = missing(&old, &new).collect();
    if joined.is_empty() && left.is_empty() && after == before {
        return Ok(Some(before));
    }

    let changes = || joined.iter().chain(&left);
    if changes().count() > MAX_LINKS {
        let field = changes().next().map_or("", |link| link.field.as_str());
        let message = format!("at most {MAX_LINKS} can be put in and taken out at once");
        return Err(Error::invalid(field, FaultCode::OutOfRange, message));
    }

    let key = R::key(scope, after.id()).ok_or(Error::NotFound(R::WHAT))?;
    let mut writes = call.table.transaction(&scope.to_write(R::AREA)?);
    writes.change(Part::Itself, &key, (&before, &after), before.version());
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
    // Who is gone from the table takes no place in a set; the links to those are cleaned
    // up elsewhere.
    let there = present(call, &left).await?;
    leave(&mut writes, Part::Former, &left, &there);
    for (place, link) in joined.iter().enumerate() {
        join(&mut writes, Part::Link(place), link);
        if let Some((key, item)) = &link.item {
            writes.put_new(Part::Former, key, item);
        }
    }
    // What it spoke of before was there then.
    let (had, mut refers) = (before.refers(scope), after.refers(scope));
    refers.retain(|other| !had.iter().any(|had| had.to == other.to));
    for (place, other) in refers.iter().enumerate() {
        writes.exists(Part::Refers(place), &other.to);
    }
    let Err(refused) = writes.send().await? else {
        return Ok(Some(after.next_version()));
    };
    if !refused.has(Part::Itself) {
        refused.on(Part::Roll, || Error::Conflict(Conflict::LastAdmin))?;
    }
    let links: Vec<_> = joined.iter().map(|link| link.field.as_str()).collect();
    let refers: Vec<_> = refers.iter().map(|other| other.field.as_str()).collect();
    refusal(&refused, R::ID_FIELD, &links, &refers)?;
    Ok(None)
}

/// The links that are in `these` and not in `those`.
fn missing<'l>(these: &'l [Link], those: &'l [Link]) -> impl Iterator<Item = &'l Link> {
    these
        .iter()
        .filter(|link| !those.iter().any(|other| other.to == link.to))
}
