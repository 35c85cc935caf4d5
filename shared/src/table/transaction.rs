//! Several writes and checks that happen all or not at all, in one round trip.

use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{
    CancellationReason, ConditionCheck, Delete, Put,
    ReturnValuesOnConditionCheckFailure as OnFailure, TransactWriteItem, Update,
};
use chrono::{DateTime, Utc};
use futures_util::future::try_join_all;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::condition::{Change, Expressions, If, Parts};
use super::item::{Item, from_item, to_item};
use super::key::Key;
use super::{BoxFuture, Read, Table, failure};
use crate::deed::{Deed, Recorded, Unrecorded};
use crate::error::{Error, Result};
use crate::warrant::{ByRole, Warrant};

/// The number of attempts at a change that conflicts with others. With the waits between them
/// about two seconds, well within a request's time.
pub const MAX_ATTEMPTS: u32 = 8;

/// The maximum number of actions in one transaction.
pub const MAX_ACTIONS: usize = 100;

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
    fn new(table: &'t Table, by: &Warrant, recorded: Recorded) -> Self {
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
    /// 403 if it is written by a role that the caller has no longer; 429 or 503; 500 for a
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
    /// The attempts at a change that may conflict with others, [`MAX_ATTEMPTS`] of them.
    ///
    /// ```
    /// # use latchkey::table::Table;
    /// # use latchkey::error::{Conflict, Error, Result};
    /// async fn change(table: &Table) -> Result<()> {
    ///     for attempt in table.attempts() {
    ///         // Read, write, and return if nobody else wrote meanwhile.
    ///         attempt.back_off().await?;
    ///     }
    ///     Err(Error::Conflict(Conflict::Changed))
    /// }
    /// ```
    pub fn attempts(&self) -> impl Iterator<Item = Attempt<'_>> {
        Attempt::all(self)
    }

    /// An empty transaction, to be written by this right, and of which the record tells this.
    /// Its actions are told apart by tags of the type `T`.
    pub fn transaction<T: Copy>(
        &self,
        by: &Warrant,
        recorded: impl Into<Recorded>,
    ) -> Transaction<'_, T> {
        Transaction::new(self, by, recorded.into())
    }

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
    /// 500 if the item is not of this type.
    pub fn item<V: DeserializeOwned>(&self, part: T) -> Result<Option<V>> {
        let mut refused = self.0.iter().filter(|(refused, _)| *refused == part);
        let item = refused.find_map(|(_, item)| item.clone());
        item.map(from_item).transpose()
    }

    /// Turns a condition that did not hold into an answer.
    ///
    /// # Errors
    /// `fault`, if a condition with this tag did not hold.
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
    fn all(table: &'t Table) -> impl Iterator<Item = Self> {
        (1..=MAX_ATTEMPTS).map(move |number| Self { table, number })
    }

    /// Waits a little before the next one; longer after each.
    ///
    /// # Errors
    /// 500 if the system has no random numbers.
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

/// A check that is read in its place if it conflicts with other transactions.
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
    let mut expressions = Expressions::prefixed("by");
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

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
