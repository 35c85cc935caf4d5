//! Several writes and checks that happen all or not at all, in one round trip.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{
    AttributeValue, CancellationReason, ConditionCheck, Delete, Put,
    ReturnValuesOnConditionCheckFailure as OnFailure, TransactWriteItem, Update,
};
use chrono::{DateTime, Utc};
use futures_util::future::try_join_all;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{BoxFuture, Item, Key, Read, Table, failure, from_item, to_item};
use crate::deed::{Deed, Recorded, Unrecorded};
use crate::warrant::{ByRole, Warrant};
use crate::wire::{Error, Result};

/// The number of attempts at a change that conflicts with others. With the waits between them
/// about two seconds, well within a request's time.
pub const MAX_ATTEMPTS: u32 = 8;

/// The maximum number of actions in one transaction.
pub const MAX_ACTIONS: usize = 100;

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

    fn write(&self, to: &mut Expressions) -> Option<String> {
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
    let parts: Vec<_> = conditions
        .iter()
        .filter_map(|one| one.write(to))
        .map(|one| format!("({one})"))
        .collect();
    (!parts.is_empty()).then(|| parts.join(by))
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
    fn write(self, to: &mut Expressions) -> Option<String> {
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
struct Expressions {
    /// The prefix of the placeholders, so that two expressions can be combined.
    prefix: &'static str,
    names: HashMap<String, String>,
    values: HashMap<String, AttributeValue>,
    fault: Option<String>,
}

impl Expressions {
    /// The place of a name. Names may be words of DynamoDB's.
    fn name(&mut self, name: &str) -> String {
        if let Some((place, _)) = self.names.iter().find(|(_, known)| *known == name) {
            return place.clone();
        }
        let place = format!("#{}{}", self.prefix, self.names.len());
        self.names.insert(place.clone(), name.to_owned());
        place
    }

    fn value(&mut self, value: impl Into<Value>) -> String {
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
    fn into_parts(self) -> Result<Parts> {
        match self.fault {
            Some(fault) => Err(Error::Internal(fault)),
            None => Ok(Parts {
                names: (!self.names.is_empty()).then_some(self.names),
                values: (!self.values.is_empty()).then_some(self.values),
            }),
        }
    }
}

struct Parts {
    names: Option<HashMap<String, String>>,
    values: Option<HashMap<String, AttributeValue>>,
}

/// Writes and checks to be sent together. Each has a tag, by which a refusal names it. A fault
/// of one of them, which is a bug, comes out of [`Transaction::send`].
#[derive(Debug)]
#[must_use = "nothing is written before it is sent"]
pub struct Transaction<'t, T> {
    table: &'t Table,
    items: Vec<TransactWriteItem>,
    tags: Vec<T>,
    /// Which of the items are checks that may be read instead.
    references: Vec<usize>,
    fault: Option<Error>,
    /// By what right it is written.
    by: Warrant,
    /// The deed that it is.
    deed: Option<Box<Deed>>,
}

impl<'t, T: Copy> Transaction<'t, T> {
    pub(super) fn new(table: &'t Table, by: &Warrant, recorded: Recorded) -> Self {
        let deed = match recorded {
            Recorded::Deed(deed) => Some(deed),
            Recorded::Not(_) => None,
        };
        Self {
            table,
            items: Vec::new(),
            tags: Vec::new(),
            references: Vec::new(),
            fault: None,
            by: by.clone(),
            deed,
        }
    }

    /// Puts an item, replacing an existing one.
    pub fn put(&mut self, tag: T, key: &Key, value: &impl Serialize, only: If) {
        let action = to_item(key, value).and_then(|item| self.putting(item, &only));
        self.add(tag, action);
    }

    /// Puts an item that has its key in it.
    pub fn put_item(&mut self, tag: T, item: Item, only: If) {
        let action = self.putting(item, &only);
        self.add(tag, action);
    }

    /// Puts an item whose key no item has yet.
    pub fn put_new(&mut self, tag: T, key: &Key, value: &impl Serialize) {
        self.put(tag, key, value, If::Absent);
    }

    /// Puts an item whose key no item has that is still good at `now`.
    pub fn put_over_expired(
        &mut self,
        tag: T,
        key: &Key,
        value: &impl Serialize,
        now: DateTime<Utc>,
    ) {
        self.put(tag, key, value, If::Absent.or(If::expired(now)));
    }

    fn putting(&self, item: Item, only: &If) -> Result<TransactWriteItem> {
        let mut expressions = Expressions::default();
        let condition = only.write(&mut expressions);
        let parts = expressions.into_parts()?;
        let put = Put::builder()
            .table_name(&self.table.name)
            .set_item(Some(item))
            .set_return_values_on_condition_check_failure(
                condition.as_ref().map(|_| OnFailure::AllOld),
            )
            .set_condition_expression(condition)
            .set_expression_attribute_names(parts.names)
            .set_expression_attribute_values(parts.values)
            .build()
            .map_err(internal)?;
        Ok(TransactWriteItem::builder().put(put).build())
    }

    /// Changes an item. `only` must say that it exists, in one way or another: otherwise
    /// DynamoDB makes an item of the change alone.
    pub fn update(&mut self, tag: T, key: &Key, change: Change, only: If) {
        let mut expressions = Expressions::default();
        let condition = only.write(&mut expressions);
        let change = change.write(&mut expressions);
        let action = expressions.into_parts().and_then(|parts| {
            let update = Update::builder()
                .table_name(&self.table.name)
                .set_key(Some(key.attributes()))
                .set_return_values_on_condition_check_failure(
                    condition.as_ref().map(|_| OnFailure::AllOld),
                )
                .set_condition_expression(condition)
                .set_update_expression(change)
                .set_expression_attribute_names(parts.names)
                .set_expression_attribute_values(parts.values)
                .build()
                .map_err(internal)?;
            Ok(TransactWriteItem::builder().update(update).build())
        });
        self.add(tag, action);
    }

    /// Makes `after` of an item that is `before` in this version, and gives it a new version.
    pub fn change(
        &mut self,
        tag: T,
        key: &Key,
        (before, after): (&impl Serialize, &impl Serialize),
        version: u64,
    ) {
        let change = Change::between(before, after).and_new_version();
        self.update(tag, key, change, If::version(version));
    }

    /// Takes an item away.
    pub fn delete(&mut self, tag: T, key: &Key, only: If) {
        let mut expressions = Expressions::default();
        let condition = only.write(&mut expressions);
        let action = expressions.into_parts().and_then(|parts| {
            let delete = Delete::builder()
                .table_name(&self.table.name)
                .set_key(Some(key.attributes()))
                .set_return_values_on_condition_check_failure(
                    condition.as_ref().map(|_| OnFailure::AllOld),
                )
                .set_condition_expression(condition)
                .set_expression_attribute_names(parts.names)
                .set_expression_attribute_values(parts.values)
                .build()
                .map_err(internal)?;
            Ok(TransactWriteItem::builder().delete(delete).build())
        });
        self.add(tag, action);
    }

    /// Checks an item, and leaves it as it is.
    pub fn check(&mut self, tag: T, key: &Key, only: If) {
        let mut expressions = Expressions::default();
        let condition = only.write(&mut expressions);
        let action = expressions.into_parts().and_then(|parts| {
            let check = ConditionCheck::builder()
                .table_name(&self.table.name)
                .set_key(Some(key.attributes()))
                .return_values_on_condition_check_failure(OnFailure::AllOld)
                .set_condition_expression(condition)
                .set_expression_attribute_names(parts.names)
                .set_expression_attribute_values(parts.values)
                .build()
                .map_err(internal)?;
            Ok(TransactWriteItem::builder().condition_check(check).build())
        });
        self.add(tag, action);
    }

    /// Checks that an item exists.
    pub fn exists(&mut self, tag: T, key: &Key) {
        self.check(tag, key, If::Exists);
    }

    /// Checks that an item exists to which many others may refer at the same time, such as a
    /// door to which thousands are invited. Of two transactions that check one item at the same
    /// time, DynamoDB refuses one. A transaction that is refused for such a check reads the
    /// item in its next attempts, strongly consistent and immediately before it is sent, and
    /// does not check it. It treats the role behind the write in the same way.
    ///
    /// Then it may be written some moments after the item was removed. So this is only for
    /// what opens nothing without the item, and what is looked for once more after that is
    /// removed: [`Removal::sweep_later`](super::Removal::sweep_later).
    pub fn refers(&mut self, tag: T, key: &Key) {
        self.references.push(self.items.len());
        self.exists(tag, key);
    }

    fn add(&mut self, tag: T, action: Result<TransactWriteItem>) {
        match action {
            Ok(action) => {
                self.items.push(action);
                self.tags.push(tag);
            }
            Err(fault) => {
                self.fault.get_or_insert(fault);
            }
        }
    }

    /// The number of actions, without the check of the role and without the deed. DynamoDB allows
    /// [`MAX_ACTIONS`].
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// Sends it, again when it met another transaction, until it is carried out or refused.
    /// Sent again after an answer that leaves open whether it was carried out, it is known to
    /// DynamoDB by its token, and carried out once.
    ///
    /// # Errors
    /// 403 when it is written by a role that the caller has no longer; 429 or 503; 500 for a
    /// fault of one of its actions. That its conditions did not hold is no error but
    /// [`Refused`].
    pub async fn send(self) -> Result<std::result::Result<(), Refused<T>>> {
        if let Some(fault) = self.fault {
            return Err(fault);
        }
        let Self {
            table, mut items, ..
        } = self;
        if let Some(deed) = self.deed {
            // Behind all others, so that these keep their places.
            items.push(recording(table, *deed, &self.by)?);
        }
        let by = match self.by {
            Warrant::Role(by) => Some(by),
            Warrant::Grant(_)
            | Warrant::Own
            | Warrant::Secret
            | Warrant::Further
            | Warrant::System => None,
        };
        Ok(match send_by(table, items, self.references, by).await? {
            Outcome::Done => Ok(()),
            Outcome::Refused(reasons) => {
                let refused = self.tags.into_iter().zip(reasons);
                let refused = refused.filter(|(_, reason)| is(reason, CONDITION));
                Err(Refused(
                    refused.map(|(tag, reason)| (tag, reason.item)).collect(),
                ))
            }
        })
    }

    /// Sends one without conditions.
    ///
    /// # Errors
    /// As for [`Transaction::send`].
    pub async fn send_unconditional(self) -> Result<()> {
        let refused = |_| Error::Internal("refused without a condition".to_owned());
        self.send().await?.map_err(refused)
    }
}

/// Writes a deed. Nothing stands at its key, which is as new as its id.
fn recording(table: &Table, deed: Deed, by: &Warrant) -> Result<TransactWriteItem> {
    let author = table.author()?;
    let item = deed.item(by, author, &table.random, table.kept)?;
    let put = Put::builder().table_name(&table.name).set_item(Some(item));
    let put = put.build().map_err(internal)?;
    Ok(TransactWriteItem::builder().put(put).build())
}

impl Table {
    /// Changes a single item, without a deed for the reason `why`. If `only` does not hold, returns
    /// the existing item, if there is one. One round trip, at half the cost of a transaction. If it
    /// is sent again after a lost answer, it may be done twice or be refused because of itself.
    ///
    /// # Errors
    /// 429 and 503.
    pub fn update<'t>(
        &'t self,
        key: &'t Key,
        change: Change,
        only: If,
        why: Unrecorded,
    ) -> BoxFuture<'t, Result<std::result::Result<(), Option<Item>>>> {
        let _ = why;
        Box::pin(async move {
            let mut expressions = Expressions::default();
            let condition = only.write(&mut expressions);
            let change = change.write(&mut expressions);
            let parts = expressions.into_parts()?;
            let call = self
                .client
                .update_item()
                .table_name(&self.name)
                .set_key(Some(key.attributes()))
                .return_values_on_condition_check_failure(OnFailure::AllOld)
                .set_condition_expression(condition)
                .set_update_expression(change)
                .set_expression_attribute_names(parts.names)
                .set_expression_attribute_values(parts.values);
            let Err(error) = call.send().await else {
                return Ok(Ok(()));
            };
            match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(failed)) => {
                    Ok(Err(failed.item.clone()))
                }
                _ => Err(failure::answer(error)),
            }
        })
    }
}

