//! The one place that speaks DynamoDB.
//!
//! Every call gives a boxed future made here: so the SDK under it is compiled once, in
//! this crate, and not again in each of the functions that await it.

mod condition;
mod failure;
mod item;
pub mod key;
mod transaction;

use std::collections::{HashMap, HashSet, VecDeque};
use std::future::Future;
use std::hash::Hash;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{
    AttributeValue, DeleteRequest, KeysAndAttributes, PutRequest, WriteRequest,
};
use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use serde::de::DeserializeOwned;

pub use condition::{Change, EXPIRES_AT, Element, If, VERSION, Value};
pub use item::{Item, from_item, of_stream, to_item};
pub use key::{Key, KeyPrefix, List, Things};
pub use transaction::{Attempt, MAX_ACTIONS, MAX_ATTEMPTS, Refused, Transaction};

use self::key::Stand;
use crate::deed::{ActingUser, Author, Unrecorded};
use crate::error::{Error, Result};
use crate::id::AuditId;
use crate::secret::Random;

/// A future made in this crate.
pub type BoxFuture<'f, T> = Pin<Box<dyn Future<Output = T> + Send + 'f>>;

/// The maximum number of items in one write without a transaction.
pub const WRITTEN_AT_ONCE: usize = 25;
/// The maximum number of items in one read by keys.
const BATCH: usize = 100;

/// The index of lists: directory items with partitions of their own, and grants by source.
const LISTS: &str = "lists";

/// The consistency of a read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Read {
    /// Sees every write that was acknowledged before. What decides asks for it.
    Strong,
    /// May be some milliseconds old, and costs half as much.
    Eventual,
}

/// The table, and the client that reaches it.
#[derive(Debug, Clone)]
pub struct Table {
    client: Client,
    name: String,
    random: Random,
    /// Who writes; nobody of what is no call.
    author: Option<Arc<Author>>,
    /// How long deeds are kept; for ever if it is `None`.
    kept: Option<TimeDelta>,
}

impl Table {
    /// The table `name`, reached by `client`; `random` spreads retries.
    pub fn new(client: Client, name: impl Into<String>, random: Random) -> Self {
        Self {
            client,
            name: name.into(),
            random,
            author: None,
            kept: None,
        }
    }

    /// The same table, where deeds are removed after `kept`, if that is given.
    #[must_use]
    pub fn keeping(self, kept: Option<TimeDelta>) -> Self {
        Self { kept, ..self }
    }

    /// The same table, written by `author`: for one call.
    #[must_use]
    pub fn written_by(&self, author: Author) -> Self {
        Self {
            author: Some(Arc::new(author)),
            ..self.clone()
        }
    }

    /// Who writes.
    ///
    /// # Errors
    /// 500 of a table of no call.
    pub(crate) fn author(&self) -> Result<&Author> {
        let nobody = || Error::Internal("a change that nobody makes".to_owned());
        self.author.as_deref().ok_or_else(nobody)
    }

    /// How long the record is kept; for ever if it is `None`.
    pub(crate) fn kept(&self) -> Option<TimeDelta> {
        self.kept
    }

    /// The address that the call came from.
    pub fn address(&self) -> Option<&str> {
        self.author.as_ref()?.address.as_deref()
    }

    /// The same, once a call that had no caller knows who acts.
    #[must_use]
    pub fn on_behalf_of(&self, actor: ActingUser) -> Self {
        match &self.author {
            Some(author) => self.written_by(Author::clone(author).by(actor)),
            None => self.clone(),
        }
    }

    /// One item, or nothing. One round trip; half a read unit for each 4 KB, a whole one
    /// for a strong read.
    ///
    /// # Errors
    /// 429, 503, or 500 if the item is not of this type.
    pub async fn get<T: DeserializeOwned>(&self, key: &Key, read: Read) -> Result<Option<T>> {
        self.get_item(key, read).await?.map(from_item).transpose()
    }

