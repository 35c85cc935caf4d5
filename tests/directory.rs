//! `/v2/users`, `/v2/user-groups`, `/v2/devices`, `/v2/device-groups`, `/v2/spaces`,
//! `/v2/schedules`, `/v2/organizations`: what they have in common, and what each has alone.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::system::{Answer, Store, System, Tenant, World};

/// A kind: path, name of the id, a body, a change of it, a bad body, what is wrong with it.
type Kind = (
    &'static str,
    &'static str,
    Value,
    Value,
    Value,
    Vec<&'static str>,
);

fn kinds() -> Vec<Kind> {
    vec![
        (
            "users",
            "userId",
            json!({"firstName": "Grace", "lastName": "Hopper", "emailAddress": "Grace@Example.com", "phoneNumber": "+49 151 12345678", "roles": ["Receptionist"]}),
            json!({"lastName": "\u{1f6aa}", "phoneNumber": null}),
            json!({"firstName": " ", "lastName": 1, "emailAddress": "grace@", "phoneNumber": "0151 12345678", "roles": ["Admin", "King"]}),
            vec![
                "firstName",
                "lastName",
                "emailAddress",
                "phoneNumber",
                "roles[1]",
            ],
        ),
        (
            "user-groups",
            "userGroupId",
            json!({"name": "  \u{6e05}\u{626b}  ", "members": [4, 5, 5]}),
            json!({"name": "Others", "members": [5, 6]}),
            json!({"name": "x".repeat(201), "members": [1, "2", 0]}),
            vec!["name", "members[1]", "members[2]"],
        ),
        (
            "devices",
            "deviceId",
            json!({"name": "Back door", "timeZone": "Asia/Tokyo", "location": "Garden", "remarks": "Mind the dog", "carouselImageUrl": "https://example.com/a.jpg", "model": {"id": "b-7", "name": "Bolt", "type": {"id": 1}}, "gatewayId": 5, "activationTime": 3600}),
            json!({"name": "Gate", "timeZone": null, "model": null}),
            json!({"name": "", "timeZone": "Mars/Base", "location": [], "carouselImageUrl": "javascript:1", "model": {"name": "x", "type": {}}, "gatewayId": -1, "activationTime": 0}),
            vec![
                "name",
                "timeZone",
                "location",
                "carouselImageUrl",
                "gatewayId",
                "activationTime",
                "model.id",
                "model.type.id",
            ],
        ),
        (
            "device-groups",
            "deviceGroupId",
            json!({"name": "Street", "location": "Outside", "devices": [1, 2]}),
            json!({"remarks": "All of them", "devices": [2]}),
            json!({"name": null, "devices": vec![1; 41]}),
            vec!["name", "devices"],
        ),
        (
            "spaces",
            "spaceId",
            json!({"name": "Office", "devices": [1]}),
            json!({"name": "Big office", "devices": [2]}),
            json!({"devices": {}}),
            vec!["name", "devices"],
        ),
        (
            "schedules",
            "scheduleId",
            json!({"name": "Nights", "rules": [{"recurrence": "Daily", "period": {"startTime": "22:00:00", "endTime": "06:00:00"}}]}),
            json!({"rules": []}),
            json!({"name": "x", "rules": [{"recurrence": "Weekly"}]}),
            vec!["rules[0].dayOfWeek"],
        ),
    ]
}

struct Fixed {
    store: Store,
    system: System,
    tenant: Tenant,
}

async fn fixed() -> Fixed {
    let w = World::start().await;
    Fixed {
        store: w.store,
        system: w.system,
        tenant: w.tenant,
    }
}

impl Fixed {
    fn admin(&self) -> Uuid {
        self.tenant.token(1)
    }

    async fn call(&self, method: Method, path: &str, body: Option<&Value>) -> Answer {
        self.system.call(method, path, self.admin(), body).await
    }

    async fn get(&self, path: &str) -> Answer {
        self.call(Method::GET, path, None).await
    }

    /// Creates an item, and returns its path and the answer.
    async fn create(&self, kind: &str, id: &str, body: &Value) -> (String, Value) {
        let mut body = body.clone();
        body["organizationId"] = json!(7);
        let answer = self
            .call(Method::POST, &format!("/v2/{kind}"), Some(&body))
            .await;
        assert_eq!(answer.status, 201, "{kind}: {}", answer.body);
        let answer = answer.json();
        let text = answer[id].to_string();
        (format!("/v2/{kind}/{}", text.trim_matches('"')), answer)
    }

