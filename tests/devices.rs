//! Devices as the services' clients read them, what they report of themselves, and the account.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use latchkey::role::Role;
use reqwest::Method;
use serde_json::{Value, json};

use crate::system::{Answer, SPACE, Store, System, Tenant};

const MAKER: usize = 8;
const DOOR: usize = 9;

struct Scene {
    store: Store,
    system: System,
    tenant: Tenant,
    /// The number of the gateway of door 1.
    gateway: u64,
}

/// Organization 7 with a gateway that connects door 1; user 8 is the maker of its devices, user 9
/// controls a space that door 1 opens.
async fn scene() -> Scene {
    let store = Store::start().await;
    let system = System::on(&store).await;
    let mut tenant = Tenant::new(7)
        .with_roles(MAKER, &[Role::Device])
        .with_controller(DOOR);
    tenant.world.devices[0].spaces = [SPACE.into()].into();
    store.put(&tenant.world).await;
    let mut scene = Scene {
        store,
        system,
        tenant,
        gateway: 0,
    };
    let gateway = json!({
        "organizationId": 7, "name": "Hall gateway",
        "model": {"id": 3, "name": "Connect", "type": {"id": 2, "name": "Gateway"}}
    });
    let made = scene
        .admin(Method::POST, "/v2/devices", Some(gateway))
        .await;
    scene.gateway = made.json()["deviceId"].as_u64().unwrap();
    let connected = json!({"gatewayId": scene.gateway});
    scene
        .admin(Method::PUT, "/v2/devices/1", Some(connected))
        .await;
    scene
}

impl Scene {
    async fn call(&self, user: usize, method: Method, path: &str, body: Option<Value>) -> Answer {
        let token = self.tenant.token(user);
        self.system.call(method, path, token, body.as_ref()).await
    }

    async fn admin(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        let answer = self.call(1, method, path, body).await;
        assert!(answer.status.is_success(), "{path}: {}", answer.body);
        answer
    }

    async fn get(&self, user: usize, path: &str) -> Value {
        let answer = self.call(user, Method::GET, path, None).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        answer.assert_headers();
        answer.json()
    }

    async fn report(&self, user: usize, device: u64, state: Value) -> Answer {
        let path = format!("/v1/devices/{device}/state");
        self.call(user, Method::PUT, &path, Some(state)).await
    }

    /// The numbers of the devices that a list has.
    async fn ids(&self, user: usize, query: &str) -> Vec<u64> {
        let list = self.get(user, &format!("/v2/devices{query}")).await;
        let ids = list.as_array().unwrap().iter();
        ids.map(|device| device["id"].as_u64().unwrap()).collect()
    }

    async fn share(&self, changes: Value) {
        self.tenant.create_share(&self.system, 1, changes).await;
    }
}

fn keys(value: &Value) -> BTreeSet<&str> {
    let object = value.as_object().unwrap();
    object.keys().map(String::as_str).collect()
}

/// The members that the services' pages and their public clients name.
#[track_caller]
fn assert_published(device: &Value) {
    let has = |of: &Value, names: &[&str]| {
        for name in names {
            assert!(keys(of).contains(name), "no {name} in {of}");
        }
    };
    has(
        device,
        &[
            "id",
            "name",
            "owner",
            "model",
            "settings",
            "features",
            "gateway",
            "actualFirmwareVersion",
            "requiredFirmwareVersion",
            "timeZone",
            "batteryLevel",
            "batteryLastMeasurement",
            "locked",
            "lastLocked",
            "isActiveUntil",
            "entryTags",
            "relatedDeviceGroups",
            "reachableGateways",
            "reachableDevices",
            "addons",
        ],
    );
    has(
        &device["owner"],
        &[
            "organizationId",
            "accountId",
            "name",
            "firstName",
            "lastName",
        ],
    );
    has(&device["model"], &["id", "name", "type", "description"]);
    has(&device["model"]["type"], &["id", "name", "description"]);
    has(
        &device["settings"],
        &["activationTime", "soundVolume", "lockedStatus"],
    );
    has(
        &device["features"],
        &[
            "activatable",
            "remoteAccess",
            "eventLog",
            "lockedStatus",
            "webKeys",
            "dynamicPins",
        ],
    );
}