/// The conditions of a refused transaction that did not hold: each with its tag and the
/// existing item, if there is one. Nothing was written.
#[derive(Debug)]
pub struct Refused<T>(Vec<(T, Option<Item>)>);

impl<T: Copy + PartialEq> Refused<T> {
    /// Whether a condition with this tag did not hold.
    pub fn has(&self, part: T) -> bool {
        self.parts().any(|refused| refused == part)
    }

    /// The tags of all that did not hold, in the order in which they were added.
    pub fn parts(&self) -> impl Iterator<Item = T> {
        self.0.iter().map(|(part, _)| *part)
    }

    /// The existing item of a condition with this tag that did not hold; `None` if the item
    /// does not exist or the condition held.
    ///
    /// # Errors
    /// 500 when the item is not of this type.
    pub fn item<V: DeserializeOwned>(&self, part: T) -> Result<Option<V>> {
        let mut refused = self.0.iter().filter(|(refused, _)| *refused == part);
        let item = refused.find_map(|(_, item)| item.clone());
        item.map(from_item).transpose()
    }

    /// Turns a condition that did not hold into an answer.
    ///
    /// # Errors
    /// `fault`, when a condition with this tag did not hold.
    pub fn on<E: Into<Error>>(&self, part: T, fault: impl FnOnce() -> E) -> Result<()> {
        if self.has(part) {
            Err(fault().into())
        } else {
            Ok(())
        }
    }
}

