//! Guessing at access codes.

use std::collections::BTreeMap;

use chrono::{TimeDelta, Utc};
use futures_util::future::join_all;
use latchkey::access::{Access, WrongCodes};
use latchkey::deed::Unrecorded;
use latchkey::directory::{Resource, Space};
use latchkey_demo::World;
use serde_json::{Value, json};
use uuid::{Uuid, uuid};

use crate::system::{Answer, SPACE, Store, System, Tenant, access_space, window};

/// Another space, and the controller of both.
const CELLAR: Uuid = uuid!("0192a5b0-7c00-7000-8000-00000000ce11");
const DOOR: usize = 9;
/// Another controller of the hall.
const BACK_DOOR: usize = 8;
/// An unused code that opens the hall.
const NEW: &str = "100001";
/// A code that opens the hall and has opened it before.
const USED: &str = "100002";

struct Scene {
    store: Store,
    system: System,
    tenant: Tenant,
}

fn tenant() -> Tenant {
    let mut tenant = Tenant::new(7)
        .with_controller(DOOR)
        .with_controller(BACK_DOOR);
    tenant.world.users[DOOR - 1].spaces.insert(CELLAR.into());
    tenant.world.spaces.push(Space {
        name: "Cellar".to_owned(),
        ..Space::blank(CELLAR.into())
    });
    let cellar = tenant.access(3, 4, vec![access_space(CELLAR, "100003")]);
    for access in [at_hall(&tenant, 1, NEW), at_hall(&tenant, 2, USED), cellar] {
        tenant.world.accesses.push(access);
    }
    tenant
}

fn at_hall(tenant: &Tenant, number: u128, code: &str) -> Access {
    tenant.access(number, 4, vec![access_space(SPACE, code)])
}

async fn scene() -> Scene {
    let store = Store::start().await;
    let system = System::on(&store).await;
    let scene = Scene {
        store,
        system,
        tenant: tenant(),
    };
    scene.put(&scene.tenant.world).await;
    scene.enter(USED).await.ok();
    scene
}

impl Scene {
    async fn put(&self, world: &World) {
        self.store.put(world).await;
    }

    async fn ask(&self, user: usize, space: Uuid, code: &str) -> Answer {
        let path = format!("/v2/spaces/{space}/entries");
        let body = json!({"code": code});
        self.system
            .user(self.tenant.token(user))
            .post(&path, &body)
            .await
    }

    async fn enter(&self, code: &str) -> Answer {
        self.ask(DOOR, SPACE, code).await
    }

    /// Types so many codes that nobody has, each of which is refused as wrong.
    async fn mistype(&self, times: u32) {
        for number in 0..times {
            let answer = self.enter(&format!("99{number:04}")).await;
            answer.assert_error(403, "insufficientRightsError");
        }
    }

    fn counter(&self) -> latchkey::table::Key {
        let scope = self.tenant.world.scope().unwrap();
        scope.wrong_codes(SPACE.into(), (DOOR as u64).try_into().unwrap())
    }

    /// The count, with its changes.
    async fn change(&self, changes: Value) {
        let key = self.counter();
        let read = latchkey::table::Read::Strong;
        let found: Option<Value> = self.store.table().get(&key, read).await.unwrap();
        let mut item = found.unwrap();
        for (name, value) in changes.as_object().unwrap() {
            item[name] = value.clone();
        }
        let _: WrongCodes = serde_json::from_value(item.clone()).unwrap();
        self.store
            .table()
            .put(&key, &item, Unrecorded::Fill)
            .await
            .unwrap();
    }
}

/// In how many seconds one may try again.
#[track_caller]
fn assert_locked(answer: &Answer) -> i64 {
    answer.assert_error(429, "TooManyRequests");
    answer.header("retry-after").unwrap().parse().unwrap()
}

#[tokio::test]
async fn ten_wrong_codes_lock_a_space_to_codes_that_did_not_open_it_before() {
    let scene = scene().await;
    scene.mistype(10).await;
    let wait = assert_locked(&scene.enter("990010").await);
    assert!((1..=31).contains(&wait), "{wait}");
    // The right one is refused as the others are, and is not used up by it.
    assert_locked(&scene.enter(NEW).await);
    // Nobody who was let in before is shut out.
    for _ in 0..3 {
        scene.enter(USED).await.ok();
    }
    assert_locked(&scene.enter(NEW).await);
    // Other spaces and other controllers are as they were.
    scene.ask(DOOR, CELLAR, "100003").await.ok();
    scene.ask(BACK_DOOR, SPACE, NEW).await.ok();
}

#[tokio::test]
async fn waiting_unlocks_and_each_further_wrong_code_locks_for_longer() {
    let scene = scene().await;
    scene.mistype(10).await;
    let mut last = assert_locked(&scene.enter(NEW).await);
    for _ in 0..3 {
        let over = Utc::now() - TimeDelta::seconds(1);
        scene
            .change(json!({"lockedUntil": over.timestamp_millis()}))
            .await;
        scene.mistype(1).await;
        let wait = assert_locked(&scene.enter(NEW).await);
        assert!(wait > last * 3 / 2, "{wait} after {last}");
        last = wait;
    }
    let over = Utc::now() - TimeDelta::seconds(1);
    scene
        .change(json!({"lockedUntil": over.timestamp_millis()}))
        .await;
    scene.enter(NEW).await.ok();
}

