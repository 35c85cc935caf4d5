//! `GET /v2/audit`: who made which change.

use std::collections::BTreeSet;

use latchkey::role::Role;
use reqwest::Method;
use serde_json::{Value, json};

use crate::system::{Answer, Store, System, Tenant};

const NOTHING: [u64; 0] = [];

struct Scene {
    system: System,
    tenant: Tenant,
}

impl Scene {
    /// Organization 7, with an admin, user 1, and an `AccessAdmin`, user 2.
    async fn start() -> Self {
        let store = Store::start().await;
        let system = System::on(&store).await;
        let tenant = Tenant::new(7).with_roles(2, &[Role::AccessAdmin]);
        store.put(&tenant.world).await;
        Self { system, tenant }
    }

    async fn share(&self, user: usize, changes: Value) -> u64 {
        let path = self.tenant.create_share(&self.system, user, changes).await;
        path.rsplit('/').next().unwrap().parse().unwrap()
    }

    async fn asked(&self, user: usize, query: &str) -> Answer {
        let path = format!("/v2/audit?{query}");
        self.system.user(self.tenant.token(user)).get(&path).await
    }

    /// What was done to which shares, in the order of the answer.
    async fn seen(&self, user: usize, query: &str) -> Vec<u64> {
        let answer = self.asked(user, query).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        let list = answer.json();
        let list = list.as_array().unwrap().iter();
        list.map(|deed| deed["subject"]["id"].as_u64().unwrap())
            .collect()
    }
}

#[tokio::test]
async fn changes_are_listed_newest_first_with_who_made_them_and_by_what_right() {
    let scene = Scene::start().await;
    let id = scene.share(1, json!({"endDate": "2098-01-01"})).await;
    let path = format!("/v2/shares/{id}");
    let change = json!({"endDate": "2099-01-01"});
    let token = scene.tenant.token(2);
    let changed = scene.system.user(token).put(&path, &change).await;
    assert_eq!(changed.status, 200, "{}", changed.body);
    let answer = scene.asked(1, "").await;
    assert_eq!(answer.header("vary"), Some("Accept"));
    let list = answer.json();
    let [last, first] = list.as_array().unwrap().as_slice() else {
        panic!("{list}")
    };
    assert_eq!(first["operation"], "create-share");
    assert_eq!(first["after"]["endDate"], json!(null), "{first}");
    let id_of = |deed: &Value| deed["id"].as_str().unwrap().to_owned();
    assert!(id_of(last) > id_of(first));
    let mut last = last.clone();
    for made in ["id", "at"] {
        assert!(last[made].is_string());
        last.as_object_mut().unwrap().remove(made);
    }
    let request = changed.header("x-request-id").unwrap();
    assert_eq!(
        last,
        json!({
            "actor": {
                "kind": "user", "id": 2, "credential": "token-2",
                "by": {"kind": "role", "id": "AccessAdmin"},
            },
            "operation": "update-share",
            "subject": {"kind": "share", "id": id},
            "on": {"kind": "device", "id": 1},
            "before": last["before"],
            "after": last["after"],
            "requestId": request,
            "address": "127.0.0.1",
        })
    );
    let (before, after) = (last["before"].to_string(), last["after"].to_string());
    assert!(before.contains("2098-01-01") && after.contains("2099-01-01"));
}

#[tokio::test]
async fn what_is_asked_for_is_found_by_time_actor_kind_thing_and_operation() {
    let scene = Scene::start().await;
    let one = scene.share(1, json!({})).await;
    let two = scene.share(2, json!({"source": {"deviceId": 2}})).await;
    let user = json!({"firstName": "Ada"});
    let token = scene.tenant.token(1);
    scene.system.user(token).put("/v2/users/3", &user).await;
    let three = 3;
    assert_eq!(scene.seen(1, "").await, [three, two, one]);
    assert_eq!(scene.seen(1, "actorId=2").await, [two]);
    assert_eq!(scene.seen(1, "subjectKind=share").await, [two, one]);
    let of_one = format!("subjectKind=share&subjectId={one}");
    assert_eq!(scene.seen(1, &of_one).await, [one]);
    let of_door = "subjectKind=device&subjectId=2";
    assert_eq!(scene.seen(1, of_door).await, [two], "by what is on it");
    assert_eq!(scene.seen(1, "subjectKind=user&subjectId=3").await, [three]);
    assert_eq!(scene.seen(1, "operation=update-user").await, [three]);
    let list = scene.asked(1, "").await.json();
    let at = |place: usize| list[place]["at"].as_str().unwrap().to_owned();
    let from = scene.seen(1, &format!("from={}", at(1))).await;
    assert!(from.contains(&two) && !from.contains(&one), "{from:?}");
    let until = scene.seen(1, &format!("until={}", at(0))).await;
    assert!(!until.contains(&three) && until.contains(&one), "{until:?}");
    assert_eq!(scene.seen(1, "from=2090-01-01T00:00:00Z").await, NOTHING);
    let nothing = "from=2030-01-01T00:00:00Z&until=2020-01-01T00:00:00Z";
    assert_eq!(scene.seen(1, nothing).await, NOTHING);
    for (query, field) in [
        ("subjectId=3", "subjectKind"),
        ("from=yesterday", "from"),
        ("actorId=x", "actorId"),
        ("kind=share", "kind"),
    ] {
        let answer = scene.asked(1, query).await;
        answer.assert_error(400, "invalidInputErrorError");
        assert_eq!(answer.fields(), [field]);
    }
}

