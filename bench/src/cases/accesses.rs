//! Accesses and their codes.

use aws_lambda_events::dynamodb::StreamRecord;
use latchkey_functions::accesses::{
    create, delete as delete_access, get as get_access, key_codes, list, update,
};
use latchkey_functions::decisions::decide;
use latchkey_functions::reprogramming::ask;
use latchkey_functions::stream::{follow_up, remake_codes};
use latchkey_functions::{entries, spaces, templates};
use serde_json::{Value, json};

use super::new;
use crate::Result;
use crate::ask::{Ask, delete, get, post, put};
use crate::bench::{Answer, Bench, REMAKES};
use crate::house::{ORGANIZATION, TENANT_ADMIN, VISITED, VISITOR, space_id};

/// Which case is of all accesses.
pub(super) const REMAKE: &str =
    "remake all codes: 50 accesses are over, one has 3 exclusive spaces";

const PATH: &str = "/BusinessUserAccess";
const LIST: &str = "/BusinessUserAccesses";
/// Whom those are for that are written.
const USER: u64 = 28;
/// The first of the spaces that they are to.
const SPACE: u64 = 11;
/// Whom those are for that are used, and the door that they open.
const GUEST: u64 = 29;
const DEVICE: u64 = 29;
/// From when until when.
const BEFORE: &str = "2030-01-01T12:00:00Z";
const FROM: &str = "2030-02-01T12:00:00Z";
const UNTIL: &str = "2030-02-02T12:00:00Z";
const LATER: &str = "2030-02-03T12:00:00Z";

pub(super) async fn run(bench: &Bench) -> Result<()> {
    writing(bench).await?;
    remaking(bench).await?;
    entering(bench).await?;
    listing(bench).await
}

async fn writing(bench: &Bench) -> Result<()> {
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
    let one = get(format!("{PATH}?BusinessUserAccessId={id}"));
    bench
        .case("get access, 3 spaces", get_access::ENDPOINT, one)
        .await?;
    let gone = delete(format!("{PATH}?BusinessUserAccessId={id}"));
    bench
        .case("delete access, 3 spaces", delete_access::ENDPOINT, gone)
        .await?;

    bench.conflict();
    let case = "create access, by a caller who writes much at once";
    let access = self::access(&shared, SPACE);
    let made = bench.case(case, create::ENDPOINT, access).await?;
    let id = made.field("id")?;
    let gone = delete(format!("{PATH}?BusinessUserAccessId={id}"));
    bench.ask(delete_access::ENDPOINT, gone).await?;

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
    booking(bench).await
}

/// A space that somebody has alone at noon.
async fn booking(bench: &Bench) -> Result<()> {
    let space = SPACE + 6;
    let template = template(bench, space, true).await?;
    let book = |from: &str, until: Value| {
        let access = json!({
            "accessTemplateId": template, "businessUserId": USER, "validFrom": from,
            "validTo": until, "spaces": [{"thingId": space_id(space)}],
        });
        post(PATH, &access)
    };
    let mut made = Vec::new();
    let noon = book("2030-03-01T12:00:00Z", json!("2030-03-01T13:00:00Z"));
    let case = "create access, an exclusive space for an hour";
    made.push(bench.case(case, create::ENDPOINT, noon).await?);
    let afternoon = book("2030-03-01T13:00:00Z", json!("2030-03-01T14:00:00Z"));
    let case = "create access, the same for another hour of the day";
    made.push(bench.case(case, create::ENDPOINT, afternoon).await?);
    let year = book("2030-03-02T00:00:00Z", json!("2031-03-02T00:00:00Z"));
    let case = "create access, the same for the year after";
    made.push(bench.case(case, create::ENDPOINT, year).await?);
    let gone = |made: &Answer| -> Result<Ask> {
        let id = made.field("id")?;
        Ok(delete(format!("{PATH}?BusinessUserAccessId={id}")))
    };
    let case = "delete access, an exclusive space for a year";
    let last = made.pop().ok_or("no access")?;
    bench
        .case(case, delete_access::ENDPOINT, gone(&last)?)
        .await?;
    let case = "delete access, an exclusive space for an hour";
    let last = made.pop().ok_or("no access")?;
    bench
        .case(case, delete_access::ENDPOINT, gone(&last)?)
        .await?;
    for made in made {
        bench.ask(delete_access::ENDPOINT, gone(&made)?).await?;
    }
    Ok(())
}

