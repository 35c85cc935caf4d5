//! `/v2/oauth`: tokens for API keys.

use std::collections::BTreeSet;

use chrono::{TimeDelta, Utc};
use futures_util::future::join_all;
use latchkey::caller::OrganizationScope;
use latchkey::credential::{ApiKey, ApiKeySecret, Credential};
use latchkey::id::FamilyId;
use latchkey::secret::Random;
use latchkey::token::RefreshToken;
use reqwest::Method;
use reqwest::header::CONTENT_TYPE;
use ring::rand::SystemRandom;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::system::{Answer, Store, System, Tenant, keys};

const TOKEN: &str = "/v2/oauth/token";
const REVOKE: &str = "/v2/oauth/revoke";
/// The number of credentials of the demo organization, which each system puts into its store.
const DEMO_CREDENTIALS: usize = 4;
const GRANT: (&str, &str) = ("grant_type", "client_credentials");

struct Fixed {
    store: Store,
    system: System,
    tenant: Tenant,
    /// The secrets of two API keys of user 1.
    keys: [ApiKeySecret; 2],
}

/// Organization 7 with two API keys, at a gateway that asks the authorizer each time.
async fn fixed() -> Fixed {
    let store = Store::start().await;
    let system = System::unforgiving(&store).await;
    let mut tenant = Tenant::new(7);
    let keys = [0; 2].map(|_| tenant.with_api_key());
    store.put(&tenant.world).await;
    Fixed {
        store,
        system,
        tenant,
        keys,
    }
}

impl Fixed {
    fn scope(&self) -> OrganizationScope {
        self.tenant.world.scope().unwrap()
    }

    /// A request by the key with this number.
    async fn ask(&self, path: &str, key: usize, form: &[(&str, &str)]) -> Answer {
        let id = self.keys[key].id.to_string();
        let client = Some((&*id, self.keys[key].reveal()));
        self.system.form(path, client, form).await
    }

    async fn first(&self) -> Pair {
        Pair::of(&self.ask(TOKEN, 0, &[GRANT]).await)
    }

    async fn refresh(&self, token: &str) -> Answer {
        let form = [("grant_type", "refresh_token"), ("refresh_token", token)];
        self.ask(TOKEN, 0, &form).await
    }

    async fn works(&self, token: Uuid) -> bool {
        match self
            .system
            .user(token)
            .get("/v2/users/2")
            .await
            .status
            .as_u16()
        {
            200 => true,
            401 => false,
            other => panic!("{other}"),
        }
    }
}

#[derive(Debug, Clone)]
struct Pair {
    access: Uuid,
    refresh: String,
}

impl Pair {
    /// The pair that was answered, in the shape that clients read.
    #[track_caller]
    fn of(answer: &Answer) -> Self {
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.assert_headers();
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        assert_eq!(answer.header("pragma"), Some("no-cache"));
        let body = answer.json();
        let names: BTreeSet<_> = body.as_object().unwrap().keys().cloned().collect();
        let expected = [
            "access_token",
            "account_id",
            "expires_in",
            "refresh_token",
            "scope",
            "token_type",
        ];
        assert_eq!(names, expected.map(str::to_owned).into());
        assert!(body["account_id"].is_u64());
        let scopes = "read manage activate events settings authorize";
        assert_eq!(body["scope"], scopes);
        assert_eq!(body["token_type"], "Bearer");
        assert_eq!(body["expires_in"], 3600);
        let access: Uuid = body["access_token"].as_str().unwrap().parse().unwrap();
        assert_eq!(access.get_version_num(), 4);
        Self {
            access,
            refresh: body["refresh_token"].as_str().unwrap().to_owned(),
        }
    }
}

