//! `GET /authorize`; `GET /sign-in/{token}`;
//! `GET /.well-known/oauth-authorization-server`.
//!
//! The page reads the client: one round trip. The rest reads nothing.

use http::StatusCode;
use latchkey::credential::access_token;
use latchkey::error::{Error, Refusal, Result};
use latchkey::linking::{Challenge, Client, ClientId, RedirectUri, TokenScope, TokenScopes};
use latchkey::table::Read;
use latchkey::wire::Response;
use serde::Serialize;
use utoipa::ToSchema;

use super::page::{escaped, fault, hidden, page, paragraph, redirect};
use crate::lambda::{Endpoint, OpenCall};
use crate::users::SIGN_IN;

/// The endpoint.
pub const ENDPOINT: Endpoint = Endpoint::open(
    "oauth-authorize",
    |call| {
        let url = &call.request.url;
        if url.ends_with(METADATA) {
            Box::pin(async move { metadata(&call) })
        } else if url.contains(SIGN_IN) {
            Box::pin(async move { sign_in(&call) })
        } else {
            Box::pin(ask(call))
        }
    },
    fault,
);

const AUTHORIZE: &str = "/authorize";
const METADATA: &str = "/.well-known/oauth-authorization-server";

/// The parameters of a request, in the order in which the form sends them along.
const PARAMETERS: [&str; 7] = [
    "client_id",
    "redirect_uri",
    "response_type",
    "scope",
    "state",
    "code_challenge",
    "code_challenge_method",
];

/// What an app asks for.
pub(super) struct Asked {
    /// The parameters as they were given.
    given: Vec<(&'static str, String)>,
    pub(super) client: ClientId,
}

pub(super) const UNKNOWN_APP: Error =
    refused("No such app is registered here: its client_id is unknown.");
const UNKNOWN_ADDRESS: Error =
    refused("The app asks to be sent back to an address that is not registered for it.");

pub(super) const fn refused(why: &'static str) -> Error {
    Error::OAuth(Refusal::InvalidRequest(why))
}

impl Asked {
    /// Reads the parameters. Those that are not known are for others (RFC 6749, section 3.1).
    pub(super) fn read(parameter: impl Fn(&str) -> Option<String>) -> Result<Self> {
        let given = PARAMETERS.iter().filter_map(|name| {
            let value = parameter(name).filter(|value| !value.is_empty())?;
            Some((*name, value))
        });
        let given: Vec<_> = given.collect();
        let client = given.iter().find(|(name, _)| *name == "client_id");
        let client = client.and_then(|(_, id)| id.parse().ok());
        let client = client.ok_or(UNKNOWN_APP)?;
        Ok(Self { given, client })
    }

    fn get(&self, name: &str) -> Option<&str> {
        let given = self.given.iter().find(|(given, _)| *given == name);
        given.map(|(_, value)| value.as_str())
    }

    /// Where the client is sent back to.
    pub(super) fn back<'c>(&self, client: &'c Client) -> Result<&'c RedirectUri> {
        let uri = client.redirect_uri(self.get("redirect_uri"));
        uri.ok_or(UNKNOWN_ADDRESS)
    }

    /// The scopes and the challenge that are asked for; or the error that the client is told.
    pub(super) fn terms(&self, client: &Client) -> Result<Terms, (&'static str, &'static str)> {
        match self.get("response_type") {
            Some("code") => {}
            Some(_) => return Err(("unsupported_response_type", "expected response_type code")),
            None => return Err(("invalid_request", "response_type is required")),
        }
        let scopes = match self.get("scope") {
            Some(text) => text.parse().ok(),
            None => usual(client),
        };
        let scopes = scopes.filter(|scopes: &TokenScopes| scopes.is_within(&client.scopes));
        let scopes = scopes.ok_or(("invalid_scope", "the app may not ask for this scope"))?;
        let challenge = match (
            self.get("code_challenge"),
            self.get("code_challenge_method"),
        ) {
            (None, None) if client.secret.is_some() => None,
            (None, _) => return Err(("invalid_request", "code_challenge is required")),
            (Some(text), Some("S256")) => Some(
                Challenge::parse(text).ok_or(("invalid_request", "code_challenge is invalid"))?,
            ),
            (Some(_), _) => return Err(("invalid_request", "expected code_challenge_method S256")),
        };
        Ok(Terms { scopes, challenge })
    }

    /// Sends the client back with an answer.
    pub(super) fn answered(
        &self,
        call: &OpenCall,
        uri: &RedirectUri,
        answer: &[(&str, &str)],
    ) -> Result<Response> {
        let issuer = base(call);
        let state = self.get("state").map(|state| ("state", state));
        // The issuer: RFC 9207.
        let more = state.into_iter().chain([("iss", issuer)]);
        let answer: Vec<_> = answer.iter().copied().chain(more).collect();
        redirect(&uri.with(&answer).ok_or(UNKNOWN_ADDRESS)?)
    }
}

