//! The organization that every case is about, whatever else is in it.

use chrono_tz::Europe::Amsterdam;
use latchkey::caller::{Caller, Membership};
use latchkey::credential::{ApiKey, ApiKeySecret};
use latchkey::directory::{
    Device, DeviceGroup, ForeignId, Resource, Schedule, Space, User, UserGroup,
};
use latchkey::grant::{Receiver, Source};
use latchkey::id::{DeviceGroupId, Id, OrganizationId, SpaceId, UserGroupId};
use latchkey::role::Role;
use latchkey::secret::Random;
use latchkey::share::Share;
use latchkey_demo::World;
use serde_json::json;
use uuid::{Builder, Uuid};

use crate::Result;

/// The number of the organization of the cases.
pub const ORGANIZATION: u64 = 7;
/// The one user with a role: an admin.
pub const ADMIN: u64 = 1;
/// How many there are of each kind of thing: more than a page of a list shows.
pub const DIRECTORY: u64 = 60;
/// How many shares there are, between users 11 to 20 and devices 11 to 20: a page of a list.
pub const SHARES: u64 = 50;
/// What is in user groups 1 to 3, and in no other.
pub const GROUPED_USER: u64 = 31;
/// What is in device groups 1 to 3, and in no other.
pub const GROUPED_DEVICE: u64 = 31;
/// What is in group 4.
pub const MEMBERS: [u64; 2] = [34, 35];

/// The organization, and what opens it.
#[derive(Debug)]
pub struct House {
    /// All that is in it.
    pub world: World,
    /// The secret of its one API key, which speaks for the admin.
    pub api_key: ApiKeySecret,
}

impl House {
    /// An organization with an admin, fifty-nine members, sixty devices, and as many
    /// groups, schedules and spaces; fifty shares, and an API key.
    ///
    /// # Errors
    /// The system has no random numbers.
    pub fn new(organization: OrganizationId, random: &Random) -> Result<Self> {
        let mut world = World::empty(organization, "Harbour Street Coworking", Amsterdam);
        let numbers = || 1..=DIRECTORY;
        world.users = numbers().map(user).collect::<Result<_>>()?;
        world.user_groups = numbers().map(user_group).collect::<Result<_>>()?;
        world.devices = numbers().map(device).collect::<Result<_>>()?;
        world.device_groups = numbers().map(device_group).collect::<Result<_>>()?;
        world.schedules = numbers().map(schedule).collect::<Result<_>>()?;
        world.spaces = numbers().map(space).collect();
        let listed = |number| listed_share(organization, number);
        world.shares = (0..SHARES).map(listed).collect::<Result<_>>()?;
        let secret = ApiKeySecret::generate(random)?;
        let key = ApiKey::new(&secret, id(ADMIN)?, "Booking system".to_owned(), created());
        world.api_keys = vec![key];
        Ok(Self {
            world,
            api_key: secret,
        })
    }
}

/// The thing of a number.
///
/// # Errors
/// Nothing has such a number.
pub fn id<T: Id>(number: u64) -> Result<T> {
    T::try_from(number).map_err(|_| format!("{number} is no id").into())
}

/// The id of a space.
pub fn space_id(number: u64) -> Uuid {
    let mut bytes = [0; 10];
    bytes[2..].copy_from_slice(&number.to_be_bytes());
    Builder::from_unix_timestamp_millis(number, &bytes).into_uuid()
}

/// The caller that the authorizer would make of a user.
///
/// # Errors
/// There is no such user.
pub fn caller(user: u64) -> Result<Caller> {
    let membership = Membership {
        organization_id: id::<OrganizationId>(ORGANIZATION)?,
        roles: roles(user),
    };
    Ok(Caller::new(
        id(user)?,
        format!("key-{user}"),
        vec![membership],
    ))
}

/// When all of it was made.
fn created() -> chrono::DateTime<chrono::Utc> {
    chrono::DateTime::UNIX_EPOCH + chrono::TimeDelta::days(20_000)
}

fn roles(user: u64) -> Vec<Role> {
    if user == ADMIN {
        vec![Role::Admin]
    } else {
        Vec::new()
    }
}

fn user(number: u64) -> Result<User> {
    let groups: &[u64] = match number {
        GROUPED_USER => &[1, 2, 3],
        member if MEMBERS.contains(&member) => &[4],
        _ => &[],
    };
    Ok(User {
        id: id(number)?,
        first_name: "Robin".to_owned(),
        last_name: format!("Resident {number:02}"),
        email_address: Some(format!("robin.{number:02}@example.com")),
        phone_number: Some(format!("+316123456{number:02}")),
        registered: true,
        roles: roles(number),
        groups: groups
            .iter()
            .map(|group| id::<UserGroupId>(*group))
            .collect::<Result<_>>()?,
        version: 1,
    })
}

fn user_group(number: u64) -> Result<UserGroup> {
    Ok(UserGroup {
        name: format!("Tenants of floor {number:02}"),
        ..UserGroup::blank(id(number)?)
    })
}

fn device(number: u64) -> Result<Device> {
    let groups: &[u64] = match number {
        GROUPED_DEVICE => &[1, 2, 3],
        member if MEMBERS.contains(&member) => &[4],
        _ => &[],
    };
    Ok(Device {
        name: format!("Front door {number:02}"),
        time_zone: Some(Amsterdam),
        location: Some("Ground floor, behind the garden".to_owned()),
        gateway_id: Some(ForeignId::Number(1)),
        groups: groups
            .iter()
            .map(|group| id::<DeviceGroupId>(*group))
            .collect::<Result<_>>()?,
        ..Device::blank(id(number)?)
    })
}

fn device_group(number: u64) -> Result<DeviceGroup> {
    Ok(DeviceGroup {
        name: format!("Doors of floor {number:02}"),
        ..DeviceGroup::blank(id(number)?)
    })
}

fn schedule(number: u64) -> Result<Schedule> {
    // Every hour of the week, so that it is never the schedule that keeps a door closed.
    Ok(Schedule {
        name: format!("Always {number:02}"),
        rules: serde_json::from_value(json!([]))?,
        ..Schedule::blank(id(number)?)
    })
}

fn space(number: u64) -> Space {
    Space {
        name: format!("Meeting room {number:02}"),
        location: Some("First floor".to_owned()),
        ..Space::blank(SpaceId::from(space_id(number)))
    }
}

fn listed_share(organization: OrganizationId, number: u64) -> Result<Share> {
    let (user, device) = (11 + number / 5, 11 + number % 10);
    share(
        organization,
        1 + number,
        Receiver::User(id(user)?),
        Source::Device(id(device)?),
    )
}

/// A share that the admin made, for good.
///
/// # Errors
/// Nothing has such a number.
pub fn share(
    organization: OrganizationId,
    number: u64,
    receiver: Receiver,
    source: Source,
) -> Result<Share> {
    latchkey_demo::share(organization, id(number)?, (source, receiver), created())
}
