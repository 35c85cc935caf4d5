//! Linking an app to an account: `/authorize`, `/v2/oauth/clients`, the tokens of apps and how far
//! they go.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use latchkey::linking::needs;
use latchkey::role::Role;
use latchkey_local::template::Integration;
use reqwest::header::{CONTENT_TYPE, HeaderValue};
use reqwest::{Method, RequestBuilder};
use ring::digest::{SHA256, digest};
use serde_json::{Value, json};
use url::{Url, form_urlencoded};
use uuid::Uuid;

use crate::system::{Answer, Store, System, Tenant};
use crate::template::{binary, stack};

const CLIENTS: &str = "/v2/oauth/clients";
const TOKEN: &str = "/v2/oauth/token";
const BACK: &str = "https://app.example.com/linked?from=latchkey";
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

type Fields<'f> = Vec<(&'f str, &'f str)>;

struct App {
    id: String,
    secret: Option<String>,
}

struct Scene {
    store: Store,
    system: System,
    tenant: Tenant,
    /// A public app, and one that keeps a secret.
    public: App,
    confidential: App,
}

/// Organization 7 with two apps, at a gateway that asks the authorizer each time.
async fn scene() -> Scene {
    let store = Store::start().await;
    let system = System::unforgiving(&store).await;
    let mut tenant = Tenant::new(7).with_roles(3, &[Role::AccessAdmin]);
    tenant.with_api_key();
    store.put(&tenant.world).await;
    let public = register(&system, &tenant, "public").await;
    let confidential = register(&system, &tenant, "confidential").await;
    Scene {
        store,
        system,
        tenant,
        public,
        confidential,
    }
}

fn new(kind: &str) -> Value {
    json!({"organizationId": 7, "name": "<b>Home</b>", "redirectUris": [BACK], "type": kind})
}

async fn register(system: &System, tenant: &Tenant, kind: &str) -> App {
    let made = system.post(CLIENTS, tenant.token(1), &new(kind)).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let made = made.json();
    App {
        id: made["clientId"].as_str().unwrap().to_owned(),
        secret: made["clientSecret"].as_str().map(str::to_owned),
    }
}

fn challenge() -> String {
    URL_SAFE_NO_PAD.encode(digest(&SHA256, VERIFIER.as_bytes()))
}

fn encoded(fields: &Fields<'_>) -> String {
    form_urlencoded::Serializer::new(String::new())
        .extend_pairs(fields)
        .finish()
}

/// What an app was told, as the browser brings it.
#[track_caller]
fn told(answer: &Answer) -> BTreeMap<String, String> {
    assert_eq!(answer.status, 303, "{}", answer.body);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let location = answer.header("location").unwrap();
    assert!(
        location.starts_with("https://app.example.com/linked?from=latchkey&"),
        "{location}"
    );
    Url::parse(location)
        .unwrap()
        .query_pairs()
        .into_owned()
        .collect()
}

