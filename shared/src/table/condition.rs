//! What is asked of an item, and what becomes of it: DynamoDB's expressions.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use chrono::{DateTime, Utc};
use serde::Serialize;

use super::item::Item;
use crate::error::{Error, Result};

/// The attribute that DynamoDB's time to live goes by: when an item is forgotten, in seconds.
pub const EXPIRES_AT: &str = "expiresAt";

/// The attribute that grows by one with each change of an item.
pub const VERSION: &str = "version";

/// A condition on one item, as DynamoDB evaluates it at the moment of the write.
#[derive(Debug, Clone, PartialEq)]
pub enum If {
    /// Nothing is asked.
    Always,
    /// The item exists.
    Exists,
    /// The item does not exist.
    Absent,
    /// An attribute has this value. See [`If::is`].
    Is(&'static str, Value),
    /// An attribute, a list, a set or a text, contains this value. See [`If::contains`].
    Contains(&'static str, Value),
    /// An attribute is missing.
    Lacks(&'static str),
    /// A number is at most this.
    AtMost(&'static str, i64),
    /// A number is at least this.
    AtLeast(&'static str, i64),
    /// A set has more elements than this; never, if it is missing.
    MoreThan(&'static str, u32),
    /// A number is less than another one of the same item.
    Below(&'static str, &'static str),
    /// A set has fewer elements than this, or is missing.
    Fewer(&'static str, usize),
    /// A number is one of these; never true for an empty list.
    OneOf(&'static str, Vec<u64>),
    /// All of these hold.
    All(Vec<If>),
    /// At least one of these holds.
    Any(Vec<If>),
}

impl If {
    /// An attribute has this value.
    pub fn is(name: &'static str, value: &impl Serialize) -> Self {
        Self::Is(name, Value::of(value))
    }

    /// An attribute has this value, or is missing if the value is `None`.
    pub fn is_still(name: &'static str, value: Option<&impl Serialize>) -> Self {
        match value {
            Some(value) => Self::is(name, value),
            None => Self::Lacks(name),
        }
    }

    /// An attribute, a list, a set or a text, contains this value.
    pub fn contains(name: &'static str, value: &impl Serialize) -> Self {
        Self::Contains(name, Value::of(value))
    }

    /// The item has this version.
    pub fn version(version: u64) -> Self {
        Self::is(VERSION, &version)
    }

    /// The item has expired at `now`. DynamoDB removes it only some time after.
    pub fn expired(now: DateTime<Utc>) -> Self {
        Self::AtMost(EXPIRES_AT, now.timestamp())
    }

    /// The item expires, and not yet at `now`.
    pub fn unexpired(now: DateTime<Utc>) -> Self {
        Self::AtLeast(EXPIRES_AT, now.timestamp() + 1)
    }

    /// This holds, and the other one as well.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match self {
            Self::Always => other,
            Self::All(mut all) => {
                all.push(other);
                Self::All(all)
            }
            one => Self::All(vec![one, other]),
        }
    }

    /// This holds, or the other one.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        match self {
            Self::Any(mut any) => {
                any.push(other);
                Self::Any(any)
            }
            one => Self::Any(vec![one, other]),
        }
    }

    pub(super) fn write(&self, to: &mut Expressions) -> Option<String> {
        let number = |number: i64| AttributeValue::N(number.to_string());
        Some(match self {
            Self::Always => return None,
            Self::Exists => "attribute_exists(PK)".to_owned(),
            Self::Absent => "attribute_not_exists(PK)".to_owned(),
            Self::Lacks(name) => format!("attribute_not_exists({})", to.name(name)),
            Self::Is(name, value) => format!("{} = {}", to.name(name), to.value(value.clone())),
            Self::Contains(name, value) => {
                format!("contains({}, {})", to.name(name), to.value(value.clone()))
            }
            Self::AtMost(name, most) => {
                format!("{} <= {}", to.name(name), to.value(number(*most)))
            }
            Self::AtLeast(name, least) => {
                format!("{} >= {}", to.name(name), to.value(number(*least)))
            }
            Self::MoreThan(name, most) => {
                let most = to.value(number(i64::from(*most)));
                format!("size({}) > {most}", to.name(name))
            }
            Self::Fewer(name, most) => {
                let (name, most) = (to.name(name), to.value(AttributeValue::N(most.to_string())));
                format!("attribute_not_exists({name}) OR size({name}) < {most}")
            }
            Self::Below(name, other) => format!("{} < {}", to.name(name), to.name(other)),
            // DynamoDB takes no empty list, and no version is nought.
            Self::OneOf(_, values) if values.is_empty() => {
                "attribute_exists(PK) AND attribute_not_exists(PK)".to_owned()
            }
            Self::OneOf(name, values) => {
                let name = to.name(name);
                let values: Vec<_> = values
                    .iter()
                    .map(|value| to.value(AttributeValue::N(value.to_string())))
                    .collect();
                format!("{name} IN ({})", values.join(", "))
            }
            Self::All(all) => joined(all, " AND ", to)?,
            // One that always holds makes all of them hold.
            Self::Any(any) if any.contains(&Self::Always) => return None,
            Self::Any(any) => joined(any, " OR ", to)?,
        })
    }
}

fn joined(conditions: &[If], by: &str, to: &mut Expressions) -> Option<String> {
    let parts: Vec<_> = conditions.iter().filter_map(|one| one.write(to)).collect();
    // DynamoDB refuses parentheses that part nothing.
    match parts.as_slice() {
        [] => None,
        [one] => Some(one.clone()),
        parts => {
            let parts: Vec<_> = parts.iter().map(|one| format!("({one})")).collect();
            Some(parts.join(by))
        }
    }
}

/// A value as DynamoDB has it. One that cannot be written is a fault of the transaction, which
/// [`Transaction::send`] tells.
#[derive(Debug, Clone, PartialEq)]
pub struct Value(std::result::Result<AttributeValue, String>);

impl Value {
    fn of(value: &impl Serialize) -> Self {
        Self(serde_dynamo::to_attribute_value(value).map_err(|error| error.to_string()))
    }
}

impl From<AttributeValue> for Value {
    fn from(value: AttributeValue) -> Self {
        Self(Ok(value))
    }
}

/// An element of a set that an item has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Element {
    /// An element of a set of numbers.
    Number(u64),
    /// An element of a set of texts.
    Text(String),
}

impl Element {
    /// The set of this element alone.
    fn alone(&self) -> AttributeValue {
        match self {
            Self::Number(number) => AttributeValue::Ns(vec![number.to_string()]),
            Self::Text(text) => AttributeValue::Ss(vec![text.clone()]),
        }
    }
}

/// A change of an item's attributes. Attributes that it does not name stay.
#[derive(Debug, Clone, Default)]
pub struct Change {
    set: Vec<(String, Value)>,
    set_if_missing: Vec<(String, Value)>,
    append: Vec<(String, Value)>,
    remove: Vec<String>,
    add: Vec<(String, AttributeValue)>,
    exclude: Vec<(String, AttributeValue)>,
    fault: Option<String>,
}

impl Change {
    /// The item gets a new version, and stays as it is otherwise.
    pub fn new_version() -> Self {
        Self::default().add(VERSION, 1)
    }

    /// The change from `before` to `after`, without the version.
    pub fn between(before: &impl Serialize, after: &impl Serialize) -> Self {
        let item = |result: serde_dynamo::Result<Item>| result.map_err(|error| error.to_string());
        match (
            item(serde_dynamo::to_item(before)),
            item(serde_dynamo::to_item(after)),
        ) {
            (Ok(before), Ok(after)) => Self::between_items(&before, after),
            (Err(fault), _) | (_, Err(fault)) => Self {
                fault: Some(fault),
                ..Self::default()
            },
        }
    }

    fn between_items(before: &Item, after: Item) -> Self {
        let gone = before.keys().filter(|name| !after.contains_key(*name));
        let remove = gone.cloned().collect();
        let differs = |(name, value): &(String, AttributeValue)| {
            name != VERSION && before.get(name) != Some(value)
        };
        let set = after.into_iter().filter(differs);
        Self {
            set: set.map(|(name, value)| (name, value.into())).collect(),
            remove,
            ..Self::default()
        }
    }

    /// And the item gets a new version.
    #[must_use]
    pub fn and_new_version(self) -> Self {
        self.add(VERSION, 1)
    }

    /// Sets an attribute.
    #[must_use]
    pub fn set(mut self, name: &str, value: &impl Serialize) -> Self {
        self.set.push((name.to_owned(), Value::of(value)));
        self
    }

    /// Sets an attribute if the item does not have it.
    #[must_use]
    pub fn set_if_missing(mut self, name: &str, value: &impl Serialize) -> Self {
        self.set_if_missing
            .push((name.to_owned(), Value::of(value)));
        self
    }

    /// Adds an element to the end of a list, which is empty if it is missing.
    #[must_use]
    pub fn append(mut self, name: &str, element: &impl Serialize) -> Self {
        self.append.push((name.to_owned(), Value::of(&[element])));
        self
    }

    /// Removes an attribute, which it may have been about to set.
    #[must_use]
    pub fn forget(mut self, name: &str) -> Self {
        self.set.retain(|(set, _)| set != name);
        self.remove(name)
    }

    /// Removes an attribute.
    #[must_use]
    pub fn remove(mut self, name: &str) -> Self {
        self.remove.push(name.to_owned());
        self
    }

    /// Adds to a number, which is nought if it is missing; takes from it if `by` is negative.
    #[must_use]
    pub fn add(mut self, name: &str, by: i64) -> Self {
        let by = AttributeValue::N(by.to_string());
        self.add.push((name.to_owned(), by));
        self
    }

    /// Puts an element into a set.
    #[must_use]
    pub fn include(mut self, set: &str, element: &Element) -> Self {
        self.add.push((set.to_owned(), element.alone()));
        self
    }

    /// Takes an element out of a set.
    #[must_use]
    pub fn exclude(mut self, set: &str, element: &Element) -> Self {
        self.exclude.push((set.to_owned(), element.alone()));
        self
    }

    /// `None` if nothing changes.
    pub(super) fn write(self, to: &mut Expressions) -> Option<String> {
        to.fault = to.fault.take().or(self.fault);
        let set = self.set.into_iter();
        let set: Vec<_> = set
            .map(|(name, value)| format!("{} = {}", to.name(&name), to.value(value)))
            .collect();
        let missing = self.set_if_missing.into_iter().map(|(name, value)| {
            let (name, value) = (to.name(&name), to.value(value));
            format!("{name} = if_not_exists({name}, {value})")
        });
        let mut set: Vec<_> = set.into_iter().chain(missing).collect();
        for (name, element) in self.append {
            let (name, element) = (to.name(&name), to.value(element));
            let none = to.value(AttributeValue::L(Vec::new()));
            set.push(format!(
                "{name} = list_append(if_not_exists({name}, {none}), {element})"
            ));
        }
        let remove: Vec<_> = self.remove.iter().map(|name| to.name(name)).collect();
        let mut pairs = |pairs: Vec<(String, AttributeValue)>| -> Vec<_> {
            let pairs = pairs.into_iter();
            pairs
                .map(|(name, value)| format!("{} {}", to.name(&name), to.value(value)))
                .collect()
        };
        let (add, exclude) = (pairs(self.add), pairs(self.exclude));
        let clauses: Vec<_> = [
            ("SET", set),
            ("REMOVE", remove),
            ("ADD", add),
            ("DELETE", exclude),
        ]
        .into_iter()
        .filter(|(_, parts)| !parts.is_empty())
        .map(|(verb, parts)| format!("{verb} {}", parts.join(", ")))
        .collect();
        (!clauses.is_empty()).then(|| clauses.join(" "))
    }
}

/// The names and values in the expressions of one item.
#[derive(Debug, Default)]
pub(super) struct Expressions {
    /// The prefix of the placeholders, so that two expressions can be combined.
    prefix: &'static str,
    names: HashMap<String, String>,
    values: HashMap<String, AttributeValue>,
    pub(super) fault: Option<String>,
}

impl Expressions {
    /// Those whose places begin with a prefix.
    pub(super) fn prefixed(prefix: &'static str) -> Self {
        Self {
            prefix,
            ..Self::default()
        }
    }

    /// The place of a name. Names may be words of DynamoDB's.
    pub(super) fn name(&mut self, name: &str) -> String {
        if let Some((place, _)) = self.names.iter().find(|(_, known)| *known == name) {
            return place.clone();
        }
        let place = format!("#{}{}", self.prefix, self.names.len());
        self.names.insert(place.clone(), name.to_owned());
        place
    }

    pub(super) fn value(&mut self, value: impl Into<Value>) -> String {
        let place = format!(":{}{}", self.prefix, self.values.len());
        match value.into().0 {
            Ok(value) => {
                self.values.insert(place.clone(), value);
            }
            Err(fault) => self.fault = self.fault.take().or(Some(fault)),
        }
        place
    }

    /// DynamoDB refuses empty maps.
    pub(super) fn into_parts(self) -> Result<Parts> {
        match self.fault {
            Some(fault) => Err(Error::Internal(fault)),
            None => Ok(Parts {
                names: (!self.names.is_empty()).then_some(self.names),
                values: (!self.values.is_empty()).then_some(self.values),
            }),
        }
    }
}

pub(super) struct Parts {
    pub(super) names: Option<HashMap<String, String>>,
    pub(super) values: Option<HashMap<String, AttributeValue>>,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// The condition with its names and values in their places.
    fn written(condition: &If) -> String {
        let mut expressions = Expressions::default();
        let text = condition.write(&mut expressions).unwrap_or_default();
        filled(text, expressions)
    }

    fn changed(change: Change) -> String {
        let mut expressions = Expressions::default();
        let text = change.write(&mut expressions).unwrap_or_default();
        filled(text, expressions)
    }

    fn filled(mut text: String, expressions: Expressions) -> String {
        let parts = expressions.into_parts().unwrap();
        for (place, name) in parts.names.unwrap_or_default() {
            text = text.replace(&place, &name);
        }
        for (place, value) in parts.values.unwrap_or_default() {
            let value = match value {
                AttributeValue::N(number) => number,
                other => format!("{other:?}"),
            };
            text = text.replace(&place, &value);
        }
        text
    }

    #[test]
    fn conditions_are_written_as_dynamodb_reads_them() {
        let condition = If::Exists.and(If::Lacks("limit").or(If::Below("used", "limit")));
        assert_eq!(
            written(&condition),
            "(attribute_exists(PK)) AND ((attribute_not_exists(limit)) OR (used < limit))"
        );
        let now = DateTime::from_timestamp(1000, 0).unwrap();
        assert_eq!(
            written(&If::Absent.or(If::expired(now))),
            "(attribute_not_exists(PK)) OR (expiresAt <= 1000)"
        );
        assert_eq!(written(&If::unexpired(now)), "expiresAt >= 1001");
        assert_eq!(
            written(&If::OneOf(VERSION, vec![3, 4])),
            "version IN (3, 4)"
        );
        assert_eq!(
            written(&If::Exists.and(If::Fewer("groups", 9))),
            "(attribute_exists(PK)) AND (attribute_not_exists(groups) OR size(groups) < 9)"
        );
        assert_eq!(
            written(&If::contains("roles", &"Admin")),
            "contains(roles, S(\"Admin\"))"
        );
        assert_eq!(
            written(&If::is_still("parent", None::<&u64>)),
            "attribute_not_exists(parent)"
        );
        assert_eq!(written(&If::is_still("parent", Some(&7))), "parent = 7");
    }

    #[test]
    fn what_asks_nothing_is_no_condition_and_a_choice_of_nothing_never_holds() {
        assert_eq!(written(&If::Always), "");
        assert_eq!(written(&If::Always.and(If::Exists)), "attribute_exists(PK)");
        assert_eq!(written(&If::All(Vec::new())), "");
        assert_eq!(
            written(&If::OneOf(VERSION, Vec::new())),
            "attribute_exists(PK) AND attribute_not_exists(PK)"
        );
        // It must not become the condition that is left when it is dropped.
        assert_eq!(written(&If::Always.or(If::version(1))), "");
    }

    #[test]
    fn a_change_names_what_differs_and_nothing_else() {
        let before = json!({"id": 1, "name": "a", "gone": true, "version": 3});
        let after = json!({"id": 1, "name": "b", "version": 4});
        assert_eq!(
            changed(Change::between(&before, &after).and_new_version()),
            "SET name = S(\"b\") REMOVE gone ADD version 1"
        );
        assert_eq!(changed(Change::between(&before, &before)), "");
        let used = Change::default().set("last", &5).add("used", -2);
        assert_eq!(changed(used), "SET last = 5 ADD used -2");
        let horizon = Change::default().set_if_missing("until", &5);
        assert_eq!(changed(horizon), "SET until = if_not_exists(until, 5)");
        let (two, text) = (Element::Number(2), Element::Text("x".to_owned()));
        let sets = Change::default().include("groups", &two);
        assert_eq!(
            changed(sets.exclude("spaces", &text)),
            "ADD groups Ns([\"2\"]) DELETE spaces Ss([\"x\"])"
        );
    }

    #[test]
    fn what_cannot_be_written_is_a_fault_and_not_another_condition() {
        struct Faulty;
        impl Serialize for Faulty {
            fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
                Err(serde::ser::Error::custom("no value"))
            }
        }
        let mut expressions = Expressions::default();
        If::Exists
            .and(If::is("parent", &Faulty))
            .write(&mut expressions);
        assert!(expressions.into_parts().is_err());
        let mut expressions = Expressions::default();
        Change::between(&Faulty, &Faulty).write(&mut expressions);
        assert!(expressions.into_parts().is_err());
    }
}
