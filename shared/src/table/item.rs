//! Items, and what they are read and written as.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::key::{Key, LISTED_IN};
use crate::error::{Error, Result};

/// An item as DynamoDB holds it.
pub type Item = HashMap<String, AttributeValue>;

/// An item as one of this crate's types.
///
/// # Errors
/// 500 if it is not of this type.
pub fn from_item<T: DeserializeOwned>(item: Item) -> Result<T> {
    serde_dynamo::from_item(item).map_err(|error| Error::Internal(error.to_string()))
}

/// An item of a stream record, as one of this crate's types.
///
/// # Errors
/// 500 if it is not of this type.
pub fn of_stream<T: DeserializeOwned>(item: serde_dynamo::Item) -> Result<T> {
    serde_dynamo::from_item(item).map_err(|error| Error::Internal(error.to_string()))
}

/// The item with the key `key` and the content `value`, with the attribute of its index list,
/// if it has one.
///
/// # Errors
/// 500 if `value` is no item.
pub fn to_item(key: &Key, value: &impl Serialize) -> Result<Item> {
    let mut item: Item =
        serde_dynamo::to_item(value).map_err(|error| Error::Internal(error.to_string()))?;
    item.extend(key.attributes());
    let list = key.listed_in();
    item.extend(list.map(|list| (LISTED_IN.to_owned(), AttributeValue::S(list))));
    Ok(item)
}
