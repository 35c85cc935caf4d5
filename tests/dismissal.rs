//! What a user whose roles were removed can still do while API Gateway caches the authorizer's
//! answer; and that an organization keeps an admin.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use latchkey::role::Role;
use latchkey::table::Item;
use reqwest::Method;
use serde_json::{Value, json};

use crate::events::{event, functions};
use crate::system::{Answer, Store, System, Tenant, World, scope};

/// The existing items, by their keys.
async fn state(store: &Store) -> BTreeMap<String, Item> {
    let items = store.things().await.into_iter();
    items
        .map(|mut item| {
            // A set has no order.
            for value in item.values_mut() {
                if let AttributeValue::Ns(set) | AttributeValue::Ss(set) = value {
                    set.sort();
                }
            }
            let key = |name: &str| item[name].as_s().unwrap().clone();
            (format!("{} {}", key("PK"), key("SK")), item)
        })
        .collect()
}

/// Checks that nothing was written since there was this.
#[track_caller]
fn assert_same(now: &BTreeMap<String, Item>, before: &BTreeMap<String, Item>, of: &str) {
    let keys = now.keys().chain(before.keys());
    for key in keys {
        assert_eq!(now.get(key), before.get(key), "{of}: {key}");
    }
}

/// The operations that write without a role, each with what they write by.
const WITHOUT_ROLE: &[(&str, &str)] = &[
    ("activate-device", "a grant"),
    ("deactivate-device", "a grant"),
    ("claim-share", "the token of the invitation"),
    ("create-calendar-link", "nothing but being the caller"),
    ("delete-calendar-link", "nothing but being the caller"),
    ("oauth-token", "the secret of an API key"),
    ("oauth-revoke", "the secret of an API key"),
];

/// Functions whose sample event asks for something that is so already.
const THERE_ALREADY: &[&str] = &["add-device-to-group", "add-user-to-group"];

/// Whether the sample event of a function is a request that writes by role.
fn writes_by_role(event: &Value) -> bool {
    event["httpMethod"] != "GET" && event["requestContext"]["authorizer"].is_object()
}

#[tokio::test]
async fn a_dismissed_user_writes_nothing_by_the_role_that_the_authorizer_saw() {
    let store = Store::start().await;
    let system = System::on(&store).await;
    let mut walked = Vec::new();
    for name in functions() {
        let text = event(&name);
        let event: Value = serde_json::from_str(&text).unwrap();
        if !writes_by_role(&event) {
            continue;
        }
        // Such a list is asked for in the body, too.
        let reads = ["list-", "get-", "decide"]
            .iter()
            .any(|verb| name.starts_with(verb));
        if reads || WITHOUT_ROLE.iter().any(|(other, _)| *other == name) {
            system.invoke(&name, &text).await;
            continue;
        }
        let user = event["requestContext"]["authorizer"]["userId"]
            .as_str()
            .unwrap();
        let key = scope(1).user(user.parse().unwrap());
        let before = store.item(&key).await.unwrap();
        let mut demoted = before.clone();
        demoted.insert("roles".to_owned(), AttributeValue::L(vec![]));
        for now in [Some(demoted), None] {
            match &now {
                Some(demoted) => store.put_item(demoted).await,
                None => store.delete_items(key.place()).await,
            }
            let there = state(&store).await;
            let answer = system.invoke(&name, &text).await;
            assert_eq!(answer["statusCode"], 403, "{name}: {answer}");
            assert_same(&state(&store).await, &there, &name);
            store.put_item(&before).await;
        }
        // With the role it is served, and writes.
        let there = state(&store).await;
        let answer = system.invoke(&name, &text).await;
        let status = answer["statusCode"].as_u64().unwrap();
        assert!((200..300).contains(&status), "{name}: {answer}");
        let written = state(&store).await != there;
        assert!(written || THERE_ALREADY.contains(&&*name), "{name}");
        walked.push(name);
    }
    assert!(walked.len() > 30, "{walked:?}");
}

