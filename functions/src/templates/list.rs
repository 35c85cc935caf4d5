//! `GET /access/templates`.
//!
//! Reads one page, then the spaces that it names: two round trips. With a scope one more for
//! each further hundred templates, until there are enough of it.

use http::StatusCode;
use latchkey::access::AccessTemplate;
use latchkey::access::template::{AccessTemplateView, TemplateScope};
use latchkey::id::Identifier;
use latchkey::role::Area;
use latchkey::table::Read;
use latchkey::wire::page::MAX_SIZE;
use latchkey::wire::service::types::Enumeration;
use latchkey::wire::service::{self, Data, Input};
use latchkey::wire::{Query, Response, Result};
use utoipa::ToSchema;

use super::reading::Spaces;
use crate::lambda::{Call, Endpoint};
use crate::lists::{self, Listed};

/// The endpoint.
pub const ENDPOINT: Endpoint = Endpoint::service("list-templates", |call| Box::pin(list(call)));

/// The maximum number of reads for one page. The rest is on the next page.
const MAX_ROUNDS: usize = 8;

/// A page of access templates.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "the shape of what is written")]
pub(crate) struct AccessTemplates {
    /// The templates, oldest first.
    data: Vec<AccessTemplateView>,
}

/// List access templates.
///
/// Those of an organization, oldest first, in pages; a thing that was deleted is left out.
/// The scope of a template says whom it is meant for: everybody, guests or staff. It is there
/// to sort templates by, and gives nobody a right. With `Guest` or `Staff` the list has the
/// templates of this scope alone, with `All` or none it has every template. The same operation
/// is at `/json/reply/GetAccessTemplates`, `/jsv/reply/GetAccessTemplates` and
/// `/api/GetAccessTemplates`.
///
/// Who may: the roles `Admin`, `TenantAdmin`, `AccessAdmin` and `AccessTemplateAdmin`.
#[utoipa::path(
    get,
    path = "/access/templates",
    tag = "Accesses",
    operation_id = ENDPOINT.operation,
    params(
        ("Scope" = Option<TemplateScope>, Query, description = "Those of this scope; with `All`, or left out, every one."),
        Listed,
    ),
    responses(
        (status = 200, description = "A page.", content((AccessTemplates = "application/json"), (AccessTemplates = "text/jsv")), headers(("Link"))),
        (status = 403, description = "The caller's roles do not allow this."),
    ),
)]
pub(crate) async fn list(mut call: Call) -> Result<Response> {
    let input = Input::of(&call.request)?;
    let names = [
        "scope",
        "onlyTemplatesWhereSmartSpaceUsesQueues",
        "organizationId",
        "size",
        "cursor",
    ];
    input.become_query(&mut call.request, &names);
    let (Listed { scope, page }, wanted) = asked(&call)?;

    let prefix = scope.templates();
    // One more template of the scope than is shown says whether there is a next page.
    let (at_once, enough) = match wanted {
        TemplateScope::All => (page.size, page.size),
        _ => (MAX_SIZE, page.size + 1),
    };
    let mut templates: Vec<AccessTemplate> = Vec::new();
    let mut after = page.after.clone();
    for _ in 0..MAX_ROUNDS {
        let found = call
            .table
            .page(&prefix, at_once, after.as_deref(), Read::Eventual);
        let (found, next): (Vec<AccessTemplate>, _) = found.await?;
        let kept =
            |template: &AccessTemplate| wanted == TemplateScope::All || template.scope == wanted;
        templates.extend(found.into_iter().filter(kept));
        after = next;
        if templates.len() >= enough || after.is_none() {
            break;
        }
    }
    if templates.len() > page.size {
        templates.truncate(page.size);
        after = templates.last().map(|template| template.id.key_text());
    }

    let spaces = Spaces::of(&call, &scope, &templates).await?;
    let views = templates.into_iter().map(|template| spaces.view(template));
    let data = views.collect::<Result<_>>()?;
    let response = service::answer(&call.request, StatusCode::OK, &Data { data })?;
    Ok(page.linked(&call.request, response, after.as_deref()))
}

/// Reads the query.
///
/// # Errors
/// 400 for every fault of it; 403 when the caller reads no templates there.
fn asked(call: &Call) -> Result<(Listed, TemplateScope)> {
    let query = Query::of(&call.request);
    let scope = query.optional("scope", &Enumeration::<TemplateScope>::values());
    query.not_served(&["onlyTemplatesWhereSmartSpaceUsesQueues"]);
    let scope = scope.map_or(TemplateScope::All, |Enumeration(scope)| scope);
    let listed = lists::in_area(call, query, Area::Templates)?;
    Ok((listed, scope))
}