impl Scene {
    /// What the public app asks for.
    fn asked<'f>(&'f self, challenge: &'f str, scope: &'f str) -> Fields<'f> {
        vec![
            ("client_id", &self.public.id),
            ("redirect_uri", BACK),
            ("response_type", "code"),
            ("state", "a&b\"<"),
            ("scope", scope),
            ("code_challenge", challenge),
            ("code_challenge_method", "S256"),
        ]
    }

    async fn page(&self, fields: &Fields<'_>) -> Answer {
        let path = format!("/authorize?{}", encoded(fields));
        Answer::of(self.request(Method::GET, &path)).await
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        // What a browser does by itself is looked at here.
        let client = reqwest::Client::builder();
        let client = client.redirect(reqwest::redirect::Policy::none());
        let url = format!("{}{path}", self.system.url());
        client.build().unwrap().request(method, url)
    }

    fn send(&self, fields: &Fields<'_>) -> RequestBuilder {
        let form = HeaderValue::from_static("application/x-www-form-urlencoded");
        let request = self.request(Method::POST, "/authorize");
        request.header(CONTENT_TYPE, form).body(encoded(fields))
    }

    async fn say(&self, fields: &Fields<'_>, credential: &str, decision: &str) -> Answer {
        let mut fields = fields.clone();
        fields.extend([("credential", credential), ("decision", decision)]);
        Answer::of(self.send(&fields)).await
    }

    /// The code that a user gives the public app.
    async fn code(&self, user: usize, scope: &str) -> String {
        let challenge = challenge();
        let token = self.tenant.token(user).to_string();
        let answer = self
            .say(&self.asked(&challenge, scope), &token, "allow")
            .await;
        told(&answer)["code"].clone()
    }

    async fn exchange(&self, app: &App, code: &str, more: &Fields<'_>) -> Answer {
        let mut fields = vec![
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", BACK),
            ("client_id", &app.id),
        ];
        fields.extend(
            app.secret
                .as_deref()
                .map(|secret| ("client_secret", secret)),
        );
        fields.extend(more);
        self.system.form(TOKEN, None, &fields).await
    }

    /// The tokens of the public app that a user linked.
    async fn linked(&self, user: usize, scope: &str) -> Value {
        let code = self.code(user, scope).await;
        let verifier = vec![("code_verifier", VERIFIER)];
        let answer = self.exchange(&self.public, &code, &verifier).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.json()
    }

    async fn status(
        &self,
        method: Method,
        path: &str,
        tokens: &Value,
        body: Option<&Value>,
    ) -> u16 {
        let answer = self.system.call(method, path, access(tokens), body).await;
        answer.status.as_u16()
    }

    async fn refresh(&self, tokens: &Value, more: &Fields<'_>) -> Answer {
        let refresh = tokens["refresh_token"].as_str().unwrap();
        let mut fields = vec![
            ("grant_type", "refresh_token"),
            ("refresh_token", refresh),
            ("client_id", &*self.public.id),
        ];
        fields.extend(more);
        self.system.form(TOKEN, None, &fields).await
    }
}

fn access(tokens: &Value) -> Uuid {
    tokens["access_token"].as_str().unwrap().parse().unwrap()
}

#[track_caller]
fn assert_error(answer: &Answer, status: u16, error: &str) {
    assert_eq!(answer.status, status, "{}", answer.body);
    assert_eq!(answer.json()["error"], error, "{}", answer.body);
}

#[tokio::test]
async fn the_page_has_no_script_and_shows_what_others_say_as_text() {
    let scene = scene().await;
    let challenge = challenge();
    let page = scene.page(&scene.asked(&challenge, "read activate")).await;
    assert_eq!(page.status, 200, "{}", page.body);
    assert_eq!(
        page.header("content-type"),
        Some("text/html; charset=utf-8")
    );
    assert_eq!(page.header("cache-control"), Some("no-store"));
    assert_eq!(page.header("x-content-type-options"), Some("nosniff"));
    let policy = page.header("content-security-policy").unwrap();
    assert!(
        policy.starts_with("default-src 'none'; style-src 'sha256-"),
        "{policy}"
    );
    for part in [
        "form-action 'self' https://app.example.com;",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    ] {
        assert!(policy.contains(part), "{policy}");
    }
    assert!(
        !page.body.contains("<script") && !page.body.contains("<b>Home"),
        "{}",
        page.body
    );
    for part in [
        "&lt;b&gt;Home&lt;/b&gt;",
        "value=\"a&amp;b&quot;&lt;\"",
        "open your doors",
    ] {
        assert!(page.body.contains(part), "{part}: {}", page.body);
    }
    // The style is the one that the policy names.
    let style = page
        .body
        .split("<style>")
        .nth(1)
        .unwrap()
        .split("</style>")
        .next()
        .unwrap();
    let hash = base64::engine::general_purpose::STANDARD.encode(digest(&SHA256, style.as_bytes()));
    assert!(policy.contains(&hash), "{policy}");
}