/// Organization 7, where user 2 is an Admin, user 3 an AccessAdmin and user 4 a door's
/// controller, at a gateway that keeps what the authorizer says and has heard of all of them.
async fn remembered() -> (Store, System, Tenant) {
    let w = World::of(
        Tenant::new(7)
            .with_roles(2, &[Role::Admin])
            .with_roles(3, &[Role::AccessAdmin])
            .with_roles(4, &[Role::Device]),
    )
    .await;
    for user in 1..=4 {
        let own = format!("/v2/users/{user}");
        w.user(user).get(&own).await.ok();
    }
    (w.store, w.system, w.tenant)
}

fn new_admin() -> Value {
    json!({"organizationId": 7, "firstName": "A", "lastName": "B", "roles": ["Admin"]})
}

#[tokio::test]
async fn a_deleted_admin_makes_neither_a_new_admin_nor_an_api_key() {
    let (store, system, tenant) = remembered().await;
    system
        .user(tenant.token(1))
        .delete("/v2/users/2")
        .await
        .no_content();
    let there = state(&store).await;
    let dismissed = tenant.token(2);
    // The gateway still lets them in.
    system.user(dismissed).get("/v2/users").await.ok();
    let refused = |answer: Answer| answer.assert_error(403, "insufficientRightsError");
    refused(system.user(dismissed).post("/v2/users", &new_admin()).await);
    let key = json!({"organizationId": 7, "name": "N"});
    refused(system.user(dismissed).post("/v2/api-keys", &key).await);
    let others = json!({"organizationId": 7, "name": "N", "userId": 5});
    refused(system.user(dismissed).post("/v2/api-keys", &others).await);
    refused(
        system
            .user(dismissed)
            .post("/v2/users/5/tokens", &json!({}))
            .await,
    );
    let promote = json!({"roles": ["Admin"]});
    refused(system.user(dismissed).put("/v2/users/5", &promote).await);
    refused(system.user(dismissed).delete("/v2/users/1").await);
    assert_same(&state(&store).await, &there, "refused");
}

#[tokio::test]
async fn a_demoted_access_admin_does_not_give_themself_a_right() {
    let (store, system, tenant) = remembered().await;
    let demote = json!({"roles": []});
    let path = "/v2/users/3";
    system.user(tenant.token(1)).put(path, &demote).await.ok();
    let there = state(&store).await;
    for receiver in [3, 5] {
        let share = tenant.share(json!({
            "receiver": {"userId": receiver},
            "permissions": {"administrate": true},
        }));
        let refused = system
            .user(tenant.token(3))
            .post("/v2/shares", &share)
            .await;
        refused.assert_error(403, "insufficientRightsError");
    }
    assert_same(&state(&store).await, &there, "refused");
    // Another role that allows it is enough.
    let other = json!({"roles": ["TenantAdmin"]});
    system.user(tenant.token(1)).put(path, &other).await.ok();
    let share = tenant.share(json!({"receiver": {"userId": 3}}));
    system
        .user(tenant.token(3))
        .post("/v2/shares", &share)
        .await
        .ok();
}

