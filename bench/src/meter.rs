//! Counts what calls of DynamoDB cost, in the SDK that makes them.
//!
//! Two parts of a client count. An *interceptor* asks for `ReturnConsumedCapacity` before a
//! call is written, and reads what was consumed after the answer is read. The *connector* under
//! it counts round trips: it holds answers back until every call that is under way has its own,
//! then lets all of them go on at once, as if each took equally long. So what runs in parallel
//! is one trip, however the times fall on a busy machine, and what waits for another is one
//! more.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws_sdk_dynamodb::config::http::HttpRequest;
use aws_sdk_dynamodb::config::interceptors::{
    AfterDeserializationInterceptorContextRef, BeforeSerializationInterceptorContextMut,
};
use aws_sdk_dynamodb::config::{
    ConfigBag, HttpClient, Intercept, RuntimeComponents, SharedHttpClient,
};
use aws_sdk_dynamodb::operation::{
    batch_get_item, batch_write_item, delete_item, get_item, put_item, query, scan,
    transact_get_items, transact_write_items, update_item,
};
use aws_sdk_dynamodb::types::{ConsumedCapacity, ReturnConsumedCapacity};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use serde_json::{Value, json};
use tokio::sync::watch;

use latchkey_local::calls::Asked;

use crate::rights;

/// The consumed capacity.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Cost {
    /// Round trips, one after the other: calls that overlap in time count once.
    pub trips: usize,
    /// Read capacity units.
    pub read_units: f64,
    /// Write capacity units, those of the index among them.
    pub write_units: f64,
    /// Calls that DynamoDB refused. What such a one consumed it does not tell.
    pub refused: usize,
}

/// The meter. Its clones count together.
#[derive(Clone, Default)]
pub struct Meter(Arc<Shared>);

#[derive(Default)]
struct Shared {
    counted: Mutex<Counted>,
    step: watch::Sender<u64>,
}

/// A call of DynamoDB, whole.
#[derive(Debug, Clone)]
pub struct Called {
    /// Such as `Query`.
    pub operation: String,
    /// The request.
    pub request: Value,
    /// The answer.
    pub answer: Value,
}

#[derive(Default)]
struct Counted {
    cost: Cost,
    asked: BTreeSet<Asked>,
    /// Whether the next transaction conflicts with another at all that it checks.
    conflicts: bool,
    /// The calls, if they are recorded.
    called: Option<Vec<Called>>,
    under_way: usize,
    answered: usize,
}

impl Meter {
    /// The consumed capacity since the last time.
    pub fn take(&self) -> Cost {
        self.take_all().0
    }

    /// The same, with the requested items.
    pub fn take_all(&self) -> (Cost, BTreeSet<Asked>) {
        let mut counted = self.counted();
        (
            std::mem::take(&mut counted.cost),
            std::mem::take(&mut counted.asked),
        )
    }

    /// The calls since the last time; recorded from the first time on.
    pub fn called(&self) -> Vec<Called> {
        self.counted()
            .called
            .replace(Vec::new())
            .unwrap_or_default()
    }

    fn is_traced(&self) -> bool {
        self.counted().called.is_some()
    }

    /// Has the next transaction conflict with another at all that it checks.
    pub fn conflict(&self) {
        self.counted().conflicts = true;
    }

    /// The answer to a transaction that conflicts, if this one does.
    fn conflicting(&self, operation: &str, request: &Value) -> Option<HttpResponse> {
        let transaction = request["TransactItems"].as_array()?;
        if operation != "TransactWriteItems" || !std::mem::take(&mut self.counted().conflicts) {
            return None;
        }
        let reason = |part: &Value| match part["ConditionCheck"].is_object() {
            true => json!({"Code": "TransactionConflict", "Message": "conflict"}),
            false => json!({"Code": "None"}),
        };
        let body = json!({
            "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
            "Message": "Transaction cancelled",
            "CancellationReasons": transaction.iter().map(reason).collect::<Vec<_>>(),
        });
        let status = StatusCode::try_from(400).ok()?;
        Some(HttpResponse::new(status, SdkBody::from(body.to_string())))
    }

    fn add_call(&self, called: Called) {
        if let Some(all) = &mut self.counted().called {
            all.push(called);
        }
    }

    /// An HTTP client around `inner`, which counts round trips.
    pub fn connector(&self, inner: SharedHttpClient) -> SharedHttpClient {
        let meter = self.clone();
        http_client_fn(move |settings, components| meter.in_step(&inner, settings, components))
    }

