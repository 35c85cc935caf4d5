//! Shares.

use latchkey_functions::shares::{
    calendar, claim, create, create_calendar_link, create_web_key, delete as delete_share,
    delete_calendar_link, delete_web_key, get as get_share, get_calendar, list, update,
};
use serde_json::{Value, json};

use super::{new, share, shared};
use crate::Result;
use crate::ask::{delete, get, post, put};
use crate::bench::Bench;

/// The user and the device of most cases here.
const USER: u64 = 21;
const DEVICE: u64 = 21;
/// Who administrates a device, by a share.
const KEEPER: u64 = 22;
const KEPT: u64 = 22;

pub(super) async fn run(bench: &Bench) -> Result<()> {
    creating(bench).await?;
    reading(bench).await?;
    changing(bench).await?;
    deleting(bench).await?;
    by_right_of_another(bench).await
}

async fn creating(bench: &Bench) -> Result<()> {
    let plain = || share(DEVICE, USER, json!({}));
    let keyed = || plain().header("idempotency-key", "booking-4711");
    bench
        .case("create share, by role", create::ENDPOINT, plain())
        .await?;
    bench
        .case(
            "create share, with an idempotency key",
            create::ENDPOINT,
            keyed(),
        )
        .await?;
    bench
        .case(
            "create share, replayed with its key",
            create::ENDPOINT,
            keyed(),
        )
        .await?;
    let named = share(DEVICE, USER, json!({"scheduleId": 1}));
    bench
        .case(
            "create share, with a named schedule",
            create::ENDPOINT,
            named,
        )
        .await?;
    let open = post("/v2/shares", &new(json!({"source": {"deviceId": DEVICE}})));
    let open = bench
        .case("create share, an open invitation", create::ENDPOINT, open)
        .await?;
    let claimed = post("/v2/shares/claim", &json!({"token": open.field("token")?})).by(USER);
    bench.case("claim share", claim::ENDPOINT, claimed).await?;
    Ok(())
}

async fn reading(bench: &Bench) -> Result<()> {
    let path = shared(bench, share(DEVICE, USER, json!({}))).await?;
    bench
        .case("get share, with names", get_share::ENDPOINT, get(&path))
        .await?;
    let calendar = format!("{path}/calendar");
    bench
        .case("get a share's calendar", calendar::ENDPOINT, get(calendar))
        .await?;
    for (case, target, count) in [
        (
            "list 50 shares between 10 users and 10 devices",
            "/v2/shares",
            50,
        ),
        ("list the 5 shares of a user", "/v2/shares?userId=13", 5),
        ("list the 5 shares of a device", "/v2/shares?deviceId=13", 5),
    ] {
        let listed = bench.case(case, list::ENDPOINT, get(target)).await?;
        if listed.count()? != count {
            return Err(format!("{case}: {} shares", listed.count()?).into());
        }
    }
    Ok(())
}

async fn changing(bench: &Bench) -> Result<()> {
    let path = shared(bench, share(DEVICE, USER, json!({}))).await?;
    for (case, change) in [
        (
            "update share",
            json!({"permissions": {"remoteActivate": true}}),
        ),
        (
            "update share, what is not the grant's",
            json!({"personalSettings": {"notifications": true}}),
        ),
        ("update share, a named schedule", json!({"scheduleId": 1})),
        (
            "update share, to be removed after its end",
            json!({"endDate": "2099-12-31", "autoRemoveAfter": "MONTH"}),
        ),
    ] {
        bench
            .case(case, update::ENDPOINT, put(&path, &change))
            .await?;
    }
    let path = shared(bench, share(DEVICE, USER, json!({"endDate": "2099-12-31"}))).await?;
    let key = format!("{path}/web-key");
    bench
        .case(
            "create web key",
            create_web_key::ENDPOINT,
            post(&key, &Value::Null),
        )
        .await?;
    bench
        .case("delete web key", delete_web_key::ENDPOINT, delete(&key))
        .await?;
    let link = format!("{path}/calendar-link");
    let case = "create calendar link";
    let made = post(&link, &Value::Null);
    let made = bench
        .case(case, create_calendar_link::ENDPOINT, made)
        .await?;
    let url = made.field("url")?;
    let target = &url[url.find("/v2/").unwrap_or_default()..];
    bench
        .case(
            "get a calendar by its link",
            get_calendar::ENDPOINT,
            get(target),
        )
        .await?;
    bench
        .case(
            "delete calendar link",
            delete_calendar_link::ENDPOINT,
            delete(&link),
        )
        .await?;
    Ok(())
}

async fn deleting(bench: &Bench) -> Result<()> {
    let plain = shared(bench, share(DEVICE, USER, json!({}))).await?;
    bench
        .case("delete share", delete_share::ENDPOINT, delete(plain))
        .await?;
    let linked = shared(bench, share(DEVICE, USER, json!({}))).await?;
    let link = post(format!("{linked}/calendar-link"), &Value::Null);
    bench.ask(create_calendar_link::ENDPOINT, link).await?;
    let case = "delete share, with a calendar link";
    bench
        .case(case, delete_share::ENDPOINT, delete(linked))
        .await?;
    let named = shared(bench, share(DEVICE, USER, json!({"scheduleId": 1}))).await?;
    let case = "delete share, with a named schedule";
    bench
        .case(case, delete_share::ENDPOINT, delete(named))
        .await?;
    Ok(())
}

async fn by_right_of_another(bench: &Bench) -> Result<()> {
    let right = json!({"permissions": {"administrate": true}});
    shared(bench, share(KEPT, KEEPER, right)).await?;
    let passed_on = share(KEPT, USER, json!({})).by(KEEPER);
    let created = bench
        .case(
            "create share, by right of another",
            create::ENDPOINT,
            passed_on,
        )
        .await?;
    let path = format!("/v2/shares/{}", created.field("shareId")?);
    let change = put(&path, &json!({"endDate": "2099-12-31"})).by(KEEPER);
    bench
        .case(
            "update share, by right of another",
            update::ENDPOINT,
            change,
        )
        .await?;
    let gone = delete(&path).by(KEEPER);
    bench
        .case(
            "delete share, by right of another",
            delete_share::ENDPOINT,
            gone,
        )
        .await?;
    Ok(())
}
