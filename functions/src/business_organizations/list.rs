//! `GET /mobileb/organizations`.
//!
//! Reads the organizations that the caller belongs to: one round trip.

use http::StatusCode;
use latchkey::business::OrganizationBasicView;
use latchkey::caller::OrganizationScope;
use latchkey::directory::Organization;
use latchkey::error::Result;
use latchkey::table::Read;
use latchkey::wire::Response;
use latchkey::wire::service::{self, Data, Input};
use utoipa::ToSchema;

use crate::lambda::{Call, Endpoint};

/// The endpoint.
pub const ENDPOINT: Endpoint =
    Endpoint::service("list-business-organizations", |call| Box::pin(list(call)));

/// Organizations.
#[derive(Debug, ToSchema)]
#[schema(as = OrganizationsResponse)]
#[expect(dead_code, reason = "the shape of what is written")]
pub(crate) struct BusinessOrganizations {
    /// The organizations.
    data: Vec<OrganizationBasicView>,
}

/// List the caller's organizations.
///
/// All that the caller belongs to. The same operation is at `/json/reply/GetOrganizations`,
/// `/jsv/reply/GetOrganizations` and `/api/GetOrganizations`.
///
/// Who may: everyone.
#[utoipa::path(
    get,
    path = "/mobileb/organizations",
    tag = "Accesses",
    operation_id = ENDPOINT.operation,
    responses(
        (status = 200, description = "The organizations.", content((BusinessOrganizations = "application/json"), (BusinessOrganizations = "text/jsv"))),
    ),
)]
pub(crate) async fn list(call: Call) -> Result<Response> {
    Input::of(&call.request)?.read(|_| Some(()))?;
    let scopes: Vec<_> = call.caller.scopes().collect();
    let keys = scopes.iter().map(OrganizationScope::organization_key);
    let keys: Vec<_> = keys.collect();
    let mut items = call.table.get_all(&keys, Read::Eventual).await?;
    let mut data = Vec::new();
    for key in &keys {
        let organization: Option<Organization> = items.take(key)?;
        data.extend(organization.as_ref().map(OrganizationBasicView::from));
    }
    service::answer(&call.request, StatusCode::OK, &Data { data })
}
