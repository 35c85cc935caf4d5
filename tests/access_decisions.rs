//! Accesses in decisions, among holders and in effective permissions: grants like any other.

use std::collections::BTreeSet;

use latchkey::access::Access;
use reqwest::Method;
use serde_json::{Value, json};
use uuid::{Uuid, uuid};

use crate::decide::World;
use crate::system::{
    AMSTERDAM, KIRITIMATI, SPACE, Tenant, access_space, hours_from_now, keys, window, zone,
};

/// Another space.
const OTHER: Uuid = uuid!("0192a5b0-7c00-7000-8000-000000000009");
const BY_HAND: fn() -> Value =
    || json!({"administrate": false, "remoteActivate": false, "assignKeyfob": false});

/// Organization 7, whose space both devices open.
fn tenant() -> Tenant {
    let mut tenant = Tenant::new(7);
    for device in &mut tenant.world.devices {
        device.spaces = [SPACE.into()].into();
    }
    tenant.world.spaces[0].devices = [1, 2].map(|id| id.try_into().unwrap()).into();
    tenant
}

impl World {
    async fn put_access(&self, access: &Access) -> String {
        let scope = self.tenant.world.scope().unwrap();
        self.store.put_access(&scope, access).await;
        access.id.to_string()
    }

    /// Gives a user an access to the space, and gives its id.
    async fn give(&self, number: u128, user: u64, change: impl FnOnce(&mut Access)) -> String {
        let code = format!("{}", 100_000 + number);
        let spaces = vec![access_space(SPACE, &code)];
        let mut access = self.tenant.access(number, user, spaces);
        change(&mut access);
        self.put_access(&access).await
    }

    async fn effective(&self, user: usize, version: &str) -> Vec<Value> {
        let path = format!("/{version}/effective-device-permissions");
        let answer = self
            .system
            .user(self.tenant.token(user))
            .get(&path)
            .await
            .ok();
        answer.json().as_array().unwrap().clone()
    }
}

#[tokio::test]
async fn an_access_to_a_space_opens_every_device_of_it() {
    let world = World::of(tenant()).await;
    let until = window("2026-01-01T00:00:00Z", Some("2090-01-01T00:00:00Z"));
    let id = world.give(1, 4, |access| access.window = until).await;
    for device in [1, 2] {
        let decision = world.decided(4, device, "?at=2030-01-07T10:00:00Z").await;
        assert_eq!(
            decision,
            json!({
                "userId": 4,
                "timeZone": "Europe/Amsterdam",
                "allowed": true,
                "at": "2030-01-07T10:00:00Z",
                "permissions": BY_HAND(),
                "because": [{
                    "kind": "access", "id": id,
                    "from": "2026-01-01T00:00:00Z", "until": "2090-01-01T00:00:00Z"
                }]
            })
        );
        // It opens by hand alone.
        let afar = world.decided(4, device, "?permission=remoteActivate").await;
        assert_eq!(afar["because"][0]["failed"], "permissionLacking");
        assert_eq!(world.decided(5, device, "").await["allowed"], false);
    }
    // Beside a share, either is enough.
    let share = json!({"receiver": {"userId": 4}, "source": {"deviceId": 2}, "permissions": {"remoteActivate": true}});
    let share = world.share(1, share).await;
    let decision = world.decided(4, 2, "").await;
    let kinds = |decision: &Value| {
        let because = decision["because"].as_array().unwrap().iter();
        let kinds = because.map(|one| one["id"].clone());
        kinds.collect::<Vec<_>>()
    };
    assert_eq!(kinds(&decision), [json!(share), json!(id)]);
    assert_eq!(decision["permissions"]["remoteActivate"], true);
}

