//! API Gateway's own answers, and what every answer has.

use reqwest::Method;
use serde_json::json;
use uuid::Uuid;

use crate::system::{ADMIN, Answer, System, share_body};

#[tokio::test]
async fn a_preflight_is_answered_on_every_path_without_a_credential() {
    let system = System::start().await;
    // Including paths that do not exist: an app in a browser must see the 404.
    for path in [
        "/v2/shares",
        "/v2/shares/3",
        "/",
        "/v2/share",
        "/v2/shares/3/x",
        "/v2/shares/3/x/y",
        "/v9",
    ] {
        let request = system
            .request(Method::OPTIONS, path)
            .header("Origin", "https://app.example");
        let answer = Answer::of(request.header("Access-Control-Request-Method", "POST")).await;
        assert_eq!(answer.status, 204, "{path}");
        for (name, expected) in [
            ("access-control-allow-origin", "*"),
            (
                "access-control-allow-methods",
                "GET, POST, DELETE, OPTIONS, PUT",
            ),
            (
                "access-control-allow-headers",
                "authorization, content-type, idempotency-key, if-match, if-none-match, prefer, x-request-id",
            ),
            ("access-control-max-age", "7200"),
        ] {
            assert_eq!(answer.header(name), Some(expected), "{path}");
        }
    }
}

#[tokio::test]
async fn a_browser_is_shown_the_headers_that_an_answer_has() {
    let system = System::start().await;
    let exposed = async |path: &str, token: Uuid, origin: bool| {
        let mut request = system.request(Method::GET, path).bearer_auth(token);
        if origin {
            request = request.header("Origin", "https://app.example");
        }
        let answer = Answer::of(request).await;
        answer
            .header("access-control-expose-headers")
            .unwrap()
            .to_owned()
    };
    const SEED: &str = "authorization, content-type";
    for origin in [false, true] {
        let of = async |path: &str| exposed(path, ADMIN, origin).await;
        let one = of("/v2/users/1").await;
        assert_eq!(one, format!("{SEED}, etag, x-request-id"));
        let page = of("/v2/users?size=1").await;
        assert_eq!(page, format!("{SEED}, etag, link, x-request-id"));
        // API Gateway's own.
        assert_eq!(of("/v2/user").await, format!("{SEED}, x-request-id"));
    }
    let missing = "/v2/users/99";
    assert_eq!(
        exposed(missing, ADMIN, true).await,
        format!("{SEED}, x-request-id")
    );
    // As in the published example, which no browser requests.
    assert_eq!(exposed(missing, ADMIN, false).await, SEED);
}

#[tokio::test]
async fn a_401_says_how_to_present_a_credential() {
    let system = System::start().await;
    let nobody = Uuid::from_u128(1);
    for token in [None, Some(nobody)] {
        for path in ["/v2/users", "/things", "/v2/shares/3"] {
            let mut request = system.request(Method::GET, path);
            if let Some(token) = token {
                request = request.bearer_auth(token);
            }
            let answer = Answer::of(request).await;
            answer.assert_error(401, "invalidTokenError");
            let challenge = "Bearer realm=\"Latchkey\", Basic realm=\"Latchkey\"";
            assert_eq!(answer.header("www-authenticate"), Some(challenge));
        }
    }
}

#[tokio::test]
async fn a_head_is_the_get_without_its_body() {
    let system = System::start().await;
    for path in [
        "/v2/users",
        "/v2/users/1",
        "/v2/users/99",
        "/v2/spaces?size=0",
        "/access/templates",
        "/json/reply/GetBusinessUserThings",
        "/openapi.json",
        "/v2/devices/1/decision",
    ] {
        let get = system.admin().get(path).await;
        let head = system.admin().call(Method::HEAD, path).await;
        assert_eq!(
            (head.status, head.body.as_str()),
            (get.status, ""),
            "{path}"
        );
        for name in ["content-type", "link", "cache-control", "vary"] {
            assert_eq!(head.header(name), get.header(name), "{path}: {name}");
        }
        // A decision says when.
        if !path.ends_with("decision") {
            assert_eq!(head.header("etag"), get.header("etag"), "{path}");
        }
        assert!(
            !get.status.is_success() || get.header("etag").is_some(),
            "{path}"
        );
    }
    let changes = "/json/reply/DeleteAccessTemplate";
    let answer = system.admin().call(Method::HEAD, changes).await;
    assert_eq!(answer.status, 404);
}