#[tokio::test]
async fn what_nobody_reported_is_shown_as_unknown() {
    let scene = scene().await;
    let door = scene.get(1, "/v2/devices/2").await;
    assert_published(&door);
    assert_eq!(door["model"]["type"]["id"], 1);
    assert_eq!(door["owner"]["name"], "Organization 7");
    assert_eq!(
        (
            &door["actualFirmwareVersion"],
            &door["requiredFirmwareVersion"]
        ),
        (&json!(0), &json!(0))
    );
    assert_eq!(
        (&door["batteryLevel"], &door["locked"], &door["gateway"]),
        (&json!("Unknown"), &json!("UNKNOWN"), &Value::Null)
    );
    assert_eq!(door["features"]["remoteAccess"], false);
    assert_eq!(door["features"]["lockedStatus"], false);
    assert_eq!(door["settings"]["activationTime"], 5);
    let gateway = scene
        .get(1, &format!("/v2/devices/{}", scene.gateway))
        .await;
    assert_published(&gateway);
    assert_eq!(gateway["model"]["type"]["id"], 2);
    assert_eq!(gateway["features"]["activatable"], false);
    assert_eq!(gateway["gateway"]["id"], scene.gateway);
    // Once it is written down, each list shows the same.
    let list = scene.get(1, "/v2/devices").await;
    assert_eq!(list[1], door);
    let group = scene.get(1, "/v2/device-groups/1/devices").await;
    assert_eq!(group[0], scene.get(1, "/v2/devices/1").await);
}

#[tokio::test]
async fn what_a_device_reports_is_shown_and_its_version_stays() {
    let scene = scene().await;
    let before = scene.call(1, Method::GET, "/v2/devices/1", None).await;
    let state = json!({
        "actualFirmwareVersion": 83, "requiredFirmwareVersion": 84, "batteryLevel": "Medium",
        "locked": "LOCKED", "gatewayRssi": -67,
        "isActiveUntil": (Utc::now() + TimeDelta::minutes(5)).to_rfc3339()
    });
    let reported = scene.report(DOOR, 1, state).await;
    assert_eq!((reported.status.as_u16(), &*reported.body), (204, ""));
    let after = scene.call(1, Method::GET, "/v2/devices/1", None).await;
    assert_ne!(before.header("etag"), after.header("etag"));
    assert_eq!(before.version(), after.version());
    let door = after.json();
    assert_eq!(
        (
            &door["actualFirmwareVersion"],
            &door["requiredFirmwareVersion"]
        ),
        (&json!(83), &json!(84))
    );
    assert_eq!(
        (&door["batteryLevel"], &door["locked"]),
        (&json!("Medium"), &json!("LOCKED"))
    );
    assert_eq!(door["features"]["lockedStatus"], true);
    assert_eq!(door["settings"]["lockedStatus"], true);
    let gateway = &door["gateway"];
    assert_eq!(
        (&gateway["id"], &gateway["rssi"]),
        (&json!(scene.gateway), &json!(-67))
    );
    assert_eq!(gateway["rssiLevel"], "High");
    for at in [
        &door["lastLocked"],
        &door["batteryLastMeasurement"],
        &gateway["lastSeen"],
    ] {
        let at: DateTime<Utc> = at.as_str().unwrap().parse().unwrap();
        assert!(Utc::now() - at < TimeDelta::minutes(1));
    }
    assert!(door["isActiveUntil"].is_string());

    // A later report changes what it names; a change of the device leaves it alone.
    let reported = scene.report(MAKER, 1, json!({"batteryLevel": null})).await;
    assert_eq!(reported.status, 204, "{}", reported.body);
    let renamed = json!({"name": "Front"});
    scene
        .admin(Method::PUT, "/v2/devices/1", Some(renamed))
        .await;
    let door = scene.get(1, "/v2/devices/1").await;
    assert_eq!(
        (&door["batteryLevel"], &door["locked"]),
        (&json!("Unknown"), &json!("LOCKED"))
    );

    // The forms of version 1 have the same.
    let first = scene.get(1, "/v1/devices/1").await;
    for name in [
        "id",
        "name",
        "organizationId",
        "organizationName",
        "deviceModel",
        "timeZone",
        "batteryLevel",
        "batteryLastMeasurement",
        "remarks",
        "location",
        "dateCreated",
        "dateModified",
        "dateAssigned",
        "gatewayId",
        "gatewayRssi",
        "gatewayRssiLevel",
        "gatewayLastSeen",
    ] {
        assert!(keys(&first).contains(name), "no {name} in {first}");
    }
    assert_eq!(first["deviceModel"]["deviceType"]["id"], 1);
    assert_eq!(
        (&first["actualFirmwareVersion"], &first["gatewayRssi"]),
        (&json!(83), &json!(-67))
    );
    scene
        .share(json!({"permissions": {"remoteActivate": true}}))
        .await;
    let permissions = scene.get(2, "/v1/effective-device-permissions").await;
    assert_eq!(permissions[0]["requiredFirmwareVersion"], 84);
    assert_eq!(permissions[0]["featureSet"], json!({"isActivatable": true}));
    let gateway = &permissions[1];
    assert_eq!(
        (&gateway["id"], &gateway["type"]["id"]),
        (&json!(scene.gateway), &json!(2))
    );
    assert_eq!(gateway["featureSet"], json!({"isActivatable": false}));
    assert_eq!(gateway["permissionRemoteActivate"], false);
}

