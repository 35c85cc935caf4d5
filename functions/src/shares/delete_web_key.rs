//! `DELETE /v2/shares/{shareId}/web-key`.
//!
//! Two round trips: the share is read, and written without its key, which is taken away in
//! the same transaction.

use http::StatusCode;
use latchkey::error::{Error, Result};
use latchkey::id::ShareId;
use latchkey::share::Share;
use latchkey::wire::Response;
use latchkey::wire::idempotency::IdempotencyKey;
use latchkey::wire::request::IfMatch;
use serde_json::Value;

use super::changing::change;
use crate::lambda::{Call, Endpoint, Once};

/// The endpoint.
pub const ENDPOINT: Endpoint = Endpoint::new("delete-web-key", |call| Box::pin(delete(call)));

/// Delete a web key.
///
/// The link opens nothing from then on; the share itself stays. `If-Match` takes the `ETag` of
/// the share.
///
/// Allowed: everyone who may change the share.
#[utoipa::path(
    delete,
    path = "/v2/shares/{shareId}/web-key",
    tag = "Shares",
    operation_id = ENDPOINT.operation,
    params(
        ("shareId" = ShareId, Path, description = "The ID of the share.", example = 4),
        IfMatch,
        IdempotencyKey,
    ),
    responses(
        (status = 204, description = "Deleted."),
        (status = 403, description = "The caller may read this share but not change it."),
    ),
)]
pub(crate) async fn delete(call: Call) -> Result<Response> {
    call.request.bare()?;
    let without_key = |share: &Share| match &share.web_key {
        Some(_) => Ok(Share {
            web_key: None,
            ..share.clone()
        }),
        None => Err(Error::NotFound("web key")),
    };
    let once = Once::of(&call, &Value::Null)?;
    change(&call, &once, without_key, &|_, _| {
        Response::empty(StatusCode::NO_CONTENT)
    })
    .await
}
