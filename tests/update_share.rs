//! `PUT /v2/shares/{shareId}`.

use futures_util::future::join_all;
use latchkey::table::Item;
use reqwest::Method;
use reqwest::header::ETAG;
use serde_json::{Value, json};

use crate::system::{Answer, Store, System, Tenant, World, keys};

const INVALID: &str = "invalidInputErrorError";

/// The share of a path and its grant, as stored.
async fn stored(store: &Store, path: &str) -> (Item, Option<Item>) {
    let id: u64 = path.rsplit('/').next().unwrap().parse().unwrap();
    let items = store.items().await;
    let find = |start: &str, end: &str| {
        let found = items.iter().find(|item| {
            let key = item["SK"].as_s().unwrap();
            key.starts_with(start) && key.ends_with(end)
        });
        found.cloned()
    };
    let number = format!("#{id:016}");
    let share = find(&keys::shares(), &number).unwrap();
    (share, find(&keys::grants(), &number))
}

async fn kept_by(system: &System, tenant: &Tenant, schedule: &Value) -> Value {
    let path = format!("/v2/schedules/{schedule}");
    system.user(tenant.token(1)).get(&path).await.json()["keptBy"].clone()
}

#[tokio::test]
async fn given_fields_change_and_the_rest_stays() {
    let w = World::start().await;
    let given = json!({
        "startDate": "2027-01-01", "startTime": "08:00:00", "endDate": "2027-12-31",
        "schedule": [{"recurrence": "Daily"}],
        "permissions": {"remoteActivate": true, "assignKeyfob": true},
        "personalSettings": {"notifications": true},
    });
    let path = w.create_share(1, given).await;
    let id: u64 = path.rsplit('/').next().unwrap().parse().unwrap();
    let before = w.admin().get(&path).await.json();

    let change = json!({
        "endDate": "2028-06-30", "endTime": "18:00", "startTime": null,
        "permissions": {"assignKeyfob": false}, "autoRemoveAfter": "MONTH",
        "source": {"deviceId": 1}, "receiver": {"userId": 2},
    });
    let answer = w.admin().put(&path, &change).await.ok();
    assert_eq!(answer.json(), json!({ "shareId": id }));
    assert_eq!(answer.headers[ETAG], "\"2\"");
    answer.assert_headers();

    let after = w.admin().get(&path).await;
    assert_eq!(after.version(), Some(2));
    let mut expected = before.clone();
    expected.as_object_mut().unwrap().remove("startTime");
    expected["endDate"] = json!("2028-06-30");
    expected["endTime"] = json!("18:00:00");
    expected["permissions"]["assignKeyfob"] = json!(false);
    expected["autoRemoveAfter"] = json!("MONTH");
    expected["dateModified"] = after.json()["dateModified"].clone();
    assert_ne!(expected["dateModified"], before["dateModified"]);
    assert_eq!(after.json(), expected);

    let nulls =
        json!({"startDate": null, "endDate": null, "schedule": null, "autoRemoveAfter": null});
    w.admin().put(&path, &nulls).await.ok();
    let view = w.admin().get(&path).await.json();
    for name in [
        "startDate",
        "startTime",
        "endDate",
        "endTime",
        "autoRemoveAfter",
    ] {
        assert_eq!(view.get(name), None, "{name}");
    }
    assert_eq!(
        (&view["schedule"], &view["state"]),
        (&json!([]), &json!("Active"))
    );
}

#[tokio::test]
async fn a_change_without_a_difference_writes_nothing() {
    let w = World::start().await;
    let path = w.create_share(1, json!({"endDate": "2099-12-31"})).await;
    let before = stored(&w.store, &path).await;
    for body in [
        json!({}),
        json!({"endDate": "2099-12-31", "startDate": null}),
    ] {
        let answer = w.admin().put(&path, &body).await;
        assert_eq!(
            (answer.status.as_u16(), answer.header("etag")),
            (200, Some("\"1\""))
        );
    }
    assert_eq!(stored(&w.store, &path).await, before);
}

