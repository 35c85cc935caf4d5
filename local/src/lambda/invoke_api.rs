//! `POST /2015-03-31/functions/{name}/invocations`: what `aws lambda invoke --endpoint-url`
//! and the SDKs call, for functions that have no route.

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path, Request, State};
use axum::response::Response;
use axum::routing::post;
use http::StatusCode;
use serde_json::json;

use super::{Functions, LARGEST_PAYLOAD, Outcome, Refusal};
use crate::body;

pub(crate) fn router(functions: Functions) -> Router {
    Router::new()
        .route("/2015-03-31/functions/{name}/invocations", post(invoke))
        .with_state(functions)
}

/// The function may be named by its name, ARN, logical id or binary.
async fn invoke(
    State(functions): State<Functions>,
    Path(name): Path<String>,
    request: Request,
) -> Response {
    let found = functions.values().find(|pool| {
        let function = pool.function();
        function.name == name
            || function.logical_id == name
            || function.arn == name
            || function.binary == name
    });
    let Some(pool) = found else {
        let message = format!("Function not found: {name}");
        return refusal(StatusCode::NOT_FOUND, "ResourceNotFoundException", &message);
    };
    let kind = request.headers().get("x-amz-invocation-type").cloned();
    let Ok(mut payload) = body::read(request.into_body(), LARGEST_PAYLOAD).await else {
        let message = Refusal::TooLarge.to_string();
        return refusal(
            StatusCode::PAYLOAD_TOO_LARGE,
            "RequestTooLargeException",
            &message,
        );
    };
    if payload.is_empty() {
        payload = Bytes::from_static(b"{}");
    }
    if kind.as_ref().is_some_and(|kind| kind == "DryRun") {
        return answer(StatusCode::NO_CONTENT, None, Bytes::new());
    }
    if kind.as_ref().is_some_and(|kind| kind == "Event") {
        let name = pool.function().logical_id.clone();
        tokio::spawn(async move {
            if let Some(pool) = functions.get(&name) {
                // Nobody waits for the outcome; a failure is in the log.
                let _ = pool.invoke(payload, String::new()).await;
            }
        });
        return answer(StatusCode::ACCEPTED, None, Bytes::new());
    }
    outcome(pool.invoke(payload, String::new()).await)
}

fn outcome(outcome: Result<Outcome, Refusal>) -> Response {
    match outcome {
        Ok(Outcome::Answer(payload)) => answer(StatusCode::OK, None, payload),
        Ok(Outcome::Failure(failure)) => {
            let kind = if failure.handled {
                "Handled"
            } else {
                "Unhandled"
            };
            answer(StatusCode::OK, Some(kind), failure.payload)
        }
        Err(refused @ Refusal::Throttled) => refusal(
            StatusCode::TOO_MANY_REQUESTS,
            "TooManyRequestsException",
            &refused.to_string(),
        ),
        Err(refused) => refusal(
            StatusCode::INTERNAL_SERVER_ERROR,
            "ServiceException",
            &refused.to_string(),
        ),
    }
}

fn answer(status: StatusCode, error: Option<&'static str>, payload: Bytes) -> Response {
    let mut response = Response::new(Body::from(payload));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(
        "content-type",
        http::HeaderValue::from_static("application/json"),
    );
    headers.insert(
        "x-amz-executed-version",
        http::HeaderValue::from_static("$LATEST"),
    );
    if let Some(error) = error {
        headers.insert(
            "x-amz-function-error",
            http::HeaderValue::from_static(error),
        );
    }
    response
}

fn refusal(status: StatusCode, kind: &'static str, message: &str) -> Response {
    let mut response = answer(
        status,
        None,
        Bytes::from(json!({"Message": message}).to_string()),
    );
    response
        .headers_mut()
        .insert("x-amzn-errortype", http::HeaderValue::from_static(kind));
    response
}
