//! `GET /things`.
//!
//! Reads one page, or the one thing that is asked for: one round trip.

use http::StatusCode;
use latchkey::business::ThingView;
use latchkey::caller::OrganizationScope;
use latchkey::directory::{Resource, Space};
use latchkey::error::{Error, Result};
use latchkey::id::SpaceId;
use latchkey::role::{Area, Reach};
use latchkey::wire::Response;
use latchkey::wire::service::types::{Flag, Guid, OrganizationGuid};
use latchkey::wire::service::{self, Data};
use serde::Serialize;
use utoipa::ToSchema;

use crate::lambda::{Call, Endpoint, SHOWN};
use crate::lists::{self, Listed, ListedData};

/// The endpoint.
pub const ENDPOINT: Endpoint = Endpoint::service("list-things", |call| Box::pin(list(call)));

/// A page of things.
#[derive(Debug, ToSchema)]
#[schema(as = BusinessUserThingsResponse)]
#[expect(dead_code, reason = "the shape of what is written")]
pub(crate) struct Things {
    /// The organization with its things: one.
    data: Vec<OfOrganization>,
}

/// The things of an organization.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = BusinessUserThingsBaseResponse)]
pub(crate) struct OfOrganization {
    /// The organization.
    organization_id: OrganizationGuid,
    /// Its things, oldest first.
    things: Vec<ThingView>,
}

const THING: &str = "thingId";
const SMART_SPACES: &str = "loadOnlySmartSpaces";

/// List things.
///
/// Returns the spaces of an organization, oldest first, in pages. Each is a smart space and
/// contains no other thing.
///
/// The same operation is at `/json/reply/GetBusinessUserThings`,
/// `/jsv/reply/GetBusinessUserThings` and `/api/GetBusinessUserThings`.
///
/// Allowed roles: `Admin`, `TenantAdmin`, `AccessAdmin`, `Receptionist`.
#[utoipa::path(
    get,
    path = "/things",
    tag = "Accesses",
    operation_id = ENDPOINT.operation,
    params(
        ("ThingId" = Option<SpaceId>, Query, description = "Only this thing."),
        ("LoadOnlySmartSpaces" = Option<bool>, Query, description = "No effect: every thing is a smart space.", example = true),
        ListedData,
    ),
    responses(
        (status = 200, description = "A page.", content((Things = "application/json"), (Things = "text/jsv")), headers(("Link"))),
        (status = 403, description = "The caller's roles do not allow this."),
        (status = 404, description = "The thing does not exist."),
    ),
)]
pub(crate) async fn list(mut call: Call) -> Result<Response> {
    let (listed, thing) = lists::asked(&mut call, &[THING, SMART_SPACES], |query| {
        query.read::<Flag>(SMART_SPACES);
        query.read::<Guid>(THING).map(|Guid(id)| SpaceId::from(id))
    })?;
    // Who sees all accesses sees what they are to.
    let Listed { scope, page } = listed.reaching(Area::Accesses, Reach::Read)?;
    let (spaces, next) = match thing {
        Some(id) => (vec![one(&call, &scope, id).await?], None),
        None => {
            let all = scope.things(Space::KEY);
            let after = page.after.as_deref();
            call.table.page_of_things(&all, page.size, after).await?
        }
    };
    let organization = scope.organization();
    let things = spaces.into_iter();
    let data = vec![OfOrganization {
        organization_id: OrganizationGuid(organization),
        things: things
            .map(|space| ThingView::new(organization, space))
            .collect(),
    }];
    let response = service::answer(&call.request, StatusCode::OK, &Data { data })?;
    Ok(page.linked(&call.request, response, next.as_deref()))
}

async fn one(call: &Call, scope: &OrganizationScope, id: SpaceId) -> Result<Space> {
    let key = |of: &OrganizationScope| (of == scope).then(|| of.space(id));
    let found = call.find(key, SHOWN).await?;
    let (_, space) = found.ok_or(Error::NotFound("thing"))?;
    Ok(space)
}
