//! The part of AWS Lambda that runs functions: their real binaries, each copy a process of
//! its own that asks for its next request over the Lambda Runtime API.
//!
//! - `environment`: what a function finds in its environment.
//! - `runtime_api`: the HTTP interface between a copy and this program.
//! - `process`: one copy, from its start to its end.
//! - `pool`: the copies of one function, as many as there are requests at once.
//! - `invoke_api`: invoking a function by name, as `aws lambda invoke` does.

mod environment;
mod invoke_api;
mod pool;
mod process;
mod runtime_api;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use axum::body::Bytes;
use serde_json::json;

pub use environment::{Credentials, Surroundings};
pub(crate) use invoke_api::router as invoke_router;
pub use pool::Pool;

/// What a copy of a function is started with.
#[derive(Clone, Debug)]
pub struct Executable {
    /// The program.
    pub file: PathBuf,
    /// Which function it is, for a program that has all of them.
    pub function: Option<String>,
}

/// The functions of a template, by logical id.
pub type Functions = Arc<BTreeMap<String, Pool>>;

/// The most that a request to a function may hold, and its answer.
pub(crate) const LARGEST_PAYLOAD: usize = 6 * 1024 * 1024;

/// How an invocation ended, if the function was called at all.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// The function answered.
    Answer(Bytes),
    /// The function failed: what Lambda gives as payload beside `X-Amz-Function-Error`.
    Failure(Failure),
}

/// A function error.
#[derive(Clone, Debug)]
pub struct Failure {
    /// `{"errorType": …, "errorMessage": …}`.
    pub payload: Bytes,
    /// Whether the function itself reported it; otherwise it crashed or took too long.
    pub handled: bool,
}

impl Failure {
    fn unhandled(kind: &str, message: &str) -> Self {
        let payload = json!({"errorType": kind, "errorMessage": message}).to_string();
        Self {
            payload: Bytes::from(payload),
            handled: false,
        }
    }

    /// The `errorMessage` in the payload.
    #[must_use]
    pub fn message(&self) -> String {
        serde_json::from_slice::<serde_json::Value>(&self.payload)
            .ok()
            .and_then(|payload| payload.get("errorMessage")?.as_str().map(str::to_owned))
            .unwrap_or_else(|| String::from_utf8_lossy(&self.payload).into_owned())
    }
}

/// Why a function was not asked.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Refusal {
    /// `ReservedConcurrentExecutions` copies are busy.
    #[error("Rate Exceeded.")]
    Throttled,
    /// The request is larger than Lambda takes.
    #[error(
        "Request must be smaller than {LARGEST_PAYLOAD} bytes for the InvokeFunction operation"
    )]
    TooLarge,
    /// The program cannot be started.
    #[error("{0}")]
    NotStarted(String),
    /// This program is on its way out.
    #[error("the system is stopping")]
    Stopping,
}
