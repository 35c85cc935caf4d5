//! `POST /authorize`.
//!
//! Reads the client and the credential together, then the user, and writes the code: three round
//! trips. No cookie tells who somebody is: the form itself has the secret, so no other site can
//! send it for them. A browser that says that another site sent it is refused all the same, since
//! that site could have put in a secret of its own.

use latchkey::credential::{Credential, CredentialHash, access_token};
use latchkey::directory::{User, UserKind};
use latchkey::error::Result;
use latchkey::linking::{
    AuthorizationCode, Client, CodeText, Link, RedirectUri, TokenScope, TokenScopes,
};
use latchkey::table::{If, Key, Read};
use latchkey::warrant::Warrant;
use latchkey::wire::Response;
use latchkey::wire::oauth::Form;
use utoipa::ToSchema;
use uuid::Uuid;

use super::authorize::{Asked, Terms, UNKNOWN_APP, form, refused};
use super::page::fault;
use crate::lambda::{Context, Endpoint, OpenCall};

/// The endpoint.
pub const ENDPOINT: Endpoint = Endpoint::open("oauth-link", |call| Box::pin(answer(call)), fault);

/// The form, as the API document shows it.
#[derive(Debug, ToSchema)]
#[schema(
    description = "The answer of the user, with the parameters of the page.",
    examples(json!({"client_id": "1.demoKeyOfTheHome", "response_type": "code", "credential": "293891d1-9278-4468-b322-6887e5e39164", "decision": "allow"}))
)]
#[expect(dead_code, reason = "read by hand")]
pub(crate) struct Answer {
    /// `allow` or `deny`.
    #[schema(pattern = "^(allow|deny)$", examples("allow"))]
    decision: String,
    /// A sign-in link, or an access token.
    #[schema(examples("8a4f2f52-2d5b-4c53-9d50-0e7b4a1c9f3e"))]
    credential: Option<String>,
    /// As in the query of the page.
    #[schema(examples("1.demoKeyOfTheHome"))]
    client_id: String,
    /// As in the query of the page.
    #[schema(examples("code"))]
    response_type: String,
    /// As in the query of the page.
    #[schema(examples("https://my.home-assistant.io/redirect/oauth"))]
    redirect_uri: Option<String>,
    /// As in the query of the page.
    #[schema(examples("read activate"))]
    scope: Option<String>,
    /// As in the query of the page.
    #[schema(examples("xyz"))]
    state: Option<String>,
    /// As in the query of the page.
    #[schema(examples("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"))]
    code_challenge: Option<String>,
    /// As in the query of the page.
    #[schema(examples("S256"))]
    code_challenge_method: Option<String>,
}

/// Link an app, or refuse to.
///
/// Takes the form of the page. With `deny`, or if the request of the app is invalid, the browser
/// is sent back to the app with `error`. With `allow` and a valid credential it is sent back with
/// a `code`, which is valid once, for five minutes. A sign-in link is used up. If the credential
/// is not valid, the page is shown again.
///
/// Allowed: everyone who has a credential of a person in the organization of the app. An API key,
/// its tokens, and tokens without the scope `authorize` are refused.
#[utoipa::path(
    post,
    path = "/authorize",
    tag = "OAuth",
    operation_id = ENDPOINT.operation,
    request_body(content = Answer, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 303, description = "Back to the app, with `code` or `error`."),
        (status = 400, description = "A page: the app is not registered, or the credential is not valid.", content((String = "text/html"))),
        (status = 413, description = "A page: the form is larger than 64 KiB.", content((String = "text/html"))),
        (status = 429, description = "A page: too many requests.", content((String = "text/html"))),
        (status = 500, description = "A page: a bug, logged under the `X-Request-Id`.", content((String = "text/html"))),
        (status = 503, description = "A page: the store did not answer in time.", content((String = "text/html"))),
    ),
    security(()),
)]
pub(crate) async fn answer(call: OpenCall) -> Result<Response> {
    let Said {
        asked,
        allows,
        credential,
    } = said(&call)?;
    let context = call.context().await?;
    let hash = credential.map(CredentialHash::of_token);
    let keys = [
        Some(asked.client.scope().oauth_client(asked.client.id)),
        hash.as_ref().map(Key::credential),
    ];
    let keys: Vec<_> = keys.into_iter().flatten().collect();
    let items = context.table.get_all(&keys, Read::Strong).await?;
    let client: Option<Client> = items.get(&keys[0])?;
    let client = client.filter(|client| !client.ended).ok_or(UNKNOWN_APP)?;
    let back = asked.back(&client)?;
    let terms = match asked.terms(&client) {
        Ok(terms) if allows => terms,
        Ok(_) => return asked.answered(&call, back, &[("error", "access_denied")]),
        Err((error, why)) => {
            let error = [("error", error), ("error_description", why)];
            return asked.answered(&call, back, &error);
        }
    };
    let presented: Option<Credential> = match keys.get(1) {
        Some(key) => items.get(key)?,
        None => None,
    };
    let scopes = terms.scopes.clone();
    let agreed = match presented {
        Some(presented) if may_link(&presented, &asked, &terms.scopes, &context) => {
            agree(&context, &asked, (back, terms), (&keys, presented)).await?
        }
        _ => None,
    };
    match agreed {
        Some(code) => asked.answered(&call, back, &[("code", &code)]),
        None => Ok(form(&asked, &client, back, &scopes, Some(NOT_GOOD))),
    }
}

