//! `/access/templategroup`: groups of access templates.

pub mod create;
pub mod delete;
pub mod get;
pub mod list;
pub mod update;

use std::collections::{BTreeMap, BTreeSet};

use latchkey::access::{AccessTemplate, AccessTemplateGroup, AccessTemplateGroupView};
use latchkey::caller::OrganizationScope;
use latchkey::directory::Resource;
use latchkey::error::Result;
use latchkey::id::{AccessTemplateGroupId, AccessTemplateId};
use latchkey::table::Read;
use latchkey::wire::json::Fields;
use latchkey::wire::service::types::Guid;
use serde::Serialize;
use utoipa::ToSchema;

use crate::lambda::Call;

/// The operations of this folder, for the API document.
#[derive(utoipa::OpenApi)]
#[openapi(paths(list::list, get::get, create::create, update::update, delete::delete))]
pub(crate) struct Api;

/// A group.
#[derive(Debug, ToSchema)]
#[schema(as = AccessTemplateGroupResponse)]
#[expect(dead_code, reason = "the shape of what is written")]
pub(crate) struct Group {
    /// The group.
    data: AccessTemplateGroupView,
}

/// The answer to a create and to a change.
#[derive(Serialize, ToSchema)]
#[schema(as = AccessTemplateGroupWritten, description = "The group as it is now.")]
pub(crate) struct Written {
    /// The group.
    data: AccessTemplateGroupView,
    /// The ID of the group.
    id: AccessTemplateGroupId,
}

/// The body of a create, as the API document shows it.
#[derive(ToSchema)]
#[schema(
    rename_all = "camelCase",
    as = CreateAccessTemplateGroup,
    description = "A group of access templates to create.",
    examples(json!({
        "name": "Hotel", "accessTemplateIds": ["0192a5b07c0070008000000000000002"]
    }))
)]
#[expect(dead_code, reason = "the shape of what is read")]
pub(crate) struct NewGroup {
    /// The name.
    #[schema(min_length = 1, max_length = 200, examples("Hotel"))]
    name: String,
    /// The templates, each once.
    #[schema(max_items = 40)]
    access_template_ids: Vec<AccessTemplateId>,
    /// The organization. Required if the caller belongs to several.
    organization_id: Option<latchkey::wire::service::types::OrganizationGuid>,
}

/// The body of a change, as the API document shows it.
#[derive(ToSchema)]
#[schema(
    rename_all = "camelCase",
    as = UpdateAccessTemplateGroup,
    description = "Changes to a group of access templates.",
    examples(json!({
        "accessTemplateGroupId": "0192a5b07c0070008000000000000005", "name": "Hotel",
        "accessTemplateIds": ["0192a5b07c0070008000000000000002"]
    }))
)]
#[expect(dead_code, reason = "the shape of what is read")]
pub(crate) struct GroupChanges {
    /// The group.
    access_template_group_id: AccessTemplateGroupId,
    /// The name.
    #[schema(min_length = 1, max_length = 200, examples("Hotel"))]
    name: String,
    /// All templates, each once.
    #[schema(max_items = 40)]
    access_template_ids: Vec<AccessTemplateId>,
}

/// Reads which group is meant.
fn id(fields: &Fields<'_>) -> Option<AccessTemplateGroupId> {
    let Guid(id) = fields.required(AccessTemplateGroup::ID_FIELD)?;
    Some(id.into())
}

type Templates = BTreeMap<AccessTemplateId, AccessTemplate>;

/// The templates of groups that exist. One round trip.
async fn templates(
    call: &Call,
    scope: &OrganizationScope,
    groups: &[AccessTemplateGroup],
) -> Result<Templates> {
    let ids = groups.iter().flat_map(|group| &group.templates);
    let ids: BTreeSet<_> = ids.copied().collect();
    let key = |id: &AccessTemplateId| scope.thing(AccessTemplate::KEY, *id);
    let keys: Vec<_> = ids.iter().map(key).collect();
    let mut items = call.table.get_all(&keys, Read::Eventual).await?;
    let mut found = Templates::new();
    for key in &keys {
        let template: Option<AccessTemplate> = items.take(key)?;
        found.extend(template.map(|template| (template.id, template)));
    }
    Ok(found)
}
