//! Spaces: what people have access to, by the devices that open it.

use std::collections::BTreeSet;

use crate::timing::Zone;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Created, Documented, Link, New, Resource, SPACES, View, first};
use crate::caller::OrganizationScope;
use crate::id::{DeviceId, SpaceId};
use crate::table::Element;
use crate::wire::json::{Fields, Label, MAX_LISTED, Remark};

/// A space: a room, a floor, a car park.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Space {
    /// The ID.
    pub id: SpaceId,
    /// The name.
    #[schema(examples("Meeting room"))]
    pub name: String,
    /// The location, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(examples("First floor"))]
    pub location: Option<String>,
    /// Remarks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(examples("Offices only"))]
    pub remarks: Option<String>,
    /// The devices that open the space.
    #[serde(default)]
    #[schema(required)]
    pub devices: BTreeSet<DeviceId>,
    /// The organization's zone, as it was last spread over the doors; see
    /// [`Resource::IN_ZONE`]. Not shown, and written by nothing but that.
    #[serde(default, skip_serializing)]
    #[schema(ignore)]
    pub organization_time_zone: Option<Zone>,
    /// The version; each change adds one.
    #[serde(default = "first")]
    #[schema(required, minimum = 1, examples(1))]
    pub version: u64,
}

/// The body of a change, as the API document shows it; [`Resource::changed`] reads it.
#[derive(Debug, ToSchema)]
#[schema(
    rename_all = "camelCase",
    description = "A change of a space.",
    examples(json!({"name": "Meeting room", "location": "First floor", "remarks": "Offices only", "devices": [1]}))
)]
pub struct SpaceChanges {
    /// The name.
    #[schema(min_length = 1, max_length = 200, examples("Meeting room"))]
    pub name: Option<String>,
    /// The location, in words.
    #[schema(min_length = 1, max_length = 200, examples("First floor"))]
    pub location: Option<String>,
    /// Remarks.
    #[schema(min_length = 1, max_length = 2000, examples("Offices only"))]
    pub remarks: Option<String>,
    /// The devices that open the space.
    #[schema(max_items = 32)]
    pub devices: Option<Vec<DeviceId>>,
}

impl Documented for Space {
    type Changes = SpaceChanges;
}

/// The body of a create.
pub type NewSpace = New<Space>;

/// The answer to a create.
pub type SpaceCreated = Created<Space>;

/// The display form.
pub type SpaceView = View<'static, Space>;

impl Resource for Space {
    type Id = SpaceId;
    const KEY: &'static str = "SPACE";
    const WHAT: &'static str = "space";
    const ID_FIELD: &'static str = "spaceId";
    const REQUIRED: &'static [&'static str] = &["name"];
    const IN_ZONE: bool = true;

    fn blank(id: SpaceId) -> Self {
        Self {
            id,
            name: String::new(),
            location: None,
            remarks: None,
            devices: BTreeSet::new(),
            organization_time_zone: None,
            version: 1,
        }
    }

    super::resource::versioned!();

    fn read(&mut self, body: &Fields<'_>) {
        body.set::<Label, _>("name", &mut self.name);
        body.set_or_clear::<Label, _>("location", &mut self.location);
        body.set_or_clear::<Remark, _>("remarks", &mut self.remarks);
        if let Some(devices) = body.list::<DeviceId>("devices", MAX_LISTED) {
            self.devices = devices.into_iter().collect();
        }
    }

    fn links(&self, scope: &OrganizationScope) -> Vec<Link> {
        let link = |device: &DeviceId| Link {
            to: scope.device(*device),
            set: SPACES,
            element: Element::Text(self.id.to_string()),
            keyring: None,
            item: None,
            field: "devices".to_owned(),
        };
        self.devices.iter().map(link).collect()
    }
}