const NOT_GOOD: &str = "This is not a sign-in link or a token that can link this app. It may have \
                        been used or have ended, or be of another organization.";

/// What the form says.
struct Said {
    asked: Asked,
    allows: bool,
    credential: Option<Uuid>,
}

fn said(call: &OpenCall) -> Result<Said> {
    let from = call.request.headers.get("sec-fetch-site");
    if from.is_some_and(|from| from != "same-origin") {
        return Err(refused("Another site sent this form."));
    }
    let form = Form::of(&call.request)?;
    let asked = Asked::read(|name| form.text(name).map(str::to_owned))?;
    let allows = match form.text("decision") {
        Some("allow") => true,
        Some("deny") => false,
        _ => return Err(refused("Say whether you allow it or deny it.")),
    };
    // Of a link, what follows its path; a token by itself is what it is.
    let credential = form.text("credential").map(str::trim);
    let token = credential.and_then(|text| text.rsplit('/').next());
    Ok(Said {
        asked,
        allows,
        credential: token.and_then(access_token),
    })
}

/// Whether somebody who presents this may link the app with these scopes.
fn may_link(
    presented: &Credential,
    asked: &Asked,
    scopes: &TokenScopes,
    context: &Context,
) -> bool {
    let is_own = match &presented.scopes {
        // What an API key was given stays with the key.
        None => presented.client.is_none(),
        Some(own) => own.has(TokenScope::Authorize) && scopes.is_within(own),
    };
    presented.organization == asked.client.organization
        && presented.is_valid(context.now)
        && presented.spaces.is_empty()
        && is_own
}

/// What each item of the transaction is there for.
#[derive(Clone, Copy, PartialEq)]
enum Part {
    Code,
    Client,
    User,
    Credential,
}

/// Writes down that the user says yes, and gives the code; `None` if the credential is not good
/// any more, or speaks for nobody.
async fn agree(
    context: &Context,
    asked: &Asked,
    (back, terms): (&RedirectUri, Terms),
    (keys, presented): (&[Key], Credential),
) -> Result<Option<String>> {
    let key = Key::user_of(&presented);
    let user: Option<User> = context.table.get(&key, Read::Strong).await?;
    if user.is_none_or(|user| user.kind == UserKind::Service) {
        return Ok(None);
    }
    let is_invitation = presented.is_invitation();
    let acting = (&presented).into();
    let link = Link {
        user: presented.user,
        roles: presented.roles,
        scopes: terms.scopes,
    };
    let text = CodeText::generate(&context.random)?;
    let uri = back.as_str().to_owned();
    let code = AuthorizationCode::new(asked.client, uri, terms.challenge, link, context.now);
    let scope = asked.client.scope();
    let deed = scope.deed(asked.client.into()).made(&code.link);
    let acting = context.table.on_behalf_of(acting);
    let mut writes = acting.transaction(&Warrant::Secret, deed);
    writes.put_new(Part::Code, &Key::authorization_code(&text.hash()), &code);
    writes.check(Part::User, &key, If::Exists);
    if let [client, credential] = keys {
        writes.check(Part::Client, client, Client::is_good());
        match is_invitation {
            true => writes.delete(Part::Credential, credential, If::Exists),
            false => writes.check(Part::Credential, credential, If::Exists),
        }
    }
    match writes.send().await? {
        Ok(()) => Ok(Some(text.reveal())),
        Err(refused) => {
            refused.on(Part::Client, || UNKNOWN_APP)?;
            Ok(None)
        }
    }
}