impl<T> IntoIterator for Refused<T> {
    type Item = (T, Option<Item>);
    type IntoIter = std::vec::IntoIter<Self::Item>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

fn internal(error: impl std::fmt::Display) -> Error {
    Error::Internal(error.to_string())
}

/// One attempt at a change that may conflict with others. See [`Table::attempts`].
#[derive(Debug, Clone, Copy)]
pub struct Attempt<'t> {
    table: &'t Table,
    number: u32,
}

impl<'t> Attempt<'t> {
    pub(super) fn all(table: &'t Table) -> impl Iterator<Item = Self> {
        (1..=MAX_ATTEMPTS).map(move |number| Self { table, number })
    }

    /// Waits a little before the next one; longer after each.
    ///
    /// # Errors
    /// 500 when the system has no random numbers.
    pub fn back_off(self) -> BoxFuture<'t, Result<()>> {
        self.table.back_off(self.number)
    }
}

/// The answer of DynamoDB without the tags, so that this part is compiled once.
enum Outcome {
    Done,
    Refused(Vec<CancellationReason>),
}

const CONDITION: &str = "ConditionalCheckFailed";
const CONFLICT: &str = "TransactionConflict";

fn is(reason: &CancellationReason, code: &str) -> bool {
    reason.code() == Some(code)
}

