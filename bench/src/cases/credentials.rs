//! API keys, and OAuth.

use latchkey_functions::api_keys::{create, delete as delete_key, list};
use latchkey_functions::oauth::{authorize, clients, link, revoke, token};
use latchkey_functions::users;
use serde_json::{Value, json};

use super::new;
use crate::Result;
use crate::ask::{Ask, delete, form, get, post};
use crate::bench::Bench;

const KEYS: &str = "/v2/api-keys";
const TOKEN: &str = "/v2/oauth/token";
const CLIENTS: &str = "/v2/oauth/clients";
const REVOKE: &str = "/v2/oauth/revoke";

pub(super) async fn run(bench: &Bench) -> Result<()> {
    let made = post(KEYS, &new(json!({"name": "Front desk"})));
    let made = bench.case("create API key", create::ENDPOINT, made).await?;
    let (id, secret) = (made.field("apiKeyId")?, made.field("secret")?);
    bench
        .case("list 2 API keys", list::ENDPOINT, get(KEYS))
        .await?;
    let path = format!("{KEYS}/{id}");
    bench
        .case("get API key", list::ENDPOINT, get(&path))
        .await?;

    let other = post(KEYS, &new(json!({"name": "Front desk", "userId": 35})));
    let case = "create API key, for somebody else";
    bench.case(case, create::ENDPOINT, other).await?;
    invitations(bench).await?;
    linking(bench).await?;

    let asked = |path: &str, fields: &[(&str, &str)]| -> Result<Ask> {
        form(path, fields).basic(&id, &secret)
    };
    let first = || asked(TOKEN, &[("grant_type", "client_credentials")]);
    let next = |refresh: &str| {
        let grant = ("grant_type", "refresh_token");
        asked(TOKEN, &[grant, ("refresh_token", refresh)])
    };
    let wrong = |ask: Ask| -> Result<Ask> {
        let ask = ask.basic(&id, "k0fX2c0mJxv1l9mKq3sV7w5dYb8RzHtA4nEoGuPiLQc")?;
        Ok(ask.answered(401))
    };
    let ask = form(TOKEN, &[("grant_type", "client_credentials")]);
    let case = "token, by a wrong secret";
    bench.case(case, token::ENDPOINT, wrong(ask)?).await?;
    let ask = form(REVOKE, &[("token", "8a4f2f52-2d5b-4c53-9d50-0e7b4a1c9f3e")]);
    let case = "revoke a token, by a wrong secret";
    bench.case(case, revoke::ENDPOINT, wrong(ask)?).await?;
    let case = "token, by client credentials, first of a day";
    bench.case(case, token::ENDPOINT, first()?).await?;
    let pair = bench
        .case("token, by client credentials", token::ENDPOINT, first()?)
        .await?;
    let used = pair.field("refresh_token")?;
    let pair = bench
        .case("token, by a refresh token", token::ENDPOINT, next(&used)?)
        .await?;
    let (access, refresh) = (pair.field("access_token")?, pair.field("refresh_token")?);
    let ends = asked(REVOKE, &[("token", &access)])?;
    bench
        .case("revoke an access token", revoke::ENDPOINT, ends)
        .await?;
    let ends = asked(REVOKE, &[("token", &refresh)])?;
    bench
        .case("revoke a refresh token", revoke::ENDPOINT, ends)
        .await?;

    let pair = bench.ask(token::ENDPOINT, first()?).await?;
    let used = pair.field("refresh_token")?;
    let pair = bench.ask(token::ENDPOINT, next(&used)?).await?;
    let case = "token, by a refresh token that was used just now";
    bench.case(case, token::ENDPOINT, next(&used)?).await?;
    let last = pair.field("refresh_token")?;
    bench.ask(token::ENDPOINT, next(&last)?).await?;
    let again = next(&used)?.answered(400);
    bench
        .case(
            "token, by a refresh token that was used",
            token::ENDPOINT,
            again,
        )
        .await?;

    let case = "delete API key, with one pair of tokens";
    bench.case(case, delete_key::ENDPOINT, delete(path)).await?;
    Ok(())
}

