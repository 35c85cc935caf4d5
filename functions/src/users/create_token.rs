//! `POST /v2/users/{userId}/tokens`.
//!
//! Reads the user, and replaces the previous credential by a new one: two round trips.

use http::StatusCode;
use latchkey::directory::{Resource, User, UserInvitation, UserKind};
use latchkey::error::{Conflict, Error, Result};
use latchkey::id::UserId;
use latchkey::role::Area;
use latchkey::table::{If, Key};
use latchkey::wire::Response;
use latchkey::wire::idempotency::IdempotencyKey;
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

use super::tokens::{Part, find, sign_in_link};
use crate::lambda::{Call, Endpoint, Once};

/// The endpoint.
pub const ENDPOINT: Endpoint = Endpoint::new("create-user-token", |call| Box::pin(create(call)));

/// The answer.
#[derive(Serialize, ToSchema)]
#[schema(as = UserTokenCreated, description = "A token that a user is invited with.")]
pub(crate) struct Created {
    /// How long the token is valid.
    invitation: UserInvitation,
    /// An access token with which the user takes up the account; shown only once.
    #[schema(examples("8a4f2f52-2d5b-4c53-9d50-0e7b4a1c9f3e"))]
    token: Uuid,
}

const SERVICE: Error = Error::NotPossible {
    code: "serviceAccountNotInvitableError",
    message: "A service account cannot be invited: create an API key for it",
};

/// Invite a user again.
///
/// Returns a new token: an access token of the user, which ends at `invitation.expiration`. The
/// token is shown only once. The previous invitation token ends. The new token speaks for the
/// roles that the user has now, and never for roles that they are given later.
///
/// Allowed roles: `Admin`, `TenantAdmin`.
#[utoipa::path(
    post,
    path = "/v2/users/{userId}/tokens",
    tag = "Users",
    operation_id = ENDPOINT.operation,
    params(
        ("userId" = UserId, Path, description = "The ID of the user."),
        IdempotencyKey,
    ),
    responses(
        (status = 201, description = "Created.", body = Created),
        (status = 400, description = "`serviceAccountNotInvitableError`: the user is a service account."),
        (status = 403, description = "The caller's roles do not allow this."),
    ),
)]
pub(crate) async fn create(call: Call) -> Result<Response> {
    let id: UserId = call.request.path_id(User::ID_FIELD, User::WHAT)?;
    call.request.bare()?;
    let once = Once::of(&call, &json!({ "userId": id }))?;
    let token = call.random.uuid()?;
    for attempt in call.table.attempts() {
        let (scope, before) = find(&call, id).await?;
        if before.kind == UserKind::Service {
            return Err(SERVICE);
        }
        let mut after = before.clone();
        let (key, credential) = after.invite(&scope, token, call.now);
        let expiration = credential.expires_at.unwrap_or(call.now);
        let answer = Created {
            invitation: UserInvitation {
                url: sign_in_link(&call, token),
                expiration,
            },
            token,
        };
        let answer = Response::json(StatusCode::CREATED, &answer);

        let warrant = scope.to_write(Area::Directory)?;
        let deed = scope.deed_on::<User>(id).changed(&before, &after);
        let mut writes = call.table.transaction(&warrant, deed);
        once.remember(&mut writes, Part::Idempotency, &scope, &answer)?;
        let states = (&before, &after);
        writes.change(Part::User, &scope.user(id), states, before.version);
        writes.put_new(Part::Token, &key, &credential);
        if let Some(former) = &before.invitation {
            writes.delete(Part::Token, &Key::credential(&former.hash), If::Always);
        }
        let refused = match writes.send().await? {
            Ok(()) => return Ok(answer),
            Err(refused) => refused,
        };
        if let Some(first) = once.first_answer(&refused, Part::Idempotency)? {
            return Ok(first);
        }
        attempt.back_off().await?;
    }
    Err(Error::Conflict(Conflict::Changed))
}
