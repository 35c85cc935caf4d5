//! What each request may cost: round trips and capacity units, counted at the store. They
//! are exact, so a change that costs more fails here. `docs/architecture.md` has the table.

use reqwest::Method;
use serde_json::json;

use crate::system::{
    Answer, Call, SPACE, Store, System, Tenant, access_space, hours_from_now, window,
};

/// What a request cost.
#[derive(Debug, PartialEq)]
struct Cost {
    /// Calls of the store. Those here follow one another; what runs in parallel is said.
    calls: usize,
    read_units: f64,
    write_units: f64,
}

fn cost(calls: &[Call]) -> Cost {
    Cost {
        calls: calls.len(),
        read_units: calls.iter().map(|call| call.read_units).sum(),
        write_units: calls.iter().map(|call| call.write_units).sum(),
    }
}

/// A system with organization 7, whose credentials are known to the gateway.
async fn warm(store: &Store) -> (System, Tenant) {
    let system = System::on(store).await;
    let tenant = Tenant::new(7);
    store.put(&tenant.world).await;
    for user in 1..=2 {
        assert_eq!(
            system.get("/v2/shares/4", tenant.token(user)).await.status,
            404
        );
    }
    store.calls();
    (system, tenant)
}

#[tokio::test]
async fn the_authorizer_costs_two_reads() {
    let store = Store::start().await;
    let (system, tenant) = warm(&store).await;
    assert_eq!(
        system.get("/v2/shares/4", tenant.token(3)).await.status,
        404
    );
    // The two after it look for the share.
    assert_eq!(
        cost(&store.calls()[..2]),
        Cost {
            calls: 2,
            read_units: 1.5,
            write_units: 0.0
        }
    );
}

#[tokio::test]
async fn creating_a_share_is_one_round_trip() {
    let store = Store::start().await;
    let (system, tenant) = warm(&store).await;
    let request = || {
        let request = system
            .request(Method::POST, "/v2/shares")
            .bearer_auth(tenant.token(1));
        request.body(tenant.share(json!({})).to_string())
    };
    assert_eq!(Answer::of(request()).await.status, 200);
    assert_eq!(
        cost(&store.calls()),
        Cost {
            calls: 1,
            read_units: 0.0,
            write_units: 9.0
        }
    );

    let keyed = || request().header("Idempotency-Key", "k");
    assert_eq!(Answer::of(keyed()).await.status, 200);
    assert_eq!(
        cost(&store.calls()),
        Cost {
            calls: 1,
            read_units: 0.0,
            write_units: 11.0
        }
    );
    assert_eq!(
        Answer::of(keyed()).await.header("idempotency-replayed"),
        Some("true")
    );
    assert_eq!(cost(&store.calls()).calls, 1);
}

#[tokio::test]
async fn creating_a_share_by_right_of_another_is_two_round_trips() {
    let store = Store::start().await;
    let (system, tenant) = warm(&store).await;
    let right = tenant.share(json!({"permissions": {"administrate": true}}));
    assert_eq!(
        system
            .post("/v2/shares", tenant.token(1), &right)
            .await
            .status,
        200
    );
    store.calls();
    let body = tenant.share(json!({"receiver": {"userId": 4}}));
    assert_eq!(
        system
            .post("/v2/shares", tenant.token(2), &body)
            .await
            .status,
        200
    );
    let calls = store.calls();
    // The query of the caller's grants and the read of the door's zone run in parallel,
    // and both are strongly consistent: a decision rests on them.
    let (reads, writes) = calls.split_at(2);
    assert!(
        reads
            .iter()
            .all(|call| call.request["ConsistentRead"] == true),
        "{reads:?}"
    );
    assert_eq!(
        cost(reads),
        Cost {
            calls: 2,
            read_units: 2.0,
            write_units: 0.0
        }
    );
    assert_eq!(
        cost(writes),
        Cost {
            calls: 1,
            read_units: 0.0,
            write_units: 9.0
        }
    );
}

