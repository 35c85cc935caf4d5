//! `GET /v2/shares/{shareId}`.

use serde_json::{Value, json};

use crate::system::{ADMIN, MEMBER, Store, System, Tenant, share_body};

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
async fn what_was_created_is_shown_whole_with_names() {
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
    let answer = system.get(&path(id), ADMIN).await;
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
            "receiver": {"user": {"id": 2, "firstName": "Max", "lastName": "Member", "emailAddress": "max@example.com", "registered": true}},
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
    let mut body = system.get(&path(id), ADMIN).await.json();
    take_stamp(&mut body["invitation"], "expiration");
    assert_eq!(body["state"], "Pending");
    assert!(body.get("receiver").is_none() && body.get("token").is_none());
}

#[tokio::test]
async fn groups_and_a_named_schedule_are_shown_by_name() {
    let store = Store::start().await;
    let system = System::on(&store).await;
    let tenant = Tenant::new(7);
    store.put(&tenant.world).await;
    let body = tenant.share(json!({
        "source": {"deviceGroupId": 1}, "receiver": {"userGroupId": 1}, "scheduleId": 1,
    }));
    let id = system
        .post("/v2/shares", tenant.token(1), &body)
        .await
        .json()["shareId"]
        .as_u64()
        .unwrap();
    let view = system.get(&path(id), tenant.token(1)).await.json();
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

    // Who is in the group sees it, who is not does not know of it.
    assert_eq!(system.get(&path(id), tenant.token(3)).await.status, 200);
    system
        .get(&path(id), tenant.token(4))
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
            .post("/v2/shares", one.token(1), &one.share(changes))
            .await;
        answer.json()["shareId"].as_u64().unwrap()
    };
    let id = create(json!({})).await;
    assert_eq!(system.get(&path(id), one.token(1)).await.status, 200);
    assert_eq!(system.get(&path(id), one.token(2)).await.status, 200);
    let refused = system.get(&path(id), one.token(5)).await;
    refused.assert_error(404, "notFoundError");
    // The admin of another organization hears the same, as of a share that nobody has.
    let others = system.get(&path(id), two.token(1)).await;
    assert_eq!(others.json(), refused.json());
    assert_eq!(
        system.get(&path(id + 1), two.token(1)).await.json(),
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
            .get(&format!("/v2/shares/{nonsense}"), one.token(1))
            .await;
        assert_eq!(answer.json(), refused.json(), "{nonsense}");
    }
    // Whoever administrates the door sees its shares.
    create(json!({"receiver": {"userId": 5}, "permissions": {"administrate": true}})).await;
    assert_eq!(system.get(&path(id), one.token(5)).await.status, 200);
}

#[tokio::test]
async fn the_demo_has_a_share_that_is_over() {
    let system = System::start().await;
    let view = system.get(&path(3), MEMBER).await;
    assert_eq!(view.json()["state"], "Ended");
}
