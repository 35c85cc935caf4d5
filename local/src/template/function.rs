//! `AWS::Serverless::Function`.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;

use super::intrinsics::ACCOUNT_ID;
use super::policy::{self, Policy};
use super::{Fault, Properties, StreamEvent, stream};

/// A Lambda function that a binary of this workspace implements.
#[derive(Clone, Debug)]
pub struct Function {
    /// Its key under `Resources`.
    pub logical_id: String,
    /// `FunctionName`, or the logical id.
    pub name: String,
    /// The value of `!GetAtt X.Arn`.
    pub arn: String,
    /// `BuildProperties.Binary`.
    pub binary: String,
    /// `Handler`; a program in Rust does not use it, but it is in the environment.
    pub handler: String,
    /// `Timeout`.
    pub timeout: Duration,
    /// `MemorySize` in MB. It is not enforced here.
    pub memory_size: u32,
    /// `Environment.Variables`.
    pub environment: BTreeMap<String, String>,
    /// `ReservedConcurrentExecutions`.
    pub reserved_concurrency: Option<usize>,
    /// `LoggingConfig.LogFormat` is `JSON`.
    pub logs_json: bool,
    /// `LoggingConfig.ApplicationLogLevel`.
    pub log_level: Option<String>,
    /// `LoggingConfig.LogGroup`, or the group that Lambda would make.
    pub log_group: String,
    /// `Policies`.
    pub policy: Policy,
    /// The `DynamoDB` events.
    pub streams: Vec<StreamEvent>,
    /// The `Api` events: what the API module makes routes of.
    pub(super) events: Vec<Event>,
}

/// An event of type `Api`, its properties still to be worked out by the API module.
#[derive(Clone, Debug)]
pub(super) struct Event {
    pub(super) at: String,
    pub(super) properties: serde_json::Map<String, Value>,
}

const HONOURED: &[&str] = &[
    "Environment",
    "Events",
    "Handler",
    "LoggingConfig",
    "MemorySize",
    "Policies",
    "ReservedConcurrentExecutions",
    "Runtime",
    "Timeout",
];

/// Nothing that a handler would notice here.
const HARMLESS: &[&str] = &[
    "Architectures",
    "CodeUri",
    "Description",
    "PermissionsBoundary",
    "Tracing",
];

pub(super) fn read(
    logical_id: &str,
    metadata: &Value,
    properties: &Properties<'_>,
) -> Result<Function, Fault> {
    properties.only(HONOURED, HARMLESS)?;
    let runtime = properties.required("Runtime")?;
    if runtime != "provided.al2023" {
        let message = format!("expected provided.al2023, not {runtime}");
        return Err(properties.fault("Runtime", message));
    }
    let logging = properties.map("LoggingConfig")?;
    let name = properties.scope.name_of(logical_id)?;
    let Events { routes, streams } = events(&properties.map("Events")?)?;
    Ok(Function {
        arn: format!(
            "arn:aws:lambda:{}:{ACCOUNT_ID}:function:{name}",
            properties.scope.region
        ),
        binary: binary(logical_id, metadata)?,
        handler: properties
            .string("Handler")?
            .unwrap_or_else(|| "bootstrap".to_owned()),
        timeout: timeout(properties)?,
        memory_size: properties.number("MemorySize")?.unwrap_or(128),
        environment: environment(properties)?,
        reserved_concurrency: properties.number("ReservedConcurrentExecutions")?,
        logs_json: logging.string("LogFormat")?.as_deref() == Some("JSON"),
        log_level: logging.string("ApplicationLogLevel")?,
        log_group: logging
            .string("LogGroup")?
            .unwrap_or_else(|| format!("/aws/lambda/{name}")),
        policy: policy::read(properties)?,
        streams,
        events: routes,
        logical_id: logical_id.to_owned(),
        name,
    })
}

fn binary(logical_id: &str, metadata: &Value) -> Result<String, Fault> {
    let fault = |name: &str, expected: &str| {
        let at = format!("Resources.{logical_id}.Metadata.{name}");
        Fault::new(&at, format!("expected {expected}"))
    };
    if metadata["BuildMethod"] != "rust-cargolambda" {
        return Err(fault("BuildMethod", "rust-cargolambda"));
    }
    match metadata["BuildProperties"]["Binary"].as_str() {
        Some(name) => Ok(name.to_owned()),
        None => Err(fault("BuildProperties.Binary", "the name of a binary")),
    }
}

fn timeout(properties: &Properties<'_>) -> Result<Duration, Fault> {
    let seconds = properties.number("Timeout")?.unwrap_or(3);
    if (1..=900).contains(&seconds) {
        Ok(Duration::from_secs(seconds))
    } else {
        Err(properties.fault("Timeout", "expected 1 to 900 seconds"))
    }
}

fn environment(properties: &Properties<'_>) -> Result<BTreeMap<String, String>, Fault> {
    let variables = properties.map("Environment")?.map("Variables")?;
    let mut environment = BTreeMap::new();
    for name in variables.values.keys() {
        if let Some(value) = variables.string(name)? {
            environment.insert(name.clone(), value);
        }
    }
    Ok(environment)
}

struct Events {
    routes: Vec<Event>,
    streams: Vec<StreamEvent>,
}

fn events(declared: &Properties<'_>) -> Result<Events, Fault> {
    let mut events = Events {
        routes: Vec::new(),
        streams: Vec::new(),
    };
    for (name, event) in &declared.values {
        let at = declared.at(name);
        match event["Type"].as_str().unwrap_or("nothing") {
            "Api" => events.routes.push(Event {
                at: format!("{at}.Properties"),
                properties: event["Properties"].as_object().cloned().unwrap_or_default(),
            }),
            "DynamoDB" => {
                let event = declared.map(name)?.map("Properties")?;
                events.streams.push(stream::read(name, &event)?);
            }
            other => {
                let message = format!("expected Api or DynamoDB, not {other}");
                return Err(Fault::new(&format!("{at}.Type"), message));
            }
        }
    }
    Ok(events)
}
