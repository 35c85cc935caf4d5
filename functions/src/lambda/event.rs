//! Functions that are called with another event than a request of the API.

use std::process::ExitCode;

use lambda_runtime::{Diagnostic, LambdaEvent, service_fn};
use latchkey::error::{Error, Result};
use latchkey::secret::Random;
use latchkey::table::BoxFuture;
use ring::rand::SystemRandom;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::call::Context;
use super::{Serve, log, run};

/// A function that is called with an event of its own kind.
#[derive(Clone, Copy)]
pub struct EventHandler<Event, Answer> {
    /// The name of the binary, in template.yaml and in the record.
    pub(crate) operation: &'static str,
    /// The handler of the event.
    pub handle: fn(Event, Context) -> BoxFuture<'static, Result<Answer>>,
    /// What its caller gets for an error; the log has the whole error.
    pub(crate) message: fn(&Error) -> String,
}

impl<Event, Answer> Serve for EventHandler<Event, Answer>
where
    Event: DeserializeOwned + Send + 'static,
    Answer: Serialize + Send + 'static,
{
    fn serve(self) -> ExitCode {
        serve_events(self)
    }
}

fn serve_events<Event, Answer>(handler: EventHandler<Event, Answer>) -> ExitCode
where
    Event: DeserializeOwned + Send + 'static,
    Answer: Serialize + Send + 'static,
{
    let random = Random::new(SystemRandom::new());
    let EventHandler {
        operation,
        handle,
        message,
    } = handler;
    let answer = move |event: LambdaEvent<Event>| {
        let random = random.clone();
        async move {
            let outcome = async {
                let context = Context::begin(operation, random).await?;
                handle(event.payload, context).await
            };
            outcome.await.map_err(|error| {
                log::error(&error);
                Diagnostic {
                    error_type: error.code().to_owned(),
                    error_message: message(&error),
                }
            })
        }
    };
    run(async { lambda_runtime::run(service_fn(answer)).await })
}