    fn get_item<'t>(&'t self, key: &'t Key, read: Read) -> BoxFuture<'t, Result<Option<Item>>> {
        Box::pin(async move {
            let call = self
                .client
                .get_item()
                .table_name(&self.name)
                .set_key(Some(key.attributes()));
            let output = call.consistent_read(read == Read::Strong).send().await;
            Ok(output.map_err(failure::answer)?.item)
        })
    }

    /// Items by their keys, a hundred in one round trip, more of them in parallel; what
    /// does not exist is not among them. The same key may be named more than once.
    ///
    /// # Errors
    /// 429 and 503.
    pub fn get_all<'t>(&'t self, keys: &'t [Key], read: Read) -> BoxFuture<'t, Result<Items>> {
        Box::pin(async move {
            let mut seen = HashSet::new();
            let wanted: Vec<_> = keys.iter().filter(|key| seen.insert(*key)).collect();
            let batches = wanted.chunks(BATCH).map(|keys| self.batch(keys, read));
            let batches = futures_util::future::try_join_all(batches).await?;
            Ok(Items(
                batches.into_iter().flat_map(|batch| batch.0).collect(),
            ))
        })
    }

    fn batch<'t>(&'t self, keys: &[&Key], read: Read) -> BoxFuture<'t, Result<Items>> {
        let mut wanted: Vec<_> = keys.iter().map(|key| key.attributes()).collect();
        Box::pin(async move {
            let mut found = Items::default();
            while !wanted.is_empty() {
                let asked = KeysAndAttributes::builder()
                    .set_keys(Some(wanted))
                    .consistent_read(read == Read::Strong)
                    .build()
                    .map_err(|error| Error::Internal(error.to_string()))?;
                let call = self
                    .client
                    .batch_get_item()
                    .request_items(&self.name, asked);
                let output = call.send().await.map_err(failure::answer)?;
                for items in output.responses.unwrap_or_default().into_values() {
                    items.into_iter().for_each(|item| found.add(item));
                }
                // DynamoDB may leave keys for another call, under load.
                let rest = output
                    .unprocessed_keys
                    .unwrap_or_default()
                    .into_values()
                    .next();
                wanted = rest.map(|rest| rest.keys).unwrap_or_default();
            }
            Ok(found)
        })
    }

    /// Every item whose sort key begins so, in the order of the keys.
    ///
    /// # Errors
    /// 429, 503, or 500 if an item is not of this type.
    pub async fn query<T: DeserializeOwned>(
        &self,
        prefix: &KeyPrefix,
        read: Read,
    ) -> Result<Vec<T>> {
        self.query_items(prefix, read)
            .await?
            .into_iter()
            .map(from_item)
            .collect()
    }

    fn query_items<'t>(
        &'t self,
        prefix: &'t KeyPrefix,
        read: Read,
    ) -> BoxFuture<'t, Result<Vec<Item>>> {
        Box::pin(async move {
            let mut items = Vec::new();
            let mut query = Query::of(prefix, read);
            loop {
                let (more, next) = self.ask(&query).await?;
                items.extend(more);
                if next.is_none() {
                    return Ok(items);
                }
                query.after = next;
            }
        })
    }

    /// One round trip: the answer of DynamoDB, and the key after which it continues if it has
    /// more.
    fn ask<'t>(&'t self, query: &Query<'_>) -> BoxFuture<'t, Result<(Vec<Item>, Option<Item>)>> {
        let call = self.client.query().table_name(&self.name);
        let call = match query.range {
            Range::Back(KeyPrefix(Key { pk, sk }), span) => {
                let text = |text: &str| AttributeValue::S(format!("{sk}{text}"));
                call.key_condition_expression("PK = :pk AND SK BETWEEN :from AND :until")
                    .expression_attribute_values(":pk", AttributeValue::S(pk.clone()))
                    .expression_attribute_values(":from", text(&span.from))
                    .expression_attribute_values(":until", text(&span.until))
                    .scan_index_forward(false)
            }
            Range::Prefix(KeyPrefix(Key { pk, sk })) => call
                .key_condition_expression("PK = :pk AND begins_with(SK, :sk)")
                .expression_attribute_values(":pk", AttributeValue::S(pk.clone()))
                .expression_attribute_values(":sk", AttributeValue::S(sk.clone())),
            Range::List(List(list), after) => {
                let call = call
                    .index_name(LISTS)
                    .expression_attribute_values(":list", AttributeValue::S(list.clone()));
                let listed = format!("{} = :list", key::LISTED_IN);
                match after {
                    None => call.key_condition_expression(listed),
                    Some(place) => call
                        .key_condition_expression(format!("{listed} AND SK > :after"))
                        .expression_attribute_values(":after", AttributeValue::S(place.into())),
                }
            }
        };
        let call = call
            .consistent_read(query.read == Read::Strong)
            .set_projection_expression(query.attributes.map(str::to_owned))
            .set_limit(
                query
                    .limit
                    .map(|most| i32::try_from(most).unwrap_or(i32::MAX)),
            )
            .set_exclusive_start_key(query.after.clone());
        Box::pin(async move {
            let output = call.send().await.map_err(failure::answer)?;
            Ok((output.items.unwrap_or_default(), output.last_evaluated_key))
        })
    }

    /// One round trip: at most `size` items, and whether there are more.
    async fn some(&self, mut query: Query<'_>, size: usize) -> Result<(Vec<Item>, bool)> {
        // One more than asked for tells whether there is more: where DynamoDB itself stops,
        // there may be nothing after.
        query.limit = Some(size + 1);
        let (mut items, next) = self.ask(&query).await?;
        let more = items.len() > size || next.is_some();
        items.truncate(size);
        Ok((items, more))
    }

    /// A page of the items whose sort key begins so, in the order of the keys: at most
    /// `size`, those after the place `after`; with the place of the last of them when there
    /// are more. A place is what a key has after the prefix. One round trip.
    ///
    /// # Errors
    /// 429, 503, or 500 if an item is not of this type.
    pub async fn page<T: DeserializeOwned>(
        &self,
        prefix: &KeyPrefix,
        size: usize,
        after: Option<&str>,
        read: Read,
    ) -> Result<(Vec<T>, Option<String>)> {
        let (items, next) = self.page_items(prefix, size, after, read, None).await?;
        let items = items.into_iter().map(from_item).collect::<Result<_>>()?;
        Ok((items, next))
    }

    /// The same with only some attributes of each item. `names` must not be reserved words of
    /// DynamoDB. It costs as much and sends less.
    ///
    /// # Errors
    /// 429, 503, or 500 if an item is not of this type.
    pub async fn page_of<T: DeserializeOwned>(
        &self,
        prefix: &KeyPrefix,
        size: usize,
        after: Option<&str>,
        read: Read,
        attributes: &str,
    ) -> Result<(Vec<T>, Option<String>)> {
        let page = self.page_items(prefix, size, after, read, Some(attributes));
        let (items, next) = page.await?;
        let items = items.into_iter().map(from_item).collect::<Result<_>>()?;
        Ok((items, next))
    }

    fn page_items<'t>(
        &'t self,
        prefix: &'t KeyPrefix,
        size: usize,
        after: Option<&'t str>,
        read: Read,
        attributes: Option<&'t str>,
    ) -> BoxFuture<'t, Result<(Vec<Item>, Option<String>)>> {
        Box::pin(async move {
            let start = after.map(|place| Key {
                pk: prefix.0.pk.clone(),
                sk: format!("{}{place}", prefix.0.sk),
            });
            let query = Query {
                after: start.map(|key| key.attributes()),
                attributes,
                ..Query::of(prefix, read)
            };
            let (items, more) = self.some(query, size).await?;
            let last = items.last().filter(|_| more).and_then(sort_key);
            let place = last.and_then(|key| key.strip_prefix(&prefix.0.sk));
            let place = place.map(str::to_owned);
            Ok((items, place))
        })
    }

    /// The latest items of a span of a partition, newest first: at most `limit`; and whether
    /// there are more. One round trip. They may be some milliseconds old.
    ///
    /// # Errors
    /// 429, 503, or 500 if an item is not of this type.
    pub async fn latest<T: DeserializeOwned>(
        &self,
        prefix: &KeyPrefix,
        span: &Span,
        limit: usize,
    ) -> Result<(Vec<T>, bool)> {
        let (items, more) = self.latest_items(prefix, span, limit).await?;
        let items = items.into_iter().map(from_item).collect::<Result<_>>()?;
        Ok((items, more))
    }

    fn latest_items<'t>(
        &'t self,
        prefix: &'t KeyPrefix,
        span: &'t Span,
        limit: usize,
    ) -> BoxFuture<'t, Result<(Vec<Item>, bool)>> {
        Box::pin(async move {
            if span.is_empty() {
                return Ok((Vec::new(), false));
            }
            let after = span.after.as_ref().map(|place| Key {
                pk: prefix.0.pk.clone(),
                sk: format!("{}{place}", prefix.0.sk),
            });
            let query = Query {
                after: after.map(|key| key.attributes()),
                ..Query::all(Range::Back(prefix, span), Read::Eventual)
            };
            self.some(query, limit).await
        })
    }

    /// The item at a key and at most `size` items behind it. One round trip.
    ///
    /// # Errors
    /// 429, 503, or 500 if an item is not of its type.
    pub async fn row<H: DeserializeOwned, T: DeserializeOwned>(
        &self,
        prefix: &KeyPrefix,
        size: usize,
        read: Read,
    ) -> Result<Row<H, T>> {
        let (items, next) = self.page_items(prefix, size + 1, None, read, None).await?;
        Row::of(prefix, items, next.is_none())
    }

    /// The item at a key and all items behind it. One round trip for each megabyte.
    ///
    /// # Errors
    /// 429, 503, or 500 if an item is not of its type.
    pub async fn whole_row<H: DeserializeOwned, T: DeserializeOwned>(
        &self,
        prefix: &KeyPrefix,
        read: Read,
    ) -> Result<Row<H, T>> {
        let items = self.query_items(prefix, read).await?;
        Row::of(prefix, items, true)
    }

    /// Puts an item whose key is its own alone, and which no deed tells of, for the reason
    /// `why`. One round trip, half of what it costs in a transaction.
    ///
    /// # Errors
    /// 429, 503, or 500 if `value` is no item.
    pub async fn put(&self, key: &Key, value: &impl Serialize, why: Unrecorded) -> Result<()> {
        let _ = why;
        self.put_item(to_item(key, value)?).await
    }

    pub(crate) fn put_item(&self, item: Item) -> BoxFuture<'_, Result<()>> {
        Box::pin(async move {
            let call = self.client.put_item().table_name(&self.name);
            let output = call.set_item(Some(item)).send().await;
            output.map(|_| ()).map_err(failure::answer)
        })
    }

    /// A page of a list of the index, in the order of the sort keys: at most `size` items,
    /// those after the place `after`; and whether there are more. A place is a [`Key::place`].
    /// One round trip; the index may lag behind the table.
    ///
    /// # Errors
    /// 429, 503, or 500 if an item is not of this type.
    pub async fn page_of_list<T: DeserializeOwned>(
        &self,
        list: &List,
        size: usize,
        after: Option<&str>,
    ) -> Result<(Vec<T>, bool)> {
        // One more than asked for tells whether there is more.
        let (mut items, more) = self.list_items(list, size + 1, after).await?;
        let more = more || items.len() > size;
        items.truncate(size);
        let items = items.into_iter().map(from_item).collect::<Result<_>>()?;
        Ok((items, more))
    }

    /// At most `limit` items of a list after a place, and whether DynamoDB has more to ask for.
    async fn list_items(
        &self,
        list: &List,
        limit: usize,
        after: Option<&str>,
    ) -> Result<(Vec<Item>, bool)> {
        let query = Query {
            limit: Some(limit),
            ..Query::on(list, after)
        };
        let (items, next) = self.ask(&query).await?;
        Ok((items, next.is_some()))
    }

    /// A page of the items of one kind, as [`Table::page`], in whatever partitions. One round
    /// trip. If they are in index lists, each list gives somewhat more than its part. A list
    /// that has more than that between its neighbours is read again, in one more round trip.
    ///
    /// # Errors
    /// 429, 503, or 500 if an item is not of this type.
    pub async fn page_of_things<T: DeserializeOwned>(
        &self,
        things: &Things,
        size: usize,
        after: Option<&str>,
    ) -> Result<(Vec<T>, Option<String>)> {
        let (items, next) = self.thing_items(things, size, after).await?;
        let items = items.into_iter().map(from_item).collect::<Result<_>>()?;
        Ok((items, next))
    }

    /// All items of one kind. One round trip for each megabyte of a list.
    ///
    /// # Errors
    /// 429, 503, or 500 if an item is not of this type.
    pub async fn all_things<T: DeserializeOwned>(&self, things: &Things) -> Result<Vec<T>> {
        let items = match &things.stand {
            Stand::Together(prefix) => self.query_items(prefix, Read::Eventual).await?,
            // Reads until the end: DynamoDB returns at most a megabyte at a time.
            Stand::Apart(_) => self.thing_items(things, i32::MAX as usize, None).await?.0,
        };
        items.into_iter().map(from_item).collect()
    }

    fn thing_items<'t>(
        &'t self,
        things: &'t Things,
        size: usize,
        after: Option<&'t str>,
    ) -> BoxFuture<'t, Result<(Vec<Item>, Option<String>)>> {
        Box::pin(async move {
            let lists = match &things.stand {
                Stand::Together(prefix) => {
                    let read = Read::Eventual;
                    return self.page_items(prefix, size, after, read, None).await;
                }
                Stand::Apart(lists) => lists,
            };
            let after = after.map(|place| format!("{}{place}", things.prefix));
            let mut merging: Vec<_> = lists.iter().map(|list| Reading::of(list, &after)).collect();
            // Ids are spread evenly; half as many again makes a second round rare.
            let part = (size + 1).div_ceil(lists.len());
            let limit = (part + part / 2 + 1).min(size + 1);
            let mut merged = Vec::new();
            while merged.len() <= size {
                let short = merging.iter_mut().filter(|list| list.must_be_read());
                let read = short.map(|reading| reading.go_on(self, limit));
                futures_util::future::try_join_all(read).await?;
                while merged.len() <= size && !merging.iter().any(Reading::must_be_read) {
                    let first = merging.iter_mut().filter(|list| !list.items.is_empty());
                    let first = first.min_by(|one, other| one.first().cmp(&other.first()));
                    match first.and_then(|list| list.items.pop_front()) {
                        Some(item) => merged.push(item),
                        None => return Ok((merged, None)),
                    }
                }
            }
            merged.truncate(size);
            let last = merged.last().and_then(|item| sort_key(item));
            let next = last.and_then(|key| key.strip_prefix(&things.prefix));
            let next = next.map(str::to_owned);
            Ok((merged, next))
        })
    }

    /// Takes away every item whose sort key begins so, whatever it says, and of which no deed
    /// tells, for the reason `why`. Two round trips for each 25 of them, and one write unit for
    /// each kilobyte of one.
    ///
    /// # Errors
    /// 429 and 503. Items that were deleted until then stay deleted; the same call continues
    /// from there.
    pub fn delete_all<'t>(
        &'t self,
        prefix: &'t KeyPrefix,
        why: Unrecorded,
    ) -> BoxFuture<'t, Result<()>> {
        let _ = why;
        Box::pin(async move {
            loop {
                let query = Query {
                    limit: Some(WRITTEN_AT_ONCE),
                    attributes: Some("PK, SK"),
                    ..Query::of(prefix, Read::Strong)
                };
                let (keys, _) = self.ask(&query).await?;
                if keys.is_empty() {
                    return Ok(());
                }
                self.delete_batch(keys).await?;
            }
        })
    }

    async fn delete_batch(&self, keys: Vec<Item>) -> Result<()> {
        let request = |key| {
            let delete = DeleteRequest::builder().set_key(Some(key)).build();
            delete.map(|delete| WriteRequest::builder().delete_request(delete).build())
        };
        let wanted = keys.into_iter().map(request).collect::<Result<_, _>>();
        let wanted = wanted.map_err(|error| Error::Internal(error.to_string()))?;
        self.write_batch(wanted).await
    }

    /// Puts items, replacing existing ones, at most [`WRITTEN_AT_ONCE`]. Not for requests: for
    /// filling a table. One round trip.
    ///
    /// # Errors
    /// 429 and 503; then some of them may be there.
    pub fn put_batch(&self, items: Vec<Item>) -> BoxFuture<'_, Result<()>> {
        Box::pin(async move {
            let request = |item| {
                let put = PutRequest::builder().set_item(Some(item)).build();
                put.map(|put| WriteRequest::builder().put_request(put).build())
            };
            let wanted = items.into_iter().map(request).collect::<Result<_, _>>();
            let wanted = wanted.map_err(|error| Error::Internal(error.to_string()))?;
            self.write_batch(wanted).await
        })
    }

    async fn write_batch(&self, mut wanted: Vec<WriteRequest>) -> Result<()> {
        for attempt in 1.. {
            let call = self
                .client
                .batch_write_item()
                .request_items(&self.name, wanted);
            let output = call.send().await.map_err(failure::answer)?;
            // DynamoDB may leave some for another call, under load.
            let rest = output.unprocessed_items.unwrap_or_default();
            wanted = rest.into_values().flatten().collect();
            if wanted.is_empty() {
                break;
            }
            self.back_off(attempt).await?;
        }
        Ok(())
    }

    /// Waits a little before a change is tried again that met another one; longer after
    /// each attempt.
    ///
    /// # Errors
    /// 500 if the system has no random numbers.
    fn back_off(&self, attempt: u32) -> BoxFuture<'_, Result<()>> {
        Box::pin(async move {
            tokio::time::sleep(wait(attempt, self.random.bits()?)).await;
            Ok(())
        })
    }
}