#[tokio::test]
async fn only_who_has_the_role_reports_and_of_no_other_door() {
    let scene = scene().await;
    for user in [1, 2] {
        let answer = scene.report(user, 1, json!({})).await;
        answer.assert_error(403, "insufficientRightsError");
    }
    // The controller of a space reports of the door that opens it, and of no other.
    for (user, device, status) in [
        (DOOR, 1, 204),
        (DOOR, 2, 404),
        (DOOR, scene.gateway, 404),
        (MAKER, 2, 204),
        (MAKER, scene.gateway, 204),
        (MAKER, 99, 404),
    ] {
        let answer = scene.report(user, device, json!({})).await;
        assert_eq!(answer.status, status, "{user} {device}: {}", answer.body);
    }
    let bad = json!({"locked": "Locked", "batteryLevel": "Full", "lastSeen": "2999-01-01T00:00:00Z", "rssi": 1});
    let answer = scene.report(MAKER, 1, bad).await;
    answer.assert_error(400, "invalidInputErrorError");
    let fields: BTreeSet<_> = answer.fields().into_iter().collect();
    let expected = ["batteryLevel", "locked", "lastSeen", "rssi"];
    assert_eq!(fields, expected.map(str::to_owned).into());
    assert_eq!(scene.get(1, "/v2/devices/1").await["locked"], "UNKNOWN");
}

#[tokio::test]
async fn a_gateway_that_was_heard_of_lately_can_be_reached() {
    let scene = scene().await;
    let path = format!("/v1/gateways/{}/current-status", scene.gateway);
    let status = async || scene.get(1, &path).await["errorCode"].clone();
    assert_eq!(status().await, "GatewayUnreachable");
    scene.report(MAKER, scene.gateway, json!({})).await;
    assert_eq!(status().await, "OK");
    let long_ago = Utc::now() - TimeDelta::minutes(16);
    let seen = json!({"lastSeen": long_ago.to_rfc3339()});
    scene.report(MAKER, scene.gateway, seen).await;
    assert_eq!(status().await, "GatewayUnreachable");
    for path in [
        "/v1/gateways/1/current-status",
        "/v1/gateways/99/current-status",
    ] {
        let answer = scene.call(1, Method::GET, path, None).await;
        answer.assert_error(404, "notFoundError");
    }
}

#[tokio::test]
async fn everyone_lists_the_devices_that_they_may_use_and_what_connects_them() {
    let scene = scene().await;
    assert_eq!(scene.ids(2, "").await, [0; 0]);
    let answer = scene.call(2, Method::GET, "/v2/devices/1", None).await;
    answer.assert_error(404, "notFoundError");
    scene.share(json!({"startDate": "2090-01-01"})).await;
    let mine = [1, scene.gateway];
    assert_eq!(scene.ids(2, "").await, mine);
    assert_eq!(scene.ids(3, "").await, [0; 0]);
    for path in ["v2/devices/1", "v1/devices/1"] {
        assert_eq!(scene.get(2, &format!("/{path}")).await["id"], 1);
    }
    let gateway = format!("/v2/devices/{}", scene.gateway);
    assert_eq!(scene.get(2, &gateway).await["id"], scene.gateway);
    for (user, path) in [(2, "/v2/devices/2"), (3, "/v2/devices/1"), (3, &*gateway)] {
        let answer = scene.call(user, Method::GET, path, None).await;
        answer.assert_error(404, "notFoundError");
    }
    // In pages, by offset and by link.
    assert_eq!(scene.ids(2, "?size=1&offset=1").await, [scene.gateway]);
    assert_eq!(scene.ids(2, "?size=1&offset=2").await, [0; 0]);
    let first = scene.call(2, Method::GET, "/v2/devices?size=1", None).await;
    let next = first.header("link").unwrap().to_owned();
    let next = next.strip_prefix('<').unwrap().split('>').next().unwrap();
    let next = next.strip_prefix(scene.system.url()).unwrap();
    assert_eq!(scene.get(2, next).await[0]["id"], scene.gateway);
}

