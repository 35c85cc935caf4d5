//! Adding one item to a group, and removing it.
//!
//! One transaction changes both sides: the member's set of groups, for decisions, and the item
//! by which the group lists the member. The group gets a new version, so that a concurrent
//! replacement of its whole list notices the change.

use http::StatusCode;
use latchkey::caller::OrganizationScope;
use latchkey::deed::Unrecorded;
use latchkey::directory::{DATE_MODIFIED, Group, Resource};
use latchkey::error::{Error, FaultCode, Result};
use latchkey::role::Area;
use latchkey::table::{Change, If, Refused};
use latchkey::wire::Response;
use serde::de::IgnoredAny;
use serde_json::{Value, json};

use super::{full, join, part};
use crate::lambda::{Call, Once};
use crate::scopes::writing;

/// The purpose of each item of the transaction.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Part {
    /// The first answer to a request with a key.
    Idempotency,
    Group,
    Member,
    Edge,
}

/// `PUT`: puts something into a group; what is in it already stays. One round trip.
pub(crate) async fn add<G: Group>(call: Call) -> Result<Response> {
    change::<G>(call, true).await
}

/// `DELETE`: takes something out of a group. One round trip.
pub(crate) async fn remove<G: Group>(call: Call) -> Result<Response> {
    change::<G>(call, false).await
}

async fn change<G: Group>(call: Call, joins: bool) -> Result<Response> {
    let id: G::Id = call.request.path_id(G::ID_FIELD, G::WHAT)?;
    let what = G::Member::WHAT;
    let member = call.request.path_id(G::Member::ID_FIELD, what)?;
    call.request.bare()?;
    let once = Once::of(&call, &Value::Null)?;
    let mut missing = G::WHAT;
    for scope in &writing(&call)? {
        let Err(refused) = change_in::<G>(&call, &once, scope, id, member, joins).await? else {
            return Ok(Response::empty(StatusCode::NO_CONTENT));
        };
        if let Some(first) = once.first_answer(&refused, Part::Idempotency)? {
            return Ok(first);
        }
        if refused.has(Part::Group) {
            continue;
        }
        let is_there = refused.item::<IgnoredAny>(Part::Member)?.is_some();
        if joins && is_there && !refused.has(Part::Edge) {
            let field = G::Member::ID_FIELD;
            return Err(Error::invalid(field, FaultCode::OutOfRange, full(G::WHAT)));
        }
        if joins && (is_there || !refused.has(Part::Member)) {
            // It is in the group already. With a key that is written down, so that the same
            // request does not put it in again after someone else took it out.
            let warrant = scope.to_write(Area::Directory)?;
            let mut writes = call.table.transaction(&warrant, Unrecorded::NoChange);
            let answer = Response::empty(StatusCode::NO_CONTENT);
            once.remember(&mut writes, Part::Idempotency, scope, &answer)?;
            if writes.is_empty() {
                return Ok(answer);
            }
            return match writes.send().await? {
                Ok(()) => Ok(answer),
                Err(refused) => Ok(once
                    .first_answer(&refused, Part::Idempotency)?
                    .unwrap_or(answer)),
            };
        }
        missing = what;
    }
    Err(Error::NotFound(missing))
}

async fn change_in<G: Group>(
    call: &Call,
    once: &Once<'_>,
    scope: &OrganizationScope,
    id: G::Id,
    member: <G::Member as Resource>::Id,
    joins: bool,
) -> Result<Result<(), Refused<Part>>> {
    let link = G::link(scope, id, member);
    let (Some(group), Some((edge, item))) = (G::key(scope, id), &link.item) else {
        return Err(Error::NotFound(G::WHAT));
    };
    let warrant = scope.to_write(Area::Directory)?;
    let deed = scope.deed_on::<G>(id);
    let who = json!({ G::Member::ID_FIELD: member });
    let deed = match joins {
        true => deed.made(&who),
        false => deed.removed(&who),
    };
    let mut writes = call.table.transaction(&warrant, deed);
    let answer = Response::empty(StatusCode::NO_CONTENT);
    once.remember(&mut writes, Part::Idempotency, scope, &answer)?;
    let mut changed = Change::new_version();
    if G::DATED {
        changed = changed.set(DATE_MODIFIED, &call.now);
    }
    writes.update(Part::Group, &group, changed, If::Exists);
    if joins {
        join(&mut writes, Part::Member, &link);
        writes.put_new(Part::Edge, edge, item);
    } else {
        part(&mut writes, Part::Member, &link);
        writes.delete(Part::Edge, edge, If::Exists);
    }
    writes.send().await
}