/// One of all accesses has not ended: the last of those above.
async fn remaking(bench: &Bench) -> Result<()> {
    let asked = put("/BusinessUserAccesses/reprogramcodes", &json!({})).by(TENANT_ADMIN);
    let asked = bench.case("reprogram codes", ask::ENDPOINT, asked).await?;
    if !bench.remakes {
        return Ok(());
    }
    let mut event = super::events::event(REMAKES)?["Records"][0]["dynamodb"].take();
    let organization = format!("ORG#{ORGANIZATION}");
    event["Keys"]["PK"] = json!({"S": organization});
    event["NewImage"]["PK"] = json!({"S": organization});
    event["NewImage"]["organization"] = json!({"N": ORGANIZATION.to_string()});
    event["NewImage"]["id"] = json!({"S": asked.field("id")?});
    let event: StreamRecord = serde_json::from_value(event)?;
    let remade = (remake_codes::HANDLER.handle)(event, bench.context());
    bench.event(REMAKE, REMAKES, remade).await
}

/// Accesses of one user to a space of their own, with one door.
async fn entering(bench: &Bench) -> Result<()> {
    for (what, terms) in [
        ("", json!({})),
        (", counted entries", json!({"accessCount": 10})),
        (
            ", hours of the day",
            json!({"fromHour": "08:00:00", "toHour": "22:00:00"}),
        ),
    ] {
        let space = new(json!({"name": "Meeting room", "devices": [DEVICE]}));
        let space = post("/v2/spaces", &space);
        let space = bench.ask(spaces::create::ENDPOINT, space).await?;
        let space = space.field("spaceId")?;
        let things = json!([{"thingId": space}]);
        let template = json!({"name": "Guests", "things": things});
        let template = post("/access/template", &template);
        let template = bench.ask(templates::create::ENDPOINT, template).await?;
        let mut terms = terms;
        terms["thingId"] = json!(space);
        let access = json!({
            "accessTemplateId": template.field("id")?, "businessUserId": GUEST,
            "validFrom": BEFORE, "validTo": UNTIL, "spaces": [terms],
        });
        let give = || bench.ask(create::ENDPOINT, post(PATH, &access.clone()));
        let access = give().await?;
        let codes = async || -> Result<Value> {
            let own = get(format!("{LIST}?BusinessUserId={GUEST}&ThingId={space}"));
            bench.ask(list::ENDPOINT, own).await?.json()
        };
        let own = codes().await?;
        let code = &own["data"][0]["thingBusinessUserAccesses"][0]["accessCode"];

        let enter = |code: &Value| {
            let path = format!("/v2/spaces/{space}/entries");
            post(path, &json!({"code": code})).at(&space)
        };
        let case = format!("enter a space{what}");
        bench
            .case(&case, entries::create::ENDPOINT, enter(code)?)
            .await?;
        if what.is_empty() {
            for case in [
                "enter a space, with an entry id",
                "enter a space, sent again with its id",
            ] {
                let named = enter(code)?.header("idempotency-key", "door-7-000123");
                bench.case(case, entries::create::ENDPOINT, named).await?;
            }
            let case = "enter a space, a code that opened it before";
            bench
                .case(case, entries::create::ENDPOINT, enter(code)?)
                .await?;
            let wrong = || -> Result<Ask> { Ok(enter(&json!("000000"))?.answered(403)) };
            bench.ask(entries::create::ENDPOINT, wrong()?).await?;
            let other = give().await?;
            let own = codes().await?;
            let own = own["data"].as_array().ok_or("no accesses")?.iter();
            let mut own = own.map(|access| &access["thingBusinessUserAccesses"][0]["accessCode"]);
            let new = own.find(|own| *own != code).ok_or("one code alone")?;
            let case = "enter a space, a new code after a wrong one";
            bench
                .case(case, entries::create::ENDPOINT, enter(new)?)
                .await?;
            let gone = delete(format!(
                "{PATH}?BusinessUserAccessId={}",
                other.field("id")?
            ));
            bench.ask(delete_access::ENDPOINT, gone).await?;

            let case = "enter a space, a code that nobody has";
            bench
                .case(case, entries::create::ENDPOINT, wrong()?)
                .await?;
            for _ in 0..7 {
                bench.ask(entries::create::ENDPOINT, wrong()?).await?;
            }
            let case = "enter a space, the tenth wrong code, which locks it";
            bench
                .case(case, entries::create::ENDPOINT, wrong()?)
                .await?;
            let case = "enter a space, a wrong code while it is locked";
            let locked = enter(&json!("000000"))?.answered(429);
            bench.case(case, entries::create::ENDPOINT, locked).await?;
            record(bench, &space, &access.field("id")?).await?;
        }
        let case = format!("decision, through an access{what}");
        let decision = get(format!("/v2/devices/{DEVICE}/decision")).by(GUEST);
        let decision = bench.case(&case, decide::ENDPOINT, decision).await?;
        if decision.json()?["allowed"] != true {
            return Err(format!("{case}: it does not open").into());
        }
        // The next one alone is to open the door.
        let gone = delete(format!(
            "{PATH}?BusinessUserAccessId={}",
            access.field("id")?
        ));
        bench.ask(delete_access::ENDPOINT, gone).await?;
        let gone = delete(format!("/v2/spaces/{space}"));
        bench.ask(spaces::delete::ENDPOINT, gone).await?;
    }
    Ok(())
}