#[tokio::test]
async fn what_has_not_changed_is_not_sent_again() {
    let system = System::start().await;
    let again = async |path: &str, tag: &str| {
        let request = system.request(Method::GET, path).bearer_auth(ADMIN);
        Answer::of(request.header("If-None-Match", tag)).await
    };
    for path in [
        "/v2/users",
        "/v2/users/1",
        "/v2/devices?size=1",
        "/v2/organizations/1",
        "/things",
        "/access/templates",
        "/v2/api-keys",
    ] {
        let first = system.admin().get(path).await;
        let tag = first.header("etag").unwrap();
        let second = again(path, tag).await;
        assert_eq!(
            (second.status.as_u16(), second.body.as_str()),
            (304, ""),
            "{path}"
        );
        assert_eq!(second.header("etag"), Some(tag));
        assert_eq!(second.header("link"), first.header("link"));
        second.assert_headers();
        again(path, "\"another\"").await.ok();
    }

    // The answer shows more than the share: here the name of its device.
    let share = system.create_share(&share_body(json!({}))).await;
    let path = format!("/v2/shares/{share}");
    let before = system.admin().get(&path).await;
    let tag = before.header("etag").unwrap();
    again(&path, tag).await.is(304);
    let renamed = json!({"name": "Another name"});
    system.admin().put("/v2/devices/1", &renamed).await.ok();
    let after = again(&path, tag).await;
    assert_eq!(after.status, 200);
    assert_ne!(after.header("etag"), Some(tag));
    // The version is the same still: a change with the former tag is meant for it.
    let request = system.request(Method::PUT, &path).bearer_auth(ADMIN);
    let request = request.header("If-Match", tag);
    let body = json!({"personalSettings": {"notifications": true}}).to_string();
    Answer::of(request.body(body)).await.ok();
    again(&path, after.header("etag").unwrap()).await.ok();
}

#[tokio::test]
async fn nobody_keeps_an_answer_with_a_secret_or_a_code() {
    let system = System::start().await;
    let user = json!({"organizationId": 1, "firstName": "N", "lastName": "N"});
    for (path, body) in [
        ("/v2/users", user),
        ("/v2/api-keys", json!({"organizationId": 1, "name": "N"})),
        ("/v2/shares", share_body(json!({"receiver": null}))),
    ] {
        let request = || system.request(Method::POST, path).bearer_auth(ADMIN);
        // The first answer and the same again.
        for _ in 0..2 {
            let request = request().header("Idempotency-Key", "one");
            let answer = Answer::of(request.body(body.to_string())).await;
            assert!(answer.status.is_success(), "{path}: {}", answer.body);
            assert_eq!(answer.header("cache-control"), Some("no-store"), "{path}");
        }
    }
    let accesses = system.admin().get("/BusinessUserAccesses").await;
    assert_eq!(accesses.status, 200);
    assert_eq!(accesses.header("cache-control"), Some("no-store"));
    assert_eq!(accesses.header("etag"), None);
}

#[tokio::test]
async fn an_unknown_path_or_method_is_answered_in_the_shape_of_both_families() {
    let system = System::start().await;
    for (method, path) in [
        (Method::GET, "/"),
        (Method::GET, "/v2/share"),
        (Method::PATCH, "/v2/shares"),
        (Method::GET, "/v2/shares/3/x"),
    ] {
        let answer = system.admin().call(method, path).await;
        answer.assert_error(404, "notFoundError");
        assert_eq!(answer.json()["responseStatus"]["errorCode"], "NotFound");
    }
}

#[tokio::test]
async fn a_request_over_the_limit_of_the_gateway_is_refused_before_a_function() {
    let system = System::start().await;
    let body = share_body(json!({"unknown": "x".repeat(10 * 1024 * 1024)}));
    let answer = system.admin().post("/v2/shares", &body).await;
    answer.assert_error(413, "requestTooLargeError");
}

#[tokio::test]
async fn every_answer_has_an_id_of_its_own() {
    let system = System::start().await;
    let id = async || {
        let answer = system.admin().get("/v2/shares/3").await;
        answer.header("x-request-id").unwrap().to_owned()
    };
    assert_ne!(id().await, id().await);
}
