//! The calls of DynamoDB of each function in its cases, compared with its policy in
//! template.yaml in both directions: no call that the policy does not allow, nothing allowed
//! that no case uses.

use std::collections::{BTreeMap, BTreeSet};

use latchkey::table::key::{PK, SK};
use latchkey_local::calls::{self, Asked};
use latchkey_local::template::Stack;
use latchkey_local::template::policy::{Access, Policy, is_like};
use latchkey_local::template::table::Key;
use serde_json::Value;

use crate::Result;
use crate::store::functions;

/// The call; `None` if it cannot be told.
pub fn asked(operation: &str, request: &Value) -> Option<Vec<Asked>> {
    let key = Key {
        hash: PK.to_owned(),
        range: Some(SK.to_owned()),
    };
    let asked = calls::asked(&key, operation, request)?;
    Some(asked.into_iter().map(|(_, asked)| asked).collect())
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
        let accesses: Vec<_> = asked.iter().map(|asked| asked.access(&table.arn)).collect();
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
