//! What each request may cost: round trips and capacity units, counted at the store. They
//! are exact, so a change that costs more fails here. `docs/architecture.md` has the table.

use reqwest::Method;
use serde_json::json;

use crate::system::{Answer, Call, Store, System, Tenant};

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