/// An app that a user links, and its tokens.
async fn linking(bench: &Bench) -> Result<()> {
    const BACK: &str = "https://app.example.com/linked";
    let app = json!({"name": "Home", "redirectUris": [BACK], "type": "confidential"});
    let app = post(CLIENTS, &new(app));
    let case = "register an app";
    let app = bench.case(case, clients::create::ENDPOINT, app).await?;
    let (id, secret) = (app.field("clientId")?, app.field("clientSecret")?);
    let case = "list 1 app";
    bench
        .case(case, clients::list::ENDPOINT, get(CLIENTS))
        .await?;

    let user = new(json!({"firstName": "Kim", "lastName": "Newcomer"}));
    let user = post("/v2/users", &user);
    let user = bench.ask(users::create::ENDPOINT, user).await?;
    let token = user.field("token")?;
    let asked = [("client_id", &*id), ("response_type", "code")];
    let query = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(asked)
        .finish();
    let page = get(format!("/authorize?{query}"));
    let authorize = authorize::ENDPOINT;
    bench.case("ask to link an app", authorize, page).await?;
    let said = |token: &str| {
        let said = [("credential", token), ("decision", "allow")];
        form("/authorize", &[asked.as_slice(), &said].concat()).answered(303)
    };
    let case = "link an app, by a sign-in link";
    let linked = bench.case(case, link::ENDPOINT, said(&token)).await?;
    let code = linked.parameter("code")?;
    let by = |code: &str| {
        let by_code = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", BACK),
        ];
        form(TOKEN, &by_code).basic(&id, &secret)
    };
    let by_code = || by(&code);
    let case = "token, by a code";
    let pair = bench.case(case, token::ENDPOINT, by_code()?).await?;
    let refresh = pair.field("refresh_token")?;
    let next = [
        ("grant_type", "refresh_token"),
        ("refresh_token", &*refresh),
    ];
    let next = form(TOKEN, &next).basic(&id, &secret)?;
    let access = pair.field("access_token")?;
    let ends = form(REVOKE, &[("token", &access)]).basic(&id, &secret)?;
    let case = "revoke an access token of an app";
    bench.case(case, revoke::ENDPOINT, ends).await?;
    let case = "token, by a refresh token of an app";
    bench.case(case, token::ENDPOINT, next).await?;
    let again = by_code()?.answered(400);
    let case = "token, by a code that was used";
    bench.case(case, token::ENDPOINT, again).await?;
    let nothing = get("/.well-known/oauth-authorization-server");
    bench
        .case("get the metadata of OAuth", authorize, nothing)
        .await?;
    let shown = get(format!("/sign-in/{token}"));
    bench.case("show a sign-in link", authorize, shown).await?;
    let user = new(json!({"firstName": "Kim", "lastName": "Second"}));
    let user = bench
        .ask(users::create::ENDPOINT, post("/v2/users", &user))
        .await?;
    let linked = said(&user.field("token")?);
    let linked = bench.ask(link::ENDPOINT, linked).await?;
    let code = linked.parameter("code")?;
    bench.ask(token::ENDPOINT, by(&code)?).await?;
    let gone = delete(format!("{CLIENTS}/{id}"));
    bench
        .case("delete an app", clients::delete::ENDPOINT, gone)
        .await?;
    Ok(())
}

/// The tokens that users are invited with.
async fn invitations(bench: &Bench) -> Result<()> {
    let user = new(json!({"firstName": "Kim", "lastName": "Newcomer"}));
    let user = post("/v2/users", &user);
    let user = bench.ask(users::create::ENDPOINT, user).await?;
    let path = format!("/v2/users/{}/tokens", user.field("userId")?);
    let again = post(&path, &Value::Null);
    let (invite, list_tokens) = (users::create_token::ENDPOINT, users::list_tokens::ENDPOINT);
    bench.case("invite a user again", invite, again).await?;
    bench
        .case("list the tokens of a user", list_tokens, get(&path))
        .await?;
    let end = users::delete_tokens::ENDPOINT;
    bench
        .case("end the tokens of a user", end, delete(&path))
        .await?;
    Ok(())
}
