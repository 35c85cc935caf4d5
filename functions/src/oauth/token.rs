//! `POST /v2/oauth/token`.
//!
//! Reads the client's credential, and writes a pair of tokens and their family in one
//! transaction, which checks that the client still exists: two round trips. If the refresh
//! token is not the latest of its family, the refusal says so and returns the family. If it was
//! used just now, its pair is returned again; otherwise the family ends, in one more round
//! trip.

use chrono::{DateTime, Utc};
use http::StatusCode;
use latchkey::credential::Credential;
use latchkey::error::{Error, Refusal, Result};
use latchkey::id::{FamilyId, UserId};
use latchkey::linking::TokenScopes;
use latchkey::table::{If, Key};
use latchkey::token::{Family, RefreshToken};
use latchkey::warrant::Warrant;
use latchkey::wire::Response;
use latchkey::wire::oauth::{self, Claim, ClientClaim, Form};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::client::Client;
use super::{family, linked};
use crate::lambda::{Context, Endpoint, OpenCall};

/// The endpoint.
pub const ENDPOINT: Endpoint =
    Endpoint::open("oauth-token", |call| Box::pin(token(call)), oauth::response);

/// The form, as the API document shows it.
#[derive(Debug, ToSchema)]
#[schema(
    description = "A request for tokens, with the client.",
    examples(json!({"grant_type": "client_credentials"}))
)]
#[expect(dead_code, reason = "read by hand")]
pub(crate) struct TokenRequest {
    /// `client_credentials` for the first pair of an API key, `authorization_code` for the first
    /// pair of a registered app, `refresh_token` for the next one.
    #[schema(
        pattern = "^(authorization_code|client_credentials|refresh_token)$",
        examples("client_credentials")
    )]
    grant_type: String,
    /// For `authorization_code`: the code.
    #[schema(examples("k0fX2c0mJxv1l9mKq3sV7w5dYb8RzHtA4nEoGuPiLQc"))]
    code: Option<String>,
    /// For `authorization_code`: the address that the browser was sent to.
    #[schema(examples("https://my.home-assistant.io/redirect/oauth"))]
    redirect_uri: Option<String>,
    /// For `authorization_code`: the verifier, if the request had a `code_challenge`.
    #[schema(examples("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"))]
    code_verifier: Option<String>,
    /// For `refresh_token` of a registered app: fewer scopes for the next access token.
    #[schema(examples("read"))]
    scope: Option<String>,
    /// For `refresh_token`: the latest refresh token.
    #[schema(examples("vT3mYq0cJx8ZkA1ux9kQ"))]
    refresh_token: Option<String>,
    /// The ID of the API key, unless it is in `Authorization: Basic`.
    #[schema(examples("vT3mYq0cJx8ZkA1u"))]
    client_id: Option<String>,
    /// The secret of the API key, unless it is in `Authorization: Basic`.
    #[schema(examples("k0fX2c0mJxv1l9mKq3sV7w5dYb8RzHtA4nEoGuPiLQc"))]
    client_secret: Option<String>,
}

/// The answer.
#[derive(Serialize, ToSchema)]
#[schema(as = Tokens, description = "A pair of tokens.")]
pub(crate) struct Tokens {
    /// An access token, for `Authorization: Bearer`.
    #[schema(examples("8a4f2f52-2d5b-4c53-9d50-0e7b4a1c9f3e"))]
    access_token: Uuid,
    /// How to present the access token.
    #[schema(examples("Bearer"))]
    token_type: &'static str,
    /// Seconds until the access token expires.
    #[schema(examples(3600))]
    expires_in: i64,
    /// The token to get the next pair with; valid once, for 30 days.
    #[schema(examples("vT3mYq0cJx8ZkA1ux9kQ"))]
    refresh_token: String,
    /// The scopes of the access token, separated by spaces.
    #[schema(value_type = String, examples("read activate events"))]
    scope: TokenScopes,
    /// The ID of the user that the access token speaks for.
    account_id: UserId,
}

/// The purpose of each item of the transaction.
#[derive(Clone, Copy, PartialEq)]
enum Part {
    Family,
    Access,
    Client,
}

pub(super) const USED: Refusal =
    Refusal::InvalidGrant("this refresh token is unknown, has expired or was used before");