#[tokio::test]
async fn reading_a_share_with_names_is_two_round_trips() {
    let store = Store::start().await;
    let (system, tenant) = warm(&store).await;
    let created = system
        .post("/v2/shares", tenant.token(1), &tenant.share(json!({})))
        .await
        .json();
    store.calls();
    let path = format!("/v2/shares/{}", created["shareId"]);
    assert_eq!(system.get(&path, tenant.token(1)).await.status, 200);
    assert_eq!(
        cost(&store.calls()),
        Cost {
            calls: 2,
            read_units: 2.5,
            write_units: 0.0
        }
    );
}

#[tokio::test]
async fn changing_and_deleting_a_share_is_two_round_trips() {
    let store = Store::start().await;
    let (system, tenant) = warm(&store).await;
    let ask = async |method: Method, path: &str, user: usize, body: serde_json::Value| {
        let body = Some(&body).filter(|body| !body.is_null());
        let answer = system.call(method, path, tenant.token(user), body).await;
        assert!(answer.status.is_success(), "{path}: {}", answer.body);
        let cost = cost(&store.calls());
        (cost.calls, cost.read_units, cost.write_units)
    };
    let create = async |changes: serde_json::Value| {
        let path = tenant.create_share(&system, 1, changes).await;
        store.calls();
        path
    };
    let (put, post, delete) = (|| Method::PUT, || Method::POST, || Method::DELETE);
    let none = || json!(null);
    let path = create(json!({})).await;
    // The share, its grant, and that in the index.
    let change = json!({"permissions": {"remoteActivate": true}});
    assert_eq!(ask(put(), &path, 1, change).await, (2, 1.0, 5.0));
    let of_the_share_alone = json!({"personalSettings": {"notifications": true}});
    assert_eq!(
        ask(put(), &path, 1, of_the_share_alone).await,
        (2, 1.0, 2.0)
    );
    let named = json!({"scheduleId": 1});
    assert_eq!(ask(put(), &path, 1, named).await, (2, 1.0, 7.0));
    // The door's zone, device and organization, tells when it is removed.
    let removed = json!({"endDate": "2099-12-31", "autoRemoveAfter": "MONTH"});
    assert_eq!(ask(put(), &path, 1, removed).await, (3, 3.0, 5.0));
    let key = format!("{path}/web-key");
    assert_eq!(ask(post(), &key, 1, none()).await, (3, 3.0, 4.0));
    assert_eq!(ask(delete(), &key, 1, none()).await, (3, 3.0, 4.0));
    assert_eq!(ask(delete(), &path, 1, none()).await, (2, 1.0, 7.0));
    let path = create(json!({})).await;
    assert_eq!(ask(delete(), &path, 1, none()).await, (2, 1.0, 5.0));

    // By right of a grant: the caller's grants and the door are read at once.
    create(json!({"permissions": {"administrate": true}})).await;
    let path = create(json!({"receiver": {"userId": 4}})).await;
    let change = json!({"endDate": "2099-12-31"});
    // That the grant above is still where it was is checked.
    assert_eq!(ask(put(), &path, 2, change).await, (4, 3.0, 7.0));
    assert_eq!(ask(delete(), &path, 2, none()).await, (4, 3.0, 5.0));
}

#[tokio::test]
async fn claiming_a_share_is_three_round_trips() {
    let store = Store::start().await;
    let (system, tenant) = warm(&store).await;
    let open = tenant.share(json!({"receiver": null}));
    let open = system.post("/v2/shares", tenant.token(1), &open).await;
    store.calls();
    let claim = json!({"token": open.json()["token"]});
    let answer = system
        .post("/v2/shares/claim", tenant.token(2), &claim)
        .await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    // The invitation, the share, its grant and the index; the user and the device are checked.
    assert_eq!(
        cost(&store.calls()),
        Cost {
            calls: 3,
            read_units: 2.0,
            write_units: 11.0
        }
    );
}

#[tokio::test]
async fn a_calendar_costs_what_the_share_costs() {
    let store = Store::start().await;
    let (system, tenant) = warm(&store).await;
    let path = tenant.create_share(&system, 1, json!({})).await;
    store.calls();
    let path = format!("{path}/calendar");
    assert_eq!(system.get(&path, tenant.token(1)).await.status, 200);
    let cost = cost(&store.calls());
    assert_eq!((cost.calls, cost.read_units), (2, 2.5));
}

