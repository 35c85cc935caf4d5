//! The record: each change has its deed, and there is no deed without a change.

use std::collections::{BTreeMap, BTreeSet};

use latchkey::credential::ApiKeySecret;
use latchkey::deed::DeedItem;
use latchkey::role::Role;
use latchkey::table::{Item, from_item};
use latchkey_local::template::Integration;
use reqwest::Method;
use serde_json::{Value, json};
use url::form_urlencoded;

use crate::system::{Answer, Loss, SPACE, Store, System, Tenant, is_of, keys};
use crate::template::stack;

/// What is recorded at the door, in a record of its own.
const AT_DOORS: [&str; 4] = [
    "activate-device",
    "deactivate-device",
    "enter-space",
    "report-device-state",
];

/// The user who may have all codes remade.
const TENANT_ADMIN: usize = 9;

/// The deeds of organization 7, by id.
async fn deeds(store: &Store) -> BTreeMap<String, DeedItem> {
    let items = store.items().await.into_iter();
    let own = items.filter(|item| is_of(item, 7) && key(item).starts_with(&keys::deeds()));
    own.map(|item| (key(&item).to_owned(), from_item(item).unwrap()))
        .collect()
}

fn key(item: &Item) -> &str {
    item["SK"].as_s().unwrap()
}

/// Does what can be done, one after the other.
struct Walk {
    store: Store,
    system: System,
    tenant: Tenant,
    api_key: ApiKeySecret,
    /// The operations that were done.
    done: BTreeSet<String>,
    /// What must be in no deed.
    secrets: Vec<String>,
    keys: u32,
}

impl Walk {
    async fn start() -> Self {
        let store = Store::start().await;
        let system = System::unforgiving(&store).await;
        let mut tenant = Tenant::new(7).with_roles(TENANT_ADMIN, &[Role::TenantAdmin]);
        let api_key = tenant.with_api_key();
        store.put(&tenant.world).await;
        Self {
            secrets: vec![api_key.reveal().to_owned()],
            store,
            system,
            tenant,
            api_key,
            done: BTreeSet::new(),
            keys: 0,
        }
    }

    /// Has a user do something, twice, and gives the answer and the deed. The second time is
    /// the same request, with its key.
    async fn does(
        &mut self,
        user: usize,
        operation: &str,
        (method, path): (Method, &str),
        body: Option<Value>,
    ) -> (Answer, DeedItem) {
        self.keys += 1;
        let key = format!("walk {}", self.keys);
        let before = deeds(&self.store).await;
        let mut answers = Vec::new();
        for _ in 0..2 {
            let request = self.system.request(method.clone(), path);
            let mut request = request.bearer_auth(self.tenant.token(user));
            request = request.header("Idempotency-Key", &key);
            if let Some(body) = &body {
                request = request
                    .header("Content-Type", "application/json")
                    .body(body.to_string());
            }
            answers.push(Answer::of(request).await);
        }
        let answer = answers.remove(0);
        let (status, body) = (answer.status, &answer.body);
        assert!(status.is_success(), "{operation}: {status} {body}");
        let deed = self.one(operation, &before).await;
        assert_eq!(deed.actor.id, Some(user as u64), "{operation}");
        let request = answer.header("x-request-id").map(str::to_owned);
        assert_eq!(deed.request_id, request, "{operation}");
        assert_eq!(deed.address.as_deref(), Some("127.0.0.1"), "{operation}");
        let credential = format!("token-{user}");
        assert_eq!(deed.actor.credential, Some(credential), "{operation}");
        (answer, deed)
    }

    /// The one deed that was not there before.
    async fn one(&mut self, operation: &str, before: &BTreeMap<String, DeedItem>) -> DeedItem {
        let mut new = deeds(&self.store).await;
        new.retain(|key, _| !before.contains_key(key));
        assert_eq!(new.len(), 1, "{operation}: {new:?}");
        let (_, deed) = new.pop_first().unwrap();
        assert_eq!(deed.operation, operation);
        self.done.insert(operation.to_owned());
        deed
    }

    /// Posts, and gives a field of the answer.
    async fn makes(&mut self, operation: &str, path: &str, body: Value, id: &str) -> Value {
        let of = (Method::POST, path);
        let (answer, deed) = self.does(1, operation, of, Some(body)).await;
        let made = answer.json()[id].clone();
        assert_eq!(json!(deed.subject)["id"], made, "{operation}");
        assert_eq!((deed.before, deed.after.is_some()), (None, true));
        made
    }

