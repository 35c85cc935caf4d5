//! `POST /v2/oauth/revoke`.
//!
//! Reads the client's credential and that of the access token together, and deletes what is
//! revoked: two round trips. A refresh token names its key and its family itself.

use http::StatusCode;
use latchkey::caller::OrganizationScope;
use latchkey::credential::{Credential, CredentialHash, access_token};
use latchkey::deed::ActingUser;
use latchkey::error::{Refusal, Result};
use latchkey::id::ApiKeyId;
use latchkey::table::{If, Key, Read};
use latchkey::token::RefreshToken;
use latchkey::warrant::Warrant;
use latchkey::wire::Response;
use latchkey::wire::oauth::{self, Claim, Form};
use utoipa::ToSchema;
use uuid::Uuid;

use super::client::Client;
use super::family;
use super::linked::App;
use crate::lambda::{Context, Endpoint, OpenCall};

/// The endpoint.
pub const ENDPOINT: Endpoint = Endpoint::open(
    "oauth-revoke",
    |call| Box::pin(revoke(call)),
    oauth::response,
);

/// The form, as the API document shows it.
#[derive(Debug, ToSchema)]
#[schema(
    description = "A token to revoke, and the client.",
    examples(json!({"token": "8a4f2f52-2d5b-4c53-9d50-0e7b4a1c9f3e"}))
)]
#[expect(dead_code, reason = "read by hand")]
pub(crate) struct RevokeRequest {
    /// The access token or the refresh token.
    #[schema(examples("8a4f2f52-2d5b-4c53-9d50-0e7b4a1c9f3e"))]
    token: String,
    /// The type of the token: `access_token` or `refresh_token`. Not needed, because the token
    /// shows it.
    #[schema(examples("access_token"))]
    token_type_hint: Option<String>,
    /// The ID of the API key, unless it is in `Authorization: Basic`.
    #[schema(examples("vT3mYq0cJx8ZkA1u"))]
    client_id: Option<String>,
    /// The secret of the API key, unless it is in `Authorization: Basic`.
    #[schema(examples("k0fX2c0mJxv1l9mKq3sV7w5dYb8RzHtA4nEoGuPiLQc"))]
    client_secret: Option<String>,
}

const ANOTHERS: Refusal = Refusal::InvalidGrant("this token was issued to another client");

/// Revoke a token.
///
/// OAuth 2.0 Token Revocation (RFC 7009). The client identifies itself as for
/// `/v2/oauth/token`, and revokes a token that was issued to it. Revoking an access token ends
/// only that token. Revoking a refresh token, even a used one, ends all tokens that came from
/// the same first pair. An access token that was not issued to a client, such as the one that a
/// new user is invited with, can be revoked without a client. Revoking an unknown token
/// succeeds.
///
/// A deployed API may accept a revoked access token for as long as API Gateway caches the
/// authorizer's answer, 60 seconds by default.
///
/// Allowed: the client to which the token was issued.
#[utoipa::path(
    post,
    path = "/v2/oauth/revoke",
    tag = "OAuth",
    operation_id = ENDPOINT.operation,
    request_body(content = RevokeRequest, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "Revoked.", headers(("Cache-Control"))),
        (status = 400, description = "`invalid_request`, or `invalid_grant` for a token of \
            another client.", body = oauth::Body, example = json!({"error": "invalid_grant", "error_description": "this token was issued to another client"})),
        (status = 401, description = "`invalid_client`: the client did not identify itself, or \
            its secret is wrong. API Gateway renames the header `WWW-Authenticate` to \
            `x-amzn-Remapped-WWW-Authenticate`.", body = oauth::Body, example = json!({"error": "invalid_client", "error_description": "the client id and the client secret are those of no API key and no app"})),
        (status = 413, description = "`invalid_request`: the form is larger than 64 KiB.", body = oauth::Body, example = json!({"error": "invalid_request", "error_description": "Request body too large"})),
        (status = 429, description = "`temporarily_unavailable`: too many requests.", body = oauth::Body, headers(("Retry-After")), example = json!({"error": "temporarily_unavailable", "error_description": "Too many requests"})),
        (status = 500, description = "`server_error`: a bug, logged under the `X-Request-Id`.", body = oauth::Body, example = json!({"error": "server_error", "error_description": "Internal server error"})),
        (status = 503, description = "`temporarily_unavailable`: the store did not answer in \
            time.", body = oauth::Body, headers(("Retry-After")), example = json!({"error": "temporarily_unavailable", "error_description": "Service unavailable, try again"})),
    ),
    security(("apiKeyBasic" = []), ()),
)]
pub(crate) async fn revoke(call: OpenCall) -> Result<Response> {
    let form = Form::of(&call.request)?;
    let claim = Claim::of(&call.request, &form)?;
    let token = form.required("token", "token is required")?;
    form.know(&["token_type_hint"]);
    form.finish()?;
    let context = call.context().await?;
    if let Some(token) = access_token(token) {
        end_access(&context, claim, token).await?;
    } else {
        let client = known(&context, claim).await?;
        let (id, scope, acting) = client.ok_or(Refusal::InvalidClient)?;
        if let Some(token) = RefreshToken::parse(token) {
            if token.client != id {
                return Err(ANOTHERS.into());
            }
            let last = token.last_of_family(context.now);
            let table = match acting {
                Some(acting) => context.table.on_behalf_of(acting),
                None => context.table,
            };
            family::end(&table, (id, &scope), last).await?;
        }
    }
    Ok(oauth::not_stored(Response::empty(StatusCode::OK)))
}

/// A client, its organization, and the user that it acts for, if that is known.
type Known = (ApiKeyId, OrganizationScope, Option<ActingUser>);

/// The client that is who it says, with its organization; `None` if it says nothing.
async fn known(context: &Context, claim: Claim) -> Result<Option<Known>> {
    Ok(match claim {
        Claim::Nobody => None,
        Claim::Key(claim) => {
            let client = Client::known(context, Some(claim)).await?;
            let acting = (&client.credential).into();
            Some((client.id, client.scope, Some(acting)))
        }
        Claim::App(claim) => {
            let App { id, scope, .. } = App::known(context, &claim).await?;
            Some((id.id, scope, None))
        }
    })
}

/// Ends an access token, if it is the client's or nobody's.
async fn end_access(context: &Context, claim: Claim, token: Uuid) -> Result<()> {
    let key = Key::credential(&CredentialHash::of_token(token));
    let client = known(context, claim);
    let credential = context.table.get::<Credential>(&key, Read::Strong);
    let (client, credential) = tokio::try_join!(client, credential)?;
    let Some(credential) = credential else {
        return Ok(());
    };
    match (credential.client, client) {
        (None, _) => {}
        (Some(_), None) => return Err(Refusal::InvalidClient.into()),
        (Some(of), Some((id, ..))) if of == id => {}
        // Of another organization there is nothing to tell.
        (_, Some((_, scope, _))) if scope.organization() != credential.organization => {
            return Ok(());
        }
        _ => return Err(ANOTHERS.into()),
    }
    let table = context.table.on_behalf_of((&credential).into());
    let mut writes = table.transaction(&Warrant::Secret, credential.ended());
    writes.delete((), &key, If::Always);
    writes.send_unconditional().await
}
