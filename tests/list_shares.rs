//! `GET /v2/shares`.

use futures_util::future::join_all;
use latchkey::directory::{Device, Resource};
use serde_json::{Value, json};

use crate::system::{Answer, Store, System, Tenant, World};

const PATH: &str = "/v2/shares";

/// The numbers of the shares on a page.
fn ids(answer: &Answer) -> Vec<u64> {
    assert_eq!(answer.status, 200, "{}", answer.body);
    let views = answer.json();
    let views = views.as_array().unwrap().iter();
    views.map(|view| view["id"].as_u64().unwrap()).collect()
}

/// The numbers of all shares, page after page, as a user sees them.
async fn all(system: &System, tenant: &Tenant, user: usize, query: &str) -> Vec<u64> {
    let mut path = format!("{PATH}{query}");
    let mut found = Vec::new();
    loop {
        let answer = system.user(tenant.token(user)).get(&path).await;
        found.extend(ids(&answer));
        let Some(link) = answer.header("link") else {
            return found;
        };
        let url = link.strip_prefix('<').unwrap().split_once('>').unwrap().0;
        path = url.strip_prefix(system.url()).unwrap().to_owned();
    }
}

fn id(path: &str) -> u64 {
    path.rsplit('/').next().unwrap().parse().unwrap()
}

/// Shares of several kinds; gives the number of each by its name.
async fn cast(system: &System, tenant: &Tenant) -> Value {
    let mut cast = json!({});
    for (name, changes) in [
        ("two", json!({})),
        ("two_on_other", json!({"source": {"deviceId": 2}})),
        ("three", json!({"receiver": {"userId": 3}})),
        (
            "group",
            json!({"receiver": {"userGroupId": 1}, "source": {"deviceGroupId": 1}}),
        ),
        ("other_group", json!({"receiver": {"userGroupId": 2}})),
        (
            "over",
            json!({"startDate": "2024-01-01", "endDate": "2024-01-02"}),
        ),
        ("upcoming", json!({"startDate": "2090-01-01"})),
        ("open", json!({"receiver": null})),
    ] {
        cast[name] = json!(id(&tenant.create_share(system, 1, changes).await));
    }
    cast
}

/// The numbers of some of the cast, in order.
fn of(cast: &Value, names: &[&str]) -> Vec<u64> {
    let mut ids: Vec<_> = names
        .iter()
        .map(|name| cast[*name].as_u64().unwrap())
        .collect();
    ids.sort_unstable();
    ids
}

fn sorted(mut ids: Vec<u64>) -> Vec<u64> {
    ids.sort_unstable();
    ids
}

#[tokio::test]
async fn all_are_listed_oldest_first_as_each_is_shown() {
    let w = World::start().await;
    let cast = cast(&w.system, &w.tenant).await;
    let answer = w.admin().get(PATH).await;
    answer.assert_headers();
    let everyone: Vec<_> = cast
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    assert_eq!(ids(&answer), of(&cast, &everyone));
    assert_eq!(answer.header("link"), None);
    for view in answer.json().as_array().unwrap() {
        let path = format!("{PATH}/{}", view["id"]);
        assert_eq!(w.admin().get(&path).await.json(), *view);
    }
}

#[tokio::test]
async fn filters_find_what_they_name() {
    let w = World::start().await;
    let cast = cast(&w.system, &w.tenant).await;
    for (query, names) in [
        (
            "?userId=2",
            &["two", "two_on_other", "over", "upcoming"][..],
        ),
        ("?userGroupId=1", &["group"]),
        (
            "?deviceId=1",
            &["two", "three", "other_group", "over", "upcoming"],
        ),
        ("?deviceGroupId=1", &["group"]),
        ("?deviceId=2&userId=2", &["two_on_other"]),
        ("?deviceId=2&userId=3", &[]),
        ("?userId=2&userGroupId=1", &[]),
        ("?deviceId=1&deviceGroupId=1", &[]),
        (
            "?active=true",
            &["two", "two_on_other", "three", "group", "other_group"],
        ),
        ("?active=false", &["over", "upcoming", "open"]),
        ("?active=true&userId=2", &["two", "two_on_other"]),
        ("?active=false&deviceId=1&userId=2", &["over", "upcoming"]),
    ] {
        let expected = of(&cast, names);
        assert_eq!(
            sorted(all(&w.system, &w.tenant, 1, query).await),
            expected,
            "{query}"
        );
        let paged = format!("{query}&size=1");
        assert_eq!(
            sorted(all(&w.system, &w.tenant, 1, &paged).await),
            expected,
            "{paged}"
        );
    }
}

