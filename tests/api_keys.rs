//! `/v2/api-keys`.

use std::collections::BTreeSet;

use chrono::{NaiveDate, TimeDelta, Utc};
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::system::{Answer, Store, System, Tenant, keys};

const PATH: &str = "/v2/api-keys";

struct Fixed {
    store: Store,
    system: System,
    tenant: Tenant,
}

/// Organization 7, at a gateway that asks the authorizer each time.
async fn fixed() -> Fixed {
    let store = Store::start().await;
    let system = System::unforgiving(&store).await;
    let tenant = Tenant::new(7);
    store.put(&tenant.world).await;
    Fixed {
        store,
        system,
        tenant,
    }
}

impl Fixed {
    fn admin(&self) -> Uuid {
        self.tenant.token(1)
    }

    async fn create(&self, body: Value) -> (String, String) {
        let answer = self
            .system
            .user(self.admin())
            .post(PATH, &body)
            .await
            .created();
        let text = |name: &str| answer.json()[name].as_str().unwrap().to_owned();
        (text("apiKeyId"), text("secret"))
    }

    async fn get(&self, path: &str) -> Answer {
        self.system.user(self.admin()).get(path).await
    }

    async fn delete(&self, id: &str) -> Answer {
        let path = format!("{PATH}/{id}");
        self.system
            .user(self.admin())
            .call(Method::DELETE, &path)
            .await
    }

    /// The answer to a caller who presents a key, and asks for user 2.
    async fn status(&self, id: &str, secret: &str) -> u16 {
        let bearer = self.system.request(Method::GET, "/v2/users/2");
        let bearer = Answer::of(bearer.bearer_auth(format!("{id}.{secret}"))).await;
        let basic = self.system.request(Method::GET, "/v2/users/2");
        let basic = Answer::of(basic.basic_auth(id, Some(secret))).await;
        assert_eq!(bearer.status, basic.status);
        bearer.status.as_u16()
    }
}

#[tokio::test]
async fn a_key_works_until_it_is_deleted_and_speaks_for_its_user() {
    let at = fixed().await;
    let (id, secret) = at
        .create(json!({"organizationId": 7, "name": " Booking "}))
        .await;
    let of_member = json!({"organizationId": 7, "name": "Lift", "userId": 3});
    let (members, other) = at.create(of_member).await;
    assert_eq!(at.status(&id, &secret).await, 200);
    // User 3 has no role to read another user with.
    assert_eq!(at.status(&members, &other).await, 404);
    assert_eq!(at.status(&id, &other).await, 401);

    let shown = at.get(&format!("{PATH}/{id}")).await;
    shown.assert_headers();
    assert_eq!(shown.version(), Some(1));
    let mut view = shown.json();
    let created = view.as_object_mut().unwrap().remove("dateCreated");
    assert!(created.unwrap().as_str().unwrap().ends_with('Z'));
    // By day, because the test may run over midnight.
    let used = view.as_object_mut().unwrap().remove("lastUsed").unwrap();
    let used: NaiveDate = used.as_str().unwrap().parse().unwrap();
    assert!((0..=1).contains(&(Utc::now().date_naive() - used).num_days()));
    assert_eq!(
        view,
        json!({"organizationId": 7, "id": id, "name": "Booking", "userId": 1, "creatorId": 1})
    );

    at.delete(&id).await.no_content();
    assert_eq!(at.status(&id, &secret).await, 401);
    assert_eq!(at.status(&members, &other).await, 404);
    at.delete(&id).await.assert_error(404, "notFoundError");
    at.get(&format!("{PATH}/{id}"))
        .await
        .assert_error(404, "notFoundError");
    assert_eq!(at.get(PATH).await.json().as_array().unwrap().len(), 1);
    // Nothing of it remains.
    let items = format!("{:?}", at.store.things().await);
    assert!(!items.contains(&id) && items.contains(&members));
}

#[tokio::test]
async fn neither_the_secret_nor_what_is_stored_of_it_is_shown_again() {
    let at = fixed().await;
    let (id, secret) = at
        .create(json!({"organizationId": 7, "name": "Booking"}))
        .await;
    let items = at.store.items().await;
    let key = items
        .iter()
        .find(|item| item["SK"].as_s().unwrap() == &keys::api_key(&id));
    let hash = key.unwrap()["hash"].as_s().unwrap();
    for path in [PATH.to_owned(), format!("{PATH}/{id}")] {
        let shown = at.get(&path).await.body;
        assert!(shown.contains(&id) && !shown.contains(hash) && !shown.contains(&secret));
    }
    assert!(!format!("{items:?}").contains(&secret));
}

