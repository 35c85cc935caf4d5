//! `PUT /v2/schedules/{scheduleId}`.
//!
//! Reads the schedule and writes what changed.

use latchkey::directory::{Schedule, ScheduleChanges, ScheduleView};
use latchkey::id::ScheduleId;
use latchkey::wire::idempotency::IdempotencyKey;
use latchkey::wire::request::IfMatch;
use latchkey::wire::{Response, Result};

use crate::directory;
use crate::lambda::{Call, Endpoint};

/// The endpoint.
pub const ENDPOINT: Endpoint = Endpoint {
    operation: "update-schedule",
    handle: |call| Box::pin(update(call)),
};

/// Change a schedule.
///
/// A field left out stays as it is; `rules` are replaced as a whole. Every share that keeps
/// it follows, from the next decision on.
///
/// Who may: the roles `Admin` and `TenantAdmin`.
#[utoipa::path(
    put,
    path = "/v2/schedules/{scheduleId}",
    tag = "Schedules",
    operation_id = ENDPOINT.operation,
    params(
        ("scheduleId" = ScheduleId, Path, description = "The number of the schedule."),
        IfMatch,
        IdempotencyKey,
    ),
    request_body = ScheduleChanges,
    responses(
        (status = 200, description = "The schedule as it is now.", body = ScheduleView, headers(("ETag"))),
        (status = 403, description = "The roles of the caller do not allow it."),
    ),
)]
pub(crate) async fn update(call: Call) -> Result<Response> {
    directory::update::<Schedule>(call).await
}