#[tokio::test]
async fn a_yes_gives_a_code_and_that_gives_tokens_once() {
    let scene = scene().await;
    let challenge = challenge();
    let asked = scene.asked(&challenge, "read");
    let token = scene.tenant.token(2).to_string();
    let answer = scene.say(&asked, &token, "allow").await;
    let told = told(&answer);
    assert_eq!(
        (&*told["state"], &*told["iss"]),
        ("a&b\"<", scene.system.url())
    );
    let code = told["code"].clone();
    assert!(!format!("{:?}", scene.store.items().await).contains(&code));

    let verifier = vec![("code_verifier", VERIFIER)];
    for (app, more) in [
        (&scene.public, vec![]),
        (&scene.public, vec![("code_verifier", "x")]),
        (&scene.confidential, verifier.clone()),
    ] {
        let answer = scene.exchange(app, &code, &more).await;
        assert_error(&answer, 400, "invalid_grant");
    }
    let elsewhere = [
        ("grant_type", "authorization_code"),
        ("code", &*code),
        ("redirect_uri", "https://app.example.com/linked"),
        ("client_id", &scene.public.id),
        ("code_verifier", VERIFIER),
    ];
    let answer = scene.system.form(TOKEN, None, &elsewhere).await;
    assert_error(&answer, 400, "invalid_grant");

    let answer = scene.exchange(&scene.public, &code, &verifier).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let tokens = answer.json();
    assert_eq!(
        (&tokens["scope"], &tokens["account_id"]),
        (&json!("read"), &json!(2))
    );
    assert_eq!(
        (&tokens["token_type"], &tokens["expires_in"]),
        (&json!("Bearer"), &json!(3600))
    );
    let account = scene.system.user(access(&tokens)).get("/v1/account").await;
    assert_eq!(account.json()["id"], 2);
    // The token with which they said yes is as good as before.
    assert_eq!(
        scene
            .system
            .user(scene.tenant.token(2))
            .get("/v1/account")
            .await
            .status,
        200
    );

    // Presented again, it ends what it gave, and the tokens that came of that.
    let next = scene.refresh(&tokens, &vec![]).await.json();
    assert_eq!(
        (&next["scope"], &next["account_id"]),
        (&json!("read"), &json!(2))
    );
    let again = scene.exchange(&scene.public, &code, &verifier).await;
    assert_error(&again, 400, "invalid_grant");
    assert_eq!(
        scene.status(Method::GET, "/v1/account", &next, None).await,
        401
    );
    assert_error(&scene.refresh(&next, &vec![]).await, 400, "invalid_grant");
}

#[tokio::test]
async fn of_two_that_present_a_code_at_once_neither_keeps_tokens() {
    let scene = scene().await;
    let code = scene.code(2, "read").await;
    let verifier = vec![("code_verifier", VERIFIER)];
    let present = || scene.exchange(&scene.public, &code, &verifier);
    let (one, other) = tokio::join!(present(), present());
    let answers = [one, other];
    let given: Vec<_> = answers
        .iter()
        .filter(|answer| answer.status == 200)
        .collect();
    assert_eq!(given.len(), 1);
    assert_eq!(
        scene
            .status(Method::GET, "/v1/account", &given[0].json(), None)
            .await,
        401
    );
}

