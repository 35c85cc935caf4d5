//! What a call of DynamoDB asks for, as far as a policy of IAM can tell.

use serde_json::{Map, Value};

use crate::template::policy::Access;
use crate::template::table::Key;

/// What a call asks of one item, or of items with one partition key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Asked {
    /// The action, such as `GetItem`. IAM asks for that of each part of a transaction, and has no
    /// action for the transaction.
    pub action: &'static str,
    /// The index, if the call reads one in place of the table.
    pub index: Option<String>,
    /// The partition key.
    pub partition: String,
    /// The sort key, of a call that names it.
    pub sort: Option<String>,
}

impl Asked {
    /// The same as IAM sees it, of the table with this ARN.
    #[must_use]
    pub fn access(&self, table: &str) -> Access {
        Access {
            action: format!("dynamodb:{}", self.action),
            resource: match &self.index {
                Some(index) => format!("{table}/index/{index}"),
                None => table.to_owned(),
            },
            leading_keys: vec![self.partition.clone()],
        }
    }
}

/// What a call of `operation` asks of a table with this key, for each table by its name. `None`
/// if this cannot be told: of an operation or an expression that no function here uses.
#[must_use]
pub fn asked(key: &Key, operation: &str, request: &Value) -> Option<Vec<(String, Asked)>> {
    let item = |action, item: &Value| of_item(key, action, item);
    let one = |asked: Option<Asked>| Some(vec![(name(request)?, asked?)]);
    match operation {
        "GetItem" => one(item("GetItem", &request["Key"])),
        "PutItem" => one(item("PutItem", &request["Item"])),
        "UpdateItem" => one(item("UpdateItem", &request["Key"])),
        "DeleteItem" => one(item("DeleteItem", &request["Key"])),
        "Query" => one(of_query(request)),
        "BatchGetItem" => of_batch(request, |of| {
            let keys = of["Keys"].as_array()?.iter();
            keys.map(|key| item("BatchGetItem", key)).collect()
        }),
        "BatchWriteItem" => of_batch(request, |of| {
            let parts = of.as_array()?.iter().map(|part| {
                let (kind, asked) = only(part)?;
                match kind {
                    "PutRequest" => item("BatchWriteItem", &asked["Item"]),
                    "DeleteRequest" => item("BatchWriteItem", &asked["Key"]),
                    _ => None,
                }
            });
            parts.collect()
        }),
        "TransactWriteItems" => of_transaction(request, item),
        _ => None,
    }
}

/// The value of a key attribute.
fn text(value: &Value) -> Option<String> {
    let (kind, value) = only(value)?;
    let value = value.as_str().filter(|_| matches!(kind, "S" | "N" | "B"));
    value.map(str::to_owned)
}

fn of_item(key: &Key, action: &'static str, item: &Value) -> Option<Asked> {
    let text = |name: &str| text(&item[name]);
    Some(Asked {
        action,
        index: None,
        partition: text(&key.hash)?,
        sort: key.range.as_deref().and_then(text),
    })
}

fn of_query(query: &Value) -> Option<Asked> {
    // DynamoDB takes the partition key with `=` alone, and no function writes it second.
    let mut words = query["KeyConditionExpression"].as_str()?.split(' ');
    let name = words.nth(1).filter(|word| *word == "=").and(words.next())?;
    let value = &query["ExpressionAttributeValues"][name];
    Some(Asked {
        action: "Query",
        index: query["IndexName"].as_str().map(str::to_owned),
        partition: text(value)?,
        sort: None,
    })
}

fn of_batch(
    request: &Value,
    parts: impl Fn(&Value) -> Option<Vec<Asked>>,
) -> Option<Vec<(String, Asked)>> {
    let tables = request["RequestItems"].as_object()?.iter();
    let parts = tables.map(|(table, of)| {
        let parts = parts(of)?.into_iter();
        Some(parts.map(|part| (table.clone(), part)).collect::<Vec<_>>())
    });
    Some(parts.collect::<Option<Vec<_>>>()?.concat())
}

