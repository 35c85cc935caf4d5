//! `POST /v2/api-keys`.
//!
//! Writes the key and its credential, and checks that the user exists, in one transaction:
//! one round trip. For another user, one more to read of what kind they are.

use http::StatusCode;
use latchkey::caller::OrganizationScope;
use latchkey::credential::{ApiKey, ApiKeySecret, NewApiKey};
use latchkey::directory::{User, UserKind};
use latchkey::error::{Error, Result};
use latchkey::id::{ApiKeyId, UserId};
use latchkey::role::Area;
use latchkey::wire::Response;
use latchkey::wire::idempotency::IdempotencyKey;
use serde::Serialize;
use utoipa::ToSchema;

use crate::lambda::{Call, Endpoint, Once, SHOWN};

/// The endpoint.
pub const ENDPOINT: Endpoint = Endpoint::new("create-api-key", |call| Box::pin(create(call)));

/// The answer.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ApiKeyCreated, description = "What was created.")]
pub(crate) struct Created<'s> {
    /// The ID of the key: the first half of the credential, not a secret.
    api_key_id: ApiKeyId,
    /// The secret: the second half of the credential. Shown only once and not stored.
    #[schema(examples("k0fX2c0mJxv1l9mKq3sV7w5dYb8RzHtA4nEoGuPiLQc"))]
    secret: &'s str,
}

/// The purpose of each item of the transaction.
#[derive(Clone, Copy, PartialEq)]
enum Part {
    Idempotency,
    Key,
    User,
    Space(usize),
}

/// Create an API key.
///
/// Returns the key's ID and its secret. The secret is shown only once. The key speaks for a
/// user of the organization until it is deleted or expires. Present it as `Authorization:
/// Bearer <apiKeyId>.<secret>` or as `Basic`, or exchange it for tokens at `/v2/oauth/token`.
///
/// A key for another person is valid only while its creator has a role that may create it. An
/// integration that must outlive its creator needs a service account: a user with `kind`
/// `service`.
///
/// With `spaces` the key is for a door's controller: it has only the role `Device` of its
/// user's roles, at these spaces.
///
/// Allowed roles: `Admin`, `TenantAdmin`.
#[utoipa::path(
    post,
    path = "/v2/api-keys",
    tag = "API keys",
    operation_id = ENDPOINT.operation,
    params(IdempotencyKey),
    request_body = NewApiKey,
    responses(
        (status = 201, description = "Created.", body = Created),
        (status = 403, description = "The caller's roles do not allow this."),
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
    key.spaces = new.spaces.unwrap_or_default();
    if user != caller {
        let at = |own: &OrganizationScope| (*own == scope).then(|| own.user(user));
        let of = call.find::<User>(at, SHOWN).await?;
        let (_, of) = of.ok_or_else(|| no_such_user(&scope, user))?;
        key = key.made_by(caller, of.kind == UserKind::Person);
    }
    let answer = Response::json(
        StatusCode::CREATED,
        &Created {
            api_key_id: key.id,
            secret: secret.reveal(),
        },
    );

    let deed = scope.deed(key.id.into()).made(&key);
    let mut writes = call.table.transaction(&warrant, deed);
    once.remember(&mut writes, Part::Idempotency, &scope, &answer)?;
    key.put_new(&mut writes, Part::Key, &scope)?;
    writes.exists(Part::User, &scope.user(user));
    for (place, space) in key.spaces.iter().enumerate() {
        writes.exists(Part::Space(place), &scope.space(*space));
    }
    let refused = match writes.send().await? {
        Ok(()) => return Ok(answer),
        Err(refused) => refused,
    };
    if let Some(first) = once.first_answer(&refused, Part::Idempotency)? {
        return Ok(first);
    }
    let missing = refused.parts().filter_map(|part| match part {
        Part::Space(place) => {
            let space = key.spaces.iter().nth(place)?;
            Some(scope.space(*space).missing("spaces"))
        }
        _ => None,
    });
    let missing: Vec<_> = missing.collect();
    if !missing.is_empty() {
        return Err(missing.into());
    }
    refused.on(Part::User, || no_such_user(&scope, user))?;
    // Two keys with the same 96 random bits.
    Err(Error::Unavailable("the id is taken".to_owned()))
}

fn no_such_user(scope: &OrganizationScope, user: UserId) -> Error {
    Error::InvalidInput(vec![scope.user(user).missing("userId")])
}