#[tokio::test]
async fn everyone_sees_what_they_receive() {
    let w = World::start().await;
    let cast = cast(&w.system, &w.tenant).await;
    let own = ["two", "two_on_other", "over", "upcoming"];
    for (user, query, names) in [
        (
            2,
            "",
            &["two", "two_on_other", "over", "upcoming", "group"][..],
        ),
        (2, "?userId=2", &own),
        (2, "?userId=2&deviceId=2", &["two_on_other"]),
        (2, "?userGroupId=1", &["group"]),
        (2, "?active=true", &["two", "two_on_other", "group"]),
        (3, "", &["three", "group"]),
        (5, "", &[]),
        (5, "?active=true", &[]),
    ] {
        for size in ["", "size=1", "size=2"] {
            let separator = if query.is_empty() { "?" } else { "&" };
            let query = format!("{query}{separator}{size}");
            let seen = sorted(all(&w.system, &w.tenant, user, &query).await);
            assert_eq!(seen, of(&cast, names), "{user} {query}");
        }
    }
    for (user, query) in [
        (2, "?userId=3"),
        (2, "?userGroupId=2"),
        (5, "?userGroupId=1"),
        (2, "?deviceId=1"),
        (2, "?deviceGroupId=1&active=true"),
        (2, "?deviceId=1&userId=3"),
    ] {
        let refused = w.user(user).get(&format!("{PATH}{query}")).await;
        refused.assert_error(403, "insufficientRightsError");
    }
}

#[tokio::test]
async fn what_a_filter_names_and_nobody_has_is_not_found() {
    let w = World::start().await;
    cast(&w.system, &w.tenant).await;
    for (user, query) in [
        (1, "?userId=99"),
        (1, "?userGroupId=99&active=true"),
        (1, "?deviceId=99"),
        (1, "?deviceId=1&deviceGroupId=99"),
        (1, "?organizationId=7&deviceGroupId=99"),
        (1, "?organizationId=8"),
        (2, "?organizationId=8"),
        (2, "?userId=2&deviceId=99"),
    ] {
        let answer = w.user(user).get(&format!("{PATH}{query}")).await;
        answer.assert_error(404, "notFoundError");
    }
    // What exists and has no share is an empty list, also behind the last page.
    for query in ["?userId=9", "?deviceGroupId=2", "?userId=2&offset=100"] {
        assert_eq!(all(&w.system, &w.tenant, 1, query).await, [0; 0], "{query}");
    }
}

#[tokio::test]
async fn a_holder_of_administrate_sees_all_shares_of_the_source() {
    let w = World::start().await;
    let cast = cast(&w.system, &w.tenant).await;
    let right = json!({"receiver": {"userId": 4}, "permissions": {"administrate": true}});
    let right = id(&w.create_share(1, right).await);
    let mut on_device = of(&cast, &["two", "three", "other_group", "over", "upcoming"]);
    on_device.push(right);
    assert_eq!(
        sorted(all(&w.system, &w.tenant, 4, "?deviceId=1").await),
        on_device
    );
    assert_eq!(
        all(&w.system, &w.tenant, 4, "?deviceId=1&userId=3").await,
        of(&cast, &["three"])
    );
    assert_eq!(all(&w.system, &w.tenant, 4, "").await, [right]);
    for query in ["?deviceId=2", "?deviceGroupId=1", "?userId=3"] {
        let refused = w.user(4).get(&format!("{PATH}{query}")).await;
        refused.assert_error(403, "insufficientRightsError");
    }
}

