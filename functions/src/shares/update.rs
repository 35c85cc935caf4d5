//! `PUT /v2/shares/{shareId}`.
//!
//! Two round trips: the share is read, and written with its grant on condition that it is
//! still the same. The answer is not the view, whose names would be one round trip more.

use http::StatusCode;
use latchkey::id::ShareId;
use latchkey::share::{Share, ShareChanges};
use latchkey::wire::request::IfMatch;
use latchkey::wire::{Response, Result};
use serde::Serialize;
use utoipa::ToSchema;

use super::changing::change;
use crate::lambda::{Call, Endpoint};

/// The endpoint.
pub const ENDPOINT: Endpoint = Endpoint {
    operation: "update-share",
    handle: |call| Box::pin(update(call)),
};

/// The answer.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ShareChanged, description = "What was changed.")]
pub(crate) struct Changed {
    /// The number of the share.
    share_id: ShareId,
}

/// Change a share.
///
/// A field left out stays as it is, also within `permissions`; `null` empties one that may
/// be empty, and a date that is emptied takes its time with it. `schedule` and `scheduleId`
/// take each other's place. `source` and `receiver` cannot change. With `autoRemoveAfter`, a
/// share that has an end is gone that long after it.
///
/// Who may: the roles `Admin`, `TenantAdmin` and `AccessAdmin`, and whoever administrates
/// its source now with a right that reaches as far as the share did and shall: all its
/// permissions, from its start until its end. A share that reaches further then than it did (a
/// permission, an earlier start, a later end, other rules) holds by right of theirs from then
/// on; any other change leaves it held as it was. Nobody changes in this way what their own right hangs on.
#[utoipa::path(
    put,
    path = "/v2/shares/{shareId}",
    tag = "Shares",
    operation_id = ENDPOINT.operation,
    params(
        ("shareId" = ShareId, Path, description = "The number of the share.", example = 3),
        IfMatch,
    ),
    request_body = ShareChanges,
    responses(
        (status = 200, description = "The share is changed.", body = Changed, headers(("ETag"))),
        (status = 403, description = "The caller may read this share and not change it, or not as far as this."),
    ),
)]
pub(crate) async fn update(call: Call) -> Result<Response> {
    let body = call.request.json()?;
    change(&call, None, |share| Ok(share.changed(&body)?), &answer).await
}

fn answer(_: &Call, share: &Share) -> Response {
    let changed = Changed { share_id: share.id };
    Response::json(StatusCode::OK, &changed).etag(share.version)
}
