//! `GET /v2/organizations/{organizationId}`.
//!
//! Reads the organization: one round trip.

use latchkey::directory::{Organization, OrganizationView};
use latchkey::error::Result;
use latchkey::id::OrganizationId;
use latchkey::wire::Response;

use crate::directory;
use crate::lambda::{Call, Endpoint};

/// The endpoint.
pub const ENDPOINT: Endpoint = Endpoint::new("get-organization", |call| Box::pin(get(call)));

/// Get an organization.
///
/// Returns the name and the time zone of the organization.
///
/// Allowed roles: `Admin`, `TenantAdmin`, `AccessAdmin`, `AccessTemplateAdmin`, `Receptionist`.
#[utoipa::path(
    get,
    path = "/v2/organizations/{organizationId}",
    tag = "Organizations",
    operation_id = ENDPOINT.operation,
    params(("organizationId" = OrganizationId, Path, description = "The ID of the organization.")),
    responses(
        (status = 200, description = "The organization.", body = OrganizationView, headers(("ETag"))),
        (status = 403, description = "The caller's roles do not allow this."),
    ),
)]
pub(crate) async fn get(call: Call) -> Result<Response> {
    directory::show::<Organization>(call).await
}
