//! Changing a share: the rights, and the one transaction.

use latchkey::caller::OrganizationScope;
use latchkey::deed::{Deed, Unrecorded};
use latchkey::directory::schedule;
use latchkey::error::{Conflict, Error, Result};
use latchkey::grant::{self, GrantId};
use latchkey::layout::item::GrantEdge;
use latchkey::rights::{self, Administration};
use latchkey::role::{Area, Reach};
use latchkey::share::Share;
use latchkey::table::{If, Key, Read, Transaction};
use latchkey::timing::Zone;
use latchkey::warrant::Warrant;
use latchkey::web_key::WebKey;
use latchkey::wire::Response;

use super::reading::{find, refusal, zone};
use crate::lambda::{Call, Once};

const OVER: Error = Error::NotPossible {
    code: "webKeyShareEndedError",
    message: "This share has ended, so it cannot have a web key",
};

/// For decisions: reads are strongly consistent.
pub(super) const DECIDES: &[Read] = &[Read::Strong];

/// The purpose of each item of a transaction.
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
    /// The target of its web key.
    WebKey,
    /// The target of an open invitation's token.
    Invitation,
    /// The limit of shares that are passed on.
    Allowance,
    /// A link to its calendar.
    CalendarLink,
    /// The items to which it refers.
    Refers,
    /// The named schedule that it keeps from now on.
    Schedule,
    /// The named schedule that it kept.
    FormerSchedule,
}

/// The right by which the caller changes a share: the grants that they hold, including those to
/// their groups unless their own are `enough`, or a role (`None`).
///
/// # Errors
/// 403 if they may not change it, 404 if they may not even know of it.
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

/// The authority for writing a share: a role, unless it is a grant of the caller.
///
/// # Errors
/// 403 if the caller has no such role.
pub(super) fn warrant(scope: &OrganizationScope, held: Option<GrantId>) -> Result<Warrant> {
    match held {
        None => scope.to_write(Area::Shares),
        Some(grant) => Ok(Warrant::Grant(grant)),
    }
}

/// What is done to a share, for the record.
pub(super) fn deed(scope: &OrganizationScope, share: &Share) -> Deed {
    scope.deed(share.id.into()).on(share.source)
}

/// Makes of the share that the path names what `to` says, in one transaction with all that
/// follows from it, and gives the `answer` to the share as it is then. Tried again when the
/// share was changed meanwhile. Two round trips by role; one more by right of a grant, and
/// one for the zone of the door when the share is to be removed some day or has a web key.
///
/// A share that is changed by right of a grant so that it reaches further than it did is from
/// then on held by right of that one. Otherwise it stays held as it was: who takes a little
/// away from a share does not have it hang on their own right.
///
/// # Errors
/// As [`right_to_change`], and the errors of `to`; 403 for what exceeds the caller's right, 412
/// if `If-Match` does not hold, 409 if others kept changing the share.
pub(super) async fn change(
    call: &Call,
    once: &Once<'_>,
    to: impl Fn(&Share) -> Result<Share> + Sync,
    answer: &(dyn Fn(&Call, &Share) -> Response + Sync),
) -> Result<Response> {
    let outcome = change_now(call, once, to, answer).await;
    once.settle(outcome).await
}

