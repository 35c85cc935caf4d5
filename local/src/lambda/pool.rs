//! The copies of one function.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Bytes;
use tokio::sync::Semaphore;

use super::environment::Surroundings;
use super::process::Process;
use super::{Executable, LARGEST_PAYLOAD, Outcome, Refusal};
use crate::template::Function;

/// The maximum number of copies of one function, unless the template reserves fewer. Requests
/// above that wait: a thousand processes would stop the machine.
const MOST_COPIES: usize = 32;

/// A function with its copies. A copy serves one request at a time, as on Lambda.
pub struct Pool {
    inner: Arc<Inner>,
}

struct Inner {
    function: Function,
    arn: Arc<str>,
    program: Executable,
    surroundings: Arc<Surroundings>,
    places: Arc<Semaphore>,
    /// Copies without a request. The last one in is the first one out, so that quiet ones
    /// stay quiet.
    idle: Mutex<Vec<Process>>,
    stopped: AtomicBool,
}

impl Pool {
    /// A pool without copies: the first request starts the first.
    #[must_use]
    pub fn new(function: Function, program: Executable, surroundings: Arc<Surroundings>) -> Self {
        let places = function.reserved_concurrency.unwrap_or(MOST_COPIES);
        Self {
            inner: Arc::new(Inner {
                arn: Arc::from(function.arn.as_str()),
                function,
                program,
                surroundings,
                places: Arc::new(Semaphore::new(places)),
                idle: Mutex::new(Vec::new()),
                stopped: AtomicBool::new(false),
            }),
        }
    }

    /// The function in the template.
    #[must_use]
    pub fn function(&self) -> &Function {
        &self.inner.function
    }

    /// Asks the function. Its outcome is awaited even if the caller gives up: a copy that has
    /// begun a request ends it.
    ///
    /// # Errors
    /// The function was not asked, for the reason given.
    pub async fn invoke(&self, payload: Bytes, trace_id: String) -> Result<Outcome, Refusal> {
        if payload.len() > LARGEST_PAYLOAD {
            return Err(Refusal::TooLarge);
        }
        let inner = Arc::clone(&self.inner);
        let task = tokio::spawn(async move { inner.invoke(payload, trace_id).await });
        task.await.unwrap_or(Err(Refusal::Stopping))
    }

    /// Takes no more requests and ends the copies that have none. One that has a request ends
    /// after it, or with this program.
    pub async fn stop(&self) {
        self.inner.stopped.store(true, Ordering::SeqCst);
        self.inner.places.close();
        let idle = std::mem::take(&mut *self.inner.idle());
        for process in idle {
            process.end().await;
        }
    }
}

impl Inner {
    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Process>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn invoke(self: Arc<Self>, payload: Bytes, trace_id: String) -> Result<Outcome, Refusal> {
        let _place = if self.function.reserved_concurrency.is_some() {
            Arc::clone(&self.places).try_acquire_owned().map_err(|_| {
                match self.places.is_closed() {
                    true => Refusal::Stopping,
                    false => Refusal::Throttled,
                }
            })?
        } else {
            Arc::clone(&self.places)
                .acquire_owned()
                .await
                .map_err(|_| Refusal::Stopping)?
        };
        let idle = std::iter::from_fn(|| self.idle().pop()).find(|process| !process.has_ended());
        let mut process = match idle {
            Some(process) => process,
            None => Process::start(&self.function, &self.program, &self.surroundings).await?,
        };
        let request_id = uuid::Uuid::new_v4().to_string();
        let (outcome, lives) = process
            .invoke(
                &self.function,
                Arc::clone(&self.arn),
                request_id,
                trace_id,
                payload,
            )
            .await;
        if let Outcome::Failure(failure) = &outcome {
            tracing::warn!(function = %self.function.name, "{}", failure.message());
        }
        if lives && !self.stopped.load(Ordering::SeqCst) {
            self.idle().push(process);
        }
        Ok(outcome)
    }
}
