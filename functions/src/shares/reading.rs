//! Finding shares, and showing them to those who may know of them.

use latchkey::caller::OrganizationScope;
use latchkey::decision;
use latchkey::directory::User;
use latchkey::error::{Error, Result};
use latchkey::grant::Receiver;
use latchkey::id::ShareId;
use latchkey::rights;
use latchkey::role::{Area, Reach};
use latchkey::share::{Names, Share};
use latchkey::table::Read;
use latchkey::timing::Zone;

use crate::lambda::{Call, SHOWN};

/// The name of the kind, in words.
pub(super) const WHAT: &str = "share";

/// The share that the path names, found by `reads`, with its organization. One round trip.
///
/// # Errors
/// 404 if no organization of the caller has it, or has it no longer.
pub(super) async fn find(call: &Call, reads: &[Read]) -> Result<(OrganizationScope, Share)> {
    let id: ShareId = call.request.path_id("shareId", WHAT)?;
    let found = call.find(|scope| Some(scope.share(id)), reads).await?;
    found
        .filter(|(_, share): &(_, Share)| !share.is_gone(call.now))
        .ok_or(Error::NotFound(WHAT))
}

/// The share in the path, with the names of everything that it refers to, for a caller who may
/// know of it.
///
/// Two round trips: the share, then the names. Both reads are eventually consistent, at half
/// the cost. If the share is not found, it is read once more, strongly consistent, so that a
/// new share is found.
///
/// # Errors
/// 404 if the share does not exist, or the caller may not know of it.
pub(super) async fn shown(call: &Call) -> Result<(Share, Names)> {
    let (scope, share) = find(call, SHOWN).await?;
    let names = names(call, &scope, &share).await?;
    Ok((share, names))
}

/// The names of everything that a share refers to, for a caller who may know of it. One round
/// trip.
///
/// # Errors
/// 404 if they may not.
pub(crate) async fn names(call: &Call, scope: &OrganizationScope, share: &Share) -> Result<Names> {
    let caller = scope.user(call.caller.user());
    let mut keys = Names::keys(scope, share);
    if let Some(Receiver::UserGroup(_)) = share.receiver {
        keys.push(caller.clone());
    }
    let mut items = call.table.get_all(&keys, Read::Eventual).await?;
    let user = items.get(&caller)?;
    if !(scope.reaches(Area::Shares, Reach::Read) || is_about(call, share, user.as_ref())) {
        let user = call.caller.user();
        let held = rights::administration(&call.table, scope, user, share.source, call.now).await?;
        if !held.is_given() {
            return Err(Error::NotFound(WHAT));
        }
    }
    Names::read(scope, [share], &mut items)
}

/// Whether the caller knows of a share by what they are to it: who made it or receives it,
/// also in a group. `account` is their own, to tell their groups.
fn is_about(call: &Call, share: &Share, account: Option<&User>) -> bool {
    let user = call.caller.user();
    let receives = match share.receiver {
        Some(Receiver::User(receiver)) => receiver == user,
        Some(Receiver::UserGroup(group)) => {
            account.is_some_and(|account| account.groups.contains(&group))
        }
        None => false,
    };
    receives || share.creator == user
}

/// The answer to a caller who may not change a share: 403 if they may know of it.
///
/// # Errors
/// 429 and 503.
pub(super) async fn refusal(
    call: &Call,
    scope: &OrganizationScope,
    share: &Share,
) -> Result<Error> {
    let key = scope.user(call.caller.user());
    let account = match share.receiver {
        Some(Receiver::UserGroup(_)) => call.table.get(&key, Read::Strong).await?,
        _ => None,
    };
    let knows = scope.reaches(Area::Shares, Reach::Read) || is_about(call, share, account.as_ref());
    Ok(if knows {
        Error::InsufficientRights(Vec::new())
    } else {
        Error::NotFound(WHAT)
    })
}

/// The zone of the door of a share. One round trip.
pub(super) async fn zone(call: &Call, scope: &OrganizationScope, share: &Share) -> Result<Zone> {
    decision::zone_of(&call.table, scope, share.source, Read::Strong).await
}

/// The beginning of all addresses of this deployment.
pub(super) fn base(call: &Call) -> &str {
    let url = call.request.url.as_str();
    url.rsplit_once("/v2/shares").map_or("", |(base, _)| base)
}