/// Tells of an entry, as the table's stream does.
async fn record(bench: &Bench, space: &str, access: &str) -> Result<()> {
    let mut event = super::events::event("follow-up")?["Records"][1]["dynamodb"].take();
    let owner = json!({"S": format!("ORG#{ORGANIZATION}#SPACE#{space}")});
    event["Keys"]["PK"] = owner.clone();
    for image in ["OldImage", "NewImage"] {
        event[image]["PK"] = owner.clone();
        event[image]["access"] = json!({"S": access});
        event[image]["receiver"]["M"]["userId"] = json!({"N": GUEST.to_string()});
        event[image]["source"]["M"]["spaceId"] = json!({"S": space});
    }
    let event: StreamRecord = serde_json::from_value(event)?;
    let recorded = (follow_up::HANDLER.handle)(event, bench.context());
    bench
        .event("write down an entry", "follow-up", recorded)
        .await
}

async fn listing(bench: &Bench) -> Result<()> {
    let space = space_id(VISITED);
    for (case, query, count) in [
        ("list 50 accesses", String::new(), 50),
        (
            "list the 5 accesses of a user",
            format!("?BusinessUserId={VISITOR}"),
            5,
        ),
        (
            "list the 10 accesses to a space",
            format!("?ThingId={space}"),
            10,
        ),
    ] {
        let listed = get(format!("{LIST}{query}"));
        let listed = bench.case(case, list::ENDPOINT, listed).await?;
        if listed.count()? != count {
            return Err(format!("{case}: {} of them", listed.count()?).into());
        }
    }
    let own = get("/mobileb/keycodes/all").by(VISITOR);
    bench
        .case(
            "list one's own codes, of 5 accesses that are over",
            key_codes::ENDPOINT,
            own,
        )
        .await?;
    Ok(())
}

/// A template of three spaces, by its id.
async fn template(bench: &Bench, first: u64, exclusive: bool) -> Result<String> {
    let thing = |number| json!({"thingId": space_id(number), "exclusive": exclusive});
    let things: Value = (first..first + 3).map(thing).collect();
    let template = json!({"name": "Guests", "things": things});
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
    post(PATH, &access)
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
