//! Spaces, as ServiceStack's clients see them: things, each of them a smart space.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

use super::{NoneOf, NothingIn};
use crate::directory::Space;
use crate::id::{OrganizationId, SpaceId};
use crate::wire::service::types::OrganizationGuid;

/// What type every thing here is of.
const SMART_SPACE: &str = "SmartSpace";

/// What there is to say of a thing, for the API document.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the shape of what is written")]
#[schema(as = ThingProperties, description = "Properties of a space.")]
struct Properties {
    /// The location, in words.
    #[schema(examples("First floor"))]
    location: Option<String>,
    /// Remarks.
    #[schema(examples("Offices only"))]
    remarks: Option<String>,
}

/// A thing: a space.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ThingView {
    /// The ID.
    id: SpaceId,
    /// The organization.
    organization_id: OrganizationGuid,
    /// The name.
    #[schema(examples("Meeting room"))]
    name: String,
    /// The order of display: always 0.
    #[schema(examples(0))]
    order: u32,
    /// The type: always `SmartSpace`.
    #[schema(examples("SmartSpace"))]
    r#type: &'static str,
    /// `location` and `remarks` of the space, each if it is set.
    #[schema(value_type = Properties)]
    properties: BTreeMap<&'static str, String>,
    /// States of the space.
    states: NothingIn,
    /// Tasks at the space.
    task_lists: NoneOf,
    /// The things inside.
    child_things: NoneOf,
}

impl ThingView {
    /// The view of a space of an organization.
    pub fn new(organization: OrganizationId, space: Space) -> Self {
        let properties = [("location", space.location), ("remarks", space.remarks)];
        let known = properties.into_iter();
        Self {
            id: space.id,
            organization_id: OrganizationGuid(organization),
            name: space.name,
            order: 0,
            r#type: SMART_SPACE,
            properties: known
                .filter_map(|(name, text)| Some((name, text?)))
                .collect(),
            states: NothingIn,
            task_lists: NoneOf,
            child_things: NoneOf,
        }
    }
}
