//! `Idempotency-Key`, and the ids that controllers give entries and activations: the same
//! again is the same answer, and is done once.

use futures_util::future::join_all;
use latchkey::directory::ForeignId;
use reqwest::Method;
use serde_json::{Value, json};

use crate::system::{Answer, SPACE, Store, System, Tenant, access_space, scope};

/// The user of the door's controller.
const DOOR: usize = 9;
const CODE: &str = "407192";

struct Scene {
    store: Store,
    system: System,
    tenant: Tenant,
}

impl Scene {
    /// Organization 7, whose device 2 has a gateway and opens its space.
    async fn start() -> Self {
        let store = Store::start().await;
        let system = System::on(&store).await;
        let mut tenant = Tenant::new(7).with_controller(DOOR);
        tenant.world.devices[1].spaces = [SPACE.into()].into();
        tenant.world.devices[1].gateway_id = Some(ForeignId::Text("gateway-7".to_owned()));
        tenant.world.spaces[0].devices = [2.try_into().unwrap()].into();
        tenant.with_api_key();
        store.put(&tenant.world).await;
        Self {
            store,
            system,
            tenant,
        }
    }

    /// An access of user 4 to the space, for so many entries.
    async fn give(&self, number: u128, code: &str, count: u32) {
        let mut access = self
            .tenant
            .access(number, 4, vec![access_space(SPACE, code)]);
        access.spaces[0].terms.count = Some(count);
        self.store.put_access(&scope(7), &access).await;
    }

    async fn ask(
        &self,
        (user, method): (usize, Method),
        path: &str,
        key: Option<&str>,
        body: Option<&Value>,
    ) -> Answer {
        let mut request = self.system.request(method, path);
        request = request.bearer_auth(self.tenant.token(user));
        if let Some(key) = key {
            request = request.header("Idempotency-Key", key);
        }
        if let Some(body) = body {
            request = request
                .header("Content-Type", "application/json")
                .body(body.to_string());
        }
        Answer::of(request).await
    }

    async fn enter(&self, user: usize, key: Option<&str>, body: Value) -> Answer {
        let path = format!("/v2/spaces/{SPACE}/entries");
        self.ask((user, Method::POST), &path, key, Some(&body))
            .await
    }

    /// The calls of DynamoDB since the last time.
    fn calls(&self) -> Vec<String> {
        let calls = self.store.calls().into_iter();
        calls.map(|call| call.operation).collect()
    }

    async fn used(&self, code: &str) -> u32 {
        let key = scope(7).code(SPACE.into(), &code.parse().unwrap());
        let read = latchkey::table::Read::Strong;
        let code: Option<latchkey::access::Code> =
            self.store.table().get(&key, read).await.unwrap();
        code.unwrap().used
    }

    async fn audits(&self) -> usize {
        let items = self.store.items().await;
        items
            .iter()
            .filter(|item| item.contains_key("deed"))
            .count()
    }
}

#[track_caller]
fn assert_again(again: &Answer, first: &Answer) {
    assert_eq!(first.header("idempotency-replayed"), None, "{}", first.body);
    assert_eq!(
        again.header("idempotency-replayed"),
        Some("true"),
        "{}",
        again.body
    );
    assert_eq!((again.status, &again.body), (first.status, &first.body));
    assert_eq!(again.header("etag"), first.header("etag"));
    again.assert_headers();
}