    async fn ids(&self, path: &str) -> Vec<u64> {
        let answer = self.get(path).await.ok();
        let list = answer.json();
        let ids = list.as_array().unwrap().iter();
        ids.map(|thing| thing["id"].as_u64().unwrap()).collect()
    }

    async fn groups_of(&self, path: &str) -> Value {
        self.get(path).await.json()["groups"].clone()
    }
}

/// Takes out of a view what a change does not say: when it was, and of a device, what follows
/// from its fields.
fn without_what_follows(view: &mut Value) {
    let view = view.as_object_mut().unwrap();
    for name in ["dateModified", "model", "timeZone", "owner"] {
        view.remove(name);
    }
}

#[tokio::test]
async fn each_kind_is_created_shown_changed_listed_and_deleted() {
    let at = fixed().await;
    for (kind, id, body, change, ..) in kinds() {
        let (path, created) = at.create(kind, id, &body).await;
        let shown = at.get(&path).await.ok();
        shown.assert_headers();
        assert_eq!(shown.version(), Some(1));
        assert_eq!(shown.json()["id"], created[id], "{kind}");
        assert_eq!(shown.json()["organizationId"], 7);

        let changed = at.call(Method::PUT, &path, Some(&change)).await;
        assert_eq!(changed.status, 200, "{kind}: {}", changed.body);
        assert_eq!(changed.header("etag"), Some("\"2\""), "{kind}");
        let after = at.get(&path).await;
        assert_eq!(after.version(), Some(2));
        let mut expected = shown.json();
        let mut after = after.json();
        // A field left out stays, and null takes away what may be lacking.
        for (name, value) in change.as_object().unwrap() {
            let listed = kind.ends_with("-groups") && (name == "members" || name == "devices");
            if value.is_null() {
                expected.as_object_mut().unwrap().remove(name);
            } else if !listed {
                expected[name] = value.clone();
            }
        }
        expected["version"] = json!(2);
        let list = at.get(&format!("/v2/{kind}")).await.json();
        assert!(list.as_array().unwrap().contains(&after), "{kind}: {list}");
        let mut changed = changed.json();
        for view in [&mut expected, &mut after, &mut changed] {
            without_what_follows(view);
        }
        assert_eq!(after, expected, "{kind}");
        assert_eq!(after, changed, "{kind}");
        // A repeat changes nothing.
        let again = at.call(Method::PUT, &path, Some(&change)).await;
        assert_eq!(again.header("etag"), Some("\"2\""), "{kind}");

        let stale = |method, body| {
            let request = at.system.request(method, &path).bearer_auth(at.admin());
            request.header("If-Match", "\"1\"").body(body)
        };
        let name = if kind == "users" { "lastName" } else { "name" };
        let body = json!({name: "Stale"}).to_string();
        for (method, body) in [(Method::PUT, body), (Method::DELETE, String::new())] {
            let refused = Answer::of(stale(method, body)).await;
            refused.assert_error(412, "preconditionFailedError");
        }
        let request = at
            .system
            .request(Method::DELETE, &path)
            .bearer_auth(at.admin());
        let deleted = Answer::of(request.header("If-Match", "\"2\"")).await;
        assert_eq!(
            (deleted.status.as_u16(), &*deleted.body),
            (204, ""),
            "{kind}"
        );
        deleted.assert_headers();
        for (method, body) in [
            (Method::GET, None),
            (Method::PUT, Some(&change)),
            (Method::DELETE, None),
        ] {
            let gone = at.call(method, &path, body).await;
            gone.assert_error(404, "notFoundError");
        }
    }
}

