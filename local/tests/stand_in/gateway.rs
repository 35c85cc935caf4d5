//! Routes, responses and limits of the API.

use http::StatusCode;
use serde_json::{Value, json};

use crate::support::Running;

#[tokio::test(flavor = "multi_thread")]
async fn routes_are_found_as_api_gateway_finds_them() {
    let running = Running::new(&[]).await;
    for (method, path, resource, parameters) in [
        ("GET", "/open/a", "/open/{name}", json!({"name": "a"})),
        ("POST", "/open/a/", "/open/{name}", json!({"name": "a"})),
        ("GET", "//open/a", "/open/{name}", json!({"name": "a"})),
        (
            "GET",
            "/open/a+b%2B%C3%BC",
            "/open/{name}",
            json!({"name": "a+b+ü"}),
        ),
        (
            "PUT",
            "/open/a/b/c%20d",
            "/open/{name}/{rest+}",
            json!({"name": "a", "rest": "b/c d"}),
        ),
    ] {
        let answer = running.call(method, path, &[], "").await;
        assert_eq!(answer.status, 200, "{method} {path}");
        let event = answer.json();
        assert_eq!(event["resource"], resource, "{path}");
        assert_eq!(event["pathParameters"], parameters, "{path}");
        assert_eq!(event["httpMethod"], method);
    }
    for (method, path) in [
        ("GET", "/"),
        ("GET", "/open"),
        ("POST", "/closed"),
        ("PUT", "/open//a/b"),
        ("PATCH", "/open/a"),
        ("GET", "/nope"),
    ] {
        let answer = running.call(method, path, &[], "").await;
        assert_eq!(answer.status, 403, "{method} {path}");
        assert_eq!(
            answer.json(),
            json!({"message": "Missing Authentication Token"})
        );
        assert_eq!(
            answer.header("x-amzn-errortype"),
            Some("MissingAuthenticationTokenException")
        );
        assert!(answer.header("x-amzn-requestid").is_some());
    }
    let answer = running.get("/nope", &[("authorization", "x")]).await;
    assert_eq!(
        answer.header("x-amzn-errortype"),
        Some("IncompleteSignatureException")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn gateway_responses_are_customized_and_inherited() {
    let running = Running::new(&[]).await;
    // A type of its own, with mapped headers and variables.
    let own = running.get("/closed/1", &[]).await;
    assert_eq!(own.status, 401);
    let id = own.header("x-amzn-requestid").unwrap();
    assert_eq!(
        own.json(),
        json!({"because": "Unauthorized", "type": "UNAUTHORIZED", "id": id, "path": "/closed/1"})
    );
    assert_eq!(
        own.header("content-security-policy"),
        Some("default-src 'none'")
    );
    assert_eq!(own.header("x-id"), Some(id));
    // The class has no status: the type keeps its own.
    for (path, headers, status) in [
        ("/closed", &[("authorization", "fails")][..], 500),
        ("/open/x?do=fail", &[], 502),
        ("/impatient?do=sleep&ms=2000", &[], 504),
    ] {
        let inherited = running.get(path, headers).await;
        assert_eq!(inherited.status, status, "{path}");
        assert_eq!(inherited.header("x-class"), Some("5xx"));
        assert_eq!(inherited.json()["broken"], true);
    }
    // Neither the type nor the class: built in.
    assert_eq!(
        running
            .get("/closed", &[("authorization", "silent")])
            .await
            .json(),
        json!({"message": "User is not authorized to access this resource"})
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_above_ten_megabytes_is_413() {
    let running = Running::new(&[]).await;
    let answer = running
        .call("POST", "/open/x", &[], vec![b'x'; 10 * 1024 * 1024 + 1])
        .await;
    assert_eq!(answer.status, 413);
    assert_eq!(
        answer.header("x-amzn-errortype"),
        Some("RequestTooLargeException")
    );
    // Between Lambda's six megabytes and API Gateway's ten it is too large as well.
    let answer = running
        .call("POST", "/open/x", &[], vec![b'x'; 7 * 1024 * 1024])
        .await;
    assert_eq!(answer.status, 413);
    let answer = running
        .call("POST", "/open/x?do=pid", &[], vec![b'x'; 5 * 1024 * 1024])
        .await;
    assert_eq!(answer.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_method_has_a_rate_and_a_burst() {
    let running = Running::new(&[]).await;
    let mut statuses = Vec::new();
    for _ in 0..10 {
        let answer = running.get("/limited", &[]).await;
        if answer.status == StatusCode::TOO_MANY_REQUESTS {
            assert_eq!(answer.header("retry-after"), Some("1"));
            assert_eq!(answer.json(), json!({"message": "Too Many Requests"}));
        }
        statuses.push(answer.status.as_u16());
    }
    assert_eq!(statuses[..2], [200, 200]);
    assert!(statuses.contains(&429));
    assert_eq!(running.get("/open/x", &[]).await.status, 200);
}

/// A greedy path takes what no other path takes, and of that its own methods alone.
#[tokio::test(flavor = "multi_thread")]
async fn a_greedy_preflight_is_answered_on_paths_that_do_not_exist() {
    let running = Running::new(&[]).await;
    for path in [
        "/mock",
        "/nope",
        "/nope/at/all",
        "/closed/1/2",
        "/open/a/b/c",
    ] {
        let answer = running.call("OPTIONS", path, &[], "").await;
        // The path exists, with other methods.
        let status = if path == "/open/a/b/c" { 403 } else { 204 };
        assert_eq!(answer.status, status, "{path}");
    }
    assert_eq!(running.call("OPTIONS", "/", &[], "").await.status, 403);
    assert_eq!(
        running.call("OPTIONS", "/closed", &[], "").await.status,
        403
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_asks_the_function_and_has_no_body() {
    let running = Running::new(&[]).await;
    let answer = running.call("HEAD", "/open/x", &[], "").await;
    assert_eq!((answer.status.as_u16(), answer.body.len()), (200, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn mock_integrations_answer_what_the_definition_says() {
    let running = Running::new(&[]).await;
    let answer = running.call("OPTIONS", "/mock", &[], "").await;
    assert_eq!(answer.status, 204);
    assert_eq!(answer.header("x-fixed"), Some("it's fixed"));
    assert_eq!(answer.header("x-id"), answer.header("x-amzn-requestid"));
    let answer = running.get("/mock", &[]).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), Some("text/plain"));
    assert_eq!(answer.body, "stage prod, path /mock");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_function_returns_becomes_the_response() {
    let running = Running::new(&[]).await;
    let answered = async |answer: Value, headers: &[(&str, &str)]| {
        let query: String = form_urlencoded::Serializer::new(String::new())
            .append_pair("do", "answer")
            .append_pair("answer", &answer.to_string())
            .finish();
        running.get(&format!("/open/x?{query}"), headers).await
    };

    let answer = answered(
        json!({
            "statusCode": 201,
            "headers": {"X-One": "single", "X-Two": "lost", "WWW-Authenticate": "Basic", "X-Flag": true},
            "multiValueHeaders": {"x-two": ["a", "b"]},
            "body": "hi",
        }),
        &[],
    )
    .await;
    assert_eq!(answer.status, 201);
    assert_eq!(answer.body, "hi");
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.header("x-one"), Some("single"));
    assert_eq!(answer.header("x-flag"), Some("true"));
    assert_eq!(
        answer.header("x-amzn-remapped-www-authenticate"),
        Some("Basic")
    );
    assert_eq!(
        answer.headers.get_all("x-two").iter().collect::<Vec<_>>(),
        ["a", "b"]
    );

    // No media type is binary: base64 is passed on as the text that it is.
    let png = json!({"statusCode": 200, "body": "iVD/", "isBase64Encoded": true});
    assert_eq!(answered(png, &[]).await.body, "iVD/");

    for malformed in [
        json!({"statusCode": 200, "cookies": []}),
        json!({"statusCode": "abc"}),
        json!({"statusCode": 200, "body": {"not": "a string"}}),
        json!({"statusCode": 200, "headers": {"x": ["list"]}}),
        json!("just text"),
    ] {
        assert_eq!(
            answered(malformed.clone(), &[]).await.status,
            502,
            "{malformed}"
        );
    }
    assert_eq!(running.get("/open/x?do=large", &[]).await.status, 502);
}
