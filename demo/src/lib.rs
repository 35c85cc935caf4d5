//! Puts an organization into a table, whole: the one that `cargo run` shows the system
//! with, and those that tests need.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use latchkey::access::template::{TemplateScope, TemplateThing};
use latchkey::access::{
    Access, AccessSpace, AccessTemplate, AccessTemplateGroup, Code, CodeStrategy, SpaceTerms,
};
use latchkey::calendar_link::{CalendarLink, CalendarLinkHash, LinkOfUser};
use latchkey::caller::{Caller, Membership, OrganizationScope};
use latchkey::credential::{ApiKey, ApiKeySecret, Credential, CredentialHash};
use latchkey::deed::Unrecorded;
use latchkey::directory::{
    Admins, Device, DeviceGroup, ForeignId, GATEWAY, Group, Kind, Link, Model, ORGANIZATION_ZONE,
    Organization, Resource, Schedule, Space, User, UserGroup, ZONE_VERSION,
};
use latchkey::error::Result;
use latchkey::grant::{Permissions, Receiver, Source};
use latchkey::id::{
    AccessTemplateGroupId, AccessTemplateId, DeviceGroupId, OrganizationId, ShareId, SpaceId,
    UserGroupId, UserId,
};
use latchkey::invitation::{Invitation, InvitationHash};
use latchkey::layout::item::GrantEdge;
use latchkey::linking::{Client, RedirectUri, TokenScopes};
use latchkey::role::Role;
use latchkey::share::{PersonalSettings, Share};
use latchkey::table::{If, Item, Key, Table, to_item};
use latchkey::timing::{InstantWindow, LocalWindow, Period, Rule, Timing, Zone};
use latchkey::warrant::Warrant;
use serde_json::json;
use uuid::{Uuid, uuid};

/// The time zone of the demo organization and of its door.
pub const ZONE: &str = "Europe/Amsterdam";

/// The token of the demo organization's admin. It is public: use it for demonstrations only.
pub const ADMIN_TOKEN: Uuid = uuid!("293891d1-9278-4468-b322-6887e5e39164");
/// The token of the demo organization's plain member. Published, too.
pub const MEMBER_TOKEN: Uuid = uuid!("2f41dafc-e24e-47af-a80b-f644fba8b137");
/// The token of the demo organization's front door, which asks whether a code opens the lobby,
/// and may ask of no other space. Published, too.
pub const DOOR_TOKEN: Uuid = uuid!("c1a7e4f5-6d0b-4b1f-8e57-3f0d2b9a6c84");
/// The token of the demo organization's open invitation. Published, too.
pub const INVITATION_TOKEN: Uuid = uuid!("8a4f2f52-2d5b-4c53-9d50-0e7b4a1c9f3e");
/// The secret of the admin's link to the calendar of share 5. Published, too.
const CALENDAR_SECRET: &str = "k0fX2c0mJxv1l9mKq3sV7w5dYb8RzHtA4nEoGuPiLQc";

/// The demo organization's space.
const SPACE: Uuid = uuid!("0192a5b0-7c00-7000-8000-000000000001");
/// The demo organization's access template.
const TEMPLATE: Uuid = uuid!("0192a5b0-7c00-7000-8000-000000000002");
/// The demo organization's group of access templates.
const TEMPLATE_GROUP: Uuid = uuid!("0192a5b0-7c00-7000-8000-000000000005");

/// The demo organization's access, by which user 2 comes into the space.
const ACCESS: Uuid = uuid!("0192a5b0-7c00-7000-8000-000000000003");
/// The code of that access. Published, too.
pub const ACCESS_CODE: &str = "407192";

/// The demo organization's API key, which speaks for its admin. Published, too.
pub const API_KEY: (&str, &str) = (
    "demoKeyOfTheHome",
    "aSecretThatIsPublishedIsGoodForDemonstrat-0",
);

