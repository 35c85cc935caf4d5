//! A store of the test's own: the embedded DynamoDB behind a recorder, which counts what
//! each call costs, can be stopped and started, and can answer what the embedded one
//! never does.

use std::collections::{BTreeSet, VecDeque};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};

use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_dynamodb::{Client, Config};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::response::Response;
use chrono::{DateTime, Utc};
use dynoxide::Database;
use latchkey::access::Access;
use latchkey::caller::{Caller, Membership, OrganizationScope};
use latchkey::credential::Credential;
use latchkey::deed::Unrecorded;
use latchkey::secret::Random;
use latchkey::table::{If, Item, Key, Table};
use latchkey::token::{Family, RefreshToken};
use latchkey::warrant::Warrant;
use latchkey_demo::World;
use ring::rand::SystemRandom;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use uuid::Uuid;

use super::keys;

/// The name that the table has on one machine.
const TABLE: &str = "LatchkeyTable";

/// The scope of an organization's keys.
pub fn scope(organization: u64) -> OrganizationScope {
    let organization_id = organization.try_into().unwrap();
    let membership = Membership {
        organization_id,
        roles: vec![],
        spaces: [].into(),
    };
    let caller = Caller::new(1.try_into().unwrap(), String::new(), vec![membership]);
    caller.scope(organization_id).unwrap()
}

/// In the place of a refusal: one that says of each check that it met another transaction.
const AT_CHECKS: &str = "conflict at checks";

/// Whether an item belongs to an organization.
pub fn is_of(item: &Item, organization: u64) -> bool {
    let own = keys::partition(&scope(organization).organization_key());
    let rest = item["PK"].as_s().unwrap().strip_prefix(&own);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('#'))
}

/// One call of DynamoDB.
#[derive(Debug, Clone)]
pub struct Call {
    /// Such as `TransactWriteItems`.
    pub operation: String,
    pub request: Value,
    /// The answer to `ReturnConsumedCapacity`.
    pub read_units: f64,
    pub write_units: f64,
}

pub struct Store {
    address: SocketAddr,
    recorder: Arc<Recorder>,
    server: Option<JoinHandle<()>>,
}

struct Recorder {
    upstream: SocketAddr,
    client: reqwest::Client,
    calls: Mutex<Vec<Call>>,
    /// Answers to give in place of the store's own to the next transactions; nothing for one
    /// that the store is to answer.
    refusals: Mutex<VecDeque<Option<Value>>>,
    /// How the answers to the next transactions get lost.
    losses: Mutex<VecDeque<Loss>>,
    /// What fails whenever it is asked, such as `UpdateItem`.
    failing: Mutex<Option<&'static str>>,
    /// Whether it tells what changes.
    has_streams: bool,
}

/// How the answer to a completed transaction gets lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loss {
    /// DynamoDB says that it is still in progress, and says so again a few times.
    InProgress,
    /// The connection ends within the answer.
    Cut,
    /// The answer never comes.
    Silence,
    /// DynamoDB says that it failed.
    Failure,
}

impl Store {
    /// A store that does not tell what changes: nothing calls it but what a test asks for.
    pub async fn start() -> Self {
        Self::start_with(false).await
    }

    /// A store that tells what changes, to functions that then call it when they like.
    pub async fn start_with_streams() -> Self {
        Self::start_with(true).await
    }

