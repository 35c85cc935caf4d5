//! The zone of a door is in its item: a decision need not read the organization.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};

use crate::system::{Store, System, Tenant, is_of, keys, zone};

/// How long a zone may take to reach all doors.
const LONGEST: Duration = Duration::from_secs(30);

/// The zone that each door of organization 7 says: those made here, and those it began with.
async fn zones(store: &Store) -> Vec<Option<String>> {
    let items = store.items().await.into_iter();
    let is_door = |key: &str| {
        let kinds = [keys::devices(), keys::device_groups(), keys::spaces()];
        kinds.iter().any(|kind| key.starts_with(kind.as_str()))
    };
    let doors = items.filter(|item| is_of(item, 7) && is_door(item["SK"].as_s().unwrap()));
    let zone = |item: latchkey::table::Item| {
        let zone = item.get("organizationTimeZone")?;
        Some(zone.as_s().unwrap().clone())
    };
    doors.map(zone).collect()
}

async fn wait_until_all_say(store: &Store, count: usize, zone: &str) {
    let started = Instant::now();
    loop {
        let said = zones(store).await;
        assert_eq!(said.len(), count);
        if said.iter().all(|said| said.as_deref() == Some(zone)) {
            return;
        }
        assert!(started.elapsed() < LONGEST, "{said:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn a_door_takes_over_the_zone_of_its_organization_when_it_is_made_and_when_that_changes() {
    let store = Store::start_with_streams().await;
    let system = System::on(&store).await;
    let tenant = Tenant::new(7);
    store.put(&tenant.world).await;
    let before = zones(&store).await;
    let first = tenant.world.organization.time_zone.name().to_owned();
    let all_say = |zone: &Option<String>| *zone == Some(first.clone());
    assert!(before.iter().all(all_say), "{before:?}");

    for (path, name) in [
        ("/v2/devices", "Gate"),
        ("/v2/device-groups", "Gates"),
        ("/v2/spaces", "Yard"),
    ] {
        let body = json!({"organizationId": 7, "name": name});
        let made = system
            .user(tenant.token(1))
            .post(path, &body)
            .await
            .created();
        assert!(!made.body.contains("organizationTimeZone"));
    }
    let all = before.len() + 3;
    wait_until_all_say(&store, all, &first).await;

    let change = json!({"timeZone": "Asia/Tokyo"});
    let path = "/v2/organizations/7";
    let changed = system
        .user(tenant.token(1))
        .send(Method::PUT, path, &change);
    changed.await.ok();
    wait_until_all_say(&store, all, "Asia/Tokyo").await;
    // It is not shown, and no change of a door takes it away.
    let shown = system.user(tenant.token(1)).get("/v2/devices/1").await;
    assert!(!shown.body.contains("Tokyo"), "{}", shown.body);
    let change = json!({"name": "Front gate"});
    let path = "/v2/devices/1";
    let changed = system
        .user(tenant.token(1))
        .send(Method::PUT, path, &change);
    changed.await.ok();
    wait_until_all_say(&store, all, "Asia/Tokyo").await;
}

#[tokio::test]
async fn a_door_is_decided_on_by_the_zone_that_it_says() {
    let store = Store::start_with_streams().await;
    let system = System::on(&store).await;
    let mut tenant = Tenant::new(7);
    tenant.world.devices[0].time_zone = None;
    store.put(&tenant.world).await;
    // Always in one of the two zones, never in both.
    let now = chrono::Utc::now();
    let hour = |name| {
        let local = now.with_timezone(&zone(name).offset(now));
        let (from, to) = (
            local - chrono::TimeDelta::hours(1),
            local + chrono::TimeDelta::hours(1),
        );
        json!([{
            "recurrence": "Daily",
            "period": {
                "startTime": from.format("%H:%M:%S").to_string(),
                "endTime": to.format("%H:%M:%S").to_string(),
            },
        }])
    };
    let body = json!({"schedule": hour("Asia/Tokyo"), "startDate": "2020-01-01"});
    tenant.create_share(&system, 1, body).await;
    let allowed = async || -> Value {
        let path = "/v2/devices/1/decision";
        let answer = system.user(tenant.token(2)).get(path).await.ok();
        answer.json()["allowed"].clone()
    };
    assert_eq!(allowed().await, false);
    let change = json!({"timeZone": "Asia/Tokyo"});
    let path = "/v2/organizations/7";
    let changed = system
        .user(tenant.token(1))
        .send(Method::PUT, path, &change);
    changed.await.ok();
    let count = zones(&store).await.len();
    wait_until_all_say(&store, count, "Asia/Tokyo").await;
    assert_eq!(allowed().await, true);
}
