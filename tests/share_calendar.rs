//! `GET /v2/shares/{shareId}/calendar`.

use reqwest::Method;
use reqwest::header::{ACCEPT, CONTENT_TYPE};
use serde_json::{Value, json};

use crate::system::{Answer, System, Tenant, World};

async fn get(system: &System, tenant: &Tenant, path: &str, query: &str) -> Answer {
    system
        .user(tenant.token(1))
        .get(&format!("{path}/calendar{query}"))
        .await
}

async fn get_as(system: &System, tenant: &Tenant, path: &str, accept: &str) -> Answer {
    let request = system.request(Method::GET, &format!("{path}/calendar"));
    Answer::of(request.bearer_auth(tenant.token(1)).header(ACCEPT, accept)).await
}

fn hours() -> Value {
    json!([{"dayOfWeek": "Monday", "recurrence": "Weekly", "period": {"startTime": "09:00:00", "endTime": "17:00:00"}}])
}

#[tokio::test]
async fn windows_are_instants_with_the_offset_of_the_door() {
    let w = World::start().await;
    let share = json!({"startDate": "2027-01-01", "schedule": hours()});
    let path = w.create_share(1, share).await;
    // Summer time begins on the 28th.
    let query = "?from=2027-03-22T08:30:00Z&until=2027-04-05T12:00:00%2B02:00";
    let answer = get(&w.system, &w.tenant, &path, query).await.ok();
    answer.assert_headers();
    assert_eq!(answer.headers[CONTENT_TYPE], "application/json");
    assert_eq!(
        answer.json(),
        json!({
            "timeZone": "Europe/Amsterdam",
            "windows": [
                {"from": "2027-03-22T09:30:00+01:00", "until": "2027-03-22T17:00:00+01:00"},
                {"from": "2027-03-29T09:00:00+02:00", "until": "2027-03-29T17:00:00+02:00"},
                {"from": "2027-04-05T09:00:00+02:00", "until": "2027-04-05T12:00:00+02:00"},
            ],
        })
    );
}

#[tokio::test]
async fn it_shows_a_month_from_now_unless_asked_otherwise() {
    let w = World::start().await;
    let path = w.create_share(1, json!({})).await;
    let calendar = get(&w.system, &w.tenant, &path, "").await.json();
    let windows = calendar["windows"].as_array().unwrap();
    let [from, until] = ["from", "until"].map(|end| {
        chrono::DateTime::parse_from_rfc3339(windows[0][end].as_str().unwrap()).unwrap()
    });
    assert_eq!((windows.len(), (until - from).num_days()), (1, 31));
    assert!((chrono::Utc::now() - from.to_utc()).num_seconds() < 60);
}

#[tokio::test]
async fn the_rules_of_a_named_schedule_count() {
    let w = World::start().await;
    let share = json!({"startDate": "2027-01-01", "scheduleId": 1});
    let path = w.create_share(1, share).await;
    let query = "?from=2027-01-03T23:00:00Z&until=2027-01-10T23:00:00Z";
    let calendar = get(&w.system, &w.tenant, &path, query).await.json();
    let monday =
        json!([{"from": "2027-01-04T00:00:00+01:00", "until": "2027-01-05T00:00:00+01:00"}]);
    assert_eq!(calendar["windows"], monday);
    let change = json!({"rules": [{"recurrence": "Daily"}]});
    w.admin().put("/v2/schedules/1", &change).await.ok();
    let calendar = get(&w.system, &w.tenant, &path, query).await.json();
    assert_eq!(calendar["windows"][0]["until"], "2027-01-11T00:00:00+01:00");
}

#[tokio::test]
async fn without_its_door_a_share_holds_never() {
    let w = World::start().await;
    let path = w.create_share(1, json!({})).await;
    let deleted = w.admin().delete("/v2/devices/1").await;
    assert_eq!(deleted.status, 204);
    let calendar = get(&w.system, &w.tenant, &path, "").await;
    assert_eq!(calendar.json()["windows"], json!([]));
    let calendar = get_as(&w.system, &w.tenant, &path, "text/calendar").await;
    assert!(!calendar.body.contains("VEVENT"), "{}", calendar.body);
}

