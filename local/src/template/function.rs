//! `AWS::Serverless::Function`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
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
    /// What `!GetAtt X.Arn` gives.
    pub arn: String,
    /// Which binary it is.
    pub program: Program,
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
    /// Events of other types, `name (type)`.
    pub(super) other_events: Vec<String>,
}

/// How a function's binary is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Program {
    /// `BuildProperties.Binary`.
    Named(String),
    /// No name was given: the only binary of the package in this folder, as SAM has it.
    OnlyOneIn(PathBuf),
}

/// An event of type `Api`, its properties still to be worked out by the API module.
#[derive(Clone, Debug)]
pub(super) struct Event {
    pub(super) at: String,
    pub(super) properties: serde_json::Map<String, Value>,
}

const HONOURED: &[&str] = &[
    "CodeUri",
    "Environment",
    "Events",
    "FunctionName",
    "Handler",
    "LoggingConfig",
    "MemorySize",
    "PackageType",
    "Policies",
    "ReservedConcurrentExecutions",
    "Runtime",
    "Timeout",
];

/// Rights, networks, identity, tracing, deployment: nothing that a handler would notice here.
const HARMLESS: &[&str] = &[
    "Architectures",
    "AssumeRolePolicyDocument",
    "AutoPublishAlias",
    "AutoPublishAliasAllProperties",
    "AutoPublishCodeSha256",
    "CodeSigningConfigArn",
    "DeadLetterQueue",
    "DeploymentPreference",
    "Description",
    "EphemeralStorage",
    "EventInvokeConfig",
    "KmsKeyArn",
    "PermissionsBoundary",
    "PropagateTags",
    "ProvisionedConcurrencyConfig",
    "PublishToLatestPublished",
    "Role",
    "RolePath",
    "RuntimeManagementConfig",
    "SnapStart",
    "SourceKMSKeyArn",
    "Tags",
    "Tracing",
    "VersionDeletionPolicy",
    "VersionDescription",
    "VpcConfig",
];

pub(super) fn read(
    logical_id: &str,
    metadata: &Value,
    properties: &Properties<'_>,
    base: &Path,
) -> Result<Function, Fault> {
    properties.only(HONOURED, HARMLESS)?;
    let metadata_at = format!("Resources.{logical_id}.Metadata");
    match metadata["BuildMethod"].as_str() {
        Some("rust-cargolambda") => {}
        other => {
            return Err(Fault::new(
                &format!("{metadata_at}.BuildMethod"),
                format!(
                    "expected rust-cargolambda, not {}",
                    other.unwrap_or("nothing")
                ),
            ));
        }
    }
    if let Some(runtime) = properties.string("Runtime")?
        && !runtime.starts_with("provided")
    {
        return Err(properties.fault(
            "Runtime",
            format!("expected provided.al2023, not {runtime}"),
        ));
    }
    if let Some(kind) = properties.string("PackageType")?
        && kind != "Zip"
    {
        return Err(properties.fault("PackageType", format!("expected Zip, not {kind}")));
    }
    let code = base.join(
        properties
            .string("CodeUri")?
            .unwrap_or_else(|| ".".to_owned()),
    );
    let program = match &metadata["BuildProperties"]["Binary"] {
        Value::Null => Program::OnlyOneIn(code),
        Value::String(name) => Program::Named(name.clone()),
        _ => {
            return Err(Fault::new(
                &format!("{metadata_at}.BuildProperties.Binary"),
                "expected the name of a binary",
            ));
        }
    };

    let timeout: u64 = properties.number("Timeout")?.unwrap_or(3);
    if !(1..=900).contains(&timeout) {
        return Err(properties.fault("Timeout", "expected 1 to 900 seconds"));
    }
    let variables = properties.map("Environment")?.map("Variables")?;
    let mut environment = BTreeMap::new();
    for name in variables.values.keys() {
        if let Some(value) = variables.string(name)? {
            environment.insert(name.clone(), value);
        }
    }
    let logging = properties.map("LoggingConfig")?;
    let mut events = Vec::new();
    let mut streams = Vec::new();
    let mut other_events = Vec::new();
    let declared = properties.map("Events")?;
    for (name, event) in &declared.values {
        let at = declared.at(name);
        match event["Type"].as_str().unwrap_or_default() {
            "Api" => events.push(Event {
                at: format!("{at}.Properties"),
                properties: event["Properties"].as_object().cloned().unwrap_or_default(),
            }),
            "DynamoDB" => {
                let event = declared.map(name)?.map("Properties")?;
                streams.extend(stream::read(name, &event)?);
            }
            kind @ ("HttpApi" | "") => {
                return Err(Fault::new(
                    &format!("{at}.Type"),
                    format!("{kind} is not supported by the local system: expected Api"),
                ));
            }
            kind => other_events.push(format!("{name} ({kind})")),
        }
    }

    let name = properties.scope.name_of(logical_id)?;
    Ok(Function {
        arn: format!(
            "arn:aws:lambda:{}:{ACCOUNT_ID}:function:{name}",
            properties.scope.region
        ),
        program,
        handler: properties
            .string("Handler")?
            .unwrap_or_else(|| "bootstrap".to_owned()),
        timeout: Duration::from_secs(timeout),
        memory_size: properties.number("MemorySize")?.unwrap_or(128),
        environment,
        reserved_concurrency: properties.number("ReservedConcurrentExecutions")?,
        logs_json: logging.string("LogFormat")?.as_deref() == Some("JSON"),
        log_level: logging.string("ApplicationLogLevel")?,
        log_group: logging
            .string("LogGroup")?
            .unwrap_or_else(|| format!("/aws/lambda/{name}")),
        policy: policy::read(properties)?,
        streams,
        events,
        other_events,
        logical_id: logical_id.to_owned(),
        name,
    })
}