#[tokio::test]
async fn keys_are_listed_in_pages() {
    let at = fixed().await;
    let mut made = BTreeSet::new();
    for number in 0..5 {
        let body = json!({"organizationId": 7, "name": format!("Key {number}")});
        made.insert(at.create(body).await.0);
    }
    let (mut listed, mut path) = (Vec::new(), format!("{PATH}?size=2"));
    loop {
        let page = at.get(&path).await.ok();
        let keys = page.json();
        let ids = keys.as_array().unwrap().iter();
        listed.extend(ids.map(|key| key["id"].as_str().unwrap().to_owned()));
        let Some(link) = page.header("link") else {
            break;
        };
        let next = link.strip_prefix('<').unwrap().split('>').next().unwrap();
        path = next.split_once("/v2/").unwrap().1.to_owned();
        path.insert_str(0, "/v2/");
    }
    assert_eq!(listed.len(), 5);
    assert_eq!(listed.into_iter().collect::<BTreeSet<_>>(), made);
    let bad = at.get(&format!("{PATH}?size=0&cursor=x")).await;
    bad.assert_error(400, "invalidInputErrorError");
    assert_eq!(bad.fields(), ["size", "cursor"]);
}

#[tokio::test]
async fn a_bad_body_is_refused_with_every_fault() {
    let at = fixed().await;
    let post = async |body: Value| at.system.user(at.admin()).post(PATH, &body).await;
    let demo = at.store.sort_keys(&keys::api_keys()).await;
    let bad = post(json!({"organizationId": "7", "name": " ", "userId": 0})).await;
    bad.assert_error(400, "invalidInputErrorError");
    assert_eq!(bad.fields(), ["organizationId", "name", "userId"]);
    assert_eq!(post(json!({})).await.fields(), ["organizationId", "name"]);
    // A user of another organization.
    let foreign = post(json!({"organizationId": 7, "name": "N", "userId": 99})).await;
    foreign.assert_error(400, "invalidInputErrorError");
    assert_eq!(foreign.fields(), ["userId"]);
    post(json!({"organizationId": 8, "name": "N"}))
        .await
        .assert_error(403, "insufficientRightsError");
    assert_eq!(at.store.sort_keys(&keys::api_keys()).await, demo);
    for id in ["x", "demoKeyOfTheHom", "demoKeyOfTheHome", "%2F", "a%23b"] {
        let path = format!("{PATH}/{id}");
        at.get(&path).await.assert_error(404, "notFoundError");
        at.delete(id).await.assert_error(404, "notFoundError");
    }
}

#[tokio::test]
async fn a_create_that_is_sent_again_gives_the_same_key() {
    let at = fixed().await;
    let post = async |name: &str| {
        let body = json!({"organizationId": 7, "name": name});
        let request = at.system.request(Method::POST, PATH);
        let request = request.bearer_auth(at.admin()).body(body.to_string());
        Answer::of(request.header("Idempotency-Key", "once")).await
    };
    let first = post("Booking").await;
    let again = post("Booking").await;
    assert_eq!((again.status, &again.body), (first.status, &first.body));
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    post("Other")
        .await
        .assert_error(422, "idempotencyKeyReusedError");
    // Beside that of the demo organization.
    assert_eq!(at.store.sort_keys(&keys::api_keys()).await.len(), 2);
    let secret = first.json()["secret"].as_str().unwrap().to_owned();
    assert!(!format!("{:?}", at.store.items().await).contains(&secret));
}

#[tokio::test]
async fn a_delete_that_means_another_version_is_refused() {
    let at = fixed().await;
    let (id, secret) = at.create(json!({"organizationId": 7, "name": "N"})).await;
    let delete = async |tag: &str| {
        let request = at
            .system
            .request(Method::DELETE, &format!("{PATH}/{id}"))
            .bearer_auth(at.admin());
        Answer::of(request.header("If-Match", tag)).await
    };
    delete("\"2\"")
        .await
        .assert_error(412, "preconditionFailedError");
    assert_eq!(at.status(&id, &secret).await, 200);
    delete("\"1\"").await.no_content();
}

