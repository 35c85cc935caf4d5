//! `GET /BusinessUserAccesses`.
//!
//! Two round trips for all of an organization: a page of accesses, and at once the names of
//! their users, templates and spaces. By user and by space the grants are read first: one more. An access has a
//! grant for each of its spaces; among those to a user it is listed at the first of them.

use http::StatusCode;
use latchkey::access::{Access, View};
use latchkey::caller::OrganizationScope;
use latchkey::error::{Error, Result};
use latchkey::grant::{GrantId, Receiver, Source};
use latchkey::id::{AccessId, SpaceId, UserId};
use latchkey::role::{Area, Reach};
use latchkey::table::{BoxFuture, Key, Read};
use latchkey::wire::service::types::{Flag, Guid, Numbered};
use latchkey::wire::service::{self, Data};
use latchkey::wire::{Query, Response};
use utoipa::ToSchema;

use crate::lambda::{Call, Endpoint};
use crate::lists::granted::{self, Granted, Range, Views};
use crate::lists::{self, Listed, ListedData};

/// The endpoint.
pub const ENDPOINT: Endpoint = Endpoint::service("list-accesses", |call| Box::pin(list(call)));

/// A page of accesses.
#[derive(Debug, ToSchema)]
#[schema(as = BusinessUserAccessesResponse)]
#[expect(dead_code, reason = "the shape of what is written")]
pub(crate) struct BusinessUserAccesses {
    /// The accesses.
    data: Vec<View>,
}

/// Which accesses are asked for.
struct Filter {
    space: Option<SpaceId>,
    user: Option<UserId>,
    only_active: bool,
}

/// List accesses.
///
/// Returns the accesses of an organization, in pages: oldest first, or, with a filter for a
/// thing or a user, in another stable order. Filters can be combined.
///
/// The same operation is at `/json/reply/GetBusinessUserAccesses`,
/// `/jsv/reply/GetBusinessUserAccesses` and `/api/GetBusinessUserAccesses`.
///
/// Allowed roles: `Admin`, `TenantAdmin`, `AccessAdmin`, `Receptionist` see all accesses. Every
/// user sees their own.
#[utoipa::path(
    get,
    path = "/BusinessUserAccesses",
    tag = "Accesses",
    operation_id = ENDPOINT.operation,
    params(
        ("ThingId" = Option<SpaceId>, Query, description = "Only accesses to this thing."),
        ("BusinessUserId" = Option<UserId>, Query, description = "Only accesses of this user."),
        ("LoadOnlyActive" = Option<bool>, Query, description = "Only accesses that are valid \
            now, at any hour of the day.", example = true),
        ListedData,
    ),
    responses(
        (status = 200, description = "A page.", content((BusinessUserAccesses = "application/json"), (BusinessUserAccesses = "text/jsv")), headers(("Link"), ("Cache-Control"))),
        (status = 403, description = "The caller does not belong to the organization, or may \
            not see these accesses."),
    ),
)]
pub(crate) async fn list(mut call: Call) -> Result<Response> {
    let names = [THING, USER, ONLY_ACTIVE];
    let (Listed { scope, page }, filter) = lists::asked(&mut call, &names, asked)?;
    let range = range(&call, &scope, &filter)?;
    let (asking, of, kept) = (&call, &scope, &filter);
    let views =
        |found| -> BoxFuture<'_, Result<Views<View>>> { Box::pin(views(asking, of, kept, found)) };
    let (data, next) = granted::page(&call, &scope, &[range], &page, &views).await?;
    let response = service::answer(&call.request, StatusCode::OK, &Data { data })?.no_store();
    Ok(page.linked(&call.request, response, next.as_deref()))
}

const THING: &str = "thingId";
const USER: &str = "businessUserId";
const ONLY_ACTIVE: &str = "loadOnlyActive";

/// Reads what is filtered by.
fn asked(query: &Query<'_>) -> Filter {
    let space = query.read(THING);
    let user = query.read(USER);
    let only_active: Option<Flag> = query.read(ONLY_ACTIVE);
    Filter {
        space: space.map(|Guid(space)| space.into()),
        user: user.map(|Numbered(user)| user),
        only_active: only_active.is_some_and(bool::from),
    }
}

/// The narrowest range that has all that is asked for and may be seen.
///
/// # Errors
/// 403 if the caller may not see what is asked for.
fn range(call: &Call, scope: &OrganizationScope, filter: &Filter) -> Result<Range> {
    let me = call.caller.user();
    let user = match scope.reaches(Area::Accesses, Reach::Read) {
        true => filter.user,
        false if filter.user.is_none_or(|user| user == me) => Some(me),
        false => return Err(Error::InsufficientRights(Vec::new())),
    };
    let source = filter.space.map(Source::Space);
    Ok(match (user.map(Receiver::User), source) {
        (Some(receiver), Some(source)) => Range::To(scope.grants(receiver, source)),
        (Some(receiver), None) => Range::To(scope.accessible_to(receiver)),
        (None, Some(source)) => Range::On(scope.grants_on(source)),
        (None, None) => Range::All(scope.accesses()),
    })
}

/// The views of those accesses that are asked for, each of them once. One round trip, for what
/// they name.
async fn views(
    call: &Call,
    scope: &OrganizationScope,
    filter: &Filter,
    mut found: Vec<(String, Access)>,
) -> Result<Views<View>> {
    found.retain(|(place, access)| {
        let is_asked = !filter.only_active || access.is_active(call.now);
        is_asked && (filter.space.is_some() || is_first(scope, access, place))
    });
    let keys = found.iter();
    let keys: Vec<_> = keys
        .flat_map(|(_, access)| View::needs(scope, access))
        .collect();
    let named = call.table.get_all(&keys, Read::Eventual).await?;
    View::all(scope, found, named, call.now)
}

/// Whether this is the first place at which a list finds an access: its own, or that of the
/// first of its grants.
fn is_first(scope: &OrganizationScope, access: &Access, place: &str) -> bool {
    let grants = access.spaces.iter();
    let grants = grants.map(|space| scope.grant_key(&access.grant(space)));
    let first = grants.min_by(|one, other| one.place().cmp(other.place()));
    let first = first.as_ref().map(Key::place);
    first == Some(place) || scope.access(access.id).place() == place
}

impl Granted for Access {
    type Id = AccessId;

    fn id(&self) -> AccessId {
        self.id
    }

    fn of(grant: GrantId) -> Option<AccessId> {
        grant.access()
    }

    fn key(scope: &OrganizationScope, id: AccessId) -> Key {
        scope.access(id)
    }
}