    async fn changes(&mut self, operation: &str, path: &str, body: Value) -> DeedItem {
        let of = (Method::PUT, path);
        self.does(1, operation, of, Some(body)).await.1
    }

    async fn deletes(&mut self, operation: &str, path: &str) -> DeedItem {
        let of = (Method::DELETE, path);
        let deed = self.does(1, operation, of, None).await.1;
        assert!(deed.before.is_some(), "{operation}");
        assert_eq!(deed.after, None, "{operation}");
        deed
    }

    fn secret(&mut self, secret: &Value) {
        self.secrets.push(secret.as_str().unwrap().to_owned());
    }
}

#[track_caller]
fn assert_said(deed: &DeedItem, before: Value, after: Value) {
    let read = |text: &Option<String>| -> Value {
        text.as_ref()
            .map_or(Value::Null, |text| serde_json::from_str(text).unwrap())
    };
    assert_eq!((read(&deed.before), read(&deed.after)), (before, after));
}

async fn directory(walk: &mut Walk) {
    let of = |name: &str| json!({"organizationId": 7, "name": name});
    for (kind, id, lists) in [
        ("user-group", "userGroupId", Some(("users", "members"))),
        (
            "device-group",
            "deviceGroupId",
            Some(("devices", "devices")),
        ),
        ("device", "deviceId", None),
        ("space", "spaceId", None),
        ("schedule", "scheduleId", None),
    ] {
        let path = format!("/v2/{kind}s");
        let mut new = of("One");
        if kind == "schedule" {
            new["rules"] = json!([]);
        }
        let made = walk.makes(&format!("create-{kind}"), &path, new, id).await;
        let made = made.as_str().map_or(made.to_string(), str::to_owned);
        let path = format!("{path}/{made}");
        let operation = format!("update-{kind}");
        let changed = walk
            .changes(&operation, &path, json!({"name": "Two"}))
            .await;
        assert_said(&changed, json!({"name": "One"}), json!({"name": "Two"}));
        assert_eq!(
            json!(changed.actor.by),
            json!({"kind": "role", "id": "Admin"})
        );
        if let Some((members, _)) = lists {
            let member = format!("{path}/{members}/2");
            let thing = kind.trim_end_matches("-group");
            let added = walk
                .changes(&format!("add-{thing}-to-group"), &member, Value::Null)
                .await;
            assert_eq!(json!(added.subject)["id"].to_string(), made);
            walk.deletes(&format!("remove-{thing}-from-group"), &member)
                .await;
        }
        walk.deletes(&format!("delete-{kind}"), &path).await;
    }
    let organization = "/v2/organizations/7";
    let changed = json!({"name": "Seven"});
    let changed = walk
        .changes("update-organization", organization, changed)
        .await;
    let before = json!({"name": "Organization 7"});
    assert_said(&changed, before, json!({"name": "Seven"}));
}