/// A random part of a span that doubles with each attempt: 25 ms, 50 ms, … at most 400 ms.
fn wait(attempt: u32, random: u16) -> Duration {
    let span = Duration::from_millis(25) * 2_u32.pow(attempt.min(5) - 1);
    span.mul_f64(f64::from(random) / f64::from(u16::MAX))
}

/// A query of DynamoDB's: items in the order of their keys.
struct Query<'q> {
    range: Range<'q>,
    read: Read,
    /// The key before the first one.
    after: Option<Item>,
    /// The maximum number of items; `None` for as many as fit into a megabyte.
    limit: Option<usize>,
    /// Which attributes of each item; all if it is `None`.
    attributes: Option<&'q str>,
}

/// Which items.
#[derive(Clone, Copy)]
enum Range<'q> {
    /// The items whose sort key has this prefix.
    Prefix(&'q KeyPrefix),
    /// The items of an index list, all or after a place.
    List(&'q List, Option<&'q str>),
    /// Those whose sort keys are what a prefix and a text between two others make, the last one
    /// first.
    Back(&'q KeyPrefix, &'q Span),
}

/// Of what is in the order of time, a part: between two moments, and before a place.
#[derive(Debug, Clone)]
pub struct Span {
    from: String,
    until: String,
    after: Option<String>,
}

