//! Reading the record, newest first.
//!
//! What is asked for may lie in several partitions, which are read at once. Each gives a part of
//! a page, and what is shown is what all of them have told by then: nothing is left out that lies
//! between. So a page may be shorter than was asked for and still have one behind it. It costs one
//! round trip, and reads no more than [`MOST`] items of each partition, whatever it looks for.

use chrono::{DateTime, NaiveDate, Utc};
use serde::de::DeserializeOwned;

use super::{DeedItem, SHARDS, Subject, shard};
use crate::audit::AuditEntry;
use crate::caller::OrganizationScope;
use crate::error::Result;
use crate::grant::Source;
use crate::id::AuditId;
use crate::table::{BoxFuture, KeyPrefix, Span, Table};

/// How many items of one partition are read for one page at most.
pub const MOST: usize = 200;

/// What is asked of the record.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    /// Only what was done at this moment or later.
    pub from: Option<DateTime<Utc>>,
    /// Only what was done before this moment.
    pub until: Option<DateTime<Utc>>,
    /// Only what was done by this user.
    pub actor: Option<u64>,
    /// Only what was done to things of this kind, or to what gives a right on them.
    pub kind: Option<String>,
    /// Only what was done to this thing, or to what gives a right on it.
    pub subject: Option<Subject>,
    /// Only this operation.
    pub operation: Option<String>,
    /// Only what was refused, or only what was not.
    pub refused: Option<bool>,
}

impl Asked {
    /// Whether a deed is one of those that are asked for; of its time the keys tell.
    fn is_about(&self, deed: &DeedItem) -> bool {
        let about = || {
            [Some(&deed.subject), deed.on.as_ref()]
                .into_iter()
                .flatten()
        };
        let is = |wanted: &Subject| about().any(|one| one == wanted);
        let is_kind = |wanted: &String| about().any(|one| one.kind == *wanted);
        self.subject.as_ref().is_none_or(is)
            && self.kind.as_ref().is_none_or(is_kind)
            && self.actor.is_none_or(|actor| deed.is_by(actor))
            && self
                .operation
                .as_ref()
                .is_none_or(|name| deed.operation == *name)
    }

    /// Whether something besides the time is asked.
    fn is_narrow(&self) -> bool {
        let texts = self.kind.is_some() || self.operation.is_some();
        self.actor.is_some() || self.subject.is_some() || texts
    }

    /// Where the deeds stand that may be asked for. Those about a thing on which others give a
    /// right may stand anywhere.
    fn partitions(&self, scope: &OrganizationScope) -> Vec<KeyPrefix> {
        let apart = self.subject.as_ref();
        let apart = apart.filter(|subject| !subject.is_source());
        let shards = match apart {
            Some(subject) => vec![shard(subject)],
            None => (0..SHARDS).collect(),
        };
        let deeds = shards.into_iter().map(|shard| scope.deeds(shard));
        let deeds = deeds.filter(|_| self.refused != Some(true));
        let refusals = (self.refused != Some(false)).then(|| scope.refusals());
        deeds.chain(refusals).collect()
    }
}

/// A page of the deeds that are asked for, after the place of the last page, and the place where
/// it goes on. One round trip.
///
/// # Errors
/// 429, 503, or 500 if an item is no deed.
pub async fn page(
    table: &Table,
    scope: &OrganizationScope,
    asked: &Asked,
    size: usize,
    after: Option<&str>,
) -> Result<(Vec<DeedItem>, Option<String>)> {
    let partitions = asked.partitions(scope);
    let limit = match (asked.is_narrow(), partitions.len()) {
        (true, _) => MOST,
        (false, 1 | 2) => size,
        // As many again as its share makes a short page rare.
        (false, several) => (2 * size.div_ceil(several)).min(size),
    };
    let span = Span::of(asked.from, asked.until, after);
    let (deeds, next) = latest(table, &partitions, &span, limit).await?;
    let found = deeds.into_iter().filter(|deed| asked.is_about(deed));
    let mut found: Vec<DeedItem> = found.collect();
    if found.len() <= size {
        return Ok((found, next));
    }
    found.truncate(size);
    let place = found.last().map(|last| last.id.to_string());
    Ok((found, place))
}

/// What has an id in the order of time.
trait Dated {
    /// The id.
    fn id(&self) -> AuditId;
}

impl Dated for DeedItem {
    fn id(&self) -> AuditId {
        self.id
    }
}

impl Dated for AuditEntry {
    fn id(&self) -> AuditId {
        self.id
    }
}

/// What was done at several doors in one month, newest first, and the place after which there may
/// be more; at most `limit` entries of each door. One round trip.
///
/// # Errors
/// 429, 503, or 500 if an item is not an entry.
pub async fn at_doors(
    table: &Table,
    scope: &OrganizationScope,
    (doors, month): (&[Source], NaiveDate),
    span: &Span,
    limit: usize,
) -> Result<(Vec<AuditEntry>, Option<String>)> {
    let partitions = doors.iter().map(|door| scope.audits(*door, month));
    let partitions: Vec<_> = partitions.collect();
    latest(table, &partitions, span, limit).await
}

/// The latest items of several partitions, newest first, and the place behind which there may be
/// more. Of each at most `limit` are read; behind the last one of a partition that has more,
/// nothing is told.
async fn latest<T: DeserializeOwned + Dated + Send>(
    table: &Table,
    partitions: &[KeyPrefix],
    span: &Span,
    limit: usize,
) -> Result<(Vec<T>, Option<String>)> {
    let pages = partitions
        .iter()
        .map(|prefix| -> BoxFuture<'_, _> { Box::pin(table.latest::<T>(prefix, span, limit)) });
    let mut all = Vec::new();
    let mut told: Option<AuditId> = None;
    for (items, more) in futures_util::future::try_join_all(pages).await? {
        if more {
            let last = items.last().map(Dated::id);
            // The latest of the places up to which each has told.
            told = told.max(last);
        }
        all.extend(items);
    }
    all.retain(|item| told.is_none_or(|told| item.id() >= told));
    all.sort_by_key(|item| std::cmp::Reverse(item.id()));
    Ok((all, told.map(|told| told.to_string())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deeds_about_one_thing_stand_in_one_partition_unless_others_give_a_right_on_it() {
        let scope = OrganizationScope::of_change(7.try_into().unwrap());
        let of = |kind: &str| {
            let asked = Asked {
                subject: Some(Subject::read(kind, "3")),
                ..Asked::default()
            };
            asked.partitions(&scope).len()
        };
        // And one with what was refused.
        assert_eq!((of("share"), of("user")), (2, 2));
        assert_eq!((of("device"), of("deviceGroup"), of("space")), (9, 9, 9));
        assert_eq!(Asked::default().partitions(&scope).len(), 9);
    }
}
