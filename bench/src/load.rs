//! Fills an organization with shares.

use aws_sdk_dynamodb::types::AttributeValue;
use dynoxide::AttributeValue as Embedded;
use latchkey::table::Item;

use crate::Result;

/// An item of the SDK as the embedded store takes it past its API.
///
/// # Errors
/// It has a value of a type that this SDK does not know.
pub fn embedded(item: Item) -> Result<dynoxide::Item> {
    let values = item.into_iter();
    values
        .map(|(name, value)| Ok((name, embedded_value(value)?)))
        .collect()
}

fn embedded_value(value: AttributeValue) -> Result<Embedded> {
    Ok(match value {
        AttributeValue::S(text) => Embedded::S(text),
        AttributeValue::N(number) => Embedded::N(number),
        AttributeValue::B(bytes) => Embedded::B(bytes.into_inner()),
        AttributeValue::Bool(bool) => Embedded::BOOL(bool),
        AttributeValue::Null(null) => Embedded::NULL(null),
        AttributeValue::Ss(texts) => Embedded::SS(texts),
        AttributeValue::Ns(numbers) => Embedded::NS(numbers),
        AttributeValue::L(list) => {
            Embedded::L(list.into_iter().map(embedded_value).collect::<Result<_>>()?)
        }
        AttributeValue::M(map) => Embedded::M(embedded(map)?),
        other => return Err(format!("no item of this table has a {other:?}").into()),
    })
}
