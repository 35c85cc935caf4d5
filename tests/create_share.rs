//! `POST /v2/shares`.

use latchkey::grant::{Receiver, Source};
use std::collections::HashSet;

use futures_util::future::join_all;
use latchkey::deed::Unrecorded;
use latchkey::role::Role;
use reqwest::Method;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::system::{
    ADMIN, Answer, Fixture, MEMBER, Store, System, Tenant, World, is_of, keys, scope, share_body,
};

const PATH: &str = "/v2/shares";
const INVALID: &str = "invalidInputErrorError";

#[tokio::test]
async fn the_published_example_works_as_printed() {
    let system = System::start().await;
    let expected = Fixture::read("create-share.response.http");
    let answer = Fixture::read("create-share.request.http")
        .send(&system)
        .await;
    expected.assert_head(&answer);
    let body = answer.json();
    // The number is another; that there is one number and nothing else is the promise.
    assert!(
        body["shareId"]
            .as_u64()
            .is_some_and(|id| (1..1 << 53).contains(&id)),
        "{body}"
    );
    let keys = |body: &Value| {
        body.as_object()
            .unwrap()
            .keys()
            .cloned()
            .collect::<Vec<_>>()
    };
    assert_eq!(keys(&body), keys(&expected.json()));
}

#[tokio::test]
async fn the_published_error_is_answered_as_printed() {
    let system = System::start().await;
    let expected = Fixture::read("create-share-invalid-user.response.http");
    let answer = Fixture::read("create-share-invalid-user.request.http")
        .send(&system)
        .await;
    expected.assert_head(&answer);
    let mut body = answer.json();
    assert_eq!(answer.fields(), ["receiver.userId"]);
    body.as_object_mut().unwrap().remove("details");
    assert_eq!(body, expected.json());
}

#[tokio::test]
async fn a_share_can_be_for_a_group_on_a_group_with_everything_set() {
    let w = World::start().await;
    let body = w.tenant.share(json!({
        "startDate": "2027-01-01", "startTime": "08:00:00",
        "endDate": "2027-12-31", "endTime": "18:00",
        "schedule": [
            {"recurrence": "Daily", "period": {"startTime": "22:00:00", "endTime": "06:00:00"}},
            {"recurrence": "BiWeekly", "dayOfWeek": "Sunday"},
        ],
        "permissions": {"administrate": true, "remoteActivate": true, "assignKeyfob": true},
        "source": {"deviceGroupId": 1},
        "receiver": {"userGroupId": 1},
        "personalSettings": {"notifications": true},
    }));
    let answer = w.admin().post(PATH, &body).await.ok();
    let id = answer.json()["shareId"].as_u64().unwrap();
    let share = keys::share(id);
    let grant = keys::grant(
        Receiver::UserGroup(1.try_into().unwrap()),
        Source::DeviceGroup(1.try_into().unwrap()),
        id,
    );
    assert_eq!(w.store.sort_keys(&share).await, [share]);
    assert_eq!(w.store.sort_keys(&grant).await, [grant]);
}

#[tokio::test]
async fn without_a_receiver_it_is_an_open_invitation_whose_token_is_stored_nowhere() {
    let store = Store::start().await;
    let system = System::on(&store).await;
    let body = share_body(json!({"receiver": null}));
    let request = system
        .request(Method::POST, PATH)
        .bearer_auth(ADMIN)
        .header("Idempotency-Key", "k")
        .body(body.to_string());
    let again = request.try_clone().unwrap();
    let answer = Answer::of(request).await;
    let token: Uuid = answer.json()["token"].as_str().unwrap().parse().unwrap();
    assert_eq!(token.get_version_num(), 4);
    assert_eq!(store.sort_keys(&keys::invitations()).await.len(), 2);
    assert_eq!(
        store.sort_keys(&keys::grants()).await.len(),
        3,
        "the demo's grants alone"
    );
    let stored = format!("{:?}", store.items().await);
    assert!(!stored.contains(&token.to_string()));
    assert!(!stored.contains(&token.simple().to_string()));
    // And still the first answer comes again.
    assert_eq!(Answer::of(again).await.json(), answer.json());
}

