//! `AWS::DynamoDB::Table`.

use super::intrinsics::ACCOUNT_ID;
use super::{Fault, Properties};

/// A table to be there before the functions run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// `TableName`, or the logical id.
    pub name: String,
    /// The value of `!GetAtt X.Arn`.
    pub arn: String,
    /// `AttributeDefinitions`.
    pub attributes: Vec<(String, AttributeType)>,
    /// The table's own key.
    pub key: Key,
    /// `GlobalSecondaryIndexes`.
    pub global_indexes: Vec<Index>,
    /// `LocalSecondaryIndexes`.
    pub local_indexes: Vec<Index>,
    /// `ProvisionedThroughput`; `None` is pay per request.
    pub throughput: Option<Throughput>,
    /// `StreamSpecification.StreamViewType`.
    pub stream_view: Option<String>,
    /// The attribute of `TimeToLiveSpecification`, if enabled.
    pub time_to_live: Option<String>,
    /// `DeletionProtectionEnabled`.
    pub deletion_protection: bool,
    /// `PointInTimeRecoverySpecification`.
    pub point_in_time_recovery: bool,
    /// `SSESpecification`.
    pub encryption: bool,
}

/// The type of a key attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttributeType {
    /// `S`.
    String,
    /// `N`.
    Number,
    /// `B`.
    Binary,
}

/// `KeySchema`: the names of the attributes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// `HASH`.
    pub hash: String,
    /// `RANGE`.
    pub range: Option<String>,
}

/// A secondary index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Index {
    /// `IndexName`.
    pub name: String,
    /// Its key.
    pub key: Key,
    /// `Projection.ProjectionType`.
    pub projection: String,
    /// `Projection.NonKeyAttributes`.
    pub non_key_attributes: Vec<String>,
    /// `ProvisionedThroughput`, for a global index of a provisioned table.
    pub throughput: Option<Throughput>,
}

/// Provisioned capacity units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Throughput {
    /// Read capacity units.
    pub read: i64,
    /// Write capacity units.
    pub write: i64,
}

const HONOURED: &[&str] = &[
    "AttributeDefinitions",
    "BillingMode",
    "DeletionProtectionEnabled",
    "GlobalSecondaryIndexes",
    "KeySchema",
    "LocalSecondaryIndexes",
    "PointInTimeRecoverySpecification",
    "ProvisionedThroughput",
    "SSESpecification",
    "StreamSpecification",
    "TableName",
    "TimeToLiveSpecification",
];

const HARMLESS: &[&str] = &[
    "ContributorInsightsSpecification",
    "OnDemandThroughput",
    "ResourcePolicy",
    "TableClass",
    "Tags",
    "WarmThroughput",
];

pub(super) fn read(logical_id: &str, properties: &Properties<'_>) -> Result<Table, Fault> {
    properties.only(HONOURED, HARMLESS)?;
    let mut attributes = Vec::new();
    for attribute in properties.maps("AttributeDefinitions")? {
        let kind = match attribute.required("AttributeType")?.as_str() {
            "S" => AttributeType::String,
            "N" => AttributeType::Number,
            "B" => AttributeType::Binary,
            other => {
                return Err(
                    attribute.fault("AttributeType", format!("expected S, N or B, not {other}"))
                );
            }
        };
        attributes.push((attribute.required("AttributeName")?, kind));
    }
    let throughput = throughput(properties)?;
    let pay_per_request = properties.string("BillingMode")?.as_deref() == Some("PAY_PER_REQUEST");
    if !pay_per_request && throughput.is_none() {
        return Err(properties.fault(
            "BillingMode",
            "expected PAY_PER_REQUEST, or a ProvisionedThroughput beside it",
        ));
    }
    let indexes = |name: &str| -> Result<Vec<Index>, Fault> {
        properties.maps(name)?.iter().map(index).collect()
    };
    let expiry = properties.map("TimeToLiveSpecification")?;
    let name = properties.scope.name_of(logical_id)?;
    Ok(Table {
        arn: format!(
            "arn:aws:dynamodb:{}:{ACCOUNT_ID}:table/{name}",
            properties.scope.region
        ),
        name,
        attributes,
        key: key(properties)?,
        global_indexes: indexes("GlobalSecondaryIndexes")?,
        local_indexes: indexes("LocalSecondaryIndexes")?,
        throughput: throughput.filter(|_| !pay_per_request),
        stream_view: properties
            .map("StreamSpecification")?
            .string("StreamViewType")?,
        time_to_live: match expiry.boolean("Enabled")? {
            Some(true) => Some(expiry.required("AttributeName")?),
            _ => None,
        },
        deletion_protection: properties
            .boolean("DeletionProtectionEnabled")?
            .unwrap_or(false),
        point_in_time_recovery: properties
            .map("PointInTimeRecoverySpecification")?
            .boolean("PointInTimeRecoveryEnabled")?
            .unwrap_or(false),
        encryption: properties
            .map("SSESpecification")?
            .boolean("SSEEnabled")?
            .unwrap_or(false),
    })
}

fn key(properties: &Properties<'_>) -> Result<Key, Fault> {
    let mut hash = None;
    let mut range = None;
    for part in properties.maps("KeySchema")? {
        let name = part.required("AttributeName")?;
        match part.required("KeyType")?.as_str() {
            "HASH" => hash = Some(name),
            "RANGE" => range = Some(name),
            other => {
                return Err(part.fault("KeyType", format!("expected HASH or RANGE, not {other}")));
            }
        }
    }
    Ok(Key {
        hash: hash.ok_or_else(|| properties.fault("KeySchema", "has no HASH key"))?,
        range,
    })
}

fn index(properties: &Properties<'_>) -> Result<Index, Fault> {
    let projection = properties.map("Projection")?;
    Ok(Index {
        name: properties.required("IndexName")?,
        key: key(properties)?,
        projection: projection.required("ProjectionType")?,
        non_key_attributes: projection.strings("NonKeyAttributes")?,
        throughput: throughput(properties)?,
    })
}

fn throughput(properties: &Properties<'_>) -> Result<Option<Throughput>, Fault> {
    if !properties.has("ProvisionedThroughput") {
        return Ok(None);
    }
    let units = properties.map("ProvisionedThroughput")?;
    Ok(Some(Throughput {
        read: units.number("ReadCapacityUnits")?.unwrap_or(1),
        write: units.number("WriteCapacityUnits")?.unwrap_or(1),
    }))
}