/// Checks an error in the shape that OAuth clients read.
#[track_caller]
fn assert_refused(answer: &Answer, status: u16, error: &str) {
    assert_eq!(answer.status, status, "{}", answer.body);
    answer.assert_headers();
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let body = answer.json();
    assert_eq!(body["error"], error, "{body}");
    assert!(body["error_description"].is_string(), "{body}");
    assert_eq!(body.as_object().unwrap().len(), 2, "{body}");
    // API Gateway gives the header another name.
    let challenge = answer.header("x-amzn-remapped-www-authenticate");
    let expected = (status == 401).then_some("Basic realm=\"Latchkey\"");
    assert_eq!(challenge, expected);
    let retry = answer.header("retry-after");
    assert_eq!(retry, matches!(status, 429 | 503).then_some("1"));
}

#[tokio::test]
async fn an_api_key_is_given_an_access_token_that_speaks_for_its_user() {
    let at = fixed().await;
    let pair = at.first().await;
    assert!(at.works(pair.access).await);
    // The same by the form, with another pair each time.
    let (id, secret) = (at.keys[0].id.to_string(), at.keys[0].reveal());
    let form = [GRANT, ("client_id", &id), ("client_secret", secret)];
    let other = Pair::of(&at.system.form(TOKEN, None, &form).await);
    assert!(at.works(other.access).await);
    assert_ne!(other.access, pair.access);
    assert!(at.works(pair.access).await);
    // Nothing that opens anything is stored.
    let items = format!("{:?}", at.store.items().await);
    for secret in [&pair.refresh, &pair.access.to_string(), secret] {
        assert!(!items.contains(secret));
    }
}

#[tokio::test]
async fn a_client_with_a_wrong_secret_gets_nothing() {
    let at = fixed().await;
    let (id, other) = (at.keys[0].id.to_string(), at.keys[1].id.to_string());
    let secret = at.keys[0].reveal();
    let clients = [
        None,
        Some((&*id, "nonsense")),
        Some((&*other, secret)),
        Some((&*id, "")),
        Some(("key1", secret)),
    ];
    for client in clients {
        for (path, form) in [(TOKEN, GRANT), (REVOKE, ("token", "x"))] {
            let answer = at.system.form(path, client, &[form]).await;
            assert_refused(&answer, 401, "invalid_client");
        }
    }
    let in_form = [GRANT, ("client_id", &id), ("client_secret", "x")];
    let answer = at.system.form(TOKEN, None, &in_form).await;
    assert_refused(&answer, 401, "invalid_client");
    // An access token is no client.
    let request = at.system.request(Method::POST, TOKEN);
    let request = request
        .bearer_auth(at.tenant.token(1))
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded");
    let answer = Answer::of(request.body("grant_type=client_credentials")).await;
    assert_refused(&answer, 401, "invalid_client");
    // Neither is the key of a deleted user; another admin stays.
    let path = "/v2/users/1";
    let pair = at.first().await;
    let promote = json!({"roles": ["Admin"]});
    let other = at
        .system
        .user(at.tenant.token(1))
        .put("/v2/users/2", &promote);
    other.await.ok();
    let gone = at
        .system
        .user(at.tenant.token(1))
        .call(Method::DELETE, path)
        .await;
    assert_eq!(gone.status, 204);
    let answer = at.ask(TOKEN, 0, &[GRANT]).await;
    assert_refused(&answer, 401, "invalid_client");
    assert_refused(&at.refresh(&pair.refresh).await, 401, "invalid_client");
    assert!(!at.works(pair.access).await);
}