#[tokio::test]
async fn with_a_key_end_all_tokens_that_it_was_given() {
    let at = fixed().await;
    let (id, secret) = at.create(json!({"organizationId": 7, "name": "N"})).await;
    let kept = at.create(json!({"organizationId": 7, "name": "M"})).await;
    let ask = async |(id, secret): (&str, &str), form: &[(&str, &str)]| {
        at.system
            .form("/v2/oauth/token", Some((id, secret)), form)
            .await
    };
    let grant = [("grant_type", "client_credentials")];
    let mut tokens = Vec::new();
    // More than one page.
    for _ in 0..51 {
        let answer = ask((&id, &secret), &grant).await.ok();
        tokens.push(answer.json());
    }
    let others = ask((&kept.0, &kept.1), &grant).await.json();
    let access = async |token: &Value| {
        let token = token["access_token"].as_str().unwrap().parse().unwrap();
        at.system
            .user(token)
            .get("/v2/users/2")
            .await
            .status
            .as_u16()
    };
    assert_eq!(access(&tokens[0]).await, 200);

    // Half way the store goes away: what is not finished is finished by the next.
    at.store.pass();
    at.store.throttle(100);
    at.delete(&id).await.is(429);
    at.store.calm();
    let refused = ask((&id, &secret), &grant).await;
    assert_eq!(refused.json()["error"], "invalid_client");
    at.delete(&id).await.no_content();

    for token in &tokens {
        assert_eq!(access(token).await, 401);
    }
    let refresh = tokens[7]["refresh_token"].as_str().unwrap();
    let form = [("grant_type", "refresh_token"), ("refresh_token", refresh)];
    let refused = ask((&id, &secret), &form).await;
    assert_eq!(refused.json()["error"], "invalid_client");
    assert_eq!(access(&others).await, 200);
    assert_eq!(at.store.sort_keys(&keys::tokens()).await.len(), 1);
}

#[tokio::test]
async fn no_token_outlives_a_key_that_is_deleted_while_it_is_used() {
    let at = fixed().await;
    let before = at.store.sort_keys(&keys::credentials()).await.len();
    for _ in 0..4 {
        let (id, secret) = at.create(json!({"organizationId": 7, "name": "N"})).await;
        let use_it = async || {
            let mut tokens = Vec::new();
            let mut form = vec![("grant_type", "client_credentials".to_owned())];
            for _ in 0..6 {
                let fields: Vec<_> = form.iter().map(|(name, text)| (*name, &**text)).collect();
                let answer = at
                    .system
                    .form("/v2/oauth/token", Some((&id, &secret)), &fields)
                    .await;
                let body = answer.json();
                if answer.status != 200 {
                    assert_eq!(body["error"], "invalid_client", "{body}");
                    break;
                }
                let refresh = body["refresh_token"].as_str().unwrap().to_owned();
                form = vec![
                    ("grant_type", "refresh_token".to_owned()),
                    ("refresh_token", refresh),
                ];
                tokens.push(body["access_token"].as_str().unwrap().parse().unwrap());
            }
            tokens
        };
        let users = futures_util::future::join_all((0..8).map(|_| use_it()));
        let (deleted, tokens) = tokio::join!(at.delete(&id), users);
        assert_eq!(deleted.status, 204);
        for token in tokens.concat() {
            at.system.user(token).get("/v2/users/2").await.is(401);
        }
        assert!(at.store.sort_keys(&keys::tokens()).await.is_empty());
        assert_eq!(at.store.sort_keys(&keys::credentials()).await.len(), before);
    }
}

#[tokio::test]
async fn the_last_use_is_written_down_once_a_day() {
    let at = fixed().await;
    let (id, secret) = at.create(json!({"organizationId": 7, "name": "N"})).await;
    let path = format!("{PATH}/{id}");
    let last_used = async || at.get(&path).await.json()["lastUsed"].clone();
    assert_eq!(last_used().await, Value::Null);
    let writes = || {
        let calls = at.store.calls();
        let writes = calls.iter().filter(|call| call.write_units > 0.0);
        writes.map(|call| call.write_units).collect::<Vec<_>>()
    };
    writes();
    assert_eq!(at.status(&id, &secret).await, 200);
    assert_eq!(writes(), [4.0]);
    let today = last_used().await;
    assert_eq!(at.status(&id, &secret).await, 200);
    assert_eq!(writes(), [0.0; 0]);
    // Another day.
    let yesterday = json!("2026-01-01");
    at.store.set_last_used(&id, "2026-01-01").await;
    assert_eq!(last_used().await, yesterday);
    // To ask for tokens is a use, and costs one write more then.
    let grant = [("grant_type", "client_credentials")];
    let ask = async || {
        let client = Some((&*id, &*secret));
        at.system.form("/v2/oauth/token", client, &grant).await.ok();
    };
    writes();
    ask().await;
    assert_eq!(writes(), [12.0]);
    assert_eq!(last_used().await, today);
    ask().await;
    assert_eq!(writes(), [10.0]);
    // The store refuses the write: the caller is let in all the same.
    at.store.set_last_used(&id, "2026-01-01").await;
    at.store.throttle(100);
    assert_eq!(at.status(&id, &secret).await, 200);
    at.store.calm();
    assert_eq!(last_used().await, yesterday);
}

