//! A record of a stream as Lambda hands it to a function.

use std::collections::HashMap;
use std::time::{Duration, SystemTime};

use aws_sdk_dynamodbstreams::types::{AttributeValue, Identity, Record as Read};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

/// A record on its way.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Record {
    /// Its place in the shard.
    pub(super) number: String,
    /// When the change was made, to the second.
    pub(super) made: SystemTime,
    /// The element of `Records`.
    pub(super) event: Value,
}

impl Record {
    /// A record as it was read from the stream `arn` in `region`.
    pub(super) fn new(record: &Read, region: &str, arn: &str) -> Self {
        let change = record.dynamodb();
        let number = change.and_then(|change| change.sequence_number());
        let number = number.unwrap_or_default().to_owned();
        let made = change
            .and_then(|change| change.approximate_creation_date_time())
            .map_or(0, |made| made.secs());
        let mut dynamodb = Map::new();
        dynamodb.insert("ApproximateCreationDateTime".to_owned(), made.into());
        if let Some(change) = change {
            for (name, item) in [
                ("Keys", change.keys()),
                ("NewImage", change.new_image()),
                ("OldImage", change.old_image()),
            ] {
                dynamodb.extend(item.map(|item| (name.to_owned(), image(item))));
            }
            let view = change.stream_view_type().map(|view| view.as_str());
            dynamodb.insert("SizeBytes".to_owned(), change.size_bytes().into());
            dynamodb.insert("StreamViewType".to_owned(), view.into());
        }
        dynamodb.insert("SequenceNumber".to_owned(), number.clone().into());
        let mut event = json!({
            "eventID": record.event_id(),
            "eventName": record.event_name().map(|name| name.as_str()),
            "eventVersion": record.event_version(),
            "eventSource": record.event_source(),
            "awsRegion": region,
            "dynamodb": dynamodb,
            "eventSourceARN": arn,
        });
        if let Some(identity) = record.user_identity() {
            event["userIdentity"] = who(identity);
        }
        let seconds = u64::try_from(made).unwrap_or(0);
        Self {
            number,
            made: SystemTime::UNIX_EPOCH + Duration::from_secs(seconds),
            event,
        }
    }
}

/// There is one identity that DynamoDB ever tells, that of its time to live. The embedded
/// store tells it under names that the SDK does not read.
fn who(identity: &Identity) -> Value {
    json!({
        "type": identity.r#type().unwrap_or("Service"),
        "principalId": identity.principal_id().unwrap_or("dynamodb.amazonaws.com"),
    })
}

fn image(item: &HashMap<String, AttributeValue>) -> Value {
    let fields = item
        .iter()
        .map(|(name, value)| (name.clone(), attribute(value)));
    Value::Object(fields.collect())
}

/// A value as DynamoDB writes it in JSON.
fn attribute(value: &AttributeValue) -> Value {
    match value {
        AttributeValue::S(text) => json!({"S": text}),
        AttributeValue::N(number) => json!({"N": number}),
        AttributeValue::B(bytes) => json!({"B": STANDARD.encode(bytes)}),
        AttributeValue::Bool(truth) => json!({"BOOL": truth}),
        AttributeValue::Null(truth) => json!({"NULL": truth}),
        AttributeValue::Ss(texts) => json!({"SS": texts}),
        AttributeValue::Ns(numbers) => json!({"NS": numbers}),
        AttributeValue::Bs(all) => {
            let all: Vec<_> = all.iter().map(|bytes| STANDARD.encode(bytes)).collect();
            json!({"BS": all})
        }
        AttributeValue::L(values) => {
            json!({"L": values.iter().map(attribute).collect::<Vec<_>>()})
        }
        AttributeValue::M(fields) => json!({"M": image(fields)}),
        // A type that DynamoDB does not have yet.
        _ => Value::Null,
    }
}
