//! `POST /v2/api-keys`.
//!
//! Writes the key and its credential, and checks that the user exists, in one transaction:
//! one round trip. For another user, one more to read of what kind they are.

use http::StatusCode;
use latchkey::caller::OrganizationScope;
use latchkey::credential::{ApiKey, ApiKeySecret, NewApiKey};
use latchkey::directory::User;
use latchkey::id::ApiKeyId;
use latchkey::role::Area;
use latchkey::wire::idempotency::IdempotencyKey;
use latchkey::wire::json::FaultCode;
use latchkey::wire::{Error, Response, Result};
use serde::Serialize;
use utoipa::ToSchema;

use crate::lambda::{Call, Endpoint, Once, SHOWN};

/// The endpoint.
pub const ENDPOINT: Endpoint = Endpoint {
    operation: "create-api-key",
    handle: |call| Box::pin(create(call)),
};

/// The answer.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ApiKeyCreated, description = "What was created.")]
pub(crate) struct Created<'s> {
    /// The id of the key: the first half of what is presented, and no secret.
    api_key_id: ApiKeyId,
    /// The other half; shown this once, and stored nowhere.
    #[schema(examples("k0fX2c0mJxv1l9mKq3sV7w5dYb8RzHtA4nEoGuPiLQc"))]
    secret: &'s str,
}

/// What each item of the transaction is there for.
#[derive(Clone, Copy, PartialEq)]
enum Part {
    Idempotency,
    Key,
    User,
}

/// Create an API key.
///
/// Answers the key's id and its secret, which is shown this once. The key speaks for a user
/// of the organization until it is deleted or ends: as `Authorization: Bearer
/// <apiKeyId>.<secret>`, as `Basic` with the two, or for tokens at `/v2/oauth/token`.
///
/// A key for another person is good only while the caller has a role to create it. An
/// integration that is to outlive whoever sets it up needs a service account: a user with
/// `kind` `service`.
///
/// Who may: the roles `Admin` and `TenantAdmin`.
#[utoipa::path(
    post,
    path = "/v2/api-keys",
    tag = "API keys",
    operation_id = ENDPOINT.operation,
    params(IdempotencyKey),
    request_body = NewApiKey,
    responses(
        (status = 201, description = "The key is good from now on.", body = Created),
        (status = 403, description = "The roles of the caller do not allow it."),
    ),
)]
pub(crate) async fn create(call: Call) -> Result<Response> {
    let body = call.request.json()?;
    let new = NewApiKey::read(&body, call.now)?;
    let once = Once::of(&call, &body)?;
    let scope = call.caller.scope(new.organization_id)?;
    let warrant = scope.to_write(Area::Directory)?;
    let secret = ApiKeySecret::generate(&call.random)?;
    let caller = call.caller.user();
    let user = new.user_id.unwrap_or(caller);
    let mut key = ApiKey::new(&secret, user, new.name, call.now);
    key.expires_at = new.expires_at;
    if user != caller {
        let at = |own: &OrganizationScope| (*own == scope).then(|| own.user(user));
        let of = call.find::<User>(at, SHOWN).await?;
        let (_, of) = of.ok_or_else(no_such_user)?;
        key = key.made_by(caller, &of);
    }
    let answer = Response::json(
        StatusCode::CREATED,
        &Created {
            api_key_id: key.id,
            secret: secret.reveal(),
        },
    );

    let mut writes = call.table.transaction(&warrant);
    once.remember(&mut writes, Part::Idempotency, &scope, &answer)?;
    key.put_new(&mut writes, Part::Key, &scope)?;
    writes.exists(Part::User, &scope.user(user));
    let refused = match writes.send().await? {
        Ok(()) => return Ok(answer),
        Err(refused) => refused,
    };
    if let Some(first) = once.first_answer(&refused, Part::Idempotency, StatusCode::CREATED)? {
        return Ok(first);
    }
    refused.on(Part::User, no_such_user)?;
    // Two keys with the same 96 random bits.
    Err(Error::Unavailable("the id is taken".to_owned()))
}

fn no_such_user() -> Error {
    let message = "this organization has no such user";
    Error::invalid("userId", FaultCode::NotFound, message)
}
