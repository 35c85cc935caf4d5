//! Organizations that tests need.

use chrono::{DateTime, TimeDelta, Timelike, Utc};
use latchkey::access::template::TemplateThing;
use latchkey::access::{Access, AccessSpace, AccessTemplate, CodeStrategy, SpaceTerms};
use latchkey::credential::{ApiKey, ApiKeySecret};
use latchkey::directory::{Device, DeviceGroup, Resource, Schedule, Space, User, UserGroup};
use latchkey::id::{AccessTemplateId, Id, SpaceId};
use latchkey::role::Role;
use latchkey::secret::Random;
use latchkey::timing::{InstantWindow, Period, Zone};
use latchkey_demo::World;
use ring::rand::SystemRandom;
use serde_json::{Value, json};
use uuid::{Uuid, uuid};

use super::{Store, System};

/// The space of each tenant.
pub const SPACE: Uuid = uuid!("0192a5b0-7c00-7000-8000-000000000001");
/// The access template of each tenant.
pub const TEMPLATE: Uuid = uuid!("0192a5b0-7c00-7000-8000-000000000002");

/// An organization with a token for each of its users.
pub struct Tenant {
    pub world: World,
    tokens: Vec<Uuid>,
}

fn id<T: Id>(number: u64) -> T {
    T::try_from(number).unwrap()
}

impl Tenant {
    /// Organization `number`, with user 1, an admin; users 2 to 9, plain members; user
    /// groups 1 (users 2 and 3) and 2 (nobody); devices 1 and 2; device groups 1 (device
    /// one) and 2 (nothing); named schedule 1, of Mondays; one space without devices, and an
    /// access template of it.
    pub fn new(number: u64) -> Self {
        let mut world = World::empty(
            id(number),
            &format!("Organization {number}"),
            zone(AMSTERDAM),
        );
        world.users = (1..=9)
            .map(|user| User {
                first_name: format!("User {user}"),
                last_name: format!("Of {number}"),
                phone_number: Some(format!("+3161234567{user}")),
                registered: true,
                description: None,
                remarks: None,
                external_id: None,
                roles: if user == 1 { vec![Role::Admin] } else { vec![] },
                groups: if matches!(user, 2 | 3) {
                    [id(1)].into()
                } else {
                    [].into()
                },
                ..User::blank(id(user))
            })
            .collect();
        world.user_groups = [1, 2]
            .map(|group| UserGroup {
                name: format!("Group {group}"),
                ..UserGroup::blank(id(group))
            })
            .into();
        world.devices = [1, 2]
            .map(|device| Device {
                name: format!("Door {device}"),
                time_zone: Some(zone(AMSTERDAM)),
                groups: if device == 1 {
                    [id(1)].into()
                } else {
                    [].into()
                },
                ..Device::blank(id(device))
            })
            .into();
        world.device_groups = [1, 2]
            .map(|group| DeviceGroup {
                name: format!("Floor {group}"),
                ..DeviceGroup::blank(id(group))
            })
            .into();
        let mondays = json!([{"dayOfWeek": "Monday", "recurrence": "Weekly"}]);
        let rules = serde_json::from_value(mondays).unwrap();
        world.schedules = vec![Schedule {
            name: "Mondays".to_owned(),
            rules,
            ..Schedule::blank(id(1))
        }];
        world.spaces = vec![Space {
            name: "Hall".to_owned(),
            ..Space::blank(SpaceId::from(SPACE))
        }];
        world.templates = vec![AccessTemplate {
            name: "Visitors".to_owned(),
            things: vec![TemplateThing::of(SpaceId::from(SPACE))],
            ..AccessTemplate::blank(AccessTemplateId::from(TEMPLATE))
        }];
        let tokens: Vec<_> = (1..=9).map(|_| Uuid::new_v4()).collect();
        for (index, token) in tokens.iter().enumerate() {
            world = world.with_token(
                *token,
                id(index as u64 + 1),
                &format!("token-{}", index + 1),
            );
        }
        Self { world, tokens }
    }