#[tokio::test]
async fn devices_are_filtered_and_sorted() {
    let scene = scene().await;
    let names = json!({"name": "attic", "location": "Roof", "remarks": "Mind the step"});
    scene.admin(Method::PUT, "/v2/devices/2", Some(names)).await;
    scene.report(MAKER, 2, json!({"batteryLevel": "Low"})).await;
    scene
        .report(MAKER, 1, json!({"batteryLevel": "Excellent"}))
        .await;
    let gateway = scene.gateway;
    for (query, expected) in [
        ("", vec![1, 2, gateway]),
        ("?deviceId=2", vec![2]),
        ("?deviceGroupId=1", vec![1]),
        ("?deviceType=Lock", vec![1, 2]),
        ("?deviceType=gateway", vec![gateway]),
        ("?deviceType=Keyfob", vec![]),
        ("?organizationName=organ", vec![1, 2, gateway]),
        ("?organizationName=other", vec![]),
        ("?search=STEP", vec![2]),
        ("?name=hall", vec![gateway]),
        ("?location=roof&remarks=mind", vec![2]),
        ("?location=hall", vec![]),
        ("?sortBy=name", vec![2, 1, gateway]),
        ("?sortBy=name&sortDirection=DESC", vec![gateway, 1, 2]),
        ("?sortBy=batteryLevel", vec![gateway, 2, 1]),
        ("?sortBy=batteryLevel&sortDirection=Desc&size=1", vec![1]),
        ("?sortBy=name&offset=1&size=1", vec![1]),
        (
            "?includeDecommissioned=true&includeUninstalled=true",
            vec![1, 2, gateway],
        ),
        ("?organizationId=7&size=2", vec![1, 2]),
    ] {
        assert_eq!(scene.ids(1, query).await, expected, "{query}");
    }
    let with = "?includeGroups=true&includeReachableGateways=true&includeReachableDevices=true";
    let list = scene.get(1, &format!("/v2/devices{with}")).await;
    assert_eq!(
        list[0]["relatedDeviceGroups"],
        json!([{"id": 1, "name": "Floor 1"}])
    );
    assert_eq!(
        list[0]["reachableGateways"],
        json!([{"id": gateway, "name": "Hall gateway"}])
    );
    assert_eq!(
        list[2]["reachableDevices"],
        json!([{"id": 1, "name": "Door 1"}])
    );
    assert_eq!(scene.get(1, &format!("/v2/devices/1{with}")).await, list[0]);
    let bad = "?deviceType=Door&sortBy=age&sortDirection=up&includeGroups=1&offset=-1";
    let answer = scene
        .call(1, Method::GET, &format!("/v2/devices{bad}"), None)
        .await;
    let fields: BTreeSet<_> = answer.fields().into_iter().collect();
    let expected = [
        "deviceType",
        "sortBy",
        "sortDirection",
        "includeGroups",
        "offset",
    ];
    assert_eq!(fields, expected.map(str::to_owned).into());
}

#[tokio::test]
async fn an_account_is_the_callers_user_with_the_organization() {
    let scene = scene().await;
    let account = scene.get(2, "/v1/account").await;
    assert_eq!(
        account,
        json!({
            "id": 2, "firstName": "User 2", "lastName": "Of 7", "email": null,
            "phone": "+31612345672", "language": null, "emailIsVerified": false,
            "phoneIsVerified": false, "dateCreated": null, "dateModified": null,
            "dateLastAuthentication": null, "dateLastActivation": null,
            "personalOrganization": {
                "id": 7, "name": "Organization 7", "personal": false,
                "permissions": {
                    "manageOrganization": false, "manageShares": false, "manageAccesses": false
                }
            }
        })
    );
    let admin = scene.get(1, "/v1/account").await;
    assert_eq!(
        admin["personalOrganization"]["permissions"]["manageShares"],
        true
    );
}