#[tokio::test]
async fn who_may_not_is_refused() {
    let store = Store::start().await;
    let system = System::on(&store).await;
    let (one, two) = (Tenant::new(7), Tenant::new(8));
    let roles = [Role::AccessTemplateAdmin, Role::Receptionist, Role::Device];
    let one = one
        .with_roles(3, &roles)
        .with_roles(4, &[Role::TenantAdmin])
        .with_roles(5, &[Role::AccessAdmin]);
    store.put(&one.world).await;
    store.put(&two.world).await;
    let body = one.share(json!({}));

    for user in [1, 4, 5] {
        assert_eq!(
            system.user(one.token(user)).post(PATH, &body).await.status,
            200,
            "user {user}"
        );
    }
    let member = system.user(one.token(2)).post(PATH, &body).await;
    member.assert_error(403, "insufficientRightsError");
    system
        .user(one.token(3))
        .post(PATH, &body)
        .await
        .assert_error(403, "insufficientRightsError");
    // The admin of another organization, and an organization that nobody has.
    system
        .user(two.token(1))
        .post(PATH, &body)
        .await
        .assert_error(403, "insufficientRightsError");
    let nobodys = share_body(json!({"organizationId": 99}));
    system
        .user(two.token(1))
        .post(PATH, &nobodys)
        .await
        .assert_error(403, "insufficientRightsError");
    assert_eq!(
        store.sort_keys(&keys::shares()).await.len(),
        3 + 3,
        "three made and the demo's"
    );
}

#[tokio::test]
async fn what_another_organization_has_does_not_exist() {
    let store = Store::start().await;
    let system = System::on(&store).await;
    let (one, two) = (Tenant::new(7), Tenant::new(8));
    let mut one = one;
    one.world.devices.truncate(1);
    one.world.users.truncate(2);
    store.put(&one.world).await;
    store.put(&two.world).await;
    let body = one.share(json!({"source": {"deviceId": 2}, "receiver": {"userId": 9}}));
    let others = system.user(one.token(1)).post(PATH, &body).await;
    others.assert_error(400, INVALID);
    assert_eq!(others.fields(), ["source.deviceId", "receiver.userId"]);
    let body = one.share(json!({"source": {"deviceId": 22}, "receiver": {"userId": 99}}));
    let nobodys = system.user(one.token(1)).post(PATH, &body).await;
    // The answers differ in the IDs that were sent, and in nothing else.
    let named = [("device 22 ", "device 2 "), ("user 99 ", "user 9 ")];
    let same = |text: String, (sent, other): (&str, &str)| text.replace(sent, other);
    assert_eq!(
        named.into_iter().fold(nobodys.body.clone(), same),
        others.body
    );
    let body = one.share(json!({
        "source": {"deviceGroupId": 5}, "receiver": {"userGroupId": 5}, "scheduleId": 5,
    }));
    let groups = system.user(one.token(1)).post(PATH, &body).await;
    assert_eq!(
        groups.fields(),
        ["source.deviceGroupId", "receiver.userGroupId", "scheduleId"]
    );
    assert!(
        store.sort_keys(&keys::shares()).await.len() == 3,
        "nothing but the demo's shares is there"
    );
}

