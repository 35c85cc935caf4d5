//! The setting of the measurement: the template, the sample events, and a store with the demo
//! organization for each round.

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::path::{Path, PathBuf};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region, SharedHttpClient};
use axum::body::Bytes;
use latchkey_local::demo::Demo;
use latchkey_local::lambda::{Credentials as Dummy, Surroundings};
use latchkey_local::store::Store;
use latchkey_local::tables;
use latchkey_local::template::Stack;

use crate::{Failure, Result};

const REGION: &str = "us-east-1";

/// The template, and the programs beside it.
pub(crate) struct Stage {
    stack: Stack,
    http: SharedHttpClient,
    demo: PathBuf,
}

impl Stage {
    /// The stage of the repository at `root`, whose programs are in `programs`.
    pub(crate) fn new(root: &Path, programs: &Path) -> Result<Self> {
        let stack = Stack::read(&root.join("template.yaml"), &BTreeMap::new(), REGION)?;
        let demo = stack.demo_program.as_deref();
        let demo = programs.join(demo.ok_or_else(|| Failure::from("no demo program"))?);
        Ok(Self {
            stack,
            http: aws_smithy_http_client::Builder::new().build_http(),
            demo,
        })
    }

    /// The functions with their events, in an order in which each finds what it refers to:
    /// changes after reads, deletions last, and among those shares before what they refer to.
    pub(crate) fn functions(&self, root: &Path) -> Result<Vec<(String, Bytes)>> {
        let mut functions = Vec::new();
        for function in self.stack.functions.values() {
            let name = &function.binary;
            let event = std::fs::read(root.join(format!("events/{name}.json")))?;
            functions.push((name.clone(), Bytes::from(event)));
        }
        functions.sort_by_key(|(name, _)| {
            let verb = name.split('-').next();
            let order = ["update", "delete"]
                .iter()
                .position(|late| Some(*late) == verb);
            let of_shares = name.contains("share") || name.contains("web-key");
            (order, !of_shares, name.clone())
        });
        Ok(functions)
    }

    /// The environment of every function, with the store at `url`.
    pub(crate) fn environment(&self, url: &str) -> BTreeMap<String, String> {
        let mut environment = self.surroundings(url);
        let lambda = [
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"),
            ("AWS_LAMBDA_FUNCTION_NAME", "measured"),
            ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
            ("AWS_LAMBDA_LOG_FORMAT", "JSON"),
            ("AWS_LAMBDA_LOG_GROUP_NAME", "measured"),
            ("AWS_LAMBDA_LOG_LEVEL", "INFO"),
            ("AWS_LAMBDA_LOG_STREAM_NAME", "measured"),
            ("_HANDLER", "bootstrap"),
        ];
        environment.extend(lambda.map(|(name, value)| (name.to_owned(), value.to_owned())));
        environment
    }

    fn surroundings(&self, url: &str) -> BTreeMap<String, String> {
        let surroundings = Surroundings {
            guard_url: None,
            region: REGION.to_owned(),
            credentials: Dummy::dummy(),
            dynamodb_url: Some(url.to_owned()),
            logs_for_people: false,
        };
        surroundings.of_companion(self.stack.functions.values())
    }

    /// A store in memory with the table and the demo organization.
    pub(crate) async fn store(&self) -> Result<Store> {
        let store = Store::open(None, TcpListener::bind(("127.0.0.1", 0))?)?;
        let config = aws_sdk_dynamodb::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(REGION))
            .credentials_provider(Credentials::new("local", "local", None, None, "local"))
            .endpoint_url(store.url())
            .http_client(self.http.clone())
            .build();
        let client = Client::from_conf(config);
        for table in &self.stack.tables {
            tables::ensure(&client, table, false).await?;
        }
        Demo::run(&self.demo, &self.surroundings(&store.url())).await?;
        Ok(store)
    }
}
