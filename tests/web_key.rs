//! `POST` and `DELETE /v2/shares/{shareId}/web-key`.

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::system::{Answer, Store, System, Tenant};

async fn create(system: &System, tenant: &Tenant, user: usize, path: &str) -> Answer {
    let path = format!("{path}/web-key");
    system
        .call(Method::POST, &path, tenant.token(user), None)
        .await
}

async fn delete(system: &System, tenant: &Tenant, user: usize, path: &str) -> Answer {
    system
        .delete(&format!("{path}/web-key"), tenant.token(user))
        .await
}

/// When each web key in the table expires.
async fn expirations(store: &Store) -> Vec<String> {
    let items = store.items().await;
    let keys = items
        .iter()
        .filter(|item| item["SK"].as_s().unwrap() == "WEBKEY");
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
    let (store, system, tenant) = Tenant::start().await;
    let until = json!({"endDate": "2090-01-31"});
    let path = tenant.create_share(&system, 1, until).await;
    let answer = create(&system, &tenant, 1, &path).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.assert_headers();
    let url: String = serde_json::from_value(answer.json()).unwrap();
    let base = format!("{}/web-keys/", system.url());
    let key: Uuid = url.strip_prefix(&base).unwrap().parse().unwrap();
    assert_eq!(key.get_version_num(), 4);
    let view = system.get(&path, tenant.token(2)).await;
    assert_eq!(view.version(), Some(2));
    let told = view.json()["webKey"].clone();
    assert_eq!(told["creatorId"], 1);
    assert_eq!(told.as_object().unwrap().len(), 2, "{told}");
    // Nothing that is stored or shown has the key in it.
    assert!(!view.body.contains(&key.to_string()));
    let stored = format!("{:?}", store.items().await);
    assert!(!stored.contains(&key.to_string()) && !stored.contains(&key.simple().to_string()));
    // It is found by its hash, and ends with the share, also when that ends otherwise.
    assert_eq!(expirations(&store).await, ["2090-01-31T23:00:00+00:00"]);
    let later = json!({"endDate": "2090-06-30", "endTime": "12:00"});
    assert_eq!(system.put(&path, tenant.token(1), &later).await.status, 200);
    assert_eq!(expirations(&store).await, ["2090-06-30T10:00:00+00:00"]);

    let again = create(&system, &tenant, 1, &path).await;
    again.assert_error(400, "webKeyAlreadyExistsError");
    let endless = system
        .put(&path, tenant.token(1), &json!({"endDate": null}))
        .await;
    endless.assert_error(400, "invalidInputErrorError");
    assert_eq!(endless.fields(), ["endDate"]);

    let deleted = delete(&system, &tenant, 1, &path).await;
    assert_eq!((deleted.status.as_u16(), deleted.body.as_str()), (204, ""));
    assert_eq!(expirations(&store).await, [""; 0]);
    let view = system.get(&path, tenant.token(1)).await;
    assert_eq!(view.version(), Some(4));
    assert_eq!(view.json().get("webKey"), None);
    let none = delete(&system, &tenant, 1, &path).await;
    none.assert_error(404, "notFoundError");
    assert_eq!(
        system
            .put(&path, tenant.token(1), &json!({"endDate": null}))
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn with_its_share_it_is_gone() {
    let (store, system, tenant) = Tenant::start().await;
    let path = tenant
        .create_share(&system, 1, json!({"endDate": "2090-01-31"}))
        .await;
    assert_eq!(create(&system, &tenant, 1, &path).await.status, 200);
    assert_eq!(expirations(&store).await.len(), 1);
    assert_eq!(system.delete(&path, tenant.token(1)).await.status, 204);
    assert_eq!(expirations(&store).await, [""; 0]);
    for answer in [
        create(&system, &tenant, 1, &path).await,
        delete(&system, &tenant, 1, &path).await,
    ] {
        answer.assert_error(404, "notFoundError");
    }
}

#[tokio::test]
async fn a_share_that_cannot_have_one_says_why() {
    let (store, system, tenant) = Tenant::start().await;
    let to_group = json!({"receiver": {"userGroupId": 1}, "endDate": "2090-01-31"});
    let to_group = tenant.create_share(&system, 1, to_group).await;
    let refused = create(&system, &tenant, 1, &to_group).await;
    refused.assert_error(400, "webKeyNotAllowedForUserGroupsError");
    let over = json!({"startDate": "2020-01-01", "endDate": "2020-01-31"});
    let over = tenant.create_share(&system, 1, over).await;
    let refused = create(&system, &tenant, 1, &over).await;
    refused.assert_error(400, "webKeyShareEndedError");
    let endless = tenant.create_share(&system, 1, json!({})).await;
    let refused = create(&system, &tenant, 1, &endless).await;
    refused.assert_error(400, "webKeyRequiresTemporaryAccessError");
    assert_eq!(expirations(&store).await, [""; 0]);
}

#[tokio::test]
async fn of_sixteen_at_once_one_makes_it() {
    let (store, system, tenant) = Tenant::start().await;
    let path = tenant
        .create_share(&system, 1, json!({"endDate": "2090-01-31"}))
        .await;
    let answers = join_all((0..16).map(|_| create(&system, &tenant, 1, &path))).await;
    let made: Vec<_> = answers
        .iter()
        .filter(|answer| answer.status == 200)
        .collect();
    assert_eq!(made.len(), 1);
    for answer in answers.iter().filter(|answer| answer.status != 200) {
        answer.assert_error(400, "webKeyAlreadyExistsError");
    }
    let view = system.get(&path, tenant.token(1)).await.json();
    assert_eq!(view["webKey"]["creatorId"], 1);
    assert_eq!(expirations(&store).await.len(), 1);
}

#[tokio::test]
async fn sent_again_with_its_key_it_is_the_same_one() {
    let (_store, system, tenant) = Tenant::start().await;
    let until = || json!({"endDate": "2090-01-31"});
    let path = tenant.create_share(&system, 1, until()).await;
    let other = tenant.create_share(&system, 1, until()).await;
    let send = async |path: &str| {
        let request = system.request(Method::POST, &format!("{path}/web-key"));
        let request = request.bearer_auth(tenant.token(1));
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
        system
            .get(&other, tenant.token(1))
            .await
            .json()
            .get("webKey"),
        None::<&Value>
    );
}

#[tokio::test]
async fn who_may_change_the_share_may_give_and_take_its_web_key() {
    let (_store, system, tenant) = Tenant::start().await;
    let right = json!({"permissions": {"administrate": true}, "endDate": "2090-06-30"});
    let right = tenant.create_share(&system, 1, right).await;
    let remote = json!({"permissions": {"remoteActivate": true}});
    let share = json!({"receiver": {"userId": 3}, "endDate": "2090-01-31"});
    let share = tenant.create_share(&system, 1, share).await;
    for (user, status, code) in [
        (3, 403, "insufficientRightsError"),
        (5, 404, "notFoundError"),
    ] {
        create(&system, &tenant, user, &share)
            .await
            .assert_error(status, code);
        delete(&system, &tenant, user, &share)
            .await
            .assert_error(status, code);
    }
    // Who may not open the door from afar gives nobody a link for that.
    let refused = create(&system, &tenant, 2, &share).await;
    refused.assert_error(403, "insufficientRightsError");
    assert_eq!(refused.fields(), ["permissions.remoteActivate"]);
    assert_eq!(
        system.put(&right, tenant.token(1), &remote).await.status,
        200
    );
    assert_eq!(create(&system, &tenant, 2, &share).await.status, 200);
    assert_eq!(delete(&system, &tenant, 2, &share).await.status, 204);
    // Not of what their own right hangs on.
    create(&system, &tenant, 2, &right)
        .await
        .assert_error(403, "insufficientRightsError");
    let version = system.request(Method::DELETE, &format!("{share}/web-key"));
    let version = version
        .bearer_auth(tenant.token(1))
        .header("If-Match", "\"1\"");
    create(&system, &tenant, 1, &share).await;
    Answer::of(version)
        .await
        .assert_error(412, "preconditionFailedError");
}
