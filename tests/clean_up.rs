//! What a deleted item leaves in the table, and how it is removed.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use aws_sdk_dynamodb::types::AttributeValue;
use chrono::{DateTime, Utc};
use latchkey::deed::Unrecorded;
use latchkey::share::Share;
use latchkey::table::Item;
use latchkey::timing::{LocalWindow, Timing};
use latchkey::warrant::Warrant;
use reqwest::Method;
use serde_json::{Value, json};

use crate::system::{Answer, Call, Store, System, Tenant, is_of, keys};

/// How long the removal of the last trace may take.
const LONGEST: Duration = Duration::from_secs(30);

/// The items of organization 7, by sort key.
type Items = BTreeMap<String, Item>;

async fn items(store: &Store) -> Items {
    let text = |item: &Item, name: &str| item[name].as_s().unwrap().clone();
    let items = store.items().await.into_iter();
    let own = items.filter(|item| is_of(item, 7));
    own.map(|item| (text(&item, "SK"), item)).collect()
}

/// The sort keys of organization 7 that begin so.
async fn sort_keys(store: &Store, prefix: &str) -> Vec<String> {
    let keys = items(store).await.into_keys();
    // The keyring at the head of a user's grants does not count, and the marker of a removal is
    // no trace.
    let keys = keys.filter(|key| key.starts_with(prefix) && !key.ends_with('#'));
    keys.filter(|key| !key.starts_with(&keys::gone("")))
        .collect()
}

/// The items that contain one of `traces`.
async fn left(store: &Store, traces: &[&String]) -> Vec<String> {
    let keys = sort_keys(store, "").await.into_iter();
    keys.filter(|key| traces.iter().any(|trace| key.contains(trace.as_str())))
        .collect()
}

