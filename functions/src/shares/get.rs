//! `GET /v2/shares/{shareId}`.
//!
//! Two round trips: the share, then the names of all that it refers to.

use http::StatusCode;
use latchkey::error::Result;
use latchkey::id::ShareId;
use latchkey::share::View;
use latchkey::wire::Response;

use super::reading::shown;
use crate::lambda::{Call, Endpoint};

/// The endpoint.
pub const ENDPOINT: Endpoint = Endpoint::new("get-share", |call| Box::pin(get(call)));

/// Get a share.
///
/// Returns the share with the names of everything that it refers to.
///
/// Allowed roles: `Admin`, `TenantAdmin`, `AccessAdmin`. Also allowed: its creator, its
/// receiver, and users who hold `administrate` on its source now. For everyone else the share
/// does not exist.
#[utoipa::path(
    get,
    path = "/v2/shares/{shareId}",
    tag = "Shares",
    operation_id = ENDPOINT.operation,
    params(("shareId" = ShareId, Path, description = "The ID of the share.", example = 3)),
    responses(
        (status = 200, description = "The share.", body = View, headers(("ETag"))),
    ),
)]
pub(crate) async fn get(call: Call) -> Result<Response> {
    call.request.bare()?;
    let (share, names) = shown(&call).await?;
    let version = share.version;
    let view = View::new(share, &names, call.now);
    Ok(Response::json(StatusCode::OK, &view).etag(version))
}