#[tokio::test]
async fn what_is_wrong_with_a_request_is_told_the_app_or_the_user() {
    let scene = scene().await;
    let challenge = challenge();
    let with = |name: &str, value: Option<&'static str>| {
        let mut asked = scene.asked(&challenge, "read");
        asked.retain(|(given, _)| *given != name);
        if let Some(value) = value {
            let names = [
                "client_id",
                "redirect_uri",
                "response_type",
                "scope",
                "code_challenge",
                "code_challenge_method",
            ];
            let name = names.into_iter().find(|known| *known == name).unwrap();
            asked.push((name, value));
        }
        asked
    };
    // Whoever is not registered is sent nowhere.
    for (name, value) in [
        ("client_id", None),
        ("client_id", Some("x")),
        ("client_id", Some("7.vT3mYq0cJx8ZkA-_")),
        ("redirect_uri", Some("https://app.example.com/linked")),
        ("redirect_uri", Some("https://evil.example.com/")),
    ] {
        let page = scene.page(&with(name, value)).await;
        assert_eq!(page.status, 400, "{name} {value:?}");
        assert_eq!(page.header("location"), None);
        assert_eq!(
            page.header("content-type"),
            Some("text/html; charset=utf-8")
        );
        let token = scene.tenant.token(2).to_string();
        let sent = scene.say(&with(name, value), &token, "allow").await;
        assert_eq!((sent.status.as_u16(), sent.header("location")), (400, None));
    }
    for (name, value, error) in [
        ("response_type", None, "invalid_request"),
        ("response_type", Some("token"), "unsupported_response_type"),
        ("scope", Some("read admin"), "invalid_scope"),
        ("code_challenge", None, "invalid_request"),
        ("code_challenge", Some("short"), "invalid_request"),
        ("code_challenge_method", None, "invalid_request"),
        ("code_challenge_method", Some("plain"), "invalid_request"),
    ] {
        let told = told(&scene.page(&with(name, value)).await);
        assert_eq!(
            (&*told["error"], &*told["state"]),
            (error, "a&b\"<"),
            "{name} {value:?}"
        );
    }
    // Only one address is registered, so it need not be named; other parameters are for others.
    let mut fields = with("redirect_uri", None);
    fields.push(("prompt", "consent"));
    assert_eq!(scene.page(&fields).await.status, 200);
    // Left out, the scope is to see and to open.
    let told = told(
        &scene
            .say(&scene.asked(&challenge, "read"), "", "deny")
            .await,
    );
    assert_eq!(
        (&*told["error"], told.contains_key("code")),
        ("access_denied", false)
    );
}

#[tokio::test]
async fn only_a_person_of_the_organization_says_yes_and_no_other_site_for_them() {
    let scene = scene().await;
    let other = Tenant::new(8);
    scene.store.put(&other.world).await;
    let challenge = challenge();
    let asked = scene.asked(&challenge, "read");
    let key = scene
        .system
        .form(TOKEN, None, &[("grant_type", "client_credentials")]);
    assert_error(&key.await, 401, "invalid_client");
    for credential in [
        String::new(),
        "x".to_owned(),
        Uuid::new_v4().to_string(),
        other.token(1).to_string(),
    ] {
        let page = scene.say(&asked, &credential, "allow").await;
        assert_eq!(page.status, 400, "{credential}");
        assert!(page.body.contains("role=\"alert\""), "{}", page.body);
        assert!(credential.len() < 2 || !page.body.contains(&credential));
    }
    let token = scene.tenant.token(2).to_string();
    for (site, status) in [
        ("cross-site", 400),
        ("same-site", 400),
        ("same-origin", 303),
    ] {
        let mut fields = asked.clone();
        fields.extend([("credential", &*token), ("decision", "allow")]);
        let sent = scene.send(&fields).header("sec-fetch-site", site);
        assert_eq!(Answer::of(sent).await.status, status, "{site}");
    }
    // A token of an app links no other app, unless it may.
    let tokens = scene.linked(2, "read manage").await;
    let page = scene
        .say(&asked, &access(&tokens).to_string(), "allow")
        .await;
    assert_eq!(page.status, 400);
    let tokens = scene.linked(2, "read authorize").await;
    let own = access(&tokens).to_string();
    told(&scene.say(&asked, &own, "allow").await);
    let more = scene.asked(&challenge, "read manage");
    assert_eq!(scene.say(&more, &own, "allow").await.status, 400);
}

