//! `PUT /v2/schedules/{scheduleId}`.
//!
//! Reads the schedule and writes what changed.

use latchkey::directory::{Schedule, ScheduleChanges, ScheduleView};
use latchkey::error::Result;
use latchkey::id::ScheduleId;
use latchkey::wire::Response;
use latchkey::wire::idempotency::IdempotencyKey;
use latchkey::wire::request::IfMatch;

use crate::directory;
use crate::lambda::{Call, Endpoint};

/// The endpoint.
pub const ENDPOINT: Endpoint = Endpoint::new("update-schedule", |call| Box::pin(update(call)));

/// Change a schedule.
///
/// A field left out stays as it is; `rules` replaces all rules. Every share with this schedule
/// follows the new rules from the next decision on.
///
/// Allowed roles: `Admin`, `TenantAdmin`.
#[utoipa::path(
    put,
    path = "/v2/schedules/{scheduleId}",
    tag = "Schedules",
    operation_id = ENDPOINT.operation,
    params(
        ("scheduleId" = ScheduleId, Path, description = "The ID of the schedule."),
        IfMatch,
        IdempotencyKey,
    ),
    request_body = ScheduleChanges,
    responses(
        (status = 200, description = "The changed schedule.", body = ScheduleView, headers(("ETag"))),
        (status = 403, description = "The caller's roles do not allow this."),
    ),
)]
pub(crate) async fn update(call: Call) -> Result<Response> {
    directory::update::<Schedule>(call).await
}
