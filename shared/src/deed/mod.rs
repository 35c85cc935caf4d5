//! The record: who changed what, from what to what, and by what right.
//!
//! Whoever opens a transaction says what the record tells of it ([`Recorded`]), as they say by
//! what right it is written. For a change that a caller makes that is a [`Deed`], an item more
//! in the same transaction: so there is no change without its deed, and none is told of that was
//! not carried out. Who acts, with which credential and in which request, the table knows from
//! the call ([`Author`]).
//!
//! An item is written once and never changed. Its partition is one of [`SHARDS`] of its
//! organization, by what it was done to. docs/audit.md says what is written and what it costs.

mod item;
pub mod read;
pub mod refusal;
mod seen;

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use serde_json::Value;

pub use item::{Actor, ActorKind, DeedItem, Subject, SubjectId};
pub use seen::secret;

use self::seen::Seen;
use crate::caller::{Caller, OrganizationScope};
use crate::credential::Credential;
use crate::directory::Resource;
use crate::error::{Error, Result};
use crate::grant::Source;
use crate::id::{AuditId, OrganizationId, UserId};
use crate::secret::{Random, hash_bytes};
use crate::table::{Item, Key, to_item};
use crate::warrant::Warrant;

/// Over how many partitions the deeds of an organization are spread. One takes 1,000 write units
/// a second, and a deed is two.
pub const SHARDS: u8 = 8;

/// Who writes, as a call knows it.
#[derive(Debug, Clone)]
pub struct Author {
    /// The name of the operation.
    pub operation: &'static str,
    /// The user and the credential; the system if it is `None`.
    pub actor: Option<ActingUser>,
    /// The id that API Gateway gave the request.
    pub request_id: Option<String>,
    /// The address that the request came from.
    pub address: Option<String>,
    /// When the call began.
    pub at: DateTime<Utc>,
}

/// The user who acts, and with what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActingUser {
    /// The user.
    pub id: UserId,
    /// Whether it is a service account.
    pub is_service: bool,
    /// The id of the credential; no secret.
    pub credential: String,
}

impl From<&Caller> for ActingUser {
    fn from(caller: &Caller) -> Self {
        Self {
            id: caller.user(),
            is_service: caller.is_service(),
            credential: caller.credential().to_owned(),
        }
    }
}

impl From<&Credential> for ActingUser {
    fn from(credential: &Credential) -> Self {
        Self {
            id: credential.user,
            is_service: false,
            credential: credential.id.clone(),
        }
    }
}

impl Author {
    /// The system itself, which carries out `operation`.
    pub fn system(operation: &'static str, at: DateTime<Utc>) -> Self {
        Self {
            operation,
            actor: None,
            request_id: None,
            address: None,
            at,
        }
    }

    /// The same with a user who acts.
    #[must_use]
    pub fn by(self, actor: ActingUser) -> Self {
        Self {
            actor: Some(actor),
            ..self
        }
    }
}

/// What the record tells of a transaction, or of a write alone.
#[derive(Debug)]
pub enum Recorded {
    /// This deed, which is written with it.
    Deed(Box<Deed>),
    /// Nothing, for this reason.
    Not(Unrecorded),
}

impl From<Deed> for Recorded {
    fn from(deed: Deed) -> Self {
        Self::Deed(Box::new(deed))
    }
}

impl From<Unrecorded> for Recorded {
    fn from(why: Unrecorded) -> Self {
        Self::Not(why)
    }
}

impl Recorded {
    /// How many actions of a transaction write it.
    pub fn actions(&self) -> usize {
        usize::from(matches!(self, Self::Deed(_)))
    }
}

