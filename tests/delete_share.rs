//! `DELETE /v2/shares/{shareId}`.

use futures_util::future::join_all;
use latchkey::grant::{Permissions, Receiver, Source};
use latchkey::share::{PersonalSettings, Share};
use latchkey::timing::{LocalWindow, Timing};
use reqwest::Method;
use serde_json::json;

use crate::system::{Answer, Store, System, Tenant};

#[tokio::test]
async fn a_deleted_share_is_gone_with_its_grant() {
    let (store, system, tenant) = Tenant::start().await;
    let path = tenant.create_share(&system, 1, json!({})).await;
    let other = tenant.create_share(&system, 1, json!({})).await;
    let answer = system.delete(&path, tenant.token(1)).await;
    assert_eq!((answer.status.as_u16(), answer.body.as_str()), (204, ""));
    answer.assert_headers();
    let gone = system.get(&path, tenant.token(1)).await;
    gone.assert_error(404, "notFoundError");
    let again = system.delete(&path, tenant.token(1)).await;
    again.assert_error(404, "notFoundError");
    assert_eq!(system.get(&other, tenant.token(2)).await.status, 200);
    let of = |path: &str| path.rsplit('/').next().unwrap().parse::<u64>().unwrap();
    let left = format!("GRANT#USER#{:016}#DEVICE#{:016}#{:016}", 2, 1, of(&other));
    let grants = store.sort_keys("GRANT#USER#0000000000000002#DEVICE#").await;
    // The demo organization has such a grant, too.
    assert!(grants.contains(&left) && grants.len() == 2, "{grants:?}");
}

#[tokio::test]
async fn what_was_made_by_right_of_it_holds_no_longer() {
    let (_store, system, tenant) = Tenant::start().await;
    let administrate =
        |user| json!({"receiver": {"userId": user}, "permissions": {"administrate": true}});
    let above = tenant.create_share(&system, 1, administrate(2)).await;
    tenant.create_share(&system, 2, administrate(3)).await;
    tenant.create_share(&system, 3, administrate(4)).await;
    assert_eq!(system.delete(&above, tenant.token(1)).await.status, 204);
    let refused = system
        .post(
            "/v2/shares",
            tenant.token(3),
            &tenant.share(administrate(4)),
        )
        .await;
    refused.assert_error(403, "insufficientRightsError");
}

#[tokio::test]
async fn a_named_schedule_is_let_go_of() {
    let (_store, system, tenant) = Tenant::start().await;
    let path = tenant
        .create_share(&system, 1, json!({"scheduleId": 1}))
        .await;
    let schedule = async || system.get("/v2/schedules/1", tenant.token(1)).await.json();
    assert_eq!(schedule().await["keptBy"], 1);
    let in_use = system.delete("/v2/schedules/1", tenant.token(1)).await;
    in_use.assert_error(409, "inUseError");
    assert_eq!(system.delete(&path, tenant.token(1)).await.status, 204);
    assert_eq!(schedule().await["keptBy"], 0);
    assert_eq!(
        system
            .delete("/v2/schedules/1", tenant.token(1))
            .await
            .status,
        204
    );
}

#[tokio::test]
async fn a_schedule_that_does_not_count_it_keeps_no_share_alive() {
    let store = Store::start().await;
    let (system, mut tenant) = (System::on(&store).await, Tenant::new(7));
    let now = chrono::Utc::now();
    tenant.world.shares = vec![Share {
        id: 3.try_into().unwrap(),
        organization: 7.try_into().unwrap(),
        creator: 1.try_into().unwrap(),
        timing: Timing::new(LocalWindow::unbounded(now), vec![]),
        schedule: Some(1.try_into().unwrap()),
        permissions: Permissions::default(),
        source: Source::Device(1.try_into().unwrap()),
        receiver: Some(Receiver::User(2.try_into().unwrap())),
        personal_settings: PersonalSettings::default(),
        invitation_expiration: None,
        auto_remove_after: None,
        expires_at: None,
        web_key: None,
        calendar_links: Vec::new(),
        parent: None,
        depth: 0,
        version: 1,
        date_created: now,
        date_modified: now,
    }];
    store.put(&tenant.world).await;
    assert_eq!(
        system.delete("/v2/shares/3", tenant.token(1)).await.status,
        204
    );
}

