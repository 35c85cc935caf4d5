//! The tokens that users are invited with.

use chrono::{DateTime, TimeDelta, Utc};
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::system::{Answer, Store, System, Tenant, keys};

struct Fixed {
    store: Store,
    system: System,
    tenant: Tenant,
}

/// Organization 7, at a gateway that asks the authorizer each time.
async fn fixed() -> Fixed {
    let store = Store::start().await;
    let system = System::unforgiving(&store).await;
    let tenant = Tenant::new(7);
    store.put(&tenant.world).await;
    Fixed {
        store,
        system,
        tenant,
    }
}

#[track_caller]
fn token(answer: &Answer) -> Uuid {
    assert_eq!(answer.status, 201, "{}", answer.body);
    answer.json()["token"].as_str().unwrap().parse().unwrap()
}

impl Fixed {
    fn admin(&self) -> Uuid {
        self.tenant.token(1)
    }

    /// Creates a user with these roles, and gives their path and their token.
    async fn create(&self, roles: Value) -> (String, Uuid) {
        let new = json!({"organizationId": 7, "firstName": "A", "lastName": "B", "roles": roles});
        let made = self.system.user(self.admin()).post("/v2/users", &new).await;
        (format!("/v2/users/{}", made.json()["userId"]), token(&made))
    }

    async fn tokens(&self, user: &str) -> Vec<Value> {
        let listed = self
            .system
            .user(self.admin())
            .get(&format!("{user}/tokens"))
            .await
            .ok();
        listed.json().as_array().unwrap().clone()
    }

    async fn invite(&self, user: &str) -> Answer {
        let path = format!("{user}/tokens");
        self.system
            .user(self.admin())
            .call(Method::POST, &path)
            .await
    }

    async fn works(&self, user: &str, token: Uuid) -> bool {
        match self.system.user(token).get(user).await.status.as_u16() {
            200 => true,
            401 => false,
            other => panic!("{other}"),
        }
    }
}

#[tokio::test]
async fn a_token_is_listed_by_when_and_ended() {
    let at = fixed().await;
    let (user, first) = at.create(json!([])).await;
    let listed = at.tokens(&user).await;
    let instant =
        |name: &str| -> DateTime<Utc> { listed[0][name].as_str().unwrap().parse().unwrap() };
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0].as_object().unwrap().len(), 2, "{listed:?}");
    let age = Utc::now() - instant("dateCreated");
    assert!(
        (TimeDelta::zero()..TimeDelta::minutes(1)).contains(&age),
        "{age}"
    );
    let lifetime = instant("expiration") - instant("dateCreated");
    assert!(
        (30 * 86_400 - lifetime.num_seconds()).abs() <= 1,
        "{lifetime}"
    );
    // Nothing of it is shown with the user.
    for path in [user.as_str(), "/v2/users"] {
        let shown = at.system.user(at.admin()).get(path).await.body;
        assert!(
            !shown.contains("invitation") && !shown.contains("hash"),
            "{shown}"
        );
    }

    assert!(at.works(&user, first).await);
    let path = format!("{user}/tokens");
    for _ in 0..2 {
        at.system.user(at.admin()).delete(&path).await.no_content();
        assert!(!at.works(&user, first).await);
        assert!(at.tokens(&user).await.is_empty());
    }
    // Nothing of it remains in the table.
    assert!(!format!("{:?}", at.store.things().await).contains("invitation-"));
}

#[tokio::test]
async fn a_new_invitation_ends_the_one_before() {
    let at = fixed().await;
    let (user, first) = at.create(json!([])).await;
    let before = at.store.sort_keys(&keys::credentials()).await.len();
    let second = token(&at.invite(&user).await);
    assert!(!at.works(&user, first).await);
    assert!(at.works(&user, second).await);
    assert_eq!(at.tokens(&user).await.len(), 1);
    assert_eq!(at.store.sort_keys(&keys::credentials()).await.len(), before);
    // Also one that was ended, and one of several at once.
    at.system
        .user(at.admin())
        .delete(&format!("{user}/tokens"))
        .await;
    let many = futures_util::future::join_all((0..6).map(|_| at.invite(&user))).await;
    let mut good = 0;
    for answer in many {
        good += usize::from(at.works(&user, token(&answer)).await);
    }
    assert_eq!(good, 1);
    assert_eq!(at.store.sort_keys(&keys::credentials()).await.len(), before);
}

