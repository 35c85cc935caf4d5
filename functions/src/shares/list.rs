//! `GET /v2/shares`.
//!
//! Two round trips without a filter: a page of shares, and at once the names of all that
//! they refer to. By receiver the grants to them are read first, by source those on it in
//! the index: one round trip more, and none of it reads what others have. What is asked
//! besides is looked for in what was found; a page that this leaves short is filled from the
//! next ones for a few rounds, and then goes as it is, with a link that leads on.

use futures_util::future::try_join_all;
use http::StatusCode;
use latchkey::caller::OrganizationScope;
use latchkey::directory::User;
use latchkey::grant::{Grant, Receiver, Source};
use latchkey::id::{DeviceGroupId, DeviceId, ShareId, UserGroupId, UserId};
use latchkey::rights;
use latchkey::role::{Area, Reach};
use latchkey::share::{Share, State, View};
use latchkey::table::{GrantsOn, KeyPrefix, Read};
use latchkey::wire::{Error, Page, Query, Response, Result};

use super::reading::{base, named, names};
use crate::directory::{self, Listed};
use crate::lambda::{Call, Endpoint};

/// The endpoint.
pub const ENDPOINT: Endpoint = Endpoint {
    operation: "list-shares",
    handle: |call| Box::pin(list(call)),
};

/// How often a page is filled from what comes next.
const MAX_ROUNDS: usize = 5;

/// Which shares are asked for.
struct Filter {
    source: Option<Source>,
    receiver: Option<Receiver>,
    active: Option<bool>,
    /// Whether no share can be so: each has one source and one receiver.
    is_empty: bool,
}

/// List shares.
///
/// Those of an organization, oldest first, in pages; by a filter of a source or a receiver,
/// in an order of its own. Filters may be combined. By a source, open invitations are not
/// among them, since nobody holds those yet.
///
/// Who may: the roles `Admin`, `TenantAdmin` and `AccessAdmin` see all. With `deviceId` or
/// `deviceGroupId`, whoever administrates that source now sees all on it. Everyone sees what
/// they receive themself or in a group of theirs: that is what they see without a filter.
#[utoipa::path(
    get,
    path = "/v2/shares",
    tag = "Shares",
    operation_id = ENDPOINT.operation,
    params(
        ("deviceId" = Option<DeviceId>, Query, description = "Those on this device itself."),
        ("deviceGroupId" = Option<DeviceGroupId>, Query, description = "Those on this group of devices."),
        ("userId" = Option<UserId>, Query, description = "Those for this user themself."),
        ("userGroupId" = Option<UserGroupId>, Query, description = "Those for this group of users."),
        ("active" = Option<bool>, Query, description = "Those whose `state` is `Active` now; with `false`, the others.", example = true),
        Listed,
    ),
    responses(
        (status = 200, description = "A page.", body = Vec<View>, headers(("Link"))),
        (status = 403, description = "The caller is not in the organization, or may not see these shares."),
    ),
)]
pub(crate) async fn list(call: Call) -> Result<Response> {
    let (scope, page, filter) = asked(&call)?;
    let mut ranges = ranges(&call, &scope, &filter).await?;
    if filter.is_empty {
        ranges.clear();
    }

    let mut views = Vec::new();
    let mut after = page.after.clone();
    for _ in 0..MAX_ROUNDS {
        let found = shares(&call, &scope, &ranges, page.size, after.as_deref()).await?;
        after = found.next;
        let keys = found.shares.iter();
        let keys: Vec<_> = keys.flat_map(|(_, share)| named(&scope, share)).collect();
        let items = call.table.get_all(&keys, Read::Eventual).await?;
        let mut found = found.shares.into_iter().peekable();
        while let Some((place, share)) = found.next() {
            let names = names(&scope, &share, &items)?;
            if filter.keeps(&share, share.state(names.zone(), call.now)) {
                views.push(View::new(share, names, call.now, base(&call)));
            }
            if views.len() == page.size {
                if found.peek().is_some() {
                    after = Some(place);
                }
                break;
            }
        }
        if views.len() == page.size || after.is_none() {
            break;
        }
    }
    let response = Response::json(StatusCode::OK, &views);
    Ok(match after {
        Some(place) => response.next(&page.next(&call.request, &place)),
        None => response,
    })
}

/// Reads the query.
///
/// # Errors
/// 400 for every fault of it; 403 when the caller is not in the organization.
fn asked(call: &Call) -> Result<(OrganizationScope, Page, Filter)> {
    let query = Query::of(&call.request);
    let scope = directory::organization(call, &query);
    let of = scope.as_ref().map(|scope| scope.organization().to_string());
    let list = [call.operation, of.as_deref().unwrap_or_default()];
    let page = Page::read(&query, &call.request, &list);
    let filter = filter(&query);
    query.finish()?;
    let scope = scope.ok_or(Error::InsufficientRights(Vec::new()))?;
    Ok((scope, page, filter))
}

fn filter(query: &Query<'_>) -> Filter {
    const EXPECTED: &str = "a positive integer";
    let device = query.optional("deviceId", EXPECTED).map(Source::Device);
    let devices = query.optional("deviceGroupId", EXPECTED);
    let devices = devices.map(Source::DeviceGroup);
    let user = query.optional("userId", EXPECTED).map(Receiver::User);
    let users = query.optional("userGroupId", EXPECTED);
    let users = users.map(Receiver::UserGroup);
    Filter {
        source: device.or(devices),
        receiver: user.or(users),
        active: query.name("active", &[("true", true), ("false", false)]),
        is_empty: device.is_some() && devices.is_some() || user.is_some() && users.is_some(),
    }
}