#[tokio::test]
async fn a_sign_in_link_is_good_once() {
    let scene = scene().await;
    let body = json!({"organizationId": 7, "firstName": "Kim", "lastName": "New", "roles": ["Receptionist"]});
    let made = scene
        .system
        .post("/v2/users", scene.tenant.token(1), &body)
        .await
        .json();
    let link = made["invitation"]["url"].as_str().unwrap();
    let path = link.strip_prefix(scene.system.url()).unwrap();
    for _ in 0..2 {
        let page = Answer::of(scene.request(Method::GET, path)).await;
        assert_eq!(page.status, 200, "{}", page.body);
        assert!(page.body.contains(link) && page.header("cache-control") == Some("no-store"));
    }
    let nothing = Answer::of(scene.request(Method::GET, "/sign-in/x")).await;
    assert_eq!(nothing.status, 404);

    let challenge = challenge();
    let asked = scene.asked(&challenge, "read");
    let code = told(&scene.say(&asked, &format!(" {link} "), "allow").await)["code"].clone();
    let verifier = vec![("code_verifier", VERIFIER)];
    let tokens = scene.exchange(&scene.public, &code, &verifier).await.json();
    assert_eq!(tokens["account_id"], made["userId"]);
    assert_eq!(scene.say(&asked, link, "allow").await.status, 400);
    let token = made["token"].as_str().unwrap().parse().unwrap();
    assert_eq!(
        scene.system.user(token).get("/v1/account").await.status,
        401
    );

    // It speaks for the roles that the user was invited with, and for none that they are given
    // later.
    let user = format!("/v2/users/{}", made["userId"]);
    let roles = json!({"roles": ["Receptionist", "Admin"]});
    scene
        .system
        .user(scene.tenant.token(1))
        .put(&user, &roles)
        .await;
    assert_eq!(
        scene.status(Method::GET, "/v2/users", &tokens, None).await,
        200
    );
    assert_eq!(
        scene
            .status(Method::GET, "/v2/api-keys", &tokens, None)
            .await,
        403
    );
    // Who invites again gets another link.
    let tokens = format!("{user}/tokens");
    let admin = scene.tenant.token(1);
    let again = scene.system.call(Method::POST, &tokens, admin, None);
    let again = again.await.json();
    told(
        &scene
            .say(
                &asked,
                again["invitation"]["url"].as_str().unwrap(),
                "allow",
            )
            .await,
    );
}

#[tokio::test]
async fn scopes_bound_what_tokens_do_on_every_route() {
    let scene = scene().await;
    let share = scene.tenant.share(json!({}));
    let all = scene
        .linked(1, "read manage activate events settings authorize")
        .await;
    let read = scene.linked(1, "read").await;
    let manage = scene.linked(1, "manage").await;
    let (get, post) = (Method::GET, Method::POST);
    let user = json!({"organizationId": 7, "firstName": "A", "lastName": "B"});
    let key = json!({"organizationId": 7, "name": "K"});
    let name = json!({"name": "Other"});
    for (tokens, method, path, body, status) in [
        (&read, &get, "/v2/shares", None, 200),
        (&read, &get, "/v1/account", None, 200),
        (&read, &post, "/v2/shares", Some(&share), 403),
        (&read, &post, "/v1/devices/1/remote-activation", None, 403),
        (&read, &get, "/v2/api-keys", None, 403),
        (&read, &Method::PUT, "/v2/organizations/7", Some(&name), 403),
        (&manage, &get, "/v2/shares", None, 403),
        (&manage, &post, "/v2/shares", Some(&share), 200),
        (&manage, &post, "/v2/users", Some(&user), 403),
        (&manage, &post, "/v2/api-keys", Some(&key), 403),
        (&all, &post, "/v2/users", Some(&user), 201),
        (&all, &post, "/v2/api-keys", Some(&key), 201),
        (&all, &Method::PUT, "/v2/organizations/7", Some(&name), 200),
    ] {
        let answered = scene.status(method.clone(), path, tokens, body).await;
        assert_eq!(answered, status, "{method} {path}");
    }
    let refused = scene.system.post("/v2/shares", access(&read), &share).await;
    refused.assert_error(403, "insufficientRightsError");
    assert_eq!(refused.fields(), ["scope"]);
    // A user can give no more than they have, whatever the scope.
    let member = scene.linked(2, "read manage").await;
    assert_eq!(
        scene
            .status(post.clone(), "/v2/shares", &member, Some(&share))
            .await,
        403
    );

    // A refresh may ask for less, and not for more.
    let less = scene.refresh(&all, &vec![("scope", "read")]).await.json();
    assert_eq!(less["scope"], "read");
    assert_eq!(
        scene
            .status(post.clone(), "/v2/shares", &less, Some(&share))
            .await,
        403
    );
    let back = scene.refresh(&less, &vec![]).await.json();
    assert_eq!(
        scene.status(post, "/v2/shares", &back, Some(&share)).await,
        200
    );
    let more = scene.refresh(&read, &vec![("scope", "read manage")]).await;
    assert_error(&more, 400, "invalid_scope");
}

