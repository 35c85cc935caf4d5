//! Functions without a route.

use aws_lambda_events::apigw::ApiGatewayCustomAuthorizerRequestTypeRequest;
use aws_lambda_events::dynamodb::StreamRecord;
use latchkey_functions::organizations::bootstrap;
use latchkey_functions::{authorizer, follow_up, user_groups, users};
use serde_json::{Value, json};

use super::{new, share, shared};
use crate::Result;
use crate::ask::{delete, post, put};
use crate::bench::Bench;
use crate::house::ORGANIZATION;
use crate::store::root;

pub(super) async fn run(bench: &Bench) -> Result<()> {
    let key = &bench.house.api_key;
    let known = format!("Bearer {}.{}", key.id, key.reveal());
    authorize(bench, "authorizer, not remembered", &known).await?;
    let user = new(json!({"firstName": "Kim", "lastName": "Newcomer"}));
    let user = bench
        .ask(users::create::ENDPOINT, post("/v2/users", &user))
        .await?;
    let first = format!("Bearer {}", user.field("token")?);
    authorize(bench, "authorizer, first call of a user", &first).await?;

    let begun = (bootstrap::HANDLE)(event("bootstrap-organization")?, bench.event_call());
    bench
        .event("bootstrap organization", "bootstrap-organization", begun)
        .await?;

    clean_up(bench, "clean up after a user in a group", 0).await?;
    clean_up(bench, "clean up after a user in a group with 30 shares", 30).await?;
    clean_up_after_share(bench).await
}

/// Tells of a share that DynamoDB removed, of which there was a calendar link.
async fn clean_up_after_share(bench: &Bench) -> Result<()> {
    const KEY: &str = "SHARE#0000000000000998";
    const CREATED: &str = "2026-01-01T00:00:00Z";
    let organization = json!(ORGANIZATION.to_string());
    let partition = format!("ORG#{ORGANIZATION}");
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
    let cleaned = (follow_up::HANDLE)(change, bench.event_call());
    let case = "clean up after a share with a calendar link";
    bench.event(case, "follow-up", cleaned).await
}

async fn authorize(bench: &Bench, case: &str, credential: &str) -> Result<()> {
    let mut event = event("authorizer")?;
    event["headers"]["Authorization"] = json!(credential);
    let event: ApiGatewayCustomAuthorizerRequestTypeRequest = serde_json::from_value(event)?;
    let answer = (authorizer::HANDLE)(event, bench.event_call());
    bench.event(case, "authorizer", answer).await?;
    Ok(())
}

/// Deletes a user with shares, of which one half keeps a named schedule, and tells of it.
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
    let gone = delete(format!("/v2/users/{id}"));
    bench.ask(users::delete::ENDPOINT, gone).await?;

    let mut change = event("follow-up")?["Records"][0]["dynamodb"].take();
    let keys = json!({
        "PK": {"S": format!("ORG#{ORGANIZATION}")},
        "SK": {"S": format!("USER#{id:016}")},
    });
    let mut before = change["OldImage"].take();
    before["id"] = json!({"N": id.to_string()});
    before["groups"] = json!({"NS": ["5"]});
    change["Keys"] = keys;
    change["OldImage"] = before;
    let change: StreamRecord = serde_json::from_value(change)?;
    let cleaned = (follow_up::HANDLE)(change, bench.event_call());
    bench.event(case, "follow-up", cleaned).await
}

/// The sample event of a function.
pub(super) fn event(function: &str) -> Result<Value> {
    let path = root().join(format!("events/{function}.json"));
    Ok(serde_json::from_str(&std::fs::read_to_string(path)?)?)
}
