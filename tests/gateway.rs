//! What API Gateway answers by itself, and what every answer has.

use reqwest::Method;
use serde_json::json;

use crate::system::{ADMIN, Answer, System, share_body};

#[tokio::test]
async fn a_preflight_is_answered_on_every_path_without_a_credential() {
    let system = System::start().await;
    for path in ["/v2/shares", "/v2/shares/3"] {
        let request = system
            .request(Method::OPTIONS, path)
            .header("Origin", "https://app.example");
        let answer = Answer::of(request.header("Access-Control-Request-Method", "POST")).await;
        assert_eq!(answer.status, 204, "{path}");
        answer.assert_headers();
    }
}

#[tokio::test]
async fn a_path_or_method_that_is_not_there_is_said_in_the_shape_of_both_families() {
    let system = System::start().await;
    for (method, path) in [
        (Method::GET, "/"),
        (Method::GET, "/v2/share"),
        (Method::PATCH, "/v2/shares"),
        (Method::GET, "/v2/shares/3/x"),
    ] {
        let answer = system.call(method, path, ADMIN, None).await;
        answer.assert_error(404, "notFoundError");
        assert_eq!(answer.json()["responseStatus"]["errorCode"], "NotFound");
    }
}

#[tokio::test]
async fn a_request_over_the_limit_of_the_gateway_is_refused_before_a_function() {
    let system = System::start().await;
    let body = share_body(json!({"unknown": "x".repeat(10 * 1024 * 1024)}));
    let answer = system.post("/v2/shares", ADMIN, &body).await;
    answer.assert_error(413, "requestTooLargeError");
}

#[tokio::test]
async fn every_answer_has_an_id_of_its_own() {
    let system = System::start().await;
    let id = async || {
        let answer = system.get("/v2/shares/3", ADMIN).await;
        answer.header("x-request-id").unwrap().to_owned()
    };
    assert_ne!(id().await, id().await);
}
