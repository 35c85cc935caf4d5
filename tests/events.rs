//! The sample events, each sent to its function through the Runtime API.

use serde_json::{Value, json};

use crate::system::{System, root};

fn event(name: &str) -> String {
    std::fs::read_to_string(root().join(format!("events/{name}.json"))).unwrap()
}

async fn invoke(system: &System, name: &str) -> Value {
    system.invoke(name, &event(name)).await
}

#[tokio::test]
async fn each_sample_event_is_served_by_its_function() {
    let system = System::start().await;

    let allowed = invoke(&system, "authorizer").await;
    assert_eq!(allowed["principalId"], "1");
    assert_eq!(allowed["policyDocument"]["Statement"][0]["Effect"], "Allow");
    assert_eq!(
        allowed["context"]["memberships"],
        json!("[{\"organizationId\":1,\"roles\":[\"Admin\"]}]")
    );

    let created = invoke(&system, "create-share").await;
    assert_eq!(created["statusCode"], 200, "{created}");

    let shown = invoke(&system, "get-share").await;
    assert_eq!(shown["statusCode"], 200, "{shown}");
    let view: Value = serde_json::from_str(shown["body"].as_str().unwrap()).unwrap();
    assert_eq!(view["id"], 3);
}

#[tokio::test]
async fn an_event_without_a_caller_is_refused() {
    let system = System::start().await;
    let mut event: Value = serde_json::from_str(&event("create-share")).unwrap();
    event["requestContext"]["authorizer"] = json!({"principalId": "1"});
    let answer = system.invoke("create-share", &event.to_string()).await;
    assert_eq!(answer["statusCode"], 401, "{answer}");
}
