//! Events of the type `DynamoDB`: which changes of a table a function is invoked with, and how.

use std::time::Duration;

use super::{Fault, Pattern, Properties};

/// A function's event source mapping on the stream of a table.
#[derive(Clone, Debug, PartialEq)]
pub struct StreamEvent {
    /// Its key under `Events`.
    pub name: String,
    /// `Stream`: the ARN.
    pub arn: String,
    /// The name of the table.
    pub table: String,
    /// `StartingPosition` is `TRIM_HORIZON` and not `LATEST`.
    pub from_the_beginning: bool,
    /// `BatchSize`.
    pub batch_size: usize,
    /// `BisectBatchOnFunctionError`.
    pub bisects: bool,
    /// `MaximumRetryAttempts`; `None` is without limit.
    pub most_retries: Option<u32>,
    /// `MaximumRecordAgeInSeconds`; `None` is without limit.
    pub longest_age: Option<Duration>,
    /// `FunctionResponseTypes` has `ReportBatchItemFailures`.
    pub reports_failures: bool,
    /// `FilterCriteria`: one of these must match, if there are any.
    pub filters: Vec<Pattern>,
    /// Its place in the template.
    pub(crate) at: String,
    /// `DestinationConfig` is given.
    pub(crate) has_destination: bool,
}

const HONOURED: &[&str] = &[
    "BatchSize",
    "BisectBatchOnFunctionError",
    "DestinationConfig",
    "FilterCriteria",
    "FunctionResponseTypes",
    "MaximumRecordAgeInSeconds",
    "MaximumRetryAttempts",
    "StartingPosition",
    "Stream",
];

/// One batch of a shard at a time is within what `ParallelizationFactor` allows.
const HARMLESS: &[&str] = &["ParallelizationFactor"];

pub(super) fn read(name: &str, properties: &Properties<'_>) -> Result<StreamEvent, Fault> {
    properties.only(HONOURED, HARMLESS)?;
    let arn = properties.required("Stream")?;
    let table = arn
        .split_once(":table/")
        .and_then(|(_, rest)| rest.split_once("/stream/"))
        .map(|(table, _)| table.to_owned())
        .ok_or_else(|| properties.fault("Stream", format!("{arn} is not the ARN of a stream")))?;
    let batch_size = properties.number("BatchSize")?.unwrap_or(100);
    if !(1..=10_000).contains(&batch_size) {
        return Err(properties.fault("BatchSize", "expected 1 to 10000"));
    }
    Ok(StreamEvent {
        name: name.to_owned(),
        arn,
        table,
        from_the_beginning: from_the_beginning(properties)?,
        batch_size,
        bisects: properties
            .boolean("BisectBatchOnFunctionError")?
            .unwrap_or(false),
        most_retries: limit(properties, "MaximumRetryAttempts")?,
        longest_age: limit(properties, "MaximumRecordAgeInSeconds")?
            .map(|seconds| Duration::from_secs(u64::from(seconds))),
        reports_failures: reports_failures(properties)?,
        filters: filters(&properties.map("FilterCriteria")?)?,
        at: properties.at.clone(),
        has_destination: properties.has("DestinationConfig"),
    })
}

fn from_the_beginning(properties: &Properties<'_>) -> Result<bool, Fault> {
    match properties.required("StartingPosition")?.as_str() {
        "TRIM_HORIZON" => Ok(true),
        "LATEST" => Ok(false),
        other => {
            let message = format!("expected TRIM_HORIZON or LATEST, not {other}");
            Err(properties.fault("StartingPosition", message))
        }
    }
}

/// -1 is without limit, and so is leaving it out.
fn limit(properties: &Properties<'_>, name: &str) -> Result<Option<u32>, Fault> {
    match properties.number::<i64>(name)? {
        None | Some(-1) => Ok(None),
        Some(number) => u32::try_from(number)
            .map(Some)
            .map_err(|_| properties.fault(name, format!("{number} is less than -1"))),
    }
}

fn reports_failures(properties: &Properties<'_>) -> Result<bool, Fault> {
    let reported = properties.strings("FunctionResponseTypes")?;
    let other = reported
        .iter()
        .find(|kind| *kind != "ReportBatchItemFailures");
    match other {
        None => Ok(!reported.is_empty()),
        Some(other) => {
            let message = format!("expected ReportBatchItemFailures, not {other}");
            Err(properties.fault("FunctionResponseTypes", message))
        }
    }
}

fn filters(criteria: &Properties<'_>) -> Result<Vec<Pattern>, Fault> {
    criteria.only(&["Filters"], &[])?;
    let filters = criteria.maps("Filters")?;
    let pattern = |filter: &Properties<'_>| {
        let pattern = Pattern::read(&filter.required("Pattern")?);
        pattern.map_err(|message| filter.fault("Pattern", message))
    };
    filters.iter().map(pattern).collect()
}