#[tokio::test]
async fn every_fault_of_a_body_is_named_at_once() {
    let at = fixed().await;
    for (kind, id, body, _, bad, fields) in kinds() {
        let answer = at
            .call(Method::POST, &format!("/v2/{kind}"), Some(&bad))
            .await;
        answer.assert_error(400, "invalidInputErrorError");
        let named: BTreeSet<_> = answer.fields().into_iter().collect();
        let mut expected: BTreeSet<_> = fields.iter().map(|field| (*field).to_owned()).collect();
        expected.insert("organizationId".to_owned());
        assert_eq!(named, expected, "{kind}");

        let (path, _) = at.create(kind, id, &body).await;
        let answer = at.call(Method::PUT, &path, Some(&bad)).await;
        answer.assert_error(400, "invalidInputErrorError");
        assert_eq!(at.get(&path).await.version(), Some(1));
        let answer = at.call(Method::PUT, &path, Some(&json!([]))).await;
        assert_eq!(answer.status, 400);
        for path in [
            format!("/v2/{kind}?size=0"),
            format!("/v2/{kind}?organizationId=x&cursor=x&size=101"),
        ] {
            at.get(&path)
                .await
                .assert_error(400, "invalidInputErrorError");
        }
        at.get(&format!("/v2/{kind}?organizationId=8"))
            .await
            .assert_error(403, "insufficientRightsError");
        at.get(&format!("/v2/{kind}/nonsense"))
            .await
            .assert_error(404, "notFoundError");
    }
}

#[tokio::test]
async fn the_same_key_and_body_create_once() {
    let at = fixed().await;
    for (kind, id, mut body, ..) in kinds() {
        body["organizationId"] = json!(7);
        let post = |body: &Value| {
            let request = at.system.request(Method::POST, &format!("/v2/{kind}"));
            let request = request
                .bearer_auth(at.admin())
                .header("Idempotency-Key", "k");
            Answer::of(request.body(body.to_string()))
        };
        let first = post(&body).await.created();
        let second = post(&body).await;
        assert_eq!(
            second.header("idempotency-replayed"),
            Some("true"),
            "{kind}: {}",
            second.body
        );
        assert_eq!((second.status, second.json()), (first.status, first.json()));
        assert!(first.json()[id].is_number() || first.json()[id].is_string());
        let name = if kind == "users" { "lastName" } else { "name" };
        body[name] = json!("Another");
        post(&body)
            .await
            .assert_error(422, "idempotencyKeyReusedError");
    }
}

#[tokio::test]
async fn a_list_is_read_in_pages_oldest_first_and_each_thing_once() {
    let at = fixed().await;
    let mut path = Some("/v2/users?size=4".to_owned());
    let mut seen = Vec::new();
    let mut pages = 0;
    while let Some(next) = path {
        let answer = at.get(&next).await;
        seen.extend(
            answer
                .json()
                .as_array()
                .unwrap()
                .iter()
                .map(|user| user["id"].as_u64().unwrap()),
        );
        pages += 1;
        path = answer.header("link").map(|link| {
            let url = link
                .strip_prefix('<')
                .unwrap()
                .strip_suffix(">; rel=\"next\"")
                .unwrap();
            assert!(!link.contains("ORG"), "{link}");
            url.strip_prefix(at.system.url()).unwrap().to_owned()
        });
    }
    assert_eq!((seen, pages), ((1..=9).collect(), 3));

    let first = at.get("/v2/users?size=4").await;
    let next = first
        .header("link")
        .unwrap()
        .split("cursor=")
        .nth(1)
        .unwrap();
    let cursor = next.split('>').next().unwrap();
    for (path, field) in [
        (format!("/v2/users?cursor={}", &cursor[1..]), "cursor"),
        (format!("/v2/devices?cursor={cursor}"), "cursor"),
        ("/v2/users?cursor=eA&size=x".to_owned(), "size"),
    ] {
        let answer = at.get(&path).await;
        answer.assert_error(400, "invalidInputErrorError");
        assert_eq!(answer.fields()[0], field);
    }
    assert!(
        at.get("/v2/users?size=9").await.header("link").is_none(),
        "nine is all"
    );
}

#[tokio::test]
async fn references_of_a_body_must_exist() {
    let at = fixed().await;
    for (kind, field) in [
        ("user-groups", "members"),
        ("device-groups", "devices"),
        ("spaces", "devices"),
    ] {
        let body = json!({"organizationId": 7, "name": "x", field: [1, 99]});
        let answer = at
            .call(Method::POST, &format!("/v2/{kind}"), Some(&body))
            .await;
        answer.assert_error(400, "invalidInputErrorError");
        assert_eq!(answer.fields(), [field]);
        let id = if kind == "spaces" {
            "0192a5b07c0070008000000000000001"
        } else {
            "1"
        };
        let answer = at
            .call(
                Method::PUT,
                &format!("/v2/{kind}/{id}"),
                Some(&json!({field: [99]})),
            )
            .await;
        assert_eq!(answer.fields(), [field], "{}", answer.body);
    }
}

