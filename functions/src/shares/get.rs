//! `GET /v2/shares/{shareId}`.
//!
//! Two round trips: the share, then the names of all that it refers to. Both are
//! eventually consistent reads, which cost half; a share that such a read does not find
//! is asked for once more, strongly, so that one just created is there.

use http::StatusCode;
use latchkey::caller::OrganizationScope;
use latchkey::directory::{Schedule, User};
use latchkey::grant::{Receiver, Source};
use latchkey::id::ShareId;
use latchkey::rights;
use latchkey::role::{Area, Reach};
use latchkey::share::{Names, Share, SourceDetails, View};
use latchkey::table::{Items, Read};
use latchkey::wire::{Error, Response, Result};

use crate::lambda::{Call, Endpoint, SHOWN};

/// The endpoint.
pub const ENDPOINT: Endpoint = Endpoint {
    operation: "get-share",
    handle: |call| Box::pin(get(call)),
};

const WHAT: &str = "share";

/// Get a share.
///
/// The share whole, with the names of all that it refers to.
///
/// Who may: the roles `Admin`, `TenantAdmin` and `AccessAdmin`, who made it, who received
/// it, and whoever administrates its source now. To everyone else it does not exist.
#[utoipa::path(
    get,
    path = "/v2/shares/{shareId}",
    tag = "Shares",
    operation_id = ENDPOINT.operation,
    params(("shareId" = ShareId, Path, description = "The number of the share.", example = 3)),
    responses(
        (status = 200, description = "The share.", body = View, headers(("ETag"))),
    ),
)]
pub(crate) async fn get(call: Call) -> Result<Response> {
    let id: ShareId = call.request.path_id("shareId", WHAT)?;
    let found = call.find(|scope| Some(scope.share(id)), SHOWN).await?;
    let (scope, share): (_, Share) = found.ok_or(Error::NotFound(WHAT))?;
    let caller = scope.user(call.caller.user());

    let mut keys = vec![
        scope.organization_key(),
        scope.user(share.creator),
        scope.source(share.source),
    ];
    keys.extend(share.receiver.map(|receiver| scope.receiver(receiver)));
    keys.extend(share.schedule.map(|schedule| scope.schedule(schedule)));
    if let Some(Receiver::UserGroup(_)) = share.receiver {
        keys.push(caller.clone());
    }
    let items = call.table.get_all(&keys, Read::Eventual).await?;

    if !may_read(&call, &scope, &share, items.get(&caller)?).await? {
        return Err(Error::NotFound(WHAT));
    }
    let version = share.version;
    let names = names(&scope, &share, &items)?;
    Ok(Response::json(StatusCode::OK, &View::new(share, names, call.now)).etag(version))
}

async fn may_read(
    call: &Call,
    scope: &OrganizationScope,
    share: &Share,
    caller: Option<User>,
) -> Result<bool> {
    let user = call.caller.user();
    let receives = match share.receiver {
        Some(Receiver::User(receiver)) => receiver == user,
        Some(Receiver::UserGroup(group)) => {
            caller.is_some_and(|caller| caller.groups.contains(&group))
        }
        None => false,
    };
    if receives || share.creator == user || scope.reaches(Area::Shares, Reach::Read) {
        return Ok(true);
    }
    let held = rights::administration(&call.table, scope, user, share.source, call.now).await?;
    Ok(held.is_given())
}

fn names(scope: &OrganizationScope, share: &Share, items: &Items) -> Result<Names> {
    let source = scope.source(share.source);
    let mut names = Names {
        organization: items.get(&scope.organization_key())?,
        creator: items.get(&scope.user(share.creator))?,
        source: match share.source {
            Source::Device(_) => items.get(&source)?.map(SourceDetails::Device),
            Source::DeviceGroup(_) => items.get(&source)?.map(SourceDetails::DeviceGroup),
        },
        ..Names::default()
    };
    match share.receiver {
        Some(Receiver::User(id)) => names.user = items.get(&scope.user(id))?,
        Some(Receiver::UserGroup(id)) => names.user_group = items.get(&scope.user_group(id))?,
        None => {}
    }
    if let Some(id) = share.schedule {
        names.schedule = items
            .get::<Schedule>(&scope.schedule(id))?
            .map(|schedule| schedule.rules);
    }
    Ok(names)
}