#[tokio::test]
async fn a_token_given_to_a_plain_member_is_no_admins_after_a_promotion() {
    let at = fixed().await;
    let (user, as_member) = at.create(json!([])).await;
    let promote = json!({"roles": ["Admin"]});
    at.system.user(at.admin()).put(&user, &promote).await.ok();
    // It is still the user's, and has no role.
    assert!(at.works(&user, as_member).await);
    let new = json!({"organizationId": 7, "firstName": "A", "lastName": "B", "roles": ["Admin"]});
    let key = json!({"organizationId": 7, "name": "N"});
    for (path, body) in [("/v2/users", &new), ("/v2/api-keys", &key)] {
        let refused = at.system.user(as_member).post(path, body).await;
        refused.assert_error(403, "insufficientRightsError");
    }
    at.invite(&user).await;
    let (user, as_member) = at.create(json!(["Receptionist"])).await;
    at.system.user(at.admin()).put(&user, &promote).await.ok();
    let refused = at.system.user(as_member).get("/v2/users").await;
    refused.assert_error(403, "insufficientRightsError");
    // One that is given now speaks for what the user is now.
    let as_admin = token(&at.invite(&user).await);
    at.system
        .user(as_admin)
        .post("/v2/users", &new)
        .await
        .created();
    // And for no more than the user is.
    let demote = json!({"roles": []});
    at.system.user(at.admin()).put(&user, &demote).await.ok();
    let refused = at.system.user(as_admin).post("/v2/users", &new).await;
    refused.assert_error(403, "insufficientRightsError");
}

#[tokio::test]
async fn a_caller_who_may_not_write_the_directory_neither_sees_nor_ends_tokens() {
    let at = fixed().await;
    let (user, token) = at.create(json!([])).await;
    let path = format!("{user}/tokens");
    for method in [Method::GET, Method::POST, Method::DELETE] {
        let call = |token, path: &str| {
            let (path, method) = (path.to_owned(), method.clone());
            let system = &at.system;
            async move { system.user(token).call(method, &path).await }
        };
        for token in [at.tenant.token(2), token] {
            let refused = call(token, &path).await;
            refused.assert_error(403, "insufficientRightsError");
        }
        for unknown in ["/v2/users/99/tokens", "/v2/users/x/tokens"] {
            let refused = call(at.admin(), unknown).await;
            refused.assert_error(404, "notFoundError");
        }
    }
    assert!(at.works(&user, token).await);
}

#[tokio::test]
async fn an_invitation_that_is_sent_again_gives_the_same_token() {
    let at = fixed().await;
    let (user, _) = at.create(json!([])).await;
    let invite = async |key: &str| {
        let request = at.system.request(Method::POST, &format!("{user}/tokens"));
        let request = request.bearer_auth(at.admin());
        Answer::of(request.header("Idempotency-Key", key)).await
    };
    let (first, again) = (invite("once").await, invite("once").await);
    assert_eq!(token(&first), token(&again));
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    assert!(at.works(&user, token(&first)).await);
    assert_ne!(token(&first), token(&invite("twice").await));
}

#[tokio::test]
async fn a_service_account_is_not_invited() {
    let at = fixed().await;
    let mut new = json!({"organizationId": 7, "firstName": "Booking", "lastName": "System", "kind": "service"});
    let made = at
        .system
        .user(at.admin())
        .post("/v2/users", &new)
        .await
        .created();
    let body = made.json();
    assert_eq!(body.as_object().unwrap().len(), 1, "{body}");
    let user = format!("/v2/users/{}", body["userId"]);
    let shown = at.system.user(at.admin()).get(&user).await.json();
    assert_eq!(shown["kind"], "service");
    assert!(at.tokens(&user).await.is_empty());
    let refused = at.invite(&user).await;
    refused.assert_error(400, "serviceAccountNotInvitableError");
    // It stays one.
    let person = json!({"kind": "person", "firstName": "Other"});
    let refused = at.system.user(at.admin()).put(&user, &person).await;
    refused.assert_error(400, "invalidInputErrorError");
    assert_eq!(refused.fields(), ["kind"]);
    let same = json!({"kind": "service", "firstName": "Other"});
    at.system.user(at.admin()).put(&user, &same).await.ok();
    new["kind"] = json!("robot");
    let refused = at.system.user(at.admin()).post("/v2/users", &new).await;
    assert_eq!(refused.fields(), ["kind"]);
}