#[tokio::test]
async fn each_wrong_request_has_its_own_error() {
    let at = fixed().await;
    let refresh = ("grant_type", "refresh_token");
    let cases: &[(&[(&str, &str)], &str)] = &[
        (&[], "invalid_request"),
        (&[("grant_type", "")], "invalid_request"),
        (&[GRANT, GRANT], "invalid_request"),
        (&[GRANT, ("x", "1"), ("x", "2")], "invalid_request"),
        (&[GRANT, ("client_secret", "x")], "invalid_request"),
        (&[GRANT, ("client_id", "x")], "invalid_request"),
        (&[refresh], "invalid_request"),
        (&[("grant_type", "password")], "unsupported_grant_type"),
        (&[GRANT, ("scope", "doors")], "invalid_scope"),
        (&[refresh, ("refresh_token", "x")], "invalid_grant"),
    ];
    for (form, error) in cases {
        assert_refused(&at.ask(TOKEN, 0, form).await, 400, error);
    }
    // A parameter without a value counts as left out; an unknown one is refused even without a
    // value.
    let form = [GRANT, ("scope", "")];
    Pair::of(&at.ask(TOKEN, 0, &form).await);
    for (name, code) in [("resource", "unknownField"), ("redirect_uri", "notServed")] {
        let answer = at.ask(TOKEN, 0, &[GRANT, (name, "x")]).await.json();
        assert_eq!(answer["error"], "invalid_request", "{name}");
        let details = &answer["details"][0];
        assert_eq!(
            (&details["field"], &details["code"]),
            (&json!(name), &json!(code))
        );
    }
    at.ask(TOKEN, 0, &[GRANT, ("resource", "")]).await.is(400);
    assert_refused(&at.ask(REVOKE, 0, &[]).await, 400, "invalid_request");

    let id = at.keys[0].id.to_string();
    for (path, body) in [
        (TOKEN, "grant_type=client_credentials"),
        (REVOKE, "token=x"),
    ] {
        for content_type in [None, Some("application/json"), Some("text/plain")] {
            let request = at.system.request(Method::POST, path);
            let mut request = request
                .basic_auth(&id, Some(at.keys[0].reveal()))
                .body(body);
            if let Some(content_type) = content_type {
                request = request.header(CONTENT_TYPE, content_type);
            }
            assert_refused(&Answer::of(request).await, 400, "invalid_request");
        }
        let large = "x".repeat(70_000);
        let answer = at.ask(path, 0, &[("x", &large)]).await;
        assert_refused(&answer, 413, "invalid_request");
    }
}

#[tokio::test]
async fn a_refresh_token_gives_the_next_pair_and_ends_the_one_before() {
    let at = fixed().await;
    let before = at.store.sort_keys(&keys::credentials()).await.len();
    let mut pairs = vec![at.first().await];
    for _ in 0..4 {
        let last = pairs.last().unwrap();
        pairs.push(Pair::of(&at.refresh(&last.refresh).await));
    }
    let (last, earlier) = pairs.split_last().unwrap();
    for pair in earlier {
        assert!(!at.works(pair.access).await);
    }
    assert!(at.works(last.access).await);
    assert_eq!(at.store.sort_keys(&keys::tokens()).await.len(), 1);
    let credentials = at.store.sort_keys(&keys::credentials()).await;
    assert_eq!(credentials.len(), before + 1);
}

#[tokio::test]
async fn a_refresh_token_that_is_used_again_ends_all_that_came_of_it() {
    let at = fixed().await;
    let bystander = at.first().await;
    let first = at.first().await;
    let second = Pair::of(&at.refresh(&first.refresh).await);
    let third = Pair::of(&at.refresh(&second.refresh).await);
    assert!(at.works(third.access).await);
    assert_refused(&at.refresh(&first.refresh).await, 400, "invalid_grant");
    for pair in [&first, &second, &third] {
        assert!(!at.works(pair.access).await);
        assert_refused(&at.refresh(&pair.refresh).await, 400, "invalid_grant");
    }
    // Another family of the same key continues.
    assert!(at.works(bystander.access).await);
    Pair::of(&at.refresh(&bystander.refresh).await);
}

#[tokio::test]
async fn concurrent_uses_get_the_same_pair_which_works() {
    let at = fixed().await;
    for _ in 0..3 {
        let first = at.first().await;
        let uses = join_all((0..32).map(|_| at.refresh(&first.refresh))).await;
        let bodies: BTreeSet<_> = uses.iter().map(|answer| answer.body.clone()).collect();
        assert_eq!(bodies.len(), 1, "{bodies:?}");
        let next = Pair::of(&uses[0]);
        assert!(!at.works(first.access).await);
        assert!(at.works(next.access).await);
        // Nothing is left of the pairs that were not given.
        let later = Pair::of(&at.refresh(&next.refresh).await);
        assert!(at.works(later.access).await && !at.works(next.access).await);
    }
    assert_eq!(at.store.sort_keys(&keys::tokens()).await.len(), 3);
    let credentials = at.store.sort_keys(&keys::credentials()).await.len();
    let given = at.tenant.world.credentials.len() + at.keys.len() + DEMO_CREDENTIALS;
    assert_eq!(credentials, given + 3);
}

