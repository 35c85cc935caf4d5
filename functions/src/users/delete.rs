//! `DELETE /v2/users/{userId}`.
//!
//! Reads the user for the e-mail address and the phone number, and frees those with it.

use latchkey::directory::User;
use latchkey::id::UserId;
use latchkey::wire::request::IfMatch;
use latchkey::wire::{Response, Result};

use crate::directory;
use crate::lambda::{Call, Endpoint};

/// The endpoint.
pub const ENDPOINT: Endpoint = Endpoint {
    operation: "delete-user",
    handle: |call| Box::pin(delete(call)),
};

/// Delete a user.
///
/// Their credentials are good for nothing from then on.
///
/// Who may: the roles `Admin` and `TenantAdmin`.
#[utoipa::path(
    delete,
    path = "/v2/users/{userId}",
    tag = "Users",
    operation_id = ENDPOINT.operation,
    params(
        ("userId" = UserId, Path, description = "The number of the user."),
        IfMatch,
    ),
    responses(
        (status = 204, description = "The user is gone."),
        (status = 403, description = "The roles of the caller do not allow it."),
        (status = 409, description = "`lastAdminError`: the user is the last admin of the organization. Or the user was changed meanwhile."),
    ),
)]
pub(crate) async fn delete(call: Call) -> Result<Response> {
    directory::delete::<User>(call).await
}
