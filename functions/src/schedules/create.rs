//! `POST /v2/schedules`.
//!
//! Writes the schedule.

use latchkey::directory::{NewSchedule, Schedule, ScheduleCreated};
use latchkey::error::Result;
use latchkey::wire::Response;
use latchkey::wire::idempotency::IdempotencyKey;

use crate::directory;
use crate::lambda::{Call, Endpoint};

/// The endpoint.
pub const ENDPOINT: Endpoint = Endpoint::new("create-schedule", |call| Box::pin(create(call)));

/// Create a schedule.
///
/// A named schedule has rules that many shares can use.
///
/// Allowed roles: `Admin`, `TenantAdmin`.
#[utoipa::path(
    post,
    path = "/v2/schedules",
    tag = "Schedules",
    operation_id = ENDPOINT.operation,
    params(IdempotencyKey),
    request_body = NewSchedule,
    responses(
        (status = 201, description = "Created.", body = ScheduleCreated),
        (status = 403, description = "The caller's roles do not allow this."),
    ),
)]
pub(crate) async fn create(call: Call) -> Result<Response> {
    directory::create::<Schedule>(call).await
}
