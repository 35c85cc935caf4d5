//! What a user may do with a source by right of their grants.
//!
//! Reads that decide are strongly consistent: a grant that was taken away is not seen
//! again.

use crate::timing::Zone;
use chrono::{DateTime, Utc};

use crate::caller::OrganizationScope;
use crate::decision::{self, Candidate, Found};
use crate::error::{Error, Fault, FaultCode, Result};
use crate::grant::{Grant, GrantId, MAX_DEPTH, Parent, Permissions, Source};
use crate::id::UserId;
use crate::share::Share;
use crate::table::{BoxFuture, Table};
use crate::timing::Timing;

/// The grants that let a user administrate a source at one instant.
#[derive(Debug)]
pub struct Administration {
    user: UserId,
    zone: Zone,
    held: Vec<Candidate>,
}

/// What a changed share rests on.
#[derive(Debug)]
pub struct Above {
    /// The grant by right of which it was changed.
    pub parent: Parent,
    /// The number of grants above it.
    pub depth: u8,
    /// That grant and those above it. As long as none of them is put below another one, there
    /// is no circle.
    pub chain: Vec<Grant>,
}

/// Whether a grant reaches as far as a share does, and is not itself held by right of it.
fn covers(held: &Candidate, share: &Share, zone: Zone) -> bool {
    !held
        .chain()
        .any(|grant| grant.id == GrantId::Share(share.id))
        && beyond(share.permissions, &share.timing, held, zone).is_empty()
}

impl Administration {
    /// The found grants that let `user` administrate at `now`.
    fn of(user: UserId, found: &Found, now: DateTime<Utc>) -> Self {
        let zone = found.zone;
        let held = found.candidates.iter().flatten();
        let held = held.filter(|held| held.permissions.administrate && held.holds(zone, now));
        Self {
            user,
            zone,
            held: held.cloned().collect(),
        }
    }

    /// Whether there is one.
    pub fn is_given(&self) -> bool {
        !self.held.is_empty()
    }

    /// The zone of the door.
    pub fn zone(&self) -> Zone {
        self.zone
    }

    /// The grant by right of which a share with these permissions and at these times may be
    /// made, and how deep it stands then.
    ///
    /// # Errors
    /// 403 if none gives all that is asked for: permissions that the grant lacks, a start
    /// before its start, an end after its end. 400 if the chain is too long.
    pub fn parent_for(&self, permissions: Permissions, timing: &Timing) -> Result<(Parent, u8)> {
        let (_, parent, depth) = self.parent_among(self.held.iter(), permissions, timing)?;
        Ok((parent, depth))
    }

    /// The grant by right of which `before` may become `after`, and the new depth. The grant
    /// must cover the share before (nobody removes what they could not have given) and after,
    /// and must not rest on that very share.
    ///
    /// A web key lets people open the door remotely, so its creator must hold that right.
    ///
    /// # Errors
    /// As for [`Administration::parent_for`].
    pub fn parent_to_change(&self, before: &Share, after: &Share) -> Result<Above> {
        let gives_web_key = after.web_key.is_some() && after.web_key != before.web_key;
        let covering = self.held.iter();
        let covering = covering.filter(|held| covers(held, before, self.zone));
        let may = |held: &&Candidate| !gives_web_key || held.permissions.remote_activate;
        if covering.clone().next().is_some() && !covering.clone().any(|held| may(&held)) {
            let message = "you do not hold this permission yourself";
            let field = "permissions.remoteActivate";
            let fault = Fault::new(field, FaultCode::InsufficientRights, message);
            return Err(Error::InsufficientRights(vec![fault]));
        }
        let covering = covering.filter(may);
        let (held, parent, depth) =
            self.parent_among(covering, after.permissions, &after.timing)?;
        Ok(Above {
            parent,
            depth,
            chain: held.chain().cloned().collect(),
        })
    }

    /// The grant by right of which a share may be taken away: as far as it may be changed.
    ///
    /// # Errors
    /// 403 if there is none.
    pub fn to_take_away(&self, share: &Share) -> Result<GrantId> {
        let mut held = self.held.iter();
        let covering = held.find(|held| covers(held, share, self.zone));
        let covering = covering.ok_or_else(|| Error::InsufficientRights(Vec::new()))?;
        Ok(covering.grant.id)
    }

    fn parent_among<'h>(
        &self,
        held: impl Iterator<Item = &'h Candidate>,
        permissions: Permissions,
        timing: &Timing,
    ) -> Result<(&'h Candidate, Parent, u8)> {
        let mut refused = Vec::new();
        for held in held {
            let grant = &held.grant;
            let faults = beyond(permissions, timing, held, self.zone);
            // An access gives no right to share.
            let Some(share) = grant.id.share() else {
                continue;
            };
            if !faults.is_empty() {
                refused.push(faults);
            } else if grant.depth + 1 >= MAX_DEPTH {
                let message = format!("a chain of shares can have at most {MAX_DEPTH} shares");
                return Err(Error::invalid("source", FaultCode::NotAllowed, message));
            } else {
                let parent = Parent {
                    share,
                    user: self.user,
                    receiver: grant.receiver,
                    source: grant.source,
                };
                return Ok((held, parent, grant.depth + 1));
            }
        }
        Err(Error::InsufficientRights(
            refused.into_iter().next().unwrap_or_default(),
        ))
    }
}

/// In what such a share goes beyond the grant that it would be made by right of.
fn beyond(permissions: Permissions, timing: &Timing, held: &Candidate, zone: Zone) -> Vec<Fault> {
    let fault =
        |field: String, message: &str| Fault::new(field, FaultCode::InsufficientRights, message);
    let permissions = permissions.beyond(held.permissions);
    let mut faults: Vec<_> = permissions
        .map(|name| {
            fault(
                format!("permissions.{name}"),
                "you do not hold this permission yourself",
            )
        })
        .collect();
    let (from, until) = timing.span(zone);
    let (first, last) = held.grant.timing.span(zone);
    if from < first {
        faults.push(fault("startDate".to_owned(), "your own right begins later"));
    }
    if last.is_some_and(|last| until.is_none_or(|until| until > last)) {
        faults.push(fault("endDate".to_owned(), "your own right ends earlier"));
    }
    faults
}

/// The grants by which `user` administrates `source` at `now`: their own; if there are none,
/// those to their groups.
///
/// One round trip for someone with some tens of grants, one more where groups are looked
/// at, and one for each grant that stands above another or keeps a named schedule.
///
/// # Errors
/// 429 and 503.
pub fn administration<'f>(
    table: &'f Table,
    scope: &'f OrganizationScope,
    user: UserId,
    source: Source,
    now: DateTime<Utc>,
) -> BoxFuture<'f, Result<Administration>> {
    administration_until(table, scope, user, source, now, &Administration::is_given)
}

/// The same, including those to their groups unless their own are `enough`.
///
/// # Errors
/// 429 and 503.
pub fn administration_until<'f>(
    table: &'f Table,
    scope: &'f OrganizationScope,
    user: UserId,
    source: Source,
    now: DateTime<Utc>,
    enough: &'f (dyn Fn(&Administration) -> bool + Sync),
) -> BoxFuture<'f, Result<Administration>> {
    Box::pin(async move {
        let is_enough = |found: &Found| enough(&Administration::of(user, found, now));
        let found = decision::find_enough(table, scope, user, source, &is_enough).await?;
        // With the source, what was granted on it is gone.
        Ok(match found {
            Some(found) => Administration::of(user, &found, now),
            None => Administration {
                user,
                zone: Zone::UTC,
                held: Vec::new(),
            },
        })
    })
}