#[tokio::test]
async fn only_the_version_that_is_meant_is_deleted() {
    let (_store, system, tenant) = Tenant::start().await;
    let path = tenant.create_share(&system, 1, json!({})).await;
    let delete = async |tag: &str| {
        let request = system
            .request(Method::DELETE, &path)
            .bearer_auth(tenant.token(1));
        Answer::of(request.header("If-Match", tag)).await
    };
    for tag in ["\"2\"", "W/\"1\"", "\"x\""] {
        delete(tag)
            .await
            .assert_error(412, "preconditionFailedError");
    }
    assert_eq!(delete("\"7\", \"1\"").await.status, 204);
    delete("*").await.assert_error(404, "notFoundError");
}

#[tokio::test]
async fn of_thirty_two_at_once_one_deletes() {
    let (_store, system, tenant) = Tenant::start().await;
    let path = tenant
        .create_share(&system, 1, json!({"scheduleId": 1}))
        .await;
    let deletes = (0..32).map(|_| system.delete(&path, tenant.token(1)));
    let statuses: Vec<_> = join_all(deletes).await;
    let statuses: Vec<_> = statuses
        .iter()
        .map(|answer| answer.status.as_u16())
        .collect();
    let count = |status| statuses.iter().filter(|is| **is == status).count();
    assert_eq!((count(204), count(404)), (1, 31), "{statuses:?}");
    let schedule = system.get("/v2/schedules/1", tenant.token(1)).await;
    assert_eq!(schedule.json()["keptBy"], 0);
}

#[tokio::test]
async fn who_may_read_it_and_not_delete_it_hears_so() {
    let (_store, system, tenant) = Tenant::start().await;
    let to_group = json!({"receiver": {"userGroupId": 1}});
    let paths = [
        (tenant.create_share(&system, 1, json!({})).await, 2),
        // Users 2 and 3 are in the group.
        (tenant.create_share(&system, 1, to_group).await, 3),
    ];
    for (path, receiver) in &paths {
        let refused = system.delete(path, tenant.token(*receiver)).await;
        refused.assert_error(403, "insufficientRightsError");
        let unknown = system.delete(path, tenant.token(5)).await;
        unknown.assert_error(404, "notFoundError");
        assert_eq!(system.get(path, tenant.token(1)).await.status, 200);
    }
}

#[tokio::test]
async fn who_administrates_deletes_as_far_as_their_own_right_reaches() {
    let (_store, system, tenant) = Tenant::start().await;
    let own = json!({"permissions": {"administrate": true, "remoteActivate": true}, "endDate": "2099-06-30"});
    let own = tenant.create_share(&system, 1, own).await;
    let to = |user, changes: serde_json::Value| {
        let mut body = json!({"receiver": {"userId": user}, "endDate": "2099-01-01"});
        body.as_object_mut()
            .unwrap()
            .extend(changes.as_object().unwrap().clone());
        body
    };
    let below = to(3, json!({"permissions": {"administrate": true}}));
    let below = tenant.create_share(&system, 2, below).await;
    let last = tenant.create_share(&system, 3, to(4, json!({}))).await;
    let within = tenant
        .create_share(
            &system,
            1,
            to(5, json!({"permissions": {"remoteActivate": true}})),
        )
        .await;
    let beyond = [
        to(5, json!({"permissions": {"assignKeyfob": true}})),
        to(5, json!({"endDate": null})),
        to(5, json!({"startDate": "2020-01-01"})),
    ];
    for beyond in beyond {
        let path = tenant.create_share(&system, 1, beyond).await;
        let refused = system.delete(&path, tenant.token(2)).await;
        refused.assert_error(403, "insufficientRightsError");
    }
    // What their own right hangs on, and that itself.
    for (user, path) in [(3, &own), (3, &below), (2, &own)] {
        let refused = system.delete(path, tenant.token(user)).await;
        refused.assert_error(403, "insufficientRightsError");
    }
    for (user, path) in [(3, &last), (2, &within), (2, &below)] {
        assert_eq!(system.delete(path, tenant.token(user)).await.status, 204);
    }
}
