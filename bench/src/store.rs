//! The store of the benchmark: the embedded DynamoDB in memory, behind its own HTTP listener,
//! with the table of template.yaml.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_dynamodb::{Client, Config};
use dynoxide::{AttributeValue as Embedded, Database, ImportOptions};
use futures_util::{StreamExt, TryStreamExt, stream};
use latchkey::secret::Random;
use latchkey::table::{Item, Table, WRITTEN_AT_ONCE};
use latchkey_local::template::{Stack, Table as Schema};
use ring::rand::SystemRandom;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

use crate::Result;
use crate::meter::Meter;

/// The region of what runs on this machine.
const REGION: &str = "eu-west-1";

/// The folder of the repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The contents of template.yaml.
///
/// # Errors
/// It cannot be read.
pub fn stack() -> Result<Stack> {
    let path = root().join("template.yaml");
    Ok(Stack::read(&path, &BTreeMap::new(), REGION)?)
}

/// The table of the template, without its stream. The embedded store reads all earlier changes
/// of a stream before it writes the next one, so that to load a million shares would take
/// months: docs/scale.md has the figures. What a request costs does not depend on it.
///
/// # Errors
/// There is none.
pub fn schema(stack: &Stack) -> Result<Schema> {
    let table = stack.tables.first().ok_or("template.yaml has no table")?;
    Ok(Schema {
        stream_view: None,
        ..table.clone()
    })
}

/// A store. It ends when this is dropped.
pub struct Store {
    database: Database,
    schema: Schema,
    url: String,
    // Threads of its own: a call into SQLite blocks the thread that makes it.
    _server: Server,
}

/// A runtime that may be dropped anywhere.
struct Server(Option<Runtime>);

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

impl Store {
    /// An empty store in memory, or in a new file, with the table.
    ///
    /// # Errors
    /// It cannot be served.
    pub async fn at(schema: Schema, file: Option<&Path>) -> Result<Self> {
        let database = match file {
            None => Database::memory()?,
            Some(file) => Database::new(&file.to_string_lossy())?,
        };
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()?;
        let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
        listener.set_nonblocking(true)?;
        let url = format!("http://{}", listener.local_addr()?);
        let served = database.clone();
        runtime.spawn(async move {
            match TcpListener::from_std(listener) {
                Ok(listener) => dynoxide::server::serve_on(listener, served).await,
                Err(error) => eprintln!("the store cannot listen: {error}"),
            }
        });
        let store = Self {
            database,
            schema,
            url,
            _server: Server(Some(runtime)),
        };
        let client = client(&store.url, None);
        latchkey_local::tables::ensure(&client, &store.schema, false).await?;
        Ok(store)
    }

    /// The address.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The table, through a client whose calls `meter` counts.
    pub fn table(&self, meter: &Meter) -> Table {
        table(client(&self.url, Some(meter)), &self.schema.name)
    }

    /// The way into it past its API.
    pub fn sink(&self) -> Sink {
        Sink::Embedded(self.database.clone(), self.schema.name.clone())
    }
}

/// The table `name`, reached by a client.
pub fn table(client: Client, name: &str) -> Table {
    Table::new(client, name, Random::new(SystemRandom::new()))
}

/// A client of a DynamoDB on this machine.
pub fn client(url: &str, meter: Option<&Meter>) -> Client {
    let http = aws_smithy_http_client::Builder::new().build_http();
    let config = Config::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::new(REGION))
        .credentials_provider(Credentials::new("bench", "bench", None, None, "bench"))
        .endpoint_url(url);
    let config = match meter {
        None => config.http_client(http),
        Some(meter) => config
            .http_client(meter.connector(http))
            .interceptor(meter.clone()),
    };
    Client::from_conf(config.build())
}

/// The target of the items.
pub enum Sink {
    /// The embedded store, past its API.
    Embedded(Database, String),
    /// Any DynamoDB, with so many calls at once.
    Table(Table, usize),
}

impl Sink {
    /// Puts items.
    ///
    /// # Errors
    /// The store refuses one.
    pub async fn put(&self, items: Vec<Item>) -> Result<()> {
        match self {
            Self::Embedded(database, name) => {
                let items = items.into_iter().map(embedded).collect::<Result<_>>()?;
                database.import_items(name, items, ImportOptions::default())?;
            }
            Self::Table(table, at_once) => {
                let batches = items.chunks(WRITTEN_AT_ONCE).map(<[Item]>::to_vec);
                let calls = stream::iter(batches.map(|batch| table.put_batch(batch)));
                let mut calls = calls.buffer_unordered(*at_once);
                while calls.try_next().await?.is_some() {}
            }
        }
        Ok(())
    }
}

/// An item of the SDK as the embedded store takes it past its API.
///
/// # Errors
/// It has a value of a type that this SDK does not know.
pub fn embedded(item: Item) -> Result<dynoxide::Item> {
    let values = item.into_iter();
    values
        .map(|(name, value)| Ok((name, embedded_value(value)?)))
        .collect()
}

fn embedded_value(value: AttributeValue) -> Result<Embedded> {
    Ok(match value {
        AttributeValue::S(text) => Embedded::S(text),
        AttributeValue::N(number) => Embedded::N(number),
        AttributeValue::B(bytes) => Embedded::B(bytes.into_inner()),
        AttributeValue::Bool(bool) => Embedded::BOOL(bool),
        AttributeValue::Null(null) => Embedded::NULL(null),
        AttributeValue::Ss(texts) => Embedded::SS(texts),
        AttributeValue::Ns(numbers) => Embedded::NS(numbers),
        AttributeValue::L(list) => Embedded::L(
            list.into_iter()
                .map(embedded_value)
                .collect::<Result<_>>()?,
        ),
        AttributeValue::M(map) => Embedded::M(embedded(map)?),
        other => return Err(format!("no item of this table has a {other:?}").into()),
    })
}

/// The binary of each function, by its logical id.
pub fn functions(stack: &Stack) -> BTreeMap<String, String> {
    let functions = stack.functions.iter();
    functions
        .map(|(id, function)| (id.clone(), function.binary.clone()))
        .collect()
}
