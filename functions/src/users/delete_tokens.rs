//! `DELETE /v2/users/{userId}/tokens`.
//!
//! Reads the user for the key of the credential, and takes that away: two round trips.

use http::StatusCode;
use latchkey::deed::{Recorded, Unrecorded};
use latchkey::directory::{Resource, User};
use latchkey::error::{Conflict, Error, Result};
use latchkey::id::UserId;
use latchkey::role::Area;
use latchkey::table::{If, Key};
use latchkey::wire::Response;
use latchkey::wire::idempotency::IdempotencyKey;
use serde_json::Value;

use super::tokens::{Part, find};
use crate::lambda::{Call, Endpoint, Once};

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
    params(
        ("userId" = UserId, Path, description = "The ID of the user."),
        IdempotencyKey,
    ),
    responses(
        (status = 204, description = "Ended."),
        (status = 403, description = "The caller's roles do not allow this."),
    ),
)]
pub(crate) async fn delete(call: Call) -> Result<Response> {
    let once = Once::of(&call, &Value::Null)?;
    let outcome = delete_now(&call, &once).await;
    once.settle(outcome).await
}

async fn delete_now(call: &Call, once: &Once<'_>) -> Result<Response> {
    let id: UserId = call.request.path_id(User::ID_FIELD, User::WHAT)?;
    call.request.bare()?;
    for attempt in call.table.attempts() {
        let (scope, before) = find(call, id).await?;
        let warrant = scope.to_write(Area::Directory)?;
        let answer = Response::empty(StatusCode::NO_CONTENT);
        if before.invitation.is_none() && !once.is_given() {
            return Ok(answer);
        }
        let after = User {
            invitation: None,
            ..before.clone()
        };
        let recorded = match &before.invitation {
            None => Unrecorded::NoChange.into(),
            Some(_) => Recorded::from(scope.deed_on::<User>(id).changed(&before, &after)),
        };
        let mut writes = call.table.transaction(&warrant, recorded);
        once.remember(&mut writes, Part::Idempotency, &scope, &answer)?;
        if let Some(token) = &before.invitation {
            let states = (&before, &after);
            writes.change(Part::User, &scope.user(id), states, before.version);
            writes.delete(Part::Token, &Key::credential(&token.hash), If::Always);
        }
        let Err(refused) = writes.send().await? else {
            return Ok(answer);
        };
        if let Some(first) = once.first_answer(&refused, Part::Idempotency)? {
            return Ok(first);
        }
        attempt.back_off().await?;
    }
    Err(Error::Conflict(Conflict::Changed))
}