impl Filter {
    fn keeps(&self, share: &Share, state: State) -> bool {
        self.source.is_none_or(|source| share.source == source)
            && self
                .receiver
                .is_none_or(|receiver| share.receiver == Some(receiver))
            && self
                .active
                .is_none_or(|active| (state == State::Active) == active)
    }
}

/// Where shares are found, in the order of their keys.
enum Range {
    /// All of the organization.
    All(KeyPrefix),
    /// By the grants to one receiver, or to one on one source.
    To(KeyPrefix),
    /// By the grants on one source.
    On(GrantsOn),
}

/// The narrowest ranges that have all that is asked for and may be seen.
///
/// # Errors
/// 403 when the caller may not see what is asked for.
async fn ranges(call: &Call, scope: &OrganizationScope, filter: &Filter) -> Result<Vec<Range>> {
    let to = |receiver| match filter.source {
        Some(source) => Range::To(scope.grants(receiver, source)),
        None => Range::To(scope.shared_with(receiver)),
    };
    let mut sees_all = scope.reaches(Area::Shares, Reach::Read);
    let user = call.caller.user();
    let me = Receiver::User(user);
    if let Some(source) = filter.source
        && !sees_all
        && filter.receiver != Some(me)
    {
        let held = rights::administration(&call.table, scope, user, source, call.now).await?;
        sees_all = held.is_given();
        if !sees_all && filter.receiver.is_none() {
            return Err(Error::InsufficientRights(Vec::new()));
        }
    }
    if sees_all {
        return Ok(match (filter.receiver, filter.source) {
            (Some(receiver), _) => vec![to(receiver)],
            (None, Some(source)) => vec![Range::On(scope.grants_on(source))],
            (None, None) => vec![Range::All(scope.shares())],
        });
    }
    if filter.receiver == Some(me) {
        return Ok(vec![to(me)]);
    }
    let account: Option<User> = call.table.get(&scope.user(user), Read::Strong).await?;
    let groups = account.map(|account| account.groups).unwrap_or_default();
    let groups = groups.into_iter().map(Receiver::UserGroup);
    // In the order of their keys: users come before groups.
    let mine = [me].into_iter().chain(groups);
    let mine: Vec<_> = mine
        .filter(|mine| filter.receiver.is_none_or(|receiver| receiver == *mine))
        .map(to)
        .collect();
    if mine.is_empty() {
        return Err(Error::InsufficientRights(Vec::new()));
    }
    Ok(mine)
}

/// What a range has, in the order of its keys: a share, or only its number.
type Found = Vec<(String, ShareId, Option<Share>)>;

impl Range {
    /// At most `size` shares after a place, and whether there are more. One round trip.
    async fn page(
        &self,
        call: &Call,
        scope: &OrganizationScope,
        size: usize,
        after: Option<&str>,
    ) -> Result<(Found, bool)> {
        let grants = |grants: Vec<Grant>| {
            let place = |grant| scope.grant_key(grant).place().to_owned();
            let shares = grants.iter().filter_map(|grant| {
                let share = grant.id.share()?;
                Some((place(grant), share, None))
            });
            shares.collect()
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
                let (shares, next): (Vec<Share>, _) = page;
                let each = shares.into_iter().map(|share| {
                    let place = scope.share(share.id).place().to_owned();
                    (place, share.id, Some(share))
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
                let page = call.table.page_by_source(source, size, after).await?;
                Ok((grants(page.0), page.1))
            }
        }
    }
}

/// Shares with their places, and the place to go on from.
struct Shares {
    shares: Vec<(String, Share)>,
    next: Option<String>,
}

/// At most `size` shares of the ranges after a place: those that are there. One round trip,
/// and one more for shares that are found by their grants.
async fn shares(
    call: &Call,
    scope: &OrganizationScope,
    ranges: &[Range],
    size: usize,
    after: Option<&str>,
) -> Result<Shares> {
    let pages = ranges
        .iter()
        .map(|range| range.page(call, scope, size, after));
    let mut found = Found::new();
    let mut more = false;
    for (page, of_range) in try_join_all(pages).await? {
        // What comes after a range that has more comes later.
        if !more {
            found.extend(page);
            more = of_range || found.len() > size;
        }
    }
    found.truncate(size);
    let next = found.last().filter(|_| more);
    let next = next.map(|(place, _, _)| place.clone());

    let unread = found.iter().filter(|(_, _, share)| share.is_none());
    let keys: Vec<_> = unread.map(|(_, id, _)| scope.share(*id)).collect();
    let items = call.table.get_all(&keys, Read::Eventual).await?;
    let mut shares = Vec::new();
    for (place, id, share) in found {
        let share = match share {
            Some(share) => Some(share),
            None => items.get(&scope.share(id))?,
        };
        let share = share.filter(|share: &Share| !share.is_gone(call.now));
        shares.extend(share.map(|share| (place, share)));
    }
    Ok(Shares { shares, next })
}
