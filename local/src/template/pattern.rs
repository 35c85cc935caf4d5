//! Event patterns: which records of a stream a function wants to see.
//!
//! Of Lambda's forms: values, `prefix` and `exists`; another one is an error that names it.

use std::collections::BTreeMap;

use serde_json::Value;

/// A pattern, as `FilterCriteria.Filters[].Pattern` has it.
#[derive(Clone, Debug, PartialEq)]
pub struct Pattern(BTreeMap<String, Field>);

#[derive(Clone, Debug, PartialEq)]
enum Field {
    /// A map with these fields.
    Map(Pattern),
    /// A value that passes one of these tests.
    One(Vec<Test>),
}

#[derive(Clone, Debug, PartialEq)]
enum Test {
    Is(Value),
    Prefix(String),
    /// Whether there is a value; for leaves only, as in Lambda.
    Exists(bool),
}

impl Pattern {
    /// Reads a pattern from its JSON.
    ///
    /// # Errors
    /// The fault, or what is not supported here.
    pub fn read(text: &str) -> Result<Self, String> {
        let value: Value =
            serde_json::from_str(text).map_err(|error| format!("is not JSON: {error}"))?;
        Self::of(&value, "")
    }

    fn of(value: &Value, at: &str) -> Result<Self, String> {
        let fields = value
            .as_object()
            .filter(|fields| !fields.is_empty())
            .ok_or_else(|| format!("{at}: expected a map or a list"))?;
        let fields = fields.iter().map(|(name, value)| {
            let at = format!("{at}{}{name}", if at.is_empty() { "" } else { "." });
            if name.starts_with('$') {
                return Err(format!("{at} is not supported by the local system"));
            }
            let field = match value {
                Value::Array(tests) => {
                    let tests = tests.iter().map(|test| Test::of(test, &at));
                    Field::One(tests.collect::<Result<_, _>>()?)
                }
                map => Field::Map(Self::of(map, &at)?),
            };
            Ok((name.clone(), field))
        });
        fields.collect::<Result<_, _>>().map(Self)
    }

    /// Whether an event has all that the pattern asks for.
    #[must_use]
    pub fn matches(&self, event: &Value) -> bool {
        self.0.iter().all(|(name, field)| {
            let value = event.get(name);
            match field {
                // In what is not there, nothing is.
                Field::Map(pattern) => pattern.matches(value.unwrap_or(&Value::Null)),
                Field::One(tests) => tests.iter().any(|test| match value {
                    Some(value) => test.passes(value),
                    None => *test == Test::Exists(false),
                }),
            }
        })
    }
}

impl Test {
    fn of(value: &Value, at: &str) -> Result<Self, String> {
        match value {
            Value::Object(test) => match (test.len(), test.iter().next()) {
                (1, Some((name, Value::String(prefix)))) if name == "prefix" => {
                    Ok(Self::Prefix(prefix.clone()))
                }
                (1, Some((name, Value::Bool(exists)))) if name == "exists" => {
                    Ok(Self::Exists(*exists))
                }
                _ => Err(format!(
                    "{at}: {value} is not supported by the local system: expected values, \
                     {{\"prefix\": …}} or {{\"exists\": …}}"
                )),
            },
            Value::Array(_) => Err(format!("{at}: expected values, not a list")),
            value => Ok(Self::Is(value.clone())),
        }
    }

    /// For a list, one matching value is enough.
    fn passes(&self, value: &Value) -> bool {
        match (self, value) {
            (_, Value::Array(values)) => values.iter().any(|value| self.passes(value)),
            (Self::Is(wanted), value) => wanted == value,
            (Self::Prefix(prefix), Value::String(text)) => text.starts_with(prefix),
            (Self::Exists(wanted), value) => *wanted && !value.is_object(),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_field_must_match_and_of_each_one_test() {
        let pattern = Pattern::read(
            r#"{"eventName": ["REMOVE", "MODIFY"], "dynamodb": {"Keys": {"SK": {"S": [{"prefix": "A#"}, "B"]}}}}"#,
        )
        .unwrap();
        let event = |name: &str, key: &str| json!({"eventName": name, "dynamodb": {"Keys": {"SK": {"S": key}}}, "more": 1});
        assert!(pattern.matches(&event("REMOVE", "A#1")));
        assert!(pattern.matches(&event("MODIFY", "B")));
        assert!(!pattern.matches(&event("INSERT", "A#1")));
        assert!(!pattern.matches(&event("REMOVE", "AB#1")));
        assert!(!pattern.matches(&event("REMOVE", "B#1")));
        assert!(!pattern.matches(&json!({"eventName": "REMOVE"})));
        let set = Pattern::read(r#"{"a": {"SS": [{"prefix": "x"}]}}"#).unwrap();
        assert!(set.matches(&json!({"a": {"SS": ["y", "x1"]}})));
    }

    #[test]
    fn what_is_there_can_be_asked_for_and_what_is_not() {
        let there = Pattern::read(r#"{"a": {"M": {"b": {"S": [{"exists": true}]}}}}"#).unwrap();
        let not = Pattern::read(r#"{"a": {"M": {"b": {"S": [{"exists": false}]}}}}"#).unwrap();
        for (event, is_there) in [
            (json!({"a": {"M": {"b": {"S": "x"}}}}), true),
            (json!({"a": {"M": {"b": {"S": ["x"]}}}}), true),
            (json!({"a": {"M": {"b": {"N": "1"}}}}), false),
            (json!({"a": {"M": {}}}), false),
            (json!({}), false),
        ] {
            assert_eq!(there.matches(&event), is_there, "{event}");
            assert_eq!(not.matches(&event), !is_there, "{event}");
        }
        // A map is no leaf.
        assert!(
            !Pattern::read(r#"{"a": [{"exists": true}]}"#)
                .unwrap()
                .matches(&json!({"a": {}}))
        );
    }

    #[test]
    fn other_forms_are_refused_by_name() {
        for (text, says) in [
            ("nonsense", "is not JSON"),
            ("[]", "expected a map"),
            (
                r#"{"a": {"b": [{"numeric": [">", 1]}]}}"#,
                "a.b: {\"numeric\"",
            ),
            (r#"{"a": [{"exists": 1}]}"#, "exists"),
            (r#"{"$or": [{"a": [1]}]}"#, "$or"),
            (r#"{"a": "b"}"#, "a: expected a map"),
        ] {
            let message = Pattern::read(text).unwrap_err();
            assert!(message.contains(says), "{message}");
        }
    }
}
