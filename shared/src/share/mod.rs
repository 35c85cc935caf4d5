//! The share: the grant of the share family, with what its clients keep of it.

mod change;
mod names;
mod new;
mod terms;
mod view;

use crate::timing::Zone;
use chrono::{DateTime, Days, Months, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use change::ShareChanges;
pub use names::Names;
pub use new::{NewShare, NewShareBody};
pub use view::{AccountView, UserGroupView, View};

use crate::calendar_link::LinkOfUser;
use crate::grant::{Grant, GrantId, Parent, Permissions, Receiver, Source};
use crate::id::{OrganizationId, ScheduleId, ShareId, UserId};
use crate::timing::{Rule, Timing};
use crate::web_key::WebKeyMark;
use crate::wire::json::Named;

/// The settings of a share's receiver.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct PersonalSettings {
    /// Whether the receiver is notified of what happens to the share.
    #[schema(examples(false))]
    pub notifications: bool,
}

/// How long a share stays listed after its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
#[schema(
    description = "How long after its end a share is removed.",
    examples("MONTH")
)]
pub enum AutoRemoveAfter {
    /// Seven days.
    Week,
    /// A month on the calendar.
    Month,
    /// A year on the calendar.
    Year,
}

impl Named for AutoRemoveAfter {
    const NAMES: &'static [(&'static str, Self)] = &[
        ("WEEK", Self::Week),
        ("MONTH", Self::Month),
        ("YEAR", Self::Year),
    ];
}

impl AutoRemoveAfter {
    /// The time this long after `end`, on the calendar of `zone`; `None` if the calendar has no
    /// such date.
    fn after(self, end: DateTime<Utc>, zone: Zone) -> Option<DateTime<Utc>> {
        let end = end.with_timezone(&zone.offset(end)).naive_local();
        let then = match self {
            Self::Week => end.checked_add_days(Days::new(7)),
            Self::Month => end.checked_add_months(Months::new(1)),
            Self::Year => end.checked_add_months(Months::new(12)),
        }?;
        Some(zone.ends(then))
    }
}

/// A share as it is stored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Share {
    /// The ID.
    pub id: ShareId,
    /// The ID of the organization.
    pub organization: OrganizationId,
    /// Who created it.
    pub creator: UserId,
    /// When it holds.
    pub timing: Timing,
    /// The named schedule whose rules it keeps, in place of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schedule: Option<ScheduleId>,
    /// The permissions.
    pub permissions: Permissions,
    /// The source.
    pub source: Source,
    /// Whom it is for; nobody yet, of an open invitation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receiver: Option<Receiver>,
    /// The receiver's settings.
    pub personal_settings: PersonalSettings,
    /// When an open invitation can no longer be claimed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invitation_expiration: Option<DateTime<Utc>>,
    /// How long it is kept after its end; always if `None`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auto_remove_after: Option<AutoRemoveAfter>,
    /// The ID in another system.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// From when on it is gone. DynamoDB removes it some time after.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "chrono::serde::ts_seconds_option"
    )]
    pub expires_at: Option<DateTime<Utc>>,
    /// The link that opens the door for anyone who has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub web_key: Option<WebKeyMark>,
    /// The links at which calendar programs fetch when it holds.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub calendar_links: Vec<LinkOfUser>,
    /// The grant by right of which it was made; `None` if it was made by role.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<Parent>,
    /// The number of shares above it.
    #[serde(default)]
    pub depth: u8,
    /// Grows by one with each change; the entity tag.
    pub version: u64,
    /// When it was created.
    pub date_created: DateTime<Utc>,
    /// When it was last changed.
    pub date_modified: DateTime<Utc>,
}

/// The state of a share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[schema(
    as = ShareState,
    description = "The state of a share: an open invitation, or before, in or after its \
        window. Its schedule does not matter.",
    examples("Active")
)]
pub enum State {
    /// An open invitation that nobody has claimed.
    Pending,
    /// Its window has not begun.
    Upcoming,
    /// Its window has begun and not ended, whatever its schedule says of this moment.
    Active,
    /// Its window has ended.
    Ended,
}