/// A check that becomes a read after a conflict.
#[derive(Debug, Clone)]
struct Reference {
    /// The place of the check among the actions.
    place: usize,
    /// What the item must be besides existing: a user with a role.
    by: Option<ByRole>,
}

impl Reference {
    fn holds(&self, item: Option<&Item>) -> bool {
        match &self.by {
            Some(by) => by.holds(item),
            None => item.is_some(),
        }
    }
}

/// The reasons for which a transaction is refused whose check at `place` does not hold.
fn refused_at(place: usize, item: Option<Item>) -> Vec<CancellationReason> {
    let none = std::iter::repeat_n(CancellationReason::builder().build(), place);
    let refused = CancellationReason::builder().code(CONDITION);
    none.chain([refused.set_item(item).build()]).collect()
}

/// Reads what some checks are about: the reasons for which the transaction is refused, if one
/// of them does not hold. One round trip.
async fn read_instead(
    table: &Table,
    items: &[TransactWriteItem],
    checks: &[&Reference],
) -> Result<Option<Vec<CancellationReason>>> {
    let key = |reference: &&Reference| {
        let action = items.get(reference.place);
        let check = action.and_then(TransactWriteItem::condition_check);
        let key = check.map(|check| check.key().clone());
        from_item::<Key>(key.unwrap_or_default())
    };
    let keys: Vec<Key> = checks.iter().map(key).collect::<Result<_>>()?;
    let found = keys.iter().map(|key| table.get_item(key, Read::Strong));
    let found = try_join_all(found).await?;
    let mut each = checks.iter().zip(found);
    let fails = each.find(|(check, found)| !check.holds(found.as_ref()));
    Ok(fails.map(|(check, found)| refused_at(check.place, found)))
}

