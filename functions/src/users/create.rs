//! `POST /v2/users`.
//!
//! Writes the user, their address and their number, each as an item that can be there but
//! once, and the credential, in one transaction: one round trip.

use latchkey::caller::OrganizationScope;
use latchkey::directory::{NewUser, User, UserCreated, UserInvitation, UserKind};
use latchkey::wire::idempotency::IdempotencyKey;
use latchkey::wire::{Error, Response, Result, error};
use serde::Serialize;
use serde_json::Value;

use crate::directory::{Extra, create_with};
use crate::lambda::{Call, Endpoint};

/// The endpoint.
pub const ENDPOINT: Endpoint = Endpoint {
    operation: "create-user",
    handle: |call| Box::pin(create(call)),
};

/// Create a user.
///
/// Answers with the id an invitation and its token, which is shown this once: an access
/// token of the new user's that ends at `invitation.expiration`, for them to take up the
/// account with. How it reaches them is the caller's business. It speaks for the roles that
/// the user is created with, and for none that they are given later.
///
/// With `kind` `service` it creates a service account, for a program: it cannot be invited,
/// and an API key speaks for it.
///
/// Who may: the roles `Admin` and `TenantAdmin`.
#[utoipa::path(
    post,
    path = "/v2/users",
    tag = "Users",
    operation_id = ENDPOINT.operation,
    params(IdempotencyKey),
    request_body = NewUser,
    responses(
        (status = 201, description = "The user is there.", body = UserCreated),
        (status = 403, description = "The roles of the caller do not allow it."),
        (
            status = 409,
            description = "Another user has the e-mail address or the phone number: `userId` is theirs.",
            body = error::Body,
            example = json!({"message": "This exists already", "code": "alreadyExistsError", "errorMessage": "This exists already", "errorCode": "alreadyExistsError", "userId": 2})
        ),
    ),
)]
pub(crate) async fn create(call: Call) -> Result<Response> {
    create_with(call, invite).await
}

fn invite(call: &Call, scope: &OrganizationScope, user: &mut User) -> Result<Extra> {
    let mut extra = Extra::default();
    if user.kind == UserKind::Service {
        return Ok(extra);
    }
    let token = call.random.uuid()?;
    let (key, credential) = user.invite(scope, token, call.now);
    extra.items.push((key, json(&credential)?));
    let expiration = credential.expires_at.unwrap_or(call.now);
    let invitation = json(&UserInvitation { expiration })?;
    extra.answer.insert("invitation".to_owned(), invitation);
    extra.answer.insert("token".to_owned(), json(&token)?);
    Ok(extra)
}

fn json(value: &impl Serialize) -> Result<Value> {
    serde_json::to_value(value).map_err(|error| Error::Internal(error.to_string()))
}
