//! Accesses and their codes.

use aws_lambda_events::dynamodb::StreamRecord;
use latchkey_functions::accesses::{create, delete as delete_access, update};
use latchkey_functions::reprogramming::{ask, remake};
use latchkey_functions::templates;
use serde_json::{Value, json};

use super::new;
use crate::Result;
use crate::ask::{Ask, delete, post, put};
use crate::bench::Bench;
use crate::house::{ORGANIZATION, space_id};

const PATH: &str = "/BusinessUserAccess";
/// Whom all of them are for.
const USER: u64 = 28;
/// The first of the spaces that they are to.
const SPACE: u64 = 11;
/// From when until when.
const FROM: &str = "2030-02-01T12:00:00Z";
const UNTIL: &str = "2030-02-02T12:00:00Z";
const LATER: &str = "2030-02-03T12:00:00Z";

pub(super) async fn run(bench: &Bench) -> Result<()> {
    let shared = template(bench, SPACE, false).await?;
    let access = access(&shared, SPACE);
    let made = bench
        .case(
            "create access, 3 spaces, own codes",
            create::ENDPOINT,
            access,
        )
        .await?;
    let id = made.field("id")?;
    let change = change(&id, SPACE);
    bench
        .case("update access, 3 spaces", update::ENDPOINT, change)
        .await?;
    let gone = delete(format!("{PATH}?BusinessUserAccessId={id}"));
    bench
        .case("delete access, 3 spaces", delete_access::ENDPOINT, gone)
        .await?;

    let alone = template(bench, SPACE + 3, true).await?;
    let access = self::access(&alone, SPACE + 3);
    let made = bench
        .case(
            "create access, 3 exclusive spaces",
            create::ENDPOINT,
            access,
        )
        .await?;
    let id = made.field("id")?;
    let change = self::change(&id, SPACE + 3);
    bench
        .case(
            "update access, 3 exclusive spaces",
            update::ENDPOINT,
            change,
        )
        .await?;

    let asked = put("/BusinessUserAccesses/reprogramcodes", &new(json!({})));
    let asked = bench.case("reprogram codes", ask::ENDPOINT, asked).await?;
    let mut event = super::events::event("remake-codes")?["Records"][0]["dynamodb"].take();
    let organization = format!("ORG#{ORGANIZATION}");
    event["Keys"]["PK"] = json!({"S": organization});
    event["NewImage"]["PK"] = json!({"S": organization});
    event["NewImage"]["organization"] = json!({"N": ORGANIZATION.to_string()});
    event["NewImage"]["id"] = json!({"S": asked.field("id")?});
    let event: StreamRecord = serde_json::from_value(event)?;
    let remade = (remake::HANDLE)(event, bench.event_call());
    let case = "remake the codes of one access, 3 exclusive spaces";
    bench.event(case, "remake-codes", remade).await
}

/// A template of three spaces, by its id.
async fn template(bench: &Bench, first: u64, exclusive: bool) -> Result<String> {
    let thing = |number| json!({"thingId": space_id(number), "exclusive": exclusive});
    let things: Value = (first..first + 3).map(thing).collect();
    let template = new(json!({"name": "Guests", "things": things}));
    let made = bench.ask(
        templates::create::ENDPOINT,
        post("/access/template", &template),
    );
    made.await?.field("id")
}

fn access(template: &str, first: u64) -> Ask {
    let access = json!({
        "accessTemplateId": template, "businessUserId": USER, "label": "Guest of room 12",
        "accessCodeInitializationStrategy": "Unique", "validFrom": FROM, "validTo": UNTIL,
        "spaces": spaces(first),
    });
    post(PATH, &new(access))
}

/// It ends a day later.
fn change(id: &str, first: u64) -> Ask {
    let change = json!({
        "businessUserAccessId": id, "validFrom": FROM, "validTo": LATER, "spaces": spaces(first),
    });
    put(PATH, &change)
}

fn spaces(first: u64) -> Value {
    let space = |number| json!({"thingId": space_id(number)});
    (first..first + 3).map(space).collect()
}