#[tokio::test]
async fn an_entry_that_is_sent_again_is_counted_once_and_answered_the_same() {
    let scene = Scene::start().await;
    scene.give(1, CODE, 2).await;
    // So that the authorizer has asked who the controller is.
    scene
        .enter(DOOR, None, json!({}))
        .await
        .assert_error(400, "invalidInputErrorError");
    scene.calls();
    let body = json!({"code": CODE});
    let first = scene.enter(DOOR, Some("17"), body.clone()).await;
    assert_eq!(
        (first.status.as_u16(), &first.json()["remaining"]),
        (200, &json!(1))
    );
    assert_eq!(
        scene.calls(),
        ["BatchGetItem", "TransactWriteItems"],
        "no trip more"
    );
    let again = scene.enter(DOOR, Some("17"), body.clone()).await;
    assert_again(&again, &first);
    assert_eq!(scene.calls(), ["BatchGetItem"]);
    // The field means the same as the header.
    let named = json!({"code": CODE, "entryId": "17"});
    assert_again(&scene.enter(DOOR, None, named.clone()).await, &first);
    assert_again(&scene.enter(DOOR, Some("17"), named.clone()).await, &first);
    assert_eq!(scene.used(CODE).await, 1);

    // The last one of the count, although none is left by then.
    let last = json!({"code": CODE, "entryId": "18"});
    let first = scene.enter(DOOR, None, last.clone()).await;
    assert_eq!(first.json()["remaining"], 0);
    assert_again(&scene.enter(DOOR, None, last).await, &first);
    let other = scene.enter(DOOR, Some("19"), body).await;
    other.assert_error(403, "insufficientRightsError");
    assert_eq!(scene.used(CODE).await, 2);
    // It is kept for a day at least.
    let items = scene.store.items().await;
    let kept: Vec<i64> = items
        .iter()
        .filter(|item| item.contains_key("answer"))
        .map(|item| item["expiresAt"].as_n().unwrap().parse().unwrap())
        .collect();
    let tomorrow = chrono::Utc::now().timestamp() + 24 * 60 * 60;
    assert_eq!(kept.len(), 2);
    assert!(kept.iter().all(|end| tomorrow - end < 60), "{kept:?}");
}

#[tokio::test]
async fn an_entry_sent_many_times_at_once_is_counted_once() {
    let scene = Scene::start().await;
    scene.give(1, CODE, 1).await;
    let body = json!({"code": CODE, "entryId": "17"});
    let entries = (0..16).map(|_| scene.enter(DOOR, None, body.clone()));
    for answer in join_all(entries).await {
        assert_eq!(answer.status, 200, "{}", answer.body);
        assert_eq!(answer.json()["remaining"], 0);
    }
    assert_eq!(scene.used(CODE).await, 1);
}

#[tokio::test]
async fn a_key_is_for_one_entry_of_one_controller() {
    let scene = Scene::start().await;
    scene.give(1, CODE, 9).await;
    scene.give(2, "555001", 9).await;
    scene
        .enter(DOOR, Some("17"), json!({"code": CODE}))
        .await
        .ok();
    let other = scene
        .enter(DOOR, Some("17"), json!({"code": "555001"}))
        .await;
    other.assert_error(422, "idempotencyKeyReusedError");
    assert_eq!(scene.used("555001").await, 0);
    for (key, id, field) in [
        (Some("17"), json!("18"), "entryId"),
        (None, json!(""), "entryId"),
        (None, json!("x".repeat(256)), "entryId"),
        (None, json!(17), "entryId"),
        (None, json!("é"), "entryId"),
        (Some(""), json!(null), "Idempotency-Key"),
    ] {
        let answer = scene
            .enter(DOOR, key, json!({"code": CODE, "entryId": id}))
            .await;
        answer.assert_error(400, "invalidInputErrorError");
        assert_eq!(answer.fields(), [field]);
    }
    assert_eq!(scene.used(CODE).await, 1);
}

#[tokio::test]
async fn an_activation_that_is_sent_again_is_done_once() {
    let scene = Scene::start().await;
    let right = json!({
        "receiver": {"userId": 4}, "source": {"deviceId": 2},
        "permissions": {"remoteActivate": true},
    });
    scene.tenant.create_share(&scene.system, 1, right).await;
    for (path, key) in [
        ("/v1/devices/2/remote-activation", "17"),
        ("/v1/devices/2/remote-deactivation", "17"),
    ] {
        let before = scene.audits().await;
        let named = json!({"activationId": key});
        let post = (4, Method::POST);
        scene.calls();
        let without = scene.ask(post.clone(), path, None, None).await.ok();
        scene.calls();
        let first = scene.ask(post.clone(), path, Some(key), None).await;
        assert_eq!(first.body, without.body);
        let again = scene.ask(post.clone(), path, Some(key), None).await;
        assert_again(&again, &first);
        assert_again(
            &scene.ask(post.clone(), path, None, Some(&named)).await,
            &first,
        );
        assert_eq!(scene.audits().await, before + 2);
        // At another device it is another one.
        let other = path.replace("/2/", "/1/");
        let other = scene.ask(post, &other, Some(key), None).await;
        other.assert_error(422, "idempotencyKeyReusedError");
    }
}

