//! `POST /v2/shares/claim`.
//!
//! Three round trips: what the token leads to, the share, and the one transaction that makes
//! the caller its receiver; one more for the zone of the door when the share has an end.

use http::StatusCode;
use latchkey::error::{Conflict, Error, Result};
use latchkey::grant::Receiver;
use latchkey::id::ShareId;
use latchkey::invitation::{Claim, Invitation, InvitationHash};
use latchkey::share::{Share, State};
use latchkey::table::{If, Key, Read};
use latchkey::warrant::Warrant;
use latchkey::wire::Response;
use serde::Serialize;
use utoipa::ToSchema;

use super::allowance::Allowance;
use super::changing::{Part, deed, replace_grant};
use super::reading::zone;
use crate::lambda::{Call, Endpoint};

/// The endpoint.
pub const ENDPOINT: Endpoint = Endpoint::new("claim-share", |call| Box::pin(claim(call)));

/// The name of what does not exist, for every reason why a token may not lead to a share.
const WHAT: &str = "invitation";

/// The answer.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ShareClaimed, description = "What was claimed.")]
pub(crate) struct Claimed {
    /// The ID of the share.
    share_id: ShareId,
}

/// Claim a share.
///
/// Makes the caller the receiver of an open invitation. The first caller with the token gets
/// the share: the token is valid once.
///
/// Allowed: every user of the share's organization. For everyone else the invitation does not
/// exist.
#[utoipa::path(
    post,
    path = "/v2/shares/claim",
    tag = "Shares",
    operation_id = ENDPOINT.operation,
    request_body = Claim,
    responses(
        (status = 200, description = "Claimed: the caller is the receiver of the share.", body = Claimed, headers(("ETag"))),
        (status = 404, description = "No open invitation of the caller's organization has this \
            token: it is unknown, has expired or was claimed, or the share has ended or was \
            deleted."),
        (status = 409, description = "Other requests kept changing the share. Try again."),
    ),
)]
pub(crate) async fn claim(call: Call) -> Result<Response> {
    let body = call.request.json()?;
    let Claim { token } = Claim::read(&body)?;
    let at = Key::invitation(&InvitationHash::of_token(token));
    let found = call.table.get(&at, Read::Strong).await?;
    let found = found.filter(|found: &Invitation| call.now < found.expires_at);
    let invitation = found.ok_or(Error::NotFound(WHAT))?;
    let scope = call.caller.scope(invitation.organization);
    let scope = scope.map_err(|_| Error::NotFound(WHAT))?;
    let key = scope.share(invitation.share);

    let mut allowance = None;
    for attempt in call.table.attempts() {
        let found = call.table.get(&key, Read::Strong).await?;
        let is_open = |share: &Share| share.receiver.is_none() && !share.is_gone(call.now);
        let before = found.filter(is_open).ok_or(Error::NotFound(WHAT))?;
        if before.has_end() {
            let zone = zone(&call, &scope, &before).await?;
            if before.state(zone, call.now) == State::Ended {
                return Err(Error::NotFound(WHAT));
            }
        }
        let receiver = Receiver::User(call.caller.user());
        let after = Share {
            receiver: Some(receiver),
            invitation_expiration: None,
            version: before.version + 1,
            date_modified: call.now,
            ..before.clone()
        };

        let deed = deed(&scope, &before).changed(&before, &after);
        let mut writes = call.table.transaction(&Warrant::Secret, deed);
        writes.change(Part::Share, &key, (&before, &after), before.version);
        writes.delete(Part::Invitation, &at, If::Exists);
        writes.refers(Part::Refers, &scope.receiver(receiver));
        writes.refers(Part::Refers, &scope.source(before.source));
        replace_grant(&mut writes, &scope, &before, &after);
        if allowance.is_none() {
            allowance = Allowance::of(&scope, before.parent, after.receiver, before.source);
        }
        if let Some(allowance) = &allowance {
            allowance.take(&mut writes, Part::Allowance);
        }
        let Err(refused) = writes.send().await? else {
            let claimed = Claimed { share_id: after.id };
            return Ok(Response::json(StatusCode::OK, &claimed).etag(after.version));
        };
        for gone in [Part::Invitation, Part::Refers] {
            refused.on(gone, || Error::NotFound(WHAT))?;
        }
        if let Some(allowance) = &mut allowance {
            allowance.recount(&call, &refused, Part::Allowance).await?;
        }
        attempt.back_off().await?;
    }
    Err(Error::Conflict(Conflict::Changed))
}
