//! Coming into a space with an access code, and what is written down of it.

use latchkey::audit::AuditEntry;
use latchkey::table::from_item;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use latchkey::access::Access;
use latchkey::table::{Item, MAX_ATTEMPTS};
use serde_json::{Value, json};
use uuid::{Uuid, uuid};

use crate::system::{
    AMSTERDAM, Answer, KIRITIMATI, SPACE, Store, System, Tenant, access_space, hours_from_now,
    is_of, keys, scope, window, zone,
};

/// The user of the door's controller.
const DOOR: usize = 9;
/// A space that nobody has.
const NOWHERE: Uuid = uuid!("0192a5b0-7c00-7000-8000-00000000dead");

/// The answer to a wrong code.
const WRONG: &str = "this code does not open this space now";

/// How long background work may take.
const LONGEST: Duration = Duration::from_secs(20);

struct Scene {
    store: Store,
    system: System,
    tenant: Tenant,
}

impl Scene {
    async fn start() -> Self {
        Self::on(Store::start().await).await
    }

    /// Organization 7, whose device 2 opens its space.
    async fn on(store: Store) -> Self {
        let system = System::on(&store).await;
        let tenant = with_door(Tenant::new(7));
        store.put(&tenant.world).await;
        Self {
            store,
            system,
            tenant,
        }
    }

    async fn put(&self, access: &Access) {
        let scope = self.tenant.world.scope().unwrap();
        self.store.put_access(&scope, access).await;
    }

    /// Gives user 4 an access to the space with this code, and gives its id.
    async fn give(&self, number: u128, code: &str, change: impl FnOnce(&mut Access)) -> String {
        let spaces = vec![access_space(SPACE, code)];
        let mut access = self.tenant.access(number, 4, spaces);
        change(&mut access);
        self.put(&access).await;
        access.id.to_string()
    }

    async fn enter(&self, code: &str) -> Answer {
        self.ask(DOOR, SPACE, json!({"code": code})).await
    }

    async fn ask(&self, user: usize, space: Uuid, body: Value) -> Answer {
        let path = format!("/v2/spaces/{space}/entries");
        self.system
            .user(self.tenant.token(user))
            .post(&path, &body)
            .await
    }

