//! Creating.

use http::StatusCode;
use latchkey::caller::OrganizationScope;
use latchkey::directory::Resource;
use latchkey::id::Identifier;
use latchkey::table::{Key, Refused};
use latchkey::wire::json::{Fault, FaultCode};
use latchkey::wire::{Conflict, Error, Response, Result};
use serde::de::IgnoredAny;
use serde_json::{Map, Value};

use super::{full, join, join_roll};
use crate::lambda::{Call, Once};
use crate::scopes::writes;

/// How many ids are tried. One in thousands is taken when many are made at once.
const MAX_IDS: u32 = 5;

/// What each item of a transaction is there for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Part {
    /// The first answer to a request with a key.
    Idempotency,
    /// The thing itself.
    Itself,
    /// A text that no two may have.
    Claim,
    /// What was a text that no two may have, or a link that there was.
    Former,
    /// The other end of the link with this number.
    Link(usize),
    /// The thing that it speaks of with this number.
    Refers(usize),
    /// Where it is listed as one of those of which one must stay.
    Roll,
    /// What else is put in with it.
    Further,
}

/// What a kind of thing is created with besides what all are.
#[derive(Default)]
pub(crate) struct Extra {
    /// Further fields of the answer.
    pub(crate) answer: Map<String, Value>,
    /// Further items.
    pub(crate) items: Vec<(Key, Value)>,
}

/// `POST`: creates a thing in the organization that the body names, and what goes with it,
/// in one transaction: one round trip.
pub(crate) async fn create<R: Resource>(call: Call) -> Result<Response> {
    create_with::<R>(call, |_, _, _| Ok(Extra::default())).await
}

/// The same with something more.
pub(crate) async fn create_with<R: Resource>(
    call: Call,
    extra: fn(&Call, &OrganizationScope, &mut R) -> Result<Extra>,
) -> Result<Response> {
    let body = call.request.json()?;
    let once = Once::of(&call, &body)?;
    for _ in 0..MAX_IDS {
        let id = R::Id::make(call.now, &call.random)?;
        let (organization, mut new) = R::create(id, &body)?;
        let scope = call.caller.scope(organization)?;
        if !writes(&scope) {
            return Err(Error::InsufficientRights(Vec::new()));
        }
        let extra = extra(&call, &scope, &mut new)?;
        let mut answer = Map::new();
        answer.insert(R::ID_FIELD.to_owned(), json(&id)?);
        answer.extend(extra.answer);
        let answer = Response::json(StatusCode::CREATED, &answer);

        if let Some(answer) = put(&call, &once, &scope, &new, answer, &extra.items).await? {
            return Ok(answer);
        }
    }
    Err(Error::Unavailable(format!(
        "{MAX_IDS} ids in a row were taken"
    )))
}

/// Puts a new thing into the table, with what goes with it, and gives the answer that says
/// so, or the first one to the same request; `None` when its id is taken. One round trip.
pub(crate) async fn put<R: Resource>(
    call: &Call,
    once: &Once<'_>,
    scope: &OrganizationScope,
    new: &R,
    answer: Response,
    items: &[(Key, Value)],
) -> Result<Option<Response>> {
    let mut writes = call.table.transaction(&scope.to_write(R::AREA)?);
    once.remember(&mut writes, Part::Idempotency, scope, &answer)?;
    let at = R::key(scope, new.id()).ok_or_else(|| Error::Internal("no key".to_owned()))?;
    writes.put_new(Part::Itself, &at, new);
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
    let refers = new.refers(scope);
    for (place, other) in refers.iter().enumerate() {
        writes.exists(Part::Refers(place), &other.to);
    }
    for (key, item) in items {
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

/// What stands where a text is claimed: whose it is.
pub(super) fn claimed(owner: &Value) -> Value {
    serde_json::json!({ "owner": owner })
}

/// What a refused transaction says of the body: nothing, if it was about something else.
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
