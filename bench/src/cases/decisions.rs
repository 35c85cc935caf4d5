//! Decisions, and what rests on them.

use latchkey_functions::activations::{activate, deactivate};
use latchkey_functions::decisions::{decide, effective, holders};
use serde_json::{Value, json};

use super::{new, share, shared};
use crate::Result;
use crate::ask::{get, post};
use crate::bench::Bench;
use crate::house::{GROUPED_DEVICE, GROUPED_USER, ZONELESS};

/// The door of most cases here.
const DEVICE: u64 = 23;
/// A user with whom it is shared.
const USER: u64 = 23;
/// Who keeps a named schedule.
const SCHEDULED: u64 = 24;
/// Whom `USER` has shared it with.
const BELOW: u64 = 25;
/// Whom a device without a zone of its own is shared with.
const ELSEWHERE: u64 = 32;
/// A user with a great many shares elsewhere.
const BUSY: u64 = 26;
/// A device that eight users have five shares of each.
const HELD: u64 = 24;
/// A user with twenty devices, from this number on.
const OWNER: u64 = 27;
const OWNED: u64 = 41;
/// A device in group 4, and a user in group 4.
const IN_GROUP: u64 = crate::house::MEMBERS[0];

pub(super) async fn run(bench: &Bench) -> Result<()> {
    deciding(bench).await?;
    activating(bench).await?;
    listing(bench).await
}

async fn deciding(bench: &Bench) -> Result<()> {
    let to_share_on = json!({"permissions": {"administrate": true}});
    shared(bench, share(DEVICE, USER, to_share_on)).await?;
    let groups = json!({"source": {"deviceGroupId": 2}, "receiver": {"userGroupId": 2}});
    shared(bench, post("/v2/shares", &new(groups))).await?;
    shared(bench, share(DEVICE, SCHEDULED, json!({"scheduleId": 2}))).await?;
    shared(bench, share(DEVICE, BELOW, json!({})).by(USER)).await?;
    shared(bench, share(ZONELESS, ELSEWHERE, json!({}))).await?;
    for _ in 0..150 {
        shared(bench, share(HELD, BUSY, json!({}))).await?;
    }
    shared(bench, share(DEVICE, BUSY, json!({}))).await?;
    for (case, user, device) in [
        ("decision, user and device without groups", USER, DEVICE),
        (
            "decision, user in 3 groups, device in 3 groups",
            GROUPED_USER,
            GROUPED_DEVICE,
        ),
        (
            "decision, a door without a zone of its own",
            ELSEWHERE,
            ZONELESS,
        ),
        ("decision, through a named schedule", SCHEDULED, DEVICE),
        ("decision, by a share that was shared on", BELOW, DEVICE),
        ("decision, user with 150 shares elsewhere", BUSY, DEVICE),
    ] {
        let decision = get(format!("/v2/devices/{device}/decision")).by(user);
        let decision = bench.case(case, decide::ENDPOINT, decision).await?;
        if decision.json()?["allowed"] != true {
            return Err(format!("{case}: it does not open").into());
        }
    }
    Ok(())
}

async fn activating(bench: &Bench) -> Result<()> {
    let from_afar = json!({"permissions": {"remoteActivate": true}});
    shared(bench, share(DEVICE, USER, from_afar)).await?;
    let ask = |what: &str| post(format!("/v1/devices/{DEVICE}/{what}"), &Value::Null).by(USER);
    let open = ask("remote-activation");
    bench
        .case("activate device", activate::ENDPOINT, open)
        .await?;
    for case in [
        "activate device, with an activation id",
        "activate device, sent again with its id",
    ] {
        let named = ask("remote-activation").header("idempotency-key", "app-3-000123");
        bench.case(case, activate::ENDPOINT, named).await?;
    }
    let close = ask("remote-deactivation");
    bench
        .case("deactivate device", deactivate::ENDPOINT, close)
        .await?;
    Ok(())
}

async fn listing(bench: &Bench) -> Result<()> {
    for device in OWNED..OWNED + 20 {
        shared(bench, share(device, OWNER, json!({}))).await?;
    }
    let group = json!({"source": {"deviceGroupId": 4}, "receiver": {"userGroupId": 4}});
    shared(bench, post("/v2/shares", &new(group))).await?;
    let (first, second) = (
        "/v1/effective-device-permissions",
        "/v2/effective-device-permissions",
    );
    for (case, path, user, count) in [
        ("effective permissions, 20 devices", first, OWNER, 20),
        ("effective permissions, 20 devices (v2)", second, OWNER, 20),
        (
            "effective permissions, 2 devices through a group",
            second,
            IN_GROUP,
            2,
        ),
    ] {
        let listed = bench
            .case(case, effective::ENDPOINT, get(path).by(user))
            .await?;
        if listed.count()? != count {
            return Err(format!("{case}: {}", listed.json()?).into());
        }
    }
    // In the place of the 150 above, with which the list would have pages.
    let held = HELD + 1;
    for user in 51..=58 {
        for _ in 0..5 {
            shared(bench, share(held, user, json!({}))).await?;
        }
    }
    let ask = get(format!("/v2/devices/{held}/holders"));
    bench
        .case(
            "who may open a device, 40 shares of 8 users",
            holders::ENDPOINT,
            ask,
        )
        .await?;
    Ok(())
}
