//! Groups of access templates, by which apps sort them. They give nobody a right.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::AccessTemplate;
use super::template::AccessTemplateView;
use crate::caller::OrganizationScope;
use crate::directory::{Reference, Resource};
use crate::error::FaultCode;
use crate::id::{AccessTemplateGroupId, AccessTemplateId};
use crate::role::Area;
use crate::wire::json::{Fields, Label};
use crate::wire::service::types::{Guid, OrganizationGuid};

/// How many templates a group has at most.
const MAX_MEMBERS: usize = 40;

/// A group of access templates.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AccessTemplateGroup {
    /// The ID.
    pub id: AccessTemplateGroupId,
    /// The name.
    pub name: String,
    /// The templates, each once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub templates: Vec<AccessTemplateId>,
    /// Grows by one with each change.
    pub version: u64,
}

impl Resource for AccessTemplateGroup {
    type Id = AccessTemplateGroupId;
    const KEY: &'static str = "TEMPLATEGROUP";
    const WHAT: &'static str = "access template group";
    const AREA: Area = Area::TemplateGroups;
    const ID_FIELD: &'static str = "accessTemplateGroupId";
    const REQUIRED: &'static [&'static str] = &["name", "accessTemplateIds"];

    fn blank(id: AccessTemplateGroupId) -> Self {
        Self {
            id,
            name: String::new(),
            templates: Vec::new(),
            version: 1,
        }
    }

    crate::directory::versioned!();

    /// Both fields are required of a change, too: the whole list.
    fn read(&mut self, body: &Fields<'_>) {
        body.set::<Label, _>("name", &mut self.name);
        let Some(templates) = body.list::<Guid>("accessTemplateIds", MAX_MEMBERS) else {
            return;
        };
        let mut seen = BTreeSet::new();
        self.templates.clear();
        for (place, Guid(id)) in templates.into_iter().enumerate() {
            if seen.insert(id) {
                self.templates.push(id.into());
            } else {
                let field = format!("accessTemplateIds[{place}]");
                let message = "this template is named before";
                body.fault(&field, FaultCode::NotAllowed, message);
            }
        }
    }

    fn refers(&self, scope: &OrganizationScope) -> Vec<Reference> {
        let templates = self.templates.iter().enumerate();
        templates
            .map(|(place, id)| Reference {
                to: scope.thing(AccessTemplate::KEY, *id),
                field: format!("accessTemplateIds[{place}]"),
            })
            .collect()
    }
}

/// A group of access templates.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AccessTemplateGroupView {
    /// The ID.
    id: AccessTemplateGroupId,
    /// The organization.
    organization_id: OrganizationGuid,
    /// The name.
    #[schema(examples("Hotel"))]
    name: String,
    /// The templates. One that was deleted is left out.
    members: Vec<AccessTemplateView>,
}

impl AccessTemplateGroupView {
    /// A group of an organization, with those of its templates that exist.
    pub fn new(
        scope: &OrganizationScope,
        group: &AccessTemplateGroup,
        templates: &BTreeMap<AccessTemplateId, AccessTemplate>,
    ) -> Self {
        let members = group.templates.iter();
        let members = members.filter_map(|id| templates.get(id));
        Self {
            id: group.id,
            organization_id: OrganizationGuid(scope.organization()),
            name: group.name.clone(),
            members: members
                .map(|template| AccessTemplateView::new(scope, template.clone(), None))
                .collect(),
        }
    }
}
