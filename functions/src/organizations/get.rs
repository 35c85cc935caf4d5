//! `GET /v2/organizations/{organizationId}`.
//!
//! Reads the organization: one round trip.

use latchkey::directory::{Organization, OrganizationView};
use latchkey::id::OrganizationId;
use latchkey::wire::{Response, Result};

use crate::directory;
use crate::lambda::{Call, Endpoint};

/// The endpoint.
pub const ENDPOINT: Endpoint = Endpoint {
    operation: "get-organization",
    handle: |call| Box::pin(get(call)),
};

/// Get an organization.
///
/// Its name and its time zone.
///
/// Who may: the roles `Admin`, `TenantAdmin`, `AccessAdmin`, `AccessTemplateAdmin` and
/// `Receptionist`.
#[utoipa::path(
    get,
    path = "/v2/organizations/{organizationId}",
    tag = "Organizations",
    operation_id = ENDPOINT.operation,
    params(("organizationId" = OrganizationId, Path, description = "The number of the organization.")),
    responses(
        (status = 200, description = "The organization.", body = OrganizationView, headers(("ETag"))),
        (status = 403, description = "The roles of the caller do not allow it."),
    ),
)]
pub(crate) async fn get(call: Call) -> Result<Response> {
    directory::show::<Organization>(call).await
}
