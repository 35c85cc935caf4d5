//! Listing, and showing one.

use std::cmp::Reverse;

use http::StatusCode;
use latchkey::caller::OrganizationScope;
use latchkey::directory::{Group, InGroup, Own, Resource, View};
use latchkey::error::{Error, Result};
use latchkey::id::Identifier;
use latchkey::rights;
use latchkey::role::{Area, By, Reach};
use latchkey::table::{Key, Read, Things};
use latchkey::wire::json::Label;
use latchkey::wire::{Page, Query, Response};
use serde::de::IgnoredAny;

use crate::lambda::{Call, SHOWN};
use crate::lists::{Listed, in_organization};
use crate::scopes::reads;

/// `GET` of all of a kind, in pages, oldest first. One round trip; more for what is passed over,
/// and for one that is looked for by its `externalId`.
pub(crate) async fn list<R: Resource>(call: Call) -> Result<Response> {
    let (Listed { scope, page }, things, next) = of_organization(&call, &[]).await?;
    Ok(shown::<R>(&call, &scope, &page, &things, next))
}

/// What is asked for, the things, and the place where the next page begins.
pub(crate) type Found<R> = (Listed, Vec<R>, Option<String>);

/// Reads the query, with the `externalId` of the one that is looked for.
fn asked<R: Resource>(call: &Call, not_served: &[&str]) -> Result<(Listed, Option<String>)> {
    let query = Query::of(&call.request);
    query.not_served(not_served);
    let external: Option<Label> = match R::HAS_EXTERNAL_ID {
        true => query.read("externalId"),
        false => None,
    };
    let offset = match R::BY_OFFSET {
        true => Page::offset(&query),
        false => None,
    };
    let mut listed = in_organization(call, query)?;
    listed.page.offset = offset;
    Ok((listed, external.map(|Label(id)| id)))
}

async fn of_organization<R: Resource>(call: &Call, not_served: &[&str]) -> Result<Found<R>> {
    let (listed, external) = asked::<R>(call, not_served)?;
    let all = listed.scope.things(R::KEY);
    if let Some(external) = external {
        let (things, next) = matching(call, &all, &listed.page, &external).await?;
        return Ok((listed, things, next));
    }
    let (things, next) = page_of(call, &listed).await?;
    Ok((listed, things, next))
}

/// A page of all things of a kind, and the place where the next one begins. One round trip; more
/// for what is passed over.
pub(crate) async fn page_of<R: Resource>(
    call: &Call,
    Listed { scope, page }: &Listed,
) -> Result<(Vec<R>, Option<String>)> {
    let all = scope.things(R::KEY);
    match passed_over(call, &all, page).await? {
        Some(after) => {
            let (size, after) = (page.size, after.as_deref());
            call.table.page_of_things(&all, size, after).await
        }
        None => Ok((Vec::new(), None)),
    }
}

/// How much of a text sorts things, in characters: a place must fit into a cursor.
const SORTED_BY: usize = 100;

/// The place of a thing in a list that is sorted by a text, and by age where that is the same.
pub(crate) fn place(text: &str, id: impl Identifier) -> String {
    let text: String = text.chars().take(SORTED_BY).collect();
    format!("{text}\u{0}{}", id.key_text())
}

/// A page of things that are at hand, in the order of their places, and the place where the next
/// one begins.
pub(crate) fn paged<T>(
    mut things: Vec<T>,
    page: &Page,
    descending: bool,
    place: impl Fn(&T) -> String,
) -> (Vec<T>, Option<String>) {
    match descending {
        true => things.sort_by_cached_key(|thing| Reverse(place(thing))),
        false => things.sort_by_cached_key(&place),
    }
    if let Some(after) = page.after.as_deref() {
        things.retain(|thing| match descending {
            true => *place(thing) < *after,
            false => *place(thing) > *after,
        });
    }
    let passed = page.offset.unwrap_or_default().min(things.len());
    things.drain(..passed);
    let more = things.len() > page.size;
    things.truncate(page.size);
    let next = things.last().filter(|_| more).map(place);
    (things, next)
}

/// The number of items in one read of a search.
const AT_ONCE: usize = 1000;

/// The maximum number of further reads of a search.
const MAX_ROUNDS: usize = 20;

/// The place after which a page begins, once its `offset` is passed over; `None` when there is
/// nothing after it.
async fn passed_over(call: &Call, all: &Things, page: &Page) -> Result<Option<Option<String>>> {
    let mut after = page.after.clone();
    let mut left = page.offset.unwrap_or_default();
    while left > 0 {
        let some = left.min(AT_ONCE);
        let found = call.table.page_of_things(all, some, after.as_deref());
        let (passed, next): (Vec<IgnoredAny>, _) = found.await?;
        left = left.saturating_sub(passed.len());
        if next.is_none() {
            return Ok(None);
        }
        after = next;
    }
    Ok(Some(after))
}

/// A page of those that another system calls `external`, and the place where the next one begins.
async fn matching<R: Resource>(
    call: &Call,
    all: &Things,
    page: &Page,
    external: &str,
) -> Result<(Vec<R>, Option<String>)> {
    let mut after = page.after.clone();
    let mut left = page.offset.unwrap_or_default();
    let mut things: Vec<R> = Vec::new();
    for _ in 0..MAX_ROUNDS {
        let found = call.table.page_of_things(all, AT_ONCE, after.as_deref());
        let (found, next): (Vec<R>, _) = found.await?;
        after = next;
        for thing in found {
            if thing.external_id() != Some(external) {
                continue;
            }
            if left > 0 {
                left -= 1;
            } else {
                things.push(thing);
            }
        }
        // One more than is shown tells whether there is more.
        if things.len() > page.size || after.is_none() {
            break;
        }
    }
    if things.len() > page.size {
        things.truncate(page.size);
        after = things.last().map(|thing| thing.id().key_text());
    }
    Ok((things, after))
}