/// Organization 7 with fifty shares, between ten users and ten devices.
async fn fifty_shares(store: &Store) -> (System, Tenant) {
    use latchkey::directory::{Device, Resource, User};
    let (system, mut tenant) = (System::on(store).await, Tenant::new(7));
    let tenth = User {
        id: 10.try_into().unwrap(),
        phone_number: None,
        ..tenant.world.users[8].clone()
    };
    tenant.world.users.push(tenth);
    tenant.world.devices = (1..=10)
        .map(|device| Device {
            name: format!("Door {device}"),
            ..Device::blank(device.try_into().unwrap())
        })
        .collect();
    store.put(&tenant.world).await;
    for share in 0..50 {
        let to = json!({
            "source": {"deviceId": 1 + share % 10}, "receiver": {"userId": 1 + share / 5},
            "startDate": "2020-01-01", "permissions": {"remoteActivate": true},
        });
        tenant.create_share(&system, 1, to).await;
    }
    system.get("/v2/shares/4", tenant.token(1)).await;
    store.calls();
    (system, tenant)
}

#[tokio::test]
async fn listing_fifty_shares_is_two_round_trips() {
    let store = Store::start().await;
    let (system, tenant) = fifty_shares(&store).await;
    let ask = async |query: &str| {
        let path = format!("/v2/shares{query}");
        let page = system.get(&path, tenant.token(1)).await;
        let count = page.json().as_array().unwrap().len();
        let cost = cost(&store.calls());
        (count, cost.calls, cost.read_units)
    };
    let (count, calls, units) = ask("").await;
    assert_eq!((count, calls), (50, 2));
    assert!(units <= 13.5, "{units}");
    // Of a user's five: their grants, the shares, and five doors.
    let (count, calls, units) = ask("?userId=3").await;
    assert_eq!((count, calls), (5, 3));
    assert!(units <= 7.0, "{units}");
    let (count, calls, units) = ask("?deviceId=3").await;
    assert_eq!((count, calls), (5, 3));
    assert!(units <= 7.0, "{units}");
    let (count, calls, _) = ask("?deviceId=3&userId=3").await;
    assert_eq!((count, calls), (1, 3));
}

#[tokio::test]
async fn the_directory_costs_one_round_trip_and_a_change_two() {
    let store = Store::start().await;
    let (system, tenant) = warm(&store).await;
    let ask = async |method: Method, path: &str, body: serde_json::Value| {
        let body = Some(&body).filter(|body| !body.is_null());
        let answer = system.call(method, path, tenant.token(1), body).await;
        assert!(answer.status.is_success(), "{path}: {}", answer.body);
        let calls = store.calls();
        let cost = cost(&calls);
        (cost.calls, cost.read_units, cost.write_units)
    };
    let none = || json!(null);
    let (get, post) = (|| Method::GET, || Method::POST);
    let (put, delete) = (|| Method::PUT, || Method::DELETE);
    let device = json!({"organizationId": 7, "name": "Gate", "location": "Garden"});
    assert_eq!(ask(post(), "/v2/devices", device).await, (1, 0.0, 2.0));
    // The user, their keyring, their address, their number and the credential.
    let user = json!({"organizationId": 7, "firstName": "A", "lastName": "B", "emailAddress": "a@example.com", "phoneNumber": "+4915112345678"});
    assert_eq!(ask(post(), "/v2/users", user).await, (1, 0.0, 10.0));
    // The group, and for each of two its own item, its keyring and the item in the group.
    let group = json!({"organizationId": 7, "name": "G", "members": [3, 4]});
    assert_eq!(ask(post(), "/v2/user-groups", group).await, (1, 0.0, 14.0));

    assert_eq!(ask(get(), "/v2/devices/1", none()).await, (1, 0.5, 0.0));
    assert_eq!(
        ask(get(), "/v2/organizations/7", none()).await,
        (1, 0.5, 0.0)
    );
    let (calls, units, _) = ask(get(), "/v2/users", none()).await;
    assert!(calls == 1 && units <= 1.0, "{calls} {units}");
    for path in ["/users", "/things.jsv", "/jsv/reply/GetThings"] {
        let (calls, units, _) = ask(get(), path, none()).await;
        assert!(calls == 1 && units <= 1.0, "{path}: {calls} {units}");
    }
    // The group, the items of those in it, and those.
    let (calls, units, _) = ask(get(), "/v2/user-groups/1/users", none()).await;
    assert!(calls == 3 && units <= 2.0, "{calls} {units}");
    let (calls, units, _) = ask(get(), "/v1/device-groups?includeDevices=true", none()).await;
    assert!(calls == 2 && units <= 1.0, "{calls} {units}");

    let change = json!({"name": "New", "firstName": "New"});
    for path in ["/v2/devices/1", "/v2/users/2", "/v2/schedules/1"] {
        assert_eq!(
            ask(put(), path, change.clone()).await,
            (2, 1.0, 2.0),
            "{path}"
        );
    }
    assert_eq!(
        ask(put(), "/v2/user-groups/2/users/5", none()).await,
        (1, 0.0, 8.0)
    );
    assert_eq!(
        ask(delete(), "/v2/user-groups/2/users/5", none()).await,
        (1, 0.0, 8.0)
    );
    assert_eq!(ask(delete(), "/v2/devices/1", none()).await, (1, 0.0, 2.0));
    // Read for the number, which is freed with them.
    assert_eq!(ask(delete(), "/v2/users/9", none()).await, (2, 1.0, 6.0));
}

