//! `GET /access/template`.
//!
//! Reads the template, and at once its organization if that is asked for: one round trip.

use http::StatusCode;
use latchkey::access::AccessTemplate;
use latchkey::access::template::AccessTemplateView;
use latchkey::caller::OrganizationScope;
use latchkey::directory::{Organization, Resource};
use latchkey::error::{Error, Result};
use latchkey::id::AccessTemplateId;
use latchkey::role::{Area, Reach};
use latchkey::wire::Response;
use latchkey::wire::service::types::Flag;
use latchkey::wire::service::{self, Data, Input};
use utoipa::ToSchema;

use crate::lambda::{Call, Endpoint, SHOWN};
use crate::scopes;

/// The endpoint.
pub const ENDPOINT: Endpoint = Endpoint::service("get-template", |call| Box::pin(get(call)));

/// Access templates.
#[derive(Debug, ToSchema)]
#[schema(as = AccessTemplatesResponse)]
#[expect(dead_code, reason = "the shape of what is written")]
pub(crate) struct AccessTemplates {
    /// The templates.
    data: Vec<AccessTemplateView>,
}

/// Get an access template.
///
/// Returns a list of one template. Its `ETag` is the version for `If-Match`.
///
/// The same operation is at `/json/reply/GetAccessTemplate`, `/jsv/reply/GetAccessTemplate` and
/// `/api/GetAccessTemplate`.
///
/// Allowed roles: `Admin`, `TenantAdmin`, `AccessTemplateAdmin`.
#[utoipa::path(
    get,
    path = "/access/template",
    tag = "Accesses",
    operation_id = ENDPOINT.operation,
    params(
        ("AccessTemplateId" = AccessTemplateId, Query, description = "The ID of the template."),
        ("LoadOrganization" = Option<bool>, Query, description = "Whether to include the organization.", example = true),
    ),
    responses(
        (status = 200, description = "The ID of the template.", content((AccessTemplates = "application/json"), (AccessTemplates = "text/jsv")), headers(("ETag"))),
        (status = 403, description = "The caller's roles do not allow this."),
        (status = 404, description = "The template does not exist."),
    ),
)]
pub(crate) async fn get(call: Call) -> Result<Response> {
    let (id, with_organization) = Input::of(&call.request)?.read(|fields| {
        let organization: Option<Flag> = fields.optional("loadOrganization");
        let id = super::id(fields)?;
        Some((id, organization.is_some_and(bool::from)))
    })?;
    // Who makes templates sees them whole.
    let scopes = scopes::reaching(&call, Area::Templates, Reach::Write)?;
    let found = find(&call, &scopes, id, with_organization).await?;
    let (scope, template, organization) = found.ok_or(Error::NotFound(AccessTemplate::WHAT))?;
    let version = template.version;
    let data = vec![AccessTemplateView::new(
        scope,
        template,
        organization.as_ref(),
    )];
    Ok(service::answer(&call.request, StatusCode::OK, &Data { data })?.etag(version))
}

type Found<'s> = (&'s OrganizationScope, AccessTemplate, Option<Organization>);

/// One round trip; one more where a cheap read does not find it.
async fn find<'s>(
    call: &Call,
    scopes: &'s [OrganizationScope],
    id: AccessTemplateId,
    with_organization: bool,
) -> Result<Option<Found<'s>>> {
    let template = |scope: &OrganizationScope| scope.thing(AccessTemplate::KEY, id);
    let organization =
        |scope: &OrganizationScope| with_organization.then(|| scope.organization_key());
    let keys = scopes.iter();
    let keys = keys.flat_map(|scope| [Some(template(scope)), organization(scope)]);
    let keys: Vec<_> = keys.flatten().collect();
    for read in SHOWN {
        let items = call.table.get_all(&keys, *read).await?;
        for scope in scopes {
            let Some(found) = items.get(&template(scope))? else {
                continue;
            };
            let organization = organization(scope).map(|key| items.get(&key));
            return Ok(Some((scope, found, organization.transpose()?.flatten())));
        }
    }
    Ok(None)
}