#[tokio::test]
async fn no_two_users_have_one_address_or_number() {
    let at = fixed().await;
    let user = |email: &str, phone: &str| json!({"organizationId": 7, "firstName": "A", "lastName": "B", "emailAddress": email, "phoneNumber": phone});
    let (path, created) = at
        .create(
            "users",
            "userId",
            &user("ada@example.com", "+4915112345678"),
        )
        .await;
    for (email, phone) in [
        ("ADA@example.com", "+4915112345679"),
        ("eve@example.com", "+49 (151) 12345678"),
    ] {
        let answer = at
            .call(Method::POST, "/v2/users", Some(&user(email, phone)))
            .await;
        answer.assert_error(409, "alreadyExistsError");
        assert_eq!(answer.json()["userId"], created["userId"]);
        let answer = at
            .call(
                Method::PUT,
                "/v2/users/2",
                Some(&json!({"emailAddress": email, "phoneNumber": phone})),
            )
            .await;
        assert_eq!(
            answer.json()["userId"],
            created["userId"],
            "{}",
            answer.body
        );
    }
    // A released address is free again: after a change, and after a deletion.
    let change = json!({"emailAddress": "ada@example.org"});
    at.call(Method::PUT, &path, Some(&change)).await.ok();
    at.create(
        "users",
        "userId",
        &user("ada@example.com", "+4915112345670"),
    )
    .await;
    at.call(Method::DELETE, &path, None).await.no_content();
    at.create(
        "users",
        "userId",
        &user("ada@example.org", "+4915112345678"),
    )
    .await;

    let posts = (0..16).map(|_| async {
        let body = user("one@example.com", "+4915112340000");
        at.call(Method::POST, "/v2/users", Some(&body))
            .await
            .status
            .as_u16()
    });
    let mut statuses = join_all(posts).await;
    statuses.sort_unstable();
    assert_eq!((statuses[0], &statuses[1..]), (201, &[409; 15][..]));
}

#[tokio::test]
async fn a_new_user_gets_in_with_the_token_of_the_invitation() {
    let at = fixed().await;
    let body = json!({"firstName": "New", "lastName": "User"});
    let (path, created) = at.create("users", "userId", &body).await;
    let token: Uuid = created["token"].as_str().unwrap().parse().unwrap();
    let expiration = created["invitation"]["expiration"].as_str().unwrap();
    let expiration = chrono::DateTime::parse_from_rfc3339(expiration).unwrap();
    assert!(expiration > chrono::Utc::now() + chrono::TimeDelta::days(29));
    let me = at.system.user(token).get(&path).await;
    assert_eq!(
        (me.status.as_u16(), &me.json()["registered"]),
        (200, &json!(true))
    );
    let stored = format!("{:?}", at.store.items().await);
    assert!(!stored.contains(&token.to_string()));
    at.call(Method::DELETE, &path, None).await.no_content();
    // The gateway may remember the credential of a deleted user: they find nothing.
    assert!([401, 404].contains(&at.system.user(token).get(&path).await.status.as_u16()));
}