/// Where the demo organization's app, `1.demoKeyOfTheHome` with the secret of the API key, has its
/// users sent back to: a program on this machine, if there is one.
pub const REDIRECT_URI: &str = "http://127.0.0.1:8765/linked";

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
    /// Its spaces.
    pub spaces: Vec<Space>,
    /// Its access templates.
    pub templates: Vec<AccessTemplate>,
    /// Its groups of access templates.
    pub template_groups: Vec<AccessTemplateGroup>,
    /// Its accesses.
    pub accesses: Vec<Access>,
    /// Its shares.
    pub shares: Vec<Share>,
    /// The targets of the tokens of its open invitations.
    pub invitations: Vec<(InvitationHash, Invitation)>,
    /// The targets of its calendar links.
    pub calendar_links: Vec<(CalendarLinkHash, CalendarLink)>,
    /// Its API keys.
    pub api_keys: Vec<ApiKey>,
    /// The apps that its users may link.
    pub oauth_clients: Vec<Client>,
    /// Its other credentials.
    pub credentials: Vec<(CredentialHash, Credential)>,
}

impl World {
    /// An organization with nothing in it.
    pub fn empty(id: OrganizationId, name: &str, time_zone: Zone) -> Self {
        Self {
            organization: Organization {
                id,
                name: name.to_owned(),
                personal: false,
                time_zone,
                version: 1,
            },
            users: Vec::new(),
            user_groups: Vec::new(),
            devices: Vec::new(),
            device_groups: Vec::new(),
            schedules: Vec::new(),
            spaces: Vec::new(),
            templates: Vec::new(),
            template_groups: Vec::new(),
            accesses: Vec::new(),
            shares: Vec::new(),
            api_keys: Vec::new(),
            oauth_clients: Vec::new(),
            invitations: Vec::new(),
            calendar_links: Vec::new(),
            credentials: Vec::new(),
        }
    }

    /// Gives a user an access token that does not end.
    #[must_use]
    pub fn with_token(mut self, token: Uuid, user: UserId, name: &str) -> Self {
        let credential = Credential {
            id: name.to_owned(),
            ..Credential::of(self.organization.id, user)
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
            spaces: [].into(),
        };
        // The user is named nowhere: a scope is of an organization.
        let user = self
            .users
            .first()
            .map_or_else(|| UserId::try_from(1), |user| Ok(user.id));
        let user = user.map_err(|error| latchkey::error::Error::Internal(error.to_string()))?;
        Caller::new(user, String::new(), vec![membership]).scope(organization_id)
    }

    /// All the items that it is in the table.
    ///
    /// # Errors
    /// Never: its parts are valid.
    pub fn items(&self) -> Result<Vec<Item>> {
        let key = self.scope()?.organization_key();
        let mut items = vec![to_item(&key, &self.organization)?];
        items.extend(self.contents()?);
        Ok(items)
    }

    /// The same without the organization itself.
    ///
    /// # Errors
    /// Never: its parts are valid.
    pub fn contents(&self) -> Result<Vec<Item>> {
        let scope = self.scope()?;
        let mut items = Vec::new();
        let of = &self.organization;
        things(&mut items, &scope, of, &self.users)?;
        let admins = self.users.iter().filter(|user| user.is_admin());
        let users: BTreeSet<_> = admins.map(|user| user.id).collect();
        // DynamoDB has no empty sets.
        if !users.is_empty() {
            items.push(to_item(&scope.admins(), &Admins { users })?);
        }
        things(&mut items, &scope, of, &self.user_groups)?;
        things(&mut items, &scope, of, &self.devices)?;
        things(&mut items, &scope, of, &self.device_groups)?;
        things(&mut items, &scope, of, &self.schedules)?;
        things(&mut items, &scope, of, &self.spaces)?;
        things(&mut items, &scope, of, &self.templates)?;
        things(&mut items, &scope, of, &self.template_groups)?;
        for user in &self.users {
            for group in &user.groups {
                edge(&mut items, UserGroup::link(&scope, *group, user.id))?;
            }
        }
        for device in &self.devices {
            for group in &device.groups {
                edge(&mut items, DeviceGroup::link(&scope, *group, device.id))?;
            }
        }
        for access in &self.accesses {
            items.extend(access_items(&scope, access)?);
        }
        for share in &self.shares {
            items.push(to_item(&scope.share(share.id), share)?);
            for (key, edge) in GrantEdge::of(&scope, share) {
                items.push(to_item(&key, &edge)?);
            }
        }
        for key in &self.api_keys {
            items.extend(key.items(&scope)?);
        }
        for client in &self.oauth_clients {
            items.push(to_item(&scope.oauth_client(client.id), client)?);
        }
        for (hash, invitation) in &self.invitations {
            items.push(to_item(&Key::invitation(hash), invitation)?);
        }
        for (hash, link) in &self.calendar_links {
            items.push(to_item(&Key::calendar_link(hash), link)?);
        }
        for (hash, credential) in &self.credentials {
            items.push(to_item(&Key::credential(hash), credential)?);
        }
        Ok(items)
    }

