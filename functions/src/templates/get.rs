//! `GET /access/template`.
//!
//! Reads the template, then its spaces: two round trips.

use std::slice;

use http::StatusCode;
use latchkey::access::template::AccessTemplateView;
use latchkey::id::AccessTemplateId;
use latchkey::wire::service;
use latchkey::wire::{Response, Result};

use super::reading::{Spaces, asked};
use crate::lambda::{Call, Endpoint};

/// The endpoint.
pub const ENDPOINT: Endpoint = Endpoint::service("get-template", |call| Box::pin(get(call)));

/// Get an access template.
///
/// The template whole, with the version that `If-Match` takes as its `ETag`. A thing that was
/// deleted is left out. The same operation is at `/json/reply/GetAccessTemplate`,
/// `/jsv/reply/GetAccessTemplate` and `/api/GetAccessTemplate`.
///
/// Who may: the roles `Admin`, `TenantAdmin`, `AccessAdmin` and `AccessTemplateAdmin`.
#[utoipa::path(
    get,
    path = "/access/template",
    tag = "Accesses",
    operation_id = ENDPOINT.operation,
    params(("AccessTemplateId" = AccessTemplateId, Query, description = "The template.")),
    responses(
        (status = 200, description = "The template.", content((AccessTemplateView = "application/json"), (AccessTemplateView = "text/jsv")), headers(("ETag"))),
        (status = 403, description = "The caller's roles do not allow this."),
        (status = 404, description = "There is no such template."),
    ),
)]
pub(crate) async fn get(call: Call) -> Result<Response> {
    let (scope, template) = asked(&call, &["loadOrganization"]).await?;
    let spaces = Spaces::of(&call, &scope, slice::from_ref(&template)).await?;
    let version = template.version;
    let view = spaces.view(template)?;
    Ok(service::answer(&call.request, StatusCode::OK, &view)?.etag(version))
}