#[tokio::test]
async fn a_change_holds_for_the_next_decision() {
    let w = World::start().await;
    let right = json!({"permissions": {"administrate": true}});
    let right = w.create_share(1, right).await;
    let on = w
        .tenant
        .share(json!({"receiver": {"userId": 4}, "endDate": "2099-01-01"}));
    let share_on = async || w.user(2).post("/v2/shares", &on).await.status;
    assert_eq!(share_on().await, 200);
    for (change, status) in [
        (json!({"permissions": {"administrate": false}}), 403),
        (json!({"permissions": {"administrate": true}}), 200),
        (
            json!({"startDate": "2021-01-01", "endDate": "2021-01-02"}),
            403,
        ),
        (json!({"startDate": null, "endDate": null}), 200),
        (json!({"startDate": "2090-01-01"}), 403),
    ] {
        w.admin().put(&right, &change).await.ok();
        assert_eq!(share_on().await, status, "{change}");
    }
}

#[tokio::test]
async fn every_fault_is_named_and_nothing_is_changed() {
    let w = World::start().await;
    let given = json!({"startDate": "2027-01-01", "endDate": "2027-12-31"});
    let path = w.create_share(1, given).await;
    let before = stored(&w.store, &path).await;
    let cases = [
        (json!([]), vec![""]),
        (json!({"endDate": "2026-12-31"}), vec!["endDate"]),
        (json!({"startDate": "2028-01-01"}), vec!["startDate"]),
        (
            json!({"startDate": null, "startTime": "08:00"}),
            vec!["startTime"],
        ),
        (
            json!({"endDate": "2027-02-30", "startTime": 8}),
            vec!["startTime", "endDate"],
        ),
        (
            json!({"schedule": [{"recurrence": "Weekly"}]}),
            vec!["schedule[0].dayOfWeek"],
        ),
        (json!({"schedule": [], "scheduleId": 1}), vec!["scheduleId"]),
        (json!({"scheduleId": 99}), vec!["scheduleId"]),
        (
            json!({"permissions": {"administrate": "no"}}),
            vec!["permissions.administrate"],
        ),
        (json!({"autoRemoveAfter": "DAY"}), vec!["autoRemoveAfter"]),
        (
            json!({"source": {"deviceId": 2}, "receiver": {"userGroupId": 1}, "personalSettings": 1}),
            vec!["personalSettings", "source", "receiver"],
        ),
        (json!({"receiver": null}), vec!["receiver"]),
    ];
    for (body, fields) in cases {
        let answer = w.admin().put(&path, &body).await;
        answer.assert_error(400, INVALID);
        assert_eq!(answer.fields(), fields, "{body}");
    }
    assert_eq!(stored(&w.store, &path).await, before);
}

#[tokio::test]
async fn the_counts_of_named_schedules_move_with_the_share() {
    let w = World::start().await;
    let second = json!({"organizationId": 7, "name": "Second", "rules": []});
    let second = w.admin().post("/v2/schedules", &second).await.json();
    let (one, two) = (json!(1), second["scheduleId"].clone());
    let path = w.create_share(1, json!({"scheduleId": 1})).await;
    for (change, of_one, of_two) in [
        (json!({ "scheduleId": two }), 0, 1),
        (
            json!({ "scheduleId": two, "permissions": {"remoteActivate": true} }),
            0,
            1,
        ),
        (json!({"schedule": [{"recurrence": "Daily"}]}), 0, 0),
        (json!({"scheduleId": 1}), 1, 0),
        (json!({"scheduleId": null}), 0, 0),
    ] {
        w.admin().put(&path, &change).await.ok();
        assert_eq!(
            kept_by(&w.system, &w.tenant, &one).await,
            of_one,
            "{change}"
        );
        assert_eq!(
            kept_by(&w.system, &w.tenant, &two).await,
            of_two,
            "{change}"
        );
    }
    let view = w.admin().get(&path).await.json();
    assert_eq!(
        (view.get("scheduleId"), &view["schedule"]),
        (None, &json!([]))
    );
}

