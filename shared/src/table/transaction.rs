//! Several writes and checks that happen all or not at all, in one round trip.

use std::time::Duration;

use aws_sdk_dynamodb::types::{
    AttributeValue, CancellationReason, ConditionCheck, Put, ReturnValuesOnConditionCheckFailure,
    TransactWriteItem, Update,
};
use chrono::{DateTime, Utc};
use serde::Serialize;

use super::{BoxFuture, Item, Key, Table, failure, to_item};
use crate::wire::{Error, Result};

/// How often a transaction that met another one is sent. With the waits between, some two
/// seconds at most: well within a request's time.
const MAX_ATTEMPTS: u32 = 8;

/// The name of the attribute that DynamoDB's time to live goes by.
const EXPIRES_AT: &str = "expiresAt";

/// Writes and checks to be sent together. Each has a tag, by which a refusal names it.
pub struct Transaction<'t, T> {
    table: &'t Table,
    items: Vec<TransactWriteItem>,
    tags: Vec<T>,
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

impl<T> From<Error> for Failed<T> {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

impl<'t, T: Copy> Transaction<'t, T> {
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
        let put = self
            .put(key, value)?
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

    /// Refused when there is no such item.
    ///
    /// # Errors
    /// 500 when the key is none.
    pub fn exists(mut self, tag: T, key: &Key) -> Result<Self> {
        let check = ConditionCheck::builder()
            .table_name(&self.table.name)
            .set_key(Some(key.attributes()))
            .condition_expression("attribute_exists(PK)")
            .build()
            .map_err(|error| Error::Internal(error.to_string()))?;
        self.items
            .push(TransactWriteItem::builder().condition_check(check).build());
        self.tags.push(tag);
        Ok(self)
    }

    /// Adds one to a number of an item; refused when there is no such item.
    ///
    /// # Errors
    /// 500 when the key is none.
    pub fn count_up(mut self, tag: T, key: &Key, attribute: &str) -> Result<Self> {
        let update = Update::builder()
            .table_name(&self.table.name)
            .set_key(Some(key.attributes()))
            .update_expression("ADD #count :one")
            .condition_expression("attribute_exists(PK)")
            .expression_attribute_names("#count", attribute)
            .expression_attribute_values(":one", AttributeValue::N("1".to_owned()))
            .build()
            .map_err(|error| Error::Internal(error.to_string()))?;
        self.items
            .push(TransactWriteItem::builder().update(update).build());
        self.tags.push(tag);
        Ok(self)
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

    fn put(
        &self,
        key: &Key,
        value: &impl Serialize,
    ) -> Result<aws_sdk_dynamodb::types::builders::PutBuilder> {
        let put = Put::builder()
            .table_name(&self.table.name)
            .set_item(Some(to_item(key, value)?));
        Ok(put
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld))
    }

    fn with_put(
        mut self,
        tag: T,
        put: aws_sdk_dynamodb::types::builders::PutBuilder,
    ) -> Result<Self> {
        let put = put
            .build()
            .map_err(|error| Error::Internal(error.to_string()))?;
        self.items
            .push(TransactWriteItem::builder().put(put).build());
        self.tags.push(tag);
        Ok(self)
    }
}

/// What DynamoDB did, with the tags left out: so this part is compiled once.
enum Outcome {
    Done,
    Refused(Vec<CancellationReason>),
}

const CONDITION: &str = "ConditionalCheckFailed";
const CONFLICT: &str = "TransactionConflict";

fn is(reason: &CancellationReason, code: &str) -> bool {
    reason.code() == Some(code)
}

fn send(table: &Table, items: Vec<TransactWriteItem>) -> BoxFuture<'_, Result<Outcome>> {
    Box::pin(async move {
        let mut attempt = 0;
        loop {
            attempt += 1;
            let call = table
                .client
                .transact_write_items()
                .set_transact_items(Some(items.clone()));
            let Err(error) = call.send().await else {
                return Ok(Outcome::Done);
            };
            let exception = error.as_service_error();
            let in_progress = exception.is_some_and(|e| e.is_transaction_in_progress_exception());
            let reasons = exception
                .and_then(|error| match error {
                    aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError::TransactionCanceledException(cancelled) => {
                        cancelled.cancellation_reasons.clone()
                    }
                    _ => None,
                })
                .unwrap_or_default();
            if reasons.iter().any(|reason| is(reason, CONDITION)) {
                return Ok(Outcome::Refused(reasons));
            }
            let conflict = in_progress || reasons.iter().any(|reason| is(reason, CONFLICT));
            let throttled = reasons
                .iter()
                .filter_map(CancellationReason::code)
                .any(failure::is_throttling);
            let failed = || aws_sdk_dynamodb::error::DisplayErrorContext(&error).to_string();
            if !conflict && !throttled {
                return Err(failure::answer(error));
            }
            if attempt == MAX_ATTEMPTS {
                let cause = failed();
                return Err(if throttled {
                    Error::Throttled(cause)
                } else {
                    Error::Unavailable(cause)
                });
            }
            tokio::time::sleep(wait(attempt, table.random.bits()?)).await;
        }
    })
}

/// A random part of a span that doubles with each attempt: 25 ms, 50 ms, … at most 400 ms.
fn wait(attempt: u32, random: u16) -> Duration {
    let span = Duration::from_millis(25) * 2_u32.pow(attempt.min(5) - 1);
    span.mul_f64(f64::from(random) / f64::from(u16::MAX))
}
