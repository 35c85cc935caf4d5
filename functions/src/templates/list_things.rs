//! `GET /access/template/things`.
//!
//! Reads the template, then its spaces: two round trips.

use http::StatusCode;
use latchkey::access::template::ThingAccessTemplateView;
use latchkey::error::Result;
use latchkey::id::AccessTemplateId;
use latchkey::role::{Area, Reach};
use latchkey::wire::Response;
use latchkey::wire::service::types::Flag;
use latchkey::wire::service::{self, Data, Input};
use utoipa::ToSchema;

use super::reading::{find, things};
use crate::lambda::{Call, Endpoint};
use crate::scopes;

/// The endpoint.
pub const ENDPOINT: Endpoint =
    Endpoint::service("list-template-things", |call| Box::pin(list(call)));

/// The things of an access template.
#[derive(Debug, ToSchema)]
#[schema(as = ThingAccessTemplatesResponse)]
#[expect(dead_code, reason = "the shape of what is written")]
pub(crate) struct AccessTemplateThings {
    /// The things, in the order of the template.
    data: Vec<ThingAccessTemplateView>,
}

/// List the things of an access template.
///
/// Returns all things of the template, in its order. A deleted thing is left out.
///
/// The same operation is at `/json/reply/GetThingAccessTemplates`,
/// `/jsv/reply/GetThingAccessTemplates` and `/api/GetThingAccessTemplates`.
///
/// Allowed roles: `Admin`, `TenantAdmin`, `AccessTemplateAdmin`.
#[utoipa::path(
    get,
    path = "/access/template/things",
    tag = "Accesses",
    operation_id = ENDPOINT.operation,
    params(
        ("AccessTemplateId" = AccessTemplateId, Query, description = "The ID of the template."),
        ("LoadThings" = Option<bool>, Query, description = "Whether to include each thing itself; `true` by default.", example = true),
        ("LoadChildThingAccessTemplates" = Option<bool>, Query, description = "No effect: no thing contains others.", example = true),
    ),
    responses(
        (status = 200, description = "The things.", content((AccessTemplateThings = "application/json"), (AccessTemplateThings = "text/jsv"))),
        (status = 403, description = "The caller's roles do not allow this."),
        (status = 404, description = "The template does not exist."),
    ),
)]
pub(crate) async fn list(call: Call) -> Result<Response> {
    let (id, shown) = Input::of(&call.request)?.read(|fields| {
        fields.optional::<Flag>("loadChildThingAccessTemplates");
        let shown: Option<Flag> = fields.optional("loadThings");
        let id = super::id(fields)?;
        Some((id, shown.is_none_or(bool::from)))
    })?;
    // Who makes templates sees them whole.
    let scopes = scopes::reaching(&call, Area::Templates, Reach::Write)?;
    let (scope, template) = find(&call, &scopes, id).await?;
    let data = things(&call, &scope, &template, shown).await?;
    service::answer(&call.request, StatusCode::OK, &Data { data })
}