/// A page of items, with a link to the next one.
fn shown<R: Resource>(
    call: &Call,
    scope: &OrganizationScope,
    page: &Page,
    things: &[R],
    next: Option<String>,
) -> Response {
    let views: Vec<_> = things.iter().map(|thing| View::new(scope, thing)).collect();
    let response = Response::json(StatusCode::OK, &views);
    page.linked(&call.request, response, next.as_deref())
}

/// `GET` of one item. One round trip for a caller who reads the directory.
pub(crate) async fn show<R: Resource>(call: Call) -> Result<Response> {
    let id: R::Id = call.request.path_id(R::ID_FIELD, R::WHAT)?;
    call.request.bare()?;
    if R::own(id) == Own::Nobody && !call.caller.scopes().any(|scope| reads(&scope)) {
        return Err(Error::InsufficientRights(Vec::new()));
    }
    let found = call.find::<R>(|scope| R::key(scope, id), SHOWN).await?;
    let (scope, thing) = found.ok_or(Error::NotFound(R::WHAT))?;
    if !reads(&scope) && !owns(&call, &scope, R::own(id)).await? {
        return Err(Error::NotFound(R::WHAT));
    }
    let view = View::new(&scope, &thing);
    Ok(Response::json(StatusCode::OK, &view).etag(thing.version()))
}

/// Whether it is the caller's own, by what a member or an administrator of it has.
async fn owns(call: &Call, scope: &OrganizationScope, own: Own) -> Result<bool> {
    let reach = |by: By| by.reach(Area::Directory);
    let user = call.caller.user();
    match own {
        Own::Nobody => Ok(false),
        Own::User(id) => Ok(id == user && reach(By::Membership) >= Reach::Own),
        Own::Source(source) => {
            let held = rights::administration(&call.table, scope, user, source, call.now).await?;
            Ok(held.is_given() && reach(By::Administration) >= Reach::Source)
        }
    }
}

/// `GET` of what is in a group, in pages, as [`of_group`] finds it.
pub(crate) async fn list_of_group<G: Group>(call: Call) -> Result<Response>
where
    <G::Member as Resource>::Id: TryFrom<u64>,
{
    let (Listed { scope, page }, members, next) = of_group::<G>(&call).await?;
    Ok(shown(&call, &scope, &page, &members, next))
}

/// A page of what is in a group that the path names. Three round trips: the group, a page of
/// what is in it, and those things.
///
/// # Errors
/// 400, 403 and 404.
pub(crate) async fn of_group<G: Group>(call: &Call) -> Result<Found<G::Member>>
where
    <G::Member as Resource>::Id: TryFrom<u64>,
{
    let id: G::Id = call.request.path_id(G::ID_FIELD, G::WHAT)?;
    let runs = runs(call, id, G::key).await?;
    if !runs && !call.caller.scopes().any(|scope| reads(&scope)) {
        return Err(Error::InsufficientRights(Vec::new()));
    }
    let group = |scope: &OrganizationScope| G::key(scope, id).filter(|_| runs || reads(scope));
    let found = call.find::<G>(group, SHOWN).await?;
    let (scope, _) = found.ok_or(Error::NotFound(G::WHAT))?;
    let group = group(&scope).ok_or(Error::NotFound(G::WHAT))?;

    let of = [scope.organization().to_string(), id.to_string()];
    let page = page(call, &[call.operation, &of[0], &of[1]])?;
    let prefix = scope.memberships(&group);
    let after = page.after.as_deref();
    let (edges, next) = call
        .table
        .page::<InGroup>(&prefix, page.size, after, Read::Eventual)
        .await?;
    let ids = edges
        .iter()
        .filter_map(|edge| <G::Member as Resource>::Id::try_from(edge.member).ok());
    let keys: Vec<_> = ids
        .filter_map(|id| <G::Member as Resource>::key(&scope, id))
        .collect();
    let items = if keys.is_empty() {
        Default::default()
    } else {
        call.table.get_all(&keys, Read::Eventual).await?
    };
    // One that is gone from the table is no member, whatever remains of it.
    let members: Vec<G::Member> = keys
        .iter()
        .filter_map(|key| items.get(key).transpose())
        .collect::<Result<_>>()?;
    Ok((Listed { scope, page }, members, next))
}

/// Whether the caller, who does not read the directory, runs a group of users. One round trip for
/// such a caller, none for others.
async fn runs<Id: Copy>(
    call: &Call,
    id: Id,
    group: fn(&OrganizationScope, Id) -> Option<Key>,
) -> Result<bool> {
    for scope in call.caller.scopes().filter(|scope| !reads(scope)) {
        let Some(group) = group(&scope, id) else {
            continue;
        };
        let edge = scope.membership(&group, &scope.user(call.caller.user()));
        let edge: Option<InGroup> = call.table.get(&edge, Read::Strong).await?;
        if edge.is_some_and(|edge| edge.admin) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The page of a list that needs no more than one.
fn page(call: &Call, list: &[&str]) -> Result<Page> {
    let query = Query::of(&call.request);
    let page = Page::read(&query, &call.request, list);
    query.finish()?;
    Ok(page)
}