#[tokio::test]
async fn a_bad_body_says_which_field_and_why() {
    let system = System::start().await;
    let cases = [
        (json!({"organizationId": null}), vec!["organizationId"]),
        (json!({"organizationId": 1.5}), vec!["organizationId"]),
        (json!({"source": {}}), vec!["source"]),
        (
            json!({"source": {"deviceId": 1, "deviceGroupId": 2}}),
            vec!["source"],
        ),
        (
            json!({"receiver": {"userId": 0, "userGroupId": 9007199254740992_u64}}),
            vec!["receiver.userId", "receiver.userGroupId", "receiver"],
        ),
        (json!({"receiver": []}), vec!["receiver"]),
        (
            json!({"startTime": "10:00:00", "endTime": "09:00:00"}),
            vec!["startTime", "endTime"],
        ),
        (
            json!({"startDate": "2027-02-29", "endDate": "soon"}),
            vec!["startDate", "endDate"],
        ),
        (
            json!({"startDate": "2027-02-02", "endDate": "2027-02-01"}),
            vec!["endDate"],
        ),
        (json!({"endDate": "2020-01-01"}), vec!["endDate"]),
        (json!({"schedule": {}}), vec!["schedule"]),
        (
            json!({"schedule": [{"recurrence": "Weekly"}, {"recurrence": "daily"}]}),
            vec!["schedule[0].dayOfWeek", "schedule[1].recurrence"],
        ),
        (
            json!({"schedule": [{"recurrence": "Daily", "period": {"startTime": "24:00:00", "endTime": "9:00"}}]}),
            vec!["schedule[0].period.startTime", "schedule[0].period.endTime"],
        ),
        (json!({"schedule": [], "scheduleId": 1}), vec!["scheduleId"]),
        (
            json!({"permissions": {"administrate": 1}}),
            vec!["permissions.administrate"],
        ),
        (
            json!({"personalSettings": {"notifications": "true"}}),
            vec!["personalSettings.notifications"],
        ),
    ];
    for (changes, fields) in cases {
        let answer = system
            .admin()
            .post(PATH, &share_body(changes.clone()))
            .await;
        answer.assert_error(400, INVALID);
        assert_eq!(answer.fields(), fields, "{changes}");
    }
}

#[tokio::test]
async fn a_body_that_does_not_parse_is_a_clear_error() {
    let system = System::start().await;
    let post = async |body: &[u8]| {
        let request = system.request(Method::POST, PATH).bearer_auth(ADMIN);
        Answer::of(
            request
                .header(CONTENT_TYPE, "application/json")
                .body(body.to_vec()),
        )
        .await
    };
    for (body, field) in [
        (&b""[..], ""),
        (b"{", ""),
        (b"[1]", ""),
        (b"null", ""),
        (b"{\"source\": {\"deviceId\": 1e999}}", "source.deviceId"),
        (
            b"{\"source\": {\"deviceId\": 1, \"deviceId\": 2}}",
            "source.deviceId",
        ),
        (b"{\"startDate\": \"\xff\"}", "startDate"),
    ] {
        let answer = post(body).await;
        answer.assert_error(400, INVALID);
        assert_eq!(
            answer.fields().first().map(String::as_str),
            Some(field),
            "{}",
            answer.body
        );
    }
    let nested = format!("{}{}", "[".repeat(5_000), "]".repeat(5_000));
    post(nested.as_bytes()).await.assert_error(400, INVALID);
    let large = share_body(json!({"unknown": "x".repeat(65 * 1024)}));
    post(large.to_string().as_bytes())
        .await
        .assert_error(413, "requestTooLargeError");
}

#[tokio::test]
async fn only_json_is_taken_and_what_clients_call_it_without_being_told() {
    let system = System::start().await;
    let post = async |content_type: &str| {
        let request = system.request(Method::POST, PATH).bearer_auth(ADMIN);
        Answer::of(
            request
                .header(CONTENT_TYPE, content_type)
                .body(share_body(json!({})).to_string()),
        )
        .await
    };
    for taken in [
        "application/json",
        "application/json; charset=utf-8",
        "application/x-www-form-urlencoded",
    ] {
        assert_eq!(post(taken).await.status, 200, "{taken}");
    }
    for refused in ["text/plain", "text/jsv", "application/xml"] {
        post(refused)
            .await
            .assert_error(415, "unsupportedMediaTypeError");
    }
}

