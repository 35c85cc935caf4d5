//! The part of AWS Lambda that reads the streams of tables and invokes functions with what
//! has changed: event source mappings.
//!
//! - `record`: a record as the function gets it.
//! - `delivery`: one batch, sent until it is done or given up.
//! - `place`: how far a stream is done, so that nothing is left out after a restart.
//!
//! Records of a shard are sent in their order, one batch at a time; each at least once. The
//! streams are asked over HTTP like everything else of the store. A store without streams is
//! told in a note, and nothing else is missing.

mod delivery;
mod place;
mod record;

use std::path::Path;
use std::time::{Duration, SystemTime};

use aws_sdk_dynamodb::Client as Tables;
use aws_sdk_dynamodbstreams::Client;
use aws_sdk_dynamodbstreams::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodbstreams::types::{Shard, ShardIteratorType};
use axum::body::Bytes;
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::time::sleep;

use crate::lambda::{Functions, Outcome as Invoked, Refusal};
use crate::template::StreamEvent;
use delivery::{Delivery, Outcome, outcome};
use place::{Place, Places};
use record::Record;

/// The wait for the next records after some have come; doubled as long as none come.
const SHORTEST_WAIT: Duration = Duration::from_millis(100);
/// The longest wait: a quiet system should be quiet.
const LONGEST_WAIT: Duration = Duration::from_millis(800);

/// One function on one stream.
pub(crate) struct Poller {
    client: Client,
    functions: Functions,
    /// The logical id of the function.
    function: String,
    event: StreamEvent,
    region: String,
    /// The ARN that the store has for the stream.
    stream: String,
    places: Places,
    open: Vec<Open>,
    /// Whether shards are looked for the first time.
    first: bool,
}

/// A shard that is read.
struct Open {
    id: String,
    iterator: Option<String>,
    /// Records that the function is to see.
    waiting: Vec<Record>,
    /// The last record that was read, whether or not the function is to see it.
    read: Option<String>,
    ended: bool,
}

impl Poller {
    /// Looks for the stream. `folder` is where the store keeps its data, if it does.
    ///
    /// # Errors
    /// Why there is none.
    pub(crate) async fn find(
        (tables, client): (&Tables, Client),
        functions: &Functions,
        function: &str,
        event: &StreamEvent,
        region: &str,
        folder: Option<&Path>,
    ) -> Result<Self, String> {
        let described = tables.describe_table().table_name(&event.table).send();
        let described = described.await.map_err(|error| told(&error))?;
        let stream = described
            .table
            .and_then(|table| table.latest_stream_arn)
            .ok_or_else(|| format!("the table {} has no stream", event.table))?;
        let file = folder.map(|folder| folder.join(format!("{function}.{}.json", event.name)));
        let poller = Self {
            places: Places::open(file, &stream),
            client,
            functions: Functions::clone(functions),
            function: function.to_owned(),
            event: event.clone(),
            region: region.to_owned(),
            stream,
            open: Vec::new(),
            first: true,
        };
        poller.shards().await?;
        Ok(poller)
    }

    /// Reads the stream and invokes the function until the system stops. An invocation at that
    /// time may finish; it will be repeated.
    pub(crate) async fn run(mut self, mut stopped: watch::Receiver<bool>) {
        tokio::select! {
            () = self.poll() => {}
            _ = stopped.wait_for(|stop| *stop) => {}
        }
    }

    async fn poll(&mut self) {
        let mut wait = SHORTEST_WAIT;
        loop {
            if self.open.is_empty() {
                self.look().await;
            }
            let mut came = false;
            for mut shard in std::mem::take(&mut self.open) {
                came |= self.read(&mut shard).await;
                self.send(&mut shard).await;
                if shard.ended && shard.waiting.is_empty() {
                    self.places.keep(&shard.id, Place::Done).await;
                } else {
                    self.open.push(shard);
                }
            }
            wait = match came {
                true => SHORTEST_WAIT,
                false => (wait * 2).min(LONGEST_WAIT),
            };
            sleep(wait).await;
        }
    }

    async fn shards(&self) -> Result<Vec<Shard>, String> {
        let mut shards = Vec::new();
        let mut after = None;
        loop {
            let call = self.client.describe_stream().stream_arn(&self.stream);
            let call = call.set_exclusive_start_shard_id(after).send();
            let answer = call.await.map_err(|error| told(&error))?;
            let Some(description) = answer.stream_description else {
                return Ok(shards);
            };
            shards.extend(description.shards.unwrap_or_default());
            after = description.last_evaluated_shard_id;
            if after.is_none() {
                return Ok(shards);
            }
        }
    }

    /// Looks for shards that are not done, and whose parents are: what a shard tells came
    /// after all that its parent told.
    async fn look(&mut self) {
        let shards = match self.shards().await {
            Ok(shards) => shards,
            Err(why) => return tracing::debug!("{}: {why}", self.event.name),
        };
        let is_there = |id: &str| shards.iter().any(|shard| shard.shard_id() == Some(id));
        let is_done = |id: &str| self.places.of(id) == Some(&Place::Done);
        for shard in &shards {
            let Some(id) = shard.shard_id() else { continue };
            let parent = shard.parent_shard_id().filter(|parent| is_there(parent));
            if !is_done(id) && parent.is_none_or(is_done) {
                self.open.push(Open {
                    id: id.to_owned(),
                    iterator: None,
                    waiting: Vec::new(),
                    read: None,
                    ended: false,
                });
            }
        }
    }

