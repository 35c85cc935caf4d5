//! `/access/template`: what accesses are made from.

pub mod create;
pub mod delete;
pub mod get;
pub mod list;
pub mod list_things;
mod reading;
pub mod update;

use latchkey::access::AccessTemplate;
use latchkey::access::template::AccessTemplateView;
use latchkey::caller::OrganizationScope;
use latchkey::id::AccessTemplateId;
use latchkey::wire::json::Fields;
use latchkey::wire::service::types::Guid;
use serde::Serialize;
use utoipa::ToSchema;

/// The operations of this folder, for the API document.
#[derive(utoipa::OpenApi)]
#[openapi(paths(
    create::create,
    get::get,
    update::update,
    delete::delete,
    list::list,
    list_things::list
))]
pub(crate) struct Api;

/// Reads which template is meant.
fn id(fields: &Fields<'_>) -> Option<AccessTemplateId> {
    let Guid(id) = fields.required("accessTemplateId")?;
    Some(id.into())
}

/// The answer to a create and to a change.
#[derive(Serialize, ToSchema)]
#[schema(as = AccessTemplateResponse, description = "What was created or changed.")]
pub(crate) struct Written {
    /// The template as it is now.
    data: AccessTemplateView,
    /// The ID of the template.
    id: AccessTemplateId,
}

impl Written {
    fn new(scope: &OrganizationScope, template: AccessTemplate) -> Self {
        Self {
            id: template.id,
            data: AccessTemplateView::new(scope, template, None),
        }
    }
}
