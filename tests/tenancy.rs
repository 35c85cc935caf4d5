//! Two organizations that mirror each other, and every id of one tried with the credential
//! of the other on every route.

use std::collections::BTreeMap;

use latchkey::role::Role;
use latchkey::table::Item;
use latchkey_local::template::Stack;
use reqwest::Method;
use serde_json::{Value, json};

use crate::system::{Answer, SPACE, Store, System, Tenant, access_space, is_of, root};

#[tokio::test]
async fn items_of_another_organization_do_not_exist_on_any_route() {
    let store = Store::start().await;
    let system = System::on(&store).await;
    let (mut one, mut two) = (Tenant::new(7), Tenant::new(8));
    let api_key = one.with_api_key().id.to_string();
    // The other organization has nothing, so that a number of the first is one of nobody's.
    two.world.users.truncate(1);
    two.world.user_groups.clear();
    two.world.devices.clear();
    two.world.device_groups.clear();
    two.world.schedules.clear();
    two.world.spaces.clear();
    two.world.templates.clear();
    let mut long = one.access(1, 2, vec![access_space(SPACE, "407192")]);
    long.label = Some("Long stay".to_owned());
    let access = long.id;
    one.world.accesses.push(long);
    let mut two = two.with_roles(1, &[Role::Admin, Role::Device]);
    two.world.users[0].spaces = [SPACE.into()].into();
    store.put(&one.world).await;
    store.put(&two.world).await;
    let created = system
        .user(one.token(1))
        .post("/v2/shares", &one.share(json!({})))
        .await;
    let share = created.json()["shareId"].to_string();
    let open = one.share(json!({"receiver": null}));
    let open = system.user(one.token(1)).post("/v2/shares", &open).await;
    let token = open.json()["token"].clone();

    // User 1 is the one number that both have.
    let ids = BTreeMap::from([
        ("shareId", share.as_str()),
        ("userId", "2"),
        ("userGroupId", "1"),
        ("deviceId", "1"),
        ("deviceGroupId", "1"),
        ("spaceId", "0192a5b07c0070008000000000000001"),
        ("scheduleId", "1"),
        ("organizationId", "7"),
        ("apiKeyId", &api_key),
        ("clientId", "7.demoKeyOfTheHome"),
    ]);
    let (space, template) = (ids["spaceId"], "0192a5b07c0070008000000000000002");
    let things = json!([{"thingId": space}]);
    let before = sorted(&store).await;
    let stack = Stack::read(&root().join("template.yaml"), &BTreeMap::new(), "eu-west-1").unwrap();
    let mut tried = 0;
    for route in &stack.api.routes {
        // Open operations know no caller; they have tests of their own.
        if route.authorizer.is_none() {
            continue;
        }
        // These show the caller's own, whatever a lenient request names.
        let of_the_caller = [
            "/v1/account",
            "/mobileb/organizations",
            "/mobileb/keycodes/all",
            "/GetOrganizations",
            "/GetAllKeyCodes",
        ];
        let asked = route
            .path
            .trim_end_matches(".json")
            .trim_end_matches(".jsv");
        if of_the_caller.iter().any(|own| asked.ends_with(own)) {
            continue;
        }
        let path = ids.iter().fold(route.path.clone(), |path, (name, id)| {
            path.replace(&format!("{{{name}}}"), id)
        });
        assert!(
            !path.contains('{'),
            "{path}: an id that this test does not know"
        );
        let method: Method = route.method.parse().unwrap();
        // Names the other organization or, if that is impossible, its items.
        let is_of_accesses = !["/v1/", "/v2/"].iter().any(|of| route.path.starts_with(of));
        let organization = match is_of_accesses {
            true => json!("4c617463686b80018000000000000007"),
            false => json!(7),
        };
        let body = json!({
            "organizationId": organization, "name": "N", "firstName": "N", "lastName": "N", "rules": [],
            "timeZone": "UTC", "token": token, "source": {"deviceId": 1}, "receiver": {"userId": 2},
            "accessTemplateId": template, "things": things, "code": "407192",
            "businessUserAccessId": access, "businessUserId": 2, "spaces": things,
            "accessTemplateGroupId": template, "accessTemplateIds": [template], "userId": 2,
            "email": "n@example.com", "roles": [], "batteryLevel": "High",
            "redirectUris": ["https://app.example.com/linked"], "type": "public",
            "validFrom": "2026-01-01T00:00:00Z",
        });
        let body = [Method::POST, Method::PUT]
            .contains(&method)
            .then_some(body);
        let body = body.map(|mut body| {
            // The binding of a controller, there.
            if route.path.starts_with("/v2/") {
                body["spaces"] = json!([space]);
            }
            body
        });
        let path = if route.path.contains('{') || body.is_some() {
            path
        } else {
            // ServiceStack's clients may send these in a body, too.
            let one = format!("%5B%7BthingId:{space}%7D%5D");
            let things =
                format!("things={one}&spaces={one}&businessUserId=2&validFrom=1767225600000");
            let more = format!(
                "deviceId=1&accessTemplateIds=%5B{template}%5D&userId=2&firstName=N&lastName=N&email=n%40example.com&roles=%5B%5D"
            );
            format!(
                "{path}?organizationId={}&accessTemplateId={template}&name=N&{things}&businessUserAccessId={access}&accessTemplateGroupId={template}&{more}",
                organization.to_string().trim_matches('"')
            )
        };
        // One body has what any operation may ask for.
        let request = system
            .request(method.clone(), &path)
            .bearer_auth(two.token(1))
            .header("Prefer", "handling=lenient")
            .header("Content-Type", "application/json");
        let body = body.as_ref().map(Value::to_string).unwrap_or_default();
        let answer = Answer::of(request.body(body)).await;
        // References of a body do not exist.
        let is_nowhere = answer.status == 400 && answer.body.contains("NotFound");
        // A link changes nothing, whatever it names.
        let is_link = method == Method::GET && answer.status == 405;
        assert!(
            [403, 404].contains(&answer.status.as_u16()) || is_nowhere || is_link,
            "{method} {path}: {}",
            answer.body
        );
        let text = &answer.body;
        for name in [
            "User 2",
            "Group 1",
            "Door 1",
            "Floor 1",
            "Hall",
            "Visitors",
            "Long stay",
            "Mondays",
            "Organization 7",
            "Booking",
        ] {
            assert!(!text.contains(name), "{method} {path}: {text}");
        }
        tried += 1;

        // Even with its own organization named, the items of the other do not exist.
        for (field, list) in [("members", json!([2])), ("devices", json!([1]))] {
            if method == Method::POST
                && (route.path.ends_with("groups") || route.path.ends_with("spaces"))
            {
                let body = json!({"organizationId": 8, "name": "N", field: list});
                let answer = system.user(two.token(1)).post(&path, &body).await;
                let refers = (field == "members") == route.path.contains("user-groups");
                if refers {
                    assert_eq!(answer.fields(), [field], "{path}: {}", answer.body);
                }
            }
        }
    }
    assert!(tried >= 55, "{tried}");
    assert_eq!(sorted(&store).await, before);
}

/// The items of the first organization, in the order of the keys.
async fn sorted(store: &Store) -> Vec<Item> {
    let mut items = store.items().await;
    items.retain(|item| is_of(item, 7));
    items.sort_by_key(|item| item["SK"].as_s().unwrap().clone());
    items
}
