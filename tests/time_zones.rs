//! The hours of doors in the zones of the world, and how times are read.

use latchkey::timing::Zone;
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::decide::World;
use crate::system::{Store, System, Tenant};

/// A schedule of one daily rule.
fn daily(start: &str, end: &str) -> Value {
    json!([{"recurrence": "Daily", "period": {"startTime": start, "endTime": end}}])
}

/// Whether the user may open device 2.
async fn allowed(world: &World, user: usize, at: &str) -> bool {
    let answer = world.decided(user, 2, &format!("?at={at}")).await;
    answer["allowed"].as_bool().unwrap()
}

#[tokio::test]
async fn a_door_keeps_its_hours_by_the_laws_of_today() {
    let world = World::start().await;
    let receiver = json!({"userId": 4});
    world
        .share(
            1,
            json!({
                "receiver": receiver, "source": {"deviceId": 2}, "startDate": "2026-01-01",
                "schedule": daily("09:00:00", "17:00:00"),
            }),
        )
        .await;
    for (zone, open, closed) in [
        // Since autumn 2026 seven hours behind UTC all year.
        (
            "America/Vancouver",
            "2026-12-01T16:30:00Z",
            "2026-12-02T00:30:00Z",
        ),
        (
            "Canada/Mountain",
            "2026-12-01T15:30:00Z",
            "2026-12-01T23:30:00Z",
        ),
        (
            "Africa/Casablanca",
            "2026-12-01T16:30:00Z",
            "2026-12-01T08:30:00Z",
        ),
        (
            "America/Havana",
            "2026-12-01T13:30:00Z",
            "2026-12-01T21:30:00Z",
        ),
        // By an old name.
        (
            "Europe/Kiev",
            "2026-12-01T07:30:00Z",
            "2026-12-01T15:30:00Z",
        ),
        ("US/Eastern", "2026-12-01T14:30:00Z", "2026-12-01T22:30:00Z"),
    ] {
        let body = json!({"timeZone": zone});
        world.admin(Method::PUT, "/v2/devices/2", Some(body)).await;
        let device = world
            .system
            .user(world.tenant.token(1))
            .get("/v2/devices/2")
            .await;
        assert_eq!(device.json()["timeZone"], zone);
        assert!(allowed(&world, 4, open).await, "{zone} at {open}");
        assert!(!allowed(&world, 4, closed).await, "{zone} at {closed}");
    }
    for unknown in ["america/vancouver", "Europe/Nowhere", "CET-1CEST", ""] {
        let body = json!({"timeZone": unknown});
        let token = world.tenant.token(1);
        let answer = world.system.user(token).put("/v2/devices/2", &body).await;
        assert_eq!(answer.status, 400, "{unknown}: {}", answer.body);
        assert_eq!(answer.json()["details"][0]["field"], "timeZone");
    }
}

#[tokio::test]
async fn the_hours_of_a_share_may_end_with_the_day() {
    let world = World::start().await;
    for (user, end) in [(2, "24:00"), (3, "24:00:00"), (4, "23:59:59.9999999")] {
        let id = world
            .share(
                1,
                json!({
                    "receiver": {"userId": user}, "source": {"deviceId": 2}, "startDate": "2030-01-01",
                    "schedule": daily("18:00", end),
                }),
            )
            .await;
        let path = format!("/v2/shares/{id}");
        let share = world
            .system
            .user(world.tenant.token(1))
            .get(&path)
            .await
            .json();
        assert_eq!(share["schedule"][0]["period"]["endTime"], "00:00:00");
        // In Amsterdam.
        assert!(allowed(&world, user, "2030-01-07T22:59:59.9999999Z").await);
        assert!(!allowed(&world, user, "2030-01-07T23:00:00Z").await);
        assert!(!allowed(&world, user, "2030-01-07T16:59:59Z").await);
    }
}

#[tokio::test]
async fn the_last_day_of_a_share_may_end_with_the_day() {
    let world = World::start().await;
    for (user, end) in [(3, "24:00"), (4, "23:59:59.9999999")] {
        let changes = json!({
            "receiver": {"userId": user}, "source": {"deviceId": 2},
            "startDate": "2030-01-01", "endDate": "2030-01-07", "endTime": end,
        });
        world.share(1, changes).await;
        assert!(allowed(&world, user, "2030-01-07T22:59:59Z").await);
        assert!(!allowed(&world, user, "2030-01-07T23:00:00Z").await);
    }
    // Without a day there is no end: an error, not a share without an end.
    for (changes, field) in [
        (json!({"endTime": "24:00"}), "endTime"),
        (json!({"endTime": "23:59:59.9999999"}), "endTime"),
        (
            json!({"startDate": "2030-01-01", "startTime": "24:00"}),
            "startTime",
        ),
        (
            json!({"startDate": "2030-01-01", "startTime": "23:59:60"}),
            "startTime",
        ),
        (
            json!({"schedule": daily("24:00", "08:00")}),
            "schedule[0].period.startTime",
        ),
        (
            json!({"schedule": daily("08:00", "23:59:60")}),
            "schedule[0].period.endTime",
        ),
        (
            json!({"schedule": daily("08:00", "24:01")}),
            "schedule[0].period.endTime",
        ),
        // Cut off it would be the whole day.
        (
            json!({"schedule": daily("08:00", "08:00:00.0000000001")}),
            "schedule[0].period.endTime",
        ),
    ] {
        let body = world.tenant.share(changes);
        let answer = world
            .system
            .user(world.tenant.token(1))
            .post("/v2/shares", &body)
            .await;
        assert_eq!(answer.status, 400, "{body}: {}", answer.body);
        assert_eq!(
            answer.json()["details"][0]["field"],
            field,
            "{}",
            answer.body
        );
    }
}

#[tokio::test]
async fn each_function_says_when_it_starts_of_which_release_its_zones_are() {
    let store = Store::start().await;
    let log = std::env::temp_dir().join(format!("latchkey-{}.log", Uuid::new_v4()));
    let system = System::logged(&store, &log).await;
    let tenant = Tenant::new(7);
    store.put(&tenant.world).await;
    system.user(tenant.token(1)).get("/v2/devices").await.ok();
    system.stop().await;
    let text = std::fs::read_to_string(&log).unwrap();
    std::fs::remove_file(&log).unwrap();
    let release = Zone::release();
    let line = text.lines().find(|line| line.contains("started"));
    let line = line.unwrap_or_else(|| panic!("no line of a start in {text}"));
    assert!(
        line.contains("time_zones") && line.contains(release),
        "{line}"
    );
}
