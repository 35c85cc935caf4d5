//! `PUT /v2/organizations/{organizationId}`.
//!
//! Reads the organization and writes what changed.

use latchkey::directory::{Organization, OrganizationChanges, OrganizationView};
use latchkey::id::OrganizationId;
use latchkey::wire::idempotency::IdempotencyKey;
use latchkey::wire::request::IfMatch;
use latchkey::wire::{Response, Result};

use crate::directory;
use crate::lambda::{Call, Endpoint};

/// The endpoint.
pub const ENDPOINT: Endpoint = Endpoint {
    operation: "update-organization",
    handle: |call| Box::pin(update(call)),
};

/// Change an organization.
///
/// A field left out stays as it is. Another time zone moves the hours of every door that
/// has none of its own, from the next decision on.
///
/// Who may: the roles `Admin` and `TenantAdmin`.
#[utoipa::path(
    put,
    path = "/v2/organizations/{organizationId}",
    tag = "Organizations",
    operation_id = ENDPOINT.operation,
    params(
        ("organizationId" = OrganizationId, Path, description = "The number of the organization."),
        IfMatch,
        IdempotencyKey,
    ),
    request_body = OrganizationChanges,
    responses(
        (status = 200, description = "The organization as it is now.", body = OrganizationView, headers(("ETag"))),
        (status = 403, description = "The roles of the caller do not allow it."),
    ),
)]
pub(crate) async fn update(call: Call) -> Result<Response> {
    directory::update::<Organization>(call).await
}
