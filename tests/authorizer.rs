//! Who the caller is.

use chrono::{DateTime, TimeDelta, Utc};
use latchkey::credential::{Credential, CredentialHash};
use reqwest::Method;
use reqwest::header::AUTHORIZATION;
use serde_json::json;
use uuid::Uuid;

use crate::system::{ADMIN, Answer, Store, System, Tenant, keys};

async fn status(system: &System, authorization: Option<&str>) -> u16 {
    let mut request = system.request(Method::GET, "/v2/shares/3");
    if let Some(value) = authorization {
        request = request.header(AUTHORIZATION, value);
    }
    let answer = Answer::of(request).await;
    if answer.status == 401 {
        answer.assert_error(401, "invalidTokenError");
        assert_eq!(answer.json()["responseStatus"]["errorCode"], "Unauthorized");
    } else {
        answer.assert_headers();
    }
    answer.status.as_u16()
}

#[tokio::test]
async fn without_a_credential_that_is_known_nobody_gets_in() {
    let system = System::start().await;
    assert_eq!(status(&system, Some(&format!("Bearer {ADMIN}"))).await, 200);
    assert_eq!(
        status(
            &system,
            Some(&format!("bearer {}", ADMIN.to_string().to_uppercase()))
        )
        .await,
        200
    );
    let unknown = format!("Bearer {}", Uuid::new_v4());
    let bare = ADMIN.to_string();
    let simple = format!("Bearer {}", ADMIN.simple());
    for refused in [
        None,
        Some(""),
        Some(&*unknown),
        Some(&*bare),
        Some(&*simple),
        Some("Bearer"),
        Some("Bearer x.y"),
        Some("Basic !"),
        Some("Basic eDp5"),
        Some("Digest x"),
    ] {
        assert_eq!(status(&system, refused).await, 401, "{refused:?}");
    }
}

fn with_credential(
    mut tenant: Tenant,
    hash: CredentialHash,
    expires_at: Option<DateTime<Utc>>,
) -> Tenant {
    let organization = tenant.world.organization.id;
    let user = tenant.world.users[0].id;
    tenant.world.credentials.push((
        hash,
        Credential {
            id: "more".to_owned(),
            expires_at,
            ..Credential::of(organization, user)
        },
    ));
    tenant
}

#[tokio::test]
async fn an_api_key_is_taken_as_basic_and_as_bearer() {
    let store = Store::start().await;
    let system = System::on(&store).await;
    let hash = CredentialHash::of_api_key("key1", "s3cret");
    store
        .put(&with_credential(Tenant::new(7), hash, None).world)
        .await;
    // 404: let in, and share 3 is not of this organization. The second is `key1:s3cret`.
    for authorization in ["Bearer key1.s3cret", "Basic a2V5MTpzM2NyZXQ="] {
        assert_eq!(
            status(&system, Some(authorization)).await,
            404,
            "{authorization}"
        );
    }
    for authorization in [
        "Bearer key1.other",
        "Bearer key2.s3cret",
        "Basic a2V5MTpvdGhlcg==",
    ] {
        assert_eq!(
            status(&system, Some(authorization)).await,
            401,
            "{authorization}"
        );
    }
}

#[tokio::test]
async fn an_expired_credential_is_invalid_before_dynamodb_removes_it() {
    let store = Store::start().await;
    let system = System::on(&store).await;
    for (offset, expected) in [(-2, 401), (3600, 404)] {
        let token = Uuid::new_v4();
        let expiry = Utc::now() + TimeDelta::seconds(offset);
        let tenant = with_credential(
            Tenant::new(7_000 + offset.unsigned_abs()),
            CredentialHash::of_token(token),
            Some(expiry),
        );
        store.put(&tenant.world).await;
        assert_eq!(
            status(&system, Some(&format!("Bearer {token}"))).await,
            expected,
            "{offset}"
        );
    }
}

#[tokio::test]
async fn the_credential_of_a_deleted_user_is_invalid() {
    let store = Store::start().await;
    let system = System::on(&store).await;
    let mut tenant = Tenant::new(7);
    tenant.world.users.remove(8);
    store.put(&tenant.world).await;
    assert_eq!(
        status(&system, Some(&format!("Bearer {}", tenant.token(8)))).await,
        404
    );
    assert_eq!(
        status(&system, Some(&format!("Bearer {}", tenant.token(9)))).await,
        401
    );
}

#[tokio::test]
async fn a_credential_good_for_one_path_is_good_for_the_next_while_the_answer_is_kept() {
    let store = Store::start().await;
    let system = System::on(&store).await;
    let get = async |path: &str| system.admin().get(path).await.status.as_u16();
    assert_eq!(get("/v2/shares/3").await, 200);
    store.calls();
    assert_eq!(get("/v2/shares/9").await, 404);
    let asked = store.calls();
    let of_credentials = |call: &crate::system::Call| {
        call.request["Key"]["PK"]["S"]
            .as_str()
            .is_some_and(|key| key.starts_with(&keys::credentials()))
    };
    assert!(
        !asked.is_empty() && !asked.iter().any(of_credentials),
        "{asked:?}"
    );
}

#[tokio::test]
async fn the_first_call_of_a_user_takes_up_the_account_and_is_written_down_once() {
    let store = Store::start().await;
    let system = System::unforgiving(&store).await;
    let new = json!({"organizationId": 1, "firstName": "A", "lastName": "B"});
    let made = system.admin().post("/v2/users", &new).await.json();
    let path = format!("/v2/users/{}", made["userId"]);
    let registered = async |token| {
        let shown = system.user(token).get(&path).await;
        (
            shown.json()["registered"] == true,
            shown.json()["version"].clone(),
        )
    };
    assert_eq!(registered(ADMIN).await, (false, json!(1)));
    let token = made["token"].as_str().unwrap().parse().unwrap();
    // The store refuses the write: the user is let in all the same.
    store.throttle(100);
    assert_eq!(registered(token).await, (false, json!(1)));
    store.calm();
    for _ in 0..2 {
        assert_eq!(registered(token).await, (true, json!(2)));
    }
}
