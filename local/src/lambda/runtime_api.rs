//! The Lambda Runtime API, version 2018-06-01, for one copy of a function.
//!
//! Each copy has a listener of its own, as each has in Lambda's sandbox: the copy is known by
//! the port it calls, and no runtime has to know a path prefix.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::response::Response;
use http::{Method, StatusCode};
use tokio::sync::{Mutex as AsyncMutex, mpsc, oneshot};

use super::{Failure, LARGEST_PAYLOAD, Outcome};
use crate::body;

const VERSION: &str = "/2018-06-01/runtime/";

/// A request on its way to a copy.
pub(super) struct Invocation {
    pub(super) request_id: String,
    pub(super) function_arn: Arc<str>,
    pub(super) trace_id: String,
    pub(super) timeout: Duration,
    pub(super) payload: Bytes,
    /// Told when the copy has taken the request: from then on its time runs.
    pub(super) taken: oneshot::Sender<()>,
    pub(super) outcome: oneshot::Sender<Outcome>,
}

/// The state behind the listener.
pub(super) struct Sandbox {
    next: AsyncMutex<mpsc::Receiver<Invocation>>,
    current: Mutex<Option<(String, oneshot::Sender<Outcome>)>>,
    /// What the copy reported to `/init/error` before it ended.
    init_error: Mutex<Option<Failure>>,
}

impl Sandbox {
    pub(super) fn new(next: mpsc::Receiver<Invocation>) -> Arc<Self> {
        Arc::new(Self {
            next: AsyncMutex::new(next),
            current: Mutex::new(None),
            init_error: Mutex::new(None),
        })
    }

    pub(super) fn take_init_error(&self) -> Option<Failure> {
        self.init_error
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
    }

    fn finish(&self, request_id: &str, outcome: Outcome) -> StatusCode {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        match current.take() {
            Some((id, sender)) if id == request_id => {
                // Nobody waits any more when it has timed out.
                let _ = sender.send(outcome);
                StatusCode::ACCEPTED
            }
            other => {
                *current = other;
                StatusCode::BAD_REQUEST
            }
        }
    }
}

pub(super) fn router(sandbox: Arc<Sandbox>) -> Router {
    Router::new().fallback(handle).with_state(sandbox)
}

async fn handle(State(sandbox): State<Arc<Sandbox>>, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    let rest = path.strip_prefix(VERSION).unwrap_or_default();
    let parts: Vec<&str> = rest.split('/').collect();
    match (request.method(), parts.as_slice()) {
        (&Method::GET, ["invocation", "next"]) => next(&sandbox).await,
        (&Method::POST, ["invocation", id, "response"]) => {
            let status = match body::read(request.into_body(), LARGEST_PAYLOAD).await {
                Ok(body) => sandbox.finish(id, Outcome::Answer(body)),
                Err(_) => {
                    let message = format!(
                        "Response payload size exceeded maximum allowed payload size ({LARGEST_PAYLOAD} bytes)."
                    );
                    let failure = Failure::unhandled("Function.ResponseSizeTooLarge", &message);
                    sandbox.finish(id, Outcome::Failure(failure));
                    StatusCode::PAYLOAD_TOO_LARGE
                }
            };
            plain(status)
        }
        (&Method::POST, ["invocation", id, "error"]) => {
            let payload = body::read(request.into_body(), LARGEST_PAYLOAD)
                .await
                .unwrap_or_default();
            plain(sandbox.finish(
                id,
                Outcome::Failure(Failure {
                    payload,
                    handled: true,
                }),
            ))
        }
        (&Method::POST, ["init", "error"]) => {
            let payload = body::read(request.into_body(), LARGEST_PAYLOAD)
                .await
                .unwrap_or_default();
            *sandbox
                .init_error
                .lock()
                .unwrap_or_else(PoisonError::into_inner) = Some(Failure {
                payload,
                handled: false,
            });
            plain(StatusCode::ACCEPTED)
        }
        _ => plain(StatusCode::NOT_FOUND),
    }
}

/// The long poll. It ends with a request, or with the copy that asked.
async fn next(sandbox: &Sandbox) -> Response {
    let Some(invocation) = sandbox.next.lock().await.recv().await else {
        // No further event will come, and the process is about to be ended. It would complain
        // about an answer that it does not understand.
        return std::future::pending().await;
    };
    let deadline = SystemTime::now() + invocation.timeout;
    let deadline = deadline
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .as_millis();
    let response = Response::builder()
        .header("content-type", "application/json")
        .header("lambda-runtime-aws-request-id", &invocation.request_id)
        .header("lambda-runtime-deadline-ms", deadline.to_string())
        .header(
            "lambda-runtime-invoked-function-arn",
            &*invocation.function_arn,
        )
        .header("lambda-runtime-trace-id", invocation.trace_id)
        .body(Body::from(invocation.payload));
    match response {
        Ok(response) => {
            let _ = invocation.taken.send(());
            *sandbox
                .current
                .lock()
                .unwrap_or_else(PoisonError::into_inner) =
                Some((invocation.request_id, invocation.outcome));
            response
        }
        Err(_) => plain(StatusCode::INTERNAL_SERVER_ERROR),
    }
}

fn plain(status: StatusCode) -> Response {
    let mut response = Response::new(Body::from(if status.is_success() {
        r#"{"status":"OK"}"#
    } else {
        r#"{"errorType":"InvalidRequest","errorMessage":"not expected here"}"#
    }));
    *response.status_mut() = status;
    response
}
