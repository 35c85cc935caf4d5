//! Functions without a route.

use aws_lambda_events::apigw::ApiGatewayCustomAuthorizerRequestTypeRequest;
use aws_lambda_events::dynamodb::StreamRecord;
use latchkey::caller::{Caller, Membership};
use latchkey::deed::Unrecorded;
use latchkey::id::{OrganizationId, UserId};
use latchkey::table::{If, Key, to_item};
use latchkey::warrant::Warrant;
use latchkey_functions::organizations::bootstrap;
use latchkey_functions::stream::follow_up;
use latchkey_functions::{accesses, api_keys, authorizer, devices, templates, user_groups, users};
use serde_json::{Value, json};

use super::{new, share, shared};
use crate::Result;
use crate::ask::{delete, post, put};
use crate::bench::Bench;
use crate::house::{self, ORGANIZATION, space_id};
use crate::store::root;

pub(super) async fn run(bench: &Bench) -> Result<()> {
    let key = &bench.house.api_key;
    let known = format!("Bearer {}.{}", key.id, key.reveal());
    let case = "authorizer, first use of an API key on a day";
    authorize(bench, case, &known).await?;
    authorize(bench, "authorizer, not remembered", &known).await?;
    let user = new(json!({"firstName": "Kim", "lastName": "Newcomer"}));
    let user = bench
        .ask(users::create::ENDPOINT, post("/v2/users", &user))
        .await?;
    let first = format!("Bearer {}", user.field("token")?);
    authorize(bench, "authorizer, first call of a user", &first).await?;

    let begun = (bootstrap::HANDLER.handle)(event("bootstrap-organization")?, bench.context());
    let begun = bench
        .event("bootstrap organization", "bootstrap-organization", begun)
        .await?;
    without_admin(bench, &serde_json::to_value(&begun)?).await?;
    admins(bench).await?;

    let admin = "authorizer, an API key that somebody else made";
    let body = new(json!({"name": "Front desk", "userId": 35}));
    let made = bench
        .ask(api_keys::create::ENDPOINT, post("/v2/api-keys", &body))
        .await?;
    let other = format!(
        "Bearer {}.{}",
        made.field("apiKeyId")?,
        made.field("secret")?
    );
    // The first use of it on a day is another case.
    (authorizer::HANDLER.handle)(credential(&other)?, bench.context()).await?;
    authorize(bench, admin, &other).await?;

    keyed(bench).await?;
    clean_up(bench, "clean up after a user in a group", 0).await?;
    clean_up(bench, "clean up after a user in a group with 30 shares", 30).await?;
    clean_up_after_access(bench).await?;
    clean_up_after_share(bench).await?;
    doors(bench).await
}

/// A new door takes over the zone of the organization; a door and a group that are deleted are
/// cleaned up after.
async fn doors(bench: &Bench) -> Result<()> {
    let scope = bench.house.world.scope()?;
    let door = new(json!({"name": "Back door"}));
    let door = post("/v2/devices", &door);
    let door = bench.ask(devices::create::ENDPOINT, door).await?;
    let id: u64 = door.field("deviceId")?.parse()?;
    let key = scope.device(house::id(id)?);
    let image = json!({"id": {"N": id.to_string()}, "name": {"S": "Back door"}});
    let case = "have a new door take over the zone";
    changed(bench, case, &key, [json!({}), image.clone()]).await?;

    for user in [11, 12] {
        shared(bench, share(id, user, json!({}))).await?;
    }
    let gone = delete(format!("/v2/devices/{id}"));
    bench.ask(devices::delete::ENDPOINT, gone).await?;
    let case = "clean up after a device with 2 shares";
    changed(bench, case, &key, [image, json!({})]).await?;

    // As if a group was deleted while someone was added to it.
    let group = scope.user_group(house::id(999)?);
    let left = scope.membership(&group, &scope.user(house::id(11)?));
    bench
        .table
        .put(&left, &json!({"member": 11}), Unrecorded::Fill)
        .await?;
    let case = "clean up after a group with a member left";
    changed(
        bench,
        case,
        &group,
        [json!({"id": {"N": "999"}}), json!({})],
    )
    .await
}