/// Every function behind the authorizer has its scopes in the one table; the tokens of apps are
/// refused wherever one is missing.
#[test]
fn every_route_has_its_scopes_in_the_table() {
    let stack = stack();
    let routes = stack.api.routes.iter();
    let functions = routes.filter_map(|route| match &route.integration {
        Integration::Function(function) if route.authorizer.is_some() => Some(function),
        _ => None,
    });
    let operations: BTreeSet<_> = functions
        .map(|function| binary(&stack.functions[function]))
        .collect();
    assert!(operations.len() > 60);
    let missing = operations.iter().filter(|name| needs(name).is_none());
    let missing: Vec<_> = missing.collect();
    assert!(
        missing.is_empty(),
        "no scopes in shared/src/linking/scopes.rs: {missing:?}"
    );
}

#[tokio::test]
async fn an_app_that_keeps_a_secret_needs_it_and_no_challenge() {
    let scene = scene().await;
    let app = &scene.confidential;
    let asked = vec![
        ("client_id", &*app.id),
        ("response_type", "code"),
        ("redirect_uri", BACK),
    ];
    let token = scene.tenant.token(2).to_string();
    let code = told(&scene.say(&asked, &token, "allow").await)["code"].clone();
    let nameless = App {
        id: app.id.clone(),
        secret: None,
    };
    let wrong = App {
        id: app.id.clone(),
        secret: Some("x".to_owned()),
    };
    for other in [nameless, wrong] {
        let answer = scene.exchange(&other, &code, &vec![]).await;
        assert_error(&answer, 401, "invalid_client");
    }
    let with = vec![("code_verifier", VERIFIER)];
    assert_error(
        &scene.exchange(app, &code, &with).await,
        400,
        "invalid_grant",
    );
    let answer = scene.exchange(app, &code, &vec![]).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.json()["scope"], "read activate events");
    // By the header, too; and no token without a user.
    let client = Some((&*app.id, app.secret.as_deref().unwrap()));
    let refresh = answer.json()["refresh_token"].as_str().unwrap().to_owned();
    let form = [
        ("grant_type", "refresh_token"),
        ("refresh_token", &*refresh),
    ];
    let next = scene.system.form(TOKEN, client, &form).await;
    assert_eq!(next.status, 200, "{}", next.body);
    let form = [("grant_type", "client_credentials")];
    let answer = scene.system.form(TOKEN, client, &form).await;
    assert_error(&answer, 400, "unauthorized_client");
    // It revokes what it was given.
    let next = next.json();
    let form = [("token", next["refresh_token"].as_str().unwrap())];
    let ended = scene.system.form("/v2/oauth/revoke", client, &form).await;
    assert_eq!(ended.status, 200, "{}", ended.body);
    assert_eq!(
        scene.status(Method::GET, "/v1/account", &next, None).await,
        401
    );
}