#[tokio::test]
async fn one_of_sixty_four_with_the_same_if_match_wins() {
    let w = World::start().await;
    let path = w.create_share(1, json!({"scheduleId": 1})).await;
    let puts = (0..64).map(|day| {
        let request = w
            .system
            .request(Method::PUT, &path)
            .bearer_auth(w.tenant.token(1));
        let body = json!({"endDate": format!("20{:02}-01-01", 30 + day), "schedule": []});
        Answer::of(request.header("If-Match", "\"1\"").body(body.to_string()))
    });
    let answers = join_all(puts).await;
    let (won, lost): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 200);
    assert_eq!(won.len(), 1);
    assert_eq!(won[0].headers[ETAG], "\"2\"");
    for answer in lost {
        answer.assert_error(412, "preconditionFailedError");
    }
    let view = w.admin().get(&path).await;
    assert_eq!(view.version(), Some(2));
    assert_eq!(kept_by(&w.system, &w.tenant, &json!(1)).await, 0);
}

#[tokio::test]
async fn changes_at_once_are_not_lost() {
    let (_store, system, tenant) = Tenant::start().await;
    let path = tenant.create_share(&system, 1, json!({})).await;
    let bodies = [
        json!({"permissions": {"administrate": true}}),
        json!({"permissions": {"remoteActivate": true}}),
        json!({"permissions": {"assignKeyfob": true}}),
        json!({"personalSettings": {"notifications": true}}),
        json!({"endDate": "2099-12-31"}),
        json!({"autoRemoveAfter": "YEAR"}),
    ];
    let puts = bodies
        .iter()
        .map(|body| system.user(tenant.token(1)).put(&path, body));
    for answer in join_all(puts).await {
        assert_eq!(answer.status, 200, "{}", answer.body);
    }
    let view = system.user(tenant.token(1)).get(&path).await;
    assert_eq!(view.version(), Some(7));
    let view = view.json();
    let all = json!({"administrate": true, "remoteActivate": true, "assignKeyfob": true});
    assert_eq!(view["permissions"], all);
    assert_eq!(view["personalSettings"]["notifications"], true);
    assert_eq!(
        (&view["endDate"], &view["autoRemoveAfter"]),
        (&json!("2099-12-31"), &json!("YEAR"))
    );
}

#[tokio::test]
async fn a_share_is_removed_some_time_after_its_end() {
    let w = World::start().await;
    let path = w.create_share(1, json!({})).await;
    let change = async |body: Value| {
        w.admin().put(&path, &body).await.ok();
    };
    let expires_at = async || {
        let (share, grant) = stored(&w.store, &path).await;
        // Its grant goes with it.
        assert!(!grant.unwrap().contains_key("expiresAt"));
        let number = share.get("expiresAt")?.as_n().unwrap();
        let at = chrono::DateTime::from_timestamp(number.parse().unwrap(), 0);
        at.map(|at| at.to_rfc3339())
    };
    // Without an end, never.
    change(json!({"autoRemoveAfter": "WEEK"})).await;
    assert_eq!(expires_at().await, None);
    // The day ends at midnight in Amsterdam.
    change(json!({"endDate": "2090-01-31"})).await;
    assert_eq!(
        expires_at().await.as_deref(),
        Some("2090-02-07T23:00:00+00:00")
    );
    change(json!({"autoRemoveAfter": "MONTH"})).await;
    assert_eq!(
        expires_at().await.as_deref(),
        Some("2090-02-28T23:00:00+00:00")
    );
    change(json!({"autoRemoveAfter": "YEAR", "endTime": "10:00"})).await;
    assert_eq!(
        expires_at().await.as_deref(),
        Some("2091-01-31T09:00:00+00:00")
    );
    change(json!({"autoRemoveAfter": null})).await;
    assert_eq!(expires_at().await, None);
    // Past that, it is gone at once, and with it what DynamoDB has not removed yet.
    change(json!({"startDate": "2024-01-01", "endDate": "2024-01-02"})).await;
    assert_eq!(w.admin().get(&path).await.json()["state"], "Ended");
    change(json!({"autoRemoveAfter": "WEEK"})).await;
    for method in [Method::GET, Method::PUT, Method::DELETE] {
        let answer = w.admin().send(method, &path, &json!({})).await;
        answer.assert_error(404, "notFoundError");
    }
    let calendar = w.admin().get(&format!("{path}/calendar")).await;
    calendar.assert_error(404, "notFoundError");
    let list = w.admin().get("/v2/shares?userId=2").await;
    assert_eq!(list.json(), json!([]));
}

