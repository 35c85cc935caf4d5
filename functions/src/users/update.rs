//! `PUT /v2/users/{userId}`.
//!
//! Reads the user and writes what changed, and frees and claims the e-mail address and the
//! phone number where those changed.

use latchkey::directory::{User, UserChanges, UserView};
use latchkey::error::Result;
use latchkey::id::UserId;
use latchkey::wire::idempotency::IdempotencyKey;
use latchkey::wire::request::IfMatch;
use latchkey::wire::{Response, error};

use crate::directory;
use crate::lambda::{Call, Endpoint};

/// The endpoint.
pub const ENDPOINT: Endpoint = Endpoint::new("update-user", |call| Box::pin(update(call)));

/// Change a user.
///
/// A field left out stays as it is; `null` clears `emailAddress` or `phoneNumber`.
///
/// Allowed roles: `Admin`, `TenantAdmin`.
#[utoipa::path(
    put,
    path = "/v2/users/{userId}",
    tag = "Users",
    operation_id = ENDPOINT.operation,
    params(
        ("userId" = UserId, Path, description = "The ID of the user."),
        IfMatch,
        IdempotencyKey,
    ),
    request_body = UserChanges,
    responses(
        (status = 200, description = "The changed user.", body = UserView, headers(("ETag"))),
        (status = 403, description = "The caller's roles do not allow this."),
        (
            status = 409,
            description = "Another user, whose ID is in `userId`, has the e-mail address or \
                the phone number. Or the user is the last admin of the organization and would \
                lose that role (`lastAdminError`). Or other requests kept changing the user.",
            body = error::Body,
            example = json!({"message": "Another user has this e-mail address or phone number", "code": "alreadyExistsError", "errorMessage": "Another user has this e-mail address or phone number", "errorCode": "alreadyExistsError", "userId": 2})
        ),
    ),
)]
pub(crate) async fn update(call: Call) -> Result<Response> {
    directory::update::<User>(call).await
}