#[tokio::test]
async fn a_user_is_invited_into_a_group_in_a_language_until_an_end() {
    let scene = scene().await;
    let end = Utc::now() + TimeDelta::days(20);
    let mut body = json!({
        "organizationId": 7, "firstName": "Kim", "lastName": "New", "externalId": "x-1",
        "remarks": "R", "description": "D", "autoRemoveAfter": "MONTH",
        "invitation": {"expiration": end.to_rfc3339(), "language": "nl"}
    });
    let path = "/v2/users?userGroupId=2&groupAdmin=true";
    let made = scene
        .admin(Method::POST, path, Some(body.clone()))
        .await
        .json();
    let token = made["token"].as_str().unwrap();
    let bearer = token.parse().unwrap();
    let invitation = &made["invitation"];
    let url = format!("{}/sign-in/{token}", scene.system.url());
    assert_eq!(invitation["url"], url);
    let until: DateTime<Utc> = invitation["expiration"].as_str().unwrap().parse().unwrap();
    assert!((until - end).abs() < TimeDelta::seconds(2), "{until}");
    let user = format!("/v2/users/{}", made["userId"]);
    let shown = scene.get(1, &user).await;
    for (name, value) in [
        ("externalId", json!("x-1")),
        ("remarks", json!("R")),
        ("description", json!("D")),
        ("autoRemoveAfter", json!("MONTH")),
        ("language", json!("nl")),
        ("groups", json!([2])),
    ] {
        assert_eq!(shown[name], value, "{name}");
    }
    // Whoever receives a share of theirs sees when it ends, and never the token.
    let share = json!({"receiver": {"userId": made["userId"]}});
    let share = scene.tenant.create_share(&scene.system, 1, share).await;
    let view = scene.get(1, &share).await["receiver"]["user"].clone();
    let open = &view["invitation"];
    assert_eq!((&open["token"], &open["url"]), (&Value::Null, &Value::Null));
    assert_eq!(
        (&view["account"], &view["registered"]),
        (&Value::Null, &json!(false))
    );
    assert!(open["expiration"].is_string());

    // They are in the group on both sides, and as its admin they see who is.
    let members = scene.get(1, "/v2/user-groups/2/users").await;
    assert_eq!(members[0]["id"], made["userId"]);
    let mine = scene
        .system
        .user(bearer)
        .get("/v2/user-groups/2/users")
        .await;
    assert_eq!(mine.json()[0]["id"], made["userId"], "{}", mine.body);
    let other = scene
        .system
        .user(bearer)
        .get("/v2/user-groups/1/users")
        .await;
    other.assert_error(403, "insufficientRightsError");

    body["emailAddress"] = json!("kim@example.com");
    for (query, change, field) in [
        ("?userGroupId=99", json!({}), "userGroupId"),
        ("?groupAdmin=true", json!({}), "userGroupId"),
        ("?userGroupId=x", json!({}), "userGroupId"),
        (
            "",
            json!({"invitation": {"expiration": "2020-01-01T00:00:00Z"}}),
            "invitation.expiration",
        ),
        (
            "",
            json!({"invitation": {"expiration": "2999-01-01T00:00:00Z"}}),
            "invitation.expiration",
        ),
        (
            "",
            json!({"invitation": {"language": "English"}}),
            "invitation.language",
        ),
        ("", json!({"autoRemoveAfter": "DAY"}), "autoRemoveAfter"),
    ] {
        let mut body = body.clone();
        body.as_object_mut()
            .unwrap()
            .extend(change.as_object().unwrap().clone());
        let path = format!("/v2/users{query}");
        let answer = scene.call(1, Method::POST, &path, Some(body)).await;
        answer.assert_error(400, "invalidInputErrorError");
        assert_eq!(answer.fields(), [field], "{query} {change}");
    }
    assert_eq!(
        scene
            .get(1, "/v2/user-groups/2/users")
            .await
            .as_array()
            .unwrap()
            .len(),
        1
    );
    assert!(!format!("{:?}", scene.store.items().await).contains("kim@example.com"));
}
