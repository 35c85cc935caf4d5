//! What a user may do with a source by right of the grants that they hold.
//!
//! Reads that decide are strongly consistent: a grant that was taken away is not seen
//! again.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use crate::caller::OrganizationScope;
use crate::decision::{self, Candidate, Enough, Found};
use crate::grant::{MAX_DEPTH, Parent, Source};
use crate::id::UserId;
use crate::share::NewShare;
use crate::table::{BoxFuture, Table};
use crate::wire::json::{Fault, FaultCode};
use crate::wire::{Error, Result};

/// The grants that let a user administrate a source at one instant.
#[derive(Debug)]
pub struct Administration {
    user: UserId,
    zone: Tz,
    grants: Vec<Candidate>,
}

impl Administration {
    /// Whether there is one.
    pub fn is_given(&self) -> bool {
        !self.grants.is_empty()
    }

    /// The grant by right of which `share` may be made, and how deep the new one stands.
    ///
    /// # Errors
    /// 403 when none gives all that `share` asks for: permissions that the grant lacks, a
    /// start before its start, an end after its end. 400 when the chain is too long.
    pub fn parent_for(&self, share: &NewShare) -> Result<(Parent, u8)> {
        let mut refused = Vec::new();
        for candidate in &self.grants {
            let grant = &candidate.grant;
            let faults = beyond(share, candidate, self.zone);
            if !faults.is_empty() {
                refused.push(faults);
            } else if grant.depth + 1 >= MAX_DEPTH {
                let message =
                    format!("at most {MAX_DEPTH} shares may be made one by right of the other");
                return Err(Error::invalid("source", FaultCode::NotAllowed, message));
            } else {
                let parent = Parent {
                    share: grant.share,
                    user: self.user,
                    receiver: grant.receiver,
                    source: grant.source,
                };
                return Ok((parent, grant.depth + 1));
            }
        }
        Err(Error::InsufficientRights(
            refused.into_iter().next().unwrap_or_default(),
        ))
    }
}

/// In what `share` goes beyond the grant that it would be made by right of.
fn beyond(share: &NewShare, held: &Candidate, zone: Tz) -> Vec<Fault> {
    let fault =
        |field: String, message: &str| Fault::new(field, FaultCode::InsufficientRights, message);
    let permissions = share.permissions.beyond(held.permissions);
    let mut faults: Vec<_> = permissions
        .map(|name| {
            fault(
                format!("permissions.{name}"),
                "you do not hold this permission yourself",
            )
        })
        .collect();
    let (from, until) = share.timing.span(zone);
    let (first, last) = held.grant.timing.span(zone);
    if from < first {
        faults.push(fault("startDate".to_owned(), "your own right begins later"));
    }
    if last.is_some_and(|last| until.is_none_or(|until| until > last)) {
        faults.push(fault("endDate".to_owned(), "your own right ends earlier"));
    }
    faults
}

/// The grants by which `user` administrates `source` at `now`: their own, and only if
/// there are none of these, those to their groups.
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
    Box::pin(async move {
        let enough = |found: &Found| administrates(user, found, now).is_given();
        held(table, scope, user, source, now, &enough).await
    })
}

/// The grant by right of which `user` may make `share` at `now`: one of their own, else one
/// to a group of theirs; and how deep the new one stands.
///
/// # Errors
/// As [`Administration::parent_for`]; 429 and 503.
pub fn parent<'f>(
    table: &'f Table,
    scope: &'f OrganizationScope,
    user: UserId,
    share: &'f NewShare,
    now: DateTime<Utc>,
) -> BoxFuture<'f, Result<(Parent, u8)>> {
    Box::pin(async move {
        let enough = |found: &Found| administrates(user, found, now).parent_for(share).is_ok();
        let held = held(table, scope, user, share.source, now, &enough).await?;
        held.parent_for(share)
    })
}

async fn held(
    table: &Table,
    scope: &OrganizationScope,
    user: UserId,
    source: Source,
    now: DateTime<Utc>,
    enough: Enough<'_>,
) -> Result<Administration> {
    let found = decision::find_enough(table, scope, user, source, enough).await?;
    // With the source, what was granted on it is gone.
    Ok(match found {
        Some(found) => administrates(user, &found, now),
        None => Administration {
            user,
            zone: Tz::UTC,
            grants: Vec::new(),
        },
    })
}

/// Of what was found, what lets `user` administrate at `now`.
fn administrates(user: UserId, found: &Found, now: DateTime<Utc>) -> Administration {
    let zone = found.zone;
    let held = found.candidates.iter().flatten();
    let held = held.filter(|held| held.permissions.administrate && held.holds(zone, now));
    Administration {
        user,
        zone,
        grants: held.cloned().collect(),
    }
}