#[tokio::test]
async fn each_condition_that_fails_is_named() {
    let mut tenant = tenant();
    tenant.world.devices[0].time_zone = Some(zone(KIRITIMATI));
    let world = World::of(tenant).await;
    let future = window("2090-01-01T00:00:00Z", None);
    let past = window("2020-01-01T00:00:00Z", Some("2020-01-02T00:00:00Z"));
    world.give(1, 4, |access| access.window = future).await;
    world.give(2, 5, |access| access.window = past).await;
    // The hours are those on the clock of each door: of the first far in the east.
    let open = hours_from_now(zone(KIRITIMATI), -1, 1);
    world
        .give(3, 6, |access| access.spaces[0].terms.hours = open)
        .await;
    world
        .give(4, 7, |access| access.spaces[0].terms.count = Some(1))
        .await;
    for (user, device, failed) in [
        (4, 1, json!("beforeStart")),
        (5, 1, json!("ended")),
        (6, 1, Value::Null),
        (6, 2, json!("outsideSchedule")),
        (7, 1, Value::Null),
    ] {
        let decision = world.decided(user, device, "").await;
        assert_eq!(
            decision["allowed"],
            failed == Value::Null,
            "{user} {decision}"
        );
        assert_eq!(
            decision["because"][0]["failed"], failed,
            "{user} {decision}"
        );
    }
    let hours = &world.decided(6, 1, "").await["because"][0]["rule"];
    assert_eq!(hours["recurrence"], "Daily");

    // A user who has used all entries.
    world.store.set_used(SPACE, "100004", 1).await;
    let decision = world.decided(7, 1, "").await;
    assert_eq!(decision["because"][0]["failed"], "countUsedUp");
    assert_eq!(
        (&decision["allowed"], &decision["next"]),
        (&json!(false), &Value::Null)
    );
    // And whose count is gone: better shut than open without end.
    world.store.delete_items(&keys::codes()).await;
    let decision = world.decided(7, 1, "").await;
    assert_eq!(decision["because"][0]["failed"], "countUsedUp");
}

#[tokio::test]
async fn a_device_that_leaves_the_space_and_a_space_that_is_deleted_end_it_at_once() {
    let world = World::of(tenant()).await;
    world.give(1, 4, |_| {}).await;
    let is_allowed = async |device| world.decided(4, device, "").await["allowed"].clone();
    let reached = async || {
        let devices = world.effective(4, "v2").await;
        let ids = devices
            .iter()
            .map(|one| one["device"]["id"].as_u64().unwrap());
        ids.collect::<Vec<_>>()
    };
    assert_eq!(reached().await, [1, 2]);
    let path = format!("/v2/spaces/{SPACE}");
    let only = json!({"devices": [1]});
    world.admin(Method::PUT, &path, Some(only)).await;
    assert_eq!(
        (is_allowed(1).await, is_allowed(2).await),
        (json!(true), json!(false))
    );
    assert_eq!(reached().await, [1]);
    assert_eq!(world.holders(2).await, [Value::Null; 0]);
    world.admin(Method::DELETE, &path, None).await;
    assert_eq!(is_allowed(1).await, false);
    assert_eq!(reached().await, [0; 0]);
    assert_eq!(world.holders(1).await, [Value::Null; 0]);
}