    fn in_step(
        &self,
        inner: &SharedHttpClient,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(InStep {
            inner: inner.http_connector(settings, components),
            meter: self.clone(),
        })
    }

    fn counted(&self) -> MutexGuard<'_, Counted> {
        let counted = self.0.counted.lock();
        counted.unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets the answers go on when there is one to every call.
    fn release(&self, counted: &mut Counted) {
        if counted.under_way > 0 && counted.answered == counted.under_way {
            (counted.under_way, counted.answered) = (0, 0);
            counted.cost.trips += 1;
            self.0.step.send_modify(|step| *step += 1);
        }
    }
}

impl fmt::Debug for Meter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Meter")
    }
}

/// Each operation with a `ReturnConsumedCapacity`, and the number of tables in its answer.
macro_rules! operations {
    ($each:ident) => {
        $each!(get_item::GetItemInput, get_item::GetItemOutput, read, one);
        $each!(query::QueryInput, query::QueryOutput, read, one);
        $each!(scan::ScanInput, scan::ScanOutput, read, one);
        $each!(
            batch_get_item::BatchGetItemInput,
            batch_get_item::BatchGetItemOutput,
            read,
            many
        );
        $each!(
            transact_get_items::TransactGetItemsInput,
            transact_get_items::TransactGetItemsOutput,
            read,
            many
        );
        $each!(put_item::PutItemInput, put_item::PutItemOutput, write, one);
        $each!(
            update_item::UpdateItemInput,
            update_item::UpdateItemOutput,
            write,
            one
        );
        $each!(
            delete_item::DeleteItemInput,
            delete_item::DeleteItemOutput,
            write,
            one
        );
        $each!(
            batch_write_item::BatchWriteItemInput,
            batch_write_item::BatchWriteItemOutput,
            write,
            many
        );
        $each!(
            transact_write_items::TransactWriteItemsInput,
            transact_write_items::TransactWriteItemsOutput,
            write,
            many
        );
    };
}

impl Intercept for Meter {
    fn name(&self) -> &'static str {
        "Meter"
    }

    fn modify_before_serialization(
        &self,
        context: &mut BeforeSerializationInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let input = context.input_mut();
        macro_rules! ask {
            ($input:ty, $output:ty, $side:ident, $of:ident) => {
                if let Some(input) = input.downcast_mut::<$input>() {
                    input.return_consumed_capacity = Some(ReturnConsumedCapacity::Indexes);
                    return Ok(());
                }
            };
        }
        operations!(ask);
        // Whatever it is, it must not pass for free.
        Err(format!("the meter does not know this call: {input:?}").into())
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let Ok(output) = context.output_or_error() else {
            self.counted().cost.refused += 1;
            return Ok(());
        };
        macro_rules! units {
            ($consumed:expr, one) => {
                sum($consumed.as_ref())
            };
            ($consumed:expr, many) => {
                sum($consumed.iter().flatten())
            };
        }
        macro_rules! count {
            ($input:ty, $output:ty, read, $of:ident) => {
                if let Some(output) = output.downcast_ref::<$output>() {
                    self.counted().cost.read_units += units!(output.consumed_capacity, $of)?;
                    return Ok(());
                }
            };
            ($input:ty, $output:ty, write, $of:ident) => {
                if let Some(output) = output.downcast_ref::<$output>() {
                    self.counted().cost.write_units += units!(output.consumed_capacity, $of)?;
                    return Ok(());
                }
            };
        }
        operations!(count);
        Err("the meter does not know this answer".into())
    }
}

fn sum<'c>(consumed: impl IntoIterator<Item = &'c ConsumedCapacity>) -> Result<f64, BoxError> {
    let mut tables = consumed.into_iter().peekable();
    if tables.peek().is_none() {
        return Err("DynamoDB did not say what it consumed".into());
    }
    let units = tables.map(|table| table.capacity_units);
    units
        .sum::<Option<f64>>()
        .ok_or_else(|| "DynamoDB did not say how many units it consumed".into())
}

#[derive(Debug)]
struct InStep {
    inner: SharedHttpConnector,
    meter: Meter,
}

