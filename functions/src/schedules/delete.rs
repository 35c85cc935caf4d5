//! `DELETE /v2/schedules/{scheduleId}`.
//!
//! Deletes it on condition that no share keeps it.

use latchkey::directory::Schedule;
use latchkey::error::Result;
use latchkey::id::ScheduleId;
use latchkey::wire::idempotency::IdempotencyKey;
use latchkey::wire::request::IfMatch;
use latchkey::wire::{Response, error};

use crate::directory;
use crate::lambda::{Call, Endpoint};

/// The endpoint.
pub const ENDPOINT: Endpoint = Endpoint::new("delete-schedule", |call| Box::pin(delete(call)));

/// Delete a schedule.
///
/// A schedule that a share uses cannot be deleted.
///
/// Allowed roles: `Admin`, `TenantAdmin`.
#[utoipa::path(
    delete,
    path = "/v2/schedules/{scheduleId}",
    tag = "Schedules",
    operation_id = ENDPOINT.operation,
    params(
        ("scheduleId" = ScheduleId, Path, description = "The ID of the schedule."),
        IfMatch,
        IdempotencyKey,
    ),
    responses(
        (status = 204, description = "Deleted."),
        (status = 403, description = "The caller's roles do not allow this."),
        (
            status = 409,
            description = "A share uses the schedule.",
            body = error::Body,
            example = json!({"message": "In use: others refer to this", "code": "inUseError", "errorMessage": "In use: others refer to this", "errorCode": "inUseError"})
        ),
    ),
)]
pub(crate) async fn delete(call: Call) -> Result<Response> {
    directory::delete::<Schedule>(call).await
}