/// What a yes is to.
pub(super) struct Terms {
    pub(super) scopes: TokenScopes,
    pub(super) challenge: Option<Challenge>,
}

/// Those of the usual scopes that a client may ask for.
fn usual(client: &Client) -> Option<TokenScopes> {
    let names = TokenScopes::usual();
    let names = names.iter().filter(|scope| client.scopes.has(*scope));
    let names: Vec<_> = names.map(TokenScope::name).collect();
    names.join(" ").parse().ok()
}

/// What all addresses of this deployment begin with.
fn base(call: &OpenCall) -> &str {
    let url = call.request.url.as_str();
    let found = [AUTHORIZE, METADATA].iter();
    let base = found.filter_map(|end| url.strip_suffix(end)).next();
    base.unwrap_or_default()
}

/// Ask to link an app.
///
/// Shows a page on which a user links an app to their account (OAuth 2.0, RFC 6749; PKCE, RFC
/// 7636). The app opens it in a browser. The user enters a sign-in link or an access token, and
/// says yes or no. The browser is then sent to `redirect_uri` with `code`, `state` and `iss`, or
/// with `error`. The page has no script and sets no cookie. Unknown parameters are ignored.
///
/// Allowed: everyone, without a credential.
#[utoipa::path(
    get,
    path = "/authorize",
    tag = "OAuth",
    operation_id = ENDPOINT.operation,
    params(
        ("client_id" = String, Query, description = "The ID of the registered app.", example = "1.demoKeyOfTheHome"),
        ("response_type" = String, Query, description = "`code`.", example = "code"),
        ("redirect_uri" = Option<String>, Query, description = "A registered address of the app; the only one by default.", example = "https://my.home-assistant.io/redirect/oauth"),
        ("scope" = Option<String>, Query, description = "The scopes, separated by spaces; `read activate events` by default.", example = "read activate"),
        ("state" = Option<String>, Query, description = "Returned to the app unchanged.", example = "xyz"),
        ("code_challenge" = Option<String>, Query, description = "The SHA-256 of the code verifier in base64url. A public app must send it.", example = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"),
        ("code_challenge_method" = Option<String>, Query, description = "`S256`.", example = "S256"),
    ),
    responses(
        (status = 200, description = "The page.", content((String = "text/html"))),
        (status = 303, description = "The request is invalid: back to the app, with `error`."),
        (status = 400, description = "A page: the app or its address is not registered.", content((String = "text/html"))),
        (status = 429, description = "A page: too many requests.", content((String = "text/html"))),
        (status = 500, description = "A page: a bug, logged under the `X-Request-Id`.", content((String = "text/html"))),
        (status = 503, description = "A page: the store did not answer in time.", content((String = "text/html"))),
    ),
    security(()),
)]
pub(crate) async fn ask(call: OpenCall) -> Result<Response> {
    let mut names: Vec<_> = call.request.query.iter().map(|(name, _)| name).collect();
    names.dedup();
    if names.len() < call.request.query.len() {
        return Err(refused("A parameter is there twice."));
    }
    let asked = Asked::read(|name| {
        let found = call.request.query.iter().find(|(given, _)| given == name);
        found.map(|(_, value)| value.clone())
    })?;
    let context = call.context().await?;
    let key = asked.client.scope().oauth_client(asked.client.id);
    let client: Option<Client> = context.table.get(&key, Read::Strong).await?;
    let client = client.filter(|client| !client.ended).ok_or(UNKNOWN_APP)?;
    let back = asked.back(&client)?;
    match asked.terms(&client) {
        Ok(terms) => Ok(form(&asked, &client, back, &terms.scopes, None)),
        Err((error, why)) => {
            let error = [("error", error), ("error_description", why)];
            asked.answered(&call, back, &error)
        }
    }
}

