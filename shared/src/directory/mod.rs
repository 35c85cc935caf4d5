//! What grants refer to: organizations, users, devices and their groups, spaces, named
//! schedules. Each type is also the stored item, and the body of a `GET`.
//!
//! The operations that they have in common use [`Resource`]; the file of each kind has its
//! fields. To add a kind: a file like `schedule.rs`, and its ID in `id.rs`.

mod device;
mod device_group;
mod device_state;
mod organization;
mod resource;
pub mod schedule;
mod schema;
mod space;
mod user;
mod user_group;

pub use device::{
    ACTIVATION_TIME, Device, DeviceChanges, DeviceCreated, ForeignId, GATEWAY, Kind, LOCK, Model,
    NewDevice,
};
pub use device_group::{
    DeviceGroup, DeviceGroupChanges, DeviceGroupCreated, DeviceGroupView, NewDeviceGroup,
};
pub use device_state::{Bolt, DeviceReport, DeviceState, Level};
pub use organization::{NewAdmin, Of, Organization, OrganizationChanges, OrganizationView};
pub(crate) use resource::versioned;
pub use resource::{
    Claim, DATE_MODIFIED, GROUPS, Group, InGroup, Link, MAX_LINKED, ORGANIZATION_ZONE, Own,
    Reference, Resource, Retired, Roll, SPACES, View, ZONE_VERSION,
};
pub use schedule::{NewSchedule, Schedule, ScheduleChanges, ScheduleCreated, ScheduleView};
pub use schema::{Created, Documented, New};
pub use space::{NewSpace, Space, SpaceChanges, SpaceCreated, SpaceView};
pub use user::{
    Admins, InvitationToken, NewUser, User, UserChanges, UserCreated, UserInvitation, UserKind,
    UserView,
};
pub use user_group::{NewUserGroup, UserGroup, UserGroupChanges, UserGroupCreated, UserGroupView};

/// The version of an item that was written before items had one.
fn first() -> u64 {
    1
}