#[tokio::test]
async fn a_code_of_ones_own_forgives_no_guesses() {
    let scene = scene().await;
    for number in 0..10 {
        let answer = scene.enter(&format!("99{number:04}")).await;
        answer.assert_error(403, "insufficientRightsError");
        scene.enter(USED).await.ok();
    }
    assert_locked(&scene.enter("990010").await);
}

#[tokio::test]
async fn at_most_ten_of_concurrent_guesses_are_answered() {
    let scene = scene().await;
    let guesses = (0..64).map(|number| scene.enter_owned(format!("99{number:04}")));
    let answers = join_all(guesses).await;
    let mut statuses: BTreeMap<u16, usize> = BTreeMap::new();
    for answer in &answers {
        *statuses.entry(answer.status.as_u16()).or_default() += 1;
        if answer.status == 429 {
            assert_locked(answer);
        }
    }
    let wrong = statuses.get(&403).copied().unwrap_or_default();
    assert!((4..=10).contains(&wrong), "{statuses:?}");
    assert_eq!(wrong + statuses[&429], 64, "{statuses:?}");
    // What is left of the ten, one after the other.
    scene.mistype(10 - u32::try_from(wrong).unwrap()).await;
    assert_locked(&scene.enter(NEW).await);
}

impl Scene {
    async fn enter_owned(&self, code: String) -> Answer {
        self.enter(&code).await
    }
}

#[tokio::test]
async fn a_code_that_holds_at_another_time_is_refused_like_one_that_nobody_has() {
    let scene = scene().await;
    let scope = scene.tenant.world.scope().unwrap();
    let tomorrow = window("2090-01-01T00:00:00Z", None);
    let over = window("2020-01-01T00:00:00Z", Some("2020-01-02T00:00:00Z"));
    for (number, code, window) in [(4, "100004", tomorrow), (5, "100005", over)] {
        let mut access = at_hall(&scene.tenant, number, code);
        access.window = window;
        scene.store.put_access(&scope, &access).await;
    }
    let unknown = scene.enter("999999").await;
    unknown.assert_error(403, "insufficientRightsError");
    for code in ["100004", "100005"] {
        assert_eq!(scene.enter(code).await.json(), unknown.json(), "{code}");
    }
    // For a code that opened the space before, the answer says why it does not now, and it is
    // not counted.
    scene.store.set_used(SPACE, "100005", 1).await;
    for _ in 0..10 {
        let answer = scene.enter("100005").await;
        answer.assert_error(403, "insufficientRightsError");
        assert!(answer.body.contains("has ended"), "{}", answer.body);
    }
    scene.mistype(5).await;
    // The ninth and the tenth.
    for code in ["100004", "100004"] {
        assert_eq!(scene.enter(code).await.json(), unknown.json());
    }
    assert_locked(&scene.enter("100004").await);
}

#[tokio::test]
async fn a_space_that_is_locked_while_a_new_code_is_looked_at_stays_shut_to_it() {
    let scene = scene().await;
    scene.mistype(1).await;
    let until = Utc::now() + TimeDelta::seconds(30);
    let until = until.timestamp_millis().to_string();
    let locked = json!({
        "forgivenAt": {"N": until}, "lockedUntil": {"N": until}, "usedUpUntil": {"N": until},
    });
    scene.store.refuse(&[None, None, Some(locked)]);
    assert_locked(&scene.enter(NEW).await);
    scene.enter(NEW).await.ok();
}

#[tokio::test]
async fn a_program_that_goes_on_guessing_shuts_the_space_to_all_codes() {
    let scene = scene().await;
    scene.mistype(10).await;
    // A code that is typed at a locked space is counted: 43.2 seconds of a day each.
    let key = scene.counter();
    let used_up = async || -> i64 {
        let read = latchkey::table::Read::Strong;
        let found: Option<Value> = scene.store.table().get(&key, read).await.unwrap();
        found.unwrap()["usedUpUntil"].as_i64().unwrap()
    };
    let before = used_up().await;
    let guesses = (0..20).map(|number| scene.enter_owned(format!("98{number:04}")));
    for answer in join_all(guesses).await {
        assert_locked(&answer);
    }
    assert_eq!(used_up().await - before, 20 * 43_200);
    let day = Utc::now() + TimeDelta::days(1);
    let all = json!({"usedUpUntil": day.timestamp_millis() + 20_000});
    scene.change(all).await;
    let wait = assert_locked(&scene.enter(USED).await);
    assert!((15..=21).contains(&wait), "{wait}");
    let all = json!({"usedUpUntil": day.timestamp_millis() - 1000});
    scene.change(all).await;
    scene.enter(USED).await.ok();
}

#[tokio::test]
async fn the_log_says_that_a_space_is_locked_and_to_whom() {
    let log = std::env::temp_dir().join(format!("latchkey-{}.log", Uuid::new_v4()));
    let store = Store::start().await;
    let system = System::logged(&store, &log).await;
    let scene = Scene {
        store,
        system,
        tenant: tenant(),
    };
    scene.put(&scene.tenant.world).await;
    scene.mistype(9).await;
    let lines = || std::fs::read_to_string(&log).unwrap();
    assert!(!lines().contains("locked"));
    scene.mistype(1).await;
    scene.system.stop().await;
    let text = std::fs::read_to_string(&log).unwrap();
    std::fs::remove_file(log).unwrap();
    let line = text.lines().find(|line| line.contains("locked")).unwrap();
    let space = SPACE.simple().to_string();
    for part in ["WARN", &space, "controller", "seconds"] {
        assert!(line.contains(part), "{line}");
    }
}