#[tokio::test]
async fn an_activation_that_is_sent_many_times_at_once_is_done_once() {
    let scene = Scene::start().await;
    let right = json!({
        "receiver": {"userId": 4}, "source": {"deviceId": 2},
        "permissions": {"remoteActivate": true},
    });
    scene.tenant.create_share(&scene.system, 1, right).await;
    let path = "/v1/devices/2/remote-activation";
    let body = json!({"activationId": "17"});
    let asked = (0..16).map(|_| scene.ask((4, Method::POST), path, None, Some(&body)));
    for answer in join_all(asked).await {
        assert_eq!(answer.status, 200, "{}", answer.body);
    }
    assert_eq!(scene.audits().await, 1);
}

/// The path of a link to the calendar of `share`, which the admin gets.
async fn calendar_link(scene: &Scene, share: &str) -> String {
    let path = format!("{share}/calendar-link");
    scene.ask((1, Method::POST), &path, None, None).await.ok();
    path
}

/// Changes and deletions with a key: the method, the path, the body, and another body.
async fn changes(scene: &Scene) -> Vec<(Method, String, Option<Value>)> {
    let share = scene.tenant.create_share(&scene.system, 1, json!({})).await;
    let calendar = calendar_link(scene, &share).await;
    let invited = scene.ask((1, Method::POST), "/v2/users/5/tokens", None, None);
    invited.await.created();
    let body = json!({
        "accessTemplateId": "0192a5b07c0070008000000000000002", "businessUserId": 2,
        "validFrom": 1_798_804_800_000_i64, "spaces": [{"thingId": SPACE.simple().to_string()}],
    });
    let access = scene
        .ask((1, Method::POST), "/BusinessUserAccess", None, Some(&body))
        .await;
    let access = access.json()["id"].as_str().unwrap().to_owned();
    let access_path = format!("/BusinessUserAccess?businessUserAccessId={access}");
    let template = "0192a5b07c0070008000000000000002";
    let template_path = format!("/access/template?accessTemplateId={template}");
    let key = scene.tenant.world.api_keys[0].id;
    let put = |path: &str, body: Value| (Method::PUT, path.to_owned(), Some(body));
    let delete = |path: &str| (Method::DELETE, path.to_owned(), None);
    vec![
        put(&share, json!({"endDate": "2099-01-01"})),
        put("/v2/users/5", json!({"firstName": "Ann"})),
        put("/v2/devices/1", json!({"name": "Gate"})),
        put("/v2/organizations/7", json!({"name": "Seven"})),
        put("/v2/schedules/1", json!({"name": "Always"})),
        // A request that changes nothing is remembered, too.
        put("/v2/schedules/1", json!({"name": "Always"})),
        put(&share, json!({"endDate": "2099-01-01"})),
        put("/v2/user-groups/2", json!({"members": [5]})),
        put("/v2/user-groups/2/users/6", json!({})),
        put("/v2/user-groups/2/users/6", json!({})),
        put(&format!("/v2/spaces/{SPACE}"), json!({"devices": [1, 2]})),
        put(
            "/BusinessUserAccess",
            json!({
                "businessUserAccessId": access, "validFrom": 1_798_804_900_000_i64,
                "spaces": [{"thingId": SPACE.simple().to_string()}],
            }),
        ),
        put(
            "/access/template",
            json!({"accessTemplateId": template, "name": "Guests"}),
        ),
        delete("/v2/user-groups/2/users/6"),
        delete(&access_path),
        delete(&template_path),
        delete(&calendar),
        delete("/v2/users/5/tokens"),
        // A request about something that has ended is remembered, too.
        delete("/v2/users/5/tokens"),
        delete(&share),
        delete("/v2/users/5"),
        delete("/v2/user-groups/2"),
        delete("/v2/devices/1"),
        delete("/v2/schedules/1"),
        delete(&format!("/v2/spaces/{SPACE}")),
        delete(&format!("/v2/api-keys/{key}")),
    ]
}

