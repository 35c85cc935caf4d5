//! What the caller may use.

use reqwest::Method;
use serde_json::{Value, json};

use crate::decide::World;

const V1: &str = "/v1/effective-device-permissions";
const V2: &str = "/v2/effective-device-permissions";

impl World {
    async fn listed(&self, user: usize, path: &str) -> Value {
        let answer = self
            .system
            .user(self.tenant.token(user))
            .get(path)
            .await
            .ok();
        answer.assert_headers();
        answer.json()
    }

    /// The numbers of the devices that a user may use.
    async fn usable(&self, user: usize) -> Vec<u64> {
        let listed = self.listed(user, V1).await;
        let devices = listed.as_array().unwrap().iter();
        devices
            .map(|device| device["id"].as_u64().unwrap())
            .collect()
    }
}

#[tokio::test]
async fn shared_devices_are_shown_in_both_forms_with_null_for_unknown_fields() {
    let world = World::start().await;
    let rule = json!({"dayOfWeek": "Tuesday", "recurrence": "Weekly"});
    let first = world
        .share(
            1,
            json!({
                "receiver": {"userId": 4}, "source": {"deviceId": 2}, "schedule": [rule],
                "startDate": "2090-01-01", "startTime": "08:00", "endDate": "2090-12-31",
                "permissions": {"remoteActivate": true}
            }),
        )
        .await;
    let second = world
        .share(
            1,
            json!({
                "receiver": {"userId": 4}, "source": {"deviceId": 2}, "scheduleId": 1,
                "permissions": {"assignKeyfob": true}
            }),
        )
        .await;
    let mondays = json!({"dayOfWeek": "Monday", "recurrence": "Weekly"});
    let device = json!({
        "id": 2, "deviceId": 2, "name": "Door 2", "personalName": null,
        "organizationId": 7, "owner": {"organizationId": 7},
        "model": {"id": null, "name": null, "make": "Unknown", "model": "Unknown", "type": {"id": 1}},
        "type": {"id": 1, "name": "Lock"}, "serial": "2",
        "actualFirmwareVersion": 0, "requiredFirmwareVersion": 0,
        "batteryLevel": "Unknown", "batteryLastMeasurement": null,
        "featureSet": {"isActivatable": true},
        "timeZone": "Europe/Amsterdam",
        "permissions": [
            {
                "shareId": first, "schedule": [rule],
                "startDate": "2090-01-01", "startTime": "08:00:00",
                "endDate": "2090-12-31", "endTime": null
            },
            {
                "shareId": second, "schedule": [mondays],
                "startDate": null, "startTime": null, "endDate": null, "endTime": null
            }
        ],
        "settings": {"activationTime": 5}
    });
    let mut flat = device.clone();
    flat["permissionAdministrate"] = json!(false);
    flat["permissionRemoteActivate"] = json!(true);
    flat["permissionAssignKeyfob"] = json!(true);
    assert_eq!(world.listed(4, V1).await, json!([flat]));
    let permissions = json!({"administrate": false, "remoteActivate": true, "assignKeyfob": true});
    let nested = json!([{"permissions": permissions, "device": device}]);
    assert_eq!(world.listed(4, V2).await, nested);
    assert_eq!(world.listed(5, V2).await, json!([]));

    // Known fields are shown; a device without a zone has that of the organization.
    let known = json!({
        "model": {"id": 17, "name": "Latch 2", "type": {"id": "lock", "name": "Lock"}},
        "gatewayId": "gateway-7", "activationTime": 9, "timeZone": null
    });
    world.admin(Method::PUT, "/v2/devices/2", Some(known)).await;
    let device = &world.listed(4, V2).await[0]["device"];
    let model = json!({
        "id": 17, "name": "Latch 2", "make": "Unknown", "model": "Latch 2", "type": {"id": "lock"}
    });
    assert_eq!(device["model"], model);
    assert_eq!(device["type"], json!({"id": "lock", "name": "Lock"}));
    assert_eq!(device["settings"], json!({"activationTime": 9}));
    assert_eq!(
        device["gateway"],
        json!({"id": "gateway-7", "gatewayId": "gateway-7"})
    );
    assert_eq!(device["timeZone"], "Europe/Amsterdam");
}

