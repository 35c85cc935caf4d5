//! Putting one thing into a group, and taking it out.
//!
//! Both sides change in one transaction: the set of groups that the member has, by which a
//! decision finds them, and the item by which the group finds its members. The group gets
//! a new version, so that whoever replaces its whole list at the same time meets the
//! change.

use http::StatusCode;
use latchkey::caller::OrganizationScope;
use latchkey::directory::{Group, Resource};
use latchkey::role::Area;
use latchkey::table::{Change, If, Refused};
use latchkey::wire::{Error, Response, Result};

use super::{join, part, writing};
use crate::lambda::Call;

/// What each item of the transaction is there for.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Part {
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
    let mut missing = G::WHAT;
    for scope in &writing(&call)? {
        let Err(refused) = change_in::<G>(&call, scope, id, member, joins).await? else {
            return Ok(Response::empty(StatusCode::NO_CONTENT));
        };
        if refused.has(Part::Group) {
            continue;
        }
        if joins && !refused.has(Part::Member) {
            // It is in the group already.
            return Ok(Response::empty(StatusCode::NO_CONTENT));
        }
        missing = what;
    }
    Err(Error::NotFound(missing))
}

async fn change_in<G: Group>(
    call: &Call,
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
    let mut writes = call.table.transaction(&warrant);
    writes.update(Part::Group, &group, Change::new_version(), If::Exists);
    if joins {
        join(&mut writes, Part::Member, &link);
        writes.put_new(Part::Edge, edge, item);
    } else {
        part(&mut writes, Part::Member, &link);
        writes.delete(Part::Edge, edge, If::Exists);
    }
    writes.send().await
}