/// Sends what is written `by` a role, on condition that the caller still has it.
fn send_by(
    table: &Table,
    mut items: Vec<TransactWriteItem>,
    references: Vec<usize>,
    by: Option<ByRole>,
) -> BoxFuture<'_, Result<Outcome>> {
    Box::pin(async move {
        let exists = |place| Reference { place, by: None };
        let mut references: Vec<_> = references.into_iter().map(exists).collect();
        let Some(by) = by else {
            return send(table, items, &references).await;
        };
        let actions = items.len();
        let place = require(&mut items, &table.name, &by)?;
        // Whatever else is asked of the same item is read together with the role, or not at all.
        let is_reference = place == actions || references.iter().any(|one| one.place == place);
        references.retain(|reference| reference.place != place);
        if is_reference && by.is_readable() {
            let by = Some(by.clone());
            references.push(Reference { place, by });
        }
        let outcome = send(table, items, &references).await?;
        if let Outcome::Refused(reasons) = &outcome
            && let Some(reason) = reasons.get(place)
            && is(reason, CONDITION)
        {
            // If one of the transaction's own actions has a condition on the same item, that
            // condition may be the one that failed.
            let of_the_role_alone = place == actions;
            if of_the_role_alone || !by.holds(reason.item.as_ref()) {
                return Err(Error::InsufficientRights(Vec::new()));
            }
        }
        Ok(outcome)
    })
}

/// Has a transaction check a role, and gives the place of the action that does. DynamoDB takes
/// one action for an item: where one is about the user, that one checks it, too.
fn require(items: &mut Vec<TransactWriteItem>, table: &str, by: &ByRole) -> Result<usize> {
    let key = by.user().attributes();
    let mut expressions = Expressions {
        prefix: "by",
        ..Expressions::default()
    };
    let condition = by.condition().write(&mut expressions);
    let condition = condition.ok_or_else(|| internal("a role that nobody has"))?;
    let parts = expressions.into_parts()?;
    if let Some(place) = items.iter().position(|item| is_about(item, &key)) {
        narrow(&mut items[place], &condition, parts);
        return Ok(place);
    }
    let check = ConditionCheck::builder()
        .table_name(table)
        .set_key(Some(key))
        .return_values_on_condition_check_failure(OnFailure::AllOld)
        .condition_expression(condition)
        .set_expression_attribute_names(parts.names)
        .set_expression_attribute_values(parts.values)
        .build()
        .map_err(internal)?;
    items.push(TransactWriteItem::builder().condition_check(check).build());
    Ok(items.len() - 1)
}

/// Whether an action is about the item with this key.
fn is_about(action: &TransactWriteItem, key: &Item) -> bool {
    let has = |item: &Item| {
        key.iter()
            .all(|(name, value)| item.get(name) == Some(value))
    };
    action.put().is_some_and(|put| has(put.item()))
        || action.update().is_some_and(|update| has(update.key()))
        || action.delete().is_some_and(|delete| has(delete.key()))
        || action
            .condition_check()
            .is_some_and(|check| has(check.key()))
}

/// Has an action ask for one condition more.
fn narrow(action: &mut TransactWriteItem, condition: &str, parts: Parts) {
    let both = |own: &str| format!("({own}) AND ({condition})");
    let both_or_one = |own: Option<&String>| match own {
        Some(own) => Some(both(own)),
        None => Some(condition.to_owned()),
    };
    let names = parts.names.unwrap_or_default();
    let values = parts.values.unwrap_or_default();
    macro_rules! extend {
        ($action:ident) => {
            $action.return_values_on_condition_check_failure = Some(OnFailure::AllOld);
            let own = &mut $action.expression_attribute_names;
            own.get_or_insert_default().extend(names);
            let own = &mut $action.expression_attribute_values;
            own.get_or_insert_default().extend(values);
        };
    }
    if let Some(put) = &mut action.put {
        put.condition_expression = both_or_one(put.condition_expression.as_ref());
        extend!(put);
    } else if let Some(update) = &mut action.update {
        update.condition_expression = both_or_one(update.condition_expression.as_ref());
        extend!(update);
    } else if let Some(delete) = &mut action.delete {
        delete.condition_expression = both_or_one(delete.condition_expression.as_ref());
        extend!(delete);
    } else if let Some(check) = &mut action.condition_check {
        check.condition_expression = both(&check.condition_expression);
        extend!(check);
    }
}

