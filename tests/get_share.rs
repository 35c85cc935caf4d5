//! `GET /v2/shares/{shareId}`.

use serde_json::{Value, json};

use crate::system::{Store, System, Tenant, World, share_body};

fn path(id: u64) -> String {
    format!("/v2/shares/{id}")
}

/// Takes out a stamp, having checked that it is one.
fn take_stamp(body: &mut Value, name: &str) {
    let stamp = body.as_object_mut().unwrap().remove(name).unwrap();
    assert!(
        chrono::DateTime::parse_from_rfc3339(stamp.as_str().unwrap()).is_ok(),
        "{name}: {stamp}"
    );
}

#[tokio::test]
async fn a_created_share_is_shown_whole_with_names() {
    let system = System::start().await;
    let id = system
        .create_share(&share_body(json!({
            "startDate": "2027-01-01", "startTime": "08:00",
            "endDate": "2027-12-31",
            "schedule": [{"dayOfWeek": "Monday", "recurrence": "Weekly", "period": {"startTime": "09:00:00", "endTime": "17:00:00"}}],
            "permissions": {"remoteActivate": true},
            "personalSettings": {"notifications": true},
        })))
        .await;
    let answer = system.admin().get(&path(id)).await;
    assert_eq!(answer.status, 200);
    answer.assert_headers();
    assert_eq!(answer.version(), Some(1));
    let mut body = answer.json();
    take_stamp(&mut body, "dateCreated");
    take_stamp(&mut body, "dateModified");
    assert_eq!(
        body,
        json!({
            "id": id,
            "organization": {"id": 1, "name": "Demo House", "personal": false},
            "creatorAccount": {"id": 1, "firstName": "Ada", "lastName": "Admin"},
            "startDate": "2027-01-01", "startTime": "08:00:00",
            "endDate": "2027-12-31",
            "schedule": [{"dayOfWeek": "Monday", "recurrence": "Weekly", "period": {"startTime": "09:00:00", "endTime": "17:00:00"}}],
            "permissions": {"administrate": false, "remoteActivate": true, "assignKeyfob": false},
            "source": {"device": {"id": 1, "name": "Front door", "location": "Ground floor"}},
            "receiver": {"user": {"id": 2, "firstName": "Max", "lastName": "Member", "emailAddress": "max@example.com", "registered": true,
                "emailAddressVerify": false, "emailAddressVerified": false, "phoneNumberVerify": false, "phoneNumberVerified": false,
                "account": {"id": 2, "firstName": "Max", "lastName": "Member", "emailAddress": "max@example.com", "phoneNumber": null}}},
            "personalSettings": {"notifications": true},
            "state": "Upcoming",
        })
    );
}

#[tokio::test]
async fn an_open_invitation_says_when_it_ends_and_not_its_token() {
    let system = System::start().await;
    let id = system
        .create_share(&share_body(json!({"receiver": null})))
        .await;
    let mut body = system.admin().get(&path(id)).await.json();
    take_stamp(&mut body["invitation"], "expiration");
    assert_eq!(body["state"], "Pending");
    assert!(body.get("receiver").is_none() && body.get("token").is_none());
}

#[tokio::test]
async fn groups_and_a_named_schedule_are_shown_by_name() {
    let w = World::start().await;
    let body = w.tenant.share(json!({
        "source": {"deviceGroupId": 1}, "receiver": {"userGroupId": 1}, "scheduleId": 1,
    }));
    let id = w.admin().post("/v2/shares", &body).await.json()["shareId"]
        .as_u64()
        .unwrap();
    let view = w.admin().get(&path(id)).await.json();
    assert_eq!(
        view["source"],
        json!({"deviceGroup": {"id": 1, "name": "Floor 1"}})
    );
    assert_eq!(
        view["receiver"],
        json!({"userGroup": {"id": 1, "name": "Group 1"}})
    );
    assert_eq!(view["scheduleId"], 1);
    assert_eq!(
        view["schedule"],
        json!([{"dayOfWeek": "Monday", "recurrence": "Weekly"}])
    );
    assert_eq!(view["state"], "Active");

    // A member of the group sees it; others do not know of it.
    w.user(3).get(&path(id)).await.ok();
    w.user(4)
        .get(&path(id))
        .await
        .assert_error(404, "notFoundError");
}

#[tokio::test]
async fn only_those_who_may_know_of_a_share_see_it() {
    let store = Store::start().await;
    let system = System::on(&store).await;
    let (one, two) = (Tenant::new(7), Tenant::new(8));
    store.put(&one.world).await;
    store.put(&two.world).await;
    let create = async |changes: Value| {
        let answer = system
            .user(one.token(1))
            .post("/v2/shares", &one.share(changes))
            .await;
        answer.json()["shareId"].as_u64().unwrap()
    };
    let id = create(json!({})).await;
    system.user(one.token(1)).get(&path(id)).await.ok();
    system.user(one.token(2)).get(&path(id)).await.ok();
    let refused = system.user(one.token(5)).get(&path(id)).await;
    refused.assert_error(404, "notFoundError");
    // The admin of another organization gets the same answer as for an unknown share.
    let others = system.user(two.token(1)).get(&path(id)).await;
    assert_eq!(others.json(), refused.json());
    assert_eq!(
        system.user(two.token(1)).get(&path(id + 1)).await.json(),
        refused.json()
    );
    for nonsense in [
        "0",
        "-1",
        "01",
        "x",
        "9007199254740992",
        "1.0",
        "%F0%9F%9A%AA",
    ] {
        let answer = system
            .user(one.token(1))
            .get(&format!("/v2/shares/{nonsense}"))
            .await;
        assert_eq!(answer.json(), refused.json(), "{nonsense}");
    }
    // Whoever administrates the door sees its shares.
    create(json!({"receiver": {"userId": 5}, "permissions": {"administrate": true}})).await;
    system.user(one.token(5)).get(&path(id)).await.ok();
}

#[tokio::test]
async fn the_demo_has_a_share_that_has_ended() {
    let system = System::start().await;
    let view = system.member().get(&path(3)).await;
    assert_eq!(view.json()["state"], "Ended");
}
