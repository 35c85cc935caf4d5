//! What exceeds DynamoDB's limits is refused with a reason before it is sent.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use latchkey::deed::Unrecorded;
use latchkey::directory::{ForeignId, MAX_LINKED, Resource};
use latchkey::layout::item::GrantEdge;
use latchkey::table::If;
use latchkey::warrant::Warrant;
use reqwest::Method;
use serde_json::json;

use crate::system::{Answer, SPACE, Store, System, Tenant, World, access_space, scope};

const INVALID: &str = "invalidInputErrorError";

#[tokio::test]
async fn more_than_twenty_entity_tags_are_refused_whatever_they_are() {
    let w = World::start().await;
    let path = w.create_share(1, json!({})).await;
    let ask = async |method: &Method, path: &str, tags: String| {
        let request = w.system.request(method.clone(), path);
        let request = request
            .bearer_auth(w.tenant.token(1))
            .header("If-Match", tags);
        Answer::of(request.body("{}")).await
    };
    let tags = |count: u64| {
        let tags: Vec<_> = (0..count).map(|tag| format!("\"{}\"", 100 + tag)).collect();
        tags.join(", ")
    };
    for path in [&*path, "/v2/users/5", "/v2/schedules/1", "/v2/devices/1"] {
        for method in [Method::PUT, Method::DELETE] {
            for many in [tags(21), tags(316), vec!["W/\"1\""; 21].join(",")] {
                let answer = ask(&method, path, many).await;
                answer.assert_error(400, INVALID);
                assert_eq!(answer.fields(), ["If-Match"]);
            }
            let answer = ask(&method, path, tags(20)).await;
            answer.assert_error(412, "preconditionFailedError");
        }
    }
    let one_of_twenty = format!("\"1\", {}", tags(19));
    ask(&Method::DELETE, "/v2/schedules/1", one_of_twenty)
        .await
        .no_content();
}

#[tokio::test]
async fn nothing_belongs_to_more_groups_or_spaces_than_its_item_has_room_for() {
    let store = Store::start().await;
    let system = System::on(&store).await;
    let tenant = Tenant::new(7);
    store.put(&tenant.world).await;
    let numbers = || 1000..1000 + MAX_LINKED as u64;
    let mut user = tenant.world.users[3].clone();
    user.groups = numbers().map(|id| id.try_into().unwrap()).collect();
    let mut device = tenant.world.devices[1].clone();
    device.groups = numbers().map(|id| id.try_into().unwrap()).collect();
    let space = |number: u64| uuid::Uuid::from_u128(number.into()).into();
    device.spaces = numbers().map(space).collect();
    let (scope, table) = (tenant.world.scope().unwrap(), store.table());
    let mut writes = table.transaction(&Warrant::System, Unrecorded::Fill);
    writes.put((), &scope.user(user.id), &user, If::Exists);
    let (keyring, groups) = user.keyring(&scope).unwrap();
    writes.put((), &keyring, &groups, If::Exists);
    writes.put((), &scope.device(device.id), &device, If::Exists);
    writes.send().await.unwrap().unwrap();
    let token = tenant.token(1);
    let full = |what: &str| format!("one of these is in {MAX_LINKED} {what}s already, the maximum");
    let refused = |answer: &Answer, field: &str, what: &str| {
        answer.assert_error(400, INVALID);
        let fault = &answer.json()["details"][0];
        assert_eq!(
            (&fault["field"], &fault["message"]),
            (&json!(field), &json!(full(what)))
        );
    };
    for (path, field, what) in [
        ("/v2/user-groups/2/users/4", "userId", "user group"),
        ("/v2/device-groups/2/devices/2", "deviceId", "device group"),
    ] {
        let answer = system.user(token).call(Method::PUT, path).await;
        refused(&answer, field, what);
    }
    let put = async |path: &str, body| system.user(token).put(path, &body).await;
    let answer = put("/v2/user-groups/2", json!({"members": [3, 4]})).await;
    refused(&answer, "members", "user group");
    let answer = put("/v2/device-groups/2", json!({"devices": [2]})).await;
    refused(&answer, "devices", "device group");
    let answer = put(&format!("/v2/spaces/{SPACE}"), json!({"devices": [1, 2]})).await;
    refused(&answer, "devices", "space");
    let new = json!({"organizationId": 7, "name": "New", "devices": [2]});
    refused(
        &system.user(token).post("/v2/spaces", &new).await,
        "devices",
        "space",
    );
    // A member with room is accepted, and a missing one is not reported as full.
    put("/v2/user-groups/2", json!({"members": [3]})).await.ok();
    let gone = put("/v2/user-groups/2", json!({"members": [3, 99]})).await;
    assert_eq!(
        gone.json()["details"][0]["code"],
        "notFound",
        "{}",
        gone.body
    );
    // An existing member stays.
    let path = "/v2/user-groups/2/users/3";
    system
        .user(token)
        .call(Method::PUT, path)
        .await
        .no_content();
}

