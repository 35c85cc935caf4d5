//! What is refused is written down, folded, and costs the caller nothing but a moment.

use chrono::{TimeDelta, Utc};
use latchkey::credential::{Credential, CredentialHash};
use latchkey::deed::Unrecorded;
use latchkey::table::Key;
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::system::{Answer, SPACE, Store, System, Tenant, access_space, scope};

/// The user of the door's controller.
const DOOR: usize = 9;

struct Scene {
    store: Store,
    system: System,
    tenant: Tenant,
}

impl Scene {
    async fn start() -> Self {
        let store = Store::start().await;
        let system = System::unforgiving(&store).await;
        let tenant = Tenant::new(7).with_controller(DOOR);
        store.put(&tenant.world).await;
        Self {
            store,
            system,
            tenant,
        }
    }

    async fn post(&self, user: usize, path: &str, body: Value) -> Answer {
        self.system.post(path, self.tenant.token(user), &body).await
    }

    /// What was refused, as an admin sees it. All of one kind, which may lie in two minutes.
    async fn refused(&self, query: &str) -> Vec<Value> {
        let path = format!("/v2/audit?refused=true&{query}");
        let answer = self.system.user(self.tenant.token(1)).get(&path).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        serde_json::from_value(answer.json()).unwrap()
    }
}

/// How often all of these were refused.
fn count(refused: &[Value]) -> u64 {
    let counts = refused.iter().map(|one| one["refused"]["count"].as_u64());
    counts.map(Option::unwrap).sum()
}

#[tokio::test]
async fn who_changes_what_they_have_no_right_to_is_written_down() {
    let scene = Scene::start().await;
    let share = scene.tenant.share(json!({}));
    let refused = scene.post(4, "/v2/shares", share).await;
    refused.assert_error(403, "insufficientRightsError");
    let path = "/v2/devices/2";
    let name = json!({"name": "Mine"});
    let token = scene.tenant.token(5);
    let user = scene.system.user(token);
    assert_eq!(user.put(path, &name).await.status, 403);
    // Who only reads changes nothing.
    assert_eq!(user.get("/v2/users").await.status, 403);

    let found = scene.refused("").await;
    assert_eq!(found.len(), 2, "{found:?}");
    let [found] = scene
        .refused("operation=create-share")
        .await
        .try_into()
        .unwrap();
    assert_eq!(
        found["actor"],
        json!({"kind": "user", "id": 4, "credential": "token-4"})
    );
    assert_eq!(found["refused"]["reason"], "insufficientRightsError");
    let attempt = &found["refused"]["attempts"][0];
    assert_eq!(attempt["userId"], 4);
    assert_eq!(
        attempt["requestId"],
        refused.header("x-request-id").unwrap()
    );
    assert_eq!(attempt["address"], "127.0.0.1");
    let of_door = scene
        .refused("subjectKind=device&subjectId=2&actorId=5")
        .await;
    assert_eq!(count(&of_door), 1);
    // They see their own, and changes have nothing of it.
    let path = "/v2/audit?refused=true";
    let own = user.get(path).await.json();
    assert_eq!(own.as_array().unwrap().len(), 1, "{own}");
    let path = "/v2/audit?refused=false";
    let admin = scene.system.user(scene.tenant.token(1));
    let changes = admin.get(path).await.json();
    assert_eq!(changes, json!([]));
}

#[tokio::test]
async fn at_a_door_refusals_are_folded_and_what_was_typed_is_in_none() {
    let scene = Scene::start().await;
    let access = scene
        .tenant
        .access(1, 4, vec![access_space(SPACE, "407192")]);
    scene.store.put_access(&scope(7), &access).await;
    let path = format!("/v2/spaces/{SPACE}/entries");
    for code in 0..13 {
        let typed = json!({"code": format!("55501{code:02}")});
        let status = scene.post(DOOR, &path, typed).await.status;
        assert!([403, 429].contains(&status.as_u16()), "{status}");
    }
    let space = SPACE.simple();
    let query = format!("subjectKind=space&subjectId={space}");
    let found = scene.refused(&query).await;
    assert_eq!(count(&found), 13, "{found:?}");
    let reasons: Vec<_> = found.iter().map(|one| &one["refused"]["reason"]).collect();
    assert!(
        reasons.contains(&&json!("insufficientRightsError")),
        "{reasons:?}"
    );
    for item in scene.store.items().await {
        if item["PK"].as_s().unwrap().ends_with("REFUSED") {
            assert!(!format!("{item:?}").contains("55501"), "{item:?}");
        }
    }
}

