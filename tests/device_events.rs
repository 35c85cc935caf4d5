//! `GET /v2/events`: what was done at devices.

use latchkey::directory::ForeignId;
use serde_json::{Value, json};

use crate::system::{Tenant, World};

/// Organization 7, whose devices have a gateway; user 4 may open both, user 5 the second, user 3
/// administrates the first.
async fn world() -> World {
    let mut tenant = Tenant::new(7);
    for device in &mut tenant.world.devices {
        device.gateway_id = Some(ForeignId::Text("gateway-7".to_owned()));
        device.activation_time = Some(5);
    }
    let w = World::of(tenant).await;
    for (user, device) in [(4, 1), (4, 2), (5, 2)] {
        let right = json!({
            "receiver": {"userId": user}, "source": {"deviceId": device},
            "permissions": {"remoteActivate": true},
        });
        w.create_share(1, right).await;
    }
    let right = json!({"receiver": {"userId": 3}, "permissions": {"administrate": true}});
    w.create_share(1, right).await;
    w
}

async fn opens(w: &World, user: usize, device: u64) {
    let path = format!("/v1/devices/{device}/remote-activation");
    w.user(user).post(&path, json!({})).await.is(200);
}

/// Which devices were opened, by whom.
async fn seen(w: &World, user: usize, query: &str) -> Vec<(u64, u64)> {
    let path = format!("/v2/events?{query}");
    let list = w.user(user).get(&path).await.is(200).json();
    let list = list.as_array().unwrap().iter();
    let number = |value: &Value| value.as_u64().unwrap();
    list.map(|event| {
        let by = &event["triggeredBy"]["userId"];
        (number(&event["device"]["id"]), number(by))
    })
    .collect()
}

#[tokio::test]
async fn events_of_devices_are_listed_in_the_published_shape() {
    let w = world().await;
    opens(&w, 4, 1).await;
    opens(&w, 5, 2).await;
    let path = "/v1/devices/2/remote-deactivation";
    w.user(4).post(path, json!({})).await.is(200);
    let all = "deviceId=1%202";
    assert_eq!(seen(&w, 1, all).await, [(2, 4), (2, 5), (1, 4)]);
    assert_eq!(seen(&w, 1, "deviceId=1").await, [(1, 4)]);
    let activations = format!("{all}&type=DeviceActivation%20DeviceLocked");
    assert_eq!(seen(&w, 1, &activations).await, [(2, 5), (1, 4)]);
    assert_eq!(seen(&w, 1, &format!("{all}&type=DeviceLocked")).await, []);
    assert_eq!(
        seen(&w, 1, &format!("{all}&size=1&offset=1")).await,
        [(2, 5)]
    );
    let later = format!("{all}&from=2090-01-01T00:00:00Z");
    assert_eq!(seen(&w, 1, &later).await, []);

    let list = w.admin().get("/v2/events?deviceId=1").await.json();
    let mut event = list[0].clone();
    assert!(event["id"].is_u64() && event["time"].is_string(), "{event}");
    event["id"].take();
    event["time"].take();
    let name = "Organization 7";
    assert_eq!(
        event,
        json!({
            "id": null, "time": null, "type": "DeviceActivation", "category": "AccessEvent",
            "triggeredBy": {"userId": 4}, "user": {"firstName": "User 4", "lastName": "Of 7"},
            "organization": {"id": 7, "name": name}, "device": {"id": 1, "name": "Door 1"},
            "result": "Success", "remoteActivation": true, "connect": {"id": "gateway-7"},
            "activationTime": 5,
        })
    );
}

#[tokio::test]
async fn others_events_are_shown_to_admins_and_to_who_administrates_the_device() {
    let w = world().await;
    opens(&w, 4, 1).await;
    opens(&w, 4, 2).await;
    opens(&w, 5, 2).await;
    let all = "deviceId=1,2";
    assert_eq!(seen(&w, 1, all).await, [(2, 5), (2, 4), (1, 4)]);
    assert_eq!(seen(&w, 3, all).await, [(1, 4)], "of the one");
    assert_eq!(seen(&w, 5, all).await, [(2, 5)], "their own");
    assert_eq!(seen(&w, 6, all).await, []);
    let missing = w.user(1).get("/v2/events?deviceId=99").await;
    missing.assert_error(404, "notFoundError");
    for (query, field) in [
        ("", "deviceId"),
        ("deviceId=x", "deviceId"),
        ("deviceId=1&type=Other", "type"),
        ("deviceId=1&size=101", "size"),
        ("deviceId=1&offset=1001", "offset"),
    ] {
        let answer = w.user(1).get(&format!("/v2/events?{query}")).await;
        answer.assert_error(400, "invalidInputErrorError");
        assert_eq!(answer.fields(), [field]);
    }
}