#[tokio::test]
async fn a_repeated_refresh_costs_no_further_round_trip() {
    let at = fixed().await;
    let first = at.first().await;
    let next = at.refresh(&first.refresh).await;
    at.store.calls();
    let again = at.refresh(&first.refresh).await;
    assert_eq!(again.body, next.body);
    let calls = at.store.calls();
    let calls: Vec<_> = calls.iter().map(|call| call.operation.as_str()).collect();
    assert_eq!(calls, ["GetItem", "TransactWriteItems"]);
    // What is stored opens nothing by itself.
    let items = format!("{:?}", at.store.items().await);
    let next = Pair::of(&next);
    assert!(!items.contains(&next.refresh) && !items.contains(&next.access.to_string()));
}

#[tokio::test]
async fn a_refresh_token_that_is_used_again_after_half_a_minute_is_a_theft() {
    let at = fixed().await;
    let random = Random::new(SystemRandom::new());
    let key = &at.tenant.world.api_keys[0];
    for (seconds, same) in [(25, true), (31, false)] {
        let then = Utc::now() - TimeDelta::seconds(seconds);
        let family = FamilyId::generate(&random).unwrap();
        let [used, next] = [(); 2].map(|()| RefreshToken::generate(key.id, family, &random));
        let (used, next) = (used.unwrap(), next.unwrap());
        let pair = used.used_for(&next, &random, then).unwrap();
        let client = credential_of(&at, key);
        at.store
            .put_pair(&at.scope(), &next, &pair, &client, then)
            .await;
        let answer = at.refresh(&used.reveal()).await;
        if same {
            let again = Pair::of(&answer);
            assert_eq!(again.refresh, next.reveal());
            assert_eq!(again.access, next.access_token());
        } else {
            assert_refused(&answer, 400, "invalid_grant");
        }
        assert_eq!(at.works(next.access_token()).await, same);
        let answer = at.refresh(&next.reveal()).await;
        assert_eq!(answer.status.as_u16(), if same { 200 } else { 400 });
    }
}

#[tokio::test]
async fn a_refresh_token_is_answered_again_to_its_own_client_and_while_that_may_ask() {
    let at = fixed().await;
    let first = at.first().await;
    let next = Pair::of(&at.refresh(&first.refresh).await);
    let form = [
        ("grant_type", "refresh_token"),
        ("refresh_token", first.refresh.as_str()),
    ];
    assert_refused(&at.ask(TOKEN, 1, &form).await, 400, "invalid_grant");
    // Revoked: nothing is given again.
    let revoked = at.ask(REVOKE, 0, &[("token", &next.refresh)]).await;
    assert_eq!(revoked.status, 200);
    assert_refused(&at.refresh(&first.refresh).await, 400, "invalid_grant");
    assert!(!at.works(next.access).await);
    // A client that is gone is given nothing again.
    let first = at.first().await;
    Pair::of(&at.refresh(&first.refresh).await);
    let path = format!("/v2/api-keys/{}", at.keys[0].id);
    let gone = at.system.user(at.tenant.token(1)).delete(&path).await;
    assert_eq!(gone.status, 204);
    assert_refused(&at.refresh(&first.refresh).await, 401, "invalid_client");
}

#[tokio::test]
async fn a_refresh_token_is_of_use_to_its_own_client_alone() {
    let at = fixed().await;
    let pair = at.first().await;
    let form = [
        ("grant_type", "refresh_token"),
        ("refresh_token", pair.refresh.as_str()),
    ];
    assert_refused(&at.ask(TOKEN, 1, &form).await, 400, "invalid_grant");
    let nobody = at.system.form(TOKEN, None, &form).await;
    assert_refused(&nobody, 401, "invalid_client");
    // That did not use it: it is still valid.
    assert!(at.works(pair.access).await);
    Pair::of(&at.refresh(&pair.refresh).await);
}