/// Get tokens.
///
/// OAuth 2.0 (RFC 6749) with an API key or a registered app as the client. The client identifies
/// itself with `Authorization: Basic` or with `client_id` and `client_secret`, not with both; a
/// public app with `client_id` alone. An access token is valid for an hour. It speaks for the same
/// user as the key, or for the user who linked the app, as far as `scope` goes. A refresh token is valid
/// once, for 30 days, and only for the client to which it was issued. The next pair ends the
/// previous one, including its access token.
///
/// For 30 seconds a used refresh token returns the same next pair again, for a client that
/// asked twice at once or lost the answer. After that, or if the next refresh token was used as
/// well, it counts as stolen: all tokens that came from the same first pair end.
///
/// A `code` is valid once, for five minutes, and only with the `redirect_uri` and the
/// `code_verifier` of its request. A code that is presented again ends the tokens that it gave.
///
/// Allowed: every API key and every registered app whose user exists. The tokens of an API key have
/// all scopes.
#[utoipa::path(
    post,
    path = "/v2/oauth/token",
    tag = "OAuth",
    operation_id = ENDPOINT.operation,
    request_body(content = TokenRequest, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "A new pair of tokens.", body = Tokens, headers(("Cache-Control"))),
        (status = 400, description = "`invalid_request`, `invalid_grant`, `unauthorized_client`, `unsupported_grant_type` or `invalid_scope`.", body = oauth::Body, example = json!({"error": "invalid_grant", "error_description": "this refresh token is unknown, has expired or was used before"})),
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
pub(crate) async fn token(call: OpenCall) -> Result<Response> {
    let form = Form::of(&call.request)?;
    match Claim::of(&call.request, &form)? {
        Claim::App(claim) => {
            let asked = linked::Asked::read(&form)?;
            linked::token(&call, claim, asked).await
        }
        claim => {
            let presented = presented(&form)?;
            by_key(&call.context().await?, claim.key(), presented).await
        }
    }
}

/// The refresh token that an API key presents; `None` when it asks for a first pair.
fn presented(form: &Form) -> Result<Option<RefreshToken>> {
    let presented = match form.required("grant_type", "grant_type is required")? {
        "client_credentials" => None,
        "refresh_token" => {
            let text = form.required("refresh_token", "refresh_token is required")?;
            Some(RefreshToken::parse(text).ok_or(USED)?)
        }
        "authorization_code" => return Err(Refusal::InvalidClient.into()),
        _ => return Err(Refusal::UnsupportedGrantType.into()),
    };
    let scopes = form.text("scope").map(str::parse);
    if scopes.is_some_and(|scopes| scopes != Ok(TokenScopes::all())) {
        return Err(Refusal::InvalidScope.into());
    }
    form.know(&["refresh_token"]);
    form.not_served(&["code", "redirect_uri", "username", "password", "mfa_token"]);
    form.finish()?;
    Ok(presented)
}

/// Gives an API key tokens.
async fn by_key(
    context: &Context,
    claim: Option<ClientClaim>,
    presented: Option<RefreshToken>,
) -> Result<Response> {
    let Context { table, random, now } = context;
    let client = Client::known(context, claim).await?;
    let family = match &presented {
        None => FamilyId::generate(random)?,
        Some(token) if token.client == client.id => token.family,
        Some(_) => return Err(USED.into()),
    };

    let next = RefreshToken::generate(client.id, family, random)?;
    let pair = match &presented {
        None => next.last_of_family(*now),
        Some(used) => used.used_for(&next, random, *now)?,
    };
    let credential = next.credential(&client.credential, *now);
    let at = client.scope.tokens(client.id, family);
    let last = presented.as_ref().map(|token| token.last_of_family(*now));
    let deed = client.scope.deed(family.into());
    let deed = match &last {
        None => deed.made(&pair),
        Some(last) => deed.changed(last, &pair),
    };
    let acting = table.on_behalf_of((&client.credential).into());
    let mut writes = acting.transaction(&Warrant::Secret, deed);
    match &last {
        None => writes.put_new(Part::Family, &at, &pair),
        Some(last) => {
            let only = last.is_last().and(If::unexpired(*now));
            writes.put(Part::Family, &at, &pair, only);
            writes.delete(Part::Access, &Key::credential(&last.access), If::Always);
        }
    }
    writes.put_new(Part::Access, &Key::credential(&pair.access), &credential);
    client.still_there(&mut writes, Part::Client);
    let Err(refused) = writes.send().await? else {
        return Ok(answer(&next, &credential, *now));
    };
    refused.on(Part::Client, || Refusal::InvalidClient)?;
    let Some(used) = presented else {
        // Two families with the same 96 random bits.
        return Err(Error::Unavailable("the id is taken".to_owned()));
    };
    if let Some(standing) = refused.item::<Family>(Part::Family)? {
        if let Some((next, then)) = used.next_again(&standing, *now)? {
            let credential = next.credential(&client.credential, then);
            return Ok(answer(&next, &credential, then));
        }
        let (id, user) = (client.id, client.credential.user);
        tracing::warn!(client = %id, %user, %family, "a refresh token was used again or late");
        family::end(&acting, (client.id, &client.scope), standing).await?;
    }
    Err(USED.into())
}

pub(super) fn answer(
    token: &RefreshToken,
    credential: &Credential,
    now: DateTime<Utc>,
) -> Response {
    let end = credential.expires_at.unwrap_or(now);
    let tokens = Tokens {
        access_token: token.access_token(),
        token_type: "Bearer",
        expires_in: (end - now).num_seconds(),
        refresh_token: token.reveal(),
        scope: credential.scopes.clone().unwrap_or_else(TokenScopes::all),
        account_id: credential.user,
    };
    oauth::not_stored(Response::json(StatusCode::OK, &tokens))
}
