//! `GET /access/template/things`.
//!
//! Reads the template, then its spaces: two round trips.

use std::slice;

use http::StatusCode;
use latchkey::access::template::ThingAccessTemplateView;
use latchkey::id::AccessTemplateId;
use latchkey::wire::service::{self, Data};
use latchkey::wire::{Response, Result};
use utoipa::ToSchema;

use super::reading::{Spaces, asked};
use crate::lambda::{Call, Endpoint};

/// The endpoint.
pub const ENDPOINT: Endpoint =
    Endpoint::service("list-template-things", |call| Box::pin(list(call)));

/// The things of an access template.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "the shape of what is written")]
pub(crate) struct AccessTemplateThings {
    /// The things, in the order of the template.
    data: Vec<ThingAccessTemplateView>,
}

/// List the things of an access template.
///
/// All of them, in the order of the template; one that was deleted is left out. The same
/// operation is at `/json/reply/GetAccessTemplateThings`,
/// `/jsv/reply/GetAccessTemplateThings` and `/api/GetAccessTemplateThings`.
///
/// Who may: the roles `Admin`, `TenantAdmin`, `AccessAdmin` and `AccessTemplateAdmin`.
#[utoipa::path(
    get,
    path = "/access/template/things",
    tag = "Accesses",
    operation_id = ENDPOINT.operation,
    params(("AccessTemplateId" = AccessTemplateId, Query, description = "The template.")),
    responses(
        (status = 200, description = "The things.", content((AccessTemplateThings = "application/json"), (AccessTemplateThings = "text/jsv"))),
        (status = 403, description = "The caller's roles do not allow this."),
        (status = 404, description = "There is no such template."),
    ),
)]
pub(crate) async fn list(call: Call) -> Result<Response> {
    let (scope, template) = asked(&call, &["loadChildThingAccessTemplates", "loadThings"]).await?;
    let spaces = Spaces::of(&call, &scope, slice::from_ref(&template)).await?;
    let data = spaces.things(&template)?;
    service::answer(&call.request, StatusCode::OK, &Data { data })
}