#[tokio::test]
async fn tokens_end_at_their_end_before_dynamodb_removes_them() {
    let at = fixed().await;
    let random = Random::new(SystemRandom::new());
    // One that was issued 31 days ago, and one 29 days ago: both access tokens have expired.
    for (days, good) in [(31, false), (29, true)] {
        let key = &at.tenant.world.api_keys[0];
        let family = FamilyId::generate(&random).unwrap();
        let token = RefreshToken::generate(key.id, family, &random).unwrap();
        let then = Utc::now() - TimeDelta::days(days);
        let client = credential_of(&at, key);
        at.store
            .put_tokens(&at.scope(), &token, &client, then)
            .await;
        assert!(!at.works(token.access_token()).await);
        let answer = at.refresh(&token.reveal()).await;
        if good {
            assert!(at.works(Pair::of(&answer).access).await);
        } else {
            assert_refused(&answer, 400, "invalid_grant");
        }
    }
    // A used one continues for 30 days from then.
    let items = at.store.items().await;
    let families = items
        .iter()
        .filter(|item| item["SK"].as_s().unwrap().starts_with(&keys::tokens()));
    let ends: Vec<i64> = families
        .map(|item| item["expiresAt"].as_n().unwrap().parse().unwrap())
        .collect();
    let month = (Utc::now() + TimeDelta::days(30)).timestamp();
    assert!(
        ends.len() == 1 && (month - 60..=month).contains(&ends[0]),
        "{ends:?}"
    );
}

fn credential_of(at: &Fixed, key: &ApiKey) -> Credential {
    Credential {
        id: key.id.to_string(),
        ..Credential::of(at.tenant.world.organization.id, key.user)
    }
}

#[tokio::test]
async fn a_client_revokes_what_it_was_given() {
    let at = fixed().await;
    let (one, two) = (at.first().await, at.first().await);
    let revoke = async |token: &str, hint: Option<&str>| {
        let mut form = vec![("token", token)];
        form.extend(hint.map(|hint| ("token_type_hint", hint)));
        let answer = at.ask(REVOKE, 0, &form).await;
        assert_eq!((answer.status.as_u16(), &*answer.body), (200, ""));
        answer.assert_headers();
    };
    // An access token ends alone, whatever the hint says.
    revoke(&one.access.to_string(), Some("refresh_token")).await;
    assert!(!at.works(one.access).await);
    let next = Pair::of(&at.refresh(&one.refresh).await);
    assert!(at.works(next.access).await);
    // With a refresh token ends its family, also with one that was used.
    revoke(&one.refresh, Some("access_token")).await;
    assert!(!at.works(next.access).await);
    assert_refused(&at.refresh(&next.refresh).await, 400, "invalid_grant");
    assert!(at.works(two.access).await);
    revoke(&two.refresh, None).await;
    assert!(!at.works(two.access).await);
    // An unknown token counts as revoked.
    for gone in [&one.access.to_string(), &two.refresh, "nonsense"] {
        revoke(gone, Some("whatever")).await;
    }
    revoke(&Uuid::new_v4().to_string(), None).await;
    assert!(at.store.sort_keys(&keys::tokens()).await.is_empty());
}

#[tokio::test]
async fn nobody_revokes_what_another_client_was_given() {
    let at = fixed().await;
    let pair = at.first().await;
    let access = pair.access.to_string();
    for token in [&access, &pair.refresh] {
        let answer = at.ask(REVOKE, 1, &[("token", token)]).await;
        assert_refused(&answer, 400, "invalid_grant");
        let answer = at.system.form(REVOKE, None, &[("token", token)]).await;
        assert_refused(&answer, 401, "invalid_client");
    }
    // To a client of another organization it does not exist.
    let mut other = Tenant::new(8);
    let key = other.with_api_key();
    at.store.put(&other.world).await;
    let id = key.id.to_string();
    let client = Some((&*id, key.reveal()));
    at.system
        .form(REVOKE, client, &[("token", &access)])
        .await
        .ok();
    assert!(at.works(pair.access).await);
    Pair::of(&at.refresh(&pair.refresh).await);
}