/// Waits until nothing of that is left.
async fn gone(store: &Store, traces: &[&String]) {
    let started = Instant::now();
    loop {
        let left = left(store, traces).await;
        if left.is_empty() {
            return;
        }
        let (count, first) = (left.len(), &left[0]);
        assert!(started.elapsed() < LONGEST, "{count} left, such as {first}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

fn attribute(items: &Items, key: &str, name: &str) -> AttributeValue {
    items[key][name].clone()
}

/// A system with organization 7, on a store that tells what changes or one that does not.
struct Scene {
    store: Store,
    system: System,
    tenant: Tenant,
}

impl Scene {
    async fn on(store: Store) -> Self {
        Self::with_shares(store, 0).await
    }

    /// The same with shares for user 2, of both devices, every third with the named schedule.
    async fn with_shares(store: Store, count: u64) -> Self {
        let system = System::on(&store).await;
        let mut tenant = Tenant::new(7);
        tenant.world.schedules[0].kept_by = count.div_ceil(3);
        store.put(&tenant.world).await;
        let (scope, table) = (tenant.world.scope().unwrap(), store.table());
        for numbers in (0..count).collect::<Vec<_>>().chunks(40) {
            let mut writes = table.transaction(&Warrant::System, Unrecorded::Fill);
            for number in numbers {
                let share = share(*number);
                let grant = share.grant().unwrap();
                let key = scope.grant_key(&grant);
                writes.put_new((), &scope.share(share.id), &share);
                writes.put_new((), &key, &grant);
            }
            writes.send().await.unwrap().unwrap();
        }
        Self {
            store,
            system,
            tenant,
        }
    }

    async fn call(&self, method: Method, path: &str, body: Option<&Value>) -> Answer {
        let answer = self.system.call(method, path, self.tenant.token(1), body);
        let answer = answer.await;
        assert!(answer.status.is_success(), "{path}: {}", answer.body);
        answer
    }

    /// Makes a share and gives the end of its keys.
    async fn share(&self, changes: Value) -> String {
        let body = self.tenant.share(changes);
        let share = self.call(Method::POST, "/v2/shares", Some(&body)).await;
        format!("{:016}", share.json()["shareId"].as_u64().unwrap())
    }

    async fn delete(&self, path: &str) {
        self.call(Method::DELETE, path, None).await;
    }

    /// The number of shares that use the named schedule.
    async fn kept(&self) -> String {
        let schedule = attribute(&items(&self.store).await, &keys::schedule(1), "keptBy");
        schedule.as_n().unwrap().clone()
    }

    /// The stream record of an item that is about to be deleted.
    async fn removal(&self, sk: &str) -> String {
        let items = items(&self.store).await;
        let old = &items[sk];
        let old = all_in_json(old);
        let mut event = crate::events::follow_up("REMOVE");
        let change = &mut event["Records"][0]["dynamodb"];
        change["Keys"] = json!({"PK": old["PK"], "SK": {"S": sk}});
        change["OldImage"] = old;
        event.to_string()
    }
}

/// A share of organization 7, to user 2.
fn share(number: u64) -> Share {
    let created: DateTime<Utc> = "2026-01-01T00:00:00Z".parse().unwrap();
    let window = LocalWindow::new(created, (None, None), (None, None)).unwrap();
    let mut share = json!({
        "id": number + 1000,
        "organization": 7,
        "creator": 1,
        "timing": Timing::new(window, vec![]),
        "permissions": {},
        "source": {"deviceId": number % 2 + 1},
        "receiver": {"userId": 2},
        "personalSettings": {},
        "version": 1,
        "dateCreated": created,
        "dateModified": created,
    });
    if number.is_multiple_of(3) {
        share["schedule"] = json!(1);
    }
    serde_json::from_value(share).unwrap()
}

pub fn all_in_json(item: &Item) -> Value {
    let fields = item
        .iter()
        .map(|(name, value)| (name.clone(), in_json(value)));
    Value::Object(fields.collect())
}

fn in_json(value: &AttributeValue) -> Value {
    match value {
        AttributeValue::S(text) => json!({"S": text}),
        AttributeValue::N(number) => json!({"N": number}),
        AttributeValue::Bool(truth) => json!({"BOOL": truth}),
        AttributeValue::Ns(numbers) => json!({"NS": numbers}),
        AttributeValue::Ss(texts) => json!({"SS": texts}),
        AttributeValue::Null(truth) => json!({"NULL": truth}),
        AttributeValue::M(fields) => json!({"M": all_in_json(fields)}),
        AttributeValue::L(values) => {
            json!({"L": values.iter().map(in_json).collect::<Vec<_>>()})
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_deleted_user_with_three_hundred_shares_leaves_nothing() {
    let scene = Scene::with_shares(Store::start_with_streams().await, 300).await;
    let other = scene
        .share(json!({"receiver": {"userId": 3}, "scheduleId": 1}))
        .await;
    let shares: Vec<_> = (1000..1300).map(|share| format!("{share:016}")).collect();
    assert_eq!(scene.kept().await, "101");
    scene.delete("/v2/users/2").await;
    gone(&scene.store, &[&keys::user(2)]).await;
    let left = sort_keys(&scene.store, "").await;
    let of = |share: &String| {
        left.iter()
            .filter(|key| key.ends_with(share.as_str()))
            .count()
    };
    assert_eq!(shares.iter().map(of).sum::<usize>(), 0);
    // The other one's, whole, and the count of the schedule that it keeps.
    assert_eq!(of(&other), 2);
    assert_eq!(scene.kept().await, "1");
}

#[tokio::test]
async fn the_traces_of_a_deleted_item_go_and_nothing_else() {
    let scene = Scene::on(Store::start_with_streams().await).await;
    let space = json!({"organizationId": 7, "name": "Gate", "devices": [1, 2]});
    let space = scene.call(Method::POST, "/v2/spaces", Some(&space)).await;
    let space = space.json()["spaceId"].as_str().unwrap().to_owned();
    let device = json!({"deviceId": 1});
    let group = json!({"deviceGroupId": 1});
    let to_group = scene
        .share(json!({"receiver": {"userGroupId": 1}, "source": {"deviceId": 2}}))
        .await;
    let on_group = scene.share(json!({"source": group, "scheduleId": 1})).await;
    let on_device = scene
        .share(json!({"source": device, "scheduleId": 1}))
        .await;
    let stays = scene.share(json!({"source": {"deviceId": 2}})).await;
    let before = items(&scene.store).await;

    scene.delete("/v2/devices/1").await;
    gone(&scene.store, &[&keys::device(1), &on_device]).await;
    let now = items(&scene.store).await;
    let space_key = keys::space(space.parse().unwrap());
    let opened_by = |items: &Items| attribute(items, &space_key, "devices");
    let number = |number: &str| AttributeValue::N(number.to_owned());
    assert_eq!(
        opened_by(&before),
        AttributeValue::L(vec![number("1"), number("2")])
    );
    let started = Instant::now();
    while opened_by(&items(&scene.store).await) != AttributeValue::L(vec![number("2")]) {
        assert!(started.elapsed() < LONGEST);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    // A group from which something is gone has a new version.
    let version = |items: &Items, sk: &str| attribute(items, sk, "version").as_n().unwrap().clone();
    let device_group = &keys::device_group(1);
    assert_eq!(version(&before, device_group), "1");
    assert_eq!(version(&now, device_group), "2");

    scene.delete("/v2/device-groups/1").await;
    scene.delete("/v2/user-groups/1").await;
    gone(
        &scene.store,
        &[
            &keys::device_group(1),
            &keys::user_group(1),
            &to_group,
            &on_group,
        ],
    )
    .await;
    scene.delete(&format!("/v2/spaces/{space}")).await;
    assert_eq!(scene.kept().await, "0");
    // Everything else is as it was, except references to other deleted items.
    let after = items(&scene.store).await;
    let touched = [
        keys::spaces(),
        keys::schedules(),
        keys::device(2),
        keys::users(),
    ];
    for (key, item) in &before {
        let is_gone = [
            &keys::device(1),
            &keys::device_group(1),
            &keys::user_group(1),
            &to_group,
            &on_group,
            &on_device,
            &space,
        ];
        if is_gone.iter().any(|gone| key.contains(gone.as_str())) {
            assert!(!after.contains_key(key), "{key:?}");
        } else if !touched.iter().any(|touched| key.starts_with(touched)) && !key.ends_with('#') {
            assert_eq!(after.get(key), Some(item), "{key:?}");
        }
    }
    assert!(after.keys().any(|key| key.ends_with(&stays)));
}

#[tokio::test]
async fn the_api_keys_of_a_deleted_user_go_with_their_credentials() {
    let store = Store::start_with_streams().await;
    let system = System::on(&store).await;
    let event = crate::events::event("bootstrap-organization");
    let made = system.invoke("bootstrap-organization", &event).await;
    let (id, secret) = (&made["apiKey"]["id"], &made["apiKey"]["secret"]);
    let key = format!("{}.{}", id.as_str().unwrap(), secret.as_str().unwrap());
    let credentials = async || {
        let items = store.items().await;
        let of = |item: &&Item| {
            item.get("id") == Some(&AttributeValue::S(id.as_str().unwrap().to_owned()))
        };
        items.iter().filter(of).count()
    };
    assert_eq!(credentials().await, 2);
    // Another admin stays.
    let body = json!({"organizationId": made["organizationId"], "firstName": "A", "lastName": "B", "roles": ["Admin"]});
    let other = system.request(Method::POST, "/v2/users").bearer_auth(&key);
    Answer::of(other.body(body.to_string())).await.created();
    let path = format!("/v2/users/{}", made["userId"]);
    let delete = system.request(Method::DELETE, &path).bearer_auth(key);
    Answer::of(delete).await.no_content();
    let started = Instant::now();
    while credentials().await > 0 {
        assert!(started.elapsed() < LONGEST);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn a_repeated_record_changes_nothing_and_existing_items_keep_what_they_have() {
    let scene = Scene::with_shares(Store::start().await, 8).await;
    scene
        .share(json!({"receiver": {"userId": 3}, "scheduleId": 1}))
        .await;
    let removal = scene.removal(&keys::user(2)).await;
    let before = items(&scene.store).await;
    let clean_up = async || {
        let answer = scene.system.invoke("follow-up", &removal).await;
        assert_eq!(answer, json!({"batchItemFailures": []}));
    };
    // The user is still there.
    clean_up().await;
    assert_eq!(items(&scene.store).await, before);

    scene.delete("/v2/users/2").await;
    clean_up().await;
    assert_eq!(left(&scene.store, &[&keys::user(2)]).await, [""; 0]);
    assert_eq!(scene.kept().await, "1");
    let after = items(&scene.store).await;
    clean_up().await;
    assert_eq!(items(&scene.store).await, after);
}

#[tokio::test]
async fn a_grant_that_keeps_another_schedule_by_now_is_counted_where_it_is() {
    let scene = Scene::on(Store::start().await).await;
    let share = scene.share(json!({"scheduleId": 1})).await;
    scene
        .share(json!({"receiver": {"userId": 3}, "scheduleId": 1}))
        .await;
    let removal = scene.removal(&keys::user(2)).await;
    let grant = left(&scene.store, &[&format!("{}#{share}", keys::device(1))]).await;
    let grant = items(&scene.store).await.remove(&grant[0]).unwrap();
    let mut grant = all_in_json(&grant);
    scene.delete("/v2/users/2").await;
    // First the record says that it has none, and then it has one.
    grant.as_object_mut().unwrap().remove("schedule").unwrap();
    scene.store.refuse(&[Some(grant), None, None]);
    scene.store.calls();
    let answer = scene.system.invoke("follow-up", &removal).await;
    assert_eq!(answer, json!({"batchItemFailures": []}));
    let calls = scene.store.calls();
    let is_transaction = |call: &&Call| call.operation == "TransactWriteItems";
    let of_grants = |call: &&Call| call.request.to_string().contains(&share);
    let sent = calls.iter().filter(is_transaction).filter(of_grants);
    assert_eq!(sent.count(), 3);
    assert_eq!(left(&scene.store, &[&share]).await, [""; 0]);
    assert_eq!(scene.kept().await, "1");
}

#[tokio::test]
async fn an_expired_share_is_counted_out_of_its_schedule_once() {
    let scene = Scene::on(Store::start().await).await;
    let share = scene.share(json!({"scheduleId": 1})).await;
    scene.share(json!({"scheduleId": 1})).await;
    let key = keys::shares() + &share;
    let removal = scene.removal(&key).await;
    // As DynamoDB does.
    scene.store.delete_items(&key).await;
    for _ in 0..2 {
        let answer = scene.system.invoke("follow-up", &removal).await;
        assert_eq!(answer, json!({"batchItemFailures": []}));
        assert_eq!(left(&scene.store, &[&share]).await, [""; 0]);
        assert_eq!(scene.kept().await, "1");
    }
}

#[tokio::test]
async fn a_share_that_is_written_after_the_clean_up_opens_nothing_and_is_swept() {
    for (thing, path, changes) in [
        (keys::device(1), "/v2/devices/1", json!({})),
        (keys::user(2), "/v2/users/2", json!({})),
        (
            keys::user_group(1),
            "/v2/user-groups/1",
            json!({"receiver": {"userGroupId": 1}}),
        ),
        (
            keys::device_group(1),
            "/v2/device-groups/1",
            json!({"source": {"deviceGroupId": 1}}),
        ),
    ] {
        let scene = Scene::on(Store::start().await).await;
        let share = scene.share(changes).await;
        let all = scene.store.items().await;
        let of_it = |item: &&Item| item["SK"].as_s().unwrap().ends_with(&share);
        let late: Vec<_> = all.iter().filter(of_it).cloned().collect();
        let removal = scene.removal(&thing).await;
        scene.delete(path).await;
        let clean_up = async |event: &str| {
            let answer = scene.system.invoke("follow-up", event).await;
            assert_eq!(answer, json!({"batchItemFailures": []}), "{thing}");
        };
        clean_up(&removal).await;
        assert_eq!(left(&scene.store, &[&share]).await, [""; 0], "{thing}");

        // One whose door and receiver were read just before they were removed.
        scene.store.table().put_batch(late).await.unwrap();
        let decision = "/v2/devices/1/decision?userId=2";
        let call = scene.system.user(scene.tenant.token(1)).get(decision).await;
        let opens = call.status == 200 && call.json()["allowed"] == true;
        assert!(!opens, "{thing}: {}", call.body);
        assert!(!left(&scene.store, &[&share]).await.is_empty());

        // An hour later DynamoDB removes what remembers the removal.
        let gone = keys::gone(&thing);
        let removal = scene.removal(&gone).await;
        scene.store.delete_items(&gone).await;
        clean_up(&removal).await;
        assert_eq!(left(&scene.store, &[&share]).await, [""; 0], "{thing}");
        let again = items(&scene.store).await;
        assert!(!again.contains_key(&gone), "{thing}: swept once");
    }
}

#[tokio::test]
async fn a_schedule_that_is_gone_is_no_reason_to_keep_a_share() {
    let scene = Scene::on(Store::start().await).await;
    scene.share(json!({"scheduleId": 1})).await;
    scene.share(json!({})).await;
    let removal = scene.removal(&keys::user(2)).await;
    scene.delete("/v2/users/2").await;
    scene.store.delete_items(&keys::schedules()).await;
    let answer = scene.system.invoke("follow-up", &removal).await;
    assert_eq!(answer, json!({"batchItemFailures": []}));
    assert_eq!(
        left(&scene.store, &[&keys::shares(), &keys::grants()]).await,
        [""; 0]
    );
}

#[tokio::test]
async fn a_store_that_is_away_meanwhile_leaves_nothing_behind_in_the_end() {
    let mut scene = Scene::with_shares(Store::start_with_streams().await, 300).await;
    scene.delete("/v2/users/2").await;
    scene.store.calls();
    for _ in 0..3 {
        // It is cut off after a page of ten.
        let started = Instant::now();
        let is_page = |call: &Call| call.operation == "TransactWriteItems";
        while !scene.store.calls().iter().any(is_page) {
            assert!(started.elapsed() < LONGEST);
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        scene.store.stop();
        let left = sort_keys(&scene.store, &keys::grants()).await.len();
        assert!((1..300).contains(&left), "{left}");
        tokio::time::sleep(Duration::from_millis(150)).await;
        scene.store.calls();
        scene.store.resume().await;
    }
    gone(&scene.store, &[&keys::user(2)]).await;
    assert_eq!(sort_keys(&scene.store, &keys::shares()).await, [""; 0]);
    assert_eq!(scene.kept().await, "0");
}

#[tokio::test]
async fn a_change_that_cannot_be_done_is_reported_and_the_others_are_done() {
    let scene = Scene::on(Store::start().await).await;
    let share = scene.share(json!({})).await;
    let removal = scene.removal(&keys::user(2)).await;
    scene.delete("/v2/users/2").await;
    let mut event: Value = serde_json::from_str(&removal).unwrap();
    let mut broken = event["Records"][0].clone();
    broken["dynamodb"]["OldImage"] = json!({"id": {"S": "two"}});
    broken["dynamodb"]["SequenceNumber"] = json!("100000000000000000000");
    event["Records"].as_array_mut().unwrap().insert(0, broken);
    let answer = scene.system.invoke("follow-up", &event.to_string()).await;
    let failed = json!([{"itemIdentifier": "100000000000000000000"}]);
    assert_eq!(answer, json!({"batchItemFailures": failed}));
    assert_eq!(left(&scene.store, &[&share]).await, [""; 0]);
}

#[tokio::test]
async fn accesses_go_with_their_user_and_lose_a_space_that_goes() {
    let scene = Scene::on(Store::start_with_streams().await).await;
    let space = json!({"organizationId": 7, "name": "Gate"});
    let space = scene.call(Method::POST, "/v2/spaces", Some(&space)).await;
    let space = space.json()["spaceId"].as_str().unwrap().to_owned();
    let hall = "0192a5b07c0070008000000000000001";
    let template = "0192a5b07c0070008000000000000002";
    let both = json!([{"ThingId": hall}, {"ThingId": space}]);
    let things = json!({"AccessTemplateId": template, "Things": both});
    let path = "/access/template";
    scene.call(Method::PUT, path, Some(&things)).await.ok();
    let access = async |user: u64, spaces: &Value| {
        let body = json!({
            "AccessTemplateId": template, "BusinessUserId": user, "ValidFrom": 0, "Spaces": spaces,
        });
        let made = scene
            .call(Method::POST, "/BusinessUserAccess", Some(&body))
            .await
            .ok();
        made.json()["id"].as_str().unwrap().to_owned()
    };
    let of_user = access(2, &both).await;
    let of_both = access(3, &both).await;
    let of_gate = access(3, &json!([{"ThingId": space}])).await;
    let alone = json!([{"ThingId": hall, "Exclusive": true}]);
    let body = json!({
        "AccessTemplateId": template, "BusinessUserId": 2, "ValidFrom": 0, "ValidTo": 1, "Spaces": alone,
    });
    scene
        .call(Method::POST, "/BusinessUserAccess", Some(&body))
        .await
        .ok();

    scene.delete("/v2/users/2").await;
    gone(&scene.store, &[&of_user, &keys::grants_to(2)]).await;
    assert_eq!(sort_keys(&scene.store, &keys::codes()).await.len(), 3);
    let hall_now = items(&scene.store)
        .await
        .remove(&keys::space(hall.parse().unwrap()))
        .unwrap();
    assert!(
        !hall_now.contains_key("exclusive"),
        "it is nobody's alone: {hall_now:?}"
    );

    scene.delete(&format!("/v2/spaces/{space}")).await;
    gone(&scene.store, &[&of_gate, &space]).await;
    // The access to both is to one, with its code.
    assert_eq!(left(&scene.store, &[&of_both]).await.len(), 2);
    let codes = sort_keys(&scene.store, &keys::codes()).await;
    assert!(codes.len() == 1 && codes[0].contains(hall), "{codes:?}");
    let started = Instant::now();
    loop {
        let shown = format!("{path}/things?AccessTemplateId={template}");
        let shown = scene.call(Method::GET, &shown, None).await.json();
        let stored = items(&scene.store)
            .await
            .remove(&keys::template(template.parse().unwrap()))
            .unwrap();
        let things = stored["things"].as_l().unwrap().len();
        if (shown["data"].as_array().unwrap().len(), things) == (1, 1) {
            return;
        }
        assert!(started.elapsed() < LONGEST);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