#[tokio::test]
async fn an_invalid_range_is_refused() {
    let w = World::start().await;
    let path = w.create_share(1, json!({})).await;
    for (query, fields) in [
        ("?from=tomorrow&until=2027-01-01", vec!["from", "until"]),
        ("?from=2027-01-01T00:00:00%2B25:00", vec!["from"]),
        (
            "?from=2027-01-02T00:00:00Z&until=2027-01-01T00:00:00Z",
            vec!["until"],
        ),
        (
            "?from=2027-01-01T00:00:00Z&until=2028-01-02T00:00:01Z",
            vec!["until"],
        ),
        (
            "?from=2027-01-01T00:00:00Z&from=2027-01-01T00:00:00Z",
            vec!["from"],
        ),
    ] {
        let answer = get(&w.system, &w.tenant, &path, query).await;
        answer.assert_error(400, "invalidInputErrorError");
        assert_eq!(answer.fields(), fields, "{query}");
    }
    let longest = "?from=2027-01-01T00:00:00Z&until=2028-01-02T00:00:00Z";
    get(&w.system, &w.tenant, &path, longest).await.ok();
}

#[tokio::test]
async fn calendars_subscribe_to_it() {
    let w = World::start().await;
    let share = json!({"startDate": "2027-01-01", "schedule": hours()});
    let path = w.create_share(1, share).await;
    let answer = get_as(&w.system, &w.tenant, &path, "text/calendar").await;
    assert_eq!(answer.status, 200);
    answer.assert_headers();
    assert_eq!(answer.headers[CONTENT_TYPE], "text/calendar; charset=utf-8");
    let id = path.rsplit('/').next().unwrap();
    for line in [
        "BEGIN:VCALENDAR".to_owned(),
        "SUMMARY:Door 1".to_owned(),
        "RRULE:FREQ=WEEKLY;BYDAY=MO".to_owned(),
        "DTSTART;TZID=Europe/Amsterdam:20270104T090000".to_owned(),
        format!("UID:weekly-byday-mo-090000-28800-{id}@latchkey"),
    ] {
        let there = answer.body.lines().any(|read| read.trim_end() == line);
        assert!(there, "{line}: {}", answer.body);
    }
    // A repeat: nothing in it depends on the time of the request.
    assert_eq!(
        get_as(&w.system, &w.tenant, &path, "text/calendar")
            .await
            .body,
        answer.body
    );
    let url = format!("{path}/calendar?from=2027-02-01T00:00:00Z&until=2027-02-08T00:00:00Z");
    let part = w
        .system
        .request(Method::GET, &url)
        .bearer_auth(w.tenant.token(1));
    let part = Answer::of(part.header(ACCEPT, "text/calendar")).await;
    assert!(part.body.contains("20270201T090000") && !part.body.contains("RRULE:FREQ=WEEKLY"));
}

#[tokio::test]
async fn what_is_served_is_what_is_accepted() {
    let w = World::start().await;
    let path = w.create_share(1, json!({})).await;
    for (accept, content_type) in [
        ("*/*", "application/json"),
        ("application/json, text/plain;q=0.5", "application/json"),
        ("text/calendar, */*;q=0.1", "text/calendar; charset=utf-8"),
    ] {
        let answer = get_as(&w.system, &w.tenant, &path, accept).await;
        assert_eq!(answer.headers[CONTENT_TYPE], content_type, "{accept}");
    }
    let refused = get_as(&w.system, &w.tenant, &path, "text/html").await;
    refused.assert_error(406, "notAcceptableError");
}

#[tokio::test]
async fn everyone_who_may_read_the_share_may_read_its_calendar() {
    let w = World::start().await;
    let path = w
        .create_share(1, json!({"receiver": {"userGroupId": 1}}))
        .await;
    let calendar = format!("{path}/calendar");
    w.user(3).get(&calendar).await.ok();
    let stranger = w.user(5).get(&calendar).await;
    stranger.assert_error(404, "notFoundError");
}
