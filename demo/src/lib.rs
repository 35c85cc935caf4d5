//! Puts an organization into a table, whole: the one that `cargo run` shows the system
//! with, and those that tests need.

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::{Europe, Tz};
use latchkey::caller::{Caller, Membership, OrganizationScope};
use latchkey::credential::{Credential, CredentialHash};
use latchkey::directory::{Device, DeviceGroup, Organization, Schedule, User, UserGroup};
use latchkey::grant::{Permissions, Receiver, Source};
use latchkey::id::{OrganizationId, UserId};
use latchkey::role::Role;
use latchkey::share::{PersonalSettings, Share};
use latchkey::table::item::GrantEdge;
use latchkey::table::{Failed, Key, Table};
use latchkey::timing::{LocalWindow, Timing};
use latchkey::wire::Result;
use uuid::{Uuid, uuid};

/// The token of the demo organization's admin. Published: good for demonstrations alone.
pub const ADMIN_TOKEN: Uuid = uuid!("293891d1-9278-4468-b322-6887e5e39164");
/// The token of the demo organization's plain member. Published, too.
pub const MEMBER_TOKEN: Uuid = uuid!("2f41dafc-e24e-47af-a80b-f644fba8b137");

/// An organization with all that it has.
#[derive(Debug)]
pub struct World {
    /// The organization.
    pub organization: Organization,
    /// Its users.
    pub users: Vec<User>,
    /// Its groups of users.
    pub user_groups: Vec<UserGroup>,
    /// Its devices.
    pub devices: Vec<Device>,
    /// Its groups of devices.
    pub device_groups: Vec<DeviceGroup>,
    /// Its named schedules.
    pub schedules: Vec<Schedule>,
    /// Its shares; each has a receiver.
    pub shares: Vec<Share>,
    /// Its credentials.
    pub credentials: Vec<(CredentialHash, Credential)>,
}

impl World {
    /// An organization with nothing in it.
    pub fn empty(id: OrganizationId, name: &str, time_zone: Tz) -> Self {
        Self {
            organization: Organization {
                id,
                name: name.to_owned(),
                personal: false,
                time_zone,
            },
            users: Vec::new(),
            user_groups: Vec::new(),
            devices: Vec::new(),
            device_groups: Vec::new(),
            schedules: Vec::new(),
            shares: Vec::new(),
            credentials: Vec::new(),
        }
    }

    /// Gives a user an access token that does not end.
    #[must_use]
    pub fn with_token(mut self, token: Uuid, user: UserId, name: &str) -> Self {
        let credential = Credential {
            id: name.to_owned(),
            organization: self.organization.id,
            user,
            expires_at: None,
        };
        self.credentials
            .push((CredentialHash::of_token(token), credential));
        self
    }

    /// Leave to write the organization's items: that of an admin of it.
    ///
    /// # Errors
    /// None, an admin being a member.
    pub fn scope(&self) -> Result<OrganizationScope> {
        let organization_id = self.organization.id;
        let membership = Membership {
            organization_id,
            roles: vec![Role::Admin],
        };
        // The user is named nowhere: a scope is of an organization.
        let user = self
            .users
            .first()
            .map_or_else(|| UserId::try_from(1), |user| Ok(user.id));
        let user = user.map_err(|error| latchkey::wire::Error::Internal(error.to_string()))?;
        Caller::new(user, String::new(), vec![membership]).scope(organization_id)
    }

    /// Puts it all into the table in one transaction: at most a hundred things. What is
    /// there already stays as it is; then nothing is put, and the answer is `false`.
    ///
    /// # Errors
    /// 429 and 503.
    pub async fn put(&self, table: &Table) -> Result<bool> {
        let scope = self.scope()?;
        let mut writes =
            table
                .transaction()
                .put_new((), &scope.organization_key(), &self.organization)?;
        for user in &self.users {
            writes = writes.put_new((), &scope.user(user.id), user)?;
        }
        for group in &self.user_groups {
            writes = writes.put_new((), &scope.user_group(group.id), group)?;
        }
        for device in &self.devices {
            writes = writes.put_new((), &scope.device(device.id), device)?;
        }
        for group in &self.device_groups {
            writes = writes.put_new((), &scope.device_group(group.id), group)?;
        }
        for schedule in &self.schedules {
            writes = writes.put_new((), &scope.schedule(schedule.id), schedule)?;
        }
        for share in &self.shares {
            writes = writes.put_new((), &scope.share(share.id), share)?;
            if let Some(grant) = share.grant() {
                let edge = scope.grant(grant.receiver, grant.source, share.id);
                writes = writes.put_new((), &edge, &GrantEdge::new(&scope, grant))?;
            }
        }
        for (hash, credential) in &self.credentials {
            writes = writes.put_new((), &Key::credential(hash), credential)?;
        }
        match writes.send().await {
            Ok(()) => Ok(true),
            Err(Failed::Refused(_)) => Ok(false),
            Err(Failed::Error(error)) => Err(error),
        }
    }
}

/// Share 3, of one day in 2022: something to look at that opens no door.
fn past_share() -> Result<Share, Box<dyn std::error::Error + Send + Sync>> {
    let created: DateTime<Utc> = "2022-06-20T09:00:00Z".parse()?;
    let day = NaiveDate::from_ymd_opt(2022, 6, 23);
    let window = LocalWindow::new(created, (day, None), (day, None))?;
    Ok(Share {
        id: 3.try_into()?,
        organization: 1.try_into()?,
        creator: 1.try_into()?,
        timing: Timing::new(window, vec![]),
        schedule: None,
        permissions: Permissions {
            remote_activate: true,
            ..Permissions::default()
        },
        source: Source::Device(1.try_into()?),
        receiver: Some(Receiver::User(2.try_into()?)),
        personal_settings: PersonalSettings::default(),
        invitation_expiration: None,
        parent: None,
        depth: 0,
        version: 1,
        date_created: created,
        date_modified: created,
    })
}

/// The demo organization: number 1, with device 1, an admin who is user 1, user 2, and
/// share 3, which is over.
///
/// # Errors
/// None: what it is made of is right.
pub fn demo() -> Result<World, Box<dyn std::error::Error + Send + Sync>> {
    let (one, two) = (UserId::try_from(1)?, UserId::try_from(2)?);
    let user = |id, first: &str, last: &str, email: &str, roles| User {
        id,
        first_name: first.to_owned(),
        last_name: last.to_owned(),
        email_address: Some(email.to_owned()),
        phone_number: None,
        registered: true,
        roles,
        groups: [].into(),
    };
    let mut world = World::empty(1.try_into()?, "Demo House", Europe::Amsterdam);
    world.users = vec![
        user(one, "Ada", "Admin", "ada@example.com", vec![Role::Admin]),
        user(two, "Max", "Member", "max@example.com", vec![]),
    ];
    world.devices = vec![Device {
        id: 1.try_into()?,
        name: "Front door".to_owned(),
        time_zone: Some(Europe::Amsterdam),
        location: Some("Ground floor".to_owned()),
        remarks: None,
        carousel_image_url: None,
        groups: [].into(),
    }];
    world.shares = vec![past_share()?];
    Ok(world.with_token(ADMIN_TOKEN, one, "demo-admin").with_token(
        MEMBER_TOKEN,
        two,
        "demo-member",
    ))
}
