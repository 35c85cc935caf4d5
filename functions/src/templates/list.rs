//! `GET /access/templates`.
//!
//! Reads one page: one round trip. With a scope one more for each further hundred templates,
//! until there are enough of it.

use http::StatusCode;
use latchkey::access::AccessTemplate;
use latchkey::access::template::{AccessTemplateView, TemplateScope};
use latchkey::error::Result;
use latchkey::id::Identifier;
use latchkey::role::{Area, Reach};
use latchkey::table::Read;
use latchkey::wire::page::MAX_SIZE;
use latchkey::wire::service::types::Enumeration;
use latchkey::wire::service::{self, Data};
use latchkey::wire::{Query, Response};

use super::get::AccessTemplates;
use crate::lambda::{Call, Endpoint};
use crate::lists::{self, Listed, ListedData};

/// The endpoint.
pub const ENDPOINT: Endpoint = Endpoint::service("list-templates", |call| Box::pin(list(call)));

/// The maximum number of reads for one page. The rest is on the next page.
const MAX_ROUNDS: usize = 8;

/// List access templates.
///
/// Returns the access templates of an organization, oldest first, in pages.
///
/// The scope of a template says whom it is meant for: everybody, guests or staff. It is a label
/// for sorting and gives no rights. With `Guest` or `Staff` the list has only templates of this
/// scope; with `All` or without a scope it has all templates.
///
/// The same operation is at `/json/reply/GetAccessTemplates`, `/jsv/reply/GetAccessTemplates`
/// and `/api/GetAccessTemplates`.
///
/// Allowed roles: `Admin`, `TenantAdmin`, `AccessAdmin`, `AccessTemplateAdmin`.
#[utoipa::path(
    get,
    path = "/access/templates",
    tag = "Accesses",
    operation_id = ENDPOINT.operation,
    params(
        ("Scope" = Option<TemplateScope>, Query, description = "Only templates of this scope; \
            `All` by default, which means every template."),
        ListedData,
    ),
    responses(
        (status = 200, description = "A page.", content((AccessTemplates = "application/json"), (AccessTemplates = "text/jsv")), headers(("Link"))),
        (status = 403, description = "The caller's roles do not allow this."),
    ),
)]
pub(crate) async fn list(mut call: Call) -> Result<Response> {
    let (listed, wanted) = lists::asked(&mut call, &[SCOPE, QUEUES], asked)?;
    let Listed { scope, page } = listed.reaching(Area::Templates, Reach::Read)?;

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

    let views = templates.into_iter();
    let data = views
        .map(|template| AccessTemplateView::new(&scope, template, None))
        .collect();
    let response = service::answer(&call.request, StatusCode::OK, &Data { data })?;
    Ok(page.linked(&call.request, response, after.as_deref()))
}

const SCOPE: &str = "scope";
const QUEUES: &str = "onlyTemplatesWhereSmartSpaceUsesQueues";

/// Reads which templates are asked for.
fn asked(query: &Query<'_>) -> TemplateScope {
    let scope = query.optional(SCOPE, &Enumeration::<TemplateScope>::values());
    query.not_served(&[QUEUES]);
    scope.map_or(TemplateScope::All, |Enumeration(scope)| scope)
}
