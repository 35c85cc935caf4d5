//! The former verbs of [`super::Transaction`]; not for new code.

use aws_sdk_dynamodb::types::builders::{
    DeleteBuilder, PutBuilder, TransactWriteItemBuilder, UpdateBuilder,
};
use aws_sdk_dynamodb::types::{
    AttributeValue, ConditionCheck, Delete, Put, ReturnValuesOnConditionCheckFailure,
    TransactWriteItem, Update,
};
use chrono::{DateTime, Utc};
use serde::Serialize;

use super::transaction::{CONDITION, EXPIRES_AT, Element, Outcome, VERSION, is, send};
use super::{Item, Key, Table, to_item};
use crate::wire::{Error, Result};

/// Writes and checks to be sent together. Each has a tag, by which a refusal names it.
pub struct OldTransaction<'t, T> {
    table: &'t Table,
    items: Vec<TransactWriteItem>,
    tags: Vec<T>,
}

/// Under which conditions an item may be taken away, besides that it is there.
#[derive(Debug, Clone, Copy, Default)]
pub struct Only<'v> {
    /// It has one of these versions.
    pub versions: Option<&'v [u64]>,
    /// This attribute of it, a count, is nought or missing.
    pub unused: Option<&'static str>,
    /// This attribute of it is this text.
    pub says: Option<(&'static str, &'v str)>,
    /// This attribute of it has this number; is missing, where there is none.
    pub number: Option<(&'static str, Option<u64>)>,
}

/// A use of an item that may be good for so many and no more.
#[derive(Debug, Clone, Copy)]
pub struct Use<'u> {
    /// The number of the item that says how many there were.
    pub used: &'u str,
    /// The number of it that says how many there may be; without limit where it is missing.
    pub limit: &'u str,
    /// Only of an item of which this attribute is this text.
    pub of: (&'u str, &'u str),
    /// Only of this version of it, which the use does not change.
    pub version: u64,
}

/// Why a transaction did not happen.
#[derive(Debug)]
pub enum Failed<T> {
    /// The conditions of these items did not hold, in the order in which they were added;
    /// each with the item as it stands in the table, if there is one.
    Refused(Vec<(T, Option<Item>)>),
    /// It could not be carried out.
    Error(Error),
}

impl<T> Failed<T> {
    /// Why a transaction without conditions did not happen.
    pub fn without_conditions(self) -> Error {
        match self {
            Self::Refused(_) => Error::Internal("refused without a condition".to_owned()),
            Self::Error(error) => error,
        }
    }
}

impl<T> From<Error> for Failed<T> {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

impl<'t, T: Copy> OldTransaction<'t, T> {
    pub(super) fn new(table: &'t Table) -> Self {
        Self {
            table,
            items: Vec::new(),
            tags: Vec::new(),
        }
    }

    /// Puts a new item; refused when one stands there.
    ///
    /// # Errors
    /// 500 when `value` is no item.
    pub fn put_new(self, tag: T, key: &Key, value: &impl Serialize) -> Result<Self> {
        self.put_new_item(tag, to_item(key, value)?)
    }

    /// Puts a new item that is whole; refused when one stands there.
    ///
    /// # Errors
    /// 500 when it is none.
    pub fn put_new_item(self, tag: T, item: Item) -> Result<Self> {
        let put = self
            .put_item(item)
            .condition_expression("attribute_not_exists(PK)");
        self.with_put(tag, put)
    }

    /// Puts an item; refused when one stands there that has not expired at `now`.
    /// DynamoDB removes an expired item only some time after.
    ///
    /// # Errors
    /// 500 when `value` is no item.
    pub fn put_over_expired(
        self,
        tag: T,
        key: &Key,
        value: &impl Serialize,
        now: DateTime<Utc>,
    ) -> Result<Self> {
        let put = self
            .put(key, value)?
            .condition_expression("attribute_not_exists(PK) OR #expiresAt <= :now")
            .expression_attribute_names("#expiresAt", EXPIRES_AT)
            .expression_attribute_values(":now", AttributeValue::N(now.timestamp().to_string()));
        self.with_put(tag, put)
    }