/// Sends these items. The checks at `references` become reads after the first conflict.
fn send<'t>(
    table: &'t Table,
    items: Vec<TransactWriteItem>,
    references: &'t [Reference],
) -> BoxFuture<'t, Result<Outcome>> {
    Box::pin(async move {
        let reference = |place: usize| references.iter().find(|one| one.place == place);
        let mut read: Vec<&Reference> = Vec::new();
        // DynamoDB recognizes by this token a transaction that it carried out before and whose
        // answer was lost. Only a cancelled transaction leaves nothing behind.
        let mut token = table.random.uuid()?.to_string();
        let mut last = Error::Unavailable("never sent".to_owned());
        let mut is_new = true;
        for attempt in Attempt::all(table) {
            // One that may have been carried out is sent as it was.
            if is_new && let Some(reasons) = read_instead(table, &items, &read).await? {
                return Ok(Outcome::Refused(reasons));
            }
            let is_read = |place: &usize| read.iter().any(|one| one.place == *place);
            let sent: Vec<_> = (0..items.len()).filter(|place| !is_read(place)).collect();
            let call = table
                .client
                .transact_write_items()
                .client_request_token(&token)
                .set_transact_items(Some(
                    sent.iter().map(|place| items[*place].clone()).collect(),
                ));
            let Err(error) = call.send().await else {
                return Ok(Outcome::Done);
            };
            let reasons = match error.as_service_error() {
                Some(TransactWriteItemsError::TransactionInProgressException(_)) => None,
                Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) => {
                    Some(cancelled.cancellation_reasons.clone().unwrap_or_default())
                }
                _ => return Err(failure::answer(error)),
            };
            is_new = reasons.is_some();
            let Some(reasons) = reasons else {
                last = failure::answer(error);
                attempt.back_off().await?;
                continue;
            };
            // Each at the place of its item.
            let mut at = vec![CancellationReason::builder().build(); items.len()];
            for (place, reason) in sent.into_iter().zip(reasons) {
                at[place] = reason;
            }
            let reasons = at;
            if reasons.iter().any(|reason| is(reason, CONDITION)) {
                return Ok(Outcome::Refused(reasons));
            }
            let throttled = reasons
                .iter()
                .filter_map(CancellationReason::code)
                .any(failure::is_throttling);
            let conflict = reasons.iter().any(|reason| is(reason, CONFLICT));
            let cause = aws_sdk_dynamodb::error::DisplayErrorContext(&error).to_string();
            if let Some(large) = reasons.iter().find_map(too_large) {
                return Err(large);
            }
            last = match (throttled, conflict) {
                (true, _) => Error::Throttled(cause),
                (false, true) => Error::Unavailable(cause),
                (false, false) => return Err(failure::answer(error)),
            };
            token = table.random.uuid()?.to_string();
            let meets = |reason: &CancellationReason| {
                let code = reason.code().unwrap_or_default();
                code == CONFLICT || failure::is_throttling(code)
            };
            let met = (0..items.len()).filter(|place| meets(&reasons[*place]));
            let met: Vec<_> = met.collect();
            // A conflict only at checks that become reads needs no waiting.
            if met.iter().any(|place| reference(*place).is_none()) {
                attempt.back_off().await?;
            }
            read.extend(met.into_iter().filter_map(reference));
        }
        Err(last)
    })
}

/// One of the items would exceed DynamoDB's limit.
fn too_large(reason: &CancellationReason) -> Option<Error> {
    let is_size =
        is(reason, "ValidationError") && reason.message().is_some_and(failure::is_of_item_size);
    is_size.then(failure::item_too_large)
}

/// A random part of a span that doubles with each attempt: 25 ms, 50 ms, … at most 400 ms.
pub(super) fn wait(attempt: u32, random: u16) -> Duration {
    let span = Duration::from_millis(25) * 2_u32.pow(attempt.min(5) - 1);
    span.mul_f64(f64::from(random) / f64::from(u16::MAX))
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

    #[test]
    fn a_refusal_tells_whose_condition_did_not_hold_and_what_stands_there() {
        let item = serde_dynamo::to_item(json!({"id": 7})).unwrap();
        let refused = Refused(vec![("user", None), ("share", Some(item))]);
        assert!(refused.has("user") && refused.has("share") && !refused.has("grant"));
        assert_eq!(
            refused.item::<serde_json::Value>("share").unwrap(),
            Some(json!({"id": 7}))
        );
        assert_eq!(refused.item::<serde_json::Value>("user").unwrap(), None);
        assert!(refused.on("grant", || Error::NotFound("grant")).is_ok());
        let error = refused.on("user", || Error::NotFound("user")).unwrap_err();
        assert_eq!(error.status(), 404);
    }
}