/// The page on which the user says yes or no.
pub(super) fn form(
    asked: &Asked,
    client: &Client,
    back: &RedirectUri,
    scopes: &TokenScopes,
    fault: Option<&str>,
) -> Response {
    let name = escaped(&client.name);
    let fields = asked
        .given
        .iter()
        .map(|(name, value)| (*name, value.as_str()));
    let fields = hidden(fields);
    let may: String = scopes
        .iter()
        .map(|scope| format!("<li>{}</li>", escaped(may(scope))))
        .collect();
    let fault =
        fault.map(|fault| format!("<p class=\"fault\" role=\"alert\">{}</p>", escaped(fault)));
    let fault = fault.unwrap_or_default();
    let leads_to = back.policy_source();
    let whither = escaped(&leads_to);
    let body = format!(
        "<p><strong>{name}</strong> wants to act for you. It may:</p><ul>{may}</ul>{fault}\
         <form method=\"post\" action=\"authorize\">{fields}\
         <label for=\"credential\">Your sign-in link or access token</label>\
         <input id=\"credential\" name=\"credential\" type=\"password\" autocomplete=\"off\" \
         autocapitalize=\"off\" spellcheck=\"false\">\
         <button class=\"yes\" name=\"decision\" value=\"allow\">Allow</button>\
         <button name=\"decision\" value=\"deny\">Deny</button></form>\
         <p>You go on to {whither}. A sign-in link is good once; whoever runs your organization \
         gives you one.</p>"
    );
    let status = match fault.is_empty() {
        true => StatusCode::OK,
        false => StatusCode::BAD_REQUEST,
    };
    page(status, "Link an app", &body, &leads_to)
}

/// What an app may do with a scope, in words.
fn may(scope: TokenScope) -> &'static str {
    match scope {
        TokenScope::Read => "see your doors, shares and what else you see",
        TokenScope::Manage => "give and take away access, and change what you may change",
        TokenScope::Activate => "open your doors",
        TokenScope::Events => "see who opened which door",
        TokenScope::Settings => "change how devices are set",
        TokenScope::Authorize => "give out credentials, and link other apps",
    }
}

/// Show a sign-in link.
///
/// Shows a page that says how to use the sign-in link at whose address it is. It reads nothing and
/// uses nothing up.
///
/// Allowed: everyone, without a credential.
#[utoipa::path(
    get,
    path = "/sign-in/{token}",
    tag = "OAuth",
    operation_id = "show-sign-in-link",
    params(("token" = String, Path, description = "The token of an invitation.", example = "8a4f2f52-2d5b-4c53-9d50-0e7b4a1c9f3e")),
    responses(
        (status = 200, description = "The page.", content((String = "text/html"))),
        (status = 404, description = "A page: this is not a sign-in link.", content((String = "text/html"))),
        (status = 429, description = "A page: too many requests.", content((String = "text/html"))),
        (status = 500, description = "A page: a bug, logged under the `X-Request-Id`.", content((String = "text/html"))),
        (status = 503, description = "A page: the store did not answer in time.", content((String = "text/html"))),
    ),
    security(()),
)]
pub(crate) fn sign_in(call: &OpenCall) -> Result<Response> {
    call.request.bare()?;
    let token = call.request.path.get("token");
    let token = token.and_then(|token| access_token(token));
    token.ok_or(Error::NotFound("sign-in link"))?;
    let url = escaped(&call.request.url);
    let body = format!(
        "{}<label for=\"link\">Your sign-in link</label>\
         <input id=\"link\" readonly value=\"{url}\">{}",
        paragraph(
            "With this link you link an app to your account. Open the app, let it lead you to the \
             page of Latchkey, and enter the link there."
        ),
        paragraph("It is good once. Whoever has it can do what you can do: show it to nobody.")
    );
    Ok(page(StatusCode::OK, "Your sign-in link", &body, ""))
}

