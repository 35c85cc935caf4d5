//! `GET /v2/shares`.
//!
//! Two round trips without a filter: a page of shares, and the names of everything that they
//! refer to. With a receiver the grants to it are read first, with a source those on it in the
//! index: one more round trip, and none of it reads the items of others. Further filters are
//! applied to the result. A page that becomes short is filled from the next ones for a few
//! rounds, and then returned as it is, with a link to the next.
//! Whether what a filter names exists is only asked if nothing was found: one more round trip.

use http::StatusCode;
use latchkey::caller::OrganizationScope;
use latchkey::directory::{Device, DeviceGroup, Organization, Resource, Space, User, UserGroup};
use latchkey::error::{Error, Result};
use latchkey::grant::{GrantId, Receiver, Source};
use latchkey::id::{DeviceGroupId, DeviceId, ShareId, UserGroupId, UserId};
use latchkey::rights;
use latchkey::role::{Area, Reach};
use latchkey::share::{Names, Share, State, View};
use latchkey::table::{BoxFuture, Key, Read};
use latchkey::wire::json::Label;
use latchkey::wire::page::Offset;
use latchkey::wire::{Page, Query, Response};

use crate::lambda::{Call, Endpoint};
use crate::lists::Listed;
use crate::lists::granted::{self, Granted, Range, Views};
use crate::scopes;

/// The endpoint.
pub const ENDPOINT: Endpoint = Endpoint::new("list-shares", |call| Box::pin(list(call)));

/// Which shares are asked for.
struct Filter {
    source: Option<Source>,
    receiver: Option<Receiver>,
    active: Option<bool>,
    external_id: Option<String>,
    /// A second source and a second receiver. No share can be so: each has one of either.
    others: (Option<Source>, Option<Receiver>),
}

/// List shares.
///
/// Returns the shares of an organization, in pages: oldest first, or, with a filter for the
/// source or the receiver, in another stable order. Filters can be combined. A filter for the
/// source leaves out open invitations, because they have no receiver yet.
///
/// Allowed roles: `Admin`, `TenantAdmin`, `AccessAdmin` see all shares. With `deviceId` or
/// `deviceGroupId`, users who hold `administrate` on that source now see all shares of it.
/// Every user sees the shares that they or their groups receive; without a filter they see
/// those.
#[utoipa::path(
    get,
    path = "/v2/shares",
    tag = "Shares",
    operation_id = ENDPOINT.operation,
    params(
        ("deviceId" = Option<DeviceId>, Query, description = "Only shares of this device itself."),
        ("deviceGroupId" = Option<DeviceGroupId>, Query, description = "Only shares of this \
            device group."),
        ("userId" = Option<UserId>, Query, description = "Only shares for this user themselves."),
        ("userGroupId" = Option<UserGroupId>, Query, description = "Only shares for this user \
            group."),
        ("externalId" = Option<String>, Query, description = "Only shares with this ID of \
            another system.", example = "booking-4711"),
        ("active" = Option<bool>, Query, description = "Only shares whose `state` is `Active` \
            now; with `false`, only the others.", example = true),
        Listed,
        Offset,
    ),
    responses(
        (status = 200, description = "A page.", body = Vec<View>, headers(("Link"))),
        (status = 403, description = "The caller may not see these shares."),
        (status = 404, description = "A device, group or user that a filter names does not exist, or the caller does not \
            belong to the organization."),
    ),
)]
pub(crate) async fn list(call: Call) -> Result<Response> {
    let (scope, page, filter) = asked(&call)?;
    let mut ranges = ranges(&call, &scope, &filter).await?;
    if filter.is_empty() {
        ranges.clear();
    }

    let (asking, of, kept) = (&call, &scope, &filter);
    let views =
        |found| -> BoxFuture<'_, Result<Views<View>>> { Box::pin(views(asking, of, kept, found)) };
    let (views, next) = granted::page(&call, &scope, &ranges, &page, &views).await?;
    if views.is_empty() {
        named_exist(&call, &scope, &filter).await?;
    }
    let response = Response::json(StatusCode::OK, &views);
    Ok(page.linked(&call.request, response, next.as_deref()))
}

