//! Keys as the table has them: a partition key, a sort key, and the list of the index that an item
//! stands in. `layout` makes them.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use serde::Deserialize;

use crate::error::{Error, Fault, FaultCode, Result};

/// The name of the partition key.
pub const PK: &str = "PK";
/// The name of the sort key.
pub const SK: &str = "SK";
/// The attribute that puts an item into a list of the index.
pub const LISTED_IN: &str = "listedIn";

/// The number of index lists for a kind whose items have partitions of their own. Each list
/// takes a thousand writes a second, and costs half a read unit more to read. `None` for kinds
/// whose items share one partition.
pub(crate) fn lists_of(kind: &str) -> Option<u64> {
    match kind {
        "USER" | "DEVICE" | "SPACE" => Some(2),
        _ => None,
    }
}

/// The key of one item.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub struct Key {
    pub(crate) pk: String,
    pub(crate) sk: String,
}

impl Key {
    /// The key as DynamoDB takes it.
    pub(super) fn attributes(&self) -> HashMap<String, AttributeValue> {
        HashMap::from([
            (PK.to_owned(), AttributeValue::S(self.pk.clone())),
            (SK.to_owned(), AttributeValue::S(self.sk.clone())),
        ])
    }

    /// The index list of the item with this key, if it has one: for a directory item, one of
    /// its kind's; for a grant, that of its source.
    pub(crate) fn listed_in(&self) -> Option<String> {
        let (organization, owner) = self.pk.strip_prefix("ORG#")?.split_once('#')?;
        let list = if *owner == *self.sk {
            let (kind, id) = owner.split_once('#')?;
            let number = id.parse().or_else(|_| u128::from_str_radix(id, 16));
            let list = number.ok()? % u128::from(lists_of(kind)?);
            format!("LIST#{kind}#{list}")
        } else {
            // Of copies, only the first is listed.
            let is_first = owner
                .split_once("#GRANTS#")
                .is_none_or(|(_, copy)| copy == "0");
            let grant = self.sk.strip_prefix("GRANT#").filter(|_| is_first)?;
            let mut grant = grant.splitn(5, '#').skip(2);
            let (kind, id) = (grant.next()?, grant.next()?);
            grant.next()?;
            format!("ON#{kind}#{id}")
        };
        Some(format!("ORG#{organization}#{list}"))
    }

    /// The key of an item in a record of the table's stream.
    ///
    /// # Errors
    /// 500 if it is not of this table.
    pub fn of_change(keys: serde_dynamo::Item) -> Result<Self> {
        serde_dynamo::from_item(keys).map_err(|error| Error::Internal(error.to_string()))
    }

    /// The key as the log may have it. It may have an access code in it, the hash of a secret
    /// or somebody's address: shown are only ids, the number of the organization, and words.
    ///
    /// ```
    /// use latchkey::table::Key;
    /// use serde_json::json;
    ///
    /// let logged = |pk: &str, sk: &str| {
    ///     let keys = serde_dynamo::to_item(json!({"PK": pk, "SK": sk})).unwrap();
    ///     Key::of_change(keys).unwrap().in_log()
    /// };
    /// assert_eq!(
    ///     logged("ORG#7#DEVICE#0000000000000002", "DEVICE#0000000000000002"),
    ///     "ORG#7#DEVICE#0000000000000002 DEVICE#0000000000000002"
    /// );
    /// assert_eq!(
    ///     logged("ORG#7", "CODE#0192a5b07c0070008000000000000001#407192"),
    ///     "ORG#7 CODE#0192a5b07c0070008000000000000001#…"
    /// );
    /// let email = logged("ORG#7#EMAIL#ada@example.com", "EMAIL#ada@example.com");
    /// assert_eq!(email, "ORG#7#EMAIL#… EMAIL#…");
    /// assert_eq!(logged("WEBKEY#3q2-7w", "WEBKEY"), "WEBKEY#… WEBKEY");
    /// ```
    pub fn in_log(&self) -> String {
        let is_word = |part: &str| part.bytes().all(|byte| byte.is_ascii_uppercase());
        let shown = |text: &str| {
            let parts = text.split('#').enumerate();
            let parts = parts.map(|(place, part)| {
                let is_number = part.bytes().all(|byte| byte.is_ascii_digit());
                let of_organization = place == 1 && is_number && text.starts_with("ORG#");
                match is_word(part) || is_id(part) || of_organization {
                    true => part,
                    false => "…",
                }
            });
            parts.collect::<Vec<_>>().join("#")
        };
        format!("{} {}", shown(&self.pk), shown(&self.sk))
    }

    /// The fault of `field`, which refers to the item of this key, which does not exist.
    ///
    /// ```
    /// use latchkey::table::Key;
    /// use serde_json::json;
    ///
    /// let message = |pk: &str, sk: &str| {
    ///     let keys = serde_dynamo::to_item(json!({"PK": pk, "SK": sk})).unwrap();
    ///     Key::of_change(keys).unwrap().missing("field").message
    /// };
    /// let user = "USER#0000000000000099";
    /// assert_eq!(message(&format!("ORG#1#{user}"), user), "no user 99 in organization 1");
    /// let keyring = message(&format!("ORG#1#{user}"), &format!("GRANT#{user}#"));
    /// assert_eq!(keyring, "no user 99 in organization 1");
    /// ```
    pub fn missing(&self, field: impl Into<String>) -> Fault {
        let organization = self.pk.split('#').nth(1).unwrap_or_default();
        let item = self.sk.strip_prefix("GRANT#").unwrap_or(&self.sk);
        let item = item.trim_end_matches('#');
        let (kind, id) = item.split_once('#').unwrap_or((item, ""));
        let what = match kind {
            "USER" => "user",
            "USERGROUP" => "user group",
            "DEVICE" => "device",
            "DEVICEGROUP" => "device group",
            "SPACE" => "space",
            "SCHEDULE" => "schedule",
            "TEMPLATE" => "access template",
            _ => "item",
        };
        // Numbers have leading zeros, and UUIDs are texts.
        let id = id.parse::<u64>().map_or(id.to_owned(), |id| id.to_string());
        let message = format!("no {what} {id} in organization {organization}");
        Fault::new(field, FaultCode::NotFound, message)
    }

    /// The place among the keys of its partition, without the partition.
    pub fn place(&self) -> &str {
        &self.sk
    }
}

/// The keys that begin with one text in one partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyPrefix(pub(crate) Key);

impl KeyPrefix {
    /// The part of a place after this prefix: `None` if the place is after all keys with the
    /// prefix, `Some(None)` if it is before them.
    pub fn behind<'p>(&self, place: &'p str) -> Option<Option<&'p str>> {
        match place.strip_prefix(&self.0.sk) {
            Some(rest) => Some(Some(rest)),
            None if *place < *self.0.sk => Some(None),
            None => None,
        }
    }
}

/// A list of the index: items of one kind, or the grants on one source, in the order of their
/// sort keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct List(pub(crate) String);

/// All items of one kind, in whatever partitions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Things {
    /// The prefix of their sort keys.
    pub(crate) prefix: String,
    pub(crate) stand: Stand,
}

/// The partitions of the items of a kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Stand {
    /// In one partition.
    Together(KeyPrefix),
    /// Each in its own, and in one of these lists.
    Apart(Vec<List>),
}

/// Whether a part of a key is an id, a number or a UUID.
fn is_id(end: &str) -> bool {
    let is_number = end.len() == 16 && end.bytes().all(|byte| byte.is_ascii_digit());
    let is_uuid = end.len() == 32 && end.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_number || is_uuid
}