#[tokio::test]
async fn apps_are_registered_listed_and_deleted_with_their_tokens() {
    let scene = scene().await;
    let admin = scene.tenant.token(1);
    let listed = scene.system.user(admin).get(CLIENTS).await;
    assert_eq!(listed.status, 200, "{}", listed.body);
    let listed = listed.json();
    assert_eq!(listed.as_array().unwrap().len(), 2);
    assert!(
        !listed
            .to_string()
            .contains(scene.confidential.secret.as_deref().unwrap())
    );
    assert!(!listed.to_string().contains("secret"), "{listed}");
    for user in [2, 3] {
        for answer in [
            scene
                .system
                .user(scene.tenant.token(user))
                .get(CLIENTS)
                .await,
            scene
                .system
                .post(CLIENTS, scene.tenant.token(user), &new("public"))
                .await,
            scene
                .system
                .user(scene.tenant.token(user))
                .delete(&format!("{CLIENTS}/{}", scene.public.id))
                .await,
        ] {
            answer.assert_error(403, "insufficientRightsError");
        }
    }
    let bad = json!({"organizationId": 7, "name": "", "redirectUris": ["http://example.com/"], "type": "other", "scope": "all"});
    let answer = scene.system.post(CLIENTS, admin, &bad).await;
    let fields: BTreeSet<_> = answer.fields().into_iter().collect();
    assert_eq!(
        fields,
        ["name", "redirectUris[0]", "type", "scope"]
            .map(str::to_owned)
            .into()
    );

    let tokens = scene.linked(2, "read").await;
    let path = format!("{CLIENTS}/{}", scene.public.id);
    let deleted = scene.system.user(admin).delete(&path).await;
    assert_eq!(deleted.status, 204, "{}", deleted.body);
    assert_eq!(
        scene
            .status(Method::GET, "/v1/account", &tokens, None)
            .await,
        401
    );
    assert_error(
        &scene.refresh(&tokens, &vec![]).await,
        401,
        "invalid_client",
    );
    let challenge = challenge();
    assert_eq!(
        scene.page(&scene.asked(&challenge, "read")).await.status,
        400
    );
    scene
        .system
        .user(admin)
        .delete(&path)
        .await
        .assert_error(404, "notFoundError");
    assert_eq!(
        scene
            .system
            .user(admin)
            .get(CLIENTS)
            .await
            .json()
            .as_array()
            .unwrap()
            .len(),
        1
    );
    // Of another organization there is none.
    let path = format!("{CLIENTS}/8.{}", scene.public.id.split('.').nth(1).unwrap());
    scene
        .system
        .user(admin)
        .delete(&path)
        .await
        .assert_error(404, "notFoundError");
}

#[tokio::test]
async fn tokens_of_an_app_end_with_their_user() {
    let scene = scene().await;
    let tokens = scene.linked(2, "read").await;
    let deleted = scene
        .system
        .user(scene.tenant.token(1))
        .delete("/v2/users/2")
        .await;
    assert_eq!(deleted.status, 204);
    assert_eq!(
        scene
            .status(Method::GET, "/v1/account", &tokens, None)
            .await,
        401
    );
    assert_error(&scene.refresh(&tokens, &vec![]).await, 400, "invalid_grant");
}

#[tokio::test]
async fn a_program_finds_its_way_by_the_metadata() {
    let scene = scene().await;
    let path = "/.well-known/oauth-authorization-server";
    let metadata = Answer::of(scene.request(Method::GET, path)).await;
    assert_eq!(metadata.status, 200);
    let metadata = metadata.json();
    let url = scene.system.url();
    assert_eq!(metadata["issuer"], url);
    assert_eq!(
        metadata["authorization_endpoint"],
        format!("{url}/authorize")
    );
    assert_eq!(metadata["token_endpoint"], format!("{url}/v2/oauth/token"));
    assert_eq!(
        metadata["revocation_endpoint"],
        format!("{url}/v2/oauth/revoke")
    );
    assert_eq!(
        metadata["code_challenge_methods_supported"],
        json!(["S256"])
    );
    assert_eq!(
        metadata["scopes_supported"],
        json!([
            "read",
            "manage",
            "activate",
            "events",
            "settings",
            "authorize"
        ])
    );
}