/// That what the filter names is there. One round trip, none without a filter.
///
/// # Errors
/// 404 for the first that is not.
async fn named_exist(call: &Call, scope: &OrganizationScope, filter: &Filter) -> Result<()> {
    let named = filter.named(scope);
    let keys: Vec<_> = named.iter().map(|(key, _)| key.clone()).collect();
    let items = call.table.get_all(&keys, Read::Strong).await?;
    match named.iter().find(|(key, _)| !items.has(key)) {
        Some((_, what)) => Err(Error::NotFound(what)),
        None => Ok(()),
    }
}

/// The views of those shares that are asked for. One round trip, for what they name.
async fn views(
    call: &Call,
    scope: &OrganizationScope,
    filter: &Filter,
    mut found: Vec<(String, Share)>,
) -> Result<Views<View>> {
    found.retain(|(_, share)| !share.is_gone(call.now));
    let keys = found.iter();
    let keys: Vec<_> = keys
        .flat_map(|(_, share)| Names::keys(scope, share))
        .collect();
    let mut items = call.table.get_all(&keys, Read::Eventual).await?;
    let names = Names::read(scope, found.iter().map(|(_, share)| share), &mut items)?;
    found.retain(|(_, share)| filter.keeps(share, share.state(names.zone(share), call.now)));
    let views = found
        .into_iter()
        .map(|(place, share)| (place, View::new(share, &names, call.now)));
    Ok(views.collect())
}

impl Granted for Share {
    type Id = ShareId;

    fn id(&self) -> ShareId {
        self.id
    }

    fn of(grant: GrantId) -> Option<ShareId> {
        grant.share()
    }

    fn key(scope: &OrganizationScope, id: ShareId) -> Key {
        scope.share(id)
    }
}

/// Reads the query.
///
/// # Errors
/// 400 for every fault of it; 404 if the caller is not in the organization.
fn asked(call: &Call) -> Result<(OrganizationScope, Page, Filter)> {
    let query = Query::of(&call.request);
    let scope = scopes::organization(call, &query);
    let of = scope.as_ref().map(|scope| scope.organization().to_string());
    let list = [call.operation, of.as_deref().unwrap_or_default()];
    let mut page = Page::read(&query, &call.request, &list);
    page.offset = Page::offset(&query);
    let filter = filter(&query);
    query.finish()?;
    // The services' page says so of an organization that is not found; whether there is one that
    // the caller does not belong to is not told.
    let scope = scope.ok_or(Error::NotFound(Organization::WHAT))?;
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
        external_id: query.read("externalId").map(|Label(id)| id),
        others: (device.and(devices), user.and(users)),
    }
}

impl Filter {
    /// Whether no share can be so.
    fn is_empty(&self) -> bool {
        self.others != (None, None)
    }

    /// What is named, by its key, and what people call it.
    fn named(&self, scope: &OrganizationScope) -> Vec<(Key, &'static str)> {
        let sources = self.source.into_iter().chain(self.others.0);
        let sources = sources.map(|source| match source {
            Source::Device(_) => (scope.source(source), Device::WHAT),
            Source::DeviceGroup(_) => (scope.source(source), DeviceGroup::WHAT),
            Source::Space(_) => (scope.source(source), Space::WHAT),
        });
        let receivers = self.receiver.into_iter().chain(self.others.1);
        let receivers = receivers.map(|receiver| match receiver {
            Receiver::User(id) => (scope.user(id), User::WHAT),
            Receiver::UserGroup(id) => (scope.user_group(id), UserGroup::WHAT),
        });
        sources.chain(receivers).collect()
    }

    fn keeps(&self, share: &Share, state: State) -> bool {
        self.source.is_none_or(|source| share.source == source)
            && self
                .receiver
                .is_none_or(|receiver| share.receiver == Some(receiver))
            && self
                .active
                .is_none_or(|active| (state == State::Active) == active)
            && self
                .external_id
                .as_ref()
                .is_none_or(|id| share.external_id.as_ref() == Some(id))
    }
}

/// The narrowest ranges that have all that is asked for and may be seen.
///
/// # Errors
/// 403 if the caller may not see what is asked for.
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