#[tokio::test]
async fn both_sides_of_a_group_change_together() {
    let at = fixed().await;
    for (group, inside, one) in [
        ("user-groups", "users", "users"),
        ("device-groups", "devices", "devices"),
    ] {
        let member = |id: u64| format!("/v2/{group}/2/{inside}/{id}");
        let list = format!("/v2/{group}/2/{inside}");
        assert_eq!(at.ids(&list).await, Vec::<u64>::new());
        for _ in 0..2 {
            at.call(Method::PUT, &member(2), None).await.no_content();
        }
        assert_eq!(at.ids(&list).await, [2]);
        assert!(
            at.groups_of(&format!("/v2/{one}/2"))
                .await
                .as_array()
                .unwrap()
                .contains(&json!(2))
        );
        at.call(Method::PUT, &member(99), None)
            .await
            .assert_error(404, "notFoundError");
        at.call(Method::PUT, &format!("/v2/{group}/99/{inside}/2"), None)
            .await
            .assert_error(404, "notFoundError");
        at.call(Method::DELETE, &member(2), None).await.no_content();
        at.call(Method::DELETE, &member(2), None)
            .await
            .assert_error(404, "notFoundError");
        assert_eq!(at.ids(&list).await, Vec::<u64>::new());
        at.get(&format!("/v2/{group}/99/{inside}"))
            .await
            .assert_error(404, "notFoundError");

        // Replaced whole.
        let field = if group == "user-groups" {
            "members"
        } else {
            "devices"
        };
        for ids in [json!([1, 2]), json!([2]), json!([])] {
            at.call(
                Method::PUT,
                &format!("/v2/{group}/2"),
                Some(&json!({field: ids})),
            )
            .await
            .ok();
            assert_eq!(json!(at.ids(&list).await), ids);
        }
    }
    let spaces = |device: u64| format!("/v2/devices/{device}");
    let (path, created) = at
        .create("spaces", "spaceId", &json!({"name": "x", "devices": [1]}))
        .await;
    assert_eq!(
        at.get(&spaces(1)).await.json()["spaces"],
        json!([created["spaceId"]])
    );
    at.call(Method::PUT, &path, Some(&json!({"devices": [2]})))
        .await;
    assert!(at.get(&spaces(1)).await.json().get("spaces").is_none());
    assert_eq!(
        at.get(&spaces(2)).await.json()["spaces"],
        json!([created["spaceId"]])
    );
    // With a device gone, the space can still let go of it.
    at.call(Method::DELETE, &spaces(2), None).await.no_content();
    at.call(Method::PUT, &path, Some(&json!({"devices": []})))
        .await
        .ok();
    at.get(&spaces(2)).await.assert_error(404, "notFoundError");
}

#[tokio::test]
async fn membership_holds_under_sixty_four_changes_at_once() {
    let at = fixed().await;
    // Groups 1 and 2, users 2 to 9, in and out: what remains must agree on both sides.
    let changes = (0..64_u64).map(|turn| {
        let (group, user) = (1 + turn % 2, 2 + (turn / 2) % 8);
        let method = if turn % 3 == 0 {
            Method::DELETE
        } else {
            Method::PUT
        };
        let path = format!("/v2/user-groups/{group}/users/{user}");
        let at = &at;
        async move { at.call(method, &path, None).await.status.as_u16() }
    });
    for status in join_all(changes).await {
        assert!([204, 404].contains(&status), "{status}");
    }
    for group in 1..=2 {
        let inside = at.ids(&format!("/v2/user-groups/{group}/users")).await;
        for user in 1..=9 {
            let groups = at.groups_of(&format!("/v2/users/{user}")).await;
            let says = groups
                .as_array()
                .is_some_and(|groups| groups.contains(&json!(group)));
            assert_eq!(inside.contains(&user), says, "user {user}, group {group}");
        }
    }
}

#[tokio::test]
async fn changes_at_once_of_different_fields_are_all_kept() {
    let at = fixed().await;
    let bodies = [
        json!({"name": "A"}),
        json!({"location": "B"}),
        json!({"remarks": "C"}),
        json!({"activationTime": 9}),
    ];
    let changes = bodies
        .iter()
        .map(|body| at.call(Method::PUT, "/v2/devices/1", Some(body)));
    for answer in join_all(changes).await {
        assert_eq!(answer.status, 200, "{}", answer.body);
    }
    let device = at.get("/v2/devices/1").await.json();
    assert_eq!(
        (
            &device["name"],
            &device["location"],
            &device["remarks"],
            &device["activationTime"]
        ),
        (&json!("A"), &json!("B"), &json!("C"), &json!(9))
    );
    assert_eq!(device["version"], 5);
}

#[tokio::test]
async fn a_schedule_that_is_kept_is_not_deleted() {
    let at = fixed().await;
    let share = at.tenant.share(json!({"scheduleId": 1}));
    at.call(Method::POST, "/v2/shares", Some(&share)).await.ok();
    at.call(Method::DELETE, "/v2/schedules/1", None)
        .await
        .assert_error(409, "inUseError");
    assert_eq!(at.get("/v2/schedules/1").await.json()["keptBy"], 1);
    let renamed = at
        .call(
            Method::PUT,
            "/v2/schedules/1",
            Some(&json!({"name": "New"})),
        )
        .await;
    assert_eq!(renamed.json()["keptBy"], 1);
}

