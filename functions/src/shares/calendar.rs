//! `GET /v2/shares/{shareId}/calendar`.
//!
//! Two round trips: the share, then the names of all that it refers to, with the zone of
//! its door and the rules of its named schedule.

use chrono::{DateTime, FixedOffset, TimeDelta, Utc};
use http::StatusCode;
use latchkey::error::{FaultCode, Result};
use latchkey::id::{Id, ShareId};
use latchkey::share::{Names, Share};
use latchkey::timing::CalendarEntry;
use latchkey::wire::schema::{DoorInstant, TimeZone};
use latchkey::wire::{Query, Response};
use serde::Serialize;
use utoipa::ToSchema;

use super::reading::shown;
use crate::lambda::{Call, Endpoint};

/// The endpoint.
pub const ENDPOINT: Endpoint = Endpoint::new("get-share-calendar", |call| Box::pin(get(call)));

/// The range by default.
const USUAL: TimeDelta = TimeDelta::days(31);

/// The longest range.
const MOST: TimeDelta = TimeDelta::days(366);

const JSON: &str = "application/json";
const ICALENDAR: &str = "text/calendar";

/// The times of a share within a range.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ShareCalendar)]
pub(crate) struct Calendar {
    /// The time zone of the door.
    #[schema(value_type = TimeZone)]
    time_zone: &'static str,
    /// The windows in which the share holds, in order; no two of them touch.
    windows: Vec<WindowView>,
}

/// A window in which a share holds.
#[derive(Serialize, ToSchema)]
#[schema(as = ShareWindow)]
struct WindowView {
    /// The first instant of the window.
    #[schema(value_type = DoorInstant)]
    from: DateTime<FixedOffset>,
    /// The first instant after the window.
    #[schema(value_type = DoorInstant)]
    until: DateTime<FixedOffset>,
}

/// Get the times of a share.
///
/// Returns the times of a share. As JSON: the windows between `from` and `until`, cut off at
/// both. As an iCalendar (`Accept: text/calendar`), without `from` and `until`: all times,
/// without an end if the share has none. Calendar programs, which send no header, use a
/// calendar link.
///
/// Allowed: everyone who may read the share.
#[utoipa::path(
    get,
    path = "/v2/shares/{shareId}/calendar",
    tag = "Shares",
    operation_id = ENDPOINT.operation,
    params(
        ("shareId" = ShareId, Path, description = "The ID of the share.", example = 3),
        ("from" = Option<DoorInstant>, Query, description = "Start of the range (RFC 3339); \
            now by default."),
        ("until" = Option<DoorInstant>, Query, description = "End of the range (RFC 3339), at \
            most 366 days after its start; 31 days after it by default."),
    ),
    responses(
        (status = 200, description = "The times of the share.", content((Calendar = "application/json"), (String = "text/calendar"))),
        (status = 406, description = "`Accept` names neither `application/json` nor `text/calendar`."),
    ),
)]
pub(crate) async fn get(call: Call) -> Result<Response> {
    let accepted = call.request.accepted(&[JSON, ICALENDAR])?;
    let Asked {
        is_all,
        from,
        until,
    } = asked(&call)?;
    let (share, names) = shown(&call).await?;
    let zone = names.zone(&share);
    if accepted == JSON {
        let until = if can_hold(&share, &names) {
            until
        } else {
            from
        };
        let timing = share.timing_with(names.rules(&share));
        let in_zone = |at: DateTime<Utc>| at.with_timezone(&zone.offset(at));
        let windows = timing.windows(zone, from, until).map(|window| WindowView {
            from: in_zone(window.from),
            until: in_zone(window.until.unwrap_or(until)),
        });
        let calendar = Calendar {
            time_zone: zone.name(),
            windows: windows.collect(),
        };
        return Ok(Response::json(StatusCode::OK, &calendar));
    }
    let range = (!is_all).then_some((from, until));
    Ok(icalendar(&share, &names, range))
}

/// Whether a share can hold: without what it opens, or the rules that it keeps, it never does.
fn can_hold(share: &Share, names: &Names) -> bool {
    names.has_source(share) && share.schedule.is_some() == names.rules(share).is_some()
}

/// When a share holds, as an iCalendar: within a range, or all that there is.
pub(crate) fn icalendar(
    share: &Share,
    names: &Names,
    range: Option<(DateTime<Utc>, DateTime<Utc>)>,
) -> Response {
    let zone = names.zone(share);
    let timing = share.timing_with(names.rules(share));
    let numbered = format!("Share {}", share.id.number());
    let entry = CalendarEntry {
        uid: &format!("{}@latchkey", share.id.number()),
        summary: names.source_name(share).unwrap_or(&numbered),
        stamp: share.date_modified,
    };
    let (from, until) = match range {
        _ if !can_hold(share, names) => (share.date_created, Some(share.date_created)),
        None => (timing.span(zone).0, None),
        Some((from, until)) => (from, Some(until)),
    };
    let text = timing.calendar(zone, &entry, from, until);
    let content_type = "text/calendar; charset=utf-8";
    Response::text(StatusCode::OK, content_type, text)
}

/// The range that is asked for.
struct Asked {
    /// Whether the request names none.
    is_all: bool,
    from: DateTime<Utc>,
    until: DateTime<Utc>,
}

/// Reads the query: a range in order, and not longer than allowed.
///
/// # Errors
/// 400 for every fault of it.
fn asked(call: &Call) -> Result<Asked> {
    let query = Query::of(&call.request);
    let (from, until) = (query.instant("from"), query.instant("until"));
    let is_all = from.is_none() && until.is_none();
    let from = from.unwrap_or(call.now);
    let until = until.unwrap_or(from + USUAL);
    if until < from {
        query.fault("until", FaultCode::InvalidValue, "until is before from");
    }
    if until - from > MOST {
        let message = format!("expected at most {} days after from", MOST.num_days());
        query.fault("until", FaultCode::OutOfRange, message);
    }
    query.finish()?;
    Ok(Asked {
        is_all,
        from,
        until,
    })
}
