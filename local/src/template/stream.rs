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
    /// `MaximumBatchingWindowInSeconds`.
    pub batching_window: Duration,
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
    /// Where it stands in the template.
    pub(crate) at: String,
    /// `DestinationConfig` is there.
    pub(crate) has_destination: bool,
}

const HONOURED: &[&str] = &[
    "BatchSize",
    "BisectBatchOnFunctionError",
    "DestinationConfig",
    "Enabled",
    "FilterCriteria",
    "FunctionResponseTypes",
    "MaximumBatchingWindowInSeconds",
    "MaximumRecordAgeInSeconds",
    "MaximumRetryAttempts",
    "StartingPosition",
    "Stream",
];

/// One batch of a shard at a time is within what `ParallelizationFactor` allows.
const HARMLESS: &[&str] = &[
    "KmsKeyArn",
    "MetricsConfig",
    "ParallelizationFactor",
    "Tags",
];

/// Reads the event; `None` when it is not enabled.
pub(super) fn read(name: &str, properties: &Properties<'_>) -> Result<Option<StreamEvent>, Fault> {
    properties.only(HONOURED, HARMLESS)?;
    let arn = properties.required("Stream")?;
    let table = arn
        .split_once(":table/")
        .and_then(|(_, rest)| rest.split_once("/stream/"))
        .map(|(table, _)| table.to_owned())
        .ok_or_else(|| properties.fault("Stream", format!("{arn} is not the ARN of a stream")))?;
    let from_the_beginning = match properties.required("StartingPosition")?.as_str() {
        "TRIM_HORIZON" => true,
        "LATEST" => false,
        other => {
            return Err(properties.fault(
                "StartingPosition",
                format!("expected TRIM_HORIZON or LATEST, not {other}"),
            ));
        }
    };
    // -1 is without limit, and so is leaving it out.
    let limit = |name: &str| -> Result<Option<u32>, Fault> {
        match properties.number::<i64>(name)? {
            None | Some(-1) => Ok(None),
            Some(number) => u32::try_from(number)
                .map(Some)
                .map_err(|_| properties.fault(name, format!("{number} is less than -1"))),
        }
    };
    let batch_size = properties.number("BatchSize")?.unwrap_or(100);
    if !(1..=10_000).contains(&batch_size) {
        return Err(properties.fault("BatchSize", "expected 1 to 10000"));
    }
    let reported = properties.strings("FunctionResponseTypes")?;
    if let Some(other) = reported
        .iter()
        .find(|kind| *kind != "ReportBatchItemFailures")
    {
        return Err(properties.fault(
            "FunctionResponseTypes",
            format!("expected ReportBatchItemFailures, not {other}"),
        ));
    }
    let criteria = properties.map("FilterCriteria")?;
    criteria.only(&["Filters"], &[])?;
    let mut filters = Vec::new();
    for filter in criteria.maps("Filters")? {
        let pattern = Pattern::read(&filter.required("Pattern")?);
        filters.push(pattern.map_err(|message| filter.fault("Pattern", message))?);
    }
    if properties.boolean("Enabled")? == Some(false) {
        return Ok(None);
    }
    Ok(Some(StreamEvent {
        name: name.to_owned(),
        arn,
        table,
        from_the_beginning,
        batch_size,
        batching_window: Duration::from_secs(
            properties
                .number("MaximumBatchingWindowInSeconds")?
                .unwrap_or(0),
        ),
        bisects: properties
            .boolean("BisectBatchOnFunctionError")?
            .unwrap_or(false),
        most_retries: limit("MaximumRetryAttempts")?,
        longest_age: limit("MaximumRecordAgeInSeconds")?
            .map(|seconds| Duration::from_secs(u64::from(seconds))),
        reports_failures: !reported.is_empty(),
        filters,
        at: properties.at.clone(),
        has_destination: properties.has("DestinationConfig"),
    }))
}
