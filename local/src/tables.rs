//! The tables of the template, made in whatever DynamoDB there is.

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType,
    LocalSecondaryIndex, PointInTimeRecoverySpecification, Projection, ProjectionType,
    ProvisionedThroughput, ScalarAttributeType, SseSpecification, StreamSpecification,
    StreamViewType, TableDescription, TableStatus, TimeToLiveSpecification, TimeToLiveStatus,
};

use crate::error::{Error, Result};
use crate::template::{AttributeType, Index, Key, Table, Throughput};

/// How often to look whether a new table is ready, and for how long.
const LOOK_EVERY: Duration = Duration::from_millis(200);
const LOOKS: usize = 300;

/// Makes `table` if it is not there, and says whether it did.
///
/// `protect` also requests protection of important data: deletion protection, backups,
/// encryption. A DynamoDB without these is left without.
///
/// # Errors
/// The store refused, or the table exists with other keys or indexes than the template's.
pub async fn ensure(client: &Client, table: &Table, protect: bool) -> Result<bool> {
    let failed = |message: String| Error::Table {
        table: table.name.clone(),
        message,
    };
    match client.describe_table().table_name(&table.name).send().await {
        Ok(answer) => {
            if let Some(difference) = answer.table().and_then(|found| difference(table, found)) {
                return Err(failed(difference));
            }
            expire(client, table).await?;
            return Ok(false);
        }
        Err(error) if error.code() == Some("ResourceNotFoundException") => {}
        Err(error) => return Err(failed(told(&error))),
    }

    create(client, table).await.map_err(failed)?;
    let mut ready = false;
    for _ in 0..LOOKS {
        let answer = client
            .describe_table()
            .table_name(&table.name)
            .send()
            .await
            .map_err(|error| failed(told(&error)))?;
        ready =
            answer.table().and_then(TableDescription::table_status) == Some(&TableStatus::Active);
        if ready {
            break;
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
    if !ready {
        return Err(failed(
            "is not active a minute after it was made".to_owned(),
        ));
    }
    expire(client, table).await?;
    if protect {
        guard(client, table).await;
    }
    Ok(true)
}

async fn create(client: &Client, table: &Table) -> std::result::Result<(), String> {
    let invalid = |error: aws_sdk_dynamodb::error::BuildError| error.to_string();
    let mut request = client.create_table().table_name(&table.name);
    for (name, kind) in &table.attributes {
        let kind = match kind {
            AttributeType::String => ScalarAttributeType::S,
            AttributeType::Number => ScalarAttributeType::N,
            AttributeType::Binary => ScalarAttributeType::B,
        };
        let attribute = AttributeDefinition::builder()
            .attribute_name(name)
            .attribute_type(kind);
        request = request.attribute_definitions(attribute.build().map_err(invalid)?);
    }
    request = request.set_key_schema(Some(key_schema(&table.key).map_err(invalid)?));
    request = match table.throughput {
        None => request.billing_mode(BillingMode::PayPerRequest),
        Some(units) => request
            .billing_mode(BillingMode::Provisioned)
            .provisioned_throughput(throughput(units).map_err(invalid)?),
    };
    for index in &table.global_indexes {
        let units = index
            .throughput
            .or(table.throughput)
            .filter(|_| table.throughput.is_some());
        let index = GlobalSecondaryIndex::builder()
            .index_name(&index.name)
            .set_key_schema(Some(key_schema(&index.key).map_err(invalid)?))
            .projection(projection(index))
            .set_provisioned_throughput(units.map(throughput).transpose().map_err(invalid)?);
        request = request.global_secondary_indexes(index.build().map_err(invalid)?);
    }
    for index in &table.local_indexes {
        let index = LocalSecondaryIndex::builder()
            .index_name(&index.name)
            .set_key_schema(Some(key_schema(&index.key).map_err(invalid)?))
            .projection(projection(index));
        request = request.local_secondary_indexes(index.build().map_err(invalid)?);
    }
    if let Some(view) = &table.stream_view {
        let stream = StreamSpecification::builder()
            .stream_enabled(true)
            .stream_view_type(StreamViewType::from(view.as_str()));
        request = request.stream_specification(stream.build().map_err(invalid)?);
    }
    match request.send().await {
        Ok(_) => Ok(()),
        // Another process was quicker.
        Err(error) if error.code() == Some("ResourceInUseException") => Ok(()),
        Err(error) => Err(told(&error)),
    }
}

/// Turns on the expiry of items, unless it is on.
async fn expire(client: &Client, table: &Table) -> Result<()> {
    let Some(attribute) = &table.time_to_live else {
        return Ok(());
    };
    let failed = |message: String| Error::Table {
        table: table.name.clone(),
        message,
    };
    let answer = client
        .describe_time_to_live()
        .table_name(&table.name)
        .send()
        .await
        .map_err(|error| failed(told(&error)))?;
    let status = answer
        .time_to_live_description()
        .and_then(|found| found.time_to_live_status());
    if matches!(
        status,
        Some(TimeToLiveStatus::Enabled | TimeToLiveStatus::Enabling)
    ) {
        return Ok(());
    }
    let wanted = TimeToLiveSpecification::builder()
        .enabled(true)
        .attribute_name(attribute)
        .build()
        .map_err(|error| failed(error.to_string()))?;
    client
        .update_time_to_live()
        .table_name(&table.name)
        .time_to_live_specification(wanted)
        .send()
        .await
        .map_err(|error| failed(told(&error)))?;
    Ok(())
}

/// Asks for what protects the data, and takes no for an answer.
async fn guard(client: &Client, table: &Table) {
    let refused = |what: &str, error: String| {
        tracing::debug!(table = table.name, "no {what}: {error}");
    };
    if table.point_in_time_recovery {
        let wanted = PointInTimeRecoverySpecification::builder()
            .point_in_time_recovery_enabled(true)
            .build();
        if let Ok(wanted) = wanted
            && let Err(error) = client
                .update_continuous_backups()
                .table_name(&table.name)
                .point_in_time_recovery_specification(wanted)
                .send()
                .await
        {
            refused("point-in-time recovery", told(&error));
        }
    }
    if table.encryption {
        let wanted = SseSpecification::builder().enabled(true).build();
        let request = client
            .update_table()
            .table_name(&table.name)
            .sse_specification(wanted);
        if let Err(error) = request.send().await {
            refused("encryption with a key of the account", told(&error));
        }
    }
    if table.deletion_protection {
        let request = client
            .update_table()
            .table_name(&table.name)
            .deletion_protection_enabled(true);
        if let Err(error) = request.send().await {
            refused("deletion protection", told(&error));
        }
    }
}

/// The store's message, or why it could not be reached, in one line.
fn told<E: ProvideErrorMetadata + std::error::Error + 'static>(error: &SdkError<E>) -> String {
    if let Some(code) = error.code() {
        return format!("{code}: {}", error.message().unwrap_or_default());
    }
    let mut line = "the store cannot be reached".to_owned();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        // Each wrapper repeats what it wraps, or says that it is an error.
        let text = error.to_string();
        if cause.and_then(std::error::Error::source).is_none() {
            line = format!("{line}: {text}");
        }
        cause = error.source();
    }
    line
}

