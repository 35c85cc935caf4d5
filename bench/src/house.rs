//! The organization that every case is about, whatever else is in it.

use chrono::{DateTime, TimeDelta, Utc};
use latchkey::access::template::TemplateThing;
use latchkey::access::{Access, AccessSpace, AccessTemplate, CodeStrategy, SpaceTerms};
use latchkey::access_code::AccessCode;
use latchkey::caller::{Caller, Membership};
use latchkey::credential::{ApiKey, ApiKeySecret};
use latchkey::directory::{
    Device, DeviceGroup, ForeignId, Resource, Schedule, Space, User, UserGroup,
};
use latchkey::grant::{Receiver, Source};
use latchkey::id::{
    AccessTemplateId, DeviceGroupId, Id, OrganizationId, SpaceId, UserGroupId, UserId,
};
use latchkey::role::Role;
use latchkey::secret::Random;
use latchkey::share::Share;
use latchkey::timing::InstantWindow;
use latchkey_demo::{World, ZONE};
use serde_json::json;
use uuid::{Builder, Uuid};

use crate::Result;

/// The number of the organization of the cases.
pub const ORGANIZATION: u64 = 7;
/// An admin.
pub const ADMIN: u64 = 1;
/// An admin of the tenant, who has new codes made. Behind those that a page of users shows.
pub const TENANT_ADMIN: u64 = 57;
/// The controller of the doors. Nobody else has a role.
pub const DOORS: u64 = DIRECTORY;
/// The first number of controllers of one door each, where loads have them.
pub const CONTROLLERS: u64 = 900_000_000;
/// The number of items of each kind: more than a page of a list.
pub const DIRECTORY: u64 = 60;
/// The number of shares between users 11 to 20 and devices 11 to 20: a page of a list.
pub const SHARES: u64 = 50;
/// The number of accesses to spaces 21 to 30: a page of a list. They have ended, so
/// regenerating all codes does not touch them.
pub const ACCESSES: u64 = 50;
/// The user of the first five of them; later users have five each, too.
pub const VISITOR: u64 = 36;
/// The first of the spaces that they are to.
pub const VISITED: u64 = 21;
/// The members of user groups 1 to 3, which are in no other.
pub const GROUPED_USER: u64 = 31;
/// The devices of device groups 1 to 3, which are in no other.
pub const GROUPED_DEVICE: u64 = 31;
/// A device without a zone of its own.
pub const ZONELESS: u64 = 58;
/// The members of group 4.
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
    /// An organization with an admin, doors, fifty-eight members, sixty devices, and as many
    /// groups, schedules, spaces and templates; fifty shares and accesses, and an API key.
    ///
    /// # Errors
    /// The system has no random numbers.
    pub fn new(organization: OrganizationId, random: &Random) -> Result<Self> {
        let mut world = World::empty(organization, "Harbour Street Coworking", ZONE.parse()?);
        let numbers = || 1..=DIRECTORY;
        world.users = numbers().map(user).collect::<Result<_>>()?;
        world.user_groups = numbers().map(user_group).collect::<Result<_>>()?;
        world.devices = numbers().map(device).collect::<Result<_>>()?;
        world.device_groups = numbers().map(device_group).collect::<Result<_>>()?;
        world.schedules = numbers().map(schedule).collect::<Result<_>>()?;
        world.spaces = numbers().map(space).collect();
        world.templates = numbers().map(template).collect();
        let visit = |number| visit(organization, number);
        world.accesses = (0..ACCESSES).map(visit).collect::<Result<_>>()?;
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

/// The item with a number.
///
/// # Errors
/// Nothing has such a number.
pub fn id<T: Id>(number: u64) -> Result<T> {
    T::try_from(number).map_err(|_| format!("{number} is no id").into())
}

/// The id of a space, a template or an access.
pub fn space_id(number: u64) -> Uuid {
    let mut bytes = [0; 10];
    bytes[2..].copy_from_slice(&number.to_be_bytes());
    Builder::from_unix_timestamp_millis(number, &bytes).into_uuid()
}

/// The caller that the authorizer would make of a user, with the space to which a controller
/// is bound.
///
/// # Errors
/// There is no such user.
pub fn caller(user: u64, controls: Option<SpaceId>) -> Result<Caller> {
    let membership = Membership {
        organization_id: id::<OrganizationId>(ORGANIZATION)?,
        roles: roles(user),
        spaces: controls.into_iter().collect(),
    };
    Ok(Caller::new(
        id(user)?,
        format!("key-{user}"),
        vec![membership],
    ))
}

/// When all of it was made.
pub fn created() -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::days(20_000)
}

