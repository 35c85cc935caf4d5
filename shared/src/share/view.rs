//! The full view of a share, as `GET` answers it.

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::{AutoRemoveAfter, Names, PersonalSettings, Share, State};
use crate::directory::{User, UserGroup};
use crate::grant::{Permissions, Receiver, Source};
use crate::id::{
    DeviceGroupId, DeviceId, OrganizationId, ScheduleId, ShareId, UserGroupId, UserId,
};
use crate::timing::Rule;
use crate::wire::schema::{Instant, LocalDate, LocalTime};

/// The full view. What is unset is left out.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Share, description = "A share, with the names of everything that it refers to.")]
pub struct View {
    /// The ID.
    id: ShareId,
    /// The ID of the organization.
    #[serde(skip_serializing_if = "Option::is_none")]
    organization: Option<OrganizationView>,
    /// Who created it.
    #[serde(skip_serializing_if = "Option::is_none")]
    creator_account: Option<AccountView>,
    /// The first day; left out if it began with its creation.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<LocalDate>)]
    start_date: Option<NaiveDate>,
    /// The start on the first day.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<LocalTime>)]
    start_time: Option<NaiveTime>,
    /// The last day; left out if there is no end.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<LocalDate>)]
    end_date: Option<NaiveDate>,
    /// The end on the last day.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<LocalTime>)]
    end_time: Option<NaiveTime>,
    /// The rules of its own or its named schedule; empty means always.
    #[schema(example = json!([{"dayOfWeek": "Monday", "recurrence": "Weekly"}]))]
    schedule: Vec<Rule>,
    /// The named schedule.
    #[serde(skip_serializing_if = "Option::is_none")]
    schedule_id: Option<ScheduleId>,
    /// What the share allows beyond opening by hand at the door.
    permissions: Permissions,
    /// What the share opens; empty if that was deleted.
    source: SourceView,
    /// The receiver; left out for an open invitation.
    #[serde(skip_serializing_if = "Option::is_none")]
    receiver: Option<ReceiverView>,
    /// The receiver's settings.
    personal_settings: PersonalSettings,
    /// How long after its end the share is removed; left out if it is kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    auto_remove_after: Option<AutoRemoveAfter>,
    /// The ID in another system.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(examples("booking-4711"))]
    external_id: Option<String>,
    /// Present if the share has a web key: a link with the receiver's right. Its address was
    /// shown only when it was created.
    #[serde(skip_serializing_if = "Option::is_none")]
    web_key: Option<WebKeyView>,
    /// For an open invitation: the invitation.
    #[serde(skip_serializing_if = "Option::is_none")]
    invitation: Option<InvitationView>,
    /// The state, which follows from the window.
    state: State,
    /// When it was created.
    #[schema(value_type = Instant)]
    date_created: DateTime<Utc>,
    /// When it was last changed.
    #[schema(value_type = Instant)]
    date_modified: DateTime<Utc>,
}

/// An organization, by name.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ShareOrganization)]
struct OrganizationView {
    /// The ID.
    id: OrganizationId,
    /// The name.
    #[schema(examples("Demo House"))]
    name: String,
    /// Whether the organization is one person's own.
    #[schema(examples(false))]
    personal: bool,
}

/// A user, by name.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ShareAccount)]
pub struct AccountView {
    /// The user's ID.
    id: UserId,
    /// Given name.
    #[schema(examples("Ada"))]
    first_name: String,
    /// Family name.
    #[schema(examples("Admin"))]
    last_name: String,
}

/// What a share opens: a device or a device group; neither, if it was deleted.
#[derive(Debug, Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ShareSource)]
struct SourceView {
    /// One device.
    #[serde(skip_serializing_if = "Option::is_none")]
    device: Option<DeviceView>,
    /// Every device in a group.
    #[serde(skip_serializing_if = "Option::is_none")]
    device_group: Option<DeviceGroupView>,
}

/// A device that a share opens.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ShareDevice)]
struct DeviceView {
    /// The ID.
    id: DeviceId,
    /// The name.
    #[schema(examples("Front door"))]
    name: String,
    /// The location, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(examples("Ground floor"))]
    location: Option<String>,
    /// Remarks.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(examples("Push hard"))]
    remarks: Option<String>,
    /// The URL of a picture.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "uri", examples("https://example.com/front-door.jpg"))]
    carousel_image_url: Option<String>,
}

/// A device group that a share opens.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ShareDeviceGroup)]
struct DeviceGroupView {
    /// The ID.
    id: DeviceGroupId,
    /// The name.
    #[schema(examples("Floor 1"))]
    name: String,
    /// The location of its devices, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(examples("First floor"))]
    location: Option<String>,
    /// Remarks.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(examples("Offices only"))]
    remarks: Option<String>,
}

/// The receiver of a share: a user or a user group.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ShareReceiver)]
enum ReceiverView {
    /// One user.
    User(Box<UserView>),
    /// Everyone in a group.
    UserGroup(UserGroupView),
}

/// A user who receives a share.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ShareUser)]
struct UserView {
    #[serde(flatten)]
    name: AccountView,
    /// E-mail address.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "email", examples("max@example.com"))]
    email_address: Option<String>,
    /// Phone number, E.164.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(examples("+491701234567"))]
    phone_number: Option<String>,
    /// Whether the user has used a credential of theirs.
    #[schema(examples(true))]
    registered: bool,
    /// Always false: Latchkey does not verify addresses.
    #[schema(examples(false))]
    email_address_verify: bool,
    /// Always false: Latchkey does not verify addresses.
    #[schema(examples(false))]
    email_address_verified: bool,
    /// Always false: Latchkey does not verify numbers.
    #[schema(examples(false))]
    phone_number_verify: bool,
    /// Always false: Latchkey does not verify numbers.
    #[schema(examples(false))]
    phone_number_verified: bool,
    /// The account; `null` until the user is registered.
    #[schema(required)]
    account: Option<TakenUp>,
    /// The open invitation; left out if there is none or the user is registered.
    #[serde(skip_serializing_if = "Option::is_none")]
    invitation: Option<UserInvitationView>,
}