    /// Puts an item in the place of one whose `attribute` is this `text`; refused when there
    /// is none, or one that says otherwise, or has expired at `now`.
    ///
    /// # Errors
    /// 500 when `value` is no item.
    pub fn put_over(
        self,
        tag: T,
        key: &Key,
        value: &impl Serialize,
        (attribute, text): (&str, &str),
        now: DateTime<Utc>,
    ) -> Result<Self> {
        let put = self
            .put(key, value)?
            .condition_expression("#attribute = :text AND #expiresAt > :now")
            .expression_attribute_names("#attribute", attribute)
            .expression_attribute_names("#expiresAt", EXPIRES_AT)
            .expression_attribute_values(":text", AttributeValue::S(text.to_owned()))
            .expression_attribute_values(":now", AttributeValue::N(now.timestamp().to_string()));
        self.with_put(tag, put)
    }

    /// Puts an item in the place of whatever stands there. Only beside a condition on
    /// another item, without which nothing else may change this one.
    ///
    /// # Errors
    /// 500 when `value` is no item.
    pub fn replace(self, tag: T, key: &Key, value: &impl Serialize) -> Result<Self> {
        let put = self.put(key, value)?;
        self.with_put(tag, put)
    }

    /// Refused when there is no such item.
    ///
    /// # Errors
    /// 500 when the key is none.
    pub fn exists(self, tag: T, key: &Key) -> Result<Self> {
        let check = ConditionCheck::builder()
            .table_name(&self.table.name)
            .set_key(Some(key.attributes()))
            .condition_expression("attribute_exists(PK)")
            .build()
            .map_err(|error| Error::Internal(error.to_string()))?;
        Ok(self.with(tag, TransactWriteItem::builder().condition_check(check)))
    }

    /// Refused when there is no such item, or when a number of it, which may be missing, is
    /// greater than `most`.
    ///
    /// # Errors
    /// 500 when the key is none.
    pub fn at_most(self, tag: T, key: &Key, attribute: &str, most: i64) -> Result<Self> {
        let check = ConditionCheck::builder()
            .table_name(&self.table.name)
            .set_key(Some(key.attributes()))
            .condition_expression(
                "attribute_exists(PK) AND (attribute_not_exists(#number) OR #number <= :most)",
            )
            .expression_attribute_names("#number", attribute)
            .expression_attribute_values(":most", AttributeValue::N(most.to_string()))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .build()
            .map_err(|error| Error::Internal(error.to_string()))?;
        Ok(self.with(tag, TransactWriteItem::builder().condition_check(check)))
    }

    /// Refused when there is no such item, or when an attribute of it has another value: any
    /// value, where `value` is nothing.
    ///
    /// # Errors
    /// 500 when `value` is none of an attribute.
    pub fn unchanged(
        self,
        tag: T,
        key: &Key,
        attribute: &str,
        value: Option<&impl Serialize>,
    ) -> Result<Self> {
        let check = ConditionCheck::builder()
            .table_name(&self.table.name)
            .set_key(Some(key.attributes()))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .expression_attribute_names("#attribute", attribute);
        let check = match value {
            None => check
                .condition_expression("attribute_exists(PK) AND attribute_not_exists(#attribute)"),
            Some(value) => {
                let value: AttributeValue = serde_dynamo::to_attribute_value(value)
                    .map_err(|error| Error::Internal(error.to_string()))?;
                check
                    .condition_expression("#attribute = :value")
                    .expression_attribute_values(":value", value)
            }
        };
        let check = check
            .build()
            .map_err(|error| Error::Internal(error.to_string()))?;
        Ok(self.with(tag, TransactWriteItem::builder().condition_check(check)))
    }

    /// Adds one to a number of an item, which makes a new version of it; refused when there
    /// is no such item.
    ///
    /// # Errors
    /// 500 when the key is none.
    pub fn count_up(self, tag: T, key: &Key, attribute: &str) -> Result<Self> {
        let update = self
            .new_version(key)
            .update_expression("ADD #count :one, #version :one")
            .expression_attribute_names("#count", attribute);
        self.with_update(tag, update)
    }