fn roles(user: u64) -> Vec<Role> {
    match user {
        ADMIN => vec![Role::Admin],
        TENANT_ADMIN => vec![Role::TenantAdmin],
        DOORS | CONTROLLERS.. => vec![Role::Device],
        _ => Vec::new(),
    }
}

fn user(number: u64) -> Result<User> {
    let groups: &[u64] = match number {
        GROUPED_USER => &[1, 2, 3],
        member if MEMBERS.contains(&member) => &[4],
        _ => &[],
    };
    Ok(User {
        first_name: "Robin".to_owned(),
        last_name: format!("Resident {number:02}"),
        email_address: Some(format!("robin.{number:02}@example.com")),
        phone_number: Some(format!("+316123456{number:02}")),
        registered: true,
        description: None,
        remarks: None,
        external_id: None,
        roles: roles(number),
        groups: groups
            .iter()
            .map(|group| id::<UserGroupId>(*group))
            .collect::<Result<_>>()?,
        ..User::blank(id(number)?)
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
        time_zone: Some(ZONE.parse()?).filter(|_| number != ZONELESS),
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

/// The template of all accesses, with the same three spaces.
fn template(number: u64) -> AccessTemplate {
    let thing = |number| TemplateThing {
        available_from: Some(8),
        available_to: Some(22),
        access_count: Some(10),
        exclusive: true,
        ..TemplateThing::of(space_id(number).into())
    };
    AccessTemplate {
        name: "Guests".to_owned(),
        description: Some("For a night or two".to_owned()),
        things: (1..=3).map(thing).collect(),
        ..AccessTemplate::blank(AccessTemplateId::from(space_id(number)))
    }
}

fn visit(organization: OrganizationId, number: u64) -> Result<Access> {
    let spaces = (0..=number % 3).map(|behind| {
        let terms = SpaceTerms {
            space: space_id(VISITED + (number + behind) % 10).into(),
            count: Some(10).filter(|_| behind == 1),
            hours: None,
            exclusive: false,
        };
        let code = code(100_000 + number)?;
        Ok(AccessSpace { terms, code })
    });
    let user = id(VISITOR + number / 5)?;
    let until = created() + TimeDelta::days(7);
    let spaces = spaces.collect::<Result<_>>()?;
    access(organization, 1 + number, (1, user), Some(until), spaces)
}

/// A code of six digits.
///
/// # Errors
/// The number has more.
pub fn code(number: u64) -> Result<AccessCode> {
    let code = format!("{number:06}").parse();
    code.map_err(|_| format!("{number} is no code").into())
}

/// An access that the admin made, of the template of a number, for a user.
///
/// # Errors
/// It ends before it begins.
pub fn access(
    organization: OrganizationId,
    number: u64,
    (template, user): (u64, UserId),
    until: Option<DateTime<Utc>>,
    spaces: Vec<AccessSpace>,
) -> Result<Access> {
    Ok(Access {
        id: space_id(number).into(),
        organization,
        template: space_id(template).into(),
        user,
        creator: id(ADMIN)?,
        window: InstantWindow::new(created(), until)?,
        label: Some("Guest of room 12".to_owned()),
        permission: Vec::new(),
        strategy: CodeStrategy::Unique,
        spaces,
        reprogrammed: None,
        version: 1,
        date_created: created(),
        date_modified: created(),
    })
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
