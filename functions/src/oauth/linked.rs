//! Tokens of an app that a user linked.
//!
//! The code or the family of tokens is read together with the client: one round trip; and the pair
//! of tokens is written in one transaction, which checks that the client and the user are still
//! there: two. A code that was used before ends what it was used for.

use latchkey::caller::OrganizationScope;
use latchkey::error::{Refusal, Result};
use latchkey::id::FamilyId;
use latchkey::linking::{AuthorizationCode, Client, ClientId, CodeText, Link, TokenScopes};
use latchkey::table::{If, Items, Key, Read, Transaction};
use latchkey::token::{Family, RefreshToken};
use latchkey::warrant::Warrant;
use latchkey::wire::Response;
use latchkey::wire::oauth::{AppClaim, Form};

use super::family;
use super::token::{USED, answer};
use crate::lambda::{Context, OpenCall};

const BAD_CODE: Refusal = Refusal::InvalidGrant(
    "this code is unknown, has expired, was used before or was given out for another request",
);

/// An app that is who it says.
pub(super) struct App {
    pub(super) id: ClientId,
    pub(super) scope: OrganizationScope,
    key: Key,
}

impl App {
    /// The key of the client that an app says it is.
    fn key(id: ClientId) -> Key {
        id.scope().oauth_client(id.id)
    }

    /// The app, if the client among `items` is what it says.
    ///
    /// # Errors
    /// `invalid_client`.
    fn of(claim: &AppClaim, items: &Items) -> Result<Self> {
        let key = Self::key(claim.id);
        let client: Option<Client> = items.get(&key)?;
        let is_good = client.is_some_and(|client| {
            let secret = claim.secret.as_deref();
            !client.ended && client.knows(secret)
        });
        match is_good {
            true => Ok(Self {
                id: claim.id,
                scope: claim.id.scope(),
                key,
            }),
            false => Err(Refusal::InvalidClient.into()),
        }
    }

    /// The app by itself. One round trip, strongly consistent.
    ///
    /// # Errors
    /// `invalid_client`, 429, 503.
    pub(super) async fn known(context: &Context, claim: &AppClaim) -> Result<Self> {
        let keys = [Self::key(claim.id)];
        let items = context.table.get_all(&keys, Read::Strong).await?;
        Self::of(claim, &items)
    }

    /// Has a transaction happen only as long as the app and the user exist.
    fn still_there(&self, writes: &mut Transaction<'_, Part>, link: &Link) {
        writes.check(Part::Client, &self.key, Client::is_good());
        writes.check(Part::User, &self.scope.user(link.user), If::Exists);
    }
}

/// What each item of the transaction is there for.
#[derive(Clone, Copy, PartialEq)]
enum Part {
    Code,
    Family,
    Access,
    Client,
    User,
}

/// What an app asks for.
pub(super) enum Asked {
    /// A first pair of tokens.
    ByCode {
        code: CodeText,
        redirect_uri: String,
        verifier: Option<String>,
    },
    /// The next pair.
    ByToken {
        token: RefreshToken,
        scopes: Option<TokenScopes>,
    },
}

impl Asked {
    /// Reads the form.
    ///
    /// # Errors
    /// 400 as RFC 6749, section 5.2, has it.
    pub(super) fn read(form: &Form) -> Result<Self> {
        let asked = match form.required("grant_type", "grant_type is required")? {
            "authorization_code" => {
                let code = form.required("code", "code is required")?;
                let code = CodeText::parse(code).ok_or(BAD_CODE)?;
                let uri = form.required("redirect_uri", "redirect_uri is required")?;
                let verifier = form.text("code_verifier");
                Self::ByCode {
                    code,
                    redirect_uri: uri.to_owned(),
                    verifier: verifier.map(str::to_owned),
                }
            }
            "refresh_token" => {
                let text = form.required("refresh_token", "refresh_token is required")?;
                let scopes = form.text("scope").map(str::parse);
                let scopes = scopes.transpose().map_err(|_| Refusal::InvalidScope)?;
                let token = RefreshToken::parse(text).ok_or(USED)?;
                Self::ByToken { token, scopes }
            }
            "client_credentials" => return Err(Refusal::UnauthorizedClient.into()),
            _ => return Err(Refusal::UnsupportedGrantType.into()),
        };
        form.know(&[
            "refresh_token",
            "scope",
            "code",
            "redirect_uri",
            "code_verifier",
        ]);
        form.not_served(&["username", "password", "mfa_token"]);
        form.finish()?;
        Ok(asked)
    }
}

/// Gives an app tokens.
///
/// # Errors
/// 400 and 401 as RFC 6749, section 5.2, has it; 429 and 503.
pub(super) async fn token(call: &OpenCall, claim: AppClaim, asked: Asked) -> Result<Response> {
    let context = call.context().await?;
    match asked {
        Asked::ByCode {
            code,
            redirect_uri,
            verifier,
        } => {
            let with = (redirect_uri.as_str(), verifier.as_deref());
            by_code(&context, &claim, &code, with).await
        }
        Asked::ByToken { token, scopes } => by_token(&context, &claim, &token, scopes).await,
    }
}