fn key_schema(
    key: &Key,
) -> std::result::Result<Vec<KeySchemaElement>, aws_sdk_dynamodb::error::BuildError> {
    let element = |name: &str, kind| {
        KeySchemaElement::builder()
            .attribute_name(name)
            .key_type(kind)
            .build()
    };
    let mut schema = vec![element(&key.hash, KeyType::Hash)?];
    if let Some(range) = &key.range {
        schema.push(element(range, KeyType::Range)?);
    }
    Ok(schema)
}

fn throughput(
    units: Throughput,
) -> std::result::Result<ProvisionedThroughput, aws_sdk_dynamodb::error::BuildError> {
    ProvisionedThroughput::builder()
        .read_capacity_units(units.read)
        .write_capacity_units(units.write)
        .build()
}

fn projection(index: &Index) -> Projection {
    let attributes = Some(index.non_key_attributes.clone()).filter(|names| !names.is_empty());
    Projection::builder()
        .projection_type(ProjectionType::from(index.projection.as_str()))
        .set_non_key_attributes(attributes)
        .build()
}

/// How an existing table differs from the template in ways that cannot be changed.
fn difference(wanted: &Table, found: &TableDescription) -> Option<String> {
    let key = shown(&schema_of(found.key_schema()));
    let wanted_key = shown(&wanted.key);
    if key != wanted_key {
        return Some(format!(
            "has the key {key}, and the template says {wanted_key}: {REMEDY}"
        ));
    }
    let mut found_indexes: Vec<(String, String)> = Vec::new();
    for index in found.global_secondary_indexes() {
        found_indexes.push(described(
            index.index_name(),
            index.key_schema(),
            index.projection(),
        ));
    }
    for index in found.local_secondary_indexes() {
        found_indexes.push(described(
            index.index_name(),
            index.key_schema(),
            index.projection(),
        ));
    }
    for index in wanted.global_indexes.iter().chain(&wanted.local_indexes) {
        let wanted = format!("{} {}", shown(&index.key), index.projection);
        match found_indexes.iter().find(|(name, _)| *name == index.name) {
            None => {
                return Some(format!(
                    "lacks the index {} of the template: {REMEDY}",
                    index.name
                ));
            }
            Some((name, found)) if *found != wanted => {
                return Some(format!(
                    "has the index {name} with {found}, and the template says {wanted}: {REMEDY}"
                ));
            }
            Some(_) => {}
        }
    }
    let declared = |name: &str| {
        wanted
            .global_indexes
            .iter()
            .chain(&wanted.local_indexes)
            .any(|index| index.name == name)
    };
    found_indexes
        .iter()
        .find(|(name, _)| !declared(name))
        .map(|(name, _)| format!("has an index {name} that the template does not: {REMEDY}"))
}

const REMEDY: &str = "remove the table (or the folder of the store), or choose another --data-dir";

fn described(
    name: Option<&str>,
    schema: &[KeySchemaElement],
    projection: Option<&Projection>,
) -> (String, String) {
    let projection = projection
        .and_then(Projection::projection_type)
        .map_or("ALL", ProjectionType::as_str);
    (
        name.unwrap_or_default().to_owned(),
        format!("{} {projection}", shown(&schema_of(schema))),
    )
}

fn schema_of(schema: &[KeySchemaElement]) -> Key {
    let part = |kind: &KeyType| {
        schema
            .iter()
            .find(|element| element.key_type() == kind)
            .map(|element| element.attribute_name().to_owned())
    };
    Key {
        hash: part(&KeyType::Hash).unwrap_or_default(),
        range: part(&KeyType::Range),
    }
}

fn shown(key: &Key) -> String {
    match &key.range {
        None => key.hash.clone(),
        Some(range) => format!("{} + {range}", key.hash),
    }
}
