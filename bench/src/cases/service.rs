//! Operations for ServiceStack's clients, and the API document.

use latchkey_functions::{business_users, docs, things};

use crate::Result;
use crate::ask::get;
use crate::bench::Bench;
use crate::house::space_id;

pub(super) async fn run(bench: &Bench) -> Result<()> {
    let things = get("/things.jsv");
    bench
        .case("list 50 things, in JSV", things::list::ENDPOINT, things)
        .await?;
    let one = get(format!("/things?ThingId={}", space_id(1).simple()));
    bench
        .case("list one thing", things::list::ENDPOINT, one)
        .await?;
    let users = get("/users");
    bench
        .case(
            "list 50 business users",
            business_users::list::ENDPOINT,
            users,
        )
        .await?;
    let document = get("/openapi.json");
    bench
        .case("get the API document", docs::openapi::ENDPOINT, document)
        .await?;
    Ok(())
}