async fn users(walk: &mut Walk) {
    let new = json!({
        "organizationId": 7, "firstName": "Ada", "lastName": "L", "emailAddress": "ada@example.com",
    });
    let of = (Method::POST, "/v2/users");
    let (answer, _) = walk.does(1, "create-user", of, Some(new)).await;
    walk.secret(&answer.json()["token"]);
    let path = format!("/v2/users/{}", answer.json()["userId"]);
    let roles = json!({"roles": ["AccessAdmin"]});
    let changed = walk.changes("update-user", &path, roles.clone()).await;
    assert_said(&changed, json!({"roles": []}), roles);
    let tokens = format!("{path}/tokens");
    let of = (Method::POST, &*tokens);
    let (answer, deed) = walk.does(1, "create-user-token", of, None).await;
    walk.secret(&answer.json()["token"]);
    assert!(deed.after.unwrap().contains(r#""hash":"changed""#));
    walk.does(1, "end-user-tokens", (Method::DELETE, &tokens), None)
        .await;
    walk.deletes("delete-user", &path).await;

    let new = json!({"organizationId": 7, "name": "Cleaning"});
    let of = (Method::POST, "/v2/api-keys");
    let (answer, _) = walk.does(1, "create-api-key", of, Some(new)).await;
    walk.secret(&answer.json()["secret"]);
    let key = answer.json()["apiKeyId"].as_str().unwrap().to_owned();
    walk.deletes("delete-api-key", &format!("/v2/api-keys/{key}"))
        .await;
}

async fn shares(walk: &mut Walk) {
    let end = json!({"endDate": "2098-01-01", "permissions": {"administrate": true}});
    let new = walk.tenant.share(end);
    let id = walk
        .makes("create-share", "/v2/shares", new, "shareId")
        .await;
    let path = format!("/v2/shares/{id}");
    let end = json!({"endDate": "2099-01-01"});
    let changed = walk.changes("update-share", &path, end).await;
    assert_eq!(
        json!(changed.on),
        json!({"kind": "device", "id": 1}),
        "for whoever administrates it"
    );
    for (kind, user) in [("web-key", 1), ("calendar-link", 2)] {
        let path = format!("{path}/{kind}");
        let make = format!("create-{kind}");
        let (answer, _) = walk.does(user, &make, (Method::POST, &path), None).await;
        let answer = answer.json();
        let url = answer["url"].as_str().or(answer.as_str()).unwrap();
        let secret = url.rsplit('/').next().unwrap();
        walk.secret(&json!(secret.trim_end_matches(".ics")));
        let delete = format!("delete-{kind}");
        walk.does(user, &delete, (Method::DELETE, &path), None)
            .await;
    }
    // By right of that share, user 2 gives another one.
    let new = walk
        .tenant
        .share(json!({"receiver": null, "endDate": "2099-01-01"}));
    let of = (Method::POST, "/v2/shares");
    let (answer, deed) = walk.does(2, "create-share", of, Some(new)).await;
    assert_eq!(json!(deed.actor.by), json!({"kind": "share", "id": id}));
    let token = answer.json()["token"].clone();
    walk.secret(&token);
    let of = (Method::POST, "/v2/shares/claim");
    let body = json!({"token": token});
    let (_, deed) = walk.does(3, "claim-share", of, Some(body)).await;
    assert_eq!(json!(deed.actor.by)["id"], "secret");
    walk.deletes("delete-share", &path).await;
}

async fn accesses(walk: &mut Walk) {
    let space = SPACE.simple().to_string();
    let template = json!({
        "name": "Guests", "things": [{"thingId": space}], "scope": 1,
        "accessCodeInitializationStrategy": 0,
    });
    let of = (Method::POST, "/access/template");
    let (answer, _) = walk.does(1, "create-template", of, Some(template)).await;
    let template = answer.json()["id"].as_str().unwrap().to_owned();
    let new = json!({
        "accessTemplateId": template, "businessUserId": 2, "validFrom": 1_798_804_800_000_i64,
        "spaces": [{"thingId": space}],
    });
    let access = walk
        .makes("create-access", "/BusinessUserAccess", new, "id")
        .await;
    let id = access.as_str().unwrap();
    for item in walk.store.items().await {
        let code = key(&item).strip_prefix(keys::codes().as_str());
        let code = code
            .filter(|_| is_of(&item, 7))
            .and_then(|key| key.rsplit('#').next());
        walk.secrets.extend(code.map(str::to_owned));
    }
    let change = json!({
        "businessUserAccessId": id, "validFrom": 1_798_804_800_000_i64, "label": "Long",
        "spaces": [{"thingId": space, "accessCount": 3}],
    });
    let changed = walk
        .changes("update-access", "/BusinessUserAccess", change)
        .await;
    let said = changed.after.unwrap();
    assert!(said.contains(r#""code":"kept""#), "{said}");
    let change = json!({"accessTemplateId": template, "name": "Friends"});
    walk.changes("update-template", "/access/template", change)
        .await;
    let path = "/BusinessUserAccesses/reprogramcodes";
    let body = json!({});
    walk.does(
        TENANT_ADMIN,
        "reprogram-codes",
        (Method::PUT, path),
        Some(body),
    )
    .await;
    let path = format!("/BusinessUserAccess?businessUserAccessId={id}");
    walk.deletes("delete-access", &path).await;
    let group = json!({"name": "Both", "accessTemplateIds": [template]});
    let groups = "/access/templategroup";
    let of = (Method::POST, groups);
    let (answer, _) = walk.does(1, "create-template-group", of, Some(group)).await;
    let group = answer.json()["id"].as_str().unwrap().to_owned();
    let change = json!({
        "accessTemplateGroupId": group, "name": "All", "accessTemplateIds": [template],
    });
    walk.changes("update-template-group", groups, change).await;
    let path = format!("{groups}?accessTemplateGroupId={group}");
    walk.deletes("delete-template-group", &path).await;
    let path = format!("/access/template?accessTemplateId={template}");
    walk.deletes("delete-template", &path).await;

    let user = |name: &str| json!({"firstName": name, "lastName": "L", "email": "bea@example.com", "roles": []});
    let of = (Method::POST, "/user");
    let (answer, _) = walk
        .does(1, "create-business-user", of, Some(user("Bea")))
        .await;
    let mut change = user("Beatrice");
    change["userId"] = answer.json()["data"]["id"].clone();
    walk.changes("update-business-user", "/user", change).await;
}

async fn tokens(walk: &mut Walk) {
    let id = walk.api_key.id.to_string();
    let secret = walk.api_key.reveal().to_owned();
    let before = deeds(&walk.store).await;
    let form = [("grant_type", "client_credentials")];
    let client = Some((&*id, &*secret));
    let given = walk.system.form("/v2/oauth/token", client, &form).await;
    assert_eq!(given.status, 200, "{}", given.body);
    let deed = walk.one("oauth-token", &before).await;
    assert_eq!(
        (deed.actor.id, deed.actor.credential),
        (Some(1), Some(id.clone()))
    );
    for token in ["access_token", "refresh_token"] {
        walk.secret(&given.json()[token]);
    }
    let before = deeds(&walk.store).await;
    let refresh = given.json()["refresh_token"].as_str().unwrap().to_owned();
    let form = [("token", &*refresh)];
    let ended = walk.system.form("/v2/oauth/revoke", client, &form).await;
    assert_eq!(ended.status, 200, "{}", ended.body);
    walk.one("oauth-revoke", &before).await;
    // Nothing is left to end.
    let before = deeds(&walk.store).await;
    walk.system.form("/v2/oauth/revoke", client, &form).await;
    assert_eq!(deeds(&walk.store).await, before);
}

/// An app that a user links to their account.
async fn apps(walk: &mut Walk) {
    let new = json!({
        "organizationId": 7, "name": "Home", "type": "confidential",
        "redirectUris": ["https://app.example.com/linked"],
    });
    let of = (Method::POST, "/v2/oauth/clients");
    let (made, _) = walk.does(1, "create-oauth-client", of, Some(new)).await;
    let made = made.json();
    walk.secret(&made["clientSecret"]);
    let id = made["clientId"].as_str().unwrap();
    let before = deeds(&walk.store).await;
    let token = walk.tenant.token(2).to_string();
    let form = [
        ("client_id", id),
        ("response_type", "code"),
        ("credential", &token),
        ("decision", "allow"),
    ];
    // The page sends the browser on to the app.
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
    let url = format!("{}/authorize", walk.system.url());
    let form = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(form)
        .finish();
    let request = client.build().unwrap().post(url).body(form);
    let form = "application/x-www-form-urlencoded";
    let linked = Answer::of(request.header("Content-Type", form)).await;
    assert_eq!(linked.status, 303, "{}", linked.body);
    let (_, code) = linked
        .header("location")
        .unwrap()
        .split_once("code=")
        .unwrap();
    walk.secret(&json!(code.split('&').next().unwrap()));
    walk.one("oauth-link", &before).await;
    let path = format!("/v2/oauth/clients/{id}");
    let of = (Method::DELETE, path.as_str());
    walk.does(1, "delete-oauth-client", of, None).await;
}

#[tokio::test]
async fn every_operation_that_changes_something_writes_one_deed_without_a_secret() {
    let mut walk = Walk::start().await;
    directory(&mut walk).await;
    users(&mut walk).await;
    shares(&mut walk).await;
    accesses(&mut walk).await;
    tokens(&mut walk).await;
    apps(&mut walk).await;

    let stack = stack();
    let writes = stack.api.routes.iter().filter_map(|route| {
        let writes = ["POST", "PUT", "DELETE"].contains(&route.method.as_str());
        let is_way = ["/reply/", "/api/"]
            .iter()
            .any(|way| route.path.contains(way));
        match &route.integration {
            Integration::Function(name) if writes && !is_way => {
                Some(stack.functions[name].binary.clone())
            }
            _ => None,
        }
    });
    let mut writes: BTreeSet<_> = writes.collect();
    for operation in AT_DOORS {
        assert!(writes.remove(operation), "{operation}");
    }
    assert_eq!(
        walk.done, writes,
        "each operation has its deed, and no other"
    );

    let deeds = deeds(&walk.store).await;
    // Also of secrets that no answer showed, the table knows the hash.
    for item in walk.store.items().await {
        let key = item["PK"].as_s().unwrap();
        for kind in [
            keys::credentials(),
            keys::invitations(),
            keys::web_keys(),
            keys::calendar_links(),
        ] {
            let hash = key.strip_prefix(&kind);
            let hash = hash.and_then(|hash| hash.strip_prefix('#'));
            walk.secrets.extend(hash.map(str::to_owned));
        }
    }
    assert!(walk.secrets.len() > 15);
    for deed in deeds.values() {
        let said = serde_json::to_string(deed).unwrap();
        for secret in &walk.secrets {
            assert!(!said.contains(secret.as_str()), "{said}");
        }
        let size = serde_json::to_string(deed).unwrap().len();
        assert!(size < 1000, "{size} bytes are more than two units: {said}");
    }
}

/// The shares and the deeds of organization 7.
async fn both(store: &Store) -> (usize, usize) {
    let items = store.items().await;
    let own = items.iter().filter(|item| is_of(item, 7));
    let shares = own.filter(|item| key(item).starts_with(&keys::shares()));
    (shares.count(), deeds(store).await.len())
}

#[tokio::test]
async fn whatever_befalls_a_transaction_there_is_a_change_with_its_deed_or_neither() {
    let (store, system, tenant) = Tenant::start().await;
    let share = tenant.share(json!({}));
    let post = async || system.post("/v2/shares", tenant.token(1), &share).await;
    let mut made = 0;
    for loss in [Loss::InProgress, Loss::Cut, Loss::Silence, Loss::Failure] {
        store.lose(loss);
        assert_eq!(post().await.status, 200, "{loss:?}");
        made += 1;
        assert_eq!(both(&store).await, (made, made), "{loss:?}");
    }
    for times in [1, 3] {
        store.conflict(times);
        assert_eq!(post().await.status, 200);
        made += 1;
        assert_eq!(both(&store).await, (made, made), "after {times} conflicts");
    }
    store.conflict_at_checks();
    assert_eq!(post().await.status, 200);
    made += 1;
    assert_eq!(both(&store).await, (made, made));
    store.conflict(100);
    assert_eq!(post().await.status, 503);
    store.calm();
    store.throttle(100);
    assert_eq!(post().await.status, 429);
    store.calm();
    assert_eq!(both(&store).await, (made, made), "neither");

    // What is refused leaves nothing: by the table, by rights, by the body.
    let elsewhere = tenant.share(json!({"source": {"deviceId": 99}}));
    let answer = system.post("/v2/shares", tenant.token(1), &elsewhere).await;
    assert_eq!(answer.status, 400);
    let answer = system.post("/v2/shares", tenant.token(2), &share).await;
    assert_eq!(answer.status, 403);
    let same = json!({"name": "Door 1"});
    let admin = system.user(tenant.token(1));
    let answer = admin.put("/v2/devices/1", &same).await;
    assert_eq!(answer.status, 200, "changes nothing");
    assert_eq!(both(&store).await, (made, made));
}

#[tokio::test]
async fn a_deed_is_kept_as_long_as_the_deployment_says() {
    let store = Store::start().await;
    let tenant = Tenant::new(7);
    let url = store.url();
    let options = [
        "--endpoint-url",
        &url,
        "--parameter",
        "AuditRetentionDays=30",
    ];
    let system = System::start_with(&options).await;
    store.put(&tenant.world).await;
    tenant.create_share(&system, 1, json!({})).await;
    let deeds = deeds(&store).await;
    let end = deeds.values().next().unwrap().expires_at.unwrap();
    let days = (end - chrono::Utc::now()).num_days();
    assert!((29..=30).contains(&days), "{end}");
}