async fn change_now(
    call: &Call,
    once: &Once<'_>,
    to: impl Fn(&Share) -> Result<Share> + Sync,
    answer: &(dyn Fn(&Call, &Share) -> Response + Sync),
) -> Result<Response> {
    let if_match = call.request.if_match();
    let mut counted = true;
    for attempt in call.table.attempts() {
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
        let grant = above.as_ref().map(|above| above.parent.share.into());
        if !if_match.holds(before.version) {
            return Err(Error::PreconditionFailed);
        }
        if after == before {
            let answer = answer(call, &before);
            let by = warrant(&scope, grant)?;
            match unchanged(call, once, (&scope, &by), &before, answer).await? {
                Some(answer) => return Ok(answer),
                None => continue,
            }
        }
        if let (Some(above), Some(held)) = (&above, &right) {
            if after.reaches_beyond(&before, held.zone()) {
                (after.parent, after.depth) = (Some(above.parent), above.depth);
            }
            if let Some(key) = after.web_key.as_mut().filter(|_| before.web_key.is_none()) {
                key.parent = Some(above.parent);
            }
        }
        let web_key = settle(call, &scope, &mut after, right.as_ref()).await?;
        if let (None, Some(key)) = (&before.web_key, &web_key)
            && key.expires_at <= call.now
        {
            return Err(OVER);
        }
        after.version = before.version + 1;
        after.date_modified = call.now;
        let answer = answer(call, &after);

        let deed = deed(&scope, &before).changed(&before, &after);
        let mut writes = call.table.transaction(&warrant(&scope, grant)?, deed);
        once.remember(&mut writes, Part::Idempotency, &scope, &answer)?;
        let key = scope.share(before.id);
        writes.change(Part::Share, &key, (&before, &after), before.version);
        replace_grant(&mut writes, &scope, &before, &after);
        // None of those above is put below this one at the same time.
        for above in above.iter().flat_map(|above| &above.chain) {
            let same = If::is_still(grant::PARENT, above.parent.as_ref());
            let key = scope.grant_key(above);
            writes.check(Part::Above, &key, If::Exists.and(same));
        }
        match (&before.web_key, &after.web_key, web_key) {
            (_, Some(key), Some(leads)) => {
                writes.put(Part::WebKey, &Key::web_key(&key.hash), &leads, If::Always);
            }
            (Some(key), None, _) => {
                writes.delete(Part::WebKey, &Key::web_key(&key.hash), If::Always);
            }
            _ => {}
        }
        if after.schedule != before.schedule {
            if let Some(kept) = after.schedule {
                schedule::keep(&mut writes, Part::Schedule, &scope.schedule(kept));
            }
            release(&mut writes, &scope, &before, counted);
        }

        let Err(refused) = writes.send().await? else {
            return Ok(answer);
        };
        if let Some(first) = once.first_answer(&refused, Part::Idempotency)? {
            return Ok(first);
        }
        refused.on(Part::Schedule, || {
            let missing = after
                .schedule
                .map(|id| scope.schedule(id).missing("scheduleId"));
            Error::InvalidInput(missing.into_iter().collect())
        })?;
        counted &= !refused.has(Part::FormerSchedule);
        if if_match.is_given() {
            refused.on(Part::Share, || Error::PreconditionFailed)?;
        }
        if refused.has(Part::Share) || refused.has(Part::Above) {
            attempt.back_off().await?;
        }
    }
    Err(Error::Conflict(Conflict::Changed))
}

/// The answer to a change that changes nothing, which is stored all the same if the request
/// has a key; `None` if the share was changed meanwhile.
async fn unchanged(
    call: &Call,
    once: &Once<'_>,
    (scope, by): (&OrganizationScope, &Warrant),
    share: &Share,
    answer: Response,
) -> Result<Option<Response>> {
    if !once.is_given() {
        return Ok(Some(answer));
    }
    let mut writes = call.table.transaction(by, Unrecorded::NoChange);
    once.remember(&mut writes, Part::Idempotency, scope, &answer)?;
    let key = scope.share(share.id);
    writes.check(Part::Share, &key, If::version(share.version));
    match writes.send().await? {
        Ok(()) => Ok(Some(answer)),
        Err(refused) => once.first_answer(&refused, Part::Idempotency),
    }
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
    let zone: Zone = match right {
        Some(held) => held.zone(),
        None => zone(call, scope, share).await?,
    };
    // DynamoDB leaves alone what expired years ago.
    share.expires_at = share.removal(zone).map(|removal| removal.max(call.now));
    let (_, end) = share.timing.span(zone);
    let end = end.filter(|_| share.web_key.is_some());
    Ok(end.map(|end| WebKey::of(share.organization, share.id, end)))
}

/// Puts the grant of a share in its place, when it has become another one.
pub(super) fn replace_grant(
    writes: &mut Transaction<'_, Part>,
    scope: &OrganizationScope,
    before: &Share,
    after: &Share,
) {
    if before.grant() != after.grant() {
        for (key, edge) in GrantEdge::of(scope, after) {
            writes.put(Part::Grant, &key, &edge, If::Always);
        }
    }
}

/// Lets go of the named schedule that a share keeps. `counted` is whether that one is known
/// to count it: a count that is nought already must not keep the share as it is.
pub(super) fn release(
    writes: &mut Transaction<'_, Part>,
    scope: &OrganizationScope,
    share: &Share,
    counted: bool,
) {
    if let Some(kept) = share.schedule.filter(|_| counted) {
        schedule::release(writes, Part::FormerSchedule, &scope.schedule(kept), 1);
    }
}