#[tokio::test]
async fn pages_have_every_change_once_in_the_order_of_time() {
    let scene = Scene::start().await;
    let mut made = Vec::new();
    for _ in 0..30 {
        made.push(scene.share(1, json!({})).await);
    }
    made.reverse();
    for size in [1, 7, 100] {
        let mut path = format!("/v2/audit?size={size}");
        let mut seen = Vec::new();
        loop {
            let admin = scene.system.user(scene.tenant.token(1));
            let answer = admin.get(&path).await;
            let list = answer.json();
            let list = list.as_array().unwrap();
            assert!(list.len() <= size);
            seen.extend(
                list.iter()
                    .map(|deed| deed["subject"]["id"].as_u64().unwrap()),
            );
            let Some(next) = answer.next_path(scene.system.url()) else {
                break;
            };
            path = next;
        }
        assert_eq!(seen, made, "in pages of {size}");
    }
}

#[tokio::test]
async fn an_admin_sees_all_others_their_own_and_who_administrates_a_door_what_was_done_to_it() {
    let scene = Scene::start().await;
    let right = json!({"permissions": {"administrate": true}, "receiver": {"userId": 3}});
    let one = scene.share(1, right).await;
    let two = scene.share(2, json!({"source": {"deviceId": 2}})).await;
    assert_eq!(scene.seen(1, "").await, [two, one]);
    assert_eq!(scene.seen(2, "").await, [two], "a role that gives rights");
    assert_eq!(scene.seen(3, "").await, NOTHING);
    let door = |id: u64| format!("subjectKind=device&subjectId={id}");
    assert_eq!(scene.seen(3, &door(1)).await, [one]);
    assert_eq!(scene.seen(3, &door(2)).await, NOTHING);
    assert_eq!(scene.seen(4, &door(1)).await, NOTHING);
    for query in ["actorId=1", "actorId=2&subjectKind=device&subjectId=2"] {
        let answer = scene.asked(3, query).await;
        answer.assert_error(403, "insufficientRightsError");
    }
    let other = scene.asked(1, "organizationId=8").await;
    other.assert_error(403, "insufficientRightsError");
}

#[tokio::test]
async fn changes_are_exported_as_lines_and_as_a_table() {
    let scene = Scene::start().await;
    let name = json!({"name": "Gate, \"north\""});
    let token = scene.tenant.token(1);
    scene.system.user(token).put("/v2/devices/1", &name).await;
    scene.share(1, json!({})).await;
    let asked = async |accept: &str| {
        let request = scene.system.request(Method::GET, "/v2/audit");
        let request = request.bearer_auth(token).header("Accept", accept);
        Answer::of(request).await
    };
    let list = scene.asked(1, "").await.json();
    let lines = asked("application/x-ndjson").await;
    assert_eq!(lines.header("content-type"), Some("application/x-ndjson"));
    let read = lines
        .body
        .lines()
        .map(|line| serde_json::from_str(line).unwrap());
    assert_eq!(read.collect::<Vec<Value>>(), *list.as_array().unwrap());
    let table = asked("text/csv").await;
    assert_eq!(table.header("content-type"), Some("text/csv"));
    let rows: Vec<_> = table.body.split_terminator("\r\n").collect();
    assert_eq!(rows.len(), 3, "{rows:?}");
    assert!(
        rows[0].starts_with("id,at,actorKind,actorId,"),
        "{}",
        rows[0]
    );
    let said = r#","{""name"":""Gate, \""north\""""}","#;
    assert!(rows[2].contains(said), "{}", rows[2]);
    let ids: BTreeSet<_> = rows.iter().map(|row| row.split(',').next()).collect();
    assert_eq!(ids.len(), 3);
    assert_eq!(asked("image/png").await.status, 406);
}