#[tokio::test]
async fn a_template_is_created_in_one_round_trip_and_shown_in_two() {
    let store = Store::start().await;
    let (system, tenant) = warm(&store).await;
    let ask = async |method: Method, path: &str, body: Option<serde_json::Value>| {
        let answer = system
            .call(method, path, tenant.token(1), body.as_ref())
            .await;
        assert!(answer.status.is_success(), "{path}: {}", answer.body);
        let cost = cost(&store.calls());
        (
            (cost.calls, cost.read_units, cost.write_units),
            answer.json(),
        )
    };
    let mut things = vec![json!({"thingId": "0192a5b07c0070008000000000000001"})];
    for name in ["Attic", "Cellar"] {
        let space = json!({"organizationId": 7, "name": name});
        let (_, made) = ask(Method::POST, "/v2/spaces", Some(space)).await;
        things.push(json!({"thingId": made["spaceId"], "availableFrom": 8, "availableTo": 22, "accessCount": 10, "exclusive": true}));
    }
    let path = "/access/template";
    // The template, less than a kilobyte, and each of its spaces, which is checked.
    let new = json!({"name": "Guests", "description": "For a night or two", "things": things});
    let (cost, made) = ask(Method::POST, path, Some(new)).await;
    assert_eq!(cost, (1, 0.0, 8.0));
    let id = made["id"].as_str().unwrap();
    let change = json!({"accessTemplateId": id, "name": "Visitors"});
    let (cost, _) = ask(Method::PUT, path, Some(change)).await;
    assert_eq!(cost, (2, 1.0, 2.0));
    // One of the three is new in it.
    let other = json!({"organizationId": 7, "name": "Balcony"});
    let (_, made) = ask(Method::POST, "/v2/spaces", Some(other)).await;
    let mut other = things.clone();
    other[2]["thingId"] = made["spaceId"].clone();
    let change = json!({"accessTemplateId": id, "things": other});
    let (cost, _) = ask(Method::PUT, path, Some(change)).await;
    assert_eq!(cost, (2, 1.0, 4.0));

    let one = format!("{path}?AccessTemplateId={id}");
    let (cost, _) = ask(Method::GET, &one, None).await;
    assert_eq!(cost, (2, 2.0, 0.0));
    let of_one = format!("{path}/things?AccessTemplateId={id}");
    let (cost, _) = ask(Method::GET, &of_one, None).await;
    assert_eq!(cost, (2, 2.0, 0.0));
    // The page, and the three spaces that its two templates name.
    let (cost, _) = ask(Method::GET, "/access/templates", None).await;
    assert_eq!(cost, (2, 2.0, 0.0));
    let (cost, _) = ask(Method::DELETE, &one, None).await;
    assert_eq!(cost, (1, 0.0, 2.0));
}