#[tokio::test]
async fn the_same_key_and_body_create_once() {
    let store = Store::start().await;
    let system = System::on(&store).await;
    let post = async |token: Uuid, key: &str, body: String| {
        let request = system
            .request(Method::POST, PATH)
            .bearer_auth(token)
            .header("Idempotency-Key", key);
        Answer::of(request.body(body)).await
    };
    let body = share_body(json!({})).to_string();
    let first = post(ADMIN, "key 1", body.clone()).await;
    assert_eq!(
        (first.status.as_u16(), first.header("idempotency-replayed")),
        (200, None)
    );
    // Only what it says counts, not how it is written.
    let respaced = body.replace(':', " : ");
    let second = post(ADMIN, "key 1", respaced).await;
    assert_eq!(
        (
            second.status.as_u16(),
            second.header("idempotency-replayed")
        ),
        (200, Some("true"))
    );
    assert_eq!(second.json(), first.json());
    second.assert_headers();

    let other = share_body(json!({"permissions": {"remoteActivate": true}})).to_string();
    post(ADMIN, "key 1", other)
        .await
        .assert_error(422, "idempotencyKeyReusedError");
    let third = post(ADMIN, "key 2", body.clone()).await;
    assert_ne!(third.json(), first.json());
    assert_eq!(store.sort_keys(&keys::shares()).await.len(), 2 + 3);

    let long = "x".repeat(256);
    for bad in ["", long.as_str(), "caf\u{e9}"] {
        let answer = post(ADMIN, bad, body.clone()).await;
        answer.assert_error(400, INVALID);
        assert_eq!(answer.fields(), ["Idempotency-Key"]);
    }
    post(ADMIN, &"x".repeat(255), body.clone()).await.ok();
    // A key of another user has no meaning.
    post(MEMBER, "key 1", body)
        .await
        .assert_error(403, "insufficientRightsError");
    let stored = format!("{:?}", store.items().await);
    assert!(!stored.contains("key 1"));
}

#[tokio::test]
async fn thirty_two_at_once_with_one_key_make_one_share() {
    let store = Store::start().await;
    let system = System::on(&store).await;
    let body = share_body(json!({})).to_string();
    let posts = (0..32).map(|_| {
        let request = system
            .request(Method::POST, PATH)
            .bearer_auth(ADMIN)
            .header("Idempotency-Key", "one");
        Answer::of(request.body(body.clone()))
    });
    let answers = join_all(posts).await;
    let ids: HashSet<_> = answers
        .iter()
        .map(|answer| {
            assert_eq!(answer.status, 200, "{}", answer.body);
            answer.json()["shareId"].as_u64().unwrap()
        })
        .collect();
    assert_eq!(ids.len(), 1);
    let replayed = answers
        .iter()
        .filter(|answer| answer.header("idempotency-replayed").is_some());
    assert_eq!(replayed.count(), 31);
    assert_eq!(store.sort_keys(&keys::shares()).await.len(), 1 + 3);
}

#[tokio::test]
async fn thirty_two_at_once_without_a_key_make_thirty_two() {
    let store = Store::start().await;
    let system = System::on(&store).await;
    let posts = (0..32).map(|_| async { system.create_share(&share_body(json!({}))).await });
    let ids: HashSet<_> = join_all(posts).await.into_iter().collect();
    assert_eq!(ids.len(), 32);
    assert_eq!(store.sort_keys(&keys::grants()).await.len(), 32 + 3);
}

#[tokio::test]
async fn a_named_schedule_knows_how_many_keep_it() {
    let w = World::start().await;
    for _ in 0..3 {
        let body = w.tenant.share(json!({"scheduleId": 1}));
        w.admin().post(PATH, &body).await.ok();
    }
    let items = w.store.items().await;
    let schedule = items
        .iter()
        .find(|item| item.contains_key("keptBy") && is_of(item, 7))
        .unwrap();
    assert_eq!(schedule["keptBy"].as_n().unwrap(), "3");
}

/// A share by right of which user 2 administrates device 1.
fn administration(tenant: &Tenant, changes: Value) -> Value {
    let mut body = tenant.share(json!({
        "startDate": "2026-01-01", "endDate": "2099-12-31",
        "permissions": {"administrate": true, "remoteActivate": true},
    }));
    for (name, value) in changes.as_object().unwrap() {
        body[name] = value.clone();
    }
    body
}