#[tokio::test]
async fn an_access_makes_its_user_a_holder_and_pages_continue_over_spaces() {
    let mut tenant = tenant();
    tenant.world.devices[0].spaces.insert(OTHER.into());
    let mut other = tenant.world.spaces[0].clone();
    other.id = OTHER.into();
    tenant.world.spaces.push(other);
    let world = World::of(tenant).await;
    let hours = hours_from_now(zone(AMSTERDAM), 2, 4);
    let id = world
        .give(1, 4, |access| {
            access.spaces[0].terms.hours = hours;
            access.window = window("2026-01-01T00:00:00Z", Some("2089-12-31T23:00:00Z"));
        })
        .await;
    let holders = world.holders(1).await;
    assert_eq!(holders.len(), 1);
    let mut holder = holders[0].clone();
    assert_eq!(holder["schedule"][0]["recurrence"], "Daily");
    assert!(holder["next"]["from"].is_string());
    for varying in ["schedule", "next"] {
        holder.as_object_mut().unwrap().remove(varying);
    }
    assert_eq!(
        holder,
        json!({
            "kind": "access", "id": id,
            "receiver": {"user": {"id": 4, "firstName": "User 4", "lastName": "Of 7"}},
            "source": {"spaceId": SPACE.simple()},
            "permissions": BY_HAND(),
            // On the clock of Amsterdam.
            "startDate": "2026-01-01", "startTime": "01:00:00",
            "endDate": "2090-01-01", "endTime": "00:00:00",
            "state": "Active", "holdsNow": false, "failed": "outsideSchedule"
        })
    );

    let mut expected = BTreeSet::from([id]);
    let past = window("2020-01-01T00:00:00Z", Some("2020-01-02T00:00:00Z"));
    for user in 2..=4 {
        let number = 10 * u128::from(user);
        for (place, space) in [(1, SPACE), (2, OTHER)] {
            let code = format!("{}", 200_000 + number + place);
            let access =
                world
                    .tenant
                    .access(number + place, user, vec![access_space(space, &code)]);
            expected.insert(world.put_access(&access).await);
        }
        world
            .give(number + 3, user, |access| access.window = past)
            .await;
        for source in [json!({"deviceId": 1}), json!({"deviceGroupId": 1})] {
            let share = json!({"receiver": {"userId": user}, "source": source});
            expected.insert(world.share(1, share).await.to_string());
        }
    }
    for size in [1, 2, 5, 100] {
        let (mut found, mut count) = (BTreeSet::new(), 0);
        let mut path = Some(format!("/v2/devices/1/holders?size={size}"));
        while let Some(page) = path {
            let answer = world.holders_page(&page).await;
            for holder in answer.json().as_array().unwrap() {
                found.insert(holder["id"].to_string().trim_matches('"').to_owned());
                count += 1;
            }
            assert!(count <= expected.len(), "it goes round in a ring");
            path = world.next(&answer);
        }
        assert_eq!((&found, count), (&expected, 13), "{size}");
    }
}

#[tokio::test]
async fn devices_of_an_access_are_listed_in_both_versions() {
    let world = World::of(tenant()).await;
    let until = window("2026-06-30T22:00:00Z", Some("2089-12-31T22:59:59Z"));
    let id = world.give(1, 4, |access| access.window = until).await;
    let share = json!({"receiver": {"userId": 4}, "source": {"deviceId": 2}, "permissions": {"remoteActivate": true}});
    let share = world.share(1, share).await;
    let devices = world.effective(4, "v2").await;
    assert_eq!(devices.len(), 2);
    assert_eq!(devices[0]["permissions"], BY_HAND());
    let by_access = json!({
        "accessId": id, "schedule": [], "startDate": "2026-07-01", "startTime": "00:00:00",
        "endDate": "2089-12-31", "endTime": "23:59:59",
    });
    assert_eq!(devices[0]["device"]["permissions"], json!([by_access]));
    let both = devices[1]["device"]["permissions"].as_array().unwrap();
    assert_eq!(both[0]["shareId"], share);
    assert_eq!(both[1], by_access);
    let flat = world.effective(4, "v1").await;
    assert_eq!(flat[0]["permissions"], json!([by_access]));
    assert_eq!(flat[0]["permissionRemoteActivate"], false);
    assert_eq!(flat[1]["permissionRemoteActivate"], true);
    // A used-up access gives no right.
    world
        .give(2, 5, |access| access.spaces[0].terms.count = Some(3))
        .await;
    assert_eq!(world.effective(5, "v2").await.len(), 2);
    world.store.set_used(SPACE, "100002", 3).await;
    assert_eq!(world.effective(5, "v2").await.len(), 0);
}