#[tokio::test]
async fn a_token_that_no_client_was_given_ends_when_it_is_shown() {
    let at = fixed().await;
    let new = json!({"organizationId": 7, "firstName": "A", "lastName": "B", "roles": ["Admin"]});
    let admin = at.tenant.token(1);
    let invite = async || {
        let answer = at.system.user(admin).post("/v2/users", &new).await.json();
        answer["token"].as_str().unwrap().parse::<Uuid>().unwrap()
    };
    for by_client in [false, true] {
        let token = invite().await;
        assert!(at.works(token).await);
        let text = token.to_string();
        let form = [("token", &*text)];
        for _ in 0..2 {
            let answer = if by_client {
                at.ask(REVOKE, 1, &form).await
            } else {
                at.system.form(REVOKE, None, &form).await
            };
            assert_eq!(answer.status, 200, "{}", answer.body);
            assert!(!at.works(token).await);
        }
    }
}

#[tokio::test]
async fn while_the_store_is_away_clients_are_told_to_try_again() {
    let mut at = fixed().await;
    let pair = at.first().await;
    at.store.throttle(100);
    let answer = at.ask(TOKEN, 0, &[GRANT]).await;
    assert_refused(&answer, 429, "temporarily_unavailable");
    at.store.calm();
    at.store.stop();
    let form = [("token", pair.refresh.as_str())];
    for answer in [
        at.ask(TOKEN, 0, &[GRANT]).await,
        at.refresh(&pair.refresh).await,
        at.ask(REVOKE, 0, &form).await,
    ] {
        assert_refused(&answer, 503, "temporarily_unavailable");
    }
    at.store.resume().await;
    // Nothing was half done.
    assert!(at.works(pair.access).await);
    Pair::of(&at.refresh(&pair.refresh).await);
}

#[tokio::test]
async fn no_secret_is_logged() {
    let store = Store::start().await;
    let mut tenant = Tenant::new(7);
    let key = tenant.with_api_key();
    let id = key.id.to_string();
    let client = Some((&*id, key.reveal()));
    let log = std::env::temp_dir().join(format!("latchkey-{}.log", Uuid::new_v4()));
    let system = System::logged(&store, &log).await;
    store.put(&tenant.world).await;
    let pair = Pair::of(&system.form(TOKEN, client, &[GRANT]).await);
    let form = [
        ("grant_type", "refresh_token"),
        ("refresh_token", pair.refresh.as_str()),
    ];
    let next = Pair::of(&system.form(TOKEN, client, &form).await);
    system.form(TOKEN, client, &form).await.ok();
    let revoke = [("token", next.refresh.as_str())];
    system.form(REVOKE, client, &revoke).await.ok();
    assert!(system.stop().await.success());
    let text = std::fs::read_to_string(&log).unwrap();
    std::fs::remove_file(log).unwrap();
    let log = text;
    assert!(log.contains("oauth-token"), "{log}");
    let access = [pair.access.to_string(), next.access.to_string()];
    for secret in [
        key.reveal(),
        &pair.refresh,
        &next.refresh,
        &access[0],
        &access[1],
    ] {
        assert!(!log.contains(secret), "{log}");
    }
}

#[tokio::test]
async fn a_key_that_is_given_out_over_http_is_a_client() {
    let at = fixed().await;
    let body: Value = json!({"organizationId": 7, "name": "N", "userId": 2});
    let made = at
        .system
        .user(at.tenant.token(1))
        .post("/v2/api-keys", &body);
    let made = made.await.json();
    let text = |name: &str| made[name].as_str().unwrap().to_owned();
    let (id, secret) = (text("apiKeyId"), text("secret"));
    let pair = Pair::of(&at.system.form(TOKEN, Some((&id, &secret)), &[GRANT]).await);
    // User 2, a plain member, reads themself.
    assert!(at.works(pair.access).await);
    at.system.user(pair.access).get("/v2/users/3").await.is(404);
}