/// Tells of an item that was and that is.
async fn changed(bench: &Bench, case: &str, key: &Key, [old, new]: [Value; 2]) -> Result<()> {
    let mut change = event("follow-up")?["Records"][0]["dynamodb"].take();
    let keys = to_item(key, &json!({}))?;
    let text = |name: &str| keys.get(name).and_then(|value| value.as_s().ok());
    change["Keys"] = json!({"PK": {"S": text("PK")}, "SK": {"S": text("SK")}});
    (change["OldImage"], change["NewImage"]) = (old, new);
    let change: StreamRecord = serde_json::from_value(change)?;
    let followed = (follow_up::HANDLER.handle)(change, bench.context());
    bench.event(case, "follow-up", followed).await
}

/// Tells of a share that DynamoDB removed, of which there was a calendar link.
async fn clean_up_after_share(bench: &Bench) -> Result<()> {
    const KEY: &str = "SHARE#0000000000000998";
    const CREATED: &str = "2026-01-01T00:00:00Z";
    let organization = json!(ORGANIZATION.to_string());
    let partition = format!("ORG#{ORGANIZATION}#LIST#SHARE");
    let mut change = event("follow-up")?["Records"][0]["dynamodb"].take();
    change["Keys"] = json!({"PK": {"S": partition}, "SK": {"S": KEY}});
    change["OldImage"] = json!({
        "PK": {"S": partition}, "SK": {"S": KEY},
        "id": {"N": "998"}, "organization": {"N": organization}, "creator": {"N": "1"},
        "timing": {"M": {"window": {"M": {"created": {"S": CREATED}}}}},
        "permissions": {"M": {}}, "personalSettings": {"M": {}},
        "source": {"M": {"deviceId": {"N": "1"}}}, "receiver": {"M": {"userId": {"N": "2"}}},
        "version": {"N": "1"}, "dateCreated": {"S": CREATED}, "dateModified": {"S": CREATED},
        "calendarLinks": {"L": [{"M": {"user": {"N": "2"}, "hash": {"S": "0a1b"}}}]},
    });
    let change: StreamRecord = serde_json::from_value(change)?;
    let cleaned = (follow_up::HANDLER.handle)(change, bench.context());
    let case = "clean up after a share with a calendar link";
    bench.event(case, "follow-up", cleaned).await
}

/// Takes the admin of an organization that was just made out of the table by hand, and makes
/// another.
async fn without_admin(bench: &Bench, begun: &Value) -> Result<()> {
    let organization: OrganizationId = serde_json::from_value(begun["organizationId"].clone())?;
    let admin: UserId = serde_json::from_value(begun["userId"].clone())?;
    let membership = Membership {
        organization_id: organization,
        roles: Vec::new(),
        spaces: [].into(),
    };
    let scope = Caller::new(admin, String::new(), vec![membership]).scope(organization)?;
    let call = bench.context();
    let mut writes = call.table.transaction(&Warrant::System, Unrecorded::Fill);
    writes.delete((), &scope.user(admin), If::Exists);
    writes.send().await?.map_err(|_| "the admin is gone")?;
    let asked = json!({
        "organizationId": organization, "admin": {"firstName": "Kim", "lastName": "Successor"},
    });
    let begun = (bootstrap::HANDLER.handle)(asked, bench.context());
    let case = "bootstrap organization, which has lost its admins";
    bench.event(case, "bootstrap-organization", begun).await?;
    Ok(())
}

/// One more admin, who then goes.
async fn admins(bench: &Bench) -> Result<()> {
    let admin = json!({"firstName": "Kim", "lastName": "Runner", "roles": ["Admin"]});
    let admin = post("/v2/users", &new(admin));
    let case = "create user, an admin";
    let admin = bench.case(case, users::create::ENDPOINT, admin).await?;
    let gone = delete(format!("/v2/users/{}", admin.field("userId")?));
    let case = "delete user, an admin";
    bench.case(case, users::delete::ENDPOINT, gone).await?;
    Ok(())
}

