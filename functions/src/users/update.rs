//! `PUT /v2/users/{userId}`.
//!
//! Reads the user and writes what changed, and frees and claims the e-mail address and the
//! phone number where those changed.

use latchkey::directory::{User, UserChanges, UserView};
use latchkey::id::UserId;
use latchkey::wire::request::IfMatch;
use latchkey::wire::{Response, Result, error};

use crate::directory;
use crate::lambda::{Call, Endpoint};

/// The endpoint.
pub const ENDPOINT: Endpoint = Endpoint {
    operation: "update-user",
    handle: |call| Box::pin(update(call)),
};

/// Change a user.
///
/// A field left out stays as it is; null takes away `emailAddress` or `phoneNumber`.
///
/// Who may: the roles `Admin` and `TenantAdmin`.
#[utoipa::path(
    put,
    path = "/v2/users/{userId}",
    tag = "Users",
    operation_id = ENDPOINT.operation,
    params(
        ("userId" = UserId, Path, description = "The number of the user."),
        IfMatch,
    ),
    request_body = UserChanges,
    responses(
        (status = 200, description = "The user as it is now.", body = UserView, headers(("ETag"))),
        (status = 403, description = "The roles of the caller do not allow it."),
        (
            status = 409,
            description = "Another user has the e-mail address or the phone number: `userId` is theirs. Or the user is the last admin of the organization, and would be none (`lastAdminError`). Or the user was changed meanwhile.",
            body = error::Body,
            example = json!({"message": "This exists already", "code": "alreadyExistsError", "errorMessage": "This exists already", "errorCode": "alreadyExistsError", "userId": 2})
        ),
    ),
)]
pub(crate) async fn update(call: Call) -> Result<Response> {
    directory::update::<User>(call).await
}
