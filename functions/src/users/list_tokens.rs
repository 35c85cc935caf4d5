//! `GET /v2/users/{userId}/tokens`.
//!
//! Reads the user: one round trip.

use chrono::{DateTime, Utc};
use http::StatusCode;
use latchkey::directory::{Resource, User};
use latchkey::error::Result;
use latchkey::id::UserId;
use latchkey::wire::Response;
use latchkey::wire::schema::Instant;
use serde::Serialize;
use utoipa::ToSchema;

use super::tokens::find;
use crate::lambda::{Call, Endpoint};

/// The endpoint.
pub const ENDPOINT: Endpoint = Endpoint::new("list-user-tokens", |call| Box::pin(list(call)));

/// The display form of a token, without the token and its hash.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = UserToken, description = "A token that a user was invited with. The token itself \
    is not shown.")]
pub(crate) struct View {
    /// When it was created.
    #[schema(value_type = Instant)]
    date_created: DateTime<Utc>,
    /// When it expires.
    #[schema(value_type = Instant)]
    expiration: DateTime<Utc>,
}

/// List the tokens that a user was invited with.
///
/// Returns the tokens that are still valid: one or none, because a new token ends the previous
/// one. The user may have used it already.
///
/// Allowed roles: `Admin`, `TenantAdmin`.
#[utoipa::path(
    get,
    path = "/v2/users/{userId}/tokens",
    tag = "Users",
    operation_id = ENDPOINT.operation,
    params(("userId" = UserId, Path, description = "The ID of the user.")),
    responses(
        (status = 200, description = "The tokens.", body = Vec<View>),
        (status = 403, description = "The caller's roles do not allow this."),
    ),
)]
pub(crate) async fn list(call: Call) -> Result<Response> {
    let id: UserId = call.request.path_id(User::ID_FIELD, User::WHAT)?;
    call.request.bare()?;
    let (_, user) = find(&call, id).await?;
    let tokens = user.open_invitation(call.now).map(|token| View {
        date_created: token.date_created,
        expiration: token.expires_at,
    });
    Ok(Response::json(StatusCode::OK, &Vec::from_iter(tokens)))
}
