//! `Policies` of a function: what it may do with a table, and with which of its partition keys.
//!
//! Nothing is refused on this machine by them. They are read so that tests can hold them to
//! what the functions do.

use serde_json::{Map, Value};

use super::{Fault, Properties};

/// The statements of a function's policies.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rights(Vec<Statement>);

/// One statement of a policy document.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Statement {
    denies: bool,
    actions: Vec<String>,
    resources: Vec<String>,
    /// Patterns of `dynamodb:LeadingKeys`, of which the partition key must match one; `None`
    /// when the statement is for every key.
    leading_keys: Option<Vec<String>>,
}

impl Statement {
    fn applies(&self, action: &str, resource: &str, partition_key: &str) -> bool {
        let any = |patterns: &[String], text| patterns.iter().any(|pattern| like(pattern, text));
        any(&self.actions, action)
            && any(&self.resources, resource)
            && self
                .leading_keys
                .as_ref()
                .is_none_or(|patterns| any(patterns, partition_key))
    }
}

impl Rights {
    /// Whether `action`, such as `dynamodb:PutItem`, is allowed on `resource` for an item with
    /// `partition_key`: as in IAM, a statement must allow it and none deny it.
    #[must_use]
    pub fn allow(&self, action: &str, resource: &str, partition_key: &str) -> bool {
        let mut applying = self
            .0
            .iter()
            .filter(|statement| statement.applies(action, resource, partition_key))
            .peekable();
        applying.peek().is_some() && applying.all(|statement| !statement.denies)
    }

    /// The actions that are allowed on some resource for some key.
    pub fn actions(&self) -> impl Iterator<Item = &str> {
        let allowing = self.0.iter().filter(|statement| !statement.denies);
        allowing.flat_map(|statement| statement.actions.iter().map(String::as_str))
    }
}

/// IAM's `StringLike`: `*` stands for any text, `?` for one character.
fn like(pattern: &str, text: &str) -> bool {
    let Some((before, after)) = pattern.split_once(['*', '?']) else {
        return pattern == text;
    };
    let Some(rest) = text.strip_prefix(before) else {
        return false;
    };
    if pattern.as_bytes().get(before.len()) == Some(&b'?') {
        let mut rest = rest.chars();
        return rest.next().is_some() && like(after, rest.as_str());
    }
    let mut ends = rest.char_indices().map(|(index, _)| index);
    ends.any(|index| rest.get(index..).is_some_and(|rest| like(after, rest))) || like(after, "")
}

/// Reads `Policies`, a list of policy documents.
pub(super) fn read(properties: &Properties<'_>) -> Result<Rights, Fault> {
    let mut statements = Vec::new();
    for document in properties.maps("Policies")? {
        document.only(&["Statement"], &["Version"])?;
        for declared in document.maps("Statement")? {
            statements.push(statement(&declared)?);
        }
    }
    Ok(Rights(statements))
}

fn statement(declared: &Properties<'_>) -> Result<Statement, Fault> {
    declared.only(&["Action", "Condition", "Effect", "Resource"], &["Sid"])?;
    let denies = match declared.required("Effect")?.as_str() {
        "Allow" => false,
        "Deny" => true,
        other => {
            return Err(declared.fault("Effect", format!("expected Allow or Deny, not {other}")));
        }
    };
    let leading_keys = match declared.get("Condition")? {
        None => None,
        Some(condition) => Some(leading_keys(&condition, denies).ok_or_else(|| {
            declared.fault(
                "Condition",
                "expected dynamodb:LeadingKeys under ForAnyValue:StringLike of a Deny, \
                 or under ForAllValues:StringLike of an Allow",
            )
        })?),
    };
    Ok(Statement {
        denies,
        actions: declared.strings("Action")?,
        resources: declared.strings("Resource")?,
        leading_keys,
    })
}

/// A call may have many keys: one of them is enough to deny it, and all must be allowed.
fn leading_keys(condition: &Value, denies: bool) -> Option<Vec<String>> {
    let only = |map: &Map<String, Value>, name: &str| match map.len() {
        1 => map.get(name).cloned(),
        _ => None,
    };
    let operator = if denies {
        "ForAnyValue:StringLike"
    } else {
        "ForAllValues:StringLike"
    };
    let keys = only(condition.as_object()?, operator)?;
    let patterns = only(keys.as_object()?, "dynamodb:LeadingKeys")?;
    let patterns = patterns.as_array()?.iter();
    patterns
        .map(|pattern| pattern.as_str().map(str::to_owned))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_those_of_iam() {
        for (pattern, text, expected) in [
            ("CLAIM#*", "CLAIM#1", true),
            ("CLAIM#*", "CLAIM#", true),
            ("CLAIM#*", "XCLAIM#1", false),
            ("*#AUDIT#*", "ORG#1#AUDIT#2026-11", true),
            ("*#AUDIT#*", "ORG#1", false),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("a*b*c", "aXbYbZc", true),
            ("*c", "c", true),
            ("ab", "abc", false),
        ] {
            assert_eq!(like(pattern, text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn a_denial_wins_over_a_permission() {
        let statement = |denies, actions: &[&str], keys: Option<&str>| Statement {
            denies,
            actions: actions.iter().map(|&action| action.to_owned()).collect(),
            resources: vec!["table".to_owned()],
            leading_keys: keys.map(|keys| vec![keys.to_owned()]),
        };
        let rights = Rights(vec![
            statement(false, &["Put", "Get"], None),
            statement(true, &["Put"], Some("SECRET#*")),
        ]);
        assert!(rights.allow("Put", "table", "ORG#1"));
        assert!(!rights.allow("Put", "table", "SECRET#1"));
        assert!(rights.allow("Get", "table", "SECRET#1"));
        assert!(!rights.allow("Get", "another", "ORG#1"));
        assert!(!rights.allow("Delete", "table", "ORG#1"));
    }
}
