//! Reading the record of what the cases before have changed.

use chrono::SecondsFormat;
use latchkey_functions::audit::list;
use latchkey_functions::events;
use latchkey_functions::shares::{create_web_key, delete, delete_web_key, update};
use serde_json::{Value, json};

use super::{new, shared};
use crate::Result;
use crate::ask::{delete as delete_of, get, post, put};
use crate::bench::Bench;

pub(super) async fn run(bench: &Bench) -> Result<()> {
    refusals(bench).await?;
    // All of one share: random IDs spread others over the partitions in another way each time.
    let share = new(json!({"source": {"deviceId": 38}, "receiver": {"userId": 2}}));
    let share = shared(bench, post("/v2/shares", &share)).await?;
    let from = bench.now().to_rfc3339_opts(SecondsFormat::Millis, true);
    for year in 2090..2090 + CHANGES {
        let change = json!({"endDate": format!("{year}-01-01")});
        bench.ask(update::ENDPOINT, put(&share, &change)).await?;
    }
    let id = share.rsplit('/').next().unwrap_or_default();
    let of_share = format!("&subjectKind=share&subjectId={id}");
    let of_door = "&subjectKind=device&subjectId=38";
    let list = |query: &str| get(format!("/v2/audit?from={from}{query}"));
    for (case, ask) in [
        ("list 10 changes", list("")),
        ("list 10 changes of a share", list(&of_share)),
        // Who administrates it by a share below a group's.
        (
            "list 10 changes of a door, by right of a share",
            list(of_door).by(38),
        ),
    ] {
        bench.case(case, list::ENDPOINT, ask).await?;
    }
    let events = get("/v2/events?deviceId=1%202");
    let of_two = "list the events of 2 devices";
    bench.case(of_two, events::list::ENDPOINT, events).await?;
    let held = get("/v2/events?deviceId=38").by(38);
    let of_held = "list the events of a device, by right of a share";
    bench.case(of_held, events::list::ENDPOINT, held).await?;
    Ok(())
}

/// How many changes are listed.
const CHANGES: i32 = 10;

/// A user without a role.
const NOBODY: u64 = 50;

/// What is refused is written down, too: by every function that changes something.
async fn refusals(bench: &Bench) -> Result<()> {
    // Who holds a share may read it.
    let own = new(json!({"source": {"deviceId": 2}, "receiver": {"userId": NOBODY}}));
    let own = shared(bench, post("/v2/shares", &own)).await?;
    let change = || {
        put(&own, &json!({"endDate": "2099-01-01"}))
            .by(NOBODY)
            .answered(403)
    };
    let of_receiver = "update share, refused to its receiver";
    bench.case(of_receiver, update::ENDPOINT, change()).await?;
    let web_key = format!("{own}/web-key");
    let further = vec![
        (delete::ENDPOINT, delete_of(&own)),
        (create_web_key::ENDPOINT, post(&web_key, &Value::Null)),
        (delete_web_key::ENDPOINT, delete_of(&web_key)),
    ];
    bench.refusals(NOBODY, further).await;
    Ok(())
}