    /// Puts everything into the table in one transaction: at most a hundred items. If one of
    /// them exists already, nothing is put, and the result is `false`.
    ///
    /// # Errors
    /// 429 and 503.
    pub async fn put(&self, table: &Table) -> Result<bool> {
        let mut writes = table.transaction(&Warrant::System, Unrecorded::Fill);
        for item in self.items()? {
            writes.put_item((), item, If::Absent);
        }
        Ok(writes.send().await?.is_ok())
    }
}

/// Things of one kind, each with the items that say what is its alone.
fn things<R: Resource>(
    items: &mut Vec<Item>,
    scope: &OrganizationScope,
    organization: &Organization,
    things: &[R],
) -> Result<()> {
    let zone = json!({
        ORGANIZATION_ZONE: organization.time_zone,
        ZONE_VERSION: organization.version,
    });
    for thing in things {
        let key = R::key(scope, thing.id());
        let key = key.ok_or(latchkey::error::Error::NotFound(R::WHAT))?;
        let mut item = to_item(&key, thing)?;
        if R::IN_ZONE {
            item.extend(to_item(&key, &zone)?);
        }
        items.push(item);
        if let Some((key, keyring)) = thing.keyring(scope) {
            items.push(to_item(&key, &keyring)?);
        }
        for claim in thing.claims(scope) {
            items.push(to_item(&claim.key, &json!({"owner": thing.id()}))?);
        }
    }
    Ok(())
}

/// An access, with its grants and its codes.
///
/// # Errors
/// None, all of them being items.
pub fn access_items(scope: &OrganizationScope, access: &Access) -> Result<Vec<Item>> {
    let mut items = vec![to_item(&scope.access(access.id), access)?];
    for space in &access.spaces {
        let (key, edge) = GrantEdge::new(scope, access.grant(space));
        items.push(to_item(&key, &edge)?);
        let code = Code::new(access.code_terms(space));
        items.push(to_item(&scope.code(space.terms.space, &space.code), &code)?);
    }
    Ok(items)
}

/// The item by which a group finds a member.
fn edge(items: &mut Vec<Item>, link: Link) -> Result<()> {
    if let Some((key, item)) = link.item {
        items.push(to_item(&key, &item)?);
    }
    Ok(())
}

/// Share 3, of one day in 2022: something to look at that opens no door.
fn past_share() -> Result<Share, Box<dyn std::error::Error + Send + Sync>> {
    let created: DateTime<Utc> = "2022-06-20T09:00:00Z".parse()?;
    let day = NaiveDate::from_ymd_opt(2022, 6, 23);
    let window = LocalWindow::new(created, (day, None), (day, None))?;
    let (source, receiver) = (Source::Device(1.try_into()?), Receiver::User(2.try_into()?));
    let share = share(1.try_into()?, 3.try_into()?, (source, receiver), created)?;
    Ok(Share {
        timing: Timing::new(window, vec![]),
        ..share
    })
}