#[tokio::test]
async fn a_holder_of_administrate_shares_the_source_within_their_own_right() {
    let store = Store::start().await;
    let system = System::on(&store).await;
    let tenant = Tenant::new(7);
    store.put(&tenant.world).await;
    let post =
        async |user: usize, body: Value| system.user(tenant.token(user)).post(PATH, &body).await;
    let on = |user: u64, changes: Value| {
        let mut body = tenant.share(changes);
        body["receiver"] = json!({"userId": user});
        body
    };
    let bounded = json!({"endDate": "2099-12-31"});
    post(2, on(4, bounded.clone()))
        .await
        .assert_error(403, "insufficientRightsError");
    post(1, administration(&tenant, json!({}))).await.ok();

    post(2, on(4, bounded.clone())).await.ok();
    for (changes, fields) in [
        (json!({}), vec!["endDate"]),
        (json!({"endDate": "2100-01-01"}), vec!["endDate"]),
        (
            json!({"startDate": "2025-12-31", "endDate": "2099-01-01"}),
            vec!["startDate"],
        ),
        (
            json!({"endDate": "2099-01-01", "permissions": {"assignKeyfob": true}}),
            vec!["permissions.assignKeyfob"],
        ),
    ] {
        let answer = post(2, on(4, changes)).await;
        answer.assert_error(403, "insufficientRightsError");
        assert_eq!(answer.fields(), fields);
    }
    // Another source, and another user.
    let mut other = on(4, bounded.clone());
    other["source"] = json!({"deviceId": 2});
    post(2, other)
        .await
        .assert_error(403, "insufficientRightsError");
    post(3, on(4, bounded))
        .await
        .assert_error(403, "insufficientRightsError");
}

#[tokio::test]
async fn a_right_to_share_comes_through_groups_and_named_schedules_too() {
    let store = Store::start().await;
    let system = System::on(&store).await;
    let tenant = Tenant::new(7);
    store.put(&tenant.world).await;
    let post =
        async |user: usize, body: Value| system.user(tenant.token(user)).post(PATH, &body).await;
    // User group 1 has users 2 and 3, device group 1 has device 1.
    let through_groups = administration(
        &tenant,
        json!({"source": {"deviceGroupId": 1}, "receiver": {"userGroupId": 1}}),
    );
    post(1, through_groups).await.ok();
    let on_device = |receiver: u64| {
        tenant.share(json!({"receiver": {"userId": receiver}, "endDate": "2099-01-01"}))
    };
    post(3, on_device(4)).await.ok();
    post(4, on_device(5))
        .await
        .assert_error(403, "insufficientRightsError");

    // A named schedule that holds only on yesterday's weekday gives no right today.
    let yesterday = (chrono::Utc::now() - chrono::TimeDelta::days(1))
        .format("%A")
        .to_string();
    let mut tenant = Tenant::new(8);
    let rules = json!([{"dayOfWeek": yesterday, "recurrence": "Weekly", "period": {"startTime": "06:00:00", "endTime": "18:00:00"}}]);
    tenant.world.schedules[0].rules = serde_json::from_value(rules).unwrap();
    store.put(&tenant.world).await;
    let post =
        async |user: usize, body: Value| system.user(tenant.token(user)).post(PATH, &body).await;
    post(1, administration(&tenant, json!({"scheduleId": 1})))
        .await
        .ok();
    let body = tenant.share(json!({"receiver": {"userId": 4}, "endDate": "2099-01-01"}));
    post(2, body.clone())
        .await
        .assert_error(403, "insufficientRightsError");
    let always = administration(&tenant, json!({}));
    post(1, always).await.ok();
    post(2, body).await.ok();
}