#[tokio::test]
async fn a_page_of_fifty_is_one_query() {
    let store = Store::start().await;
    let (system, mut tenant) = (System::on(&store).await, Tenant::new(7));
    tenant.world.devices = (1..=60)
        .map(|device| {
            use latchkey::directory::{Device, Resource};
            Device {
                name: format!("Door {device}"),
                ..Device::blank(device.try_into().unwrap())
            }
        })
        .collect();
    tenant.world.users.truncate(1);
    store.put(&tenant.world).await;
    system.get("/v2/shares/4", tenant.token(1)).await;
    store.calls();
    let page = system.get("/v2/devices", tenant.token(1)).await;
    assert_eq!(page.json().as_array().unwrap().len(), 50);
    let cost = cost(&store.calls());
    assert!(cost.calls == 1 && cost.read_units <= 1.5, "{cost:?}");
}

/// Organization 7, whose space device 2 opens; user 4 has been given accesses to it: one with
/// code 100001, at all times; one with code 100002, at hours that it is now; one with code
/// 100003, for ten entries. User 2 is the door's controller.
async fn with_accesses(store: &Store) -> (System, Tenant) {
    let (system, tenant) = (System::on(store).await, Tenant::new(7));
    let mut tenant = tenant.with_roles(2, &[latchkey::role::Role::Device]);
    tenant.world.devices[1].spaces = [SPACE.into()].into();
    tenant.world.spaces[0].devices = [2.try_into().unwrap()].into();
    for number in 1..=3 {
        let spaces = vec![access_space(SPACE, &format!("{}", 100_000 + number))];
        let mut access = tenant.access(number, 3 + number as u64, spaces);
        let terms = &mut access.spaces[0].terms;
        match number {
            2 => terms.hours = hours_from_now(chrono_tz::Europe::Amsterdam, -1, 1),
            3 => terms.count = Some(10),
            _ => access.window = window("2026-01-01T00:00:00Z", Some("2090-01-01T00:00:00Z")),
        }
        tenant.world.accesses.push(access);
    }
    store.put(&tenant.world).await;
    for user in 1..=6 {
        system.get("/v2/shares/4", tenant.token(user)).await;
    }
    store.calls();
    (system, tenant)
}

#[tokio::test]
async fn an_entry_is_two_round_trips() {
    let store = Store::start().await;
    let (system, tenant) = with_accesses(&store).await;
    let path = format!("/v2/spaces/{SPACE}/entries");
    let enter = async |code: &str| {
        let code = json!({"code": code});
        let answer = system.post(&path, tenant.token(2), &code).await;
        let calls = store.calls();
        let reads = calls.iter().filter(|call| call.operation == "BatchGetItem");
        for read in reads {
            let mut tables = read.request["RequestItems"].as_object().unwrap().values();
            assert!(tables.all(|table| table["ConsistentRead"] == true));
        }
        let cost = cost(&calls);
        let status = answer.status.as_u16();
        (status, cost.calls, cost.read_units, cost.write_units)
    };
    // The space and the code; the code again, and that its user is there.
    assert_eq!(enter("100001").await, (200, 2, 2.0, 4.0));
    assert_eq!(enter("100003").await, (200, 2, 2.0, 4.0));
    // With hours, the zone: the device that opens the space, and the organization.
    assert_eq!(enter("100002").await, (200, 3, 4.0, 4.0));
    // Of a code that nobody has, the space alone is there.
    let (status, calls, units, written) = enter("999998").await;
    assert_eq!((status, calls, written), (403, 1, 0.0));
    assert!(units <= 2.0, "{units}");
    // And what is written down of an entry, by who listens to the stream.
    let event = crate::events::follow_up("MODIFY").to_string();
    system.invoke("follow-up", &event).await;
    let cost = cost(&store.calls());
    assert_eq!((cost.calls, cost.write_units), (1, 1.0));
}