impl HttpConnector for InStep {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let mut call = UnderWay::begin(&self.meter);
        let (operation, request_body) = asked(&request);
        let Some(of_items) = rights::asked(&operation, &request_body) else {
            let unknown = format!("the meter cannot tell what this asks for: {operation}");
            return HttpConnectorFuture::ready(Err(ConnectorError::other(unknown.into(), None)));
        };
        self.meter.counted().asked.extend(of_items);
        let conflict = self.meter.conflicting(&operation, &request_body);
        let asked = self.meter.is_traced().then_some((operation, request_body));
        let answer = match conflict {
            Some(conflict) => HttpConnectorFuture::ready(Ok(conflict)),
            None => self.inner.call(request),
        };
        let meter = self.meter.clone();
        HttpConnectorFuture::new(async move {
            let mut answer = answer.await;
            if let (Some((operation, request)), Ok(answer)) = (asked, &mut answer) {
                let body = std::mem::replace(answer.body_mut(), SdkBody::taken());
                let body = ByteStream::new(body).collect().await;
                let body = body.map_err(|error| ConnectorError::other(error.into(), None))?;
                let body = body.into_bytes();
                meter.add_call(Called {
                    operation,
                    request,
                    answer: serde_json::from_slice(&body).unwrap_or_default(),
                });
                *answer.body_mut() = SdkBody::from(body);
            }
            call.answered().await;
            answer
        })
    }
}

/// The operation of a call, and what it asks.
fn asked(request: &HttpRequest) -> (String, Value) {
    let target = request.headers().get("x-amz-target").unwrap_or_default();
    let operation = target.rsplit('.').next().unwrap_or_default().to_owned();
    let body = request.body().bytes().unwrap_or_default();
    (operation, serde_json::from_slice(body).unwrap_or_default())
}

/// A call whose answer was not let go yet.
struct UnderWay {
    meter: Meter,
    step: u64,
    is_answered: bool,
}

impl UnderWay {
    fn begin(meter: &Meter) -> Self {
        let mut counted = meter.counted();
        counted.under_way += 1;
        Self {
            meter: meter.clone(),
            step: *meter.0.step.borrow(),
            is_answered: false,
        }
    }

    async fn answered(&mut self) {
        let mut steps = self.meter.0.step.subscribe();
        {
            let mut counted = self.meter.counted();
            counted.answered += 1;
            self.is_answered = true;
            self.meter.release(&mut counted);
        }
        // The sender lives as long as the meter.
        let _ = steps.wait_for(|step| *step > self.step).await;
    }
}

/// A call that nobody waits for any more, as when one beside it failed, holds up no other.
impl Drop for UnderWay {
    fn drop(&mut self) {
        let mut counted = self.meter.counted();
        if *self.meter.0.step.borrow() == self.step {
            counted.under_way -= 1;
            counted.answered -= usize::from(self.is_answered);
            self.meter.release(&mut counted);
        }
    }
}

#[cfg(test)]
mod tests {
    use latchkey::table::{Key, Read, Table};
    use serde::de::IgnoredAny;
    use tokio::join;

    use super::*;
    use crate::house::{ORGANIZATION, id};
    use crate::store::{Store, schema, stack};

    async fn read(table: &Table, key: &Key, times: usize) {
        for _ in 0..times {
            table.get::<IgnoredAny>(key, Read::Eventual).await.unwrap();
        }
    }

    /// The trips and read units of two concurrent chains of reads.
    async fn counted(first: usize, second: usize) -> (usize, f64) {
        let store = Store::at(schema(&stack().unwrap()).unwrap(), None)
            .await
            .unwrap();
        let meter = Meter::default();
        let table = store.table(&meter);
        let world =
            latchkey_demo::World::empty(id(ORGANIZATION).unwrap(), "", latchkey::timing::Zone::UTC);
        let key = world.scope().unwrap().organization_key();
        join!(read(&table, &key, first), read(&table, &key, second));
        let cost = meter.take();
        assert_eq!((cost.write_units, cost.refused), (0.0, 0));
        (cost.trips, cost.read_units)
    }

    #[tokio::test]
    async fn what_runs_at_once_is_one_trip_and_what_follows_is_another() {
        assert_eq!(counted(1, 0).await, (1, 0.5));
        assert_eq!(counted(1, 1).await, (1, 1.0));
        assert_eq!(counted(3, 0).await, (3, 1.5));
        assert_eq!(counted(3, 3).await, (3, 3.0));
        assert_eq!(counted(1, 3).await, (3, 2.0));
    }

    #[tokio::test]
    async fn a_call_that_nobody_waits_for_holds_up_no_other() {
        let meter = Meter::default();
        let mut given_up = UnderWay::begin(&meter);
        let mut other = UnderWay::begin(&meter);
        tokio::select! {
            biased;
            () = given_up.answered() => panic!("let go before the other was answered"),
            () = std::future::ready(()) => drop(given_up),
        }
        other.answered().await;
        assert_eq!(meter.take().trips, 1);
    }
}