/// A share that user 1 of an organization made, which allows remote activation, from then on
/// without an end.
///
/// # Errors
/// Never: its parts are valid.
pub fn share(
    organization: OrganizationId,
    id: ShareId,
    (source, receiver): (Source, Receiver),
    created: DateTime<Utc>,
) -> Result<Share, Box<dyn std::error::Error + Send + Sync>> {
    let always = LocalWindow::new(created, (None, None), (None, None))?;
    Ok(Share {
        id,
        organization,
        creator: 1.try_into()?,
        timing: Timing::new(always, vec![]),
        schedule: None,
        permissions: Permissions {
            remote_activate: true,
            ..Permissions::default()
        },
        source,
        receiver: Some(receiver),
        personal_settings: PersonalSettings::default(),
        invitation_expiration: None,
        auto_remove_after: None,
        external_id: None,
        expires_at: None,
        web_key: None,
        calendar_links: Vec::new(),
        parent: None,
        depth: 0,
        version: 1,
        date_created: created,
        date_modified: created,
    })
}

/// Share 5, by which the admin opens the front door, also remotely.
fn remote_share() -> Result<Share, Box<dyn std::error::Error + Send + Sync>> {
    let past = past_share()?;
    let always = LocalWindow::new(past.date_created, (None, None), (None, None))?;
    Ok(Share {
        id: 5.try_into()?,
        timing: Timing::new(always, vec![]),
        receiver: Some(Receiver::User(1.try_into()?)),
        ..past
    })
}

/// Share 4, which nobody has claimed: an open invitation, and what its token leads to.
fn open_share() -> Result<(Share, Invitation), Box<dyn std::error::Error + Send + Sync>> {
    let past = past_share()?;
    let last = NaiveDate::from_ymd_opt(2099, 12, 31);
    let window = LocalWindow::new(past.date_created, (None, None), (last, None))?;
    let expires_at: DateTime<Utc> = "2099-12-31T00:00:00Z".parse()?;
    let share = Share {
        id: 4.try_into()?,
        timing: Timing::new(window, vec![]),
        permissions: Permissions::default(),
        receiver: None,
        invitation_expiration: Some(expires_at),
        ..past
    };
    let invitation = Invitation {
        organization: share.organization,
        share: share.id,
        expires_at,
    };
    Ok((share, invitation))
}

/// The access of user 2 to the space, always.
fn access() -> Result<Access, Box<dyn std::error::Error + Send + Sync>> {
    let created: DateTime<Utc> = "2022-06-20T09:00:00Z".parse()?;
    Ok(Access {
        id: ACCESS.into(),
        organization: 1.try_into()?,
        template: TEMPLATE.into(),
        user: 2.try_into()?,
        creator: 1.try_into()?,
        window: InstantWindow::new(created, None)?,
        label: Some("Resident".to_owned()),
        permission: Vec::new(),
        strategy: CodeStrategy::Unique,
        spaces: vec![AccessSpace {
            terms: SpaceTerms {
                space: SPACE.into(),
                count: None,
                hours: None,
                exclusive: false,
            },
            code: ACCESS_CODE.parse()?,
        }],
        reprogrammed: None,
        version: 1,
        date_created: created,
        date_modified: created,
    })
}