#[tokio::test]
async fn an_item_that_would_be_too_large_all_the_same_is_a_fault_of_the_request() {
    let w = World::start().await;
    w.store.too_large();
    let answer = w
        .admin()
        .put("/v2/devices/1", &json!({"name": "Gate"}))
        .await;
    answer.assert_error(400, "tooLargeError");
}

/// A cursor of the form that the service makes, to a place of the client's own. The check has
/// no secret in it.
fn cursor(question: &str, place: &str) -> String {
    let mut check = latchkey::secret::hash(&["1", question, place].map(str::as_bytes));
    check.truncate(22);
    URL_SAFE_NO_PAD.encode(format!("1{check}{place}"))
}

#[tokio::test]
async fn a_cursor_that_is_no_key_is_refused() {
    let w = World::start().await;
    for number in 0..2 {
        let user = json!({"receiver": {"userId": 2 + number}});
        w.create_share(1, user).await;
    }
    for list in [
        "/v2/users?size=1",
        "/v2/shares?deviceId=1&size=1",
        "/v2/shares?size=1",
    ] {
        let first = w.admin().get(list).await;
        let link = first.header("link").unwrap();
        let (_, cursor_of_link) = link.split_once("cursor=").unwrap();
        let cursor_of_link = cursor_of_link.split('>').next().unwrap();
        let text = URL_SAFE_NO_PAD.decode(cursor_of_link).unwrap();
        let place = String::from_utf8(text).unwrap()[23..].to_owned();
        // The question is a list's own; it is found by trying those that a client can guess.
        let question = QUESTIONS
            .iter()
            .find(|question| cursor(question, &place) == cursor_of_link);
        let Some(question) = question else {
            panic!("none of the questions is that of {list}");
        };
        for place in ["", &"x".repeat(513), &"x".repeat(4000)] {
            let path = format!("{list}&cursor={}", cursor(question, place));
            let answer = w.admin().get(&path).await;
            answer.assert_error(400, INVALID);
            assert_eq!(answer.fields(), ["cursor"]);
        }
        // One that is too long together with its prefix is no 500 either.
        let path = format!("{list}&cursor={}", cursor(question, &"x".repeat(512)));
        let answer = w.admin().get(&path).await;
        assert!(answer.status.as_u16() < 500, "{}", answer.body);
    }
}

/// The part by which lists distinguish their cursors.
const QUESTIONS: &[&str] = &["list-users 7", "list-shares 7 deviceId=1", "list-shares 7"];

#[tokio::test]
async fn a_hundred_of_very_many_grants_are_recorded() {
    let store = Store::start().await;
    let system = System::on(&store).await;
    let mut tenant = Tenant::new(7);
    tenant.world.devices[1].gateway_id = Some(ForeignId::Text("gateway-7".to_owned()));
    store.put(&tenant.world).await;
    let right = json!({
        "receiver": {"userId": 4}, "source": {"deviceId": 2},
        "permissions": {"remoteActivate": true},
    });
    let path = tenant.create_share(&system, 1, right).await;
    let number: u64 = path.rsplit('/').next().unwrap().parse().unwrap();
    let (scope, table) = (tenant.world.scope().unwrap(), store.table());
    let key = scope.share(number.try_into().unwrap());
    let read = latchkey::table::Read::Strong;
    let share: Option<latchkey::share::Share> = table.get(&key, read).await.unwrap();
    let share = share.unwrap();
    for some in (1..=150_u64).collect::<Vec<_>>().chunks(30) {
        let mut writes = table.transaction(&Warrant::System, Unrecorded::Fill);
        for further in some {
            let mut share = share.clone();
            share.id = (number + further).try_into().unwrap();
            for (key, edge) in GrantEdge::of(&scope, &share) {
                writes.put_new((), &key, &edge);
            }
        }
        writes.send().await.unwrap().unwrap();
    }
    let path = "/v1/devices/2/remote-activation";
    system
        .user(tenant.token(4))
        .call(Method::POST, path)
        .await
        .ok();
    let items = store.items().await;
    let audit = items.iter().find(|item| item.contains_key("deed")).unwrap();
    assert_eq!(audit["shares"].as_l().unwrap().len(), 100);
}

/// Lambda takes an answer of 6 MB, and API Gateway makes a 502 of a longer one.
#[tokio::test]
async fn a_page_that_would_be_too_large_asks_for_a_smaller_one() {
    let w = World::start().await;
    for number in 0..50 {
        let code = format!("4071{number:02}");
        let mut access = w.tenant.access(number, 4, vec![access_space(SPACE, &code)]);
        access.label = Some("\"".repeat(70_000));
        w.store.put_access(&scope(7), &access).await;
    }
    let list = "/BusinessUserAccesses";
    let answer = w.admin().get(list).await.is(400);
    let fault = &answer.json()["responseStatus"]["errors"][0];
    assert_eq!(fault["fieldName"], "size");
    let (mut found, mut next) = (0, Some(format!("{list}?size=20")));
    while let Some(path) = next {
        let page = w.admin().get(&path).await.ok();
        found += page.json()["data"].as_array().unwrap().len();
        next = page.next_path(w.system.url());
    }
    assert_eq!(found, 50);
}
