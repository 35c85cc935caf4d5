//! `DELETE /v2/shares/{shareId}`.

use futures_util::future::join_all;
use latchkey::grant::{Permissions, Receiver, Source};
use latchkey::share::{PersonalSettings, Share};
use latchkey::timing::{LocalWindow, Timing};
use reqwest::Method;
use serde_json::json;

use crate::system::{Answer, Store, System, Tenant, World, keys};

#[tokio::test]
async fn a_deleted_share_is_gone_with_its_grant() {
    let w = World::start().await;
    let path = w.create_share(1, json!({})).await;
    let other = w.create_share(1, json!({})).await;
    let answer = w.admin().delete(&path).await;
    assert_eq!((answer.status.as_u16(), answer.body.as_str()), (204, ""));
    answer.assert_headers();
    let gone = w.admin().get(&path).await;
    gone.assert_error(404, "notFoundError");
    let again = w.admin().delete(&path).await;
    again.assert_error(404, "notFoundError");
    w.user(2).get(&other).await.ok();
    let of = |path: &str| path.rsplit('/').next().unwrap().parse::<u64>().unwrap();
    let left = keys::grant(
        Receiver::User(2.try_into().unwrap()),
        Source::Device(1.try_into().unwrap()),
        of(&other),
    );
    let grants = w
        .store
        .sort_keys(&(keys::grants_to(2) + &keys::devices()))
        .await;
    // The demo organization has such a grant, too.
    assert!(grants.contains(&left) && grants.len() == 2, "{grants:?}");
}

#[tokio::test]
async fn shares_made_by_right_of_a_deleted_one_do_not_hold() {
    let w = World::start().await;
    let administrate =
        |user| json!({"receiver": {"userId": user}, "permissions": {"administrate": true}});
    let above = w.create_share(1, administrate(2)).await;
    w.create_share(2, administrate(3)).await;
    w.create_share(3, administrate(4)).await;
    w.admin().delete(&above).await.no_content();
    let refused = w
        .user(3)
        .post("/v2/shares", &w.tenant.share(administrate(4)))
        .await;
    refused.assert_error(403, "insufficientRightsError");
}

#[tokio::test]
async fn a_named_schedule_is_let_go_of() {
    let w = World::start().await;
    let path = w.create_share(1, json!({"scheduleId": 1})).await;
    let schedule = async || w.admin().get("/v2/schedules/1").await.json();
    assert_eq!(schedule().await["keptBy"], 1);
    let in_use = w.admin().delete("/v2/schedules/1").await;
    in_use.assert_error(409, "inUseError");
    w.admin().delete(&path).await.no_content();
    assert_eq!(schedule().await["keptBy"], 0);
    w.admin().delete("/v2/schedules/1").await.no_content();
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
        external_id: None,
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
    system
        .user(tenant.token(1))
        .delete("/v2/shares/3")
        .await
        .no_content();
}

#[tokio::test]
async fn only_the_version_that_is_meant_is_deleted() {
    let w = World::start().await;
    let path = w.create_share(1, json!({})).await;
    let delete = async |tag: &str| {
        let request = w
            .system
            .request(Method::DELETE, &path)
            .bearer_auth(w.tenant.token(1));
        Answer::of(request.header("If-Match", tag)).await
    };
    for tag in ["\"2\"", "W/\"1\"", "\"x\""] {
        delete(tag)
            .await
            .assert_error(412, "preconditionFailedError");
    }
    delete("\"7\", \"1\"").await.no_content();
    delete("*").await.assert_error(404, "notFoundError");
}

#[tokio::test]
async fn one_of_thirty_two_concurrent_requests_deletes() {
    let (_store, system, tenant) = Tenant::start().await;
    let path = tenant
        .create_share(&system, 1, json!({"scheduleId": 1}))
        .await;
    let deletes = (0..32).map(|_| system.user(tenant.token(1)).delete(&path));
    let statuses: Vec<_> = join_all(deletes).await;
    let statuses: Vec<_> = statuses
        .iter()
        .map(|answer| answer.status.as_u16())
        .collect();
    let count = |status| statuses.iter().filter(|is| **is == status).count();
    assert_eq!((count(204), count(404)), (1, 31), "{statuses:?}");
    let schedule = system.user(tenant.token(1)).get("/v2/schedules/1").await;
    assert_eq!(schedule.json()["keptBy"], 0);
}

#[tokio::test]
async fn a_caller_who_may_only_read_the_share_gets_403() {
    let w = World::start().await;
    let to_group = json!({"receiver": {"userGroupId": 1}});
    let paths = [
        (w.create_share(1, json!({})).await, 2),
        // Users 2 and 3 are in the group.
        (w.create_share(1, to_group).await, 3),
    ];
    for (path, receiver) in &paths {
        let refused = w.user(*receiver).delete(path).await;
        refused.assert_error(403, "insufficientRightsError");
        let unknown = w.user(5).delete(path).await;
        unknown.assert_error(404, "notFoundError");
        w.admin().get(path).await.ok();
    }
}

#[tokio::test]
async fn a_holder_of_administrate_deletes_within_their_own_right() {
    let w = World::start().await;
    let own = json!({"permissions": {"administrate": true, "remoteActivate": true}, "endDate": "2099-06-30"});
    let own = w.create_share(1, own).await;
    let to = |user, changes: serde_json::Value| {
        let mut body = json!({"receiver": {"userId": user}, "endDate": "2099-01-01"});
        body.as_object_mut()
            .unwrap()
            .extend(changes.as_object().unwrap().clone());
        body
    };
    let below = to(3, json!({"permissions": {"administrate": true}}));
    let below = w.create_share(2, below).await;
    let last = w.create_share(3, to(4, json!({}))).await;
    let within = w
        .tenant
        .create_share(
            &w.system,
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
        let path = w.create_share(1, beyond).await;
        let refused = w.user(2).delete(&path).await;
        refused.assert_error(403, "insufficientRightsError");
    }
    // The share that their own right rests on, and that right itself.
    for (user, path) in [(3, &own), (3, &below), (2, &own)] {
        let refused = w.user(user).delete(path).await;
        refused.assert_error(403, "insufficientRightsError");
    }
    for (user, path) in [(3, &last), (2, &within), (2, &below)] {
        w.user(user).delete(path).await.no_content();
    }
}
