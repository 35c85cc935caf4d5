//! `GET /v2/schedules` and `GET /v2/schedules/{scheduleId}`.
//!
//! Reads one page, or the one: one round trip.

use latchkey::directory::{Resource, Schedule, ScheduleView};
use latchkey::error::Result;
use latchkey::id::ScheduleId;
use latchkey::wire::Response;

use crate::directory;
use crate::lambda::{Call, Endpoint};
use crate::lists::Listed;

/// The endpoint.
pub const ENDPOINT: Endpoint = Endpoint::new("list-schedules", |call| {
    if call.request.path.contains_key(Schedule::ID_FIELD) {
        Box::pin(get(call))
    } else {
        Box::pin(list(call))
    }
});

/// List schedules.
///
/// Returns all of an organization, oldest first, in pages.
///
/// Allowed roles: `Admin`, `TenantAdmin`, `AccessAdmin`, `AccessTemplateAdmin`, `Receptionist`.
#[utoipa::path(
    get,
    path = "/v2/schedules",
    tag = "Schedules",
    operation_id = ENDPOINT.operation,
    params(Listed),
    responses(
        (status = 200, description = "A page.", body = Vec<ScheduleView>, headers(("Link"))),
        (status = 403, description = "The caller's roles do not allow this."),
    ),
)]
pub(crate) async fn list(call: Call) -> Result<Response> {
    directory::list::<Schedule>(call).await
}

/// Get a schedule.
///
/// Returns the schedule. Its `ETag` is the version for `If-Match`.
///
/// Allowed roles: `Admin`, `TenantAdmin`, `AccessAdmin`, `AccessTemplateAdmin`, `Receptionist`.
#[utoipa::path(
    get,
    path = "/v2/schedules/{scheduleId}",
    tag = "Schedules",
    operation_id = "get-schedule",
    params(("scheduleId" = ScheduleId, Path, description = "The ID of the schedule.")),
    responses(
        (status = 200, description = "The schedule.", body = ScheduleView, headers(("ETag"))),
        (status = 403, description = "The caller's roles do not allow this."),
    ),
)]
pub(crate) async fn get(call: Call) -> Result<Response> {
    directory::show::<Schedule>(call).await
}
