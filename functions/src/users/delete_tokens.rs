//! `DELETE /v2/users/{userId}/tokens`.
//!
//! Reads the user for the key of the credential, and takes that away: two round trips.

use http::StatusCode;
use latchkey::directory::{Resource, User};
use latchkey::id::UserId;
use latchkey::role::Area;
use latchkey::table::{If, Key};
use latchkey::wire::{Conflict, Error, Response, Result};

use super::tokens::{Part, find};
use crate::lambda::{Call, Endpoint};

/// The endpoint.
pub const ENDPOINT: Endpoint = Endpoint::new("end-user-tokens", |call| Box::pin(delete(call)));

/// End the tokens that a user was invited with.
///
/// API keys and their tokens stay valid. A deployed API may accept an ended token for as long
/// as API Gateway caches the authorizer's answer, 60 seconds by default. It cannot be used to
/// write by a role that the user has lost.
///
/// Allowed roles: `Admin`, `TenantAdmin`.
#[utoipa::path(
    delete,
    path = "/v2/users/{userId}/tokens",
    tag = "Users",
    operation_id = ENDPOINT.operation,
    params(("userId" = UserId, Path, description = "The ID of the user.")),
    responses(
        (status = 204, description = "Ended."),
        (status = 403, description = "The caller's roles do not allow this."),
    ),
)]
pub(crate) async fn delete(call: Call) -> Result<Response> {
    let id: UserId = call.request.path_id(User::ID_FIELD, User::WHAT)?;
    call.request.bare()?;
    for attempt in call.table.attempts() {
        let (scope, before) = find(&call, id).await?;
        let warrant = scope.to_write(Area::Directory)?;
        let Some(token) = &before.invitation else {
            return Ok(Response::empty(StatusCode::NO_CONTENT));
        };
        let after = User {
            invitation: None,
            ..before.clone()
        };
        let mut writes = call.table.transaction(&warrant);
        let states = (&before, &after);
        writes.change(Part::User, &scope.user(id), states, before.version);
        writes.delete(Part::Token, &Key::credential(&token.hash), If::Always);
        if writes.send().await?.is_ok() {
            return Ok(Response::empty(StatusCode::NO_CONTENT));
        }
        attempt.back_off().await?;
    }
    Err(Error::Conflict(Conflict::Changed))
}
