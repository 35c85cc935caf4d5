//! Changes and deletions with an `Idempotency-Key`: each writes one item more than without.

use latchkey_functions::{
    Endpoint, accesses, api_keys, device_groups, devices, organizations, schedules, shares, spaces,
    templates, user_groups, users,
};
use serde_json::{Value, json};

use super::{new, share, shared};
use crate::Result;
use crate::ask::{Ask, delete, post, put};
use crate::bench::Bench;
use crate::house::ORGANIZATION;

/// The group, and the member to add.
const MEMBER: u64 = 45;

pub(super) async fn run(bench: &Bench) -> Result<()> {
    let named = json!({"name": "Keyed"});
    let made = async |of: Endpoint, path: &str, id: &str, body: Value| -> Result<String> {
        let made = bench.ask(of, post(path, &new(body))).await?;
        Ok(format!("{path}/{}", made.field(id)?))
    };
    let person = json!({"firstName": "Kim", "lastName": "Keyed"});
    let user = made(users::create::ENDPOINT, "/v2/users", "userId", person).await?;
    let user_group = user_groups::create::ENDPOINT;
    let user_group = made(user_group, "/v2/user-groups", "userGroupId", named.clone()).await?;
    let device = made(
        devices::create::ENDPOINT,
        "/v2/devices",
        "deviceId",
        named.clone(),
    )
    .await?;
    let device_group = device_groups::create::ENDPOINT;
    let path = "/v2/device-groups";
    let device_group = made(device_group, path, "deviceGroupId", named.clone()).await?;
    let space = made(
        spaces::create::ENDPOINT,
        "/v2/spaces",
        "spaceId",
        named.clone(),
    )
    .await?;
    let always = json!({"name": "Keyed", "rules": []});
    let schedule = schedules::create::ENDPOINT;
    let schedule = made(schedule, "/v2/schedules", "scheduleId", always).await?;
    let key = api_keys::create::ENDPOINT;
    let key = made(key, "/v2/api-keys", "apiKeyId", named.clone()).await?;
    let linked = shared(bench, share(MEMBER, MEMBER, json!({}))).await?;
    let share = shared(bench, share(MEMBER, MEMBER, json!({}))).await?;
    let link = post(format!("{linked}/calendar-link"), &Value::Null);
    bench
        .ask(shares::create_calendar_link::ENDPOINT, link)
        .await?;
    let member = format!("{user_group}/users/{MEMBER}");
    let group_device = format!("{device_group}/devices/{MEMBER}");
    bench
        .ask(user_groups::add::ENDPOINT, put(&member, &Value::Null))
        .await?;
    bench
        .ask(
            device_groups::add::ENDPOINT,
            put(&group_device, &Value::Null),
        )
        .await?;

    let other = json!({"name": "Changed"});
    let organization = format!("/v2/organizations/{ORGANIZATION}");
    for (what, endpoint, ask) in [
        (
            "update organization",
            organizations::update::ENDPOINT,
            put(organization, &other),
        ),
        (
            "update device",
            devices::update::ENDPOINT,
            put(&device, &other),
        ),
        (
            "update space",
            spaces::update::ENDPOINT,
            put(&space, &other),
        ),
        (
            "update schedule",
            schedules::update::ENDPOINT,
            put(&schedule, &other),
        ),
        (
            "take a user out of a group",
            user_groups::remove::ENDPOINT,
            delete(&member),
        ),
        (
            "take a device out of a group",
            device_groups::remove::ENDPOINT,
            delete(&group_device),
        ),
        ("delete share", shares::delete::ENDPOINT, delete(&share)),
        ("delete user", users::delete::ENDPOINT, delete(&user)),
        (
            "delete user group",
            user_groups::delete::ENDPOINT,
            delete(&user_group),
        ),
        ("delete device", devices::delete::ENDPOINT, delete(&device)),
        (
            "delete device group",
            device_groups::delete::ENDPOINT,
            delete(&device_group),
        ),
        (
            "delete schedule",
            schedules::delete::ENDPOINT,
            delete(&schedule),
        ),
        ("delete API key", api_keys::delete::ENDPOINT, delete(&key)),
        (
            "delete calendar link",
            shares::delete_calendar_link::ENDPOINT,
            delete(format!("{linked}/calendar-link")),
        ),
        (
            "end the tokens of a user",
            users::delete_tokens::ENDPOINT,
            delete(format!("/v2/users/{MEMBER}/tokens")),
        ),
    ] {
        let case = format!("{what}, with an idempotency key");
        bench.case(&case, endpoint, keyed(ask, what)).await?;
    }
    of_accesses(bench, &space).await?;
    let case = "delete space, with an idempotency key";
    let ask = keyed(delete(&space), case);
    bench.case(case, spaces::delete::ENDPOINT, ask).await?;
    Ok(())
}

/// The same for an access and its template.
async fn of_accesses(bench: &Bench, space: &str) -> Result<()> {
    let space = space.rsplit('/').next().unwrap_or_default();
    let template = json!({"name": "Keyed", "things": [{"thingId": space}]});
    let template = post("/access/template", &template);
    let template = bench.ask(templates::create::ENDPOINT, template).await?;
    let template = template.field("id")?;
    let access = json!({
        "accessTemplateId": template, "businessUserId": MEMBER,
        "validFrom": "2030-02-01T12:00:00Z", "spaces": [{"thingId": space}],
    });
    let access = post("/BusinessUserAccess", &access);
    let access = bench.ask(accesses::create::ENDPOINT, access).await?;
    let path = format!(
        "/BusinessUserAccess?BusinessUserAccessId={}",
        access.field("id")?
    );
    let gone = accesses::delete::ENDPOINT;
    for case in [
        "delete access, with an idempotency key",
        "delete access, sent again with its key",
    ] {
        bench
            .case(case, gone, keyed(delete(&path), "access"))
            .await?;
    }
    let change = put(
        "/access/template",
        &json!({"accessTemplateId": template, "name": "Changed"}),
    );
    let case = "update template, with an idempotency key";
    let change = keyed(change, case);
    bench
        .case(case, templates::update::ENDPOINT, change)
        .await?;
    let path = format!("/access/template?AccessTemplateId={template}");
    let case = "delete template, with an idempotency key";
    let ask = keyed(delete(path), case);
    bench.case(case, templates::delete::ENDPOINT, ask).await?;
    Ok(())
}

fn keyed(ask: Ask, key: &'static str) -> Ask {
    ask.header("idempotency-key", key)
}
