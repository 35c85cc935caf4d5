//! `PUT /v2/shares/{shareId}`.

use futures_util::future::join_all;
use latchkey::table::Item;
use reqwest::Method;
use reqwest::header::ETAG;
use serde_json::{Value, json};

use crate::system::{Answer, Store, System, Tenant};

const INVALID: &str = "invalidInputErrorError";

/// The share of a path and its grant, as they stand in the table.
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
    let share = find("SHARE", &number).unwrap();
    (share, find("GRANT", &number))
}

async fn kept_by(system: &System, tenant: &Tenant, schedule: &Value) -> Value {
    let path = format!("/v2/schedules/{schedule}");
    system.get(&path, tenant.token(1)).await.json()["keptBy"].clone()
}

#[tokio::test]
async fn what_is_given_changes_and_the_rest_stays() {
    let (_store, system, tenant) = Tenant::start().await;
    let given = json!({
        "startDate": "2027-01-01", "startTime": "08:00:00", "endDate": "2027-12-31",
        "schedule": [{"recurrence": "Daily"}],
        "permissions": {"remoteActivate": true, "assignKeyfob": true},
        "personalSettings": {"notifications": true},
    });
    let path = tenant.create_share(&system, 1, given).await;
    let id: u64 = path.rsplit('/').next().unwrap().parse().unwrap();
    let before = system.get(&path, tenant.token(1)).await.json();

    let change = json!({
        "endDate": "2028-06-30", "endTime": "18:00", "startTime": null,
        "permissions": {"assignKeyfob": false}, "autoRemoveAfter": "MONTH",
        "source": {"deviceId": 1}, "receiver": {"userId": 2}, "organizationId": 99,
    });
    let answer = system.put(&path, tenant.token(1), &change).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.json(), json!({ "shareId": id }));
    assert_eq!(answer.headers[ETAG], "\"2\"");
    answer.assert_headers();

    let after = system.get(&path, tenant.token(1)).await;
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
    assert_eq!(system.put(&path, tenant.token(1), &nulls).await.status, 200);
    let view = system.get(&path, tenant.token(1)).await.json();
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
async fn a_change_of_nothing_is_none() {
    let (store, system, tenant) = Tenant::start().await;
    let path = tenant
        .create_share(&system, 1, json!({"endDate": "2099-12-31"}))
        .await;
    let before = stored(&store, &path).await;
    for body in [
        json!({}),
        json!({"endDate": "2099-12-31", "startDate": null}),
    ] {
        let answer = system.put(&path, tenant.token(1), &body).await;
        assert_eq!(
            (answer.status.as_u16(), answer.header("etag")),
            (200, Some("\"1\""))
        );
    }
    assert_eq!(stored(&store, &path).await, before);
}

#[tokio::test]
async fn a_change_holds_for_the_next_decision() {
    let (_store, system, tenant) = Tenant::start().await;
    let right = json!({"permissions": {"administrate": true}});
    let right = tenant.create_share(&system, 1, right).await;
    let on = tenant.share(json!({"receiver": {"userId": 4}, "endDate": "2099-01-01"}));
    let share_on = async || system.post("/v2/shares", tenant.token(2), &on).await.status;
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
        let changed = system.put(&right, tenant.token(1), &change).await;
        assert_eq!(changed.status, 200, "{}", changed.body);
        assert_eq!(share_on().await, status, "{change}");
    }
}

#[tokio::test]
async fn every_fault_is_named_and_nothing_is_changed() {
    let (store, system, tenant) = Tenant::start().await;
    let given = json!({"startDate": "2027-01-01", "endDate": "2027-12-31"});
    let path = tenant.create_share(&system, 1, given).await;
    let before = stored(&store, &path).await;
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
        let answer = system.put(&path, tenant.token(1), &body).await;
        answer.assert_error(400, INVALID);
        assert_eq!(answer.fields(), fields, "{body}");
    }
    assert_eq!(stored(&store, &path).await, before);
}

#[tokio::test]
async fn the_counts_of_named_schedules_move_with_the_share() {
    let (_store, system, tenant) = Tenant::start().await;
    let second = json!({"organizationId": 7, "name": "Second", "rules": []});
    let second = system
        .post("/v2/schedules", tenant.token(1), &second)
        .await
        .json();
    let (one, two) = (json!(1), second["scheduleId"].clone());
    let path = tenant
        .create_share(&system, 1, json!({"scheduleId": 1}))
        .await;
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
        let changed = system.put(&path, tenant.token(1), &change).await;
        assert_eq!(changed.status, 200, "{}", changed.body);
        assert_eq!(kept_by(&system, &tenant, &one).await, of_one, "{change}");
        assert_eq!(kept_by(&system, &tenant, &two).await, of_two, "{change}");
    }
    let view = system.get(&path, tenant.token(1)).await.json();
    assert_eq!(
        (view.get("scheduleId"), &view["schedule"]),
        (None, &json!([]))
    );
}