impl Span {
    /// From one moment until before another one; `after` is the place of the last that was seen,
    /// newest first.
    pub fn of(
        from: Option<DateTime<Utc>>,
        until: Option<DateTime<Utc>>,
        after: Option<&str>,
    ) -> Self {
        Self {
            from: from.map_or_else(|| "0".to_owned(), AuditId::beginning),
            // Behind all hexadecimal digits.
            until: until.map_or_else(|| "g".to_owned(), AuditId::beginning),
            after: after.map(str::to_owned),
        }
    }

    /// Whether nothing can lie in it.
    fn is_empty(&self) -> bool {
        self.from >= self.until
    }
}

impl<'q> Query<'q> {
    /// All items whose sort key begins so.
    fn of(prefix: &'q KeyPrefix, read: Read) -> Self {
        Self::all(Range::Prefix(prefix), read)
    }

    /// The items of a list after a place. The index has no strongly consistent reads.
    fn on(list: &'q List, after: Option<&'q str>) -> Self {
        Self::all(Range::List(list, after), Read::Eventual)
    }

    fn all(range: Range<'q>, read: Read) -> Self {
        Self {
            range,
            read,
            after: None,
            limit: None,
            attributes: None,
        }
    }
}

/// A list of the index that is being merged with others.
struct Reading<'l> {
    list: &'l List,
    /// The items that were read and not taken yet, in the order of their sort keys.
    items: VecDeque<Item>,
    /// The place after which it continues.
    after: Option<String>,
    /// Whether there is more of it.
    more: bool,
}