/// The account of a receiver.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ShareUserAccount)]
struct TakenUp {
    #[serde(flatten)]
    name: AccountView,
    /// E-mail address.
    #[schema(required, format = "email", examples("max@example.com"))]
    email_address: Option<String>,
    /// Phone number, E.164.
    #[schema(required, examples("+491701234567"))]
    phone_number: Option<String>,
}

/// The open invitation of a receiver.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ShareUserInvitation)]
struct UserInvitationView {
    /// Always `null`: the token was shown once, and only its hash is stored.
    #[schema(required, examples(json!(null)))]
    token: Option<String>,
    /// Always `null`: it contains the token.
    #[schema(required, examples(json!(null)))]
    url: Option<String>,
    /// When the invitation expires.
    #[schema(value_type = Instant)]
    expiration: DateTime<Utc>,
}

/// A user group that receives a share.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ShareUserGroup)]
pub struct UserGroupView {
    /// The ID.
    id: UserGroupId,
    /// The name.
    #[schema(examples("Cleaners"))]
    name: String,
}

/// A web key.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ShareWebKey)]
struct WebKeyView {
    /// Who created it.
    creator_id: UserId,
    /// When it was created.
    #[schema(value_type = Instant)]
    date_created: DateTime<Utc>,
}

/// An open invitation.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ShareInvitation)]
struct InvitationView {
    /// When the invitation expires.
    #[schema(value_type = Instant)]
    expiration: DateTime<Utc>,
}

impl View {
    /// The view of `share` at `now`, with the names of what it refers to.
    pub fn new(share: Share, names: &Names, now: DateTime<Utc>) -> Self {
        let state = share.state(names.zone(&share), now);
        let local = share.timing.window.local();
        let organization = names.organization.as_ref();
        let rules = names.rules(&share).map(<[Rule]>::to_vec);
        Self {
            id: share.id,
            organization: organization.map(|organization| OrganizationView {
                id: organization.id,
                name: organization.name.clone(),
                personal: organization.personal,
            }),
            creator_account: names.users.get(&share.creator).map(AccountView::new),
            start_date: local.and_then(|window| window.start_date()),
            start_time: local.and_then(|window| window.start_time()),
            end_date: local.and_then(|window| window.end_date()),
            end_time: local.and_then(|window| window.end_time()),
            source: names.source(share.source),
            receiver: share
                .receiver
                .and_then(|receiver| names.receiver(receiver, now)),
            schedule: rules.unwrap_or(share.timing.rules),
            schedule_id: share.schedule,
            permissions: share.permissions,
            personal_settings: share.personal_settings,
            auto_remove_after: share.auto_remove_after,
            external_id: share.external_id.clone(),
            web_key: share.web_key.map(|key| WebKeyView {
                creator_id: key.creator,
                date_created: key.date_created,
            }),
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
    fn receiver(&self, receiver: Receiver, now: DateTime<Utc>) -> Option<ReceiverView> {
        match receiver {
            Receiver::User(id) => {
                let user = self.users.get(&id);
                user.map(|user| ReceiverView::User(Box::new(UserView::new(user, now))))
            }
            Receiver::UserGroup(id) => {
                let group = self.user_groups.get(&id).map(UserGroupView::new);
                group.map(ReceiverView::UserGroup)
            }
        }
    }

    fn source(&self, source: Source) -> SourceView {
        let mut view = SourceView::default();
        match source {
            Source::Device(id) => {
                view.device = self.devices.get(&id).map(|device| DeviceView {
                    id: device.id,
                    name: device.name.clone(),
                    location: device.location.clone(),
                    remarks: device.remarks.clone(),
                    carousel_image_url: device.carousel_image_url.clone(),
                });
            }
            Source::DeviceGroup(id) => {
                view.device_group = self.device_groups.get(&id).map(|group| DeviceGroupView {
                    id: group.id,
                    name: group.name.clone(),
                    location: group.location.clone(),
                    remarks: group.remarks.clone(),
                });
            }
            Source::Space(_) => {}
        }
        view
    }
}

impl UserView {
    fn new(user: &User, now: DateTime<Utc>) -> Self {
        let (email, phone) = (&user.email_address, &user.phone_number);
        let invitation = user.open_invitation(now).filter(|_| !user.registered);
        Self {
            name: AccountView::new(user),
            email_address: email.clone(),
            phone_number: phone.clone(),
            registered: user.registered,
            email_address_verify: false,
            email_address_verified: false,
            phone_number_verify: false,
            phone_number_verified: false,
            account: user.registered.then(|| TakenUp {
                name: AccountView::new(user),
                email_address: email.clone(),
                phone_number: phone.clone(),
            }),
            invitation: invitation.map(|invitation| UserInvitationView {
                token: None,
                url: None,
                expiration: invitation.expires_at,
            }),
        }
    }
}

impl AccountView {
    /// The name of a user.
    pub fn new(user: &User) -> Self {
        Self {
            id: user.id,
            first_name: user.first_name.clone(),
            last_name: user.last_name.clone(),
        }
    }
}

impl UserGroupView {
    /// The name of a group.
    pub fn new(group: &UserGroup) -> Self {
        Self {
            id: group.id,
            name: group.name.clone(),
        }
    }
}