    /// Counts one use of an item, and sets an attribute of it that tells of the last; refused
    /// when there is no such item, or when there are no uses left.
    ///
    /// # Errors
    /// 500 when `value` is none of an attribute.
    pub fn count_use(
        self,
        tag: T,
        key: &Key,
        of: Use<'_>,
        (attribute, value): (&str, &impl Serialize),
    ) -> Result<Self> {
        let number = |number: u64| AttributeValue::N(number.to_string());
        let value = serde_dynamo::to_attribute_value::<_, AttributeValue>(value)
            .map_err(|error| Error::Internal(error.to_string()))?;
        let update = Update::builder()
            .table_name(&self.table.name)
            .set_key(Some(key.attributes()))
            .condition_expression(
                "#version = :version AND #of = :of \
                 AND (attribute_not_exists(#limit) OR #used < #limit)",
            )
            .update_expression("SET #last = :last ADD #used :one")
            .expression_attribute_names("#version", VERSION)
            .expression_attribute_names("#of", of.of.0)
            .expression_attribute_names("#limit", of.limit)
            .expression_attribute_names("#used", of.used)
            .expression_attribute_names("#last", attribute)
            .expression_attribute_values(":version", number(of.version))
            .expression_attribute_values(":of", AttributeValue::S(of.of.1.to_owned()))
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":last", value)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        self.with_update(tag, update)
    }

    /// Takes `by` from a number of an item, which makes a new version of it; refused when
    /// there is no such item, or when so much is not there.
    ///
    /// # Errors
    /// 500 when the key is none.
    pub fn count_down(self, tag: T, key: &Key, attribute: &str, by: u64) -> Result<Self> {
        let update = self
            .new_version(key)
            .condition_expression("attribute_exists(PK) AND #count >= :by")
            .update_expression("SET #count = #count - :by ADD #version :one")
            .expression_attribute_names("#count", attribute)
            .expression_attribute_values(":by", AttributeValue::N(by.to_string()));
        self.with_update(tag, update)
    }

    /// Makes a new version of an item; refused when there is no such item.
    ///
    /// # Errors
    /// 500 when the key is none.
    pub fn touch(self, tag: T, key: &Key) -> Result<Self> {
        let update = self.new_version(key).update_expression("ADD #version :one");
        self.with_update(tag, update)
    }

    /// Puts something into a set that an item has; refused when there is no such item.
    ///
    /// # Errors
    /// 500 when the key is none.
    pub fn include(self, tag: T, key: &Key, set: &str, element: &Element) -> Result<Self> {
        self.with_set(tag, key, set, element, "ADD #set :element, #version :one")
    }

    /// Takes something out of a set that an item has; refused when there is no such item.
    ///
    /// # Errors
    /// 500 when the key is none.
    pub fn exclude(self, tag: T, key: &Key, set: &str, element: &Element) -> Result<Self> {
        let expression = "DELETE #set :element ADD #version :one";
        self.with_set(tag, key, set, element, expression)
    }

    fn with_set(
        self,
        tag: T,
        key: &Key,
        set: &str,
        element: &Element,
        expression: &str,
    ) -> Result<Self> {
        let update = self
            .new_version(key)
            .update_expression(expression)
            .expression_attribute_names("#set", set)
            .expression_attribute_values(":element", element.alone());
        self.with_update(tag, update)
    }

    /// Changes what differs between an item `before` and `after`, and nothing else of it;
    /// refused when there is no such item, or another version of it than `version`.
    ///
    /// # Errors
    /// 500 when one of the two is no item.
    pub fn change(
        self,
        tag: T,
        key: &Key,
        before: &impl Serialize,
        after: &impl Serialize,
        version: u64,
    ) -> Result<Self> {
        let update = self
            .new_version(key)
            .condition_expression("attribute_exists(PK) AND #version = :version")
            .expression_attribute_values(":version", AttributeValue::N(version.to_string()));
        let items = (to_item(key, before)?, to_item(key, after)?);
        self.with_update(tag, difference(update, items, "ADD #version :one"))
    }

    /// The same for an item that says something: refused when there is none of which
    /// `attribute` is this `text`.
    ///
    /// # Errors
    /// 500 when one of the two is no item.
    pub fn amend(
        self,
        tag: T,
        key: &Key,
        (before, after): (&impl Serialize, &impl Serialize),
        (attribute, text): (&str, &str),
    ) -> Result<Self> {
        let update = self
            .new_version(key)
            .condition_expression("#attribute = :text")
            .expression_attribute_names("#attribute", attribute)
            .expression_attribute_values(":text", AttributeValue::S(text.to_owned()));
        let items = (to_item(key, before)?, to_item(key, after)?);
        self.with_update(tag, difference(update, items, "ADD #version :one"))
    }

