//! The full view of a share, as `GET` answers it.

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use chrono_tz::Tz;
use serde::Serialize;

use super::{PersonalSettings, Share, State};
use crate::directory::{Device, DeviceGroup, Organization, User, UserGroup};
use crate::grant::Permissions;
use crate::id::{
    DeviceGroupId, DeviceId, OrganizationId, ScheduleId, ShareId, UserGroupId, UserId,
};
use crate::timing::{Rule, Window};

/// What a share refers to, as far as it is still there.
#[derive(Debug, Default)]
pub struct Names {
    /// The organization.
    pub organization: Option<Organization>,
    /// Who made the share.
    pub creator: Option<User>,
    /// What it opens.
    pub source: Option<SourceDetails>,
    /// Whom it is for, when that is a user.
    pub user: Option<User>,
    /// Whom it is for, when that is a group.
    pub user_group: Option<UserGroup>,
    /// The rules of its named schedule.
    pub schedule: Option<Vec<Rule>>,
}

/// The source of a share.
#[derive(Debug)]
pub enum SourceDetails {
    /// One device.
    Device(Device),
    /// A group of devices.
    DeviceGroup(DeviceGroup),
}

/// The full view. What is unset is left out.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct View {
    id: ShareId,
    #[serde(skip_serializing_if = "Option::is_none")]
    organization: Option<OrganizationView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    creator_account: Option<AccountView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    start_date: Option<NaiveDate>,
    #[serde(skip_serializing_if = "Option::is_none")]
    start_time: Option<NaiveTime>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_date: Option<NaiveDate>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_time: Option<NaiveTime>,
    schedule: Vec<Rule>,
    #[serde(skip_serializing_if = "Option::is_none")]
    schedule_id: Option<ScheduleId>,
    permissions: Permissions,
    source: SourceView,
    #[serde(skip_serializing_if = "Option::is_none")]
    receiver: Option<ReceiverView>,
    personal_settings: PersonalSettings,
    #[serde(skip_serializing_if = "Option::is_none")]
    invitation: Option<InvitationView>,
    state: State,
    date_created: DateTime<Utc>,
    date_modified: DateTime<Utc>,
}

#[derive(Debug, Serialize)]
struct OrganizationView {
    id: OrganizationId,
    name: String,
    personal: bool,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct AccountView {
    id: UserId,
    first_name: String,
    last_name: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
enum SourceView {
    Device(DeviceView),
    DeviceGroup(DeviceGroupView),
    #[serde(untagged)]
    Gone {},
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct DeviceView {
    id: DeviceId,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    location: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    remarks: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    carousel_image_url: Option<String>,
}

#[derive(Debug, Serialize)]
struct DeviceGroupView {
    id: DeviceGroupId,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    location: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    remarks: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
enum ReceiverView {
    User(UserView),
    UserGroup(UserGroupView),
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct UserView {
    #[serde(flatten)]
    account: AccountView,
    #[serde(skip_serializing_if = "Option::is_none")]
    email_address: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    phone_number: Option<String>,
    registered: bool,
}

#[derive(Debug, Serialize)]
struct UserGroupView {
    id: UserGroupId,
    name: String,
}

#[derive(Debug, Serialize)]
struct InvitationView {
    expiration: DateTime<Utc>,
}

impl View {
    /// The view of `share` at `now`, with the names of what it refers to.
    pub fn new(share: Share, names: Names, now: DateTime<Utc>) -> Self {
        let zone = names.zone();
        let state = share.state(zone, now);
        let local = match share.timing.window {
            Window::Local(window) => Some(window),
            Window::Instants(_) => None,
        };
        let receiver = names.user.map(|user| {
            ReceiverView::User(UserView {
                email_address: user.email_address.clone(),
                phone_number: user.phone_number.clone(),
                registered: user.registered,
                account: AccountView::new(user),
            })
        });
        let group = |group: UserGroup| {
            ReceiverView::UserGroup(UserGroupView {
                id: group.id,
                name: group.name,
            })
        };
        Self {
            id: share.id,
            organization: names.organization.map(|organization| OrganizationView {
                id: organization.id,
                name: organization.name,
                personal: organization.personal,
            }),
            creator_account: names.creator.map(AccountView::new),
            start_date: local.and_then(|window| window.start_date()),
            start_time: local.and_then(|window| window.start_time()),
            end_date: local.and_then(|window| window.end_date()),
            end_time: local.and_then(|window| window.end_time()),
            schedule: names.schedule.unwrap_or(share.timing.rules),
            schedule_id: share.schedule,
            permissions: share.permissions,
            source: names.source.map_or(SourceView::Gone {}, SourceView::new),
            receiver: receiver.or_else(|| names.user_group.map(group)),
            personal_settings: share.personal_settings,
            invitation: share
                .invitation_expiration
                .map(|expiration| InvitationView { expiration }),
            state,
            date_created: share.date_created,
            date_modified: share.date_modified,
        }
    }
}

impl Names {
    /// The zone of the door: the device's own, else the organization's.
    fn zone(&self) -> Tz {
        let device = match &self.source {
            Some(SourceDetails::Device(device)) => device.time_zone,
            _ => None,
        };
        let organization = self
            .organization
            .as_ref()
            .map(|organization| organization.time_zone);
        device.or(organization).unwrap_or(Tz::UTC)
    }
}

impl AccountView {
    fn new(user: User) -> Self {
        Self {
            id: user.id,
            first_name: user.first_name,
            last_name: user.last_name,
        }
    }
}

impl SourceView {
    fn new(source: SourceDetails) -> Self {
        match source {
            SourceDetails::Device(device) => Self::Device(DeviceView {
                id: device.id,
                name: device.name,
                location: device.location,
                remarks: device.remarks,
                carousel_image_url: device.carousel_image_url,
            }),
            SourceDetails::DeviceGroup(group) => Self::DeviceGroup(DeviceGroupView {
                id: group.id,
                name: group.name,
                location: group.location,
                remarks: group.remarks,
            }),
        }
    }
}