#[tokio::test]
async fn a_reader_without_the_right_gets_403_and_everyone_else_404() {
    let w = World::start().await;
    let path = w.create_share(1, json!({})).await;
    let (good, bad) = (json!({"endDate": "2099-12-31"}), json!({"endDate": 1}));
    for body in [good, bad] {
        let receiver = w.user(2).put(&path, &body).await;
        receiver.assert_error(403, "insufficientRightsError");
        let stranger = w.user(5).put(&path, &body).await;
        stranger.assert_error(404, "notFoundError");
    }
}

#[tokio::test]
async fn a_holder_of_administrate_changes_within_their_own_right() {
    let w = World::start().await;
    let own = json!({"permissions": {"administrate": true}, "endDate": "2099-06-30"});
    let own = w.create_share(1, own).await;
    let of_role = json!({"receiver": {"userId": 4}, "endDate": "2099-01-01", "permissions": {"administrate": true}});
    let of_role = w.create_share(1, of_role).await;
    let beyond = json!({"receiver": {"userId": 4}, "permissions": {"remoteActivate": true}, "endDate": "2099-01-01"});
    let beyond = w.create_share(1, beyond).await;
    let put = async |user: usize, path: &str, body: Value| w.user(user).put(path, &body).await;

    for (body, fields) in [
        (json!({"endDate": "2099-07-01"}), vec!["endDate"]),
        (json!({"endDate": null}), vec!["endDate"]),
        (json!({"startDate": "2020-01-01"}), vec!["startDate"]),
        (
            json!({"permissions": {"assignKeyfob": true}}),
            vec!["permissions.assignKeyfob"],
        ),
    ] {
        let answer = put(2, &of_role, body).await;
        answer.assert_error(403, "insufficientRightsError");
        assert_eq!(answer.fields(), fields);
    }
    // Nor what took away from who gave more, nor their own right, nor one made above it.
    let less = json!({"permissions": {"remoteActivate": false}});
    put(2, &beyond, less)
        .await
        .assert_error(403, "insufficientRightsError");
    let more = json!({"permissions": {"remoteActivate": true}});
    put(2, &own, more)
        .await
        .assert_error(403, "insufficientRightsError");
    put(2, &of_role, json!({"endDate": "2099-02-01"}))
        .await
        .ok();
    put(4, &own, json!({"endDate": "2099-01-01"}))
        .await
        .assert_error(403, "insufficientRightsError");
}

/// Rules for all day, and others that say the same: whether they do is not asked.
fn all_day() -> [Value; 2] {
    let day = json!({"startTime": "00:00:00", "endTime": "00:00:00"});
    [
        json!({"schedule": [{"recurrence": "Daily"}]}),
        json!({"schedule": [{"recurrence": "Daily", "period": day}]}),
    ]
}

#[tokio::test]
async fn a_change_that_does_not_extend_a_share_leaves_its_base() {
    let w = World::start().await;
    let administrate = |user: u64| json!({"receiver": {"userId": user}, "endDate": "2099-06-30", "permissions": {"administrate": true, "remoteActivate": true}});
    let own = w.create_share(1, administrate(2)).await;
    let changes = [
        json!({"personalSettings": {"notifications": true}}),
        json!({"autoRemoveAfter": "WEEK"}),
        json!({"endDate": "2099-02-01"}),
        json!({"permissions": {"remoteActivate": false}}),
        json!({"schedule": [{"recurrence": "Daily"}]}),
    ];
    let mut shares = Vec::new();
    for (user, change) in (4..9).zip(changes) {
        let share = w.create_share(1, administrate(user)).await;
        w.user(2).put(&share, &change).await.ok();
        shares.push(share);
    }
    w.admin().delete(&own).await.no_content();
    for user in 4..9 {
        let on = w
            .tenant
            .share(json!({"receiver": {"userId": 3}, "endDate": "2099-01-01"}));
        let on = w.user(user).post("/v2/shares", &on).await;
        assert_eq!(on.status, 200, "user {user}: {}", on.body);
    }
}