    /// Sets the attributes of an item that are those of `after`, and removes those that only
    /// `before` has; refused when there is no such item, or when `attribute`, which says how
    /// often it was set so, is not `version` (is there, where that is nothing). What else the
    /// item has stays, its version too.
    ///
    /// # Errors
    /// 500 when one of the two is no item.
    pub fn set_beside(
        self,
        tag: T,
        key: &Key,
        (before, after): (&impl Serialize, &impl Serialize),
        (attribute, version): (&str, Option<u64>),
    ) -> Result<Self> {
        let update = Update::builder()
            .table_name(&self.table.name)
            .set_key(Some(key.attributes()))
            .expression_attribute_names("#attribute", attribute);
        let update = match version {
            None => update
                .condition_expression("attribute_exists(PK) AND attribute_not_exists(#attribute)"),
            Some(version) => update
                .condition_expression("#attribute = :version")
                .expression_attribute_values(":version", AttributeValue::N(version.to_string())),
        };
        let items = (to_item(key, before)?, to_item(key, after)?);
        self.with_update(tag, difference(update, items, ""))
    }

    /// Takes an item away; refused when there is none, or one that is not as `only` says.
    ///
    /// # Errors
    /// 500 when the key is none.
    pub fn delete(self, tag: T, key: &Key, only: Only<'_>) -> Result<Self> {
        let mut condition = "attribute_exists(PK)".to_owned();
        let mut delete = Delete::builder()
            .table_name(&self.table.name)
            .set_key(Some(key.attributes()))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        if let Some(versions) = only.versions {
            // Nought is no version: a list must have something in it.
            let wanted = versions.iter().chain(&[0]).enumerate();
            let wanted = wanted.map(|(place, version)| (format!(":version{place}"), version));
            let wanted: Vec<_> = wanted.collect();
            let names: Vec<_> = wanted.iter().map(|(name, _)| name.as_str()).collect();
            condition.push_str(&format!(" AND #version IN ({})", names.join(", ")));
            delete = delete.expression_attribute_names("#version", VERSION);
            for (name, version) in wanted {
                let version = AttributeValue::N(version.to_string());
                delete = delete.expression_attribute_values(name, version);
            }
        }
        if let Some(count) = only.unused {
            condition.push_str(" AND (attribute_not_exists(#count) OR #count = :nought)");
            delete = delete
                .expression_attribute_names("#count", count)
                .expression_attribute_values(":nought", AttributeValue::N("0".to_owned()));
        }
        if let Some((attribute, text)) = only.says {
            condition.push_str(" AND #attribute = :text");
            delete = delete
                .expression_attribute_names("#attribute", attribute)
                .expression_attribute_values(":text", AttributeValue::S(text.to_owned()));
        }
        if let Some((attribute, number)) = only.number {
            delete = delete.expression_attribute_names("#number", attribute);
            match number {
                None => condition.push_str(" AND attribute_not_exists(#number)"),
                Some(number) => {
                    condition.push_str(" AND #number = :number");
                    let number = AttributeValue::N(number.to_string());
                    delete = delete.expression_attribute_values(":number", number);
                }
            }
        }
        self.with_delete(tag, delete.condition_expression(condition))
    }

    /// Takes an item away if there is one; refused when `attribute` of it is not this `text`,
    /// or when a number of it, where one is named, is not this one.
    ///
    /// # Errors
    /// 500 when the key is none.
    pub fn clear_own(
        self,
        tag: T,
        key: &Key,
        (attribute, text): (&str, &str),
        number: Option<(&str, u64)>,
    ) -> Result<Self> {
        let mut condition = "#attribute = :text".to_owned();
        let mut delete = Delete::builder();
        if let Some((name, number)) = number {
            condition.push_str(" AND #number = :number");
            delete = delete
                .expression_attribute_names("#number", name)
                .expression_attribute_values(":number", AttributeValue::N(number.to_string()));
        }
        let delete = delete
            .table_name(&self.table.name)
            .set_key(Some(key.attributes()))
            .condition_expression(format!("attribute_not_exists(PK) OR ({condition})"))
            .expression_attribute_names("#attribute", attribute)
            .expression_attribute_values(":text", AttributeValue::S(text.to_owned()))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        self.with_delete(tag, delete)
    }

