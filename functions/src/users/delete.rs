//! `DELETE /v2/users/{userId}`.
//!
//! Reads the user for the e-mail address and the phone number, and frees those with it.

use latchkey::directory::User;
use latchkey::error::Result;
use latchkey::id::UserId;
use latchkey::wire::Response;
use latchkey::wire::idempotency::IdempotencyKey;
use latchkey::wire::request::IfMatch;

use crate::directory;
use crate::lambda::{Call, Endpoint};

/// The endpoint.
pub const ENDPOINT: Endpoint = Endpoint::new("delete-user", |call| Box::pin(delete(call)));

/// Delete a user.
///
/// Their credentials end.
///
/// Allowed roles: `Admin`, `TenantAdmin`.
#[utoipa::path(
    delete,
    path = "/v2/users/{userId}",
    tag = "Users",
    operation_id = ENDPOINT.operation,
    params(
        ("userId" = UserId, Path, description = "The ID of the user."),
        IfMatch,
        IdempotencyKey,
    ),
    responses(
        (status = 204, description = "Deleted."),
        (status = 403, description = "The caller's roles do not allow this."),
        (status = 409, description = "The user is the last admin of the organization \
            (`lastAdminError`), or other requests kept changing the user."),
    ),
)]
pub(crate) async fn delete(call: Call) -> Result<Response> {
    directory::delete::<User>(call).await
}
