//! Shows that the figures in docs/budgets.md are those of the running system: the same
//! requests, counted over HTTP at the store. And that reads that open a door are strongly
//! consistent.

use reqwest::Method;
use serde_json::json;

use crate::system::{Call, SPACE, Store, System, Tenant, access_space, root};

/// Round trips, read units and write units.
type Cost = (usize, f64, f64);

fn cost(calls: &[Call]) -> Cost {
    (
        calls.len(),
        calls.iter().map(|call| call.read_units).sum(),
        calls.iter().map(|call| call.write_units).sum(),
    )
}

/// The line of a case in docs/budgets.md.
fn budget(case: &str) -> Cost {
    let budgets = std::fs::read_to_string(root().join("docs/budgets.md")).unwrap();
    let mut rows = budgets
        .lines()
        .map(|row| row.split('|').map(str::trim).collect::<Vec<_>>());
    let row = rows.find(|row| row.get(1) == Some(&case));
    let row = row.unwrap_or_else(|| panic!("docs/budgets.md has no {case}"));
    let number = |cell: usize| row[cell].parse::<f64>().unwrap();
    (row[2].parse().unwrap(), number(4), number(6))
}

/// A system whose organization 7 has a share of device 2 and an access of user 4 with code
/// 100001, and whose gateway knows users 1, 2 and 4. User 2 is a controller.
async fn warm(store: &Store) -> (System, Tenant) {
    let (system, tenant) = (System::on(store).await, Tenant::new(7));
    let mut tenant = tenant.with_controller(2);
    tenant.world.devices[1].spaces = [SPACE.into()].into();
    tenant.world.spaces[0].devices = [2.try_into().unwrap()].into();
    let access = tenant.access(1, 4, vec![access_space(SPACE, "100001")]);
    tenant.world.accesses.push(access);
    store.put(&tenant.world).await;
    for user in [1, 2, 4] {
        system.user(tenant.token(user)).get("/v2/shares/4").await;
    }
    store.calls();
    (system, tenant)
}

#[tokio::test]
async fn creating_a_share_costs_what_its_budget_says() {
    let store = Store::start().await;
    let (system, tenant) = warm(&store).await;
    system
        .user(tenant.token(1))
        .post("/v2/shares", &tenant.share(json!({})))
        .await
        .ok();
    assert_eq!(cost(&store.calls()), budget("create share, by role"));
}

#[tokio::test]
async fn an_entry_costs_what_its_budget_says() {
    let store = Store::start().await;
    let (system, tenant) = warm(&store).await;
    let path = format!("/v2/spaces/{SPACE}/entries");
    let code = json!({"code": "100001"});
    system.user(tenant.token(2)).post(&path, &code).await.ok();
    assert_eq!(cost(&store.calls()), budget("enter a space"));
}

/// Whether each read of these calls is strongly consistent.
fn are_strong(calls: &[Call]) -> bool {
    calls.iter().all(|call| match call.operation.as_str() {
        "GetItem" | "Query" => call.request["ConsistentRead"] == true,
        "BatchGetItem" => {
            let mut tables = call.request["RequestItems"].as_object().unwrap().values();
            tables.all(|table| table["ConsistentRead"] == true)
        }
        _ => true,
    })
}

#[tokio::test]
async fn reads_that_open_a_door_are_strongly_consistent() {
    let store = Store::start().await;
    let (system, tenant) = warm(&store).await;
    let share = json!({
        "receiver": {"userId": 4}, "source": {"deviceId": 1},
        "permissions": {"remoteActivate": true}, "scheduleId": 1,
    });
    let (admin, user, door) = (tenant.token(1), tenant.token(4), tenant.token(2));
    let gateway = json!({"gatewayId": 1});
    system.user(admin).put("/v2/devices/1", &gateway).await;
    system
        .user(admin)
        .post("/v2/shares", &tenant.share(share))
        .await
        .ok();
    let rules = json!({"rules": []});
    system.user(admin).put("/v2/schedules/1", &rules).await;
    store.calls();

    let code = json!({"code": "100001"});
    let entries = format!("/v2/spaces/{SPACE}/entries");
    for (method, path, token, body) in [
        (Method::GET, "/v2/devices/1/decision", user, None),
        (Method::GET, "/v2/devices/2/decision", user, None),
        (Method::POST, "/v1/devices/1/remote-activation", user, None),
        (Method::POST, entries.as_str(), door, Some(&code)),
    ] {
        let answer = system.call(method, path, token, body).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        let calls = store.calls();
        assert!(!calls.is_empty() && are_strong(&calls), "{path}: {calls:?}");
    }
}
