//! `POST` and `DELETE /v2/shares/{shareId}/calendar-link`, and `GET /v2/calendars/{calendar}`.

use latchkey::calendar_link::{CALENDAR_LINKS, CalendarLinkHash, LinkOfUser};
use latchkey::deed::Unrecorded;
use latchkey::id::ShareId;
use latchkey::table::{Change, If};
use latchkey::warrant::Warrant;
use reqwest::Method;
use reqwest::header::{ACCEPT, CONTENT_TYPE};
use serde_json::json;

use crate::system::{Answer, System, Tenant, World, keys, scope};

async fn create(system: &System, tenant: &Tenant, user: usize, share: &str) -> Answer {
    let path = format!("{share}/calendar-link");
    system
        .user(tenant.token(user))
        .call(Method::POST, &path)
        .await
}

async fn delete(system: &System, tenant: &Tenant, user: usize, share: &str) -> Answer {
    let path = format!("{share}/calendar-link");
    system.user(tenant.token(user)).delete(&path).await
}

/// The path of a link that is made.
async fn link(system: &System, tenant: &Tenant, user: usize, share: &str) -> String {
    let made = create(system, tenant, user, share).await.ok();
    let url = made.json()["url"].as_str().unwrap().to_owned();
    url.strip_prefix(system.url()).unwrap().to_owned()
}

/// A calendar program: it sends no credential and takes what it gets.
async fn fetch(system: &System, path: &str) -> Answer {
    Answer::of(system.request(Method::GET, path)).await
}

#[tokio::test]
async fn a_calendar_program_reads_it_without_a_header() {
    let w = World::start().await;
    let hours = json!([{"dayOfWeek": "Monday", "recurrence": "Weekly"}]);
    let share = json!({"startDate": "2027-01-01", "schedule": hours});
    let share = w.create_share(1, share).await;
    let made = create(&w.system, &w.tenant, 2, &share).await;
    made.assert_headers();
    assert_eq!(made.header("cache-control"), Some("no-store"));
    let url = made.json()["url"].as_str().unwrap().to_owned();
    let path = url.strip_prefix(w.system.url()).unwrap();
    let secret = path.strip_prefix("/v2/calendars/").unwrap();
    let secret = secret.strip_suffix(".ics").unwrap();
    assert_eq!(secret.len(), 43);

    let calendar = fetch(&w.system, path).await.ok();
    calendar.assert_headers();
    assert_eq!(
        calendar.headers[CONTENT_TYPE],
        "text/calendar; charset=utf-8"
    );
    let request = w.system.request(Method::GET, &format!("{share}/calendar"));
    let request = request
        .bearer_auth(w.tenant.token(2))
        .header(ACCEPT, "text/calendar");
    assert_eq!(calendar.body, Answer::of(request).await.body);
    assert!(calendar.body.contains("RRULE:FREQ=WEEKLY;BYDAY=MO"));
    // The secret stands nowhere, and the share is what it was.
    assert!(!format!("{:?}", w.store.items().await).contains(secret));
    let view = w.user(2).get(&share).await;
    assert_eq!(view.version(), Some(1));
    assert!(!view.body.contains(secret));
}

#[tokio::test]
async fn an_address_that_nobody_was_given_has_no_calendar() {
    let w = World::start().await;
    let share = w.create_share(1, json!({})).await;
    let path = link(&w.system, &w.tenant, 2, &share).await;
    for path in [
        path.trim_end_matches(".ics"),
        "/v2/calendars/.ics",
        "/v2/calendars/AAAX2c0mJxv1l9mKq3sV7w5dYb8RzHtA4nEoGuPiLQc.ics",
        &path
            .to_uppercase()
            .replace("/V2/CALENDARS", "/v2/calendars"),
    ] {
        fetch(&w.system, path)
            .await
            .assert_error(404, "notFoundError");
    }
}

#[tokio::test]
async fn everyone_who_may_read_the_share_may_have_one_link_to_it() {
    let w = World::start().await;
    let share = w.create_share(1, json!({})).await;
    create(&w.system, &w.tenant, 5, &share)
        .await
        .assert_error(404, "notFoundError");
    let of_admin = link(&w.system, &w.tenant, 1, &share).await;
    let former = link(&w.system, &w.tenant, 2, &share).await;
    let path = link(&w.system, &w.tenant, 2, &share).await;
    fetch(&w.system, &former)
        .await
        .assert_error(404, "notFoundError");
    fetch(&w.system, &path).await.ok();
    // Each deletes their own.
    delete(&w.system, &w.tenant, 2, &share).await.no_content();
    fetch(&w.system, &path)
        .await
        .assert_error(404, "notFoundError");
    delete(&w.system, &w.tenant, 2, &share)
        .await
        .assert_error(404, "notFoundError");
    fetch(&w.system, &of_admin).await.ok();
    delete(&w.system, &w.tenant, 1, &share).await.no_content();
}