    /// Takes an item away if there is one; never refused.
    ///
    /// # Errors
    /// 500 when the key is none.
    pub fn clear(self, tag: T, key: &Key) -> Result<Self> {
        let delete = Delete::builder()
            .table_name(&self.table.name)
            .set_key(Some(key.attributes()));
        self.with_delete(tag, delete)
    }

    /// How many items it has. DynamoDB takes a hundred at most.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// The beginning of an update of an item that must be there.
    fn new_version(&self, key: &Key) -> UpdateBuilder {
        Update::builder()
            .table_name(&self.table.name)
            .set_key(Some(key.attributes()))
            .condition_expression("attribute_exists(PK)")
            .expression_attribute_names("#version", VERSION)
            .expression_attribute_values(":one", AttributeValue::N("1".to_owned()))
    }

    fn with_update(self, tag: T, update: UpdateBuilder) -> Result<Self> {
        let update = update
            .build()
            .map_err(|error| Error::Internal(error.to_string()))?;
        Ok(self.with(tag, TransactWriteItem::builder().update(update)))
    }

    fn with_delete(self, tag: T, delete: DeleteBuilder) -> Result<Self> {
        let delete = delete
            .build()
            .map_err(|error| Error::Internal(error.to_string()))?;
        Ok(self.with(tag, TransactWriteItem::builder().delete(delete)))
    }

    /// Whatever it is, with its tag.
    fn with(mut self, tag: T, item: TransactWriteItemBuilder) -> Self {
        self.items.push(item.build());
        self.tags.push(tag);
        self
    }

    /// Sends it, again when it met another transaction, until it is carried out or refused.
    ///
    /// # Errors
    /// [`Failed::Refused`] when conditions did not hold, else 429 or 503.
    pub async fn send(self) -> Result<(), Failed<T>> {
        match send(self.table, self.items).await? {
            Outcome::Done => Ok(()),
            Outcome::Refused(reasons) => {
                let refused = self.tags.into_iter().zip(reasons);
                let refused = refused.filter(|(_, reason)| is(reason, CONDITION));
                Err(Failed::Refused(
                    refused.map(|(tag, reason)| (tag, reason.item)).collect(),
                ))
            }
        }
    }

    fn put(&self, key: &Key, value: &impl Serialize) -> Result<PutBuilder> {
        Ok(self.put_item(to_item(key, value)?))
    }

    fn put_item(&self, item: Item) -> PutBuilder {
        Put::builder()
            .table_name(&self.table.name)
            .set_item(Some(item))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
    }

    fn with_put(self, tag: T, put: PutBuilder) -> Result<Self> {
        let put = put
            .build()
            .map_err(|error| Error::Internal(error.to_string()))?;
        Ok(self.with(tag, TransactWriteItem::builder().put(put)))
    }
}

/// The update that makes of `before` what `after` is, and does `also`; with what stands in
/// the table when it is refused. The version is not among what differs.
fn difference(
    mut update: UpdateBuilder,
    (before, after): (Item, Item),
    also: &str,
) -> UpdateBuilder {
    let (mut set, mut remove) = (Vec::new(), Vec::new());
    for (place, (name, value)) in after.iter().enumerate() {
        if name != VERSION && before.get(name) != Some(value) {
            set.push(format!("#set{place} = :set{place}"));
            update = update
                .expression_attribute_names(format!("#set{place}"), name)
                .expression_attribute_values(format!(":set{place}"), value.clone());
        }
    }
    let gone = before.keys().filter(|name| !after.contains_key(*name));
    for (place, name) in gone.enumerate() {
        remove.push(format!("#remove{place}"));
        update = update.expression_attribute_names(format!("#remove{place}"), name);
    }
    let mut expression = also.to_owned();
    for (verb, parts) in [("SET", set), ("REMOVE", remove)] {
        if !parts.is_empty() {
            expression.push_str(&format!(" {verb} {}", parts.join(", ")));
        }
    }
    update
        .update_expression(expression.trim_start())
        .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
}
