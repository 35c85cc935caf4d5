//! The cases: one request each, of every route and every function of template.yaml.
//!
//! To add one for a new endpoint:
//!
//! 1. In the module of its family, ask for what must be there with [`Bench::ask`], and count
//!    the request itself with [`Bench::case`]: a name, the `ENDPOINT`, the request.
//!    ```ignore
//!    let access = bench.ask(create::ENDPOINT, post("/v2/accesses", &new)).await?;
//!    let path = format!("/v2/accesses/{}", access.field("accessId")?);
//!    bench.case("get access", get::ENDPOINT, get(path)).await?;
//!    ```
//!    A new family is a module here and a line in [`run`], before that of [`events`].
//! 2. In `bench/ceilings.json`, a line with the name and what it may cost: round trips, read
//!    units, write units, bytes of the answer. The command says which line is missing.
//! 3. `cargo run -p latchkey-bench -- budgets --write` puts it into docs/budgets.md.
//!
//! All cases are about the one organization of [`crate::house`], one after the other, in this
//! order. So a case takes users and devices of its own where others' shares would count, and
//! has a cost that does not depend on what else is in the organization: `scale` runs them all
//! again with a million more shares in it.

mod accesses;
mod audit;
mod credentials;
mod decisions;
mod directory;
mod events;
mod keyed;
mod rarer;
mod service;
mod shares;
mod templates;

pub(crate) use events::event;
use serde_json::{Value, json};

use crate::Result;
use crate::ask::{Ask, post};
use crate::bench::Bench;
use crate::house::ORGANIZATION;

/// A list of an organization is kept in two, so that neither is a hot key.
const TWO_LISTS: &str = "each of two lists has a whole page where there are more than a hundred";

/// The cases that do cost more in a larger organization, each with the reason.
pub const GROWING: &[(&str, &str)] = &[
    (
        directory::SEARCH,
        "version 1 sorts by what is in no key, so it reads all groups and all devices",
    ),
    (
        directory::SORTED,
        "no key sorts devices by what they report, so it reads all of them",
    ),
    ("list 50 devices", TWO_LISTS),
    ("list 50 spaces", TWO_LISTS),
    ("list 50 things, in JSV", TWO_LISTS),
    (
        accesses::REMAKE,
        "it gives all accesses of the organization new codes, in pages",
    ),
];

/// Counts every case.
///
/// # Errors
/// A request is not answered as its case says.
pub async fn run(bench: &Bench) -> Result<()> {
    shares::run(bench).await?;
    decisions::run(bench).await?;
    directory::run(bench).await?;
    templates::run(bench).await?;
    accesses::run(bench).await?;
    credentials::run(bench).await?;
    service::run(bench).await?;
    rarer::run(bench).await?;
    keyed::run(bench).await?;
    audit::run(bench).await?;
    // Last: it takes users away.
    events::run(bench).await
}

/// The body of what is created in the organization.
fn new(mut fields: Value) -> Value {
    fields["organizationId"] = json!(ORGANIZATION);
    fields
}

/// A share of a device to a user, with further fields.
fn share(device: u64, user: u64, mut fields: Value) -> Ask {
    fields["source"] = json!({"deviceId": device});
    fields["receiver"] = json!({"userId": user});
    post("/v2/shares", &new(fields))
}

/// Makes such a share, and gives its path.
async fn shared(bench: &Bench, ask: Ask) -> Result<String> {
    use latchkey_functions::shares::create;
    let created = bench.ask(create::ENDPOINT, ask).await?;
    Ok(format!("/v2/shares/{}", created.field("shareId")?))
}
