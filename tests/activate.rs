//! Opening remotely.

use latchkey::audit::AuditEntry;
use latchkey::table::from_item;
use latchkey_demo::World;
use reqwest::Method;
use serde_json::{Value, json};

use crate::system::{Answer, Store, System, Tenant, keys, scope};

const ON: &str = "/v1/devices/2/remote-activation";
const OFF: &str = "/v1/devices/2/remote-deactivation";

async fn post(system: &System, tenant: &Tenant, user: usize, path: &str) -> Answer {
    system
        .user(tenant.token(user))
        .call(Method::POST, path)
        .await
}

/// Organization 7, whose device 2 has a gateway.
async fn start() -> (Store, System, Tenant) {
    let store = Store::start().await;
    let system = System::on(&store).await;
    let mut tenant = Tenant::new(7);
    with_gateway(&mut tenant.world);
    store.put(&tenant.world).await;
    (store, system, tenant)
}

fn with_gateway(world: &mut World) {
    use latchkey::directory::ForeignId;
    world.devices[1].gateway_id = Some(ForeignId::Text("gateway-7".to_owned()));
    world.devices[1].activation_time = Some(5);
}

async fn share(system: &System, tenant: &Tenant, changes: Value) -> u64 {
    let body = tenant.share(changes);
    let answer = system
        .user(tenant.token(1))
        .post("/v2/shares", &body)
        .await
        .ok();
    answer.json()["shareId"].as_u64().unwrap()
}

fn remote(user: u64, device: u64) -> Value {
    json!({"receiver": {"userId": user}, "source": {"deviceId": device}, "permissions": {"remoteActivate": true}})
}

#[tokio::test]
async fn a_user_with_the_permission_opens_remotely_and_it_is_recorded() {
    let (store, system, tenant) = start().await;
    let id = share(&system, &tenant, remote(4, 2)).await;
    for (path, deed) in [(ON, "activation"), (OFF, "deactivation")] {
        let answer = post(&system, &tenant, 4, path).await.ok();
        answer.assert_headers();
        let expected =
            json!({"deviceId": 2, "errorCode": "OK", "errorMessage": "", "activationTime": 5});
        assert_eq!(answer.json(), expected);
        let items = store.items().await;
        let is_of_it = |item: &&latchkey::table::Item| {
            item.get("deed")
                .is_some_and(|value| value.as_s().unwrap() == deed)
        };
        let item = items.iter().find(is_of_it).unwrap();
        let entry: AuditEntry = from_item(item.clone()).unwrap();
        assert!(keys::is_at(item, &scope(7).audit(&entry)));
        assert_eq!(item["device"].as_n().unwrap(), "2");
        assert_eq!(item["user"].as_n().unwrap(), "4");
        assert_eq!(item["credential"].as_s().unwrap(), "token-4");
        assert_eq!(item["gateway"].as_s().unwrap(), "gateway-7");
        let shares = item["shares"].as_l().unwrap();
        assert_eq!(shares[0].as_n().unwrap(), &id.to_string());
    }
}

#[tokio::test]
async fn a_refusal_says_what_is_lacking_and_writes_nothing() {
    let (store, system, tenant) = start().await;
    let body = json!({"receiver": {"userId": 4}, "source": {"deviceId": 2}});
    let weak = share(&system, &tenant, body).await;
    let mut future = remote(4, 2);
    future["startDate"] = json!("2099-01-01");
    let future = share(&system, &tenant, future).await;
    let answer = post(&system, &tenant, 4, ON).await;
    answer.assert_error(403, "insufficientRightsError");
    let details = answer.json()["details"].clone();
    assert_eq!(
        details[0]["message"],
        format!("share {weak} lacks the permission")
    );
    assert_eq!(
        details[1]["message"],
        format!("share {future} has not begun")
    );
    // A role gives no right to a door.
    let answer = post(&system, &tenant, 1, OFF).await;
    answer.assert_error(403, "insufficientRightsError");

    // Device 1 has no gateway; device 9 does not exist.
    share(&system, &tenant, remote(4, 1)).await;
    let answer = post(&system, &tenant, 4, "/v1/devices/1/remote-activation").await;
    answer.assert_error(400, "gatewayNotFoundError");
    for device in ["9", "x"] {
        let path = format!("/v1/devices/{device}/remote-activation");
        let answer = post(&system, &tenant, 4, &path).await;
        answer.assert_error(404, "notFoundError");
    }
    let items = store.items().await;
    assert!(items.iter().all(|item| !item.contains_key("deed")));
}