#[tokio::test]
async fn a_right_to_share_ends_with_the_right_above_it() {
    let store = Store::start().await;
    let system = System::on(&store).await;
    let tenant = Tenant::new(7);
    store.put(&tenant.world).await;
    let post =
        async |user: usize, body: Value| system.user(tenant.token(user)).post(PATH, &body).await;
    let administrate = |receiver: u64| {
        administration(
            &tenant,
            json!({"receiver": {"userId": receiver}, "permissions": {"administrate": true}}),
        )
    };
    post(1, administrate(2)).await.ok();
    for giver in 2..=8 {
        let answer = post(giver, administrate(giver as u64 + 1)).await;
        assert_eq!(answer.status, 200, "{giver}: {}", answer.body);
    }
    // Eight stand one above the other; the ninth is one too many.
    let ninth = post(9, administrate(4)).await;
    ninth.assert_error(400, INVALID);
    assert_eq!(ninth.fields(), ["source"]);
    // With the first of them gone, the last gives no right.
    store.delete_items(&keys::grants_to(2)).await;
    post(8, administrate(5))
        .await
        .assert_error(403, "insufficientRightsError");
}

#[tokio::test]
async fn a_conflict_is_tried_again_and_given_up_in_time() {
    let store = Store::start().await;
    let system = System::on(&store).await;
    store.conflict(3);
    system.admin().post(PATH, &share_body(json!({}))).await.ok();
    store.conflict(100);
    let answer = system.admin().post(PATH, &share_body(json!({}))).await;
    answer.assert_error(503, "serviceUnavailableError");
    assert_eq!(answer.header("retry-after"), Some("1"));
}

#[tokio::test]
async fn a_share_that_conflicts_at_a_door_reads_it_instead_of_checking_it() {
    let store = Store::start().await;
    let system = System::on(&store).await;
    system.admin().get("/v2/shares/4").await;
    store.calls();
    store.conflict_at_checks();
    system.admin().post(PATH, &share_body(json!({}))).await.ok();
    let calls = store.calls();
    let operations: Vec<_> = calls.iter().map(|call| call.operation.as_str()).collect();
    let expected = [
        "TransactWriteItems",
        "GetItem",
        "GetItem",
        "GetItem",
        "TransactWriteItems",
    ];
    assert_eq!(operations, expected, "the door, the user and the caller");
    let read = &calls[1..4];
    assert!(
        read.iter()
            .all(|call| call.request["ConsistentRead"] == true)
    );
    let written = calls[4].request["TransactItems"].as_array().unwrap();
    assert_eq!(
        written.len(),
        3,
        "the share, its grant and the record: {written:?}"
    );

    // Missing references are reported as usual, and nothing is written.
    let before = store.sort_keys(&keys::shares()).await;
    for (field, body) in [
        ("source.deviceId", json!({"source": {"deviceId": 99}})),
        ("receiver.userId", json!({"receiver": {"userId": 99}})),
    ] {
        store.conflict_at_checks();
        let answer = system.admin().post(PATH, &share_body(body)).await;
        answer.assert_error(400, INVALID);
        assert_eq!(answer.fields(), [field]);
    }
    assert_eq!(store.sort_keys(&keys::shares()).await, before);
}

/// Whoever makes users and keys would have them after the role has gone.
#[tokio::test]
async fn creating_a_user_checks_the_role_whatever_the_conflicts() {
    let store = Store::start().await;
    let system = System::on(&store).await;
    system.admin().get("/v2/shares/4").await;
    store.calls();
    store.conflict_at_checks();
    let user = json!({"organizationId": 1, "firstName": "Kim", "lastName": "New"});
    system.admin().post("/v2/users", &user).await;
    let calls = store.calls();
    let operations: Vec<_> = calls.iter().map(|call| call.operation.as_str()).collect();
    assert!(operations.len() > 1, "{operations:?}");
    for call in &calls {
        assert_eq!(call.operation, "TransactWriteItems", "{operations:?}");
        let items = call.request["TransactItems"].as_array().unwrap();
        let caller = json!({"S": keys::user(1)});
        let checks_caller = |item: &Value| item["ConditionCheck"]["Key"]["SK"] == caller;
        assert!(items.iter().any(checks_caller), "{items:?}");
    }
}

