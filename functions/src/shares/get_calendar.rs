//! `GET /v2/calendars/{calendar}`.
//!
//! Three round trips: what the link leads to, at once the share and the user whose link it is,
//! and the names of what the share refers to.

use http::header::CACHE_CONTROL;
use latchkey::calendar_link::{CalendarLink, CalendarLinkHash};
use latchkey::directory::User;
use latchkey::error::{Error, Result};
use latchkey::share::{Share, State};
use latchkey::table::{Key, Read};
use latchkey::wire::Response;

use super::calendar::icalendar;
use super::reading::names;
use crate::lambda::{Call, Endpoint, OpenCall};

/// The endpoint.
pub const ENDPOINT: Endpoint =
    Endpoint::open("get-calendar", |call| Box::pin(get(call)), Error::response);

const NOT_FOUND: Error = Error::NotFound("calendar");

/// Get a calendar.
///
/// Returns the times of a share as an iCalendar, at the address of a calendar link. No
/// credential is needed: the address is the secret. The calendar shows what the creator of the
/// link may see of the share now, and ends when they may no longer read the share.
///
/// Allowed: everyone who has the address.
#[utoipa::path(
    get,
    path = "/v2/calendars/{calendar}",
    tag = "Shares",
    operation_id = ENDPOINT.operation,
    params(("calendar" = String, Path, description = "The secret of the link, followed by \
        `.ics`.", example = "k0fX2c0mJxv1l9mKq3sV7w5dYb8RzHtA4nEoGuPiLQc.ics")),
    responses(
        (status = 200, description = "The calendar.", content((String = "text/calendar"))),
        (status = 404, description = "No calendar link has this address: it is unknown or was \
            deleted, the share has ended or was deleted, or the creator of the link may no \
            longer read the share."),
    ),
    security(()),
)]
pub(crate) async fn get(call: OpenCall) -> Result<Response> {
    call.request.bare()?;
    let name = call.request.path.get("calendar");
    let hash = name.and_then(|name| CalendarLinkHash::of_file(name));
    let key = Key::calendar_link(&hash.ok_or(NOT_FOUND)?);
    let context = call.context().await?;
    let link: Option<CalendarLink> = context.table.get(&key, Read::Strong).await?;
    let link = link.ok_or(NOT_FOUND)?;
    let keys = Key::of_calendar_link(&link);
    let items = context.table.get_all(&keys, Read::Eventual).await?;
    let user: Option<User> = items.get(&keys[0])?;
    let share: Option<Share> = items.get(&keys[1])?;
    let share = share.filter(|share| !share.is_gone(call.now));
    let (Some(user), Some(share)) = (user, share) else {
        return Err(NOT_FOUND);
    };
    let call = Call {
        operation: ENDPOINT.operation,
        caller: link.caller(user.roles),
        request: call.request,
        context,
    };
    let scope = call.caller.scope(link.organization)?;
    let names = names(&call, &scope, &share).await;
    let names = names.map_err(|error| match error {
        Error::NotFound(_) => NOT_FOUND,
        error => error,
    })?;
    if share.state(names.zone(&share), call.now) == State::Ended {
        return Err(NOT_FOUND);
    }
    Ok(icalendar(&share, &names, None).header(CACHE_CONTROL, "private"))
}