#[tokio::test]
async fn a_change_and_a_deletion_with_a_key_are_done_once_and_answered_the_same() {
    let scene = Scene::start().await;
    for (place, (method, path, body)) in changes(&scene).await.into_iter().enumerate() {
        let key = format!("change {place}");
        let send = async |path: &str, body: Option<&Value>| {
            let caller = (1, method.clone());
            scene.ask(caller, path, Some(&key), body).await
        };
        let first = send(&path, body.as_ref()).await;
        assert!(first.status.is_success(), "{method} {path}: {}", first.body);
        let again = send(&path, body.as_ref()).await;
        assert_again(&again, &first);
        // For another caller it is another key.
        let stranger = scene.ask((2, method.clone()), &path, Some(&key), body.as_ref());
        let stranger = stranger.await;
        assert!(
            stranger.status.is_client_error(),
            "{path}: {}",
            stranger.body
        );
        assert_eq!(stranger.header("idempotency-replayed"), None);
    }
}

#[tokio::test]
async fn a_key_of_another_change_is_refused_and_nothing_is_changed() {
    let scene = Scene::start().await;
    let share = scene.tenant.create_share(&scene.system, 1, json!({})).await;
    let other = scene.tenant.create_share(&scene.system, 1, json!({})).await;
    let put = async |path: &str, body: Value| {
        scene
            .ask((1, Method::PUT), path, Some("17"), Some(&body))
            .await
    };
    for (path, elsewhere, body, another) in [
        (
            "/v2/users/5",
            "/v2/users/6",
            json!({"firstName": "A"}),
            json!({"firstName": "B"}),
        ),
        (
            &share,
            &other,
            json!({"endDate": "2098-01-01"}),
            json!({"endDate": "2099-01-01"}),
        ),
    ] {
        put(path, body.clone()).await.ok();
        let reused = put(path, another.clone()).await;
        reused.assert_error(422, "idempotencyKeyReusedError");
        let reused = put(elsewhere, body.clone()).await;
        reused.assert_error(422, "idempotencyKeyReusedError");
        let shown = scene.system.user(scene.tenant.token(1)).get(path).await;
        let tag = shown.header("etag").unwrap();
        assert!(tag.starts_with("\"2"), "{tag}: {}", shown.body);
    }
    let delete = async |path: &str| scene.ask((1, Method::DELETE), path, Some("18"), None).await;
    delete(&share).await.no_content();
    let reused = delete(&other).await;
    reused.assert_error(422, "idempotencyKeyReusedError");
}

#[tokio::test]
async fn a_change_that_is_sent_again_does_not_undo_a_later_one() {
    let scene = Scene::start().await;
    let put = async |key: Option<&str>, name: &str| {
        let body = json!({"name": name});
        let path = "/v2/devices/1";
        scene.ask((1, Method::PUT), path, key, Some(&body)).await
    };
    let first = put(Some("17"), "Gate").await;
    put(None, "Garage").await.ok();
    assert_again(&put(Some("17"), "Gate").await, &first);
    // The same with an `If-Match` that no longer matches.
    let request = scene.system.request(Method::PUT, "/v2/devices/1");
    let request = request
        .bearer_auth(scene.tenant.token(1))
        .header("Idempotency-Key", "17")
        .header("If-Match", "\"1\"")
        .body(json!({"name": "Gate"}).to_string());
    assert_again(&Answer::of(request).await, &first);
    let shown = scene
        .system
        .user(scene.tenant.token(1))
        .get("/v2/devices/1")
        .await;
    assert_eq!(shown.json()["name"], "Garage");
    let none = scene
        .ask((1, Method::DELETE), "/v2/devices/99", Some("19"), None)
        .await;
    none.assert_error(404, "notFoundError");
}
