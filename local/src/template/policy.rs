//! `Policies`: what a function may do with the table, as IAM decides it.

use super::{Fault, Properties};

/// A call of DynamoDB, as far as a policy can tell.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Access {
    /// An action of IAM, such as `dynamodb:GetItem`. A transaction is one for each of its parts.
    pub action: String,
    /// The ARN of a table or of an index.
    pub resource: String,
    /// `dynamodb:LeadingKeys`: the partition key of each item that is asked for.
    pub leading_keys: Vec<String>,
}

/// The statements of a function's policies.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Policy(Vec<Statement>);

/// One statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// Its place in the template.
    pub at: String,
    /// Whether it allows; otherwise it denies.
    pub allows: bool,
    /// `Action`.
    pub actions: Vec<String>,
    /// `Resource`.
    pub resources: Vec<String>,
    /// `Condition`: all must hold.
    pub conditions: Vec<Condition>,
}

/// A condition on `dynamodb:LeadingKeys`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// Whether every key is compared; otherwise it is enough if one compares.
    pub for_all: bool,
    /// Whether a key must be like a pattern; otherwise it must be like none.
    pub like: bool,
    /// The patterns, with `*` and `?`.
    pub patterns: Vec<String>,
}

impl Policy {
    /// Whether `access` is allowed: by a statement, and denied by none.
    #[must_use]
    pub fn allows(&self, access: &Access) -> bool {
        let mut statements = self.0.iter().filter(|statement| statement.covers(access));
        let mut allowed = false;
        statements.all(|statement| {
            allowed |= statement.allows;
            statement.allows
        }) && allowed
    }

    /// The statements, in their order.
    pub fn statements(&self) -> impl Iterator<Item = &Statement> {
        self.0.iter()
    }
}

impl Statement {
    /// Whether it applies to `access`.
    #[must_use]
    pub fn covers(&self, access: &Access) -> bool {
        let any = |patterns: &[String], text| patterns.iter().any(|pattern| is_like(pattern, text));
        any(&self.actions, &access.action)
            && any(&self.resources, &access.resource)
            && self
                .conditions
                .iter()
                .all(|condition| condition.holds(&access.leading_keys))
    }
}

impl Condition {
    fn holds(&self, keys: &[String]) -> bool {
        let compares =
            |key: &String| self.like == self.patterns.iter().any(|pattern| is_like(pattern, key));
        match self.for_all {
            true => keys.iter().all(compares),
            false => keys.iter().any(compares),
        }
    }
}

/// Whether `text` is what `pattern` says: `*` is any text, `?` any one character.
#[must_use]
pub fn is_like(pattern: &str, text: &str) -> bool {
    match pattern.split_once(['*', '?']) {
        None => pattern == text,
        Some((head, tail)) => {
            let Some(rest) = text.strip_prefix(head) else {
                return false;
            };
            let mut ends = rest.char_indices().map(|(end, _)| end).chain([rest.len()]);
            match pattern.as_bytes().get(head.len()) {
                Some(b'*') => ends.any(|end| is_like(tail, &rest[end..])),
                _ => ends.nth(1).is_some_and(|end| is_like(tail, &rest[end..])),
            }
        }
    }
}

/// Reads the `Policies` of a function: policy documents, no names of managed policies.
pub(super) fn read(function: &Properties<'_>) -> Result<Policy, Fault> {
    let mut statements = Vec::new();
    for document in function.maps("Policies")? {
        document.only(&["Statement", "Version"], &[])?;
        for statement in document.maps("Statement")? {
            statement.only(&["Action", "Condition", "Effect", "Resource"], &["Sid"])?;
            statements.push(Statement {
                allows: match statement.string("Effect")?.as_deref() {
                    Some("Allow") => true,
                    Some("Deny") => false,
                    _ => return Err(statement.fault("Effect", "expected Allow or Deny")),
                },
                actions: statement.strings("Action")?,
                resources: statement.strings("Resource")?,
                conditions: conditions(&statement)?,
                at: statement.at,
            });
        }
    }
    Ok(Policy(statements))
}

fn conditions(statement: &Properties<'_>) -> Result<Vec<Condition>, Fault> {
    let operators = statement.map("Condition")?;
    let mut conditions = Vec::new();
    for operator in operators.values.keys() {
        let (for_all, comparison) = match operator.split_once(':') {
            Some(("ForAllValues", comparison)) => (true, comparison),
            Some(("ForAnyValue", comparison)) => (false, comparison),
            _ => return Err(operators.fault(operator, "expected ForAllValues or ForAnyValue")),
        };
        let like = match comparison {
            "StringLike" | "StringEquals" => true,
            "StringNotLike" | "StringNotEquals" => false,
            _ => return Err(operators.fault(operator, "expected a comparison of strings")),
        };
        let keys = operators.map(operator)?;
        keys.only(&["dynamodb:LeadingKeys"], &[])?;
        conditions.push(Condition {
            for_all,
            like,
            patterns: keys.strings("dynamodb:LeadingKeys")?,
        });
    }
    Ok(conditions)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn access(action: &str, resource: &str, keys: &[&str]) -> Access {
        Access {
            action: action.to_owned(),
            resource: resource.to_owned(),
            leading_keys: keys.iter().map(|key| (*key).to_owned()).collect(),
        }
    }

    fn statement(allows: bool, actions: &[&str], conditions: Vec<Condition>) -> Statement {
        Statement {
            at: String::new(),
            allows,
            actions: actions.iter().map(|action| (*action).to_owned()).collect(),
            resources: vec!["table/*".to_owned()],
            conditions,
        }
    }

    #[test]
    fn patterns_have_stars_and_question_marks() {
        for (pattern, text) in [
            ("a*", "a"),
            ("a*", "ab"),
            ("*#B#*", "x#B#y"),
            ("?", "é"),
            ("", ""),
        ] {
            assert!(is_like(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in [("a*", "b"), ("?", ""), ("a", "ab"), ("*#B#*", "x#C#y")] {
            assert!(!is_like(pattern, text), "{pattern} {text}");
        }
    }

    #[test]
    fn what_one_statement_denies_no_other_allows() {
        let keys = Condition {
            for_all: false,
            like: true,
            patterns: vec!["CREDENTIAL#*".to_owned()],
        };
        let policy = Policy(vec![
            statement(true, &["dynamodb:PutItem"], Vec::new()),
            statement(false, &["dynamodb:*"], vec![keys]),
        ]);
        let put = "dynamodb:PutItem";
        assert!(policy.allows(&access(put, "table/a", &["ORG#1"])));
        assert!(!policy.allows(&access(put, "table/a", &["CREDENTIAL#1"])));
        assert!(!policy.allows(&access(put, "table/a", &["ORG#1", "CREDENTIAL#1"])));
        assert!(!policy.allows(&access("dynamodb:GetItem", "table/a", &["ORG#1"])));
        assert!(!policy.allows(&access(put, "other/a", &["ORG#1"])));
        assert!(!Policy::default().allows(&access(put, "table/a", &["ORG#1"])));
    }

    #[test]
    fn all_values_must_be_like_a_pattern() {
        let own = Condition {
            for_all: true,
            like: true,
            patterns: vec!["ORG#*".to_owned()],
        };
        let policy = Policy(vec![statement(true, &["dynamodb:GetItem"], vec![own])]);
        let get = "dynamodb:GetItem";
        assert!(policy.allows(&access(get, "table/a", &["ORG#1", "ORG#2"])));
        assert!(!policy.allows(&access(get, "table/a", &["ORG#1", "CLAIM#2"])));
    }
}
