//! Access templates.

use latchkey_functions::templates::{create, delete as delete_template, get as get_template, list};
use latchkey_functions::templates::{list_things, update};
use serde_json::{Value, json};

use crate::Result;
use crate::ask::{Ask, delete, get, post, put};
use crate::bench::Bench;
use crate::house::space_id;

const PATH: &str = "/access/template";
/// The number of listed templates: a page.
const LISTED: usize = 50;

pub(super) async fn run(bench: &Bench) -> Result<()> {
    let made = bench
        .case("create template, 3 spaces", create::ENDPOINT, template())
        .await?;
    let id = made.field("id")?;
    let change = put(PATH, &json!({"accessTemplateId": id, "name": "Visitors"}));
    bench
        .case("update template", update::ENDPOINT, change)
        .await?;
    let change = put(PATH, &json!({"accessTemplateId": id, "things": things(2)}));
    bench
        .case(
            "update template, one space is new",
            update::ENDPOINT,
            change,
        )
        .await?;
    let one = format!("{PATH}?AccessTemplateId={id}");
    bench
        .case("get template, 3 spaces", get_template::ENDPOINT, get(&one))
        .await?;
    let whole = get(format!("{one}&LoadOrganization=true"));
    bench
        .case(
            "get template, with its organization",
            get_template::ENDPOINT,
            whole,
        )
        .await?;
    let of_one = get(format!("{PATH}/things?AccessTemplateId={id}"));
    bench
        .case(
            "list the 3 spaces of a template",
            list_things::ENDPOINT,
            of_one,
        )
        .await?;
    let all = get("/access/templates");
    let listed = bench.case("list 50 templates", list::ENDPOINT, all).await?;
    if listed.count()? != LISTED {
        return Err(format!("{} templates", listed.count()?).into());
    }
    bench
        .case("delete template", delete_template::ENDPOINT, delete(one))
        .await?;
    bench.conflict();
    let case = "create template, by a caller who writes much at once";
    let made = bench.case(case, create::ENDPOINT, template()).await?;
    let one = delete(format!("{PATH}?AccessTemplateId={}", made.field("id")?));
    bench.ask(delete_template::ENDPOINT, one).await?;
    Ok(())
}

fn template() -> Ask {
    let template = json!({
        "name": "Guests",
        "description": "For a night or two",
        "things": things(1),
    });
    post(PATH, &template)
}

/// Three spaces, from one on.
fn things(first: u64) -> Value {
    let thing = |number| {
        json!({
            "thingId": space_id(number),
            "availableFrom": 8,
            "availableTo": 22,
            "accessCount": 10,
            "exclusive": true,
        })
    };
    (first..first + 3).map(thing).collect()
}