/// Why a write has no deed of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unrecorded {
    /// It is a further step of a change. Another step, which comes before this one or ends the
    /// change, writes the deed of this operation.
    Step(&'static str),
    /// The system draws the consequence of a change whose deed is written: it takes away what a
    /// deleted thing left, spreads the zone of an organization, gives accesses the codes that
    /// somebody asked for.
    Consequence,
    /// It changes nothing: only the first answer to a request is kept.
    NoChange,
    /// It writes an entry or an activation, or what that is made of: a record of its own.
    Audit,
    /// A device says how it is: a reading, and no change that somebody makes.
    Reading,
    /// It is the record of something that was refused.
    Refusal,
    /// It counts: wrong codes, the day on which a key was used.
    Count,
    /// It fills a table, and is no call of anybody.
    Fill,
}

/// A change that a caller makes to one thing.
#[derive(Debug)]
#[must_use = "nothing is recorded before it is written with its change"]
pub struct Deed {
    organization: OrganizationId,
    subject: Subject,
    on: Option<Subject>,
    before: Option<Value>,
    after: Option<Value>,
    fault: Option<String>,
}

impl Deed {
    /// Something that was done to `subject` in an organization.
    pub fn of(organization: OrganizationId, subject: Subject) -> Self {
        Self {
            organization,
            subject,
            on: None,
            before: None,
            after: None,
            fault: None,
        }
    }

    /// The same of a thing that gives a right on `source`: for whoever administrates that.
    pub fn on(mut self, source: Source) -> Self {
        self.on = Some(source.into());
        self
    }

    /// It was made, and is so.
    pub fn made(mut self, after: &impl Serialize) -> Self {
        self.after = self.seen(after).map(|after| after.whole());
        self
    }

    /// It was changed: of the two, the record has what differs.
    pub fn changed(mut self, before: &impl Serialize, after: &impl Serialize) -> Self {
        if let (Some(before), Some(after)) = (self.seen(before), self.seen(after)) {
            (self.before, self.after) = Seen::differences(&before, &after);
        }
        self
    }

    /// It was taken away, and was so.
    pub fn removed(mut self, before: &impl Serialize) -> Self {
        self.before = self.seen(before).map(|before| before.whole());
        self
    }

    fn seen(&mut self, value: &impl Serialize) -> Option<Seen> {
        match Seen::of(value) {
            Ok(seen) => Some(seen),
            Err(fault) => {
                self.fault.get_or_insert(fault.to_string());
                None
            }
        }
    }

    /// The item that tells of it, done by this right and by this author. It is removed after
    /// `kept`, if that is given.
    ///
    /// # Errors
    /// 500 if there are no random numbers, or what it tells cannot be written.
    pub(crate) fn item(
        self,
        by: &Warrant,
        author: &Author,
        random: &Random,
        kept: Option<TimeDelta>,
    ) -> Result<Item> {
        if let Some(fault) = self.fault {
            return Err(Error::Internal(fault));
        }
        let id = AuditId::generate(author.at, random)?;
        let key = Key::deed(self.organization, shard(&self.subject), id);
        let item = DeedItem {
            id,
            actor: Actor::of(author.actor.as_ref(), by),
            operation: author.operation.to_owned(),
            subject: self.subject,
            on: self.on,
            before: self.before.map(|before| before.to_string()),
            after: self.after.map(|after| after.to_string()),
            request_id: author.request_id.clone(),
            address: author.address.clone(),
            reason: None,
            count: None,
            attempts: Vec::new(),
            expires_at: kept.map(|kept| author.at + kept),
        };
        to_item(&key, &item)
    }
}

/// In which partition the deeds about a thing stand.
pub(crate) fn shard(subject: &Subject) -> u8 {
    let id = subject.id.to_string();
    let [first, ..] = hash_bytes(&[subject.kind.as_bytes(), id.as_bytes()]);
    first % SHARDS
}

/// Deeds: only a scope makes them, like the keys of what they are about.
impl OrganizationScope {
    /// Something that was done to `subject` in this organization.
    pub fn deed(&self, subject: Subject) -> Deed {
        Deed::of(self.organization(), subject)
    }

    /// Something that was done to a thing of the directory.
    pub fn deed_on<R: Resource>(&self, id: R::Id) -> Deed {
        self.deed(Subject::thing::<R>(id))
    }
}
