//! `POST /v2/shares`.
//!
//! Writes the share and its grant, and checks that what they refer to exists, in one
//! transaction: one round trip. By `administrate` there is one more, to read the grants
//! of the caller, and the transaction counts what they pass on (see `allowance.rs`).

use http::StatusCode;
use latchkey::caller::OrganizationScope;
use latchkey::directory::schedule;
use latchkey::error::{Error, Result};
use latchkey::grant::Parent;
use latchkey::id::ShareId;
use latchkey::invitation::{self, Invitation, InvitationHash};
use latchkey::layout::item::GrantEdge;
use latchkey::rights::{self, Administration};
use latchkey::role::{Area, Reach};
use latchkey::share::{NewShare, NewShareBody, Share};
use latchkey::table::{Key, Refused};
use latchkey::warrant::Warrant;
use latchkey::wire::Response;
use latchkey::wire::idempotency::IdempotencyKey;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::allowance::Allowance;
use super::changing::deed;
use crate::lambda::{Call, Endpoint, Once};

/// The endpoint.
pub const ENDPOINT: Endpoint = Endpoint::new("create-share", |call| Box::pin(create(call)));

/// The number of IDs to try. If many items are created at once, one ID in thousands is taken.
const MAX_IDS: u32 = 5;

/// The answer.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ShareCreated, description = "What was created.")]
pub(crate) struct Created {
    /// The ID of the share.
    share_id: ShareId,
    /// The token of an open invitation; shown only once.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(examples("8a4f2f52-2d5b-4c53-9d50-0e7b4a1c9f3e"))]
    token: Option<Uuid>,
}

/// The purpose of each item of the transaction.
#[derive(Clone, Copy, PartialEq)]
enum Part {
    Idempotency,
    Share,
    Grant,
    Invitation,
    /// The limit of shares that are passed on.
    Allowance,
    Refers(&'static str),
}

/// Create a share.
///
/// Gives a user or a user group the right to open a device or a device group, within a window
/// and on a schedule. Without a receiver the share is an open invitation, and the answer has
/// its token. The token is shown only once.
///
/// Allowed roles: `Admin`, `TenantAdmin`, `AccessAdmin`. Also allowed: users who hold
/// `administrate` on the source now. These can give no permission, no earlier start and no
/// later end than they have themselves, and can make at most 20 shares of one source for one
/// receiver.
#[utoipa::path(
    post,
    path = "/v2/shares",
    tag = "Shares",
    operation_id = ENDPOINT.operation,
    params(IdempotencyKey),
    request_body = NewShareBody,
    responses(
        (status = 200, description = "Created.", body = Created),
        (status = 400, description = "The body has faults, which are in `details`. Or \
            `tooManySharesError`: the caller has made 20 shares of this source for this \
            receiver."),
        (status = 403, description = "The caller does not belong to the organization, may not \
            share this source, or may not give as much as this."),
    ),
)]
pub(crate) async fn create(call: Call) -> Result<Response> {
    let body = call.request.json()?;
    let new = NewShare::read(&body, call.now)?;
    let once = Once::of(&call, &body)?;
    let scope = call.caller.scope(new.organization)?;
    let by_right_of = if scope.reaches(Area::Shares, Reach::Write) {
        None
    } else {
        let user = call.caller.user();
        let may = |held: &Administration| held.parent_for(new.permissions, &new.timing).is_ok();
        let held =
            rights::administration_until(&call.table, &scope, user, new.source, call.now, &may);
        Some(held.await?.parent_for(new.permissions, &new.timing)?)
    };
    let by = match &by_right_of {
        None => scope.to_write(Area::Shares)?,
        Some((parent, _)) => Warrant::Grant(parent.share.into()),
    };
    let parent = by_right_of.map(|(parent, _)| parent);
    let mut allowance = Allowance::of(&scope, parent, new.receiver, new.source);
    let token = if new.receiver.is_none() {
        Some(call.random.uuid()?)
    } else {
        None
    };

    for _ in 0..MAX_IDS {
        let share = share(&call, &new, by_right_of)?;
        let answer = Response::json(
            StatusCode::OK,
            &Created {
                share_id: share.id,
                token,
            },
        );

        let deed = deed(&scope, &share).made(&share);
        let mut writes = call.table.transaction(&by, deed);
        once.remember(&mut writes, Part::Idempotency, &scope, &answer)?;
        writes.put_new(Part::Share, &scope.share(share.id), &share);
        writes.refers(Part::Refers(new.source.field()), &scope.source(new.source));
        if let Some(receiver) = share.receiver {
            writes.refers(Part::Refers(receiver.field()), &scope.receiver(receiver));
        }
        for (key, edge) in GrantEdge::of(&scope, &share) {
            writes.put_new(Part::Grant, &key, &edge);
        }
        if let (Some(token), Some(expires_at)) = (token, share.invitation_expiration) {
            let invitation = Invitation {
                organization: share.organization,
                share: share.id,
                expires_at,
            };
            let claim = Key::invitation(&InvitationHash::of_token(token));
            writes.put_new(Part::Invitation, &claim, &invitation);
        }
        if let Some(allowance) = &allowance {
            allowance.take(&mut writes, Part::Allowance);
        }
        if let Some(kept) = new.schedule {
            let part = Part::Refers("scheduleId");
            schedule::keep(&mut writes, part, &scope.schedule(kept));
        }

        let Err(refused) = writes.send().await? else {
            return Ok(answer);
        };
        let first = once.first_answer(&refused, Part::Idempotency)?;
        if let Some(first) = first {
            return Ok(first);
        }
        refusal(&refused, &scope, &share)?;
        if let Some(allowance) = &mut allowance {
            allowance.recount(&call, &refused, Part::Allowance).await?;
        }
    }
    Err(Error::Unavailable(format!(
        "{MAX_IDS} ids in a row were taken"
    )))
}

fn share(call: &Call, new: &NewShare, by_right_of: Option<(Parent, u8)>) -> Result<Share> {
    let open = new.receiver.is_none();
    Ok(Share {
        id: ShareId::generate(call.now, call.random.bits()?),
        organization: new.organization,
        creator: call.caller.user(),
        timing: new.timing.clone(),
        schedule: new.schedule,
        permissions: new.permissions,
        source: new.source,
        receiver: new.receiver,
        personal_settings: new.personal_settings,
        invitation_expiration: open.then(|| invitation::expiration(call.now)),
        auto_remove_after: None,
        external_id: new.external_id.clone(),
        expires_at: None,
        web_key: None,
        calendar_links: Vec::new(),
        parent: by_right_of.map(|(parent, _)| parent),
        depth: by_right_of.map_or(0, |(_, depth)| depth),
        version: 1,
        date_created: call.now,
        date_modified: call.now,
    })
}

/// Turns a refused transaction into faults of the body; nothing if only the ID is taken.
///
/// # Errors
/// 400 for what the organization does not have.
fn refusal(refused: &Refused<Part>, scope: &OrganizationScope, share: &Share) -> Result<()> {
    let receiver = share
        .receiver
        .map(|receiver| (receiver.field(), scope.receiver(receiver)));
    let schedule = share.schedule.map(|id| ("scheduleId", scope.schedule(id)));
    let source = (share.source.field(), scope.source(share.source));
    let refers = [Some(source), receiver, schedule].into_iter().flatten();
    let missing = refers.filter(|(field, _)| refused.has(Part::Refers(field)));
    let faults: Vec<_> = missing.map(|(field, key)| key.missing(field)).collect();
    if faults.is_empty() {
        Ok(())
    } else {
        Err(faults.into())
    }
}
