//! Lists of what writes grants, shares and accesses: all of an organization, or found by the
//! grants to a receiver or on a source.
//!
//! One round trip for a page, and one more if it is found by grants: none of it reads the items
//! of others. A list may leave out some of what was found. A page that becomes short is filled
//! from the next ones for a few rounds, and then returned as it is, with a link to the next.

use futures_util::future::try_join_all;
use latchkey::caller::OrganizationScope;
use latchkey::error::Result;
use latchkey::grant::{Grant, GrantId};
use latchkey::table::{BoxFuture, Key, KeyPrefix, List, Read};
use latchkey::wire::Page;
use latchkey::wire::page::MAX_SIZE;
use serde::de::DeserializeOwned;

use crate::lambda::Call;

/// The maximum number of rounds to fill a page.
const MAX_ROUNDS: usize = 5;
/// The same for a client that pages by offset, for which a short page is the last one.
const MAX_ROUNDS_COUNTED: usize = 200;

/// An item that writes grants.
pub(crate) trait Granted: DeserializeOwned + Send {
    /// The type of its ID.
    type Id: Copy + Send;

    /// The ID.
    fn id(&self) -> Self::Id;

    /// The id of the one that a grant belongs to, if it is of this kind.
    fn of(grant: GrantId) -> Option<Self::Id>;

    /// The key of one.
    fn key(scope: &OrganizationScope, id: Self::Id) -> Key;
}

/// The ranges in which they are found, in the order of their keys.
pub(crate) enum Range {
    /// All of the organization.
    All(KeyPrefix),
    /// By the grants to one receiver, or those on one source to one receiver.
    To(KeyPrefix),
    /// By the grants on one source.
    On(List),
}

/// The items to show, each with its place in the list.
pub(crate) type Views<V> = Vec<(String, V)>;

/// Makes the views of what was found, of those that belong in the list.
pub(crate) type View<'v, T, V> =
    &'v (dyn Fn(Vec<(String, T)>) -> BoxFuture<'v, Result<Views<V>>> + Sync);

/// A page of a list, and the place after which the next one begins, if there may be one.
pub(crate) async fn page<'v, T: Granted, V>(
    call: &Call,
    scope: &OrganizationScope,
    ranges: &[Range],
    page: &Page,
    view: View<'v, T, V>,
) -> Result<(Vec<V>, Option<String>)> {
    let mut views = Vec::new();
    let mut after = page.after.clone();
    let (rounds, at_once) = match page.offset {
        Some(_) => (MAX_ROUNDS_COUNTED, MAX_SIZE),
        None => (MAX_ROUNDS, page.size),
    };
    let mut left = page.offset.unwrap_or_default();
    for _ in 0..rounds {
        let found = found::<T>(call, scope, ranges, at_once, after.as_deref()).await?;
        after = found.next;
        let mut shown = view(found.things).await?;
        let passed = left.min(shown.len());
        left -= passed;
        let mut shown = shown.drain(passed..).peekable();
        while let Some((place, view)) = shown.next() {
            views.push(view);
            if views.len() == page.size {
                if shown.peek().is_some() {
                    after = Some(place);
                }
                break;
            }
        }
        if views.len() == page.size || after.is_none() {
            break;
        }
    }
    Ok((views, after))
}

/// The entries of a range, in the order of its keys: an item, or only its ID.
type InRange<T> = Vec<(String, <T as Granted>::Id, Option<T>)>;

impl Range {
    /// At most `size` of them after a place, and whether there are more. One round trip.
    async fn page<T: Granted>(
        &self,
        call: &Call,
        scope: &OrganizationScope,
        size: usize,
        after: Option<&str>,
    ) -> Result<(InRange<T>, bool)> {
        let grants = |grants: Vec<Grant>| {
            let place = |grant| scope.grant_key(grant).place().to_owned();
            let found = grants.iter().filter_map(|grant| {
                let id = T::of(grant.id)?;
                Some((place(grant), id, None))
            });
            found.collect()
        };
        let behind = |prefix: &KeyPrefix| match after {
            Some(place) => prefix.behind(place),
            None => Some(None),
        };
        match self {
            Self::All(prefix) => {
                let Some(after) = behind(prefix) else {
                    return Ok(Default::default());
                };
                let page = call.table.page(prefix, size, after, Read::Eventual).await?;
                let (things, next): (Vec<T>, _) = page;
                let each = things.into_iter().map(|thing| {
                    let place = T::key(scope, thing.id()).place().to_owned();
                    (place, thing.id(), Some(thing))
                });
                Ok((each.collect(), next.is_some()))
            }
            Self::To(prefix) => {
                let Some(after) = behind(prefix) else {
                    return Ok(Default::default());
                };
                let page = call.table.page(prefix, size, after, Read::Eventual).await?;
                Ok((grants(page.0), page.1.is_some()))
            }
            Self::On(source) => {
                let after = after.filter(|place| !place.is_empty());
                let page = call.table.page_of_list(source, size, after).await?;
                Ok((grants(page.0), page.1))
            }
        }
    }
}

/// Things with their places, and the place to go on from.
struct Found<T> {
    things: Vec<(String, T)>,
    next: Option<String>,
}

/// At most `size` items of the ranges after a place, as far as they exist. One round trip, and
/// one more for items that are found by their grants.
async fn found<T: Granted>(
    call: &Call,
    scope: &OrganizationScope,
    ranges: &[Range],
    size: usize,
    after: Option<&str>,
) -> Result<Found<T>> {
    let pages = ranges
        .iter()
        .map(|range| range.page::<T>(call, scope, size, after));
    let mut found = InRange::<T>::new();
    let mut more = false;
    for (page, of_range) in try_join_all(pages).await? {
        // The ranges after one that has more come later.
        if !more {
            found.extend(page);
            more = of_range || found.len() > size;
        }
    }
    found.truncate(size);
    let next = found.last().filter(|_| more);
    let next = next.map(|(place, _, _)| place.clone());

    let unread = found.iter().filter(|(_, _, thing)| thing.is_none());
    let keys: Vec<_> = unread.map(|(_, id, _)| T::key(scope, *id)).collect();
    let items = call.table.get_all(&keys, Read::Eventual).await?;
    let mut things = Vec::new();
    for (place, id, thing) in found {
        let thing = match thing {
            Some(thing) => Some(thing),
            None => items.get(&T::key(scope, id))?,
        };
        things.extend(thing.map(|thing| (place, thing)));
    }
    Ok(Found { things, next })
}