    /// The audit, once it has this many entries.
    async fn audit(&self, count: usize) -> Vec<Item> {
        let started = Instant::now();
        loop {
            let mut items = self.store.items().await;
            items.retain(|item| item.contains_key("deed"));
            if items.len() >= count {
                return items;
            }
            assert!(started.elapsed() < LONGEST, "{items:?}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// The item of a code of organization 7.
    async fn code(&self, code: &str) -> Item {
        let items = self.store.items().await;
        let has = |item: &Item, name: &str, end: &str| item[name].as_s().unwrap().ends_with(end);
        let ending = format!("#{code}");
        let is_it = |item: &Item| is_of(item, 7) && has(item, "SK", &ending);
        items.into_iter().find(is_it).unwrap()
    }

    async fn used(&self, code: &str) -> u32 {
        let code = self.code(code).await;
        code["used"].as_n().unwrap().parse().unwrap()
    }
}

fn with_door(tenant: Tenant) -> Tenant {
    let mut tenant = tenant.with_controller(DOOR);
    tenant.world.devices[1].spaces = [SPACE.into()].into();
    tenant.world.spaces[0].devices = [2.try_into().unwrap()].into();
    tenant
}

fn counted(count: u32) -> impl FnOnce(&mut Access) {
    move |access| access.spaces[0].terms.count = Some(count)
}

#[track_caller]
fn assert_refused(answer: &Answer, why: &str) {
    answer.assert_error(403, "insufficientRightsError");
    let details = answer.json()["details"].clone();
    let expected = json!([{"field": "code", "code": "insufficientRights", "message": why}]);
    assert_eq!(details, expected);
}

#[tokio::test]
async fn a_code_opens_the_space_and_the_entry_is_recorded() {
    let scene = Scene::on(Store::start_with_streams().await).await;
    let until = window("2026-01-01T00:00:00Z", Some("2090-01-01T00:00:00Z"));
    let access = scene
        .give(1, "407192", |access| {
            access.window = until;
            counted(3)(access);
        })
        .await;
    for left in [2, 1] {
        let answer = scene.enter("407192").await.ok();
        answer.assert_headers();
        let expected = json!({
            "allowed": true, "accessId": access, "userId": 4,
            "until": "2090-01-01T00:00:00Z", "remaining": left,
        });
        assert_eq!(answer.json(), expected);
    }
    let audit = scene.audit(2).await;
    assert_eq!(audit.len(), 2);
    for item in audit {
        let entry: AuditEntry = from_item(item.clone()).unwrap();
        assert!(keys::is_at(&item, &scope(7).audit(&entry)));
        assert_eq!(item["deed"].as_s().unwrap(), "entry");
        assert_eq!(item["user"].as_n().unwrap(), "4");
        assert_eq!(item["space"].as_s().unwrap(), &SPACE.simple().to_string());
        assert_eq!(item["credential"].as_s().unwrap(), "token-9");
        let accesses = item["accesses"].as_l().unwrap();
        assert_eq!(accesses[0].as_s().unwrap(), &access);
        let absent = ["device", "gateway", "shares", "activationTime"];
        assert!(absent.iter().all(|name| !item.contains_key(*name)));
    }
    // For an access without an end and without a count the answer has less.
    let access = scene.give(2, "5150", |_| {}).await;
    let answer = scene.enter("5150").await;
    let expected = json!({"allowed": true, "accessId": access, "userId": 4});
    assert_eq!(answer.json(), expected);
}

#[tokio::test]
async fn a_refused_entry_says_why_and_is_not_counted() {
    let scene = Scene::start().await;
    let future = window("2090-01-01T00:00:00Z", None);
    let past = window("2020-01-01T00:00:00Z", Some("2020-01-02T00:00:00Z"));
    scene
        .give(1, "100001", |access| {
            access.window = future;
            counted(1)(access);
        })
        .await;
    scene.give(2, "100002", |access| access.window = past).await;
    let closed = hours_from_now(zone(AMSTERDAM), 2, 4);
    scene
        .give(3, "100003", |access| access.spaces[0].terms.hours = closed)
        .await;
    let four = scene.give(4, "100004", counted(1)).await;
    scene.enter("100004").await.ok();
    // A code that has not opened the space before gets the same answer as an unknown one.
    for code in ["100001", "100002", "100003"] {
        assert_refused(&scene.enter(code).await, WRONG);
    }
    let why = format!("access {four} has no entry left");
    assert_refused(&scene.enter("100004").await, &why);
    assert_eq!(
        (scene.used("100001").await, scene.used("100004").await),
        (0, 1)
    );

    // An unknown code, and one for another space.
    assert_refused(&scene.enter("999998").await, WRONG);
    scene
        .put(
            &scene
                .tenant
                .access(5, 4, vec![access_space(NOWHERE, "100005")]),
        )
        .await;
    assert_refused(&scene.enter("100005").await, WRONG);
    // A deleted user.
    scene
        .give(6, "100006", |access| access.user = 5.try_into().unwrap())
        .await;
    let deleted = scene
        .system
        .user(scene.tenant.token(1))
        .delete("/v2/users/5")
        .await;
    assert_eq!(deleted.status, 204);
    let answer = scene.enter("100006").await;
    assert_refused(&answer, WRONG);
    assert_eq!(scene.used("100006").await, 0);
}

#[tokio::test]
async fn a_malformed_code_is_a_fault_and_a_deleted_space_is_not_found() {
    let scene = Scene::start().await;
    for body in [
        json!({}),
        json!({"code": "407"}),
        json!({"code": "40719283650"}),
        json!({"code": "4071a2"}),
        json!({"code": 407_192}),
        json!({"code": null}),
    ] {
        let answer = scene.ask(DOOR, SPACE, body.clone()).await;
        answer.assert_error(400, "invalidInputErrorError");
        assert_eq!(answer.fields(), ["code"], "{body}");
    }
    let code = || json!({"code": "407192"});
    let answer = scene.ask(DOOR, NOWHERE, code()).await;
    answer.assert_error(404, "notFoundError");
    scene.give(1, "407192", |_| {}).await;
    let path = format!("/v2/spaces/{SPACE}");
    let deleted = scene.system.user(scene.tenant.token(1)).delete(&path).await;
    assert_eq!(deleted.status, 204);
    let answer = scene.ask(DOOR, SPACE, code()).await;
    answer.assert_error(404, "notFoundError");
}

#[tokio::test]
async fn hours_are_those_of_the_door_where_it_stands() {
    let mut tenant = with_door(Tenant::new(7));
    tenant.world.devices[1].time_zone = Some(zone(KIRITIMATI));
    let store = Store::start().await;
    let system = System::on(&store).await;
    store.put(&tenant.world).await;
    let scene = Scene {
        store,
        system,
        tenant,
    };
    let at = |name| hours_from_now(zone(name), -1, 1);
    scene
        .give(1, "100001", |access| {
            access.spaces[0].terms.hours = at(KIRITIMATI)
        })
        .await;
    let answer = scene.enter("100001").await.ok();
    assert!(answer.json()["until"].is_string());
    scene
        .give(2, "100002", |access| {
            access.spaces[0].terms.hours = at(AMSTERDAM)
        })
        .await;
    assert_refused(&scene.enter("100002").await, WRONG);
    scene.store.set_used(SPACE, "100002", 1).await;
    let answer = scene.enter("100002").await;
    let why = format!(
        "access {} is outside its schedule",
        Uuid::from_u128(2).simple()
    );
    assert_refused(&answer, &why);
}

#[tokio::test]
async fn sixty_four_at_once_on_a_count_of_ten_are_ten() {
    let scene = Scene::start().await;
    let access = scene.give(1, "407192", counted(10)).await;
    let answers = join_all((0..64).map(|_| scene.enter("407192"))).await;
    let (inside, outside): (Vec<_>, Vec<_>) =
        answers.iter().partition(|answer| answer.status == 200);
    assert_eq!(inside.len(), 10);
    for answer in outside {
        assert_refused(answer, &format!("access {access} has no entry left"));
    }
    assert_eq!(scene.used("407192").await, 10);
}

#[tokio::test]
async fn a_code_that_is_changed_meanwhile_is_decided_on_again() {
    let scene = Scene::start().await;
    let access = scene.give(1, "407192", counted(5)).await;
    let item = crate::clean_up::all_in_json(&scene.code("407192").await);
    let mut changed = item.clone();
    changed["version"] = json!({"N": "2"});
    // As it is said to be, it never is.
    for _ in 0..MAX_ATTEMPTS {
        scene.store.refuse(&[Some(changed.clone()), None]);
    }
    let answer = scene.enter("407192").await;
    answer.assert_error(409, "conflictError");
    // Once, and then it is as it was at first.
    scene.store.refuse(&[Some(item), None]);
    scene.enter("407192").await.ok();
    changed["count"] = json!({"N": "1"});
    changed["used"] = json!({"N": "1"});
    scene.store.refuse(&[Some(changed), None]);
    let answer = scene.enter("407192").await;
    assert_refused(&answer, &format!("access {access} has no entry left"));
    assert_eq!(scene.used("407192").await, 1);
}

#[tokio::test]
async fn an_entry_is_written_down_once_and_other_changes_are_none() {
    let scene = Scene::start().await;
    let event = crate::events::follow_up("MODIFY");
    let record = async |event: &Value| {
        let event = event.to_string();
        let answer = scene.system.invoke("follow-up", &event).await;
        assert_eq!(answer, json!({"batchItemFailures": []}));
        scene.audit(0).await
    };
    let mut no_entry = event.clone();
    let change = &mut no_entry["Records"][0]["dynamodb"];
    change["OldImage"] = change["NewImage"].clone();
    change["NewImage"]["count"] = json!({"N": "7"});
    assert_eq!(record(&no_entry).await, []);
    change_kind(&mut no_entry, &keys::user(2));
    assert_eq!(record(&no_entry).await, []);

    let first = record(&event).await;
    assert_eq!(first.len(), 1);
    let entry: AuditEntry = from_item(first[0].clone()).unwrap();
    assert!(keys::is_at(&first[0], &scope(1).audit(&entry)));
    assert_eq!(record(&event).await, first);
    // The next one, with the last one before it.
    let mut next = event.clone();
    let change = &mut next["Records"][0]["dynamodb"];
    change["OldImage"] = change["NewImage"].clone();
    change["NewImage"]["lastEntry"]["M"]["id"] = json!({"S": Uuid::new_v4()});
    assert_eq!(record(&next).await.len(), 2);
}

#[tokio::test]
async fn a_removal_that_cannot_be_cleaned_up_keeps_no_entry_from_being_written_down() {
    let scene = Scene::start().await;
    let mut both: Value = serde_json::from_str(&crate::events::event("follow-up")).unwrap();
    both["Records"][0]["dynamodb"]["OldImage"] = json!({"id": {"S": "nobody"}});
    let answer = scene.system.invoke("follow-up", &both.to_string()).await;
    let failed = json!([{"itemIdentifier": "100000000000000000001"}]);
    assert_eq!(answer, json!({"batchItemFailures": failed}));
    assert_eq!(scene.audit(1).await.len(), 1);
}

fn change_kind(event: &mut Value, key: &str) {
    event["Records"][0]["dynamodb"]["Keys"]["SK"] = json!({"S": key});
}

#[tokio::test]
async fn no_code_is_in_the_log_whatever_happens() {
    let log = std::env::temp_dir().join(format!("latchkey-{}.log", Uuid::new_v4()));
    let store = Store::start_with_streams().await;
    let system = System::logged(&store, &log).await;
    let tenant = with_door(Tenant::new(7));
    store.put(&tenant.world).await;
    let scene = Scene {
        store,
        system,
        tenant,
    };
    scene.give(1, "7305519", counted(1)).await;
    scene.enter("7305519").await.ok();
    scene.enter("7305519").await.is(403);
    scene.enter("8846621").await.is(403);
    let no_code = json!({"code": "99217736401"});
    scene.ask(DOOR, SPACE, no_code).await.is(400);
    scene.audit(1).await;
    // A failed record is logged with its key, but without the code.
    let event = crate::events::follow_up("MODIFY").to_string();
    let event = event.replace("407192", "7305519");
    let broken = event.replace(r#""depth":{"N":"0"}"#, r#""depth":{"N":"-1"}"#);
    assert_ne!(broken, event);
    let answer = scene.system.invoke("follow-up", &broken).await;
    let failed = json!([{"itemIdentifier": "100000000000000000002"}]);
    assert_eq!(answer, json!({"batchItemFailures": failed}));
    scene.system.stop().await;
    let text = std::fs::read_to_string(&log).unwrap();
    std::fs::remove_file(log).unwrap();
    let place = scope(1)
        .code(SPACE.into(), &"0000".parse().unwrap())
        .in_log();
    assert!(text.contains(&place) && text.contains("entered"), "{text}");
    for code in ["7305519", "8846621", "99217736401"] {
        let line = text.lines().find(|line| line.contains(code));
        assert_eq!(line, None);
    }
}