impl<'l> Reading<'l> {
    fn of(list: &'l List, after: &Option<String>) -> Self {
        Self {
            list,
            items: VecDeque::new(),
            after: after.clone(),
            more: true,
        }
    }

    /// Whether what comes next in it is not known.
    fn must_be_read(&self) -> bool {
        self.items.is_empty() && self.more
    }

    fn first(&self) -> Option<&str> {
        self.items.front().and_then(sort_key)
    }

    async fn go_on(&mut self, table: &Table, limit: usize) -> Result<()> {
        let read = table.list_items(self.list, limit, self.after.as_deref());
        let (items, more) = read.await?;
        self.more = more;
        if let Some(last) = items.last().and_then(sort_key) {
            self.after = Some(last.to_owned());
        }
        self.items.extend(items);
        Ok(())
    }
}

fn sort_key(item: &Item) -> Option<&str> {
    match item.get(key::SK) {
        Some(AttributeValue::S(key)) => Some(key),
        _ => None,
    }
}

/// The items of one partition whose sort key has a prefix, including the item whose key is the
/// prefix itself.
#[derive(Debug, Clone)]
pub struct Row<H, T> {
    /// The first item, if there is one.
    pub head: Option<H>,
    /// The others, in the order of the keys.
    pub items: Vec<T>,
    /// Whether there are no more.
    pub is_whole: bool,
}