    /// A system with organization 7 on a store.
    pub async fn start() -> (Store, System, Self) {
        let store = Store::start().await;
        let (system, tenant) = (System::on(&store).await, Self::new(7));
        store.put(&tenant.world).await;
        (store, system, tenant)
    }

    /// Has a user create a share like [`Tenant::share`], and gives its path.
    pub async fn create_share(&self, system: &System, user: usize, changes: Value) -> String {
        let answer = system
            .post("/v2/shares", self.token(user), &self.share(changes))
            .await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        format!("/v2/shares/{}", answer.json()["shareId"])
    }

    /// Makes a user the controller of the space.
    pub fn with_controller(self, user: usize) -> Self {
        let mut tenant = self.with_roles(user, &[Role::Device]);
        tenant.world.users[user - 1].spaces = [SPACE.into()].into();
        tenant
    }

    /// Gives a user roles.
    pub fn with_roles(mut self, user: usize, roles: &[Role]) -> Self {
        self.world.users[user - 1].roles = roles.to_vec();
        self
    }

    /// Gives user 1 an API key.
    pub fn with_api_key(&mut self) -> ApiKeySecret {
        let secret = ApiKeySecret::generate(&Random::new(SystemRandom::new())).unwrap();
        let key = ApiKey::new(&secret, id(1), "Booking".to_owned(), Utc::now());
        self.world.api_keys.push(key);
        secret
    }

    /// An access of a user to spaces, from 2026 on.
    pub fn access(&self, number: u128, user: u64, spaces: Vec<AccessSpace>) -> Access {
        let window = window("2026-01-01T00:00:00Z", None);
        Access {
            id: Uuid::from_u128(number).into(),
            organization: self.world.organization.id,
            template: TEMPLATE.into(),
            user: id(user),
            creator: id(1),
            window,
            label: None,
            permission: Vec::new(),
            strategy: CodeStrategy::Unique,
            spaces,
            reprogrammed: None,
            version: 1,
            date_created: window.from(),
            date_modified: window.from(),
        }
    }

    /// The token of a user.
    pub fn token(&self, user: usize) -> Uuid {
        self.tokens[user - 1]
    }

    pub fn number(&self) -> u64 {
        self.world.organization.id.number()
    }

    /// The body of a share of device 1 to user 2, with `changes` to its fields.
    pub fn share(&self, changes: Value) -> Value {
        let mut body = share_body(changes);
        body["organizationId"] = json!(self.number());
        body
    }
}

/// From one moment until another, or without end.
pub fn window(from: &str, until: Option<&str>) -> InstantWindow {
    let at = |text: &str| -> DateTime<Utc> { text.parse().unwrap() };
    InstantWindow::new(at(from), until.map(at)).unwrap()
}

/// The zone of most doors.
pub const AMSTERDAM: &str = "Europe/Amsterdam";
/// A zone twelve hours and more from it.
pub const KIRITIMATI: &str = "Pacific/Kiritimati";

/// The time zone of that name.
pub fn zone(name: &str) -> Zone {
    name.parse().unwrap()
}

/// The hours of the day between so many from now, on the clock of `zone`.
pub fn hours_from_now(zone: Zone, from: i64, to: i64) -> Option<Period> {
    let hour = |hours| {
        let now = Utc::now();
        let time = now.with_timezone(&zone.offset(now)).time() + TimeDelta::hours(hours);
        time.with_nanosecond(0).unwrap()
    };
    let (start, end) = (hour(from), hour(to));
    Some(Period { start, end })
}

/// A space of an access, at all hours and without a count.
pub fn access_space(space: Uuid, code: &str) -> AccessSpace {
    AccessSpace {
        terms: SpaceTerms {
            space: space.into(),
            count: None,
            hours: None,
            exclusive: false,
        },
        code: code.parse().unwrap(),
    }
}

/// The body of a share of the demo organization's device to its member, with `changes`.
pub fn share_body(changes: Value) -> Value {
    let mut body =
        json!({"organizationId": 1, "source": {"deviceId": 1}, "receiver": {"userId": 2}});
    for (name, value) in changes.as_object().unwrap() {
        body[name] = value.clone();
    }
    body
}
