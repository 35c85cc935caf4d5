//! Operations for ServiceStack's clients, and the API document.

use latchkey_functions::{business_organizations, business_users, docs, template_groups, things};
use serde_json::json;

use crate::Result;
use crate::ask::{delete, get, post, put};
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
    business_users(bench).await?;
    organizations(bench).await?;
    groups(bench).await?;
    let document = get("/openapi.json");
    bench
        .case("get the API document", docs::openapi::ENDPOINT, document)
        .await?;
    Ok(())
}

async fn business_users(bench: &Bench) -> Result<()> {
    use business_users::{create, find, get as get_user, update};
    let one = get("/user?BusinessUserId=21");
    bench
        .case("get business user", get_user::ENDPOINT, one)
        .await?;
    let new = json!({
        "firstName": "Kim", "lastName": "Newcomer", "email": "kim@example.com", "roles": ["Admin"],
        "viviotId": "VIV-1",
    });
    let new = post("/user", &new);
    let made = bench
        .case("create business user, an admin", create::ENDPOINT, new)
        .await?;
    let id = made.json()?["data"]["id"].clone();
    let change = json!({
        "userId": id, "firstName": "Kim", "lastName": "Resident", "email": "resident@example.com",
        "roles": [],
    });
    let change = put("/user", &change);
    bench
        .case(
            "update business user, an admin no more",
            update::ENDPOINT,
            change,
        )
        .await?;
    let found = get("/viviotUser?Email=resident@example.com");
    bench
        .case("find user by e-mail address", find::ENDPOINT, found)
        .await?;
    let gone = delete(format!("/v2/users/{id}"));
    bench
        .ask(latchkey_functions::users::delete::ENDPOINT, gone)
        .await?;
    Ok(())
}

async fn organizations(bench: &Bench) -> Result<()> {
    use business_organizations::{get as get_one, list};
    let one = get("/organization");
    bench
        .case("get the caller's organization", get_one::ENDPOINT, one)
        .await?;
    let all = get("/mobileb/organizations");
    bench
        .case("list the caller's organizations", list::ENDPOINT, all)
        .await?;
    Ok(())
}

async fn groups(bench: &Bench) -> Result<()> {
    use template_groups::{create, delete as delete_group, get as get_group, list, update};
    const PATH: &str = "/access/templategroup";
    let templates = |first: u64| -> Vec<_> {
        let ids = first..first + 3;
        ids.map(|number| space_id(number).simple().to_string())
            .collect()
    };
    let new = json!({"name": "Hotel", "accessTemplateIds": templates(1)});
    let case = "create template group, 3 templates";
    let made = bench.case(case, create::ENDPOINT, post(PATH, &new)).await?;
    let id = made.field("id")?;
    let change = json!({
        "accessTemplateGroupId": id, "name": "Hotel", "accessTemplateIds": templates(2),
    });
    let case = "update template group, one template is new";
    bench
        .case(case, update::ENDPOINT, put(PATH, &change))
        .await?;
    let one = format!("{PATH}?AccessTemplateGroupId={id}");
    let case = "get template group, 3 templates";
    bench.case(case, get_group::ENDPOINT, get(&one)).await?;
    let case = "list a template group, 3 templates";
    let all = get("/access/templategroups");
    bench.case(case, list::ENDPOINT, all).await?;
    let case = "delete template group";
    bench
        .case(case, delete_group::ENDPOINT, delete(one))
        .await?;
    bench.conflict();
    let case = "create template group, by a caller who writes much at once";
    let made = bench.case(case, create::ENDPOINT, post(PATH, &new)).await?;
    let id = made.field("id")?;
    let one = delete(format!("{PATH}?AccessTemplateGroupId={id}"));
    bench.ask(delete_group::ENDPOINT, one).await?;
    Ok(())
}
