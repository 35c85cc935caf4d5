//! Refusals: what somebody tried and may not do.
//!
//! They are folded. Those of one door and reason (or of one caller, operation and reason) in one
//! minute are one item. It has the first [`MAX_ATTEMPTS`] in full, and how many there were. What
//! comes after them is counted by each process for itself, and written when the number of its own
//! has doubled. So a storm of `n` refusals in a minute costs `p` processes at most
//! `10 + p * (2 + log2(n / p))` writes, and `count` is at least half of the truth.
//!
//! A refusal has one write at most, which nothing depends on: where it fails, the answer is the
//! same.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, DurationRound, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Actor, Author, Subject};
use crate::error::{Error, Result};
use crate::id::AuditId;
use crate::id::OrganizationId;
use crate::secret::hash_bytes;
use crate::table::{BoxFuture, Change, EXPIRES_AT, If, Key, Table};
use crate::wire::schema::Instant;

/// How many attempts an item has in full.
pub const MAX_ATTEMPTS: usize = 10;
/// How many items a process begins in one minute at most. Further ones are not recorded: who
/// comes from so many addresses is no caller.
const MAX_FOLDS: usize = 1000;
/// How many characters of a message are kept.
const MAX_MESSAGE: usize = 120;

/// Something that was refused.
#[derive(Debug)]
pub struct Refusal {
    /// The organization that may know of it; nobody's if it is `None`.
    pub organization: Option<OrganizationId>,
    /// What it was about: a door, a thing, the address that a credential was presented from.
    pub subject: Subject,
    /// Whether those of all callers are folded into one: at a door.
    pub of_all_callers: bool,
    /// The code of the error.
    pub reason: String,
    /// What was said.
    pub message: String,
}

/// One of the refusals that an item has in full.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = RefusedAttempt, description = "An attempt that was refused.")]
pub struct Attempt {
    /// The time.
    #[schema(value_type = Instant)]
    pub at: DateTime<Utc>,
    /// The ID of the user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(examples(2))]
    pub user_id: Option<u64>,
    /// The ID of the credential; of an unknown one, the beginning of its hash.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(examples("vT3mYq0cJx8ZkA1u"))]
    pub credential: Option<String>,
    /// The message of the answer.
    #[schema(examples("you do not hold this permission yourself"))]
    pub message: String,
    /// The ID of the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(examples("c6af9ac6-7b61-11e6-9a41-93e8deadbeef"))]
    pub request_id: Option<String>,
    /// The address that the request came from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(examples("203.0.113.7"))]
    pub address: Option<String>,
}

/// The attributes of an item, beside those of a deed.
pub(super) const ATTEMPTS: &str = "attempts";
pub(super) const COUNT: &str = "count";

/// What is to be written of a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    /// All of it, if it is one of the first.
    Whole,
    /// That there were so many more.
    Count(u64),
    /// Nothing yet.
    Nothing,
}

/// What a process knows of the items that it has begun in this minute.
#[derive(Debug, Default)]
pub struct Folds(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    minute: DateTime<Utc>,
    folds: HashMap<AuditId, Fold>,
}

/// What a process knows of one item.
#[derive(Debug, Default)]
struct Fold {
    /// Whether it has as many attempts as it takes.
    is_full: bool,
    /// How many came since then.
    seen: u64,
    /// How many of these are not written.
    pending: u64,
}

impl Known {
    fn next(&mut self, minute: DateTime<Utc>, id: AuditId) -> Step {
        if self.minute != minute {
            self.folds.clear();
            self.minute = minute;
        }
        if self.folds.len() >= MAX_FOLDS && !self.folds.contains_key(&id) {
            return Step::Nothing;
        }
        let fold = self.folds.entry(id).or_default();
        if !fold.is_full {
            return Step::Whole;
        }
        fold.seen += 1;
        fold.pending += 1;
        match fold.seen.is_power_of_two() {
            true => Step::Count(std::mem::take(&mut fold.pending)),
            false => Step::Nothing,
        }
    }

    /// That an item takes no more, as the refusal of this one has told.
    fn fill(&mut self, id: AuditId) {
        if let Some(fold) = self.folds.get_mut(&id) {
            fold.is_full = true;
            (fold.seen, fold.pending) = (1, 1);
        }
    }
}

