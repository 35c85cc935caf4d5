//! A function on the table's stream.
//!
//! Lambda passes it batches of changes, those of one shard one after the other, and repeats a
//! batch until it is done. A handler therefore takes one change, and works in steps that are
//! complete in themselves: it may be stopped between any two, and a repeat skips finished work.
//! Nothing must be counted or remembered. The handler continues until its end; shortly before
//! Lambda would end the process it is stopped, and the change is reported as failed. The next
//! invocation continues from there.

use std::panic::AssertUnwindSafe;
use std::process::ExitCode;
use std::time::{Duration, SystemTime};

use aws_lambda_events::dynamodb::{Event, StreamRecord};
use aws_lambda_events::streams::{DynamoDbBatchItemFailure, DynamoDbEventResponse};
use futures_util::FutureExt;
use lambda_runtime::{LambdaEvent, service_fn};
use latchkey::error::{Error, Result};
use latchkey::secret::Random;
use latchkey::table::{BoxFuture, Key};
use ring::rand::SystemRandom;
use tokio::time::Instant;

use super::call::Context;
use super::{Serve, log, run};

/// How long before Lambda ends the process a handler is stopped: enough to report the change as
/// failed.
const MARGIN: Duration = Duration::from_secs(2);

/// A function on the stream. `ReportBatchItemFailures` must be on: the answer names the changes
/// that are not done.
#[derive(Clone, Copy)]
pub struct StreamHandler {
    /// The name of its binary, in template.yaml and in the log.
    pub(crate) operation: &'static str,
    /// The handler of one change of the table.
    pub handle: fn(StreamRecord, Context) -> BoxFuture<'static, Result<()>>,
}

impl Serve for StreamHandler {
    fn serve(self) -> ExitCode {
        let random = Random::new(SystemRandom::new());
        let answer = move |event: LambdaEvent<Event>| {
            let random = random.clone();
            async move { Ok::<_, lambda_runtime::Error>(batch(self, event, random).await) }
        };
        run(async { lambda_runtime::run(service_fn(answer)).await })
    }
}

async fn batch(
    handler: StreamHandler,
    event: LambdaEvent<Event>,
    random: Random,
) -> DynamoDbEventResponse {
    let StreamHandler { operation, handle } = handler;
    let started = Instant::now();
    let remaining = event.context.deadline().duration_since(SystemTime::now());
    let end = started + remaining.unwrap_or_default().saturating_sub(MARGIN);
    let changes = event.payload.records.len();
    let mut answer = DynamoDbEventResponse::default();
    for record in event.payload.records {
        let change = record.change;
        // Without a number the whole batch is given again.
        let number = change.sequence_number.clone().unwrap_or_default();
        // The key of a code contains the code, which must not be logged.
        let key = Key::of_change(change.keys.clone());
        let key = key.map(|key| key.in_log()).unwrap_or_default();
        let random = random.clone();
        let handled = async { handle(change, Context::begin(operation, random).await?).await };
        let handled = AssertUnwindSafe(handled).catch_unwind();
        let failed = match tokio::time::timeout_at(end, handled).await {
            Ok(Ok(Ok(()))) => continue,
            Ok(Ok(Err(error))) => error,
            Ok(Err(_)) => Error::Internal("panicked".to_owned()),
            Err(_) => Error::Unavailable("the time ended before the work was done".to_owned()),
        };
        log::error(&failed);
        tracing::warn!(operation, number, key, "failed; to be retried");
        let mut failure = DynamoDbBatchItemFailure::default();
        failure.item_identifier = Some(number);
        answer.batch_item_failures.push(failure);
    }
    tracing::info!(
        operation,
        changes,
        failed = answer.batch_item_failures.len(),
        milliseconds = started.elapsed().as_secs_f64() * 1000.0,
        "served"
    );
    answer
}