#[tokio::test]
async fn an_organization_is_shown_and_changed() {
    let at = fixed().await;
    let path = "/v2/organizations/7";
    let change = json!({"name": "Renamed", "timeZone": "Asia/Tokyo"});
    at.call(Method::PUT, path, Some(&change)).await.ok();
    let shown = at.get(path).await.json();
    assert_eq!(
        (&shown["name"], &shown["timeZone"]),
        (&json!("Renamed"), &json!("Asia/Tokyo"))
    );
    assert_eq!(shown["personal"], false);
    let bad = at
        .call(
            Method::PUT,
            path,
            Some(&json!({"timeZone": "Mars/Base", "personal": 1})),
        )
        .await;
    assert_eq!(bad.fields(), ["personal", "timeZone"]);
    for path in [
        "/v2/organizations/8",
        "/v2/organizations/1",
        "/v2/organizations/x",
    ] {
        at.get(path).await.assert_error(404, "notFoundError");
        at.call(Method::PUT, path, Some(&change))
            .await
            .assert_error(404, "notFoundError");
    }
}

#[tokio::test]
async fn groups_of_devices_are_searched_and_sorted() {
    let at = fixed().await;
    for name in ["Beta", "alpha", "gamma"] {
        at.create(
            "device-groups",
            "deviceGroupId",
            &json!({"name": name, "devices": [2]}),
        )
        .await;
    }
    let names = async |query: &str| {
        let list = at.get(&format!("/v1/device-groups{query}")).await.json();
        let list = list.as_array().unwrap().clone();
        list.iter()
            .map(|group| group["name"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        names("").await,
        ["Floor 1", "Floor 2", "Beta", "alpha", "gamma"]
    );
    assert_eq!(
        names("?search=A&sortBy=name").await,
        ["alpha", "Beta", "gamma"]
    );
    assert_eq!(
        names("?search=a&sortBy=name&sortDirection=desc").await,
        ["gamma", "Beta", "alpha"]
    );
    let page = at
        .get("/v1/device-groups?sortBy=name&sortDirection=desc&size=3")
        .await;
    let next = page.header("link").unwrap().to_owned();
    let next = next.strip_prefix('<').unwrap().split('>').next().unwrap();
    let rest = at
        .get(next.strip_prefix(at.system.url()).unwrap())
        .await
        .json();
    let rest: Vec<_> = rest
        .as_array()
        .unwrap()
        .iter()
        .map(|group| group["name"].clone())
        .collect();
    assert_eq!(rest, ["Beta", "alpha"]);
    let with = at
        .get("/v1/device-groups?includeDevices=true&search=floor")
        .await
        .json();
    assert_eq!(with[0]["deviceList"][0]["name"], "Door 1");
    assert_eq!(with[1]["deviceList"], json!([]));
    let bad = at
        .get("/v1/device-groups?includeDevices=1&sortBy=age&sortDirection=up")
        .await;
    assert_eq!(bad.fields(), ["includeDevices", "sortBy", "sortDirection"]);
}

#[tokio::test]
async fn groups_of_devices_have_six_sort_keys_in_either_direction_and_say_when() {
    let at = fixed().await;
    let mut made = Vec::new();
    for (name, location, remarks) in [
        ("b", "y".repeat(200), "2".repeat(2000)),
        ("a", "z".repeat(200), "1".repeat(2000)),
    ] {
        let body = json!({"name": name, "location": location, "remarks": remarks});
        let (path, _) = at.create("device-groups", "deviceGroupId", &body).await;
        made.push(path);
    }
    let change = json!({"name": "b"});
    let modified = async |path: &str| at.get(path).await.json()["dateModified"].clone();
    let before = modified(&made[0]).await;
    at.call(Method::PUT, &made[0], Some(&change)).await;
    assert_eq!(modified(&made[0]).await, before, "nothing changed");
    at.call(Method::PUT, &format!("{}/devices/1", made[0]), None)
        .await;
    assert!(modified(&made[0]).await.as_str() > before.as_str());

    for (by, ascending) in [
        ("id", ["b", "a"]),
        ("name", ["a", "b"]),
        ("location", ["b", "a"]),
        ("remarks", ["a", "b"]),
        ("dateCreated", ["b", "a"]),
        ("dateModified", ["a", "b"]),
    ] {
        for (direction, descends) in [("Asc", false), ("DESC", true), ("desc", true)] {
            // In pages of one: a place in a list by a long text fits into a cursor.
            let mut path =
                format!("/v1/device-groups?sortBy={by}&sortDirection={direction}&size=1");
            let mut names = Vec::new();
            loop {
                let answer = at.get(&path).await;
                assert_eq!(answer.status, 200, "{}", answer.body);
                let group = answer.json()[0].clone();
                if group["dateCreated"].is_string() {
                    names.push(group["name"].as_str().unwrap().to_owned());
                }
                let Some(link) = answer.header("link") else {
                    break;
                };
                let url = link.strip_prefix('<').unwrap().split('>').next().unwrap();
                path = url.strip_prefix(at.system.url()).unwrap().to_owned();
            }
            let mut expected = ascending;
            if descends {
                expected.reverse();
            }
            assert_eq!(names, expected, "{by} {direction}");
        }
    }
}

#[tokio::test]
async fn the_demo_knows_who_has_an_address() {
    let system = System::start().await;
    let body = json!({"organizationId": 1, "firstName": "M", "lastName": "M", "emailAddress": "max@example.com"});
    let answer = system.admin().post("/v2/users", &body).await;
    answer.assert_error(409, "alreadyExistsError");
    assert_eq!(answer.json()["userId"], 2);
}

#[tokio::test]
async fn with_a_group_or_a_user_what_was_granted_to_them_ends_at_once() {
    let at = fixed().await;
    let post = async |user: usize, changes: Value| {
        let body = at.tenant.share(changes);
        let answer = at
            .system
            .user(at.tenant.token(user))
            .post("/v2/shares", &body)
            .await;
        answer.status.as_u16()
    };
    let right = json!({"administrate": true});
    let ends = "2099-01-01";
    // To user group 1 (users 2 and 3) on device group 1 (device 1), and from user 4 to 5.
    let groups = json!({"source": {"deviceGroupId": 1}, "receiver": {"userGroupId": 1}, "permissions": right, "endDate": "2099-12-31"});
    assert_eq!(post(1, groups).await, 200);
    let direct =
        |user: u64| json!({"receiver": {"userId": user}, "permissions": right, "endDate": ends});
    assert_eq!(post(1, direct(4)).await, 200);
    assert_eq!(post(4, direct(5)).await, 200);
    let ordinary = json!({"receiver": {"userId": 9}, "endDate": ends});
    for user in [2, 3, 4, 5] {
        assert_eq!(post(user, ordinary.clone()).await, 200, "user {user}");
    }
    for path in ["/v2/user-groups/1", "/v2/users/4"] {
        at.call(Method::DELETE, path, None).await.no_content();
    }
    for user in [2, 3, 5] {
        assert_eq!(post(user, ordinary.clone()).await, 403, "user {user}");
    }
}

#[tokio::test]
async fn pages_have_all_things_in_their_order_however_unevenly_the_lists_have_them() {
    use latchkey::directory::{Device, Resource};

    let store = Store::start().await;
    let (system, mut tenant) = (System::on(&store).await, Tenant::new(7));
    // Almost all of them are in one of the two lists.
    let ids: Vec<u64> = (1..=62).map(|id| 2 * id).chain([3, 99]).collect();
    tenant.world.users.truncate(1);
    tenant.world.devices = ids
        .iter()
        .map(|id| Device {
            name: format!("Door {id}"),
            ..Device::blank((*id).try_into().unwrap())
        })
        .collect();
    store.put(&tenant.world).await;
    let mut wanted = ids;
    wanted.sort_unstable();
    for size in [1, 7, 50, 100] {
        let mut path = Some(format!("/v2/devices?size={size}"));
        let mut found: Vec<u64> = Vec::new();
        while let Some(asked) = path {
            let page = system.user(tenant.token(1)).get(&asked).await;
            let devices = page.json();
            let devices = devices.as_array().unwrap();
            assert!(devices.len() <= size && !devices.is_empty(), "{asked}");
            found.extend(devices.iter().map(|device| device["id"].as_u64().unwrap()));
            assert!(devices.len() == size || found.len() == wanted.len());
            path = page.header("link").map(|link| {
                let url = link.trim_start_matches('<').split('>').next().unwrap();
                url.strip_prefix(system.url()).unwrap().to_owned()
            });
        }
        assert_eq!(found, wanted, "{size}");
    }
}