#[tokio::test]
async fn a_storm_costs_a_bounded_number_of_writes() {
    let scene = Scene::start().await;
    let path = "/v1/devices/2/remote-activation";
    scene.post(4, path, json!({})).await;
    scene.store.calls();
    const STORM: u64 = 80;
    for number in 0..STORM {
        // Of two callers, at one door.
        let user = 4 + usize::from(number % 2 == 0);
        assert_eq!(scene.post(user, path, json!({})).await.status, 403);
    }
    let calls = scene.store.calls();
    let writes = calls
        .iter()
        .filter(|call| call.operation == "UpdateItem")
        .count();
    let found = scene.refused("operation=activate-device").await;
    // One more item, if a minute ended meanwhile.
    assert!((1..=2).contains(&found.len()), "{found:?}");
    assert!(writes <= found.len() * 18, "{writes} writes");
    let counted = count(&found);
    assert!(counted > STORM / 2 && counted <= STORM + 1, "{counted}");
    for one in &found {
        let attempts = one["refused"]["attempts"].as_array().unwrap();
        assert!(attempts.len() <= 10, "{one}");
    }
}

#[tokio::test]
async fn a_refusal_that_cannot_be_written_down_is_answered_all_the_same() {
    let scene = Scene::start().await;
    scene.store.fail("UpdateItem");
    let share = scene.tenant.share(json!({}));
    let refused = scene.post(4, "/v2/shares", share).await;
    refused.assert_error(403, "insufficientRightsError");
    let unknown = Uuid::new_v4();
    let unknown = scene.system.user(unknown);
    assert_eq!(unknown.get("/v2/shares").await.status, 401);
    assert_eq!(scene.refused("").await, Vec::<Value>::new());
}

#[tokio::test]
async fn a_credential_that_is_good_for_nothing_is_written_down_by_the_beginning_of_its_hash() {
    let scene = Scene::start().await;
    let token = Uuid::new_v4();
    let hash = CredentialHash::of_token(token);
    let prefix = format!("{}…", &hash.as_str()[..8]);
    let user = scene.system.user(token);
    assert_eq!(user.get("/v2/shares").await.status, 401);
    let items = scene.store.items().await;
    let unknown = items
        .iter()
        .find(|item| item["PK"].as_s().unwrap() == "REFUSED");
    let unknown = format!("{:?}", unknown.unwrap());
    assert!(unknown.contains(&prefix) && !unknown.contains(hash.as_str()));
    assert!(unknown.contains("127.0.0.1"), "{unknown}");

    // One that was good once is shown to its organization.
    let ended = Credential {
        id: "ended".to_owned(),
        expires_at: Some(Utc::now() - TimeDelta::days(1)),
        ..Credential::of(7.try_into().unwrap(), 2.try_into().unwrap())
    };
    let key = Key::credential(&hash);
    let table = scene.store.table();
    table.put(&key, &ended, Unrecorded::Fill).await.unwrap();
    let request = scene.system.request(Method::GET, "/v2/shares");
    let answer = Answer::of(request.bearer_auth(token)).await;
    assert_eq!(answer.status, 401);
    let [found] = scene.refused("").await.try_into().unwrap();
    assert_eq!(
        found["subject"],
        json!({"kind": "address", "id": "127.0.0.1"})
    );
    assert_eq!(found["refused"]["reason"], "invalidTokenError");
    assert_eq!(found["refused"]["attempts"][0]["credential"], prefix);

    let client = Some(("vT3mYq0cJx8ZkA1u", "wrong"));
    let form = [("grant_type", "client_credentials")];
    let answer = scene.system.form("/v2/oauth/token", client, &form).await;
    assert_eq!(answer.status, 401);
    let items = scene.store.items().await.into_iter();
    let of_oauth = items.filter(|item| {
        let operation = item.get("operation").and_then(|name| name.as_s().ok());
        operation.is_some_and(|name| name == "oauth-token")
    });
    assert_eq!(of_oauth.count(), 1);
}