#[tokio::test]
async fn a_key_ends_when_it_says() {
    let at = fixed().await;
    let body = |end: &str| json!({"organizationId": 7, "name": "N", "expiresAt": end});
    let over = body("2020-01-01T00:00:00Z");
    let over = at.system.user(at.admin()).post(PATH, &over).await;
    over.assert_error(400, "invalidInputErrorError");
    assert_eq!(over.fields(), ["expiresAt"]);
    for bad in ["2030-01-01", "2030-01-01T00:00:00", "tomorrow"] {
        let bad = at.system.user(at.admin()).post(PATH, &body(bad)).await;
        assert_eq!(bad.fields(), ["expiresAt"]);
    }
    let (id, _) = at.create(body("2030-12-31T01:00:00+01:00")).await;
    let shown = at.get(&format!("{PATH}/{id}")).await.json();
    assert_eq!(shown["expiresAt"], "2030-12-31T00:00:00Z");

    let end = Utc::now() + TimeDelta::seconds(3);
    let (id, secret) = at.create(body(&end.to_rfc3339())).await;
    assert_eq!(at.status(&id, &secret).await, 200);
    let client = Some((&*id, &*secret));
    let grant = [("grant_type", "client_credentials")];
    let pair = at
        .system
        .form("/v2/oauth/token", client, &grant)
        .await
        .json();
    let left = pair["expires_in"].as_i64().unwrap();
    assert!((0..=3).contains(&left), "{left}");
    tokio::time::sleep(std::time::Duration::from_secs(4)).await;
    assert_eq!(at.status(&id, &secret).await, 401);
    let token = pair["access_token"].as_str().unwrap().parse().unwrap();
    at.system.user(token).get("/v2/users/2").await.is(401);
    let refused = at.system.form("/v2/oauth/token", client, &grant).await;
    assert_eq!(refused.json()["error"], "invalid_client");
}

#[tokio::test]
async fn a_key_that_speaks_for_another_person_ends_with_its_makers_right_to_make_it() {
    let at = fixed().await;
    let roles = async |user: u64, roles: Value| {
        let path = format!("/v2/users/{user}");
        let roles = json!({"roles": roles});
        at.system.user(at.admin()).put(&path, &roles).await.ok();
    };
    roles(4, json!(["Admin"])).await;
    roles(5, json!(["Admin"])).await;
    let maker = at.tenant.token(4);
    let make = async |of: Value| {
        let mut body = json!({"organizationId": 7, "name": "N"});
        body["userId"] = of;
        let made = at.system.user(maker).post(PATH, &body).await.created();
        let text = |name: &str| made.json()[name].as_str().unwrap().to_owned();
        (text("apiKeyId"), text("secret"))
    };
    let others = make(json!(5)).await;
    let own = make(Value::Null).await;
    let service = json!({"organizationId": 7, "firstName": "B", "lastName": "S", "kind": "service", "roles": ["Receptionist"]});
    let service = at
        .system
        .user(at.admin())
        .post("/v2/users", &service)
        .await
        .json();
    let services = make(service["userId"].clone()).await;
    let shown = at.get(&format!("{PATH}/{}", others.0)).await.json();
    assert_eq!(
        (&shown["userId"], &shown["creatorId"]),
        (&json!(5), &json!(4))
    );

    let grant = [("grant_type", "client_credentials")];
    let ask = async |key: &(String, String), form: &[(&str, &str)]| {
        let client = Some((&*key.0, &*key.1));
        at.system.form("/v2/oauth/token", client, form).await
    };
    let tokens = ask(&others, &grant).await.json();
    let access: Uuid = tokens["access_token"].as_str().unwrap().parse().unwrap();
    let refresh = [
        ("grant_type", "refresh_token"),
        ("refresh_token", tokens["refresh_token"].as_str().unwrap()),
    ];
    let status = async |key: &(String, String)| at.status(&key.0, &key.1).await;
    for key in [&others, &own, &services] {
        assert_eq!(status(key).await, 200);
    }
    at.system.user(access).get("/v2/users").await.ok();

    // Demoted: what spoke for another person does not.
    roles(4, json!(["Receptionist"])).await;
    assert_eq!(status(&others).await, 401);
    at.system.user(access).get("/v2/users").await.is(401);
    for form in [&grant[..], &refresh] {
        let refused = ask(&others, form).await;
        assert_eq!(
            refused.json()["error"],
            "invalid_client",
            "{}",
            refused.body
        );
    }
    assert_eq!((status(&own).await, status(&services).await), (200, 200));

    // Deleted: only the service account's is left.
    at.system
        .user(at.admin())
        .delete("/v2/users/4")
        .await
        .no_content();
    assert_eq!((status(&others).await, status(&own).await), (401, 401));
    assert_eq!(status(&services).await, 200);
    ask(&services, &grant).await.ok();
}
