//! What grants refer to: organizations, users, devices and their groups. Each type is
//! also the item that stands in the table.

use std::collections::BTreeSet;

use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::id::{DeviceGroupId, DeviceId, OrganizationId, ScheduleId, UserGroupId, UserId};
use crate::role::Role;
use crate::timing::Rule;
use crate::wire::json::{Fault, Faults, Fields, Label};

/// An organization: the tenant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Organization {
    /// Its number.
    pub id: OrganizationId,
    /// Its name.
    pub name: String,
    /// Whether it is one person's own.
    pub personal: bool,
    /// The zone of doors that have none of their own.
    pub time_zone: Tz,
}

/// An organization that shall be made, with its first admin.
#[derive(Debug, Clone, PartialEq)]
pub struct NewOrganization {
    /// Its name.
    pub name: String,
    /// Whether it is one person's own.
    pub personal: bool,
    /// The zone of doors that have none of their own.
    pub time_zone: Tz,
    /// The admin's given name.
    pub admin_first_name: String,
    /// The admin's family name.
    pub admin_last_name: String,
}

impl NewOrganization {
    /// Reads `{"name", "timeZone", "personal", "admin": {"firstName", "lastName"}}`;
    /// `personal` may be left out and is then false.
    ///
    /// # Errors
    /// Every fault, each with the path of its field.
    pub fn read(body: &Value) -> Result<Self, Vec<Fault>> {
        let faults = Faults::default();
        let new = Fields::of_body(body, &faults).and_then(|body| {
            let name = body.required("name").map(|Label(name)| name);
            let time_zone = body.required("timeZone");
            let personal = body.optional("personal").unwrap_or(false);
            if !body.has("admin") {
                body.missing("admin");
            }
            let admin = body.object("admin")?;
            let first = admin.required("firstName").map(|Label(name)| name);
            let last = admin.required("lastName").map(|Label(name)| name);
            Some(Self {
                name: name?,
                personal,
                time_zone: time_zone?,
                admin_first_name: first?,
                admin_last_name: last?,
            })
        });
        faults.or(new)
    }
}

/// A user of an organization.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct User {
    /// Its number.
    pub id: UserId,
    /// Given name.
    pub first_name: String,
    /// Family name.
    pub last_name: String,
    /// E-mail address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email_address: Option<String>,
    /// Phone number, E.164.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone_number: Option<String>,
    /// Whether the user has taken up the account.
    pub registered: bool,
    /// What the user is in the organization; nothing for a plain member.
    #[serde(default)]
    pub roles: Vec<Role>,
    /// The groups that the user is in.
    #[serde(default)]
    pub groups: BTreeSet<UserGroupId>,
}

/// A group of users.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UserGroup {
    /// Its number.
    pub id: UserGroupId,
    /// Its name.
    pub name: String,
}

/// A device: a lock.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Device {
    /// Its number.
    pub id: DeviceId,
    /// Its name.
    pub name: String,
    /// Its zone; the organization's when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<Tz>,
    /// Where it is, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// What else there is to say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remarks: Option<String>,
    /// A picture of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub carousel_image_url: Option<String>,
    /// The groups that it is in.
    #[serde(default)]
    pub groups: BTreeSet<DeviceGroupId>,
}

/// A group of devices.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeviceGroup {
    /// Its number.
    pub id: DeviceGroupId,
    /// Its name.
    pub name: String,
    /// Where its devices are, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// What else there is to say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remarks: Option<String>,
}

/// A named schedule: rules that many shares keep.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Schedule {
    /// Its number.
    pub id: ScheduleId,
    /// Its name.
    pub name: String,
    /// When it holds; always, when empty.
    pub rules: Vec<Rule>,
    /// How many shares keep it.
    #[serde(default)]
    pub kept_by: u64,
}