impl<H: DeserializeOwned, T: DeserializeOwned> Row<H, T> {
    fn of(prefix: &KeyPrefix, mut items: Vec<Item>, is_whole: bool) -> Result<Self> {
        let is_head = |item: &Item| sort_key(item) == Some(&prefix.0.sk);
        let head = match items.first() {
            Some(first) if is_head(first) => Some(from_item(items.remove(0))?),
            _ => None,
        };
        Ok(Self {
            head,
            items: items.into_iter().map(from_item).collect::<Result<_>>()?,
            is_whole,
        })
    }
}

/// Items that were read together, to be taken out by key.
#[derive(Debug, Default)]
pub struct Items(HashMap<Key, Item>);

impl Items {
    fn add(&mut self, item: Item) {
        let text = |name| match item.get(name) {
            Some(AttributeValue::S(text)) => text.clone(),
            _ => String::new(),
        };
        self.0.insert(
            Key {
                pk: text(key::PK),
                sk: text(key::SK),
            },
            item,
        );
    }

    /// Whether there is an item with this key.
    pub fn has(&self, key: &Key) -> bool {
        self.0.contains_key(key)
    }

    /// The item with this key, if it exists.
    ///
    /// # Errors
    /// 500 if it is not of this type.
    pub fn get<T: DeserializeOwned>(&self, key: &Key) -> Result<Option<T>> {
        self.0.get(key).cloned().map(from_item).transpose()
    }

    /// The same, moved out, for a caller that needs it once. It costs no copy.
    ///
    /// # Errors
    /// As for [`Items::get`].
    pub fn take<T: DeserializeOwned>(&mut self, key: &Key) -> Result<Option<T>> {
        self.0.remove(key).map(from_item).transpose()
    }

    /// Puts the item with the key of `id` among those that were `taken` out, unless it is there
    /// already. If many refer to one item, it is decoded once.
    ///
    /// # Errors
    /// As for [`Items::get`].
    pub fn take_once<Id: Copy + Eq + Hash, T: DeserializeOwned>(
        &mut self,
        id: Id,
        key: impl Fn(Id) -> Key,
        taken: &mut HashMap<Id, T>,
    ) -> Result<()> {
        if !taken.contains_key(&id)
            && let Some(found) = self.take(&key(id))?
        {
            taken.insert(id, found);
        }
        Ok(())
    }
}