impl State {
    /// Where what holds by `timing` is in its life at `now`, at a door in `zone`.
    pub fn of(timing: &Timing, zone: Zone, now: DateTime<Utc>) -> Self {
        let (from, until) = timing.span(zone);
        if until.is_some_and(|until| until <= now) {
            Self::Ended
        } else if now < from {
            Self::Upcoming
        } else {
            Self::Active
        }
    }
}

impl Share {
    /// The grant of this share; none as long as it has no receiver.
    pub fn grant(&self) -> Option<Grant> {
        Some(Grant {
            id: GrantId::Share(self.id),
            receiver: self.receiver?,
            source: self.source,
            timing: self.timing.clone(),
            schedule: self.schedule,
            permissions: self.permissions,
            parent: self.parent,
            depth: self.depth,
            counted: None,
        })
    }

    /// When it is to be removed, at a door in `zone`: never, when it has no end or is to
    /// stay after it.
    pub fn removal(&self, zone: Zone) -> Option<DateTime<Utc>> {
        let (_, end) = self.timing.span(zone);
        self.auto_remove_after?.after(end?, zone)
    }

    /// Whether it is gone at `now`, although DynamoDB may not have removed it yet.
    pub fn is_gone(&self, now: DateTime<Utc>) -> bool {
        self.expires_at.is_some_and(|expires_at| expires_at <= now)
    }

    /// Whether it has an end.
    pub fn has_end(&self) -> bool {
        self.timing.span(Zone::UTC).1.is_some()
    }

    /// Whether it gives anyone more than it did `before`, at a door in `zone`: a permission, an
    /// instant before its start or after its end, or one that its schedule left out; or gives
    /// it to somebody else. What is not known to be within what was reaches further: a rule
    /// that was not among its rules, and another named schedule.
    pub fn reaches_beyond(&self, before: &Self, zone: Zone) -> bool {
        let schedule = match (before.schedule, self.schedule) {
            (None, None) => true,
            (None, Some(_)) => before.timing.rules.is_empty(),
            (Some(was), Some(is)) => was == is && self.timing.counts_weeks_as(&before.timing, zone),
            (Some(_), None) => false,
        };
        let within = schedule
            && self.timing.is_within(&before.timing, zone)
            && self.permissions.beyond(before.permissions).next().is_none()
            && (self.receiver, self.source) == (before.receiver, before.source);
        !within
    }

    /// When it holds: with the rules of its named schedule, when it keeps one.
    pub fn timing_with(&self, schedule: Option<&[Rule]>) -> Timing {
        match schedule {
            Some(rules) => Timing::new(self.timing.window, rules.to_vec()),
            None => self.timing.clone(),
        }
    }

    /// Its state at `now`, at a door in `zone`.
    pub fn state(&self, zone: Zone, now: DateTime<Utc>) -> State {
        match State::of(&self.timing, zone, now) {
            State::Ended => State::Ended,
            _ if self.receiver.is_none() => State::Pending,
            state => state,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_after_the_end_is_a_month_on_the_calendar_of_the_door() {
        let after = |auto: AutoRemoveAfter, end: &str| {
            let amsterdam: Zone = "Europe/Amsterdam".parse().unwrap();
            let then = auto.after(end.parse().unwrap(), amsterdam).unwrap();
            then.with_timezone(&amsterdam.offset(then))
                .naive_local()
                .to_string()
        };
        // The end of the 30th of January, the beginning of the 31st.
        let end = "2027-01-30T23:00:00Z";
        assert_eq!(after(AutoRemoveAfter::Week, end), "2027-02-07 00:00:00");
        assert_eq!(after(AutoRemoveAfter::Month, end), "2027-02-28 00:00:00");
        assert_eq!(after(AutoRemoveAfter::Year, end), "2028-01-31 00:00:00");
        // Summer time has begun meanwhile.
        let end = "2027-02-28T23:00:00Z";
        assert_eq!(after(AutoRemoveAfter::Month, end), "2027-04-01 00:00:00");
        // A week later this hour does not exist: the first moment after it counts.
        let end = "2027-03-21T01:30:00Z";
        assert_eq!(after(AutoRemoveAfter::Week, end), "2027-03-28 03:00:00");
    }

    #[test]
    fn a_removal_that_no_calendar_has_is_none() {
        let far = DateTime::<Utc>::MAX_UTC;
        assert_eq!(AutoRemoveAfter::Year.after(far, Zone::UTC), None);
    }
}
