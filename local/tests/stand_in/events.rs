//! The events of functions and authorizers, compared with the samples in AWS's documentation.

use aws_lambda_events::apigw::{
    ApiGatewayCustomAuthorizerRequestTypeRequest, ApiGatewayProxyRequest,
};
use serde_json::{Value, json};

use crate::support::Running;

/// Takes what differs from request to request out of an event, once it looks as it should.
fn settle(event: &mut Value) {
    let context = &mut event["requestContext"];
    assert_eq!(context["requestId"].as_str().unwrap().len(), 36);
    assert!(context["requestTime"].as_str().unwrap().ends_with(" +0000"));
    assert!(context["requestTimeEpoch"].as_i64().unwrap() > 1_700_000_000_000);
    for name in [
        "requestId",
        "requestTime",
        "requestTimeEpoch",
        "extendedRequestId",
        "resourceId",
    ] {
        context[name] = json!("…");
    }
    let trace = event["headers"]["X-Amzn-Trace-Id"].as_str().unwrap();
    assert!(trace.starts_with("Root=1-") && trace.len() == 40, "{trace}");
    event["headers"]["X-Amzn-Trace-Id"] = json!("…");
    event["multiValueHeaders"]["X-Amzn-Trace-Id"] = json!(["…"]);
    event["headers"]["X-Forwarded-Port"] = json!("…");
    event["multiValueHeaders"]["X-Forwarded-Port"] = json!(["…"]);
    event["headers"]["Host"] = json!("…");
    event["multiValueHeaders"]["Host"] = json!(["…"]);
}

/// The keys of "Input format of a Lambda function for proxy integration" in the API Gateway
/// developer guide, and no others, with `null` where there is nothing.
#[tokio::test(flavor = "multi_thread")]
async fn the_proxy_event_is_that_of_payload_format_1() {
    let running = Running::new(&[]).await;
    let answer = running
        .call(
            "POST",
            "/open/a%20b%2Fc?x=1&x=2%203&empty&plus=a+b",
            &[
                ("accept", "*/*"),
                ("x-two", "first"),
                ("x-two", "second"),
                ("user-agent", "test/1"),
            ],
            "grüß",
        )
        .await;
    assert_eq!(answer.status, 200);
    let mut event = answer.json();
    let api = event["requestContext"]["apiId"].clone();
    assert_eq!(api.as_str().unwrap().len(), 10);
    settle(&mut event);
    let headers = |wrap: fn(&str) -> Value| {
        json!({
            "Accept": wrap("*/*"),
            "Host": wrap("…"),
            "User-Agent": wrap("test/1"),
            "X-Amzn-Trace-Id": wrap("…"),
            "X-Forwarded-For": wrap("127.0.0.1"),
            "X-Forwarded-Port": wrap("…"),
            "X-Forwarded-Proto": wrap("http"),
            "X-Two": wrap("second"),
        })
    };
    let mut multiple = headers(|value| json!([value]));
    multiple["X-Two"] = json!(["first", "second"]);
    assert_eq!(
        event,
        json!({
            "resource": "/open/{name}",
            "path": "/open/a%20b%2Fc",
            "httpMethod": "POST",
            "headers": headers(|value| json!(value)),
            "multiValueHeaders": multiple,
            "queryStringParameters": {"x": "2 3", "empty": "", "plus": "a b"},
            "multiValueQueryStringParameters": {"x": ["1", "2 3"], "empty": [""], "plus": ["a b"]},
            "pathParameters": {"name": "a b/c"},
            "stageVariables": null,
            "requestContext": {
                "accountId": "123456789012",
                "apiId": api,
                "domainName": "127.0.0.1",
                "domainPrefix": "127",
                "extendedRequestId": "…",
                "httpMethod": "POST",
                "identity": {
                    "accessKey": null,
                    "accountId": null,
                    "caller": null,
                    "cognitoAuthenticationProvider": null,
                    "cognitoAuthenticationType": null,
                    "cognitoIdentityId": null,
                    "cognitoIdentityPoolId": null,
                    "principalOrgId": null,
                    "sourceIp": "127.0.0.1",
                    "user": null,
                    "userAgent": "test/1",
                    "userArn": null,
                },
                "path": "/open/a%20b%2Fc",
                "protocol": "HTTP/1.1",
                "requestId": "…",
                "requestTime": "…",
                "requestTimeEpoch": "…",
                "resourceId": "…",
                "resourcePath": "/open/{name}",
                "stage": "prod",
            },
            "body": "grüß",
            "isBase64Encoded": false,
        })
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_absent_is_null_and_the_types_for_rust_read_it() {
    let running = Running::new(&[]).await;
    let answer = running.get("/limited", &[]).await;
    let event = answer.json();
    for name in [
        "queryStringParameters",
        "multiValueQueryStringParameters",
        "pathParameters",
        "body",
    ] {
        assert_eq!(event[name], Value::Null, "{name}");
        assert!(event.as_object().unwrap().contains_key(name));
    }
    assert!(
        !event["requestContext"]
            .as_object()
            .unwrap()
            .contains_key("authorizer")
    );
    let read: ApiGatewayProxyRequest = serde_json::from_value(event).unwrap();
    assert_eq!(read.path.as_deref(), Some("/limited"));
    assert_eq!(read.request_context.stage.as_deref(), Some("prod"));
    assert_eq!(read.headers["x-forwarded-proto"], "http");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_authorizer_is_sent_the_request_and_its_context_arrives_as_strings() {
    let running = Running::new(&[]).await;
    let answer = running
        .get("/closed/9?q=1", &[("authorization", "ann")])
        .await;
    assert_eq!(answer.status, 200);
    let event = answer.json();
    let caller = &event["requestContext"]["authorizer"];
    assert_eq!(caller["principalId"], "principal of ann");
    assert_eq!(caller["number"], "7");
    assert_eq!(caller["flag"], "true");
    assert!(caller["integrationLatency"].is_u64());

    let mut asked: Value = serde_json::from_str(caller["event"].as_str().unwrap()).unwrap();
    let read: ApiGatewayCustomAuthorizerRequestTypeRequest =
        serde_json::from_value(asked.clone()).unwrap();
    assert_eq!(read.type_.as_deref(), Some("REQUEST"));
    assert_eq!(read.headers["authorization"], "ann");
    let api = asked["requestContext"]["apiId"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(
        asked["methodArn"],
        format!("arn:aws:execute-api:us-east-1:123456789012:{api}/prod/GET/closed/9")
    );
    settle(&mut asked);
    let mut keys: Vec<&String> = asked.as_object().unwrap().keys().collect();
    keys.sort();
    assert_eq!(
        keys,
        [
            "headers",
            "httpMethod",
            "methodArn",
            "multiValueHeaders",
            "multiValueQueryStringParameters",
            "path",
            "pathParameters",
            "queryStringParameters",
            "requestContext",
            "resource",
            "stageVariables",
            "type",
        ]
    );
    assert_eq!(asked["pathParameters"], json!({"id": "9"}));
    assert_eq!(asked["queryStringParameters"], json!({"q": "1"}));
    assert_eq!(asked["resource"], "/closed/{id}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_is_a_text_whatever_its_type() {
    let running = Running::new(&[]).await;
    for content_type in ["image/png", "text/plain"] {
        let body = vec![b'a', 0xff];
        let headers = [("content-type", content_type)];
        let event = running.call("POST", "/open/x", &headers, body).await.json();
        assert_eq!(
            (&event["body"], &event["isBase64Encoded"]),
            (&json!("a\u{fffd}"), &json!(false))
        );
    }
}