impl Folds {
    fn with<T>(&self, of: impl FnOnce(&mut Known) -> T) -> T {
        of(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Refusal {
    /// Writes it down, if it is one that is written. At most one round trip.
    ///
    /// # Errors
    /// 429 and 503; 500 of a table that nobody writes.
    pub fn record<'t>(
        self,
        table: &'t Table,
        folds: &'t Folds,
        credential: Option<String>,
    ) -> BoxFuture<'t, Result<()>> {
        Box::pin(async move {
            let author = table.author()?;
            let minute = author.at.duration_trunc(TimeDelta::minutes(1));
            let minute = minute.map_err(|error| Error::Internal(error.to_string()))?;
            let id = self.id(author, minute);
            let key = Key::refusal(self.organization, id);
            let why = super::Unrecorded::Refusal;
            match folds.with(|known| known.next(minute, id)) {
                Step::Nothing => Ok(()),
                Step::Count(more) => {
                    let more = Change::default().add(COUNT, i64::try_from(more).unwrap_or(1));
                    drop(table.update(&key, more, If::Exists, why).await?);
                    Ok(())
                }
                Step::Whole => {
                    let change = self.change(author, id, table.kept(), credential);
                    let room = If::Fewer(ATTEMPTS, MAX_ATTEMPTS);
                    if table.update(&key, change, room, why).await?.is_err() {
                        folds.with(|known| known.fill(id));
                    }
                    Ok(())
                }
            }
        })
    }

    /// The name of the item that it is folded into.
    fn id(&self, author: &Author, minute: DateTime<Utc>) -> AuditId {
        let user = author.actor.as_ref().filter(|_| !self.of_all_callers);
        let user = user.map_or(String::new(), |user| user.id.to_string());
        let (operation, subject) = (author.operation, self.subject.id.to_string());
        let texts = [operation, &self.subject.kind, &subject, &self.reason, &user];
        AuditId::folded(minute, hash_bytes(&texts.map(str::as_bytes)))
    }

    fn change(
        self,
        author: &Author,
        id: AuditId,
        kept: Option<TimeDelta>,
        credential: Option<String>,
    ) -> Change {
        let user = author.actor.as_ref();
        let attempt = Attempt {
            at: author.at,
            user_id: user.map(|user| crate::id::Id::number(user.id)),
            credential: credential.or(user.map(|user| user.credential.clone())),
            message: self.message.chars().take(MAX_MESSAGE).collect(),
            request_id: author.request_id.clone(),
            address: author.address.clone(),
        };
        let change = Change::default()
            .set("id", &id)
            .set("operation", &author.operation)
            .set("subject", &self.subject)
            .set("reason", &self.reason)
            .set_if_missing("actor", &Actor::refused(user))
            .append(ATTEMPTS, &attempt)
            .add(COUNT, 1);
        match kept {
            Some(kept) => change.set(EXPIRES_AT, &(author.at + kept).timestamp()),
            None => change,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_storm_is_written_as_often_as_its_number_doubles() {
        let minute = DateTime::UNIX_EPOCH;
        let id = AuditId::folded(minute, [1; 32]);
        let mut known = Known::default();
        for _ in 0..MAX_ATTEMPTS {
            assert_eq!(known.next(minute, id), Step::Whole);
        }
        assert_eq!(
            known.next(minute, id),
            Step::Whole,
            "the table tells that it is full"
        );
        known.fill(id);
        let mut counted = 0;
        let mut writes = 0;
        for _ in 0..100_000 {
            if let Step::Count(more) = known.next(minute, id) {
                counted += more;
                writes += 1;
            }
        }
        assert_eq!(writes, 16);
        assert!(counted > 50_000, "{counted}");
        // The next minute, and another door, begin anew.
        assert_eq!(
            known.next(minute, AuditId::folded(minute, [2; 32])),
            Step::Whole
        );
        let next = minute + TimeDelta::minutes(1);
        assert_eq!(
            known.next(next, AuditId::folded(next, [1; 32])),
            Step::Whole
        );
        assert_eq!(known.folds.len(), 1);
    }

    #[test]
    fn a_process_begins_so_many_items_a_minute_and_no_more() {
        let minute = DateTime::UNIX_EPOCH;
        let mut known = Known::default();
        let id = |number: u32| {
            let mut bytes = [0; 32];
            bytes[..4].copy_from_slice(&number.to_be_bytes());
            AuditId::folded(minute, bytes)
        };
        let steps = (0..2000).map(|number| known.next(minute, id(number)));
        let begun = steps.filter(|step| *step == Step::Whole).count();
        assert_eq!(begun, MAX_FOLDS);
    }
}
