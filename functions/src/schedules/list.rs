//! `GET /v2/schedules` and `GET /v2/schedules/{scheduleId}`.
//!
//! Reads one page, or the one: one round trip.

use latchkey::directory::{Resource, Schedule, ScheduleView};
use latchkey::id::ScheduleId;
use latchkey::wire::{Response, Result};

use crate::directory::{self, Listed};
use crate::lambda::{Call, Endpoint};

/// The endpoint.
pub const ENDPOINT: Endpoint = Endpoint {
    operation: "list-schedules",
    handle: |call| {
        if call.request.path.contains_key(Schedule::ID_FIELD) {
            Box::pin(get(call))
        } else {
            Box::pin(list(call))
        }
    },
};

/// List schedules.
///
/// All of an organization, oldest first, in pages.
///
/// Who may: the roles `Admin`, `TenantAdmin`, `AccessAdmin`, `AccessTemplateAdmin` and
/// `Receptionist`.
#[utoipa::path(
    get,
    path = "/v2/schedules",
    tag = "Schedules",
    operation_id = ENDPOINT.operation,
    params(Listed),
    responses(
        (status = 200, description = "A page.", body = Vec<ScheduleView>, headers(("Link"))),
        (status = 403, description = "The roles of the caller do not allow it."),
    ),
)]
pub(crate) async fn list(call: Call) -> Result<Response> {
    directory::list::<Schedule>(call).await
}

/// Get a schedule.
///
/// The schedule, with the version that `If-Match` takes as its `ETag`.
///
/// Who may: the roles `Admin`, `TenantAdmin`, `AccessAdmin`, `AccessTemplateAdmin` and
/// `Receptionist`.
#[utoipa::path(
    get,
    path = "/v2/schedules/{scheduleId}",
    tag = "Schedules",
    operation_id = "get-schedule",
    params(("scheduleId" = ScheduleId, Path, description = "The number of the schedule.")),
    responses(
        (status = 200, description = "The schedule.", body = ScheduleView, headers(("ETag"))),
        (status = 403, description = "The roles of the caller do not allow it."),
    ),
)]
pub(crate) async fn get(call: Call) -> Result<Response> {
    directory::show::<Schedule>(call).await
}
