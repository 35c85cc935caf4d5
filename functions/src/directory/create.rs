//! Creating.

use http::StatusCode;
use latchkey::caller::OrganizationScope;
use latchkey::directory::{Reference, Resource};
use latchkey::error::{Conflict, Error, Fault, FaultCode, Result};
use latchkey::id::Identifier;
use latchkey::table::{Change, If, Key, Refused};
use latchkey::wire::Response;
use serde::de::IgnoredAny;
use serde_json::{Map, Value};

use super::{full, join, join_roll};
use crate::lambda::{Call, Once};
use crate::scopes::writes;

/// The number of IDs to try. If many items are created at once, one ID in thousands is taken.
pub(crate) const MAX_IDS: u32 = 5;

/// The purpose of each item of a transaction.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Part {
    /// The first answer to a request with a key.
    Idempotency,
    /// The item itself.
    Itself,
    /// A text that no two may have.
    Claim,
    /// A former unique text or link.
    Former,
    /// The other end of the link with this number.
    Link(usize),
    /// The item with this number to which it refers.
    Refers(usize),
    /// The set of items of which one must remain, if it is in one.
    Roll,
    /// Additional items to write.
    Further,
}

/// What the creation of a kind has in addition to the others.
#[derive(Default)]
pub(crate) struct Extra {
    /// Further fields of the answer.
    pub(crate) answer: Map<String, Value>,
    /// Further items.
    pub(crate) items: Vec<(Key, Value)>,
    /// Groups that it is put into, each of which then has a new version.
    pub(crate) joins: Vec<Reference>,
}

/// `POST`: creates an item in the organization that the body names, with everything that
/// belongs to it, in one transaction: one round trip.
pub(crate) async fn create<R: Resource>(call: Call) -> Result<Response> {
    create_with::<R>(call, &|_, _, _| Ok(Extra::default())).await
}

/// The same, with something in addition.
pub(crate) async fn create_with<R: Resource>(
    call: Call,
    extra: &(dyn Fn(&Call, &OrganizationScope, &mut R) -> Result<Extra> + Sync),
) -> Result<Response> {
    let body = call.request.json()?;
    let once = Once::of(&call, &body)?;
    for taken in 0..MAX_IDS {
        let id = R::Id::make_again(call.now, &call.random, taken)?;
        let (organization, mut new) = R::create(id, &body)?;
        let scope = call.caller.scope(organization)?;
        if !writes(&scope) {
            return Err(Error::InsufficientRights(Vec::new()));
        }
        new.make_at(call.now);
        let mut extra = extra(&call, &scope, &mut new)?;
        let mut answer = Map::new();
        answer.insert(R::ID_FIELD.to_owned(), json(&id)?);
        answer.extend(std::mem::take(&mut extra.answer));
        let answer = Response::json(StatusCode::CREATED, &answer);

        if let Some(answer) = put(&call, &once, &scope, &new, answer, &extra).await? {
            return Ok(answer);
        }
    }
    Err(Error::Unavailable(format!(
        "{MAX_IDS} ids in a row were taken"
    )))
}

/// Puts a new item into the table, with everything that belongs to it. Returns `answer`, or the
/// first answer to the same request; `None` if its ID is taken. One round trip.
pub(crate) async fn put<R: Resource>(
    call: &Call,
    once: &Once<'_>,
    scope: &OrganizationScope,
    new: &R,
    answer: Response,
    extra: &Extra,
) -> Result<Option<Response>> {
    let deed = scope.deed_on::<R>(new.id()).made(new);
    let mut writes = call.table.transaction(&scope.to_write(R::AREA)?, deed);
    once.remember(&mut writes, Part::Idempotency, scope, &answer)?;
    let at = R::key(scope, new.id()).ok_or_else(|| Error::Internal("no key".to_owned()))?;
    writes.put_new(Part::Itself, &at, new);
    if let Some(key) = new.retired(scope) {
        writes.check(Part::Further, &key, If::Absent);
    }
    if let Some((key, keyring)) = new.keyring(scope) {
        writes.put_new(Part::Further, &key, &keyring);
    }
    if let Some(roll) = new.roll(scope) {
        join_roll(&mut writes, Part::Roll, &roll);
    }
    let owner = json(&new.id())?;
    for claim in new.claims(scope) {
        writes.put_new(Part::Claim, &claim.key, &claimed(&owner));
    }
    let links = new.links(scope);
    for (place, link) in links.iter().enumerate() {
        join(&mut writes, Part::Link(place), link);
        if let Some((key, item)) = &link.item {
            writes.put_new(Part::Further, key, item);
        }
    }
    let mut refers = new.refers(scope);
    for (place, other) in refers.iter().enumerate() {
        writes.exists(Part::Refers(place), &other.to);
    }
    for (place, group) in extra.joins.iter().enumerate() {
        let part = Part::Refers(refers.len() + place);
        writes.update(part, &group.to, Change::new_version(), If::Exists);
    }
    refers.extend(extra.joins.iter().cloned());
    for (key, item) in &extra.items {
        writes.put_new(Part::Further, key, item);
    }
    let Err(refused) = writes.send().await? else {
        return Ok(Some(answer));
    };
    let first = once.first_answer(&refused, Part::Idempotency)?;
    if first.is_none() {
        let links: Vec<_> = links.iter().map(|link| (&*link.field, &link.to)).collect();
        let refers: Vec<_> = refers
            .iter()
            .map(|other| (&*other.field, &other.to))
            .collect();
        refusal(&refused, (R::ID_FIELD, R::WHAT), &links, &refers)?;
    }
    Ok(first)
}

fn json(value: &impl serde::Serialize) -> Result<Value> {
    serde_json::to_value(value).map_err(|error| Error::Internal(error.to_string()))
}

/// The item that claims a unique text: its owner.
pub(super) fn claimed(owner: &Value) -> Value {
    serde_json::json!({ "owner": owner })
}

/// Turns a refused transaction into faults of the body, if it is about the body.
///
/// # Errors
/// 400 for what the organization does not have, 409 for what another one has already.
pub(super) fn refusal(
    refused: &Refused<Part>,
    (id_field, what): (&'static str, &str),
    links: &[(&str, &Key)],
    refers: &[(&str, &Key)],
) -> Result<()> {
    if let Some(Claimed { owner: id }) = refused.item(Part::Claim)? {
        return Err(Error::Conflict(Conflict::Exists { id_field, id }));
    }
    let mut faults: Vec<Fault> = Vec::new();
    for part in refused.parts() {
        match part {
            Part::Link(place) => {
                let Some((field, to)) = links.get(place) else {
                    continue;
                };
                let fault = if refused.item::<IgnoredAny>(part)?.is_some() {
                    Fault::new(*field, FaultCode::OutOfRange, full(what))
                } else {
                    to.missing(*field)
                };
                // A link may be refused on both of its sides.
                if !faults.contains(&fault) {
                    faults.push(fault);
                }
            }
            Part::Refers(place) => {
                let missing = refers.get(place).map(|(field, to)| to.missing(*field));
                faults.extend(missing);
            }
            _ => {}
        }
    }
    if faults.is_empty() {
        Ok(())
    } else {
        Err(faults.into())
    }
}

#[derive(serde::Deserialize)]
struct Claimed {
    owner: u64,
}