#[tokio::test]
async fn a_long_list_is_whole_in_pages_of_any_size() {
    let (_store, system, tenant) = Tenant::start().await;
    let create = |share: u64| {
        let tenant = &tenant;
        let system = &system;
        async move {
            let start = if share.is_multiple_of(3) {
                json!("2090-01-01")
            } else {
                json!(null)
            };
            let body = json!({"receiver": {"userId": 2 + share % 3}, "startDate": start});
            id(&tenant.create_share(system, 1, body).await)
        }
    };
    let made = sorted(join_all((0..130).map(create)).await);
    for size in [100, 50, 7] {
        assert_eq!(
            all(&system, &tenant, 1, &format!("?size={size}")).await,
            made,
            "{size}"
        );
        let on_device = all(&system, &tenant, 1, &format!("?deviceId=1&size={size}")).await;
        assert_eq!(sorted(on_device), made, "{size}");
    }
    // Two thirds are held by users now; a page has as many of them as fit.
    let page = system
        .user(tenant.token(1))
        .get(&format!("{PATH}?active=true&size=50"))
        .await;
    assert_eq!(ids(&page).len(), 50);
    let active = all(&system, &tenant, 1, "?active=true&size=50").await;
    let upcoming = all(&system, &tenant, 1, "?active=false&size=50").await;
    assert_eq!((active.len(), upcoming.len()), (86, 44));
    assert_eq!(sorted([active, upcoming].concat()), made);
}

#[tokio::test]
async fn a_page_that_names_more_than_the_store_gives_at_once_is_whole() {
    let store = Store::start().await;
    let (system, mut tenant) = (System::on(&store).await, Tenant::new(7));
    tenant.world.devices = (1..=50)
        .map(|device| Device {
            name: format!("Door {device}"),
            ..Device::blank(device.try_into().unwrap())
        })
        .collect();
    store.put(&tenant.world).await;
    let create = |device: u64| {
        let (system, tenant) = (&system, &tenant);
        async move {
            let rules = json!([{"recurrence": "Daily"}]);
            let schedule =
                json!({"organizationId": 7, "name": format!("For {device}"), "rules": rules});
            let schedule = system
                .user(tenant.token(1))
                .post("/v2/schedules", &schedule)
                .await;
            let share = json!({"source": {"deviceId": device}, "scheduleId": schedule.json()["scheduleId"]});
            tenant.create_share(system, 1, share).await;
        }
    };
    join_all((1..=50).map(create)).await;
    let page = system
        .user(tenant.token(1))
        .get(&format!("{PATH}?size=100"))
        .await;
    assert_eq!(ids(&page).len(), 50);
    for view in page.json().as_array().unwrap() {
        assert!(view["source"]["device"]["name"].is_string(), "{view}");
        assert_eq!(view["schedule"], json!([{"recurrence": "Daily"}]), "{view}");
    }
}

#[tokio::test]
async fn a_query_with_faults_names_each() {
    let w = World::start().await;
    for (query, fields) in [
        (
            "?deviceId=0&userId=x&active=yes&size=0",
            vec!["size", "deviceId", "userId", "active"],
        ),
        (
            "?cursor=x&deviceGroupId=-1&userGroupId=1.5",
            vec!["cursor", "deviceGroupId", "userGroupId"],
        ),
        ("?organizationId=x", vec!["organizationId"]),
    ] {
        let answer = w.admin().get(&format!("{PATH}{query}")).await;
        answer.assert_error(400, "invalidInputErrorError");
        assert_eq!(
            sorted_texts(answer.fields()),
            sorted_texts(fields),
            "{query}"
        );
    }
    // A cursor is valid for its own list.
    w.create_share(1, json!({})).await;
    w.create_share(1, json!({})).await;
    let page = w.admin().get(&format!("{PATH}?size=1")).await;
    let link = page.header("link").unwrap();
    let cursor = link
        .split_once("cursor=")
        .unwrap()
        .1
        .split_once('>')
        .unwrap()
        .0;
    for query in ["&deviceId=1", "&userId=2", "&active=true"] {
        let path = format!("{PATH}?size=1&cursor={cursor}{query}");
        let answer = w.admin().get(&path).await;
        assert_eq!(answer.fields(), ["cursor"], "{query}");
    }
}

fn sorted_texts<T: ToString>(texts: Vec<T>) -> Vec<String> {
    let mut texts: Vec<_> = texts.iter().map(T::to_string).collect();
    texts.sort();
    texts
}