/// Deletes a user with an API key, and returns the record.
async fn keyed(bench: &Bench) -> Result<()> {
    let user = new(json!({"firstName": "Kim", "lastName": "Leaving"}));
    let user = post("/v2/users", &user);
    let user = bench.ask(users::create::ENDPOINT, user).await?;
    let id: u64 = user.field("userId")?.parse()?;
    let key = new(json!({"name": "Front desk", "userId": id}));
    let key = post("/v2/api-keys", &key);
    bench.ask(api_keys::create::ENDPOINT, key).await?;
    follow_up_after(bench, "clean up after a user with an API key", id, &[]).await
}

/// The authorizer's event for a credential.
fn credential(text: &str) -> Result<ApiGatewayCustomAuthorizerRequestTypeRequest> {
    let mut event = event("authorizer")?;
    event["headers"]["Authorization"] = json!(text);
    Ok(serde_json::from_value(event)?)
}

async fn authorize(bench: &Bench, case: &str, text: &str) -> Result<()> {
    let answer = (authorizer::HANDLER.handle)(credential(text)?, bench.context());
    bench.event(case, "authorizer", answer).await?;
    Ok(())
}

/// Deletes a user with shares, half of which have a named schedule, and returns the record.
async fn clean_up(bench: &Bench, case: &str, shares: u64) -> Result<()> {
    let user = new(json!({"firstName": "Kim", "lastName": "Leaving"}));
    let user = bench
        .ask(users::create::ENDPOINT, post("/v2/users", &user))
        .await?;
    let id: u64 = user.field("userId")?.parse()?;
    let member = put(format!("/v2/user-groups/5/users/{id}"), &Value::Null);
    bench.ask(user_groups::add::ENDPOINT, member).await?;
    for place in 0..shares {
        let schedule = if place % 2 == 0 {
            json!({"scheduleId": 3})
        } else {
            json!({})
        };
        shared(bench, share(26, id, schedule)).await?;
    }
    follow_up_after(bench, case, id, &["5"]).await
}

/// Deletes a user with two exclusive spaces, and returns the record.
async fn clean_up_after_access(bench: &Bench) -> Result<()> {
    let user = new(json!({"firstName": "Kim", "lastName": "Guest"}));
    let user = post("/v2/users", &user);
    let user = bench.ask(users::create::ENDPOINT, user).await?;
    let id: u64 = user.field("userId")?.parse()?;
    let spaces = [51, 52].map(space_id);
    let things = spaces.map(|space| json!({"thingId": space, "exclusive": true}));
    let template = post(
        "/access/template",
        &json!({"name": "Suite", "things": things}),
    );
    let template = bench.ask(templates::create::ENDPOINT, template).await?;
    let access = json!({
        "accessTemplateId": template.field("id")?, "businessUserId": id,
        "validFrom": "2030-04-01T12:00:00Z", "validTo": "2030-04-01T13:00:00Z",
        "spaces": spaces.map(|space| json!({"thingId": space})),
    });
    let access = post("/BusinessUserAccess", &access);
    bench.ask(accesses::create::ENDPOINT, access).await?;
    let case = "clean up after a user who has 2 spaces alone";
    follow_up_after(bench, case, id, &[]).await
}

/// Deletes a user who is in these groups, and returns the record.
async fn follow_up_after(bench: &Bench, case: &str, id: u64, groups: &[&str]) -> Result<()> {
    let gone = delete(format!("/v2/users/{id}"));
    bench.ask(users::delete::ENDPOINT, gone).await?;

    let mut change = event("follow-up")?["Records"][0]["dynamodb"].take();
    let keys = json!({
        "PK": {"S": format!("ORG#{ORGANIZATION}#USER#{id:016}")},
        "SK": {"S": format!("USER#{id:016}")},
    });
    let mut before = change["OldImage"].take();
    before["id"] = json!({"N": id.to_string()});
    if groups.is_empty() {
        drop(before.as_object_mut().map(|before| before.remove("groups")));
    } else {
        before["groups"] = json!({"NS": groups});
    }
    change["Keys"] = keys;
    change["OldImage"] = before;
    let change: StreamRecord = serde_json::from_value(change)?;
    let cleaned = (follow_up::HANDLER.handle)(change, bench.context());
    bench.event(case, "follow-up", cleaned).await
}

/// The sample event of a function.
pub(crate) fn event(function: &str) -> Result<Value> {
    let path = root().join(format!("events/{function}.json"));
    Ok(serde_json::from_str(&std::fs::read_to_string(path)?)?)
}
