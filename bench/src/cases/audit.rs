//! Reading the record of what the cases before have changed.

use latchkey_functions::audit::list;
use latchkey_functions::shares::{create_web_key, delete, delete_web_key, update};
use serde_json::{Value, json};

use super::{new, shared};
use crate::Result;
use crate::ask::{delete as delete_of, get, post, put};
use crate::bench::Bench;

pub(super) async fn run(bench: &Bench) -> Result<()> {
    let all = get("/v2/audit?size=50");
    bench.case("list 50 changes", list::ENDPOINT, all).await?;
    let share = new(json!({"source": {"deviceId": 1}, "receiver": {"userId": 2}}));
    let share = shared(bench, post("/v2/shares", &share)).await?;
    let id = share.rsplit('/').next().unwrap_or_default();
    let path = format!("/v2/audit?subjectKind=share&subjectId={id}");
    let of_one = "list the changes of a share";
    bench.case(of_one, list::ENDPOINT, get(path)).await?;
    refusals(bench).await?;
    // Who administrates it by a share below a group's.
    let door = get("/v2/audit?subjectKind=device&subjectId=38").by(38);
    let of_door = "list the changes of a door, by right of a share";
    bench.case(of_door, list::ENDPOINT, door).await?;
    Ok(())
}

/// A user without a role.
const NOBODY: u64 = 57;

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
