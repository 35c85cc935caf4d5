//! `POST` and `DELETE /v2/shares/{shareId}/web-key`.

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::system::{Answer, Store, System, Tenant, World, keys};

async fn create(system: &System, tenant: &Tenant, user: usize, path: &str) -> Answer {
    let path = format!("{path}/web-key");
    system
        .user(tenant.token(user))
        .call(Method::POST, &path)
        .await
}

async fn delete(system: &System, tenant: &Tenant, user: usize, path: &str) -> Answer {
    system
        .user(tenant.token(user))
        .delete(&format!("{path}/web-key"))
        .await
}

/// When each web key in the table expires.
async fn expirations(store: &Store) -> Vec<String> {
    let items = store.items().await;
    let keys = items
        .iter()
        .filter(|item| *item["SK"].as_s().unwrap() == keys::web_keys());
    keys.map(|item| {
        let at = item["expiresAt"].as_n().unwrap().parse().unwrap();
        chrono::DateTime::from_timestamp(at, 0)
            .unwrap()
            .to_rfc3339()
    })
    .collect()
}

#[tokio::test]
async fn a_web_key_is_a_link_that_lives_with_its_share() {
    let w = World::start().await;
    let until = json!({"endDate": "2090-01-31"});
    let path = w.create_share(1, until).await;
    let answer = create(&w.system, &w.tenant, 1, &path).await.ok();
    answer.assert_headers();
    let url: String = serde_json::from_value(answer.json()).unwrap();
    let base = format!("{}/web-keys/", w.system.url());
    let key: Uuid = url.strip_prefix(&base).unwrap().parse().unwrap();
    assert_eq!(key.get_version_num(), 4);
    let view = w.user(2).get(&path).await;
    assert_eq!(view.version(), Some(2));
    let told = view.json()["webKey"].clone();
    assert_eq!(told["creatorId"], 1);
    assert_eq!(told.as_object().unwrap().len(), 2, "{told}");
    // Nothing that is stored or shown has the key in it.
    assert!(!view.body.contains(&key.to_string()));
    let stored = format!("{:?}", w.store.items().await);
    assert!(!stored.contains(&key.to_string()) && !stored.contains(&key.simple().to_string()));
    // It is found by its hash, and ends with the share, also when that ends otherwise.
    assert_eq!(expirations(&w.store).await, ["2090-01-31T23:00:00+00:00"]);
    let later = json!({"endDate": "2090-06-30", "endTime": "12:00"});
    w.admin().put(&path, &later).await.ok();
    assert_eq!(expirations(&w.store).await, ["2090-06-30T10:00:00+00:00"]);

    let again = create(&w.system, &w.tenant, 1, &path).await;
    again.assert_error(400, "webKeyAlreadyExistsError");
    let endless = w.admin().put(&path, &json!({"endDate": null})).await;
    endless.assert_error(400, "invalidInputErrorError");
    assert_eq!(endless.fields(), ["endDate"]);

    let deleted = delete(&w.system, &w.tenant, 1, &path).await;
    assert_eq!((deleted.status.as_u16(), deleted.body.as_str()), (204, ""));
    assert_eq!(expirations(&w.store).await, [""; 0]);
    let view = w.admin().get(&path).await;
    assert_eq!(view.version(), Some(4));
    assert_eq!(view.json().get("webKey"), None);
    let none = delete(&w.system, &w.tenant, 1, &path).await;
    none.assert_error(404, "notFoundError");
    w.admin().put(&path, &json!({"endDate": null})).await.ok();
}

#[tokio::test]
async fn with_its_share_it_is_gone() {
    let w = World::start().await;
    let path = w.create_share(1, json!({"endDate": "2090-01-31"})).await;
    create(&w.system, &w.tenant, 1, &path).await.ok();
    assert_eq!(expirations(&w.store).await.len(), 1);
    w.admin().delete(&path).await.no_content();
    assert_eq!(expirations(&w.store).await, [""; 0]);
    for answer in [
        create(&w.system, &w.tenant, 1, &path).await,
        delete(&w.system, &w.tenant, 1, &path).await,
    ] {
        answer.assert_error(404, "notFoundError");
    }
}