#[tokio::test]
async fn a_removed_role_makes_no_share_even_after_a_conflict() {
    let w = World::start().await;
    // The gateway knows the role.
    w.admin().get("/v2/shares/4").await;
    let key = scope(7).user(1.try_into().unwrap());
    let mut dismissed = w.tenant.world.users[0].clone();
    dismissed.roles.clear();
    let table = w.store.table();
    table.put(&key, &dismissed, Unrecorded::Fill).await.unwrap();
    let before = w.store.sort_keys(&keys::shares()).await;
    w.store.conflict_at_checks();
    let share = w.tenant.share(json!({}));
    let answer = w.admin().post(PATH, &share).await;
    answer.assert_error(403, "insufficientRightsError");
    assert_eq!(w.store.sort_keys(&keys::shares()).await, before);
}

#[tokio::test]
async fn a_hundred_and_fifty_invited_to_one_door_at_once_are_all_invited() {
    let store = Store::start().await;
    let system = System::on(&store).await;
    let body = share_body(json!({}));
    let invite = async |_| system.admin().post(PATH, &body).await.status.as_u16();
    let statuses = join_all((0..150).map(invite)).await;
    assert!(statuses.iter().all(|status| *status == 200), "{statuses:?}");
    let to_user = format!("{}{}#", keys::grants_to(2), keys::device(1));
    let grants = store.sort_keys(&to_user);
    // And the one that the demo has.
    assert_eq!(grants.await.len(), 151);
}

#[tokio::test]
async fn throttling_is_reported_as_throttling() {
    let store = Store::start().await;
    let system = System::on(&store).await;
    store.throttle(100);
    let answer = system.admin().post(PATH, &share_body(json!({}))).await;
    answer.assert_error(429, "TooManyRequests");
    assert_eq!(answer.header("retry-after"), Some("1"));
}

#[tokio::test]
async fn a_header_that_names_a_caller_is_ignored() {
    let system = System::start().await;
    let request = system
        .request(Method::POST, PATH)
        .header(AUTHORIZATION, format!("Bearer {MEMBER}"));
    let forged = request.header("userId", "1").header(
        "memberships",
        "[{\"organizationId\":1,\"roles\":[\"Admin\"]}]",
    );
    Answer::of(forged.body(share_body(json!({})).to_string()))
        .await
        .assert_error(403, "insufficientRightsError");
}

#[tokio::test]
async fn one_delegate_makes_twenty_shares_for_one_receiver_at_one_source() {
    let w = World::start().await;
    let right = json!({"permissions": {"administrate": true}});
    w.create_share(1, right).await;
    let make = async |changes: Value| {
        let body = w.tenant.share(changes);
        w.user(2).post("/v2/shares", &body).await
    };
    let to_three = || json!({"receiver": {"userId": 3}});
    // All at once: of thirty, twenty.
    let answers = join_all((0..30).map(|_| make(to_three()))).await;
    let (made, refused): (Vec<_>, Vec<_>) =
        answers.into_iter().partition(|answer| answer.status == 200);
    // One that met the others too often may be made again.
    let busy = refused.iter().filter(|answer| answer.status == 503).count();
    for answer in refused.iter().filter(|answer| answer.status != 503) {
        answer.assert_error(400, "tooManySharesError");
    }
    let mut made: Vec<_> = made.into_iter().map(|answer| answer.json()).collect();
    assert!(
        made.len() <= 20 && made.len() + busy >= 20,
        "{}",
        made.len()
    );
    while made.len() < 20 {
        let one = make(to_three()).await.ok();
        made.push(one.json());
    }
    make(to_three())
        .await
        .assert_error(400, "tooManySharesError");
    // An invitation that is claimed by the same receiver is one more.
    let open = make(json!({"receiver": null})).await.json();
    let claim = json!({"token": open["token"]});
    let claimed = w.user(3).post("/v2/shares/claim", &claim).await;
    claimed.assert_error(400, "tooManySharesError");
    // Another receiver, and who shares by role, are not concerned.
    make(json!({"receiver": {"userId": 4}})).await.ok();
    w.create_share(1, to_three()).await;
    // One that goes makes room for one.
    let path = format!("/v2/shares/{}", made[0]["shareId"]);
    w.user(2).delete(&path).await.no_content();
    w.user(3).post("/v2/shares/claim", &claim).await.ok();
    make(to_three())
        .await
        .assert_error(400, "tooManySharesError");
}
