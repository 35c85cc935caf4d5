//! `DELETE /v2/shares/{shareId}/calendar-link`.
//!
//! Two round trips: the share, and the one transaction that takes the link away.

use http::StatusCode;
use latchkey::calendar_link::CALENDAR_LINKS;
use latchkey::error::{Conflict, Error, Result};
use latchkey::id::ShareId;
use latchkey::table::{Change, If, Key};
use latchkey::warrant::Warrant;
use latchkey::wire::Response;
use latchkey::wire::idempotency::IdempotencyKey;
use serde_json::{Value, json};

use super::changing::{DECIDES, Part, deed};
use super::reading::find;
use crate::lambda::{Call, Endpoint, Once};

/// The endpoint.
pub const ENDPOINT: Endpoint = Endpoint::new("delete-calendar-link", |call| Box::pin(delete(call)));

/// Delete a calendar link.
///
/// Deletes the caller's own link: its address shows no calendar from then on.
///
/// Allowed: the user who created the link.
#[utoipa::path(
    delete,
    path = "/v2/shares/{shareId}/calendar-link",
    tag = "Shares",
    operation_id = ENDPOINT.operation,
    params(
        ("shareId" = ShareId, Path, description = "The ID of the share.", example = 4),
        IdempotencyKey,
    ),
    responses(
        (status = 204, description = "Deleted."),
        (status = 404, description = "The caller has no link to this share."),
        (status = 409, description = "Other requests kept changing the share. Try again."),
    ),
)]
pub(crate) async fn delete(call: Call) -> Result<Response> {
    let once = Once::of(&call, &Value::Null)?;
    let outcome = delete_now(&call, &once).await;
    once.settle(outcome).await
}

async fn delete_now(call: &Call, once: &Once<'_>) -> Result<Response> {
    call.request.bare()?;
    let user = call.caller.user();
    for attempt in call.table.attempts() {
        let (scope, share) = find(call, DECIDES).await?;
        let (own, links): (Vec<_>, Vec<_>) = share
            .calendar_links
            .iter()
            .cloned()
            .partition(|link| link.user == user);
        if own.is_empty() {
            return Err(Error::NotFound("calendar link"));
        }
        let answer = Response::empty(StatusCode::NO_CONTENT);
        let link = json!({"calendarLink": own.first().map(|link| &link.hash)});
        let deed = deed(&scope, &share).removed(&link);
        let mut writes = call.table.transaction(&Warrant::Own, deed);
        once.remember(&mut writes, Part::Idempotency, &scope, &answer)?;
        let change = match links.is_empty() {
            true => Change::default().remove(CALENDAR_LINKS),
            false => Change::default().set(CALENDAR_LINKS, &links),
        };
        let same = If::is(CALENDAR_LINKS, &share.calendar_links);
        writes.update(Part::Share, &scope.share(share.id), change, same);
        for link in own {
            let key = Key::calendar_link(&link.hash);
            writes.delete(Part::CalendarLink, &key, If::Always);
        }
        let Err(refused) = writes.send().await? else {
            return Ok(answer);
        };
        if let Some(first) = once.first_answer(&refused, Part::Idempotency)? {
            return Ok(first);
        }
        attempt.back_off().await?;
    }
    Err(Error::Conflict(Conflict::Changed))
}