#[tokio::test]
async fn a_share_that_cannot_have_one_says_why() {
    let w = World::start().await;
    let to_group = json!({"receiver": {"userGroupId": 1}, "endDate": "2090-01-31"});
    let to_group = w.create_share(1, to_group).await;
    let refused = create(&w.system, &w.tenant, 1, &to_group).await;
    refused.assert_error(400, "webKeyNotAllowedForUserGroupsError");
    let over = json!({"startDate": "2020-01-01", "endDate": "2020-01-31"});
    let over = w.create_share(1, over).await;
    let refused = create(&w.system, &w.tenant, 1, &over).await;
    refused.assert_error(400, "webKeyShareEndedError");
    let endless = w.create_share(1, json!({})).await;
    let refused = create(&w.system, &w.tenant, 1, &endless).await;
    refused.assert_error(400, "webKeyRequiresTemporaryAccessError");
    assert_eq!(expirations(&w.store).await, [""; 0]);
}

#[tokio::test]
async fn one_of_sixteen_concurrent_requests_makes_it() {
    let w = World::start().await;
    let path = w.create_share(1, json!({"endDate": "2090-01-31"})).await;
    let answers = join_all((0..16).map(|_| create(&w.system, &w.tenant, 1, &path))).await;
    let made: Vec<_> = answers
        .iter()
        .filter(|answer| answer.status == 200)
        .collect();
    assert_eq!(made.len(), 1);
    for answer in answers.iter().filter(|answer| answer.status != 200) {
        answer.assert_error(400, "webKeyAlreadyExistsError");
    }
    let view = w.admin().get(&path).await.json();
    assert_eq!(view["webKey"]["creatorId"], 1);
    assert_eq!(expirations(&w.store).await.len(), 1);
}

#[tokio::test]
async fn sent_again_with_its_key_it_is_the_same_one() {
    let w = World::start().await;
    let until = || json!({"endDate": "2090-01-31"});
    let path = w.create_share(1, until()).await;
    let other = w.create_share(1, until()).await;
    let send = async |path: &str| {
        let request = w.system.request(Method::POST, &format!("{path}/web-key"));
        let request = request.bearer_auth(w.tenant.token(1));
        Answer::of(request.header("Idempotency-Key", "one")).await
    };
    let first = send(&path).await;
    assert_eq!(
        (first.status.as_u16(), first.header("idempotency-replayed")),
        (200, None)
    );
    let again = send(&path).await;
    assert_eq!(
        (again.status.as_u16(), again.header("idempotency-replayed")),
        (200, Some("true"))
    );
    assert_eq!(again.json(), first.json());
    send(&other)
        .await
        .assert_error(422, "idempotencyKeyReusedError");
    assert_eq!(
        w.admin().get(&other).await.json().get("webKey"),
        None::<&Value>
    );
}

#[tokio::test]
async fn everyone_who_may_change_the_share_may_create_and_delete_its_web_key() {
    let w = World::start().await;
    let right = json!({"permissions": {"administrate": true}, "endDate": "2090-06-30"});
    let right = w.create_share(1, right).await;
    let remote = json!({"permissions": {"remoteActivate": true}});
    let share = json!({"receiver": {"userId": 3}, "endDate": "2090-01-31"});
    let share = w.create_share(1, share).await;
    for (user, status, code) in [
        (3, 403, "insufficientRightsError"),
        (5, 404, "notFoundError"),
    ] {
        create(&w.system, &w.tenant, user, &share)
            .await
            .assert_error(status, code);
        delete(&w.system, &w.tenant, user, &share)
            .await
            .assert_error(status, code);
    }
    // A user who may not open the door remotely gives nobody a link for it.
    let refused = create(&w.system, &w.tenant, 2, &share).await;
    refused.assert_error(403, "insufficientRightsError");
    assert_eq!(refused.fields(), ["permissions.remoteActivate"]);
    w.admin().put(&right, &remote).await.ok();
    create(&w.system, &w.tenant, 2, &share).await.ok();
    delete(&w.system, &w.tenant, 2, &share).await.no_content();
    // Not of what their own right hangs on.
    create(&w.system, &w.tenant, 2, &right)
        .await
        .assert_error(403, "insufficientRightsError");
    let version = w
        .system
        .request(Method::DELETE, &format!("{share}/web-key"));
    let version = version
        .bearer_auth(w.tenant.token(1))
        .header("If-Match", "\"1\"");
    create(&w.system, &w.tenant, 1, &share).await;
    Answer::of(version)
        .await
        .assert_error(412, "preconditionFailedError");
}
