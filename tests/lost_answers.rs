//! Answers of DynamoDB's that get lost after it has done what was asked: what is sent again is
//! done once, and answered as if nothing had been lost.

use latchkey::credential::ApiKeySecret;
use serde_json::{Value, json};

use crate::system::{Answer, Loss, SPACE, Store, System, Tenant, access_space, scope};

/// The user of the door's controller.
const DOOR: usize = 9;
const CODE: &str = "407192";

struct Scene {
    store: Store,
    system: System,
    tenant: Tenant,
    key: ApiKeySecret,
    loss: Loss,
}

impl Scene {
    async fn start(loss: Loss) -> Self {
        let store = Store::start().await;
        let system = System::on(&store).await;
        let mut tenant = Tenant::new(7).with_controller(DOOR);
        tenant.world.devices[1].spaces = [SPACE.into()].into();
        tenant.world.spaces[0].devices = [2.try_into().unwrap()].into();
        let key = tenant.with_api_key();
        store.put(&tenant.world).await;
        Self {
            store,
            system,
            tenant,
            key,
            loss,
        }
    }

    /// The answer to a request whose transaction is carried out, and whose answer by DynamoDB
    /// is lost. What is sent again is the same, letter for letter.
    async fn losing(&self, request: impl Future<Output = Answer>) -> Answer {
        self.store.calls();
        self.store.lose(self.loss);
        let answer = request.await;
        let calls = self.store.calls().into_iter();
        let sent: Vec<_> = calls
            .filter(|call| call.operation == "TransactWriteItems")
            .map(|call| call.request)
            .collect();
        assert!(sent.len() > 1, "nothing was sent again: {}", answer.body);
        assert!(sent[0]["ClientRequestToken"].is_string(), "{}", sent[0]);
        for again in &sent {
            assert_eq!(again, &sent[0]);
        }
        answer
    }

    async fn post(&self, user: usize, path: &str, body: Value) -> Answer {
        let post = self.system.user(self.tenant.token(user)).post(path, &body);
        self.losing(post).await
    }

    async fn put(&self, path: &str, body: Value) -> Answer {
        let put = self.system.user(self.tenant.token(1)).put(path, &body);
        self.losing(put).await
    }

    async fn delete(&self, path: &str) -> Answer {
        let delete = self.system.user(self.tenant.token(1)).delete(path);
        self.losing(delete).await
    }

    async fn shown(&self, path: &str) -> Value {
        self.system
            .user(self.tenant.token(1))
            .get(path)
            .await
            .json()
    }

    /// The number of items in a list.
    async fn count(&self, path: &str) -> usize {
        let list = self.shown(path).await;
        let list = list.get("data").unwrap_or(&list);
        list.as_array().unwrap_or_else(|| panic!("{list}")).len()
    }

    async fn refresh(&self, token: &str) -> Answer {
        let form = [("grant_type", "refresh_token"), ("refresh_token", token)];
        self.token(&form).await
    }

    async fn token(&self, form: &[(&str, &str)]) -> Answer {
        let id = self.key.id.to_string();
        let client = Some((&*id, self.key.reveal()));
        self.system.form("/v2/oauth/token", client, form).await
    }
}

#[track_caller]
fn assert_status(answer: &Answer, status: u16) {
    assert_eq!(answer.status.as_u16(), status, "{}", answer.body);
}

/// A share that keeps a schedule is made, changed and deleted; an open one is claimed.
async fn shares(scene: &Scene) {
    let body = scene.tenant.share(json!({"scheduleId": 1}));
    let made = scene.post(1, "/v2/shares", body).await;
    assert_status(&made, 200);
    assert_eq!(scene.count("/v2/shares").await, 1);
    assert_eq!(scene.shown("/v2/schedules/1").await["keptBy"], 1);
    let path = format!("/v2/shares/{}", made.json()["shareId"]);
    let changed = scene.put(&path, json!({"endDate": "2099-01-01"})).await;
    assert_status(&changed, 200);
    assert_eq!(changed.header("etag"), Some("\"2\""));
    assert_status(&scene.delete(&path).await, 204);
    assert_eq!(scene.count("/v2/shares").await, 0);
    assert_eq!(scene.shown("/v2/schedules/1").await["keptBy"], 0);

    let open = scene.tenant.share(json!({"receiver": null}));
    let open = scene.post(1, "/v2/shares", open).await;
    assert_eq!(scene.count("/v2/shares").await, 1);
    let token = json!({"token": open.json()["token"]});
    let claimed = scene.post(3, "/v2/shares/claim", token).await;
    assert_status(&claimed, 200);
    assert_eq!(claimed.header("etag"), Some("\"2\""));
}

