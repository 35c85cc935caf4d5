//! Coming up, staying, and being told why not.

use std::net::TcpListener;

use latchkey_local::System;

use crate::support::{Answer, Running, folder, start, template};

pub(crate) async fn message(arguments: &[&str]) -> String {
    match start(arguments).await {
        Ok(_) => panic!("{arguments:?} should not start"),
        Err(error) => error.to_string(),
    }
}

pub(crate) async fn store_call(
    running: &Running,
    operation: &str,
    body: &str,
) -> serde_json::Value {
    let url = running.system.store_url.clone();
    let answer = call_as(running, (&url, "local"), operation, body).await;
    answer.json()
}

/// A call of DynamoDB at a URL, signed by an access key.
pub(crate) async fn call_as(
    running: &Running,
    (url, key): (&str, &str),
    operation: &str,
    body: &str,
) -> Answer {
    let credential = format!(
        "AWS4-HMAC-SHA256 Credential={key}/20260101/us-east-1/dynamodb/aws4_request, \
         SignedHeaders=host, Signature=0"
    );
    let target = format!("DynamoDB_20120810.{operation}");
    let headers = [
        ("x-amz-target", target.as_str()),
        ("content-type", "application/x-amz-json-1.0"),
        ("x-amz-date", "20260101T000000Z"),
        ("authorization", &credential),
    ];
    running
        .call_at(url, "POST", "/", &headers, body.to_owned())
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_program_sees_what_functions_see_and_is_passed_on() {
    let running = Running::new(&[]).await;
    let ready = running.system.ready();
    assert_eq!(ready["url"], running.system.url.as_str());
    assert_eq!(
        ready["where"],
        "us-east-1 arn:aws:dynamodb:us-east-1:123456789012:table/local-notes"
    );
    assert_eq!(ready["home"], serde_json::Value::Null);
}

/// The command to paste works when it is pasted.
#[tokio::test(flavor = "multi_thread")]
async fn the_first_call_works_when_pasted() {
    let running = Running::new(&[]).await;
    let summary = running.system.summary();
    let command = summary
        .get(summary.find("curl ").unwrap()..)
        .unwrap()
        .to_owned();
    let output = tokio::process::Command::new("sh")
        .args(["-c", &command])
        .output()
        .await;
    let Ok(output) = output else { return };
    let event: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(event["path"], "/open/first");
    assert_eq!(event["headers"]["X-Says"], "it's me");
    assert_eq!(event["body"], "{\"a\": 1,\n \"b\": \"it's\"}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_table_is_that_of_the_template() {
    let running = Running::new(&[]).await;
    let table = store_call(&running, "DescribeTable", r#"{"TableName": "local-notes"}"#).await;
    let table = &table["Table"];
    assert_eq!(table["KeySchema"][0]["AttributeName"], "id");
    assert_eq!(table["GlobalSecondaryIndexes"][0]["IndexName"], "byDay");
    assert_eq!(
        table["GlobalSecondaryIndexes"][0]["Projection"]["NonKeyAttributes"][0],
        "text"
    );
    assert_eq!(table["ProvisionedThroughput"]["ReadCapacityUnits"], 1);
    let expiry = store_call(
        &running,
        "DescribeTimeToLive",
        r#"{"TableName": "local-notes"}"#,
    )
    .await;
    assert_eq!(expiry["TimeToLiveDescription"]["AttributeName"], "until");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_store_is_there_again_after_a_stop() {
    let folder = folder();
    let folder = folder.to_str().unwrap();
    let running = Running::new(&["--data-dir", folder]).await;
    let item =
        r#"{"TableName": "local-notes", "Item": {"id": {"N": "1"}, "text": {"S": "still here"}}}"#;
    store_call(&running, "PutItem", item).await;

    let second = message(&["--data-dir", folder]).await;
    assert!(
        second.contains("is open in process") && second.contains("--data-dir"),
        "{second}"
    );

    running.system.stop().await;
    let running = Running::new(&["--data-dir", folder]).await;
    let key = r#"{"TableName": "local-notes", "Key": {"id": {"N": "1"}}}"#;
    let found = store_call(&running, "GetItem", key).await;
    assert_eq!(found["Item"]["text"]["S"], "still here");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_differs_from_the_template_is_told() {
    let folder = folder();
    let data = folder.join("data");
    let data = data.to_str().unwrap();
    start(&["--data-dir", data]).await.unwrap().stop().await;
    let text = std::fs::read_to_string(template()).unwrap();
    let changed = folder.join("template.yaml");
    for (from, to, says) in [
        (
            "IndexName: byDay",
            "IndexName: byDate",
            "lacks the index byDate",
        ),
        (
            "ProjectionType: INCLUDE, NonKeyAttributes: [text]",
            "ProjectionType: ALL",
            "byDay with day INCLUDE",
        ),
        (
            "[{AttributeName: id, KeyType: HASH}]",
            "[{AttributeName: day, KeyType: HASH}]",
            "has the key id",
        ),
    ] {
        assert!(text.contains(from));
        std::fs::write(&changed, text.replace(from, to)).unwrap();
        let message = message(&["--data-dir", data, "--template", changed.to_str().unwrap()]).await;
        assert!(message.starts_with("table local-notes: "), "{message}");
        assert!(message.contains(says), "{message}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_endpoint_takes_the_place_of_the_store() {
    let first = Running::new(&[]).await;
    let url = first.system.store_url.clone();
    let second = Running::new(&["--endpoint-url", &url]).await;
    assert_eq!(second.system.store_url, url);
    let put = put(7);
    let guard = guard_url(&second).await;
    let answer = call_as(&second, (&guard, "EchoFunction"), "PutItem", &put).await;
    assert_eq!(answer.status, 200, "{:?}", answer.body);
    let stored = store_call(&first, "Scan", r#"{"TableName": "local-notes"}"#).await;
    assert_eq!(stored["Items"][0]["id"]["N"], "7");
}

/// Where the functions of a system find their store.
async fn guard_url(running: &Running) -> String {
    let seen = running.get("/open/x?do=environment", &[]).await.json();
    let url = &seen["variables"]["AWS_ENDPOINT_URL_DYNAMODB"];
    url.as_str().unwrap().to_owned()
}

fn put(id: u64) -> String {
    let item = serde_json::json!({"id": {"N": id.to_string()}});
    serde_json::json!({"TableName": "local-notes", "Item": item}).to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_function_does_what_its_policies_allow_and_nothing_else() {
    let running = Running::new(&[]).await;
    let guard = guard_url(&running).await;
    let call = async |key: &str, operation: &str, body: &str| {
        let answer = call_as(&running, (&guard, key), operation, body).await;
        let code = answer.json()["__type"].as_str().map(str::to_owned);
        (answer.status.as_u16(), code)
    };
    let refused = |kind: &str| (400, Some(format!("com.amazon.coral.service#{kind}")));
    let denied = refused("AccessDeniedException");
    assert_eq!(call("EchoFunction", "PutItem", &put(7)).await, (200, None));
    for (key, operation, body) in [
        // By a statement that denies, without a statement that allows, and without a policy.
        ("EchoFunction", "PutItem", put(661)),
        ("EchoFunction", "Query", r#"{"TableName": "local-notes", "KeyConditionExpression": "id = :id", "ExpressionAttributeValues": {":id": {"N": "7"}}}"#.to_owned()),
        ("EchoFunction", "PutItem", put(7).replace("local-notes", "another")),
        ("EchoFunction", "Scan", r#"{"TableName": "local-notes"}"#.to_owned()),
        ("HastyFunction", "PutItem", put(7)),
    ] {
        assert_eq!(call(key, operation, &body).await, denied, "{key} {operation} {body}");
    }
    let unknown = refused("UnrecognizedClientException");
    assert_eq!(call("local", "PutItem", &put(7)).await, unknown);
    let stored = store_call(&running, "Scan", r#"{"TableName": "local-notes"}"#).await;
    assert_eq!(stored["Count"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_port_in_use_is_told_with_a_way_out() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let message = message(&["--port", &port]).await;
    assert!(
        message.contains(&port) && message.contains("--port"),
        "{message}"
    );
    assert!(!message.contains('\n'));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_lets_requests_in_flight_end() {
    let running = Running::new(&[]).await;
    running.get("/open/x", &[]).await;
    let url = running.system.url.clone();
    let other = Running::new(&[]).await;
    let slow = tokio::spawn(async move {
        other
            .call_at(&url, "GET", "/open/x?do=sleep&ms=2000", &[], "")
            .await
            .status
    });
    tokio::time::sleep(std::time::Duration::from_millis(600)).await;
    let Running { system, .. } = running;
    System::stop(system).await;
    assert_eq!(slow.await.unwrap(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_template_is_told_with_its_place() {
    let folder = folder();
    let path = folder.join("template.yaml");
    let text = std::fs::read_to_string(template()).unwrap();
    for (from, to, says) in [
        (
            "Timeout: 10",
            "Timeout: ten",
            "Resources.EchoFunction.Properties.Timeout",
        ),
        (
            "Method: get, Path: /limited",
            "Method: get, Path: limited",
            "Resources.EchoFunction.Properties.Events.Limited.Properties.Path",
        ),
        (
            "DefaultAuthorizer: Guard",
            "DefaultAuthorizer: Nobody",
            "Resources.Gate.Properties.Auth.DefaultAuthorizer",
        ),
        (
            "type: mock",
            "type: http",
            "x-amazon-apigateway-integration.type: expected aws_proxy or mock, not http",
        ),
        (
            "UNAUTHORIZED:",
            "UNAUTHORISED:",
            "Resources.Gate.Properties.GatewayResponses.UNAUTHORISED",
        ),
        (
            "X-Id: context.requestId",
            "X-Id: requestId",
            "GatewayResponses.UNAUTHORIZED.ResponseParameters.Headers.X-Id",
        ),
        (
            "!GetAtt GuardFunction.Arn",
            "!GetAtt Nobody.Arn",
            "Resources.Gate.Properties.Auth.Authorizers",
        ),
        ("Resources:\n", "Resources: [\n", "line"),
    ] {
        assert!(text.contains(from), "{from}");
        std::fs::write(&path, text.replacen(from, to, 1)).unwrap();
        let message = message(&["--template", path.to_str().unwrap()]).await;
        assert!(
            message.contains("template.yaml") && message.contains(says),
            "{message}"
        );
    }
    let unknown = message(&["--parameter", "Nothing=1"]).await;
    assert!(
        unknown.contains("there is no parameter Nothing"),
        "{unknown}"
    );
}