fn of_transaction(
    request: &Value,
    item: impl Fn(&'static str, &Value) -> Option<Asked>,
) -> Option<Vec<(String, Asked)>> {
    let parts = request["TransactItems"].as_array()?.iter().map(|part| {
        let (kind, asked) = only(part)?;
        let part = match kind {
            "Put" => item("PutItem", &asked["Item"]),
            "Update" => item("UpdateItem", &asked["Key"]),
            "Delete" => item("DeleteItem", &asked["Key"]),
            "ConditionCheck" => item("ConditionCheckItem", &asked["Key"]),
            _ => None,
        };
        Some((name(asked)?, part?))
    });
    parts.collect()
}

/// The table that a call, or a part of one, names.
fn name(of: &Value) -> Option<String> {
    of["TableName"].as_str().map(str::to_owned)
}

/// The one member of an object.
fn only(part: &Value) -> Option<(&str, &Value)> {
    let mut members = part.as_object().map(Map::iter)?;
    let (name, value) = members.next()?;
    members.next().is_none().then_some((name, value))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(operation: &str, request: &Value) -> Option<Vec<(String, Asked)>> {
        let key = Key {
            hash: "PK".to_owned(),
            range: Some("SK".to_owned()),
        };
        asked(&key, operation, request)
    }

    fn at(action: &'static str, partition: &str, sort: Option<&str>) -> (String, Asked) {
        let asked = Asked {
            action,
            index: None,
            partition: partition.to_owned(),
            sort: sort.map(str::to_owned),
        };
        ("T".to_owned(), asked)
    }

    #[test]
    fn each_part_of_a_transaction_and_of_a_batch_counts() {
        let key = json!({"PK": {"S": "A"}, "SK": {"S": "B"}});
        let transaction = json!({"TransactItems": [
            {"Put": {"TableName": "T", "Item": key}},
            {"Update": {"TableName": "T", "Key": key}},
            {"Delete": {"TableName": "T", "Key": key}},
            {"ConditionCheck": {"TableName": "T", "Key": key}},
        ]});
        let actions = ["PutItem", "UpdateItem", "DeleteItem", "ConditionCheckItem"];
        let expected = actions.map(|action| at(action, "A", Some("B")));
        assert_eq!(
            of("TransactWriteItems", &transaction),
            Some(expected.to_vec())
        );
        let batch = json!({"RequestItems": {"T": [
            {"PutRequest": {"Item": key}}, {"DeleteRequest": {"Key": key}},
        ]}});
        let written = at("BatchWriteItem", "A", Some("B"));
        assert_eq!(
            of("BatchWriteItem", &batch),
            Some(vec![written.clone(), written])
        );
        let batch = json!({"RequestItems": {"T": {"Keys": [key]}}});
        let read = at("BatchGetItem", "A", Some("B"));
        assert_eq!(of("BatchGetItem", &batch), Some(vec![read]));
    }

    #[test]
    fn a_query_names_its_partition_key_and_its_index() {
        let mut query = json!({
            "TableName": "T", "KeyConditionExpression": "PK = :pk AND begins_with(SK, :sk)",
            "ExpressionAttributeValues": {":pk": {"S": "A"}, ":sk": {"S": "B"}},
        });
        assert_eq!(of("Query", &query), Some(vec![at("Query", "A", None)]));
        query["IndexName"] = json!("lists");
        let asked = of("Query", &query).unwrap();
        let access = asked[0].1.access("arn:table");
        assert_eq!(access.action, "dynamodb:Query");
        assert_eq!(access.resource, "arn:table/index/lists");
        assert_eq!(access.leading_keys, ["A"]);
    }

    #[test]
    fn what_cannot_be_told_is_nothing() {
        let key = json!({"PK": {"S": "A"}, "SK": {"S": "B"}});
        let untyped = json!({"PK": {"NULL": true}});
        for (operation, request) in [
            ("Scan", json!({"TableName": "T"})),
            ("ExecuteStatement", json!({"Statement": "SELECT * FROM T"})),
            ("GetItem", json!({"Key": key})),
            ("GetItem", json!({"TableName": "T", "Key": untyped})),
            (
                "Query",
                json!({"TableName": "T", "KeyConditionExpression": "PK > :pk"}),
            ),
            (
                "TransactWriteItems",
                json!({"TransactItems": [{"Put": {"TableName": "T", "Item": key}, "Delete": {}}]}),
            ),
        ] {
            assert_eq!(of(operation, &request), None, "{operation} {request}");
        }
    }
}