#[tokio::test]
async fn a_change_by_grant_that_extends_a_share_makes_it_rest_on_that_grant() {
    let w = World::start().await;
    let administrate = |user: u64| json!({"receiver": {"userId": user}, "endDate": "2099-06-30", "permissions": {"administrate": true}});
    let own = w.create_share(1, administrate(2)).await;
    let [rules, further] = all_day();
    let changed = w.create_share(1, administrate(4)).await;
    w.admin().put(&changed, &rules).await.ok();
    let untouched = w.create_share(1, administrate(5)).await;
    w.user(2).put(&changed, &further).await.ok();
    // By role it keeps the one above it.
    let longer = json!({"endDate": "2099-03-01"});
    w.admin().put(&changed, &longer).await.ok();
    let on = w
        .tenant
        .share(json!({"receiver": {"userId": 6}, "endDate": "2099-01-01"}));
    for user in [4, 5] {
        w.user(user).post("/v2/shares", &on).await.ok();
    }
    // No circle: the one above cannot be put below.
    let back = w.user(4).put(&own, &json!({"endDate": "2099-01-01"})).await;
    back.assert_error(403, "insufficientRightsError");

    w.admin().delete(&own).await.no_content();
    let refused = w.user(4).post("/v2/shares", &on).await;
    refused.assert_error(403, "insufficientRightsError");
    w.user(5).post("/v2/shares", &on).await.ok();
    w.user(5).get(&untouched).await.ok();
}

#[tokio::test]
async fn no_two_changes_at_once_make_a_circle() {
    let w = World::start().await;
    let [rules, further] = all_day();
    let administrate = |user: u64| json!({"receiver": {"userId": user}, "startDate": "2024-01-01", "permissions": {"administrate": true}, "schedule": rules["schedule"]});
    let post = async |user: usize| {
        let on = w.tenant.share(json!({"receiver": {"userId": 6}}));
        let made = w.user(user).post("/v2/shares", &on).await;
        made.status == 200
    };
    for _ in 0..12 {
        let of_two = w.create_share(1, administrate(2)).await;
        let of_three = w.create_share(1, administrate(3)).await;
        let (by_two, by_three) = tokio::join!(
            w.user(2).put(&of_three, &further),
            w.user(3).put(&of_two, &further),
        );
        let statuses = [by_two.status.as_u16(), by_three.status.as_u16()];
        assert!([[200, 403], [403, 200]].contains(&statuses), "{statuses:?}");
        assert!(post(2).await && post(3).await, "a right hangs on itself");
        for path in [of_two, of_three] {
            w.admin().delete(&path).await.no_content();
        }
    }
}

#[tokio::test]
async fn an_open_invitation_is_changed_like_any_share() {
    let w = World::start().await;
    let path = w.create_share(1, json!({"receiver": null})).await;
    let change = json!({"endDate": "2099-12-31", "receiver": null});
    w.admin().put(&path, &change).await.ok();
    let view = w.admin().get(&path).await.json();
    assert_eq!(
        (&view["endDate"], &view["state"]),
        (&json!("2099-12-31"), &json!("Pending"))
    );
    assert_eq!(stored(&w.store, &path).await.1, None);
    let given = json!({"receiver": {"userId": 2}});
    let answer = w.admin().put(&path, &given).await;
    answer.assert_error(400, INVALID);
    assert_eq!(answer.fields(), ["receiver"]);
}
