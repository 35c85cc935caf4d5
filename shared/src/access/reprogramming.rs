//! New codes for all accesses of an organization: what is asked for, and how far it has come.
//!
//! One item for each organization. It is written before anything is done, and the table's
//! stream invokes the function that does the work, which records its position after each page.
//! So it can stop anywhere: the next run reads where to continue, and each access records the
//! regeneration that it had last.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::Access;
use crate::caller::OrganizationScope;
use crate::id::{OrganizationId, ReprogrammingId, UserId};
use crate::wire::service::types::{self, Enumerated};

/// How long a repeated request means the same one: a client that lost the answer, or a second
/// click.
const SAME_FOR: TimeDelta = TimeDelta::seconds(60);
/// How long without progress until a repeated request resumes the work. Longer than a function
/// runs, including the time until it is invoked again.
const STALLED_AFTER: TimeDelta = TimeDelta::minutes(15);

/// The progress.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum State {
    /// Nothing is done yet.
    Requested,
    /// Some accesses have new codes.
    Running,
    /// All have.
    Done,
}

impl Enumerated for State {
    const VALUES: &'static [(&'static str, u8, Self)] = &[
        ("Requested", 0, Self::Requested),
        ("Running", 1, Self::Running),
        ("Done", 2, Self::Done),
    ];
}

impl PartialSchema for State {
    fn schema() -> RefOr<Schema> {
        types::enumeration::<Self>("How far it has come")
    }
}

impl ToSchema for State {
    fn name() -> std::borrow::Cow<'static, str> {
        "ReprogrammingState".into()
    }
}

/// One reprogramming.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Reprogramming {
    /// The ID.
    pub id: ReprogrammingId,
    /// The organization.
    pub organization: OrganizationId,
    /// Who asked for it.
    pub requested_by: UserId,
    /// When. Accesses that were made later have new codes already.
    pub requested_at: DateTime<Utc>,
    /// The progress.
    pub state: State,
    /// The access after which the work continues, by the place of its key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// The number of accesses with new codes.
    pub remade: u64,
    /// The number of accesses that kept their codes, because their spaces have no free code.
    #[serde(default)]
    pub kept: u64,
    /// When it last came further.
    pub progressed_at: DateTime<Utc>,
    /// The version; each change adds one.
    pub version: u64,
}

/// The outcome of a request for new codes.
#[derive(Debug, Clone, PartialEq)]
pub enum Asked {
    /// It is the one that there is.
    Same,
    /// It is the one that there is, which is to be taken up again.
    TakenUp(Reprogramming),
    /// It is a new one.
    New,
}

impl Reprogramming {
    /// One that is asked for.
    pub fn new(
        id: ReprogrammingId,
        scope: &OrganizationScope,
        user: UserId,
        now: DateTime<Utc>,
    ) -> Self {
        Self {
            id,
            organization: scope.organization(),
            requested_by: user,
            requested_at: now,
            state: State::Requested,
            after: None,
            remade: 0,
            kept: 0,
            progressed_at: now,
            version: 1,
        }
    }

    /// Authority over the organization's accesses: the request had the right to them.
    pub fn scope(&self) -> OrganizationScope {
        OrganizationScope::of_change(self.organization)
    }

    /// What a repeated request means at `now`.
    pub fn asked_again(&self, now: DateTime<Utc>) -> Asked {
        match self.state {
            State::Done if now - self.requested_at >= SAME_FOR => Asked::New,
            State::Done => Asked::Same,
            _ if now - self.progressed_at < STALLED_AFTER => Asked::Same,
            _ => Asked::TakenUp(Self {
                state: State::Requested,
                progressed_at: now,
                ..self.clone()
            }),
        }
    }

    /// Whether an access is to get new codes: one that has not ended, and has not got them by
    /// this very reprogramming, nor was made after it was asked for.
    pub fn is_about(&self, access: &Access, now: DateTime<Utc>) -> bool {
        !access.has_ended(now)
            && access.reprogrammed != Some(self.id)
            && access.date_created <= self.requested_at
    }

    /// The state one page later: after the place `after`, or at the end if it is `None`.
    #[must_use]
    pub fn further(
        &self,
        after: Option<String>,
        remade: u64,
        kept: u64,
        now: DateTime<Utc>,
    ) -> Self {
        Self {
            state: match after {
                Some(_) => State::Running,
                None => State::Done,
            },
            after,
            remade: self.remade + remade,
            kept: self.kept + kept,
            progressed_at: now,
            ..self.clone()
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn asked_for() -> Reprogramming {
        let scope = OrganizationScope::of_change(7.try_into().unwrap());
        let now = at("2027-01-01T12:00:00Z");
        Reprogramming::new(Uuid::nil().into(), &scope, 1.try_into().unwrap(), now)
    }

    #[test]
    fn who_asks_twice_means_the_same_and_who_asks_later_another() {
        let first = asked_for();
        assert_eq!(first.asked_again(at("2027-01-01T12:14:59Z")), Asked::Same);
        let done = first.further(None, 3, 0, at("2027-01-01T12:00:02Z"));
        assert_eq!(done.state, State::Done);
        assert_eq!(done.asked_again(at("2027-01-01T12:00:59Z")), Asked::Same);
        assert_eq!(done.asked_again(at("2027-01-01T12:01:00Z")), Asked::New);
    }

    #[test]
    fn one_that_came_to_a_halt_is_taken_up_where_it_was() {
        let place = Some("ACCESS#7".to_owned());
        let halted = asked_for().further(place.clone(), 25, 1, at("2027-01-01T12:01:00Z"));
        assert_eq!(halted.state, State::Running);
        assert_eq!(halted.asked_again(at("2027-01-01T12:15:59Z")), Asked::Same);
        let Asked::TakenUp(again) = halted.asked_again(at("2027-01-01T12:16:00Z")) else {
            panic!("not taken up");
        };
        assert_eq!((again.state, again.id), (State::Requested, halted.id));
        assert_eq!((again.after, again.remade, again.kept), (place, 25, 1));
    }
}