#[tokio::test]
async fn accesses_cost_decisions_and_lists_what_shares_cost() {
    let store = Store::start().await;
    let (system, tenant) = with_accesses(&store).await;
    let ask = async |user: usize, path: &str| {
        let answer = system.get(path, tenant.token(user)).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        let cost = cost(&store.calls());
        assert_eq!(cost.write_units, 0.0);
        (cost.calls, cost.read_units)
    };
    let decision = "/v2/devices/2/decision";
    // The user's grants with their keyring, and the device: at once.
    assert_eq!(ask(4, decision).await, (2, 2.0));
    assert_eq!(ask(5, decision).await, (2, 2.0));
    // Then the item that counts the entries: as a named schedule.
    assert_eq!(ask(6, decision).await, (3, 3.0));
    // The grants, the space, then the device with the organization; and what counts.
    let effective = "/v2/effective-device-permissions";
    assert_eq!(ask(4, effective).await, (3, 2.0));
    assert_eq!(ask(6, effective).await, (3, 2.5));
    // The device; what is on it and on the space, one after the other; at once the three users
    // and the one item that counts.
    let holders = "/v2/devices/2/holders";
    assert_eq!(ask(1, holders).await, (5, 4.0));

    let list = "/BusinessUserAccesses";
    // The page, then the one space.
    assert_eq!(ask(1, list).await, (2, 1.0));
    // The grants before, by themselves and from the index.
    assert_eq!(ask(4, list).await, (3, 1.5));
    let on = format!("{list}?ThingId={SPACE}");
    assert_eq!(ask(1, &on).await, (3, 2.5));
}

#[tokio::test]
async fn a_decision_costs_the_same_however_much_there_is() {
    use latchkey::id::{DeviceGroupId, UserGroupId};
    use std::collections::BTreeSet;

    let store = Store::start().await;
    let (system, mut tenant) = (System::on(&store).await, Tenant::new(7));
    // User 4 and device 2 are in no group; user 5 and device 1 in three each.
    let groups: BTreeSet<UserGroupId> = (1..=3).map(|id| id.try_into().unwrap()).collect();
    tenant.world.users[4].groups = groups;
    let groups: BTreeSet<DeviceGroupId> = (1..=3).map(|id| id.try_into().unwrap()).collect();
    tenant.world.devices[0].groups = groups;
    store.put(&tenant.world).await;
    let share = async |user: usize, changes: serde_json::Value| {
        let answer = system
            .post("/v2/shares", tenant.token(user), &tenant.share(changes))
            .await;
        assert_eq!(answer.status, 200, "{}", answer.body);
    };
    let decide = async |user: usize, device: u64| {
        let path = format!("/v2/devices/{device}/decision");
        let answer = system.get(&path, tenant.token(user)).await;
        assert_eq!(answer.json()["allowed"], true, "{}", answer.body);
        let calls = store.calls();
        (calls.len(), cost(&calls).read_units)
    };
    for user in 4..=8 {
        system.get("/v2/shares/4", tenant.token(user)).await;
    }
    share(1, json!({"receiver": {"userId": 4}, "source": {"deviceId": 2}, "permissions": {"administrate": true}})).await;
    let groups = json!({"receiver": {"userGroupId": 1}, "source": {"deviceGroupId": 1}});
    share(1, groups).await;
    share(
        4,
        json!({"receiver": {"userId": 6}, "source": {"deviceId": 2}}),
    )
    .await;
    share(
        1,
        json!({"receiver": {"userId": 7}, "source": {"deviceId": 2}, "scheduleId": 1}),
    )
    .await;
    let rules = json!({"rules": []});
    system
        .call(
            Method::PUT,
            "/v2/schedules/1",
            tenant.token(1),
            Some(&rules),
        )
        .await;
    store.calls();

    let all = async || {
        // The user's grants with their keyring, and the device: at once.
        assert_eq!(decide(4, 2).await, (2, 2.0));
        // Then the grants to each of three groups, at once.
        assert_eq!(decide(5, 1).await, (5, 5.0));
        // Then the grant above, with the keyring of who shared on; or the schedule.
        assert_eq!(decide(6, 2).await, (3, 3.0));
        assert_eq!(decide(7, 2).await, (3, 3.0));
    };
    all().await;
    // An activation is a decision and what is written of it, which is half of what it would
    // cost in a transaction.
    share(1, json!({"receiver": {"userId": 4}, "source": {"deviceId": 1}, "permissions": {"remoteActivate": true}})).await;
    let device = json!({"gatewayId": 1});
    system
        .call(Method::PUT, "/v2/devices/1", tenant.token(1), Some(&device))
        .await;
    store.calls();
    let path = "/v1/devices/1/remote-activation";
    let answer = system.call(Method::POST, path, tenant.token(4), None).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let calls = store.calls();
    assert_eq!(
        cost(&calls),
        Cost {
            calls: 3,
            read_units: 2.0,
            write_units: 1.0
        }
    );
    for _ in 0..150 {
        share(1, json!({"receiver": {"userId": 9}})).await;
        share(
            1,
            json!({"receiver": {"userId": 8}, "source": {"deviceId": 2}}),
        )
        .await;
    }
    store.calls();
    all().await;
    // Of someone with a great many grants, those at the device are asked for by themselves.
    let (calls, units) = decide(8, 2).await;
    assert!(calls == 3 && units <= 15.0, "{calls} {units}");
}