async fn by_code(
    context: &Context,
    claim: &AppClaim,
    code: &CodeText,
    (redirect_uri, verifier): (&str, Option<&str>),
) -> Result<Response> {
    let Context { table, random, now } = context;
    let key = Key::authorization_code(&code.hash());
    let keys = [key, App::key(claim.id)];
    let items = table.get_all(&keys, Read::Strong).await?;
    let app = App::of(claim, &items)?;
    let [key, _] = &keys;
    let found: Option<AuthorizationCode> = items.get(key)?;
    let found = found.filter(|code| code.client == app.id).ok_or(BAD_CODE)?;
    if let Some(family) = found.family {
        return replayed(context, &app, family).await;
    }
    if !found.fits(app.id, redirect_uri, verifier) || found.expires_at <= *now {
        return Err(BAD_CODE.into());
    }
    let family = FamilyId::generate(random)?;
    let next = RefreshToken::generate(app.id.id, family, random)?;
    let pair = Family {
        link: Some(found.link.clone()),
        ..next.last_of_family(*now)
    };
    let base = found.link.credential(app.id.organization);
    let credential = next.credential(&base, *now);
    let deed = app.scope.deed(family.into()).made(&pair);
    let acting = table.on_behalf_of((&credential).into());
    let mut writes = acting.transaction(&Warrant::Secret, deed);
    let used = AuthorizationCode::used(family, *now);
    writes.update(Part::Code, key, used, AuthorizationCode::is_unused(*now));
    writes.put_new(Part::Family, &app.scope.tokens(app.id.id, family), &pair);
    writes.put_new(Part::Access, &Key::credential(&pair.access), &credential);
    app.still_there(&mut writes, &found.link);
    let Err(refused) = writes.send().await? else {
        return Ok(answer(&next, &credential, *now));
    };
    refused.on(Part::Client, || Refusal::InvalidClient)?;
    let standing: Option<AuthorizationCode> = refused.item(Part::Code)?;
    match standing.and_then(|code| code.family) {
        Some(family) => replayed(context, &app, family).await,
        None => Err(BAD_CODE.into()),
    }
}

/// A code that was used before is presented: one of two has it who should not, so what it was
/// used for ends.
async fn replayed(context: &Context, app: &App, family: FamilyId) -> Result<Response> {
    let client = app.id;
    tracing::warn!(%client, %family, "an authorization code was used again");
    let at = app.scope.tokens(client.id, family);
    let last: Option<Family> = context.table.get(&at, Read::Strong).await?;
    if let Some(last) = last {
        family::end(&context.table, (client.id, &app.scope), last).await?;
    }
    Err(BAD_CODE.into())
}

async fn by_token(
    context: &Context,
    claim: &AppClaim,
    used: &RefreshToken,
    scopes: Option<TokenScopes>,
) -> Result<Response> {
    let Context { table, random, now } = context;
    let at = claim.id.scope().tokens(used.client, used.family);
    let keys = [at, App::key(claim.id)];
    let items = table.get_all(&keys, Read::Strong).await?;
    let app = App::of(claim, &items)?;
    if used.client != app.id.id {
        return Err(USED.into());
    }
    let [at, _] = &keys;
    let standing: Family = items.get(at)?.ok_or(USED)?;
    let link = standing.link.ok_or(USED)?;
    let narrowed = match scopes {
        Some(scopes) if !scopes.is_within(&link.scopes) => {
            return Err(Refusal::InvalidScope.into());
        }
        Some(scopes) => Link {
            scopes,
            ..link.clone()
        },
        None => link.clone(),
    };
    let base = narrowed.credential(app.id.organization);
    let next = RefreshToken::generate(app.id.id, used.family, random)?;
    let pair = Family {
        link: Some(link.clone()),
        ..used.used_for(&next, random, *now)?
    };
    let credential = next.credential(&base, *now);
    let last = used.last_of_family(*now);
    let deed = app.scope.deed(used.family.into()).changed(&last, &pair);
    let acting = table.on_behalf_of((&credential).into());
    let mut writes = acting.transaction(&Warrant::Secret, deed);
    let only = last.is_last().and(If::unexpired(*now));
    writes.put(Part::Family, at, &pair, only);
    writes.delete(Part::Access, &Key::credential(&last.access), If::Always);
    writes.put_new(Part::Access, &Key::credential(&pair.access), &credential);
    app.still_there(&mut writes, &link);
    let Err(refused) = writes.send().await? else {
        return Ok(answer(&next, &credential, *now));
    };
    refused.on(Part::Client, || Refusal::InvalidClient)?;
    if let Some(standing) = refused.item::<Family>(Part::Family)? {
        if let Some((next, then)) = used.next_again(&standing, *now)? {
            return Ok(answer(&next, &next.credential(&base, then), then));
        }
        let (client, family) = (app.id, used.family);
        tracing::warn!(%client, %family, "a refresh token was used again or late");
        family::end(&acting, (client.id, &app.scope), standing).await?;
    }
    Err(USED.into())
}