/// A user is made, changed, put into a group, taken out of it and deleted.
async fn users(scene: &Scene) {
    let before = scene.count("/v2/users").await;
    let body = json!({
        "organizationId": 7, "firstName": "Ann", "lastName": "Lee",
        "emailAddress": "ann@example.com",
    });
    let made = scene.post(1, "/v2/users", body).await;
    assert_status(&made, 201);
    assert_eq!(scene.count("/v2/users").await, before + 1);
    let id = &made.json()["userId"];
    let path = format!("/v2/users/{id}");
    let changed = scene
        .put(&path, json!({"emailAddress": "lee@example.com"}))
        .await;
    assert_status(&changed, 200);
    assert_eq!(changed.header("etag"), Some("\"2\""));
    let member = format!("/v2/user-groups/2/users/{id}");
    assert_status(&scene.put(&member, json!({})).await, 204);
    assert_status(&scene.delete(&member).await, 204);
    assert_status(&scene.delete(&path).await, 204);
    assert_eq!(scene.count("/v2/users").await, before);
}

/// An access is made, changed and deleted.
async fn accesses(scene: &Scene) {
    let path = "/BusinessUserAccess";
    let body = json!({
        "accessTemplateId": "0192a5b07c0070008000000000000002", "businessUserId": 2,
        "validFrom": "2027-01-01T12:00:00Z", "spaces": [{"thingId": SPACE.simple().to_string()}],
    });
    let made = scene.post(1, path, body).await;
    assert_status(&made, 200);
    let list = "/BusinessUserAccesses";
    assert_eq!(scene.count(list).await, 1);
    let id = &made.json()["id"];
    let change = json!({
        "businessUserAccessId": id, "validFrom": "2027-01-02T12:00:00Z",
        "validTo": "2027-01-03T12:00:00Z", "spaces": [{"thingId": SPACE.simple().to_string()}],
    });
    assert_status(&scene.put(path, change).await, 200);
    assert_eq!(scene.count(list).await, 1);
    let path = format!("{path}?businessUserAccessId={}", id.as_str().unwrap());
    assert_status(&scene.delete(&path).await, 200);
    assert_eq!(scene.count(list).await, 0);
}

/// An entry is counted.
async fn entries(scene: &Scene) {
    let mut access = scene.tenant.access(1, 4, vec![access_space(SPACE, CODE)]);
    access.spaces[0].terms.count = Some(3);
    scene.store.put_access(&scope(7), &access).await;
    let path = format!("/v2/spaces/{SPACE}/entries");
    for left in [2, 1] {
        let entered = scene.post(DOOR, &path, json!({"code": CODE})).await;
        assert_status(&entered, 200);
        assert_eq!(entered.json()["remaining"], left);
    }
}

/// Tokens are refreshed, and their family continues.
async fn refreshes(scene: &Scene) {
    let first = scene.losing(scene.token(&[("grant_type", "client_credentials")]));
    let mut pair = first.await;
    for _ in 0..2 {
        assert_status(&pair, 200);
        let token = pair.json()["refresh_token"].as_str().unwrap().to_owned();
        pair = scene.losing(scene.refresh(&token)).await;
    }
    assert_status(&pair, 200);
}

async fn all(loss: Loss) {
    let scene = Scene::start(loss).await;
    shares(&scene).await;
    users(&scene).await;
    accesses(&scene).await;
    entries(&scene).await;
    refreshes(&scene).await;
}

#[tokio::test]
async fn a_transaction_in_progress_is_repeated_with_its_token_and_done_once() {
    all(Loss::InProgress).await;
}

#[tokio::test]
async fn a_transaction_whose_connection_ended_is_done_once() {
    all(Loss::Cut).await;
}

#[tokio::test]
async fn a_transaction_reported_as_failed_is_done_once() {
    all(Loss::Failure).await;
}

#[tokio::test]
async fn a_transaction_without_an_answer_is_done_once() {
    let scene = Scene::start(Loss::Silence).await;
    shares(&scene).await;
    entries(&scene).await;
}

#[tokio::test]
async fn a_cancelled_transaction_gets_a_new_token() {
    let scene = Scene::start(Loss::Failure).await;
    scene.store.conflict(2);
    let body = scene.tenant.share(json!({}));
    let token = scene.tenant.token(1);
    let made = scene.system.user(token).post("/v2/shares", &body).await;
    assert_status(&made, 200);
    let calls = scene.store.calls().into_iter();
    let mut tokens: Vec<_> = calls
        .filter(|call| call.operation == "TransactWriteItems")
        .map(|call| call.request["ClientRequestToken"].to_string())
        .collect();
    assert_eq!(tokens.len(), 3);
    tokens.dedup();
    assert_eq!(tokens.len(), 3, "{tokens:?}");
}