#[tokio::test]
async fn a_change_of_oneself_checks_the_role_in_the_same_action() {
    let (store, system, tenant) = remembered().await;
    let (one, two) = (tenant.token(1), tenant.token(2));
    let name = json!({"firstName": "Other"});
    system.user(two).put("/v2/users/2", &name).await.ok();
    for method in [Method::PUT, Method::DELETE] {
        system
            .user(two)
            .call(method, "/v2/user-groups/2/users/2")
            .await
            .no_content();
    }
    let key = json!({"organizationId": 7, "name": "N"});
    system.user(two).post("/v2/api-keys", &key).await.created();
    system
        .user(two)
        .post("/v2/users/2/tokens", &json!({}))
        .await
        .created();
    // If it is refused for another reason, the answer says so.
    let taken = json!({"phoneNumber": "+31612345671"});
    let refused = system.user(two).put("/v2/users/2", &taken).await;
    refused.assert_error(409, "alreadyExistsError");
    let demote = json!({"roles": ["Receptionist"]});
    system.user(one).put("/v2/users/2", &demote).await.ok();
    let there = state(&store).await;
    let promote = json!({"roles": ["Admin"]});
    let another = json!({"firstName": "Another"});
    for (path, body) in [("/v2/users/2", &promote), ("/v2/users/2", &another)] {
        let refused = system.user(two).put(path, body).await;
        refused.assert_error(403, "insufficientRightsError");
    }
    let refused = system.user(two).delete("/v2/users/2").await;
    refused.assert_error(403, "insufficientRightsError");
    let refused = system
        .user(two)
        .call(Method::PUT, "/v2/user-groups/2/users/2")
        .await;
    refused.assert_error(403, "insufficientRightsError");
    assert_same(&state(&store).await, &there, "refused");
    // Themself is deleted by their own right, too.
    let promote = json!({"roles": ["Admin"]});
    system.user(one).put("/v2/users/2", &promote).await.ok();
    system.user(two).delete("/v2/users/2").await.no_content();
}

#[tokio::test]
async fn conflicting_writes_of_one_admin_succeed() {
    let (store, system, tenant) = remembered().await;
    // Each waits for others, a few times over.
    store.conflict(40);
    let make = |number: usize| {
        let device = json!({"organizationId": 7, "name": format!("Door {number}")});
        let (system, token) = (&system, tenant.token(1));
        async move { system.user(token).post("/v2/devices", &device).await.status }
    };
    let made = futures_util::future::join_all((0..16).map(make)).await;
    assert!(made.iter().all(|status| *status == 201), "{made:?}");
}

#[tokio::test]
async fn the_last_admin_stays() {
    let store = Store::start().await;
    let system = System::unforgiving(&store).await;
    // A service account is no admin for this, and neither is who only gives rights.
    let tenant = Tenant::new(7).with_roles(3, &[Role::AccessAdmin]);
    store.put(&tenant.world).await;
    let one = tenant.token(1);
    let mut service = new_admin();
    service["kind"] = json!("service");
    system.user(one).post("/v2/users", &service).await.created();

    let there = state(&store).await;
    for roles in [json!([]), json!(["AccessAdmin", "Device"])] {
        let refused = system
            .user(one)
            .put("/v2/users/1", &json!({"roles": roles}))
            .await;
        refused.assert_error(409, "lastAdminError");
    }
    let refused = system.user(one).delete("/v2/users/1").await;
    refused.assert_error(409, "lastAdminError");
    assert_same(&state(&store).await, &there, "refused");
    // How they remain an admin does not matter.
    for roles in [json!(["TenantAdmin"]), json!(["Admin", "Device"])] {
        system
            .user(one)
            .put("/v2/users/1", &json!({"roles": roles}))
            .await
            .ok();
    }
    // With another one, of either role, they may go.
    for role in ["Admin", "TenantAdmin"] {
        let roles = |roles: Value| json!({"roles": roles});
        let two = "/v2/users/2";
        system.user(one).put(two, &roles(json!([role]))).await.ok();
        system
            .user(one)
            .put("/v2/users/1", &roles(json!([])))
            .await
            .ok();
        let refused = system.user(tenant.token(2)).delete(two).await;
        refused.assert_error(409, "lastAdminError");
        system
            .user(tenant.token(2))
            .put("/v2/users/1", &roles(json!(["Admin"])))
            .await
            .ok();
        system
            .user(tenant.token(2))
            .put(two, &roles(json!([])))
            .await
            .ok();
    }
    // One that is made counts, too, and one that is deleted does not.
    let made = system
        .user(one)
        .post("/v2/users", &new_admin())
        .await
        .json();
    let other = format!("/v2/users/{}", made["userId"]);
    system.user(one).delete(&other).await.no_content();
    let refused = system.user(one).delete("/v2/users/1").await;
    refused.assert_error(409, "lastAdminError");
}