#[tokio::test]
async fn credentials_cost_two_round_trips_at_most_and_to_revoke_a_key_four() {
    let store = Store::start().await;
    let system = System::on(&store).await;
    let mut tenant = Tenant::new(7);
    let key = tenant.with_api_key();
    store.put(&tenant.world).await;
    system.get("/v2/shares/4", tenant.token(1)).await;
    store.calls();
    let costs = |answer: Answer| {
        assert!(answer.status.is_success(), "{}", answer.body);
        let Cost {
            calls,
            read_units,
            write_units,
        } = cost(&store.calls());
        (calls, read_units, write_units)
    };
    let keys = "/v2/api-keys";
    let new = json!({"organizationId": 7, "name": "N"});
    let made = system.post(keys, tenant.token(1), &new).await;
    // The key, its credential, and that the user is there.
    assert_eq!(costs(made), (1, 0.0, 6.0));
    let listed = system.get(keys, tenant.token(1)).await;
    assert_eq!(costs(listed), (1, 0.5, 0.0));

    let id = key.id.to_string();
    let ask = async |path: &str, form: &[(&str, &str)]| {
        let answer = system.form(path, Some((&id, key.reveal())), form).await;
        let token = |name: &str| {
            let body: serde_json::Value = serde_json::from_str(&answer.body).unwrap_or_default();
            body[name].as_str().unwrap_or_default().to_owned()
        };
        let tokens = (token("access_token"), token("refresh_token"));
        (tokens, costs(answer))
    };
    let (token, revoke) = ("/v2/oauth/token", "/v2/oauth/revoke");
    let grant = [("grant_type", "client_credentials")];
    // The family, the access token, and that the key and the user are there.
    let ((_, refresh), cost) = ask(token, &grant).await;
    assert_eq!(cost, (2, 1.0, 8.0));
    // The same, and the access token before.
    let form = [("grant_type", "refresh_token"), ("refresh_token", &refresh)];
    let ((access, refresh), cost) = ask(token, &form).await;
    assert_eq!(cost, (2, 1.0, 10.0));
    // Three calls, the first two at once.
    let (_, cost) = ask(revoke, &[("token", &access)]).await;
    assert_eq!(cost, (3, 2.0, 2.0));
    let (_, cost) = ask(revoke, &[("token", &refresh)]).await;
    assert_eq!(cost, (2, 1.0, 4.0));

    // One that was used: what the refused transaction costs, the store does not tell.
    let ((_, refresh), _) = ask(token, &grant).await;
    let form = [("grant_type", "refresh_token"), ("refresh_token", &refresh)];
    ask(token, &form).await;
    let again = system.form(token, Some((&id, key.reveal())), &form).await;
    assert_eq!(again.status, 400, "{}", again.body);
    let calls = store.calls();
    assert_eq!((calls.len(), calls[2].write_units), (3, 4.0));

    ask(token, &grant).await;
    let path = format!("{keys}/{id}");
    let shown = system.get(&path, tenant.token(1)).await;
    assert_eq!(costs(shown), (1, 0.5, 0.0));
    let deleted = system
        .call(Method::DELETE, &path, tenant.token(1), None)
        .await;
    // The credential; then the key, and the two items of the one family.
    assert_eq!(costs(deleted), (4, 2.0, 8.0));
}