#[tokio::test]
async fn a_link_ends_with_the_share_and_with_the_right_to_see_it() {
    let w = World::start().await;
    let share = w.create_share(1, json!({})).await;
    let path = link(&w.system, &w.tenant, 2, &share).await;
    w.admin().delete(&share).await.no_content();
    fetch(&w.system, &path)
        .await
        .assert_error(404, "notFoundError");
    // The demo organization has one of its own.
    let left = w.store.items().await.into_iter().filter(|item| {
        *item["SK"].as_s().unwrap() == keys::calendar_links()
            && item["organization"].as_n().unwrap() != "1"
    });
    assert_eq!(left.count(), 0);

    // Over.
    let share = json!({"startDate": "2024-01-01", "endDate": "2090-01-01"});
    let share = w.create_share(1, share).await;
    let path = link(&w.system, &w.tenant, 2, &share).await;
    let ended = json!({"endDate": "2024-02-01"});
    w.admin().put(&share, &ended).await.ok();
    fetch(&w.system, &path)
        .await
        .assert_error(404, "notFoundError");
    create(&w.system, &w.tenant, 2, &share)
        .await
        .assert_error(400, "calendarLinkShareEndedError");

    // No longer in the group that it is for; no longer there at all.
    let share = json!({"receiver": {"userGroupId": 1}});
    let share = w.create_share(1, share).await;
    let [of_two, of_three] = [
        link(&w.system, &w.tenant, 2, &share).await,
        link(&w.system, &w.tenant, 3, &share).await,
    ];
    w.admin()
        .delete("/v2/user-groups/1/users/2")
        .await
        .no_content();
    fetch(&w.system, &of_two)
        .await
        .assert_error(404, "notFoundError");
    fetch(&w.system, &of_three).await.ok();
    w.admin().delete("/v2/users/3").await.no_content();
    fetch(&w.system, &of_three)
        .await
        .assert_error(404, "notFoundError");
}

#[tokio::test]
async fn sent_again_with_its_key_it_is_the_same_link() {
    let w = World::start().await;
    let share = w.create_share(1, json!({})).await;
    let send = async || {
        let request = w
            .system
            .request(Method::POST, &format!("{share}/calendar-link"));
        let request = request.bearer_auth(w.tenant.token(2));
        Answer::of(request.header("Idempotency-Key", "one")).await
    };
    let first = send().await;
    let again = send().await;
    assert_eq!((first.status, again.status), (first.status, first.status));
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    assert_eq!(again.json(), first.json());
    let url = first.json()["url"].as_str().unwrap().to_owned();
    let path = url.strip_prefix(w.system.url()).unwrap();
    fetch(&w.system, path).await.ok();
}

#[tokio::test]
async fn twenty_users_have_a_link_to_one_share_and_the_next_has_none() {
    let w = World::start().await;
    let share = w.create_share(1, json!({})).await;
    let mut links = Vec::new();
    for user in 1..=20 {
        let user = (1000 + user).try_into().unwrap();
        let hash = CalendarLinkHash::of(&format!("the secret of user {user}"));
        links.push(LinkOfUser { user, hash });
    }
    let id: ShareId = share.rsplit('/').next().unwrap().parse().unwrap();
    let set = async |links: &[LinkOfUser]| {
        let table = w.store.table();
        let mut writes = table.transaction(&Warrant::System, Unrecorded::Fill);
        let change = Change::default().set(CALENDAR_LINKS, &links);
        writes.update((), &scope(7).share(id), change, If::Exists);
        assert!(writes.send().await.unwrap().is_ok());
    };
    set(&links).await;
    create(&w.system, &w.tenant, 2, &share)
        .await
        .assert_error(400, "tooManyCalendarLinksError");
    set(&links[1..]).await;
    link(&w.system, &w.tenant, 2, &share).await;
    // A new one takes the place of the caller's own.
    link(&w.system, &w.tenant, 2, &share).await;
}
