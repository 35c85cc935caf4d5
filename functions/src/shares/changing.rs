//! Changing a share: who may, and the one transaction that does it.

use chrono_tz::Tz;
use latchkey::caller::OrganizationScope;
use latchkey::directory::KEPT_BY;
use latchkey::rights::{self, Administration};
use latchkey::role::{Area, Reach};
use latchkey::share::Share;
use latchkey::table::item::GrantEdge;
use latchkey::table::{Failed, Key, OldTransaction, Read};
use latchkey::web_key::{WebKey, WebKeyHash};
use latchkey::wire::json::FaultCode;
use latchkey::wire::{Conflict, Error, Response, Result};

use super::reading::{find, refusal, zone};
use crate::lambda::{Call, Once};

/// How often a change is tried that meets others.
pub(super) const MAX_ATTEMPTS: u32 = 8;

/// For what decides: nothing but what stands there now.
pub(super) const DECIDES: &[Read] = &[Read::Strong];

/// The attribute of a grant that says by right of which one it was made.
const PARENT: &str = "parent";

/// What each item of a transaction is there for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Part {
    /// The first answer to a request with a key.
    Idempotency,
    /// The share.
    Share,
    /// Its grant.
    Grant,
    /// A grant above it.
    Above,
    /// What its web key leads to.
    WebKey,
    /// What the token of an open invitation leads to.
    Invitation,
    /// What it refers to.
    Refers,
    /// The named schedule that it keeps from now on.
    Schedule,
    /// The named schedule that it kept.
    FormerSchedule,
}

/// By what the caller changes a share: the grants that they hold, those to their groups
/// unless their own are `enough`, or a role (`None`).
///
/// # Errors
/// 403 when they may not change it, 404 when they may not even know of it.
pub(super) async fn right_to_change(
    call: &Call,
    scope: &OrganizationScope,
    share: &Share,
    enough: &(dyn Fn(&Administration) -> bool + Sync),
) -> Result<Option<Administration>> {
    if scope.reaches(Area::Shares, Reach::Write) {
        return Ok(None);
    }
    let user = call.caller.user();
    let held =
        rights::administration_until(&call.table, scope, user, share.source, call.now, enough);
    let held = held.await?;
    if held.is_given() {
        Ok(Some(held))
    } else {
        Err(refusal(call, scope, share).await?)
    }
}