#[tokio::test]
async fn of_sixty_four_with_the_same_if_match_one_wins() {
    let (_store, system, tenant) = Tenant::start().await;
    let path = tenant
        .create_share(&system, 1, json!({"scheduleId": 1}))
        .await;
    let puts = (0..64).map(|day| {
        let request = system
            .request(Method::PUT, &path)
            .bearer_auth(tenant.token(1));
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
    let view = system.get(&path, tenant.token(1)).await;
    assert_eq!(view.version(), Some(2));
    assert_eq!(kept_by(&system, &tenant, &json!(1)).await, 0);
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
        .map(|body| system.put(&path, tenant.token(1), body));
    for answer in join_all(puts).await {
        assert_eq!(answer.status, 200, "{}", answer.body);
    }
    let view = system.get(&path, tenant.token(1)).await;
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
    let (store, system, tenant) = Tenant::start().await;
    let path = tenant.create_share(&system, 1, json!({})).await;
    let change = async |body: Value| {
        let changed = system.put(&path, tenant.token(1), &body).await;
        assert_eq!(changed.status, 200, "{}", changed.body);
    };
    let expires_at = async || {
        let (share, grant) = stored(&store, &path).await;
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
    assert_eq!(
        system.get(&path, tenant.token(1)).await.json()["state"],
        "Ended"
    );
    change(json!({"autoRemoveAfter": "WEEK"})).await;
    for method in [Method::GET, Method::PUT, Method::DELETE] {
        let answer = system
            .call(method, &path, tenant.token(1), Some(&json!({})))
            .await;
        answer.assert_error(404, "notFoundError");
    }
    let calendar = system
        .get(&format!("{path}/calendar"), tenant.token(1))
        .await;
    calendar.assert_error(404, "notFoundError");
    let list = system.get("/v2/shares?userId=2", tenant.token(1)).await;
    assert_eq!(list.json(), json!([]));
}

#[tokio::test]
async fn who_may_not_is_refused_and_who_knows_nothing_hears_nothing() {
    let (_store, system, tenant) = Tenant::start().await;
    let path = tenant.create_share(&system, 1, json!({})).await;
    let (good, bad) = (json!({"endDate": "2099-12-31"}), json!({"endDate": 1}));
    for body in [good, bad] {
        let receiver = system.put(&path, tenant.token(2), &body).await;
        receiver.assert_error(403, "insufficientRightsError");
        let stranger = system.put(&path, tenant.token(5), &body).await;
        stranger.assert_error(404, "notFoundError");
    }
}

#[tokio::test]
async fn who_administrates_changes_as_far_as_their_own_right_reaches() {
    let (_store, system, tenant) = Tenant::start().await;
    let own = json!({"permissions": {"administrate": true}, "endDate": "2099-06-30"});
    let own = tenant.create_share(&system, 1, own).await;
    let of_role = json!({"receiver": {"userId": 4}, "endDate": "2099-01-01", "permissions": {"administrate": true}});
    let of_role = tenant.create_share(&system, 1, of_role).await;
    let beyond = json!({"receiver": {"userId": 4}, "permissions": {"remoteActivate": true}, "endDate": "2099-01-01"});
    let beyond = tenant.create_share(&system, 1, beyond).await;
    let put = async |user: usize, path: &str, body: Value| {
        system.put(path, tenant.token(user), &body).await
    };

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
    assert_eq!(
        put(2, &of_role, json!({"endDate": "2099-02-01"}))
            .await
            .status,
        200
    );
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
async fn who_changes_a_share_so_that_it_reaches_no_further_does_not_make_it_hang_on_them() {
    let (_store, system, tenant) = Tenant::start().await;
    let administrate = |user: u64| json!({"receiver": {"userId": user}, "endDate": "2099-06-30", "permissions": {"administrate": true, "remoteActivate": true}});
    let own = tenant.create_share(&system, 1, administrate(2)).await;
    let changes = [
        json!({"personalSettings": {"notifications": true}}),
        json!({"autoRemoveAfter": "WEEK"}),
        json!({"endDate": "2099-02-01"}),
        json!({"permissions": {"remoteActivate": false}}),
        json!({"schedule": [{"recurrence": "Daily"}]}),
    ];
    let mut shares = Vec::new();
    for (user, change) in (4..9).zip(changes) {
        let share = tenant.create_share(&system, 1, administrate(user)).await;
        let changed = system.put(&share, tenant.token(2), &change).await;
        assert_eq!(changed.status, 200, "{}", changed.body);
        shares.push(share);
    }
    assert_eq!(system.delete(&own, tenant.token(1)).await.status, 204);
    for user in 4..9 {
        let on = tenant.share(json!({"receiver": {"userId": 3}, "endDate": "2099-01-01"}));
        let on = system.post("/v2/shares", tenant.token(user), &on).await;
        assert_eq!(on.status, 200, "user {user}: {}", on.body);
    }
}

#[tokio::test]
async fn what_is_changed_by_right_of_a_grant_to_reach_further_holds_by_right_of_it() {
    let (_store, system, tenant) = Tenant::start().await;
    let administrate = |user: u64| json!({"receiver": {"userId": user}, "endDate": "2099-06-30", "permissions": {"administrate": true}});
    let own = tenant.create_share(&system, 1, administrate(2)).await;
    let [rules, further] = all_day();
    let changed = tenant.create_share(&system, 1, administrate(4)).await;
    assert_eq!(
        system.put(&changed, tenant.token(1), &rules).await.status,
        200
    );
    let untouched = tenant.create_share(&system, 1, administrate(5)).await;
    assert_eq!(
        system.put(&changed, tenant.token(2), &further).await.status,
        200
    );
    // By role it keeps the one above it.
    let longer = json!({"endDate": "2099-03-01"});
    assert_eq!(
        system.put(&changed, tenant.token(1), &longer).await.status,
        200
    );
    let on = tenant.share(json!({"receiver": {"userId": 6}, "endDate": "2099-01-01"}));
    for user in [4, 5] {
        assert_eq!(
            system
                .post("/v2/shares", tenant.token(user), &on)
                .await
                .status,
            200
        );
    }
    // No circle: the one above cannot be put below.
    let back = system
        .put(&own, tenant.token(4), &json!({"endDate": "2099-01-01"}))
        .await;
    back.assert_error(403, "insufficientRightsError");

    assert_eq!(system.delete(&own, tenant.token(1)).await.status, 204);
    let refused = system.post("/v2/shares", tenant.token(4), &on).await;
    refused.assert_error(403, "insufficientRightsError");
    assert_eq!(
        system.post("/v2/shares", tenant.token(5), &on).await.status,
        200
    );
    assert_eq!(system.get(&untouched, tenant.token(5)).await.status, 200);
}

#[tokio::test]
async fn no_two_changes_at_once_make_a_circle() {
    let (_store, system, tenant) = Tenant::start().await;
    let [rules, further] = all_day();
    let administrate = |user: u64| json!({"receiver": {"userId": user}, "startDate": "2024-01-01", "permissions": {"administrate": true}, "schedule": rules["schedule"]});
    let post = async |user: usize| {
        let on = tenant.share(json!({"receiver": {"userId": 6}}));
        let made = system.post("/v2/shares", tenant.token(user), &on).await;
        made.status == 200
    };
    for _ in 0..12 {
        let of_two = tenant.create_share(&system, 1, administrate(2)).await;
        let of_three = tenant.create_share(&system, 1, administrate(3)).await;
        let (by_two, by_three) = tokio::join!(
            system.put(&of_three, tenant.token(2), &further),
            system.put(&of_two, tenant.token(3), &further),
        );
        let statuses = [by_two.status.as_u16(), by_three.status.as_u16()];
        assert!([[200, 403], [403, 200]].contains(&statuses), "{statuses:?}");
        assert!(post(2).await && post(3).await, "a right hangs on itself");
        for path in [of_two, of_three] {
            assert_eq!(system.delete(&path, tenant.token(1)).await.status, 204);
        }
    }
}

#[tokio::test]
async fn an_open_invitation_is_changed_like_any_share() {
    let (store, system, tenant) = Tenant::start().await;
    let path = tenant
        .create_share(&system, 1, json!({"receiver": null}))
        .await;
    let change = json!({"endDate": "2099-12-31", "receiver": null});
    assert_eq!(
        system.put(&path, tenant.token(1), &change).await.status,
        200
    );
    let view = system.get(&path, tenant.token(1)).await.json();
    assert_eq!(
        (&view["endDate"], &view["state"]),
        (&json!("2099-12-31"), &json!("Pending"))
    );
    assert_eq!(stored(&store, &path).await.1, None);
    let given = json!({"receiver": {"userId": 2}});
    let answer = system.put(&path, tenant.token(1), &given).await;
    answer.assert_error(400, INVALID);
    assert_eq!(answer.fields(), ["receiver"]);
}
