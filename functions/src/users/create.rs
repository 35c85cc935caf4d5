//! `POST /v2/users`.
//!
//! Writes the user, their address and their number, each as an item that can be there but
//! once, and the credential, in one transaction: one round trip.

use latchkey::caller::OrganizationScope;
use latchkey::directory::{NewUser, User, UserCreated, UserInvitation, UserKind};
use latchkey::error::{Error, Result};
use latchkey::wire::idempotency::IdempotencyKey;
use latchkey::wire::{Query, Request, Response, error};
use serde::Serialize;
use serde_json::Value;

use crate::directory::{Extra, create_with};
use crate::lambda::{Call, Endpoint};

/// The endpoint.
pub const ENDPOINT: Endpoint = Endpoint::new("create-user", |call| Box::pin(create(call)));

/// Create a user.
///
/// Returns the user's ID, an invitation, and the invitation's token. The token is shown only
/// once. It is an access token of the new user, which ends at `invitation.expiration`; the
/// caller must send it to the user. It speaks for the roles that the user is created with, and
/// never for roles that they are given later.
///
/// With `kind` `service` the user is a service account for a program. A service account cannot
/// be invited; an API key speaks for it.
///
/// Allowed roles: `Admin`, `TenantAdmin`.
#[utoipa::path(
    post,
    path = "/v2/users",
    tag = "Users",
    operation_id = ENDPOINT.operation,
    params(IdempotencyKey),
    request_body = NewUser,
    responses(
        (status = 201, description = "Created.", body = UserCreated),
        (status = 403, description = "The caller's roles do not allow this."),
        (
            status = 409,
            description = "Another user, whose ID is in `userId`, has the e-mail address or \
                the phone number.",
            body = error::Body,
            example = json!({"message": "Another user has this e-mail address or phone number", "code": "alreadyExistsError", "errorMessage": "Another user has this e-mail address or phone number", "errorCode": "alreadyExistsError", "userId": 2})
        ),
    ),
)]
pub(crate) async fn create(mut call: Call) -> Result<Response> {
    asked(&mut call.request)?;
    create_with(call, invite).await
}

/// Reads the query, of which the services' page names what is not served.
fn asked(request: &mut Request) -> Result<()> {
    let query = Query::of(request);
    query.not_served(&["groupAdmin", "userGroupId"]);
    query.finish()?;
    request.query.clear();
    Ok(())
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