/// The demo organization: number 1, with device 1; user 1, an admin; user 2; share 3 of user 2,
/// which has ended; share 4, an open invitation; share 5, by which user 1 opens the device; an
/// access of user 2; and user 3, the door's controller that asks about codes.
///
/// # Errors
/// Never: its parts are valid.
pub fn demo() -> Result<World, Box<dyn std::error::Error + Send + Sync>> {
    let [one, two, three] = [1, 2, 3].map(UserId::try_from);
    let (one, two, three) = (one?, two?, three?);
    let user = |id, first: &str, last: &str, email: &str, roles| User {
        first_name: first.to_owned(),
        last_name: last.to_owned(),
        email_address: Some(email.to_owned()),
        registered: true,
        description: None,
        remarks: None,
        external_id: None,
        roles,
        ..User::blank(id)
    };
    let mut world = World::empty(1.try_into()?, "Demo House", ZONE.parse()?);
    world.users = vec![
        user(
            one,
            "Ada",
            "Admin",
            "ada@example.com",
            vec![Role::Admin, Role::TenantAdmin],
        ),
        user(two, "Max", "Member", "max@example.com", vec![]),
        user(
            three,
            "Front",
            "Door",
            "door@example.com",
            vec![Role::Device],
        ),
    ];
    world.devices = vec![Device {
        id: 1.try_into()?,
        name: "Front door".to_owned(),
        time_zone: Some(ZONE.parse()?),
        location: Some("Ground floor".to_owned()),
        gateway_id: Some(ForeignId::Number(2)),
        activation_time: Some(5),
        ..Device::blank(1.try_into()?)
    }];
    let gateway = Kind {
        id: ForeignId::Number(GATEWAY),
        name: Some("Gateway".to_owned()),
    };
    world.devices.push(Device {
        name: "Hall gateway".to_owned(),
        model: Some(Model {
            id: ForeignId::Number(2),
            name: Some("Gateway".to_owned()),
            r#type: Some(gateway),
        }),
        ..Device::blank(2.try_into()?)
    });
    // What the sample events speak of. User 2 is in the group, which nothing is shared with.
    let (user_group, device_group) = (UserGroupId::try_from(1)?, DeviceGroupId::try_from(1)?);
    let space = SpaceId::from(SPACE);
    world.users[1].groups = [user_group].into();
    // The controller of the front door, which lets into the lobby and nowhere else.
    world.users[2].spaces = [space].into();
    world.user_groups = vec![UserGroup {
        name: "Tenants".to_owned(),
        ..UserGroup::blank(user_group)
    }];
    world.devices[0].groups = [device_group].into();
    world.devices[0].spaces = [space].into();
    world.device_groups = vec![DeviceGroup {
        name: "Ground floor".to_owned(),
        ..DeviceGroup::blank(device_group)
    }];
    world.spaces = vec![Space {
        name: "Lobby".to_owned(),
        devices: [1.try_into()?].into(),
        ..Space::blank(space)
    }];
    world.templates = vec![AccessTemplate {
        name: "Guests".to_owned(),
        things: vec![TemplateThing {
            available_from: Some(8),
            available_to: Some(22),
            ..TemplateThing::of(space)
        }],
        scope: TemplateScope::Guest,
        ..AccessTemplate::blank(AccessTemplateId::from(TEMPLATE))
    }];
    world.template_groups = vec![AccessTemplateGroup {
        name: "House".to_owned(),
        templates: vec![AccessTemplateId::from(TEMPLATE)],
        ..AccessTemplateGroup::blank(AccessTemplateGroupId::from(TEMPLATE_GROUP))
    }];
    let hours = Period {
        start: NaiveTime::from_hms_opt(9, 0, 0).unwrap_or_default(),
        end: NaiveTime::from_hms_opt(17, 0, 0).unwrap_or_default(),
    };
    world.schedules = vec![Schedule {
        name: "Office hours".to_owned(),
        rules: vec![Rule::daily(Some(hours))],
        ..Schedule::blank(1.try_into()?)
    }];
    world.accesses = vec![access()?];
    let (open, invitation) = open_share()?;
    let mut remote = remote_share()?;
    let (user, hash) = (one, CalendarLinkHash::of(CALENDAR_SECRET));
    remote.calendar_links = vec![LinkOfUser {
        user,
        hash: hash.clone(),
    }];
    let link = CalendarLink {
        organization: remote.organization,
        share: remote.id,
        user,
    };
    world.calendar_links = vec![(hash, link)];
    world.shares = vec![past_share()?, open, remote];
    world.invitations = vec![(InvitationHash::of_token(INVITATION_TOKEN), invitation)];
    let secret = ApiKeySecret::known(API_KEY.0.parse()?, API_KEY.1);
    let name = "Demonstration".to_owned();
    world.api_keys = vec![ApiKey::new(&secret, one, name, DateTime::UNIX_EPOCH)];
    let client = Client {
        id: API_KEY.0.parse()?,
        name: "Demonstration".to_owned(),
        redirect_uris: RedirectUri::parse(REDIRECT_URI).into_iter().collect(),
        secret: None,
        scopes: TokenScopes::all(),
        creator: one,
        date_created: DateTime::UNIX_EPOCH,
        ended: false,
    };
    world.oauth_clients = vec![client.keeping(API_KEY.1)];
    Ok(world
        .with_token(ADMIN_TOKEN, one, "demo-admin")
        .with_token(MEMBER_TOKEN, two, "demo-member")
        .with_token(DOOR_TOKEN, three, "demo-door"))
}
