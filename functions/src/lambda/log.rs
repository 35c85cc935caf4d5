//! The log: one JSON object a line, where Lambda asks for JSON.

use std::env;

use lambda_runtime::tracing::subscriber::filter::{LevelFilter, Targets};
use lambda_runtime::tracing::subscriber::layer::SubscriberExt;
use lambda_runtime::tracing::subscriber::util::SubscriberInitExt;
use lambda_runtime::tracing::subscriber::{Layer, fmt, registry};
use latchkey::error::Error;

/// Starts logging, at the level and in the form that Lambda's logging configuration says.
///
/// The level is for what is written here. Libraries log from WARN on, whatever the level:
/// below that, the Lambda runtime and the SDK write whole events and requests, and with
/// them the credentials of callers.
pub(super) fn start() {
    let level = env::var("AWS_LAMBDA_LOG_LEVEL")
        .ok()
        .and_then(|level| level.parse().ok());
    let targets = Targets::new()
        .with_default(LevelFilter::WARN)
        // An error that a function gives its caller. What it is worth is logged here, and
        // one that says "401" is worth nothing.
        .with_target("lambda_runtime::layers::panic", LevelFilter::OFF)
        .with_target("latchkey", level.unwrap_or(LevelFilter::INFO));
    let lines = fmt::layer().with_target(false);
    let json =
        env::var("AWS_LAMBDA_LOG_FORMAT").is_ok_and(|form| form.eq_ignore_ascii_case("json"));
    let lines = if json {
        // With its time: Lambda takes a line without one for INFO, whatever its level says.
        lines.json().flatten_event(true).boxed()
    } else {
        lines.without_time().boxed()
    };
    registry().with(lines.with_filter(targets)).init();
}

/// Logs the cause of an answer that says nothing of it.
pub(super) fn error(error: &Error) {
    match error {
        Error::Internal(_) => tracing::error!(%error, "failed"),
        Error::Throttled(_) | Error::Unavailable(_) => tracing::warn!(%error, "failed"),
        _ => tracing::debug!(%error, "refused"),
    }
}
