//! `POST /v2/shares/{shareId}/calendar-link`.
//!
//! Three round trips: the share, the names of what it refers to, which tell whether the caller
//! may know of it, and the one transaction that writes the link.

use http::StatusCode;
use http::header::CACHE_CONTROL;
use latchkey::calendar_link::{
    self, CALENDAR_LINKS, CalendarLink, CalendarLinkHash, LinkOfUser, MAX_CALENDAR_LINKS,
};
use latchkey::error::{Conflict, Error, Result};
use latchkey::id::ShareId;
use latchkey::share::State;
use latchkey::table::{Change, If, Key};
use latchkey::warrant::Warrant;
use latchkey::wire::Response;
use latchkey::wire::idempotency::IdempotencyKey;
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use super::changing::{DECIDES, Part, deed};
use super::reading::{WHAT, base, find, names};
use crate::lambda::{Call, Endpoint, Once};

/// The endpoint.
pub const ENDPOINT: Endpoint = Endpoint::new("create-calendar-link", |call| Box::pin(create(call)));

const OVER: Error = Error::NotPossible {
    code: "calendarLinkShareEndedError",
    message: "This share has ended, so it cannot have a calendar link",
};
const TOO_MANY: Error = Error::NotPossible {
    code: "tooManyCalendarLinksError",
    message: "At most 20 users may have a calendar link to one share",
};

/// The answer.
#[derive(Serialize, ToSchema)]
#[schema(as = CalendarLinkCreated, description = "What was created.")]
pub(crate) struct Created {
    /// The address of the link; shown only once.
    #[schema(
        format = "uri",
        examples(
            "https://api.example/v2/calendars/k0fX2c0mJxv1l9mKq3sV7w5dYb8RzHtA4nEoGuPiLQc.ics"
        )
    )]
    url: String,
}

/// Create a calendar link.
///
/// Returns an address at which calendar programs (of Apple, Google or Microsoft) subscribe to
/// the times of the share. The programs send no header: everyone who has the address can read
/// the calendar, and nothing else. The address is shown only once. It ends with the share, and
/// when the caller may no longer read the share. Each caller has one link to a share; a new one
/// replaces the previous one.
///
/// Allowed: everyone who may read the share.
#[utoipa::path(
    post,
    path = "/v2/shares/{shareId}/calendar-link",
    tag = "Shares",
    operation_id = ENDPOINT.operation,
    params(
        ("shareId" = ShareId, Path, description = "The ID of the share.", example = 4),
        IdempotencyKey,
    ),
    responses(
        (status = 200, description = "Created.", body = Created),
        (status = 400, description = "The share has ended (`calendarLinkShareEndedError`), or \
            20 users have a link to it (`tooManyCalendarLinksError`)."),
        (status = 409, description = "Other requests kept changing the share. Try again."),
    ),
)]
pub(crate) async fn create(call: Call) -> Result<Response> {
    let id: ShareId = call.request.path_id("shareId", WHAT)?;
    call.request.bare()?;
    let once = Once::of(&call, &json!({ "shareId": id }))?;
    let user = call.caller.user();
    let secret = calendar_link::secret(&call.random)?;
    let hash = CalendarLinkHash::of(&secret);
    let url = calendar_link::url(base(&call), &secret);
    let answer = Response::json(StatusCode::OK, &Created { url }).header(CACHE_CONTROL, "no-store");

    for attempt in call.table.attempts() {
        let (scope, share) = find(&call, DECIDES).await?;
        let names = names(&call, &scope, &share).await?;
        if share.state(names.zone(&share), call.now) == State::Ended {
            return Err(OVER);
        }
        let (own, mut links): (Vec<_>, Vec<_>) = share
            .calendar_links
            .iter()
            .cloned()
            .partition(|link| link.user == user);
        if links.len() >= MAX_CALENDAR_LINKS {
            return Err(TOO_MANY);
        }
        links.push(LinkOfUser {
            user,
            hash: hash.clone(),
        });

        let deed = deed(&scope, &share).made(&json!({"calendarLink": hash}));
        let mut writes = call.table.transaction(&Warrant::Own, deed);
        once.remember(&mut writes, Part::Idempotency, &scope, &answer)?;
        // The share has no new version of it: nothing that it says has changed.
        let before = Some(&share.calendar_links).filter(|links| !links.is_empty());
        let same = If::Exists.and(If::is_still(CALENDAR_LINKS, before));
        let change = Change::default().set(CALENDAR_LINKS, &links);
        writes.update(Part::Share, &scope.share(share.id), change, same);
        let leads = CalendarLink {
            organization: share.organization,
            share: share.id,
            user,
        };
        writes.put_new(Part::CalendarLink, &Key::calendar_link(&hash), &leads);
        for former in own {
            let key = Key::calendar_link(&former.hash);
            writes.delete(Part::CalendarLink, &key, If::Always);
        }
        let Err(refused) = writes.send().await? else {
            return Ok(answer);
        };
        let first = once.first_answer(&refused, Part::Idempotency)?;
        if let Some(first) = first {
            return Ok(first);
        }
        attempt.back_off().await?;
    }
    Err(Error::Conflict(Conflict::Changed))
}
