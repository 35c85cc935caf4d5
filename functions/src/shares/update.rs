//! `PUT /v2/shares/{shareId}`.
//!
//! Two round trips: the share is read, and written with its grant on condition that it is
//! still the same. The answer is not the view, whose names would be one round trip more.

use http::StatusCode;
use latchkey::error::Result;
use latchkey::id::ShareId;
use latchkey::share::{Share, ShareChanges};
use latchkey::wire::Response;
use latchkey::wire::idempotency::IdempotencyKey;
use latchkey::wire::request::IfMatch;
use serde::Serialize;
use utoipa::ToSchema;

use super::changing::change;
use crate::lambda::{Call, Endpoint, Once};

/// The endpoint.
pub const ENDPOINT: Endpoint = Endpoint::new("update-share", |call| Box::pin(update(call)));

/// The answer.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ShareChanged, description = "What was changed.")]
pub(crate) struct Changed {
    /// The ID of the share.
    share_id: ShareId,
}

/// Change a share.
///
/// A field left out stays as it is, also within `permissions`. `null` clears an optional field;
/// a cleared date clears its time. `schedule` and `scheduleId` replace each other. `source` and
/// `receiver` cannot change. With `autoRemoveAfter`, a share with an end is removed that long
/// after its end.
///
/// Allowed roles: `Admin`, `TenantAdmin`, `AccessAdmin`. Also allowed: users who hold
/// `administrate` on its source now, if their own right covers the share before and after the
/// change: all its permissions, from its start to its end. If such a change extends the share
/// (by a permission, an earlier start, a later end or other rules), the share rests on their
/// right from then on; any other change leaves it as it was. They cannot change a share that
/// their own right rests on.
#[utoipa::path(
    put,
    path = "/v2/shares/{shareId}",
    tag = "Shares",
    operation_id = ENDPOINT.operation,
    params(
        ("shareId" = ShareId, Path, description = "The ID of the share.", example = 3),
        IfMatch,
        IdempotencyKey,
    ),
    request_body = ShareChanges,
    responses(
        (status = 200, description = "Changed.", body = Changed, headers(("ETag"))),
        (status = 403, description = "The caller may read this share but not change it, or may \
            not give as much as this."),
    ),
)]
pub(crate) async fn update(call: Call) -> Result<Response> {
    let body = call.request.json()?;
    let once = Once::of(&call, &body)?;
    change(&call, &once, |share| Ok(share.changed(&body)?), &answer).await
}

fn answer(_: &Call, share: &Share) -> Response {
    let changed = Changed { share_id: share.id };
    Response::json(StatusCode::OK, &changed).etag(share.version)
}