#[tokio::test]
async fn devices_of_groups_are_listed_and_go_with_the_groups() {
    let world = World::start().await;
    let (put, delete) = (|| Method::PUT, || Method::DELETE);
    let group = json!({"receiver": {"userGroupId": 1}, "source": {"deviceGroupId": 1}});
    let through = world.share(1, group).await;
    world
        .share(
            1,
            json!({"receiver": {"userId": 2}, "source": {"deviceId": 2}}),
        )
        .await;
    assert_eq!(world.usable(2).await, [1, 2]);
    assert_eq!(world.usable(3).await, [1]);
    assert!(world.usable(4).await.is_empty());

    let into = "/v2/device-groups/1/devices/2";
    world.admin(put(), into, None).await;
    assert_eq!(world.usable(3).await, [1, 2]);
    // One device each, by however many grants it opens.
    let listed = world.listed(2, V1).await;
    assert_eq!(listed.as_array().unwrap().len(), 2);
    assert_eq!(listed[1]["permissions"].as_array().unwrap().len(), 2);
    assert_eq!(listed[1]["permissions"][0]["shareId"], through);

    world.admin(delete(), into, None).await;
    assert_eq!(world.usable(3).await, [1]);
    world.admin(delete(), "/v2/devices/1", None).await;
    assert_eq!(world.usable(2).await, [2]);
    world.admin(put(), into, None).await;
    world
        .admin(delete(), "/v2/user-groups/1/users/3", None)
        .await;
    assert!(world.usable(3).await.is_empty());
    world.admin(delete(), "/v2/device-groups/1", None).await;
    assert_eq!(world.usable(2).await, [2]);
}

#[tokio::test]
async fn ended_and_deleted_grants_are_not_listed() {
    let world = World::start().await;
    let right = |user: u64, source: Value| json!({"receiver": {"userId": user}, "source": source, "permissions": {"administrate": true, "remoteActivate": true}});
    let device = || json!({"deviceId": 2});
    let past = json!({"receiver": {"userId": 4}, "source": device(), "startDate": "2020-01-01", "endDate": "2020-01-02"});
    world.share(1, past).await;
    assert!(world.usable(4).await.is_empty());

    // From the admin to user 5, from there to 6.
    world.share(1, right(5, device())).await;
    let shared_on = json!({"receiver": {"userId": 6}, "source": device(), "permissions": {"remoteActivate": true}});
    world.share(5, shared_on).await;
    let listed = &world.listed(6, V1).await[0];
    assert_eq!(listed["permissionRemoteActivate"], true);
    assert_eq!(listed["permissionAdministrate"], false);
    world.admin(Method::DELETE, "/v2/users/5", None).await;
    assert!(world.usable(6).await.is_empty());

    // By right of a grant on a device group, until the door leaves the group.
    let group = json!({"deviceGroupId": 1});
    world.share(1, right(7, group)).await;
    let shared_on = json!({"receiver": {"userId": 8}});
    world.share(7, shared_on).await;
    assert_eq!(world.usable(8).await, [1]);
    let out = "/v2/device-groups/1/devices/1";
    world.admin(Method::DELETE, out, None).await;
    assert!(world.usable(8).await.is_empty());
    assert!(world.usable(7).await.is_empty());
}

#[tokio::test]
async fn it_can_be_asked_of_one_organization_and_of_one_device() {
    let world = World::start().await;
    for device in [1, 2] {
        world
            .share(
                1,
                json!({"receiver": {"userId": 4}, "source": {"deviceId": device}}),
            )
            .await;
    }
    let all = world.listed(4, V2).await;
    let asked = async |query: &str| world.listed(4, &format!("{V2}?{query}")).await;
    assert_eq!(asked("organizationId=7").await, all);
    assert_eq!(asked("deviceId=2").await, json!([all[1]]));
    assert_eq!(asked("deviceId=2&organizationId=7").await, json!([all[1]]));
    assert_eq!(asked("deviceId=99").await, json!([]));
    let ask = async |query: &str| {
        let path = format!("{V1}?{query}");
        world.system.user(world.tenant.token(4)).get(&path).await
    };
    ask("organizationId=8")
        .await
        .assert_error(403, "insufficientRightsError");
    let answer = ask("organizationId=x&deviceId=0").await;
    answer.assert_error(400, "invalidInputErrorError");
    assert_eq!(answer.fields(), ["organizationId", "deviceId"]);
}

#[tokio::test]
async fn more_devices_than_one_read_gives_are_all_listed() {
    let world = World::start().await;
    let token = world.tenant.token(1);
    let mut ids = Vec::new();
    for number in 0..110 {
        let device = json!({"organizationId": 7, "name": format!("D {number}")});
        let made = world.system.user(token).post("/v2/devices", &device).await;
        let id = made.json()["deviceId"].as_u64().unwrap();
        let into = format!("/v2/device-groups/2/devices/{id}");
        world.admin(Method::PUT, &into, None).await;
        ids.push(id);
    }
    world
        .share(
            1,
            json!({"receiver": {"userId": 4}, "source": {"deviceGroupId": 2}}),
        )
        .await;
    ids.sort();
    assert_eq!(world.usable(4).await, ids);
}
