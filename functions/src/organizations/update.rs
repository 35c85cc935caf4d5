//! `PUT /v2/organizations/{organizationId}`.
//!
//! Reads the organization and writes what changed.

use latchkey::directory::{Organization, OrganizationChanges, OrganizationView};
use latchkey::error::Result;
use latchkey::id::OrganizationId;
use latchkey::wire::Response;
use latchkey::wire::idempotency::IdempotencyKey;
use latchkey::wire::request::IfMatch;

use crate::directory;
use crate::lambda::{Call, Endpoint};

/// The endpoint.
pub const ENDPOINT: Endpoint = Endpoint::new("update-organization", |call| Box::pin(update(call)));

/// Change an organization.
///
/// A field left out stays as it is. A new time zone moves the hours of every door that has no
/// time zone of its own, within seconds.
///
/// Allowed roles: `Admin`, `TenantAdmin`.
#[utoipa::path(
    put,
    path = "/v2/organizations/{organizationId}",
    tag = "Organizations",
    operation_id = ENDPOINT.operation,
    params(
        ("organizationId" = OrganizationId, Path, description = "The ID of the organization."),
        IfMatch,
        IdempotencyKey,
    ),
    request_body = OrganizationChanges,
    responses(
        (status = 200, description = "The changed organization.", body = OrganizationView, headers(("ETag"))),
        (status = 403, description = "The caller's roles do not allow this."),
    ),
)]
pub(crate) async fn update(call: Call) -> Result<Response> {
    directory::update::<Organization>(call).await
}
