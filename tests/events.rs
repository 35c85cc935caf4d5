//! The sample events, each sent to its function through the Runtime API.

use serde_json::{Value, json};

use reqwest::Method;

use crate::samples;
use crate::system::{Answer, System, root, share_body};

/// The sample event of a function.
pub fn event(name: &str) -> String {
    std::fs::read_to_string(root().join(format!("events/{name}.json"))).unwrap()
}

/// The sample event of `follow-up` without its other record: the one of this kind of change.
pub fn follow_up(kind: &str) -> Value {
    let mut event: Value = serde_json::from_str(&event("follow-up")).unwrap();
    let records = event["Records"].as_array_mut().unwrap();
    records.retain(|record| record["eventName"] == kind);
    assert_eq!(records.len(), 1, "{kind}");
    event
}

#[test]
fn the_sample_events_are_made_from_the_examples_of_the_api_document() {
    let update = std::env::var_os("UPDATE_EVENTS").is_some();
    for (name, made) in samples::made() {
        let made = serde_json::to_string_pretty(&made).unwrap() + "\n";
        let path = root().join(format!("events/{name}.json"));
        if update {
            std::fs::write(path, made).unwrap();
        } else {
            let same = std::fs::read_to_string(path).is_ok_and(|committed| committed == made);
            assert!(
                same,
                "events/{name}.json is behind: UPDATE_EVENTS=1 cargo test -p latchkey-tests events"
            );
        }
    }
}

async fn invoke(system: &System, name: &str) -> Value {
    system.invoke(name, &event(name)).await
}

/// The names of the functions, in an order in which the event of each finds what it refers to:
/// changes after reads, deletions last, and among those shares before what they refer to.
pub fn functions() -> Vec<String> {
    let files = std::fs::read_dir(root().join("events")).unwrap();
    let mut names: Vec<_> = files
        .filter_map(|file| {
            let name = file.unwrap().file_name().into_string().unwrap();
            name.strip_suffix(".json").map(str::to_owned)
        })
        .collect();
    names.sort_by_key(|name| {
        let verb = name.split('-').next().unwrap();
        let order = ["update", "delete"].iter().position(|late| *late == verb);
        let first = ["web-key", "share"]
            .iter()
            .position(|first| name.contains(first));
        (order, first.unwrap_or(usize::MAX), name.clone())
    });
    names
}

#[tokio::test]
async fn each_sample_event_is_served_by_its_function() {
    let system = System::start().await;
    let mut refused = Vec::new();
    for name in functions() {
        let answer = invoke(&system, &name).await;
        let event: Value = serde_json::from_str(&event(&name)).unwrap();
        if event["requestContext"].is_object() && name != "authorizer" {
            let status = answer["statusCode"].as_u64().unwrap();
            // A browser is sent on.
            if !(200..300).contains(&status) && status != 303 {
                refused.push(format!("{name}: {answer}"));
            }
        }
    }
    assert!(refused.is_empty(), "{}", refused.join("\n"));
}

#[tokio::test]
async fn the_authorizer_lets_the_caller_into_the_stage() {
    let system = System::start().await;
    let allowed = invoke(&system, "authorizer").await;
    assert_eq!(allowed["principalId"], "1");
    assert_eq!(allowed["policyDocument"]["Statement"][0]["Effect"], "Allow");
    assert_eq!(
        allowed["context"]["memberships"],
        json!("[{\"organizationId\":1,\"roles\":[\"Admin\",\"TenantAdmin\"]}]")
    );
}

#[tokio::test]
async fn an_organization_begins_with_an_admin_who_gets_in() {
    let system = System::start().await;
    let made = invoke(&system, "bootstrap-organization").await;
    let organization = made["organizationId"].as_u64().unwrap();
    let (id, secret) = (
        made["apiKey"]["id"].as_str().unwrap(),
        made["apiKey"]["secret"].as_str().unwrap(),
    );
    let create = |key: String| {
        // 400 for the device that it does not have, after the right to share it.
        let body = share_body(json!({"organizationId": organization, "receiver": null}));
        Answer::of(
            system
                .request(Method::POST, "/v2/shares")
                .bearer_auth(key)
                .body(body.to_string()),
        )
    };
    assert_eq!(
        create(format!("{id}.{secret}")).await.fields(),
        ["source.deviceId"]
    );
    create(format!("{id}.{id}")).await.is(401);
    let again = invoke(&system, "bootstrap-organization").await;
    assert_ne!(again["organizationId"], made["organizationId"]);
}

#[tokio::test]
async fn an_organization_with_faults_is_not_made_and_each_is_named() {
    let system = System::start().await;
    let event = json!({"name": " ", "timeZone": "Mars/Base", "admin": {"firstName": 1}});
    let error = system
        .invoke_failing("bootstrap-organization", &event.to_string())
        .await;
    assert_eq!(error["errorType"], "invalidInputErrorError");
    let message = error["errorMessage"].as_str().unwrap();
    for field in [
        "name: ",
        "timeZone: ",
        "admin.firstName: ",
        "admin.lastName: ",
    ] {
        assert!(message.contains(field), "{message}");
    }
}

#[tokio::test]
async fn an_event_without_a_caller_is_refused() {
    let system = System::start().await;
    let mut event: Value = serde_json::from_str(&event("create-share")).unwrap();
    event["requestContext"]["authorizer"] = json!({"principalId": "1"});
    let answer = system.invoke("create-share", &event.to_string()).await;
    assert_eq!(answer["statusCode"], 401, "{answer}");
}