    async fn start_with(has_streams: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let upstream = listener.local_addr().unwrap();
        tokio::spawn(dynoxide::server::serve_on(
            listener,
            Database::memory().unwrap(),
        ));
        let recorder = Recorder {
            upstream,
            client: reqwest::Client::new(),
            calls: Mutex::default(),
            refusals: Mutex::default(),
            losses: Mutex::default(),
            failing: Mutex::default(),
            has_streams,
        };
        let mut store = Self {
            address: ([127, 0, 0, 1], 0).into(),
            recorder: Arc::new(recorder),
            server: None,
        };
        store.resume().await;
        store
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Closes the door: connections are refused, calls under way are cut.
    pub fn stop(&mut self) {
        self.server.take().unwrap().abort();
    }

    /// Opens it again, with all that was there.
    pub async fn resume(&mut self) {
        let listener = TcpListener::bind(self.address).await.unwrap();
        self.address = listener.local_addr().unwrap();
        let app = Router::new()
            .fallback(forward)
            .with_state(Arc::clone(&self.recorder));
        // A runtime of its own would outlive the test; aborting this task drops the
        // listener, and a new runtime thread each connection.
        self.server = Some(tokio::spawn(async move {
            axum::serve(listener, app).await.unwrap()
        }));
    }

    /// The calls since the last time.
    pub fn calls(&self) -> Vec<Call> {
        std::mem::take(&mut *lock(&self.recorder.calls))
    }

    /// Has the next `times` transactions refused because of another one.
    pub fn conflict(&self, times: usize) {
        let conflict = json!({
            "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
            "Message": "Transaction cancelled",
            "CancellationReasons": [{"Code": "TransactionConflict", "Message": "conflict"}],
        });
        lock(&self.recorder.refusals).extend(std::iter::repeat_n(Some(conflict), times));
    }

    /// Has the next transaction refused because others check what it checks.
    pub fn conflict_at_checks(&self) {
        lock(&self.recorder.refusals).push_back(Some(json!(AT_CHECKS)));
    }

    /// Makes the next transaction be refused because of its conditions; `items` has for each
    /// the existing item, in DynamoDB's JSON, if its condition is the reason.
    pub fn refuse(&self, items: &[Option<Value>]) {
        let reason = |item: &Option<Value>| match item {
            None => json!({"Code": "None"}),
            Some(item) => json!({"Code": "ConditionalCheckFailed", "Item": item}),
        };
        let refusal = json!({
            "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
            "Message": "Transaction cancelled",
            "CancellationReasons": items.iter().map(reason).collect::<Vec<_>>(),
        });
        lock(&self.recorder.refusals).push_back(Some(refusal));
    }

    /// Has the next `times` transactions refused because there were too many.
    pub fn throttle(&self, times: usize) {
        let throttling = json!({
            "__type": "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException",
            "message": "too much",
        });
        lock(&self.recorder.refusals).extend(std::iter::repeat_n(Some(throttling), times));
    }

    /// Has the next transaction cancelled because one of its items would become too large.
    pub fn too_large(&self) {
        let message = "Item size to update has exceeded the maximum allowed size";
        let refusal = json!({
            "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
            "Message": "Transaction cancelled",
            "CancellationReasons": [{"Code": "ValidationError", "Message": message}],
        });
        lock(&self.recorder.refusals).push_back(Some(refusal));
    }

    /// Loses the answer to the next transaction that is carried out.
    pub fn lose(&self, loss: Loss) {
        lock(&self.recorder.losses).push_back(loss);
    }

    /// Lets the next transaction pass, whatever happens to the ones after it.
    pub fn pass(&self) {
        lock(&self.recorder.refusals).push_back(None);
    }

    /// Has each call of an operation fail from now on.
    pub fn fail(&self, operation: &'static str) {
        *lock(&self.recorder.failing) = Some(operation);
    }

    /// Refuses nothing any more.
    pub fn calm(&self) {
        lock(&self.recorder.refusals).clear();
    }

    /// Puts an organization into the table.
    pub async fn put(&self, world: &World) {
        assert!(
            world.put(&self.table()).await.unwrap(),
            "it is there already"
        );
        self.calls();
    }

    /// Puts an access into the table, with its grants and its codes.
    pub async fn put_access(&self, scope: &OrganizationScope, access: &Access) {
        let table = self.table();
        let mut writes = table.transaction(&Warrant::System, Unrecorded::Fill);
        for item in latchkey_demo::access_items(scope, access).unwrap() {
            writes.put_item((), item, If::Absent);
        }
        writes.send().await.unwrap().unwrap();
        self.calls();
    }

    /// Puts a pair of tokens into the table that `client` was given at `then`.
    pub async fn put_tokens(
        &self,
        scope: &OrganizationScope,
        token: &RefreshToken,
        client: &Credential,
        then: DateTime<Utc>,
    ) {
        let family = token.last_of_family(then);
        self.put_pair(scope, token, &family, client, then).await;
    }

    /// The same for a pair for which another one was used.
    pub async fn put_pair(
        &self,
        scope: &OrganizationScope,
        token: &RefreshToken,
        family: &Family,
        client: &Credential,
        then: DateTime<Utc>,
    ) {
        let table = self.table();
        let credential = token.credential(client, then);
        let mut writes = table.transaction(&Warrant::System, Unrecorded::Fill);
        writes.put_new((), &scope.tokens(token.client, token.family), family);
        writes.put_new((), &Key::credential(&family.access), &credential);
        writes.send().await.unwrap().unwrap();
        self.calls();
    }

    /// The table, around the recorder.
    pub fn table(&self) -> Table {
        Table::new(self.client(), TABLE, Random::new(SystemRandom::new()))
    }

    /// Has an access code of organization 7 used so often.
    pub async fn set_used(&self, space: Uuid, code: &str, used: u32) {
        let key = scope(7).code(space.into(), &code.parse().unwrap());
        let update = self.client().update_item().table_name(TABLE);
        update
            .set_key(Some(keys::attributes(&key)))
            .update_expression("SET used = :used")
            .condition_expression("attribute_exists(PK)")
            .expression_attribute_values(":used", AttributeValue::N(used.to_string()))
            .send()
            .await
            .unwrap();
    }

    /// Has an API key of organization 7 used last on a day, around the recorder.
    pub async fn set_last_used(&self, id: &str, day: &str) {
        for mut item in self.items().await {
            let is_key = |name: &str| item.get(name) == Some(&AttributeValue::S(id.to_owned()));
            if is_key("id") {
                item.insert("lastUsed".to_owned(), AttributeValue::S(day.to_owned()));
                self.put_item(&item).await;
            }
        }
    }

    /// Every item of the table, around the recorder.
    pub async fn items(&self) -> Vec<Item> {
        let mut pages = self
            .client()
            .scan()
            .table_name(TABLE)
            .into_paginator()
            .items()
            .send();
        let mut items = Vec::new();
        while let Some(item) = pages.next().await {
            items.push(item.unwrap());
        }
        items
    }

    /// Every item but those of the record, which tells of what was refused and of what is gone.
    pub async fn things(&self) -> Vec<Item> {
        let mut items = self.items().await;
        items.retain(|item| !item.contains_key("operation"));
        items
    }

    /// One item of the table, around the recorder.
    pub async fn item(&self, key: &Key) -> Option<Item> {
        let get = self.client().get_item().table_name(TABLE);
        let get = get.set_key(Some(keys::attributes(key)));
        get.send().await.unwrap().item
    }

    /// Puts an item into the table, around the recorder.
    pub async fn put_item(&self, item: &Item) {
        let put = self.client().put_item().table_name(TABLE);
        put.set_item(Some(item.clone())).send().await.unwrap();
    }

    /// The sort keys that begin so.
    pub async fn sort_keys(&self, prefix: &str) -> Vec<String> {
        let items = self.items().await;
        let text = |item: &Item, name: &str| item.get(name)?.as_s().ok().cloned();
        let keys = items
            .iter()
            .filter_map(|item| Some((text(item, "SK")?, text(item, "PK")?)));
        // The keyring at the head of a user's grants does not count.
        let keys = keys.filter(|(key, _)| key.starts_with(prefix) && !key.ends_with('#'));
        // In one organization the copies of a grant to a group are one.
        let of = |partition: String| partition.split('#').nth(1).map(str::to_owned);
        let keys: BTreeSet<_> = keys.map(|(key, at)| (key, of(at))).collect();
        keys.into_iter().map(|(key, _)| key).collect()
    }

    /// Takes items out of the table, by the beginning of their sort keys.
    pub async fn delete_items(&self, prefix: &str) {
        for item in self.items().await {
            let key = |name: &str| item[name].clone();
            if key("SK")
                .as_s()
                .is_ok_and(|sort_key| sort_key.starts_with(prefix))
            {
                let delete = self.client().delete_item().table_name(TABLE);
                delete
                    .key("PK", key("PK"))
                    .key("SK", key("SK"))
                    .send()
                    .await
                    .unwrap();
            }
        }
    }

    fn client(&self) -> Client {
        let config = Config::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            .region(Region::new("eu-central-1"))
            .credentials_provider(Credentials::new("test", "test", None, None, "test"))
            .endpoint_url(format!("http://{}", self.recorder.upstream));
        Client::from_conf(config.build())
    }
}

async fn forward(State(recorder): State<Arc<Recorder>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let target = parts
        .headers
        .get("x-amz-target")
        .map(|value| value.to_str().unwrap().to_owned())
        .unwrap_or_default();
    let of_stream = target.starts_with("DynamoDBStreams");
    if of_stream && !recorder.has_streams {
        let unknown =
            json!({"__type": "com.amazonaws.dynamodb.v20120810#UnknownOperationException"});
        return answer(400, unknown.to_string());
    }
    let operation = target.rsplit('.').next().unwrap().to_owned();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    let request: Value = serde_json::from_slice(&body).unwrap_or_default();
    if *lock(&recorder.failing) == Some(&operation) {
        let failure = json!({"__type": "com.amazonaws.dynamodb.v20120810#InternalServerError"});
        return answer(500, failure.to_string());
    }
    if operation == "TransactWriteItems"
        && let Some(Some(refusal)) = lock(&recorder.refusals).pop_front()
    {
        let refusal = match refusal == AT_CHECKS {
            true => conflict_at_checks_of(&request),
            false => refusal,
        };
        let call = Call {
            operation,
            request,
            read_units: 0.0,
            write_units: 0.0,
        };
        lock(&recorder.calls).push(call);
        return answer(400, refusal.to_string());
    }
    let mut asked = request.clone();
    let counted = [
        "GetItem",
        "BatchGetItem",
        "Query",
        "TransactWriteItems",
        "PutItem",
        "UpdateItem",
        "BatchWriteItem",
    ];
    if counted.contains(&operation.as_str()) {
        asked["ReturnConsumedCapacity"] = json!("TOTAL");
    }
    let url = format!("http://{}/", recorder.upstream);
    let mut headers = parts.headers;
    headers.remove("content-length");
    let sent = recorder
        .client
        .post(url)
        .headers(headers)
        .body(asked.to_string())
        .send()
        .await
        .unwrap();
    let status = sent.status().as_u16();
    let text = sent.text().await.unwrap();
    let said: Value = serde_json::from_str(&text).unwrap_or_default();
    let units = units(&said["ConsumedCapacity"]);
    let is_write = matches!(
        operation.as_str(),
        "TransactWriteItems" | "PutItem" | "UpdateItem" | "BatchWriteItem"
    );
    let (read_units, write_units) = if is_write { (0.0, units) } else { (units, 0.0) };
    let loss = match operation.as_str() {
        "TransactWriteItems" if status == 200 => lock(&recorder.losses).pop_front(),
        _ => None,
    };
    if !of_stream {
        lock(&recorder.calls).push(Call {
            operation,
            request,
            read_units,
            write_units,
        });
    }
    match loss {
        None => answer(status, text),
        Some(loss) => lost(&recorder, loss).await,
    }
}

/// What arrives instead of a lost answer.
async fn lost(recorder: &Recorder, loss: Loss) -> Response {
    let in_progress = json!({
        "__type": "com.amazonaws.dynamodb.v20120810#TransactionInProgressException",
        "Message": "in progress",
    });
    match loss {
        Loss::InProgress => {
            // As often as the SDK repeats by itself, so that the layer above must repeat, too.
            let again = std::iter::repeat_n(Some(in_progress.clone()), 2);
            lock(&recorder.refusals).extend(again);
            answer(400, in_progress.to_string())
        }
        Loss::Cut => {
            let cut = std::io::Error::other("cut");
            let part = futures_util::stream::iter([Ok("{"), Err(cut)]);
            Response::builder()
                .header("content-length", "100")
                .body(Body::from_stream(part))
                .unwrap()
        }
        Loss::Silence => std::future::pending().await,
        Loss::Failure => {
            let failure = json!({"__type": "com.amazonaws.dynamodb.v20120810#InternalServerError"});
            answer(500, failure.to_string())
        }
    }
}

fn conflict_at_checks_of(request: &Value) -> Value {
    let reason = |item: &Value| match item["ConditionCheck"].is_object() {
        true => json!({"Code": "TransactionConflict", "Message": "conflict"}),
        false => json!({"Code": "None"}),
    };
    let items = request["TransactItems"].as_array().unwrap();
    json!({
        "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
        "Message": "Transaction cancelled",
        "CancellationReasons": items.iter().map(reason).collect::<Vec<_>>(),
    })
}

fn units(consumed: &Value) -> f64 {
    match consumed {
        Value::Array(tables) => tables.iter().map(units).sum(),
        table => table["CapacityUnits"].as_f64().unwrap_or(0.0),
    }
}

fn answer(status: u16, body: String) -> Response {
    let response = Response::builder()
        .status(status)
        .header("content-type", "application/x-amz-json-1.0");
    response.body(Body::from(body)).unwrap()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap()
}