/// The metadata of the server.
#[derive(Serialize, ToSchema)]
#[schema(as = OAuthMetadata)]
pub(crate) struct Metadata {
    /// The issuer: the address of the deployment.
    #[schema(format = "uri", examples("https://example.com"))]
    issuer: String,
    /// The page on which users link apps.
    #[schema(format = "uri", examples("https://example.com/authorize"))]
    authorization_endpoint: String,
    /// Where tokens are given out.
    #[schema(format = "uri", examples("https://example.com/v2/oauth/token"))]
    token_endpoint: String,
    /// Where tokens are revoked.
    #[schema(format = "uri", examples("https://example.com/v2/oauth/revoke"))]
    revocation_endpoint: String,
    /// The scopes.
    #[schema(value_type = Vec<String>, examples("read"))]
    scopes_supported: Vec<&'static str>,
    /// The response types.
    #[schema(value_type = Vec<String>, examples("code"))]
    response_types_supported: [&'static str; 1],
    /// The response modes.
    #[schema(value_type = Vec<String>, examples("query"))]
    response_modes_supported: [&'static str; 1],
    /// The grant types.
    #[schema(value_type = Vec<String>, examples("authorization_code"))]
    grant_types_supported: [&'static str; 3],
    /// How clients identify themselves for tokens.
    #[schema(value_type = Vec<String>, examples("client_secret_basic"))]
    token_endpoint_auth_methods_supported: [&'static str; 3],
    /// How clients identify themselves to revoke tokens.
    #[schema(value_type = Vec<String>, examples("client_secret_basic"))]
    revocation_endpoint_auth_methods_supported: [&'static str; 3],
    /// The methods of PKCE.
    #[schema(value_type = Vec<String>, examples("S256"))]
    code_challenge_methods_supported: [&'static str; 1],
    /// Whether the answer to an app names the issuer (RFC 9207).
    #[schema(examples(true))]
    authorization_response_iss_parameter_supported: bool,
}

const AUTHENTICATION: [&str; 3] = ["client_secret_basic", "client_secret_post", "none"];

/// Get the metadata of the OAuth server.
///
/// Returns the addresses and abilities of the server (RFC 8414).
///
/// Allowed: everyone, without a credential.
#[utoipa::path(
    get,
    path = "/.well-known/oauth-authorization-server",
    tag = "OAuth",
    operation_id = "get-oauth-metadata",
    responses(
        (status = 200, description = "The metadata.", body = Metadata),
        (status = 429, description = "A page: too many requests.", content((String = "text/html"))),
        (status = 500, description = "A page: a bug, logged under the `X-Request-Id`.", content((String = "text/html"))),
        (status = 503, description = "A page: the store did not answer in time.", content((String = "text/html"))),
    ),
    security(()),
)]
pub(crate) fn metadata(call: &OpenCall) -> Result<Response> {
    // A program reads the error, not a person.
    if let Err(error) = call.request.bare() {
        return Ok(error.response());
    }
    let issuer = base(call).to_owned();
    let metadata = Metadata {
        authorization_endpoint: format!("{issuer}{AUTHORIZE}"),
        token_endpoint: format!("{issuer}/v2/oauth/token"),
        revocation_endpoint: format!("{issuer}/v2/oauth/revoke"),
        issuer,
        scopes_supported: TokenScope::ALL.into_iter().map(TokenScope::name).collect(),
        response_types_supported: ["code"],
        response_modes_supported: ["query"],
        grant_types_supported: ["authorization_code", "refresh_token", "client_credentials"],
        token_endpoint_auth_methods_supported: AUTHENTICATION,
        revocation_endpoint_auth_methods_supported: AUTHENTICATION,
        code_challenge_methods_supported: ["S256"],
        authorization_response_iss_parameter_supported: true,
    };
    Ok(Response::json(StatusCode::OK, &metadata))
}