#[tokio::test]
async fn one_of_two_admins_who_demote_or_delete_each_other_stays() {
    let store = Store::start().await;
    let system = System::on(&store).await;
    for round in 0..8 {
        let tenant = Tenant::new(70 + round).with_roles(2, &[Role::Admin]);
        store.put(&tenant.world).await;
        let (one, two) = (tenant.token(1), tenant.token(2));
        let demote = json!({"roles": []});
        let answers = if round % 2 == 0 {
            tokio::join!(
                system.user(one).put("/v2/users/2", &demote),
                system.user(two).put("/v2/users/1", &demote),
            )
        } else {
            tokio::join!(
                system.user(one).delete("/v2/users/2"),
                system.user(two).delete("/v2/users/1"),
            )
        };
        let answers = [answers.0, answers.1];
        let done = answers.iter().filter(|answer| answer.status.is_success());
        assert_eq!(done.count(), 1, "{answers:?}");
        let refused = answers.iter().find(|answer| !answer.status.is_success());
        let status = refused.unwrap().status.as_u16();
        // 401: the authorizer saw already that its user is gone.
        assert!([401, 403, 409].contains(&status), "{answers:?}");
        let mut left = 0;
        for user in [1, 2] {
            let key = scope(tenant.number()).user(user.try_into().unwrap());
            let user = store.item(&key).await;
            let roles = user.map(|user| user["roles"].as_l().unwrap().len());
            left += roles.unwrap_or(0);
        }
        assert_eq!(left, 1);
    }
}

#[tokio::test]
async fn the_bootstrap_function_gives_an_organization_without_admins_a_new_one() {
    const FUNCTION: &str = "bootstrap-organization";
    let w = World::start().await;
    let event = |organization: u64| {
        let admin = json!({"firstName": "New", "lastName": "Admin"});
        json!({"organizationId": organization, "admin": admin}).to_string()
    };
    let there = state(&w.store).await;
    let failed = w.system.invoke_failing(FUNCTION, &event(7)).await;
    let message = failed["errorMessage"].as_str().unwrap();
    assert!(message.contains("user 1"), "{failed}");
    let failed = w.system.invoke_failing(FUNCTION, &event(8)).await;
    let message = failed["errorMessage"].as_str().unwrap();
    assert!(message.contains("no organization 8"), "{failed}");
    let both =
        json!({"organizationId": 7, "name": "N", "admin": {"firstName": "A", "lastName": "B"}});
    let failed = w.system.invoke_failing(FUNCTION, &both.to_string()).await;
    let message = failed["errorMessage"].as_str().unwrap();
    assert!(message.contains("name"), "{failed}");
    assert_same(&state(&w.store).await, &there, "refused");

    // By hand, because it is impossible over HTTP.
    let mut user = w
        .store
        .item(&scope(7).user(1.try_into().unwrap()))
        .await
        .unwrap();
    user.insert("roles".to_owned(), AttributeValue::L(vec![]));
    w.store.put_item(&user).await;
    let made = w.system.invoke(FUNCTION, &event(7)).await;
    assert_eq!(made["organizationId"], 7);
    let key = &made["apiKey"];
    let secret = |name: &str| key[name].as_str().unwrap().to_owned();
    let users = w
        .system
        .request(Method::GET, "/v2/users")
        .basic_auth(secret("id"), Some(secret("secret")));
    Answer::of(users).await.ok();
    // From now on it has one, who stays.
    w.system.invoke_failing(FUNCTION, &event(7)).await;
    let path = format!("/v2/users/{}", made["userId"]);
    let gone = w
        .system
        .request(Method::DELETE, &path)
        .basic_auth(secret("id"), Some(secret("secret")));
    Answer::of(gone).await.assert_error(409, "lastAdminError");
}
