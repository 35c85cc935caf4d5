//! Lambda authorizers, and the cache of their answers.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use aws_lambda_events::apigw::ApiGatewayCustomAuthorizerResponse;
use serde_json::Value;

use super::event;
use super::exchange::{Caller, Exchange};
use super::failure::{Failure, ResponseType};
use super::policy::{Policy, Verdict};
use crate::lambda::{Functions, Outcome};
use crate::template::Authorizer;

/// The maximum number of credentials whose answers an authorizer keeps.
const MOST_KEPT: usize = 10_000;

/// API Gateway waits no longer for an authorizer than for an integration.
const LONGEST_WAIT: Duration = Duration::from_secs(29);

/// The authorizers of an API by name.
pub(super) struct Authorizers(BTreeMap<String, Keeper>);

struct Keeper {
    authorizer: Authorizer,
    kept: Mutex<HashMap<Vec<String>, Kept>>,
}

#[derive(Clone)]
struct Kept {
    answer: Arc<Answer>,
    until: Instant,
}

/// A well-formed answer of an authorizer.
struct Answer {
    principal_id: String,
    context: BTreeMap<String, String>,
    policy: Policy,
}

impl Authorizers {
    pub(super) fn new(authorizers: BTreeMap<String, Authorizer>) -> Self {
        Self(
            authorizers
                .into_iter()
                .map(|(name, authorizer)| {
                    (
                        name,
                        Keeper {
                            authorizer,
                            kept: Mutex::default(),
                        },
                    )
                })
                .collect(),
        )
    }

    /// Lets the request pass, or says why not.
    pub(super) async fn admit(
        &self,
        name: &str,
        exchange: &Exchange<'_>,
        functions: &Functions,
    ) -> Result<Caller, Failure> {
        let keeper = self.0.get(name).ok_or_else(|| Failure::internal(500))?;
        // A header that is missing or empty is refused without asking the authorizer.
        let identity: Option<Vec<String>> = keeper
            .authorizer
            .identity
            .iter()
            .map(|name| exchange.header(name).map(|value| value.into_owned()))
            .map(|value| value.filter(|value| !value.is_empty()))
            .collect();
        let identity = identity.ok_or_else(|| Failure::of(ResponseType::Unauthorized))?;

        let started = Instant::now();
        let (answer, latency) = match keeper.recall(&identity, started) {
            Some(answer) => (answer, 0),
            None => {
                let answer = Arc::new(ask(&keeper.authorizer, exchange, functions).await?);
                let latency = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
                keeper.keep(identity, Arc::clone(&answer));
                (answer, latency)
            }
        };
        match answer.policy.on(&exchange.method_arn()) {
            Verdict::Allowed => Ok(Caller {
                principal_id: answer.principal_id.clone(),
                context: answer.context.clone(),
                latency,
            }),
            Verdict::Denied => Err(Failure::denied_explicitly()),
            Verdict::NotAllowed => Err(Failure::of(ResponseType::AccessDenied)),
        }
    }
}

impl Keeper {
    fn recall(&self, identity: &[String], now: Instant) -> Option<Arc<Answer>> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.get(identity)
            .filter(|kept| now < kept.until)
            .map(|kept| Arc::clone(&kept.answer))
    }

    fn keep(&self, identity: Vec<String>, answer: Arc<Answer>) {
        if self.authorizer.keep.is_zero() {
            return;
        }
        let now = Instant::now();
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= MOST_KEPT {
            kept.retain(|_, kept| now < kept.until);
        }
        if kept.len() >= MOST_KEPT
            && let Some(oldest) = kept
                .iter()
                .min_by_key(|(_, kept)| kept.until)
                .map(|(key, _)| key.clone())
        {
            kept.remove(&oldest);
        }
        kept.insert(
            identity,
            Kept {
                answer,
                until: now + self.authorizer.keep,
            },
        );
    }
}

async fn ask(
    authorizer: &Authorizer,
    exchange: &Exchange<'_>,
    functions: &Functions,
) -> Result<Answer, Failure> {
    let function = &authorizer.function;
    let pool = functions
        .get(function)
        .ok_or_else(|| Failure::internal(500))?;
    let payload = event::of_authorizer(exchange);
    let outcome = tokio::time::timeout(
        LONGEST_WAIT,
        pool.invoke(payload, exchange.trace_id.clone()),
    )
    .await
    .map_err(|_| {
        let limit = LONGEST_WAIT.as_secs();
        tracing::warn!(function, "no answer within the {limit} s of an authorizer");
        Failure::of(ResponseType::AuthorizerFailure)
    })?;
    match outcome {
        // A function whose error is this very word refuses the credential.
        Ok(Outcome::Failure(failure)) if failure.message() == "Unauthorized" => {
            Err(Failure::of(ResponseType::Unauthorized))
        }
        Ok(Outcome::Failure(_)) => Err(Failure::of(ResponseType::AuthorizerFailure)),
        Err(refusal) => {
            tracing::error!(function, "{refusal}");
            Err(Failure::of(ResponseType::AuthorizerFailure))
        }
        Ok(Outcome::Answer(payload)) => answer(&payload).map_err(|why| {
            tracing::error!(function, "malformed answer of the authorizer: {why}");
            Failure::of(ResponseType::AuthorizerConfigurationError)
        }),
    }
}

fn answer(payload: &[u8]) -> Result<Answer, String> {
    let answer: ApiGatewayCustomAuthorizerResponse =
        serde_json::from_slice(payload).map_err(|error| error.to_string())?;
    let principal_id = answer
        .principal_id
        .filter(|principal| !principal.is_empty())
        .ok_or("it has no principalId")?;
    let mut context = BTreeMap::new();
    match answer.context {
        Value::Null => {}
        Value::Object(entries) => {
            for (key, value) in entries {
                let value = match value {
                    Value::String(text) => text,
                    Value::Number(_) | Value::Bool(_) => value.to_string(),
                    _ => return Err(format!("context.{key} is not a string, number or boolean")),
                };
                context.insert(key, value);
            }
        }
        _ => return Err("context is not an object".to_owned()),
    }
    let policy = Policy::new(answer.policy_document.statement)?;
    Ok(Answer {
        principal_id,
        context,
        policy,
    })
}
