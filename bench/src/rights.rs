//! The calls of DynamoDB of each function in its cases, compared with its policy in
//! template.yaml in both directions: no call that the policy does not allow, nothing allowed
//! that no case uses.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_dynamodb::operation::{
    batch_get_item, batch_write_item, delete_item, get_item, put_item, query, transact_write_items,
    update_item,
};
use aws_sdk_dynamodb::types::AttributeValue;
use aws_smithy_runtime_api::client::interceptors::context::Input;
use latchkey::table::key::{PK, SK};
use latchkey_local::template::Stack;
use latchkey_local::template::policy::{Access, Policy, is_like};

use crate::Result;
use crate::bench::functions;

/// A call about one item, or about items with one partition key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Asked {
    /// The action of IAM.
    pub action: &'static str,
    /// The index, in place of the table.
    pub index: Option<String>,
    /// The partition key.
    pub partition: String,
    /// The sort key, of a call that names it.
    pub sort: Option<String>,
}

/// The attributes of an item or of a key.
type Attributes = std::collections::HashMap<String, AttributeValue>;

fn of_item(action: &'static str, item: Option<&Attributes>) -> Option<Asked> {
    let text = |name| item?.get(name)?.as_s().ok().cloned();
    Some(Asked {
        action,
        index: None,
        partition: text(PK)?,
        sort: text(SK),
    })
}

fn of_query(query: &query::QueryInput) -> Option<Asked> {
    // `PK = :pk AND …`: DynamoDB takes the partition key with `=` alone.
    let mut words = query.key_condition_expression()?.split(' ');
    let name = words.nth(2)?;
    let value = query.expression_attribute_values()?.get(name)?;
    Some(Asked {
        action: "Query",
        index: query.index_name().map(str::to_owned),
        partition: value.as_s().ok()?.clone(),
        sort: None,
    })
}

fn of_transaction(input: &transact_write_items::TransactWriteItemsInput) -> Option<Vec<Asked>> {
    let parts = input.transact_items().iter().map(|part| {
        if let Some(put) = part.put() {
            of_item("PutItem", Some(put.item()))
        } else if let Some(update) = part.update() {
            of_item("UpdateItem", Some(update.key()))
        } else if let Some(delete) = part.delete() {
            of_item("DeleteItem", Some(delete.key()))
        } else {
            of_item("ConditionCheckItem", Some(part.condition_check()?.key()))
        }
    });
    parts.collect()
}

fn of_batch(input: &batch_write_item::BatchWriteItemInput) -> Option<Vec<Asked>> {
    let requests = input.request_items()?.values().flatten();
    let keys = requests.map(|request| match request.put_request() {
        Some(put) => Some(put.item()),
        None => Some(request.delete_request()?.key()),
    });
    keys.map(|key| of_item("BatchWriteItem", key)).collect()
}

/// The call; `None` if it cannot be told.
pub fn asked(input: &Input) -> Option<Vec<Asked>> {
    macro_rules! one {
        ($($action:literal, $input:ty, $key:ident);*) => {
            $(if let Some(input) = input.downcast_ref::<$input>() {
                return Some(vec![of_item($action, input.$key())?]);
            })*
        };
    }
    one!(
        "GetItem", get_item::GetItemInput, key;
        "PutItem", put_item::PutItemInput, item;
        "UpdateItem", update_item::UpdateItemInput, key;
        "DeleteItem", delete_item::DeleteItemInput, key
    );
    if let Some(query) = input.downcast_ref::<query::QueryInput>() {
        return Some(vec![of_query(query)?]);
    }
    if let Some(batch) = input.downcast_ref::<batch_get_item::BatchGetItemInput>() {
        let keys = batch.request_items()?.values().flat_map(|of| of.keys());
        return keys.map(|key| of_item("BatchGetItem", Some(key))).collect();
    }
    if let Some(batch) = input.downcast_ref::<batch_write_item::BatchWriteItemInput>() {
        return of_batch(batch);
    }
    let transaction = input.downcast_ref::<transact_write_items::TransactWriteItemsInput>();
    of_transaction(transaction?)
}

