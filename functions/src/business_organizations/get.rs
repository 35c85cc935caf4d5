//! `GET /organization`.
//!
//! Reads the organization: one round trip.

use http::StatusCode;
use latchkey::business::OrganizationBasicView;
use latchkey::directory::{Organization, Resource};
use latchkey::error::{Error, Result};
use latchkey::table::Read;
use latchkey::wire::Response;
use latchkey::wire::service::types::{Flag, OrganizationGuid};
use latchkey::wire::service::{self, Datum, Input};
use utoipa::ToSchema;

use crate::lambda::{Call, Endpoint};
use crate::scopes;

/// The endpoint.
pub const ENDPOINT: Endpoint =
    Endpoint::service("get-business-organization", |call| Box::pin(get(call)));

/// An organization.
#[derive(Debug, ToSchema)]
#[schema(as = OrganizationResponse)]
#[expect(dead_code, reason = "the shape of what is written")]
pub(crate) struct BusinessOrganization {
    /// The organization.
    data: OrganizationBasicView,
}

/// Get an organization of the caller's.
///
/// Organizations here have no others inside. The same operation is at
/// `/json/reply/GetOrganization`, `/jsv/reply/GetOrganization` and `/api/GetOrganization`.
///
/// Who may: everyone in it.
#[utoipa::path(
    get,
    path = "/organization",
    tag = "Accesses",
    operation_id = ENDPOINT.operation,
    params(
        ("OrganizationId" = Option<OrganizationGuid>, Query, description = "The organization. Required if the caller belongs to several."),
        ("LoadSubOrganizations" = Option<bool>, Query, description = "Has no effect: no organization has others inside.", example = true),
    ),
    responses(
        (status = 200, description = "The organization.", content((BusinessOrganization = "application/json"), (BusinessOrganization = "text/jsv"))),
        (status = 403, description = "The caller is not in the organization."),
    ),
)]
pub(crate) async fn get(call: Call) -> Result<Response> {
    let scope = Input::of(&call.request)?.read(|fields| {
        fields.optional::<Flag>("loadSubOrganizations");
        Some(scopes::organization_of(&call, fields))
    })?;
    let scope = scope.ok_or(Error::InsufficientRights(Vec::new()))?;
    let key = scope.organization_key();
    let found: Option<Organization> = call.table.get(&key, Read::Eventual).await?;
    let found = found.ok_or(Error::NotFound(Organization::WHAT))?;
    let data = OrganizationBasicView::from(&found);
    service::answer(&call.request, StatusCode::OK, &Datum { data })
}