#[tokio::test]
async fn cleaning_up_costs_two_round_trips_for_thirty_shares() {
    let store = Store::start().await;
    let (system, tenant) = warm(&store).await;
    // Users 2 and 3 are in group 1, as the one of the event was.
    let clean_up = async |user: u64, shares: usize| {
        for place in 0..shares {
            let mut body = tenant.share(json!({"receiver": {"userId": user}}));
            if place % 2 == 0 {
                body["scheduleId"] = json!(1);
            }
            let made = system.post("/v2/shares", tenant.token(1), &body).await;
            assert_eq!(made.status, 200, "{}", made.body);
        }
        store.delete_items(&format!("USER#{user:016}")).await;
        store.calls();
        let event = crate::events::follow_up("REMOVE")
            .to_string()
            .replace("ORG#1", "ORG#7")
            .replace("0000999", &format!("{user:07}"))
            .replace("\"999\"", &format!("\"{user}\""));
        let done = system.invoke("follow-up", &event).await;
        assert_eq!(done, json!({"batchItemFailures": []}));
        let cost = cost(&store.calls());
        (cost.calls, cost.read_units, cost.write_units)
    };
    // Whether they are gone, the keyring, the organization's API keys, their grants, and the
    // group.
    assert_eq!(clean_up(2, 0).await, (5, 3.0, 6.0));
    assert_eq!(clean_up(3, 31).await, (8, 6.0, 165.0));
}

#[tokio::test]
async fn what_someone_may_use_is_two_round_trips() {
    use latchkey::directory::{Device, Resource};

    let store = Store::start().await;
    let (system, mut tenant) = (System::on(&store).await, Tenant::new(7));
    tenant.world.devices = (1..=20)
        .map(|device| Device {
            name: format!("Door {device}"),
            location: Some("Behind the garden, to the left".to_owned()),
            ..Device::blank(device.try_into().unwrap())
        })
        .collect();
    store.put(&tenant.world).await;
    for device in 1..=20 {
        for share in [
            json!({"receiver": {"userId": 4}, "source": {"deviceId": device}, "endDate": "2099-12-31"}),
            json!({"receiver": {"userId": 6}, "source": {"deviceId": device}, "scheduleId": 1}),
        ] {
            let body = tenant.share(share);
            let made = system.post("/v2/shares", tenant.token(1), &body).await;
            assert_eq!(made.status, 200, "{}", made.body);
        }
    }
    let listed = async |user: usize, devices: usize| {
        let path = "/v1/effective-device-permissions";
        let answer = system.get(path, tenant.token(user)).await;
        assert_eq!(answer.json().as_array().unwrap().len(), devices);
    };
    listed(4, 20).await;
    store.calls();
    listed(4, 20).await;
    let calls = store.calls();
    // The grants with the keyring; then each device and the organization.
    assert_eq!(
        (calls.len(), cost(&calls).read_units),
        (2, 11.5),
        "{calls:?}"
    );

    // A named schedule that all of them keep is read once, with the devices.
    listed(6, 20).await;
    store.calls();
    listed(6, 20).await;
    let calls = store.calls();
    assert_eq!(
        (calls.len(), cost(&calls).read_units),
        (2, 12.0),
        "{calls:?}"
    );

    // What others have costs nothing, nor what is over.
    for user in [4, 5] {
        for _ in 0..20 {
            let share = json!({"receiver": {"userId": user}, "startDate": "2020-01-01", "endDate": "2020-01-02"});
            let body = tenant.share(share);
            system.post("/v2/shares", tenant.token(1), &body).await;
        }
    }
    listed(5, 0).await;
    store.calls();
    listed(5, 0).await;
    let calls = store.calls();
    assert_eq!(
        (calls.len(), cost(&calls).read_units),
        (1, 1.0),
        "{calls:?}"
    );
}

#[tokio::test]
async fn who_may_open_a_device_is_three_round_trips() {
    let store = Store::start().await;
    let (system, tenant) = warm(&store).await;
    let share = async |user: u64, device: u64| {
        let share = json!({"receiver": {"userId": user}, "source": {"deviceId": device}});
        let body = tenant.share(share);
        let made = system.post("/v2/shares", tenant.token(1), &body).await;
        assert_eq!(made.status, 200, "{}", made.body);
    };
    for _ in 0..5 {
        for user in 2..=9 {
            share(user, 2).await;
        }
    }
    let holders = async || {
        store.calls();
        let answer = system.get("/v2/devices/2/holders", tenant.token(1)).await;
        assert_eq!(answer.json().as_array().unwrap().len(), 40);
        let calls = store.calls();
        (calls.len(), cost(&calls).read_units)
    };
    let before = holders().await;
    assert_eq!(before, (3, 6.5));
    for user in 2..=9 {
        share(user, 1).await;
    }
    assert_eq!(holders().await, before);
}
