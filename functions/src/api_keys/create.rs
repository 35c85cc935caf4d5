//! `POST /v2/api-keys`.
//!
//! Writes the key and its credential, and checks that the user exists, in one transaction:
//! one round trip.

use http::StatusCode;
use latchkey::credential::{ApiKey, ApiKeySecret, NewApiKey};
use latchkey::id::ApiKeyId;
use latchkey::wire::idempotency::IdempotencyKey;
use latchkey::wire::json::{Fault, FaultCode};
use latchkey::wire::{Error, Response, Result};
use serde::Serialize;
use utoipa::ToSchema;

use crate::directory::writes;
use crate::lambda::{Call, Endpoint, Once};

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
    Space(usize),
}

/// Create an API key.
///
/// Answers the key's id and its secret, which is shown this once. The key speaks for a user
/// of the organization until it is deleted. With `spaces` it is the key of a door's controller:
/// it lets in at these spaces alone, and does nothing else by a role. It is presented as `Authorization: Bearer <apiKeyId>.<secret>`, as
/// `Basic` with the two, or for tokens at `/v2/oauth/token`.
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
    let new = NewApiKey::read(&body)?;
    let once = Once::of(&call, &body)?;
    let scope = call.caller.scope(new.organization_id)?;
    if !writes(&scope) {
        return Err(Error::InsufficientRights(Vec::new()));
    }
    let secret = ApiKeySecret::generate(&call.random)?;
    let user = new.user_id.unwrap_or(call.caller.user());
    let key = ApiKey {
        spaces: new.spaces.unwrap_or_default(),
        ..ApiKey::new(&secret, user, new.name, call.now)
    };
    let answer = Response::json(
        StatusCode::CREATED,
        &Created {
            api_key_id: key.id,
            secret: secret.reveal(),
        },
    );

    let mut writes = call.table.transaction();
    once.remember(&mut writes, Part::Idempotency, &scope, &answer)?;
    key.put_new(&mut writes, Part::Key, &scope)?;
    writes.exists(Part::User, &scope.user(user));
    for (place, space) in key.spaces.iter().enumerate() {
        writes.exists(Part::Space(place), &scope.space(*space));
    }
    let Err(refused) = writes.send().await? else {
        return Ok(answer);
    };
    let first = once.first_answer(&refused, Part::Idempotency, StatusCode::CREATED)?;
    if let Some(first) = first {
        return Ok(first);
    }
    let missing = refused.parts().filter_map(|part| match part {
        Part::User => Some(("userId", format!("no user {user} in this organization"))),
        Part::Space(place) => {
            let space = key.spaces.iter().nth(place)?;
            Some(("spaces", format!("no space {space} in this organization")))
        }
        Part::Idempotency | Part::Key => None,
    });
    let missing = missing.map(|(field, message)| Fault::new(field, FaultCode::NotFound, message));
    let missing: Vec<_> = missing.collect();
    if !missing.is_empty() {
        return Err(missing.into());
    }
    // Two keys with the same 96 random bits.
    Err(Error::Unavailable("the id is taken".to_owned()))
}