    /// Where to begin in a shard. If some of the stream was processed, an unknown shard is new,
    /// and all of it is read. If nothing was processed, each start begins at `LATEST`.
    async fn iterator(&self, shard: &str) -> Result<Option<String>, String> {
        let call = self.client.get_shard_iterator();
        let call = call.stream_arn(&self.stream).shard_id(shard);
        let call = match self.places.of(shard) {
            Some(Place::After(number)) => call
                .shard_iterator_type(ShardIteratorType::AfterSequenceNumber)
                .sequence_number(number),
            _ if self.event.from_the_beginning || !self.first || !self.places.is_new() => {
                call.shard_iterator_type(ShardIteratorType::TrimHorizon)
            }
            _ => call.shard_iterator_type(ShardIteratorType::Latest),
        };
        let answer = call.send().await.map_err(|error| told(&error))?;
        Ok(answer.shard_iterator)
    }

    /// Reads what is new, and says whether something was.
    async fn read(&mut self, shard: &mut Open) -> bool {
        if shard.ended {
            return false;
        }
        if shard.iterator.is_none() {
            match self.iterator(&shard.id).await {
                Ok(iterator) => shard.iterator = iterator,
                Err(why) => tracing::debug!("{}: {why}", self.event.name),
            }
        }
        let Some(iterator) = shard.iterator.clone() else {
            return false;
        };
        let call = self.client.get_records().shard_iterator(iterator);
        let answer = match call.send().await {
            Ok(answer) => answer,
            Err(error) => {
                tracing::debug!("{}: {}", self.event.name, told(&error));
                match error.code() {
                    Some("ExpiredIteratorException") => shard.iterator = None,
                    // The records after the place are gone already: continue with what exists.
                    Some("TrimmedDataAccessException") => {
                        shard.iterator = None;
                        self.places.forget(&shard.id);
                    }
                    _ => {}
                }
                // A new iterator begins after the place, where what waits is read again.
                if shard.iterator.is_none() {
                    shard.waiting.clear();
                    shard.read = None;
                }
                return false;
            }
        };
        self.first = false;
        shard.ended = answer.next_shard_iterator.is_none();
        shard.iterator = answer.next_shard_iterator;
        let records = answer.records.unwrap_or_default();
        for record in &records {
            let record = Record::new(record, &self.region, &self.event.arn);
            shard.read = Some(record.number.clone());
            let filters = &self.event.filters;
            let wanted = filters.iter().any(|filter| filter.matches(&record.event));
            if wanted || filters.is_empty() {
                shard.waiting.push(record);
            }
        }
        !records.is_empty()
    }

    /// Sends what waits, in batches.
    async fn send(&mut self, shard: &mut Open) {
        while !shard.waiting.is_empty() {
            let rest = self.event.batch_size.min(shard.waiting.len());
            let rest = shard.waiting.split_off(rest);
            let batch = std::mem::replace(&mut shard.waiting, rest);
            let last = batch.last().map(|record| record.number.clone());
            self.deliver(batch).await;
            if let Some(last) = last {
                self.places.keep(&shard.id, Place::After(last)).await;
            }
        }
        if let Some(read) = shard.read.take() {
            self.places.keep(&shard.id, Place::After(read)).await;
        }
    }

    /// Sends a batch until it is done or given up.
    async fn deliver(&self, batch: Vec<Record>) {
        let mut delivery = Delivery::new(&self.event, batch);
        while let Some(records) = delivery.next(SystemTime::now()) {
            let outcome = self.invoke(records).await;
            sleep(delivery.settle(&outcome)).await;
        }
    }

    async fn invoke(&self, records: &[Record]) -> Outcome {
        let Some(pool) = self.functions.get(&self.function) else {
            return Outcome::NotSent;
        };
        let events: Vec<&Value> = records.iter().map(|record| &record.event).collect();
        let payload = Bytes::from(json!({"Records": events}).to_string());
        match pool.invoke(payload, String::new()).await {
            Ok(Invoked::Answer(answer)) => outcome(&self.event, &answer, records),
            Ok(Invoked::Failure(_)) => Outcome::FailedFrom(0),
            Err(Refusal::TooLarge) => Outcome::TooLarge,
            Err(Refusal::Throttled | Refusal::NotStarted(_) | Refusal::Stopping) => {
                Outcome::NotSent
            }
        }
    }
}

/// The store's message, or that it could not be reached.
fn told<E: ProvideErrorMetadata>(error: &SdkError<E>) -> String {
    match (error.code(), error.message()) {
        (Some(code), Some(message)) => format!("the store says {code}: {message}"),
        (Some(code), None) => format!("the store says {code}"),
        _ => "the store gives no answer about streams".to_owned(),
    }
}