/// Makes of the share that the path names what `to` says, in one transaction with all that
/// follows from it, and gives the `answer` to the share as it is then. Tried again when the
/// share was changed meanwhile. Two round trips by role; one more by right of a grant, and
/// one for the zone of the door when the share is to be removed some day or has a web key.
///
/// A share that is changed by right of a grant is from then on held by right of that one.
///
/// # Errors
/// As [`right_to_change`], and what `to` says; 403 for what goes beyond the right of the
/// caller, 412 when `If-Match` does not hold, 409 when others kept changing it.
pub(super) async fn change(
    call: &Call,
    once: Option<&Once<'_>>,
    to: impl Fn(&Share) -> Result<Share> + Sync,
    answer: fn(&Call, &Share) -> Response,
) -> Result<Response> {
    let if_match = call.request.if_match();
    let mut counted = true;
    for attempt in 1..=MAX_ATTEMPTS {
        let (scope, before) = find(call, DECIDES).await?;
        let may = |held: &Administration| {
            to(&before).is_ok_and(|after| held.parent_to_change(&before, &after).is_ok())
        };
        let right = right_to_change(call, &scope, &before, &may).await?;
        let mut after = to(&before)?;
        let above = match &right {
            Some(held) => Some(held.parent_to_change(&before, &after)?),
            None => None,
        };
        if !if_match.holds(before.version) {
            return Err(Error::PreconditionFailed);
        }
        if after == before {
            return Ok(answer(call, &before));
        }
        if let Some(above) = &above {
            (after.parent, after.depth) = (Some(above.parent), above.depth);
        }
        let web_key = settle(call, &scope, &mut after, right.as_ref()).await?;
        after.version = before.version + 1;
        after.date_modified = call.now;
        let answer = answer(call, &after);

        let mut writes = call.table.old_transaction();
        if let Some(once) = once {
            writes = once.remember(writes, Part::Idempotency, &scope, &answer)?;
        }
        let key = scope.share(before.id);
        writes = writes.change(Part::Share, &key, &before, &after, before.version)?;
        writes = replace_grant(writes, &scope, &before, &after)?;
        // None of those above is put below this one at the same time.
        for grant in above.iter().flat_map(|above| &above.chain) {
            let key = scope.grant_key(grant);
            writes = writes.unchanged(Part::Above, &key, PARENT, grant.parent.as_ref())?;
        }
        writes = match (before.web_key, after.web_key, web_key) {
            (_, Some(key), Some(leads)) => {
                let key = Key::web_key(&WebKeyHash::of(key));
                writes.replace(Part::WebKey, &key, &leads)?
            }
            (Some(key), None, _) => {
                writes.clear(Part::WebKey, &Key::web_key(&WebKeyHash::of(key)))?
            }
            _ => writes,
        };
        if after.schedule != before.schedule {
            if let Some(kept) = after.schedule {
                writes = writes.count_up(Part::Schedule, &scope.schedule(kept), KEPT_BY)?;
            }
            writes = release(writes, &scope, &before, counted)?;
        }

        let refused = match writes.send().await {
            Ok(()) => return Ok(answer),
            Err(Failed::Error(error)) => return Err(error),
            Err(Failed::Refused(refused)) => refused,
        };
        if let Some(once) = once {
            let first = once.first_answer(&refused, Part::Idempotency, answer.status())?;
            if let Some(first) = first {
                return Ok(first);
            }
        }
        let is = |part| refused.iter().any(|(refused, _)| *refused == part);
        if is(Part::Schedule) {
            let message = "this organization has no such thing";
            return Err(Error::invalid("scheduleId", FaultCode::NotFound, message));
        }
        counted &= !is(Part::FormerSchedule);
        if is(Part::Share) && if_match.is_given() {
            return Err(Error::PreconditionFailed);
        }
        if is(Part::Share) || is(Part::Above) {
            call.table.back_off(attempt).await?;
        }
    }
    Err(Error::Conflict(Conflict::Changed))
}

/// Sets when a share is removed, and gives what its web key leads to: both follow from its
/// end at the door.
async fn settle(
    call: &Call,
    scope: &OrganizationScope,
    share: &mut Share,
    right: Option<&Administration>,
) -> Result<Option<WebKey>> {
    share.expires_at = None;
    if !share.has_end() || (share.auto_remove_after.is_none() && share.web_key.is_none()) {
        return Ok(None);
    }
    let zone: Tz = match right {
        Some(held) => held.zone(),
        None => zone(call, scope, share).await?,
    };
    // DynamoDB leaves alone what expired years ago.
    share.expires_at = share.removal(zone).map(|removal| removal.max(call.now));
    let (_, end) = share.timing.span(zone);
    Ok(share.web_key.and(end).map(|end| WebKey::of(share, end)))
}

/// Puts the grant of a share in its place, when it has become another one.
pub(super) fn replace_grant<'t>(
    writes: OldTransaction<'t, Part>,
    scope: &OrganizationScope,
    before: &Share,
    after: &Share,
) -> Result<OldTransaction<'t, Part>> {
    let (was, is) = (GrantEdge::of(scope, before), GrantEdge::of(scope, after));
    match is {
        Some((key, edge)) if was.is_none_or(|(_, was)| was != edge) => {
            writes.replace(Part::Grant, &key, &edge)
        }
        _ => Ok(writes),
    }
}

/// Lets go of the named schedule that a share keeps. `counted` is whether that one is known
/// to count it: a count that is nought already must not keep the share as it is.
pub(super) fn release<'t>(
    writes: OldTransaction<'t, Part>,
    scope: &OrganizationScope,
    share: &Share,
    counted: bool,
) -> Result<OldTransaction<'t, Part>> {
    match share.schedule {
        Some(kept) if counted => {
            writes.count_down(Part::FormerSchedule, &scope.schedule(kept), KEPT_BY, 1)
        }
        _ => Ok(writes),
    }
}
