//! The store goes away and comes back.

use std::collections::HashSet;
use std::time::Duration;

use futures_util::future::join_all;
use serde_json::json;

use crate::system::{Store, System, keys, share_body};

const PATH: &str = "/v2/shares";

#[tokio::test]
async fn while_the_store_is_away_the_answer_says_to_try_again() {
    let mut store = Store::start().await;
    let system = System::on(&store).await;
    let body = share_body(json!({}));
    system.admin().post(PATH, &body).await.ok();
    store.stop();
    // From the function, whose caller is known still.
    let answer = system.admin().post(PATH, &body).await;
    answer.assert_error(503, "serviceUnavailableError");
    assert_eq!(answer.header("retry-after"), Some("1"));
    // From the gateway, whose authorizer cannot look up the caller.
    let answer = system.user(uuid::Uuid::new_v4()).get("/v2/shares/3").await;
    answer.assert_error(503, "serviceUnavailableError");
    assert_eq!(answer.header("retry-after"), Some("1"));
    store.resume().await;
    system.admin().post(PATH, &body).await.ok();
}

#[tokio::test]
async fn a_store_that_stops_under_load_leaves_nothing_half_written() {
    let mut store = Store::start().await;
    let system = System::on(&store).await;
    let body = share_body(json!({}));
    system.admin().post(PATH, &body).await.ok();
    let load = async |client: u32| {
        let mut created = Vec::new();
        for _ in 0..12 {
            let answer = system.admin().post(PATH, &body).await;
            match answer.status.as_u16() {
                200 => created.push(answer.json()["shareId"].as_u64().unwrap()),
                503 => {}
                other => panic!("client {client}: {other} {}", answer.body),
            }
        }
        created
    };
    let outage = async {
        for _ in 0..3 {
            tokio::time::sleep(Duration::from_millis(80)).await;
            store.stop();
            tokio::time::sleep(Duration::from_millis(80)).await;
            store.resume().await;
        }
    };
    let (created, ()) = tokio::join!(join_all((0..8).map(load)), outage);
    let number = |key: String| key.rsplit('#').next().unwrap().parse::<u64>().unwrap();
    let shares: HashSet<_> = store
        .sort_keys(&keys::shares())
        .await
        .into_iter()
        .map(number)
        // The demo's open invitation has no grant.
        .filter(|id| *id != 4)
        .collect();
    let grants: HashSet<_> = store
        .sort_keys(&keys::grants())
        .await
        .into_iter()
        // The demo has one of an access, too.
        .filter(|key| !key.contains(&format!("#{}", keys::spaces())))
        .map(number)
        .collect();
    assert_eq!(shares, grants);
    // Acknowledged items exist.
    assert!(created.concat().iter().all(|id| shares.contains(id)));
}
