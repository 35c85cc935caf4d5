//! Which keys a call of DynamoDB touches, and with how many units.

use std::collections::HashMap;

use latchkey::table::Item;
use serde_json::Value;

use crate::meter::Called;

/// One key, touched once.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Touch {
    /// Whether it is a key of the index; else of the table.
    pub(super) of_index: bool,
    /// The partition key.
    pub(super) partition: String,
    /// The sort key; of a query, what it begins with.
    pub(super) sort: String,
    /// Whether it was written.
    pub(super) is_write: bool,
    /// Capacity units.
    pub(super) units: f64,
    /// Whether the item was put, and may be new.
    pub(super) is_put: bool,
}

/// The index list of each item that was put.
#[derive(Default)]
pub(super) struct Lists(HashMap<(String, String), String>);

/// The attribute that has it, as template.yaml says.
const LISTED_IN: &str = "listedIn";

impl Lists {
    /// Learns of items that were put past the functions.
    pub(super) fn learn(&mut self, items: &[Item]) {
        for item in items {
            let text = |name: &str| item.get(name).and_then(|value| value.as_s().ok()).cloned();
            if let (Some(pk), Some(sk), Some(list)) = (text("PK"), text("SK"), text(LISTED_IN)) {
                self.0.insert((pk, sk), list);
            }
        }
    }

    fn of(&mut self, (pk, sk): (String, String), put: Option<&Value>) -> Option<String> {
        if let Some(list) = put.and_then(|item| item[LISTED_IN]["S"].as_str()) {
            self.0.insert((pk, sk), list.to_owned());
            return Some(list.to_owned());
        }
        self.0.get(&(pk, sk)).cloned()
    }
}

/// The keys that some calls touched. Units are shared evenly among the keys of one call: items
/// of this table are small, and cost the same.
pub(super) fn of(calls: &[Called], lists: &mut Lists) -> Vec<Touch> {
    calls.iter().flat_map(|call| of_call(call, lists)).collect()
}

fn of_call(call: &Called, lists: &mut Lists) -> Vec<Touch> {
    let (of_table, of_index) = units(&call.answer["ConsumedCapacity"]);
    let request = &call.request;
    let one = |item: &Value| vec![(key(item), Option::<Value>::None)];
    let (keys, is_write) = match call.operation.as_str() {
        "Query" => return vec![query(request, of_table, of_index)],
        "GetItem" => (one(&request["Key"]), false),
        "BatchGetItem" => {
            let tables = request["RequestItems"].as_object();
            let keys = tables.into_iter().flat_map(|tables| tables.values());
            let keys = keys.flat_map(|table| table["Keys"].as_array().into_iter().flatten());
            (keys.map(|item| (key(item), None)).collect(), false)
        }
        "PutItem" => (
            vec![(key(&request["Item"]), Some(request["Item"].clone()))],
            true,
        ),
        "UpdateItem" | "DeleteItem" => (one(&request["Key"]), true),
        "BatchWriteItem" => {
            let tables = request["RequestItems"].as_object();
            let writes = tables.into_iter().flat_map(|tables| tables.values());
            let writes = writes.flat_map(|writes| writes.as_array().into_iter().flatten());
            let touched = writes.map(|write| match write["PutRequest"]["Item"].is_object() {
                true => {
                    let item = &write["PutRequest"]["Item"];
                    (key(item), Some(item.clone()))
                }
                false => (key(&write["DeleteRequest"]["Key"]), None),
            });
            (touched.collect(), true)
        }
        "TransactWriteItems" => {
            let items = request["TransactItems"].as_array().into_iter().flatten();
            let touched = items.filter_map(|item| {
                let (kind, action) = item.as_object()?.iter().next()?;
                Some(match kind.as_str() {
                    "Put" => (key(&action["Item"]), Some(action["Item"].clone())),
                    _ => (key(&action["Key"]), None),
                })
            });
            (touched.collect::<Vec<_>>(), true)
        }
        // No function makes another one.
        _ => (Vec::new(), false),
    };
    let each = of_table / keys.len().max(1) as f64;
    let mut touches: Vec<Touch> = Vec::new();
    let mut listed = Vec::new();
    let checks = checks(request);
    for (place, (key, put)) in keys.into_iter().enumerate() {
        let (partition, sort) = key.clone();
        touches.push(Touch {
            of_index: false,
            partition,
            sort,
            is_write,
            units: each,
            is_put: put.is_some(),
        });
        if is_write && !checks.contains(&place) {
            let sort = key.1.clone();
            let list = lists.of(key, put.as_ref());
            listed.extend(list.map(|list| (list, sort, put.is_some())));
        }
    }
    let each = of_index / listed.len().max(1) as f64;
    touches.extend(listed.into_iter().map(|(partition, sort, is_put)| Touch {
        of_index: true,
        partition,
        sort,
        is_write,
        units: each,
        is_put,
    }));
    touches.retain(|touch| touch.units > 0.0);
    touches
}

/// Which actions of a transaction write nothing.
fn checks(request: &Value) -> Vec<usize> {
    let items = request["TransactItems"].as_array().into_iter().flatten();
    let items = items.enumerate();
    items
        .filter(|(_, item)| item["ConditionCheck"].is_object())
        .map(|(place, _)| place)
        .collect()
}

fn query(request: &Value, of_table: f64, of_index: f64) -> Touch {
    let values = &request["ExpressionAttributeValues"];
    let text = |name: &str| values[name]["S"].as_str().unwrap_or_default().to_owned();
    let of_index_asked = request["IndexName"].is_string();
    Touch {
        of_index: of_index_asked,
        partition: text(if of_index_asked { ":list" } else { ":pk" }),
        sort: text(if of_index_asked { ":after" } else { ":sk" }),
        is_write: false,
        units: of_table + of_index,
        is_put: false,
    }
}

fn key(item: &Value) -> (String, String) {
    let text = |name: &str| item[name]["S"].as_str().unwrap_or_default().to_owned();
    (text("PK"), text("SK"))
}

/// The units of the table and those of its index.
fn units(consumed: &Value) -> (f64, f64) {
    match consumed {
        Value::Array(tables) => tables
            .iter()
            .map(units)
            .fold((0.0, 0.0), |sum, one| (sum.0 + one.0, sum.1 + one.1)),
        table => {
            let all = table["CapacityUnits"].as_f64().unwrap_or(0.0);
            let indexes = table["GlobalSecondaryIndexes"].as_object();
            let indexes = indexes.into_iter().flat_map(|indexes| indexes.values());
            let of_index: f64 = indexes
                .filter_map(|index| index["CapacityUnits"].as_f64())
                .sum();
            (all - of_index, of_index)
        }
    }
}
