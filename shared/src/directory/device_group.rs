//! Groups of devices.

use std::collections::BTreeSet;

use crate::caller::OrganizationScope;
use crate::grant::Source;
use crate::id::{DeviceGroupId, DeviceId, Id};
use crate::table::{Element, KeyPrefix};
use crate::timing::Zone;
use crate::wire::json::{Fields, Label, MAX_LISTED, Remark};
use crate::wire::schema::Instant;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    Created, Device, Documented, GROUPS, Group, InGroup, Link, New, Own, Resource, View, first,
};

/// A group of devices.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeviceGroup {
    /// The ID.
    pub id: DeviceGroupId,
    /// The name.
    #[schema(examples("Offices"))]
    pub name: String,
    /// The location of its devices, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(examples("First floor"))]
    pub location: Option<String>,
    /// Remarks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(examples("Offices only"))]
    pub remarks: Option<String>,
    /// The organization's zone, as it was last spread over the doors; see
    /// [`Resource::IN_ZONE`]. Not shown, and written by nothing but that.
    #[serde(default, skip_serializing)]
    #[schema(ignore)]
    pub organization_time_zone: Option<Zone>,
    /// The creation time; left out if unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Instant>)]
    pub date_created: Option<DateTime<Utc>>,
    /// The time of the last change of the group or its members; left out if unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Instant>)]
    pub date_modified: Option<DateTime<Utc>>,
    /// The version; each change of the group or its members adds one.
    #[serde(default = "first")]
    #[schema(required, minimum = 1, examples(1))]
    pub version: u64,
    /// The members, as far as a body lists them; in the table each has an item.
    #[serde(skip)]
    pub devices: Option<BTreeSet<DeviceId>>,
}

/// The body of a change, as the API document shows it; [`Resource::changed`] reads it.
#[derive(Debug, ToSchema)]
#[schema(
    rename_all = "camelCase",
    description = "A change of a device group.",
    examples(json!({"name": "Offices", "location": "First floor", "remarks": "Offices only", "devices": [1]}))
)]
pub struct DeviceGroupChanges {
    /// The name.
    #[schema(min_length = 1, max_length = 200, examples("Offices"))]
    pub name: Option<String>,
    /// The location of its devices, in words.
    #[schema(min_length = 1, max_length = 200, examples("First floor"))]
    pub location: Option<String>,
    /// Remarks.
    #[schema(min_length = 1, max_length = 2000, examples("Offices only"))]
    pub remarks: Option<String>,
    /// The devices of the group.
    #[schema(max_items = 32)]
    pub devices: Option<Vec<DeviceId>>,
}

impl Documented for DeviceGroup {
    type Changes = DeviceGroupChanges;
}

/// The body of a create.
pub type NewDeviceGroup = New<DeviceGroup>;

/// The answer to a create.
pub type DeviceGroupCreated = Created<DeviceGroup>;

/// The display form.
pub type DeviceGroupView = View<'static, DeviceGroup>;

impl Resource for DeviceGroup {
    type Id = DeviceGroupId;
    const KEY: &'static str = "DEVICEGROUP";
    const WHAT: &'static str = "device group";
    const ID_FIELD: &'static str = "deviceGroupId";
    const REQUIRED: &'static [&'static str] = &["name"];
    const IN_ZONE: bool = true;

    fn blank(id: DeviceGroupId) -> Self {
        Self {
            id,
            name: String::new(),
            location: None,
            remarks: None,
            organization_time_zone: None,
            date_created: None,
            date_modified: None,
            version: 1,
            devices: None,
        }
    }

    super::resource::versioned!();
    super::resource::dated!();

    fn read(&mut self, body: &Fields<'_>) {
        body.set::<Label, _>("name", &mut self.name);
        body.set_or_clear::<Label, _>("location", &mut self.location);
        body.set_or_clear::<Remark, _>("remarks", &mut self.remarks);
        let devices = body.list::<DeviceId>("devices", MAX_LISTED);
        self.devices = devices.map(BTreeSet::from_iter);
    }

    fn own(id: DeviceGroupId) -> Own {
        Own::Source(Source::DeviceGroup(id))
    }

    fn links(&self, scope: &OrganizationScope) -> Vec<Link> {
        let listed = self.devices.iter().flatten();
        listed.map(|id| Self::link(scope, self.id, *id)).collect()
    }

    fn listed(scope: &OrganizationScope, id: DeviceGroupId) -> Option<KeyPrefix> {
        Some(scope.memberships(&scope.device_group(id)))
    }

    fn lists(&self) -> bool {
        self.devices.is_some()
    }

    fn set_listed(&mut self, members: &[InGroup]) {
        let ids = members
            .iter()
            .filter_map(|edge| edge.member.try_into().ok());
        self.devices = Some(ids.collect());
    }
}

impl Group for DeviceGroup {
    type Member = Device;

    fn link(scope: &OrganizationScope, id: DeviceGroupId, member: DeviceId) -> Link {
        let to = scope.device(member);
        let item = scope.membership(&scope.device_group(id), &to);
        Link {
            to,
            set: GROUPS,
            element: Element::Number(id.number()),
            keyring: None,
            item: Some((
                item,
                InGroup {
                    member: member.number(),
                    admin: false,
                },
            )),
            field: "devices".to_owned(),
        }
    }
}
