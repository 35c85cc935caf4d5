//! `POST /v2/oauth/clients`.
//!
//! Writes the client in one transaction: one round trip.

use http::StatusCode;
use latchkey::error::{Error, Result};
use latchkey::linking::{ClientId, NewClient};
use latchkey::role::Area;
use latchkey::wire::Response;
use latchkey::wire::idempotency::IdempotencyKey;
use serde::Serialize;
use utoipa::ToSchema;

use crate::lambda::{Call, Endpoint, Once};

/// The endpoint.
pub const ENDPOINT: Endpoint = Endpoint::new("create-oauth-client", |call| Box::pin(create(call)));

/// The answer.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = OAuthClientCreated, description = "What was created.")]
pub(crate) struct Created {
    /// The ID of the app, for its `client_id`. Not a secret.
    #[schema(value_type = String, examples("1.demoKeyOfTheHome"))]
    client_id: ClientId,
    /// The secret, for its `client_secret`. Shown only once and not stored; left out for a public
    /// app.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(examples("k0fX2c0mJxv1l9mKq3sV7w5dYb8RzHtA4nEoGuPiLQc"))]
    client_secret: Option<String>,
}

/// What each item of the transaction is there for.
#[derive(Clone, Copy, PartialEq)]
enum Part {
    Idempotency,
    Client,
}

/// Register an app.
///
/// Registers an app that users of the organization may link to their accounts (OAuth 2.0). Returns
/// its ID and, for a confidential app, its secret, which is shown only once. The app sends users
/// to `/authorize` and gets tokens at `/v2/oauth/token`.
///
/// Allowed roles: `Admin`, `TenantAdmin`.
#[utoipa::path(
    post,
    path = "/v2/oauth/clients",
    tag = "OAuth",
    operation_id = ENDPOINT.operation,
    params(IdempotencyKey),
    request_body = NewClient,
    responses(
        (status = 201, description = "Created.", body = Created),
        (status = 403, description = "The caller's roles do not allow this."),
    ),
)]
pub(crate) async fn create(call: Call) -> Result<Response> {
    let body = call.request.json()?;
    let new = NewClient::read(&body)?;
    let once = Once::of(&call, &body)?;
    let scope = call.caller.scope(new.organization_id)?;
    let warrant = scope.to_write(Area::Directory)?;
    let (client, secret) = new.register(call.caller.user(), &call.random, call.now)?;
    let created = Created {
        client_id: ClientId {
            organization: scope.organization(),
            id: client.id,
        },
        client_secret: secret,
    };
    let answer = Response::json(StatusCode::CREATED, &created);
    let deed = scope.deed(created.client_id.into()).made(&client);
    let mut writes = call.table.transaction(&warrant, deed);
    once.remember(&mut writes, Part::Idempotency, &scope, &answer)?;
    writes.put_new(Part::Client, &scope.oauth_client(client.id), &client);
    let Err(refused) = writes.send().await? else {
        return Ok(answer);
    };
    match once.first_answer(&refused, Part::Idempotency)? {
        Some(first) => Ok(first),
        // Two clients with the same 96 random bits.
        None => Err(Error::Unavailable("the id is taken".to_owned())),
    }
}