/// The differences between the calls of functions in their cases and their policies.
///
/// # Errors
/// The template names no table, or no binary for a function.
pub fn faults(stack: &Stack, used: &BTreeMap<String, BTreeSet<Asked>>) -> Result<Vec<String>> {
    let table = stack.tables.first().ok_or("template.yaml has no table")?;
    let none = BTreeSet::new();
    let guarded = guarded(stack);
    let mut faults = Vec::new();
    for (logical_id, binary) in functions(stack) {
        let policy = &stack.functions[&logical_id].policy;
        let asked = used.get(&binary).unwrap_or(&none);
        let accesses: Vec<_> = asked
            .iter()
            .map(|asked| access(&table.arn, asked))
            .collect();
        // A name for each kind of item is enough to see what is wrong.
        let refused: BTreeSet<_> = accesses
            .iter()
            .zip(asked)
            .filter(|(access, _)| !policy.allows(access))
            .map(|(access, asked)| format!("{} on {}", access.action, kind(asked)))
            .collect();
        faults.extend(
            refused
                .iter()
                .map(|what| format!("{binary}: template.yaml does not allow {what}")),
        );
        let unused = unused(policy, &accesses).into_iter();
        let unused = unused.chain(unwritten(policy, &guarded, &accesses));
        faults.extend(
            unused.map(|what| {
                format!("{binary}: no case asks for what template.yaml allows: {what}")
            }),
        );
    }
    Ok(faults)
}

/// The denied writes of some function: patterns of partition keys, each with the table.
fn guarded(stack: &Stack) -> BTreeSet<(String, String)> {
    let mut guarded = BTreeSet::new();
    let policies = stack.functions.values().map(|function| &function.policy);
    let statements = policies.flat_map(Policy::statements);
    for statement in statements.filter(|statement| !statement.allows) {
        let conditions = statement.conditions.iter();
        for pattern in conditions.flat_map(|condition| &condition.patterns) {
            let resources = statement.resources.iter();
            guarded.extend(resources.map(|resource| (pattern.clone(), resource.clone())));
        }
    }
    guarded
}

/// The actions that change a table.
const WRITES: &[&str] = &["PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem"];

/// The kinds of [`guarded`] items that a function may write and never does.
fn unwritten(
    policy: &Policy,
    guarded: &BTreeSet<(String, String)>,
    accesses: &[Access],
) -> Vec<String> {
    let mut unwritten = Vec::new();
    for (pattern, resource) in guarded {
        let may = |action: &&&str| {
            policy.allows(&Access {
                action: format!("dynamodb:{action}"),
                resource: resource.clone(),
                leading_keys: vec![pattern.replace('*', "x")],
            })
        };
        let does = accesses.iter().any(|access| {
            let is_write = WRITES.iter().any(|action| access.action.ends_with(action));
            is_write && access.leading_keys.iter().any(|key| is_like(pattern, key))
        });
        if !does && let Some(action) = WRITES.iter().find(may) {
            unwritten.push(format!("{action} on {pattern}"));
        }
    }
    unwritten
}

fn access(table: &str, asked: &Asked) -> Access {
    Access {
        action: format!("dynamodb:{}", asked.action),
        resource: match &asked.index {
            Some(index) => format!("{table}/index/{index}"),
            None => table.to_owned(),
        },
        leading_keys: vec![asked.partition.clone()],
    }
}

/// The actions, resources and partition keys that a policy allows and no access asks for.
fn unused(policy: &Policy, accesses: &[Access]) -> Vec<String> {
    let mut unused = Vec::new();
    for statement in policy.statements().filter(|statement| statement.allows) {
        let covered: Vec<_> = accesses
            .iter()
            .filter(|access| statement.covers(access))
            .collect();
        let is_asked = |what: &str| {
            covered
                .iter()
                .any(|access| is_like(what, &access.action) || is_like(what, &access.resource))
        };
        let allowed = statement.actions.iter().chain(&statement.resources);
        let patterns = statement
            .conditions
            .iter()
            .filter(|condition| condition.like);
        let patterns = patterns.flat_map(|condition| &condition.patterns);
        let of_keys = |pattern: &str| {
            let mut keys = covered.iter().flat_map(|access| &access.leading_keys);
            keys.any(|key| is_like(pattern, key))
        };
        let unasked = allowed.filter(|what| !is_asked(what));
        let unasked = unasked.chain(patterns.filter(|pattern| !of_keys(pattern)));
        unused.extend(unasked.map(|what| format!("{what} ({})", statement.at)));
    }
    unused
}

/// The kind of item: its key without numbers, ids and hashes.
fn kind(asked: &Asked) -> String {
    let name = |key: &str| {
        let parts = key.split('#').map(|part| {
            let is_name = part.chars().all(|c| c.is_ascii_uppercase() || c == '_');
            if is_name { part } else { "…" }
        });
        parts.collect::<Vec<_>>().join("#")
    };
    let partition = name(&asked.partition);
    match &asked.sort {
        Some(sort) => format!("{partition} / {}", name(sort)),
        None => partition,
    }
}
