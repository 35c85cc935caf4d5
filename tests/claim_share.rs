//! `POST /v2/shares/claim`.

use futures_util::future::join_all;
use latchkey::invitation::{Invitation, InvitationHash};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::system::{Answer, Store, System, Tenant, World, keys};

const PATH: &str = "/v2/shares/claim";

/// Makes an open invitation of a tenant: its path and its token.
async fn open(system: &System, tenant: &Tenant, changes: Value) -> (String, Value) {
    let mut body = tenant.share(changes);
    body["receiver"] = json!(null);
    let made = system
        .user(tenant.token(1))
        .post("/v2/shares", &body)
        .await
        .json();
    (
        format!("/v2/shares/{}", made["shareId"]),
        made["token"].clone(),
    )
}

async fn claim(system: &System, by: Uuid, token: &Value) -> Answer {
    system.user(by).post(PATH, &json!({ "token": token })).await
}

#[tokio::test]
async fn the_user_who_claims_an_open_invitation_receives_it() {
    let w = World::start().await;
    let right = json!({"permissions": {"administrate": true}, "endDate": "2099-12-31"});
    let (path, token) = open(&w.system, &w.tenant, right).await;
    let on = w
        .tenant
        .share(json!({"receiver": {"userId": 4}, "endDate": "2099-01-01"}));
    let refused = w.user(3).post("/v2/shares", &on).await;
    refused.assert_error(403, "insufficientRightsError");

    let answer = claim(&w.system, w.tenant.token(3), &token).await.ok();
    answer.assert_headers();
    assert_eq!(format!("/v2/shares/{}", answer.json()["shareId"]), path);
    assert_eq!(answer.json().as_object().unwrap().len(), 1);
    let view = w.user(3).get(&path).await;
    assert_eq!(view.version(), Some(2));
    let view = view.json();
    assert_eq!(view["receiver"]["user"]["id"], 3);
    assert_eq!(
        (view.get("invitation"), &view["state"]),
        (None, &json!("Active"))
    );
    // It holds from then on.
    w.user(3).post("/v2/shares", &on).await.ok();
    // The demo's is left.
    assert_eq!(w.store.sort_keys(&keys::invitations()).await.len(), 1);
    for user in [3, 4] {
        let again = claim(&w.system, w.tenant.token(user), &token).await;
        again.assert_error(404, "notFoundError");
    }
}

#[tokio::test]
async fn one_of_thirty_two_concurrent_claims_receives_it() {
    let w = World::start().await;
    let (path, token) = open(&w.system, &w.tenant, json!({})).await;
    let claims = (0..32).map(|claim_by| {
        let by = w.tenant.token(2 + claim_by % 8);
        claim(&w.system, by, &token)
    });
    let answers = join_all(claims).await;
    let won = answers.iter().filter(|answer| answer.status == 200);
    assert_eq!(won.count(), 1);
    for answer in answers.iter().filter(|answer| answer.status != 200) {
        answer.assert_error(404, "notFoundError");
    }
    let view = w.admin().get(&path).await;
    assert_eq!(view.version(), Some(2));
    let id: u64 = path.rsplit('/').next().unwrap().parse().unwrap();
    let grants = w.store.sort_keys(&keys::grants()).await;
    let grants = grants
        .iter()
        .filter(|key| key.ends_with(&format!("#{id:016}")));
    assert_eq!(grants.count(), 1);
}

#[tokio::test]
async fn a_token_that_leads_to_nothing_of_the_callers_is_not_found() {
    let store = Store::start().await;
    let system = System::on(&store).await;
    let (mut one, two) = (Tenant::new(7), Tenant::new(8));
    let expired = Uuid::new_v4();
    let invitation = Invitation {
        organization: 7.try_into().unwrap(),
        share: 5.try_into().unwrap(),
        expires_at: chrono::Utc::now() - chrono::TimeDelta::seconds(1),
    };
    one.world.invitations = vec![(InvitationHash::of_token(expired), invitation)];
    store.put(&one.world).await;
    store.put(&two.world).await;
    let not_found = async |by: Uuid, token: &Value| {
        let answer = claim(&system, by, token).await;
        answer.assert_error(404, "notFoundError");
        answer.json()
    };
    let unknown = not_found(one.token(2), &json!(Uuid::new_v4())).await;
    assert_eq!(not_found(one.token(2), &json!(expired)).await, unknown);
    let (path, token) = open(&system, &one, json!({})).await;
    assert_eq!(not_found(two.token(1), &token).await, unknown);
    system.user(one.token(1)).delete(&path).await.no_content();
    assert_eq!(not_found(one.token(2), &token).await, unknown);

    let over = json!({"startDate": "2024-01-01", "endDate": "2024-01-02"});
    let (_, token) = open(&system, &one, over).await;
    assert_eq!(not_found(one.token(2), &token).await, unknown);
    // Its source is gone, or who claims it.
    let (_, token) = open(&system, &one, json!({"source": {"deviceId": 2}})).await;
    // The gateway knows them still.
    not_found(one.token(9), &json!(expired)).await;
    system
        .user(one.token(1))
        .delete("/v2/users/9")
        .await
        .no_content();
    assert_eq!(not_found(one.token(9), &token).await, unknown);
    system
        .user(one.token(1))
        .delete("/v2/devices/2")
        .await
        .no_content();
    assert_eq!(not_found(one.token(2), &token).await, unknown);
}

#[tokio::test]
async fn a_text_that_is_not_a_token_is_not_found() {
    let w = World::start().await;
    for body in [
        json!({}),
        json!({"token": null}),
        json!({"token": 1}),
        json!({"token": "x"}),
    ] {
        let answer = w.user(2).post(PATH, &body).await;
        answer.assert_error(400, "invalidInputErrorError");
        assert_eq!(answer.fields(), ["token"], "{body}");
    }
}

#[tokio::test]
async fn a_share_that_is_changed_while_it_is_claimed_is_claimed_as_changed() {
    let w = World::start().await;
    let (path, token) = open(&w.system, &w.tenant, json!({})).await;
    let change = json!({"permissions": {"remoteActivate": true}});
    let (claimed, changed) = tokio::join!(
        claim(&w.system, w.tenant.token(2), &token),
        w.admin().put(&path, &change),
    );
    assert_eq!(
        (claimed.status.as_u16(), changed.status.as_u16()),
        (200, 200)
    );
    let view = w.user(2).get(&path).await;
    assert_eq!(view.version(), Some(3));
    let view = view.json();
    assert_eq!(view["permissions"]["remoteActivate"], true);
    assert_eq!(view["receiver"]["user"]["id"], 2);
}
