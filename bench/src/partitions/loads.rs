//! The loads: the requests, their callers and rates, in an organization with 10 million shares
//! and 100,000 doors. Only the shares and doors that these requests use are created.

use aws_lambda_events::apigw::ApiGatewayCustomAuthorizerRequestTypeRequest;
use aws_lambda_events::dynamodb::StreamRecord;
use latchkey::access::AccessSpace;
use latchkey::access::SpaceTerms;
use latchkey::deed::Unrecorded;
use latchkey::directory::{Device, ForeignId, Resource, Space, User};
use latchkey::grant::{Permissions, Receiver, Source};
use latchkey::id::SpaceId;
use latchkey::role::Role;
use latchkey::warrant::Warrant;
use latchkey_demo::World;
use latchkey_functions::activations::activate;
use latchkey_functions::authorizer;
use latchkey_functions::decisions::{decide, effective};
use latchkey_functions::entries::create as enter;
use latchkey_functions::shares::{create, get as get_share, list};
use latchkey_functions::stream::follow_up;
use serde_json::{Value, json};
use uuid::Uuid;

use super::touches::{self, Lists, Touch};
use crate::Result;
use crate::ask::{Ask, get, post};
use crate::bench::Bench;
use crate::cases::event;
use crate::house::{self, CONTROLLERS, DOORS, ORGANIZATION, access, code, id, space_id};

/// The first number of what the loads are about: behind all of the house.
const FIRST: u64 = 10_000;
/// The group of users and the group of devices that all of them are in, where they are.
const GROUP: u64 = 9;
/// A named schedule.
const SCHEDULE: u64 = 3;

/// One of the loads.
pub(super) struct Load {
    pub(super) name: &'static str,
    /// The number of requests a second.
    pub(super) rate: f64,
    /// Whether that must not throttle.
    pub(super) must_hold: bool,
    of: Of,
}

#[derive(Clone, Copy, PartialEq)]
enum Of {
    Decisions,
    ByGroup,
    ByGroupOfBoth,
    BySchedule,
    OneDoor,
    Authorizer,
    Effective,
    Activations,
    Entries,
    EntriesByOne,
    EntriesIntoOne,
    GetShare,
    OwnShares,
    CreateShares,
    Invitations,
    SharesWithGroup,
    CleanUp,
    ZoneChange,
}

const fn load(name: &'static str, rate: f64, must_hold: bool, of: Of) -> Load {
    Load {
        name,
        rate,
        must_hold,
        of,
    }
}

/// All of them.
pub(super) const ALL: &[Load] = &[
    load("decisions: 8:59", 20_000.0, true, Of::Decisions),
    load(
        "decisions: a group of 50,000, at 8 doors",
        20_000.0,
        false,
        Of::ByGroup,
    ),
    load(
        "decisions: a group of 50,000, at a group of doors",
        20_000.0,
        true,
        Of::ByGroupOfBoth,
    ),
    load(
        "decisions: one named schedule",
        20_000.0,
        false,
        Of::BySchedule,
    ),
    load("decisions: the stadium door", 3_000.0, false, Of::OneDoor),
    load(
        "authorizer: nobody remembered",
        20_000.0,
        true,
        Of::Authorizer,
    ),
    load("what one may open, 1 door", 20_000.0, true, Of::Effective),
    load("activations", 5_000.0, true, Of::Activations),
    load("entries", 5_000.0, true, Of::Entries),
    load(
        "entries: one controller for all",
        500.0,
        false,
        Of::EntriesByOne,
    ),
    load("entries: one space", 500.0, false, Of::EntriesIntoOne),
    load("get share", 5_000.0, false, Of::GetShare),
    load("list own share", 5_000.0, false, Of::OwnShares),
    load("create shares", 450.0, true, Of::CreateShares),
    load(
        "5,000 invited to one door in a minute",
        84.0,
        true,
        Of::Invitations,
    ),
    load("share with one group", 50.0, true, Of::SharesWithGroup),
    load(
        "clean up after a door with 100,000 shares, by share",
        250.0,
        true,
        Of::CleanUp,
    ),
    load(
        "change the zone of 100,000 doors, by door",
        1_600.0,
        true,
        Of::ZoneChange,
    ),
];

/// The keys that the requests of a load touched, each by itself.
pub(super) async fn sample(bench: &Bench, load: &Load, count: u64) -> Result<Vec<Vec<Touch>>> {
    let mut lists = Lists::default();
    lists.learn(&bench.house.world.items()?);
    let items = world(load.of, count)?.contents()?;
    lists.learn(&items);
    bench.store.sink().put(items).await?;
    bench.called();
    let mut requests = Vec::new();
    if let Of::CleanUp | Of::ZoneChange = load.of {
        follow_up(bench, load.of).await?;
        let all = touches::of(&bench.called(), &mut lists);
        requests.push(all);
        requests.resize(count as usize, Vec::new());
        return Ok(requests);
    }
    for number in FIRST..FIRST + count {
        match load.of {
            Of::Authorizer => authorize(bench, number).await?,
            of => ask(bench, of, number).await?,
        }
        requests.push(touches::of(&bench.called(), &mut lists));
    }
    Ok(requests)
}

fn token(number: u64) -> Uuid {
    Uuid::from_u128(u128::from(number))
}

fn space(number: u64) -> SpaceId {
    space_id(number).into()
}

/// A user, a door, a space, a share and an access for each request, as a load has them.
fn world(of: Of, count: u64) -> Result<World> {
    let organization = id(ORGANIZATION)?;
    let mut world = World::empty(organization, "", latchkey_demo::ZONE.parse()?);
    let grouped = matches!(of, Of::ByGroup | Of::ByGroupOfBoth);
    for number in FIRST..FIRST + count {
        let mut user = User {
            first_name: "Robin".to_owned(),
            last_name: format!("Resident {number}"),
            registered: true,
            ..User::blank(id(number)?)
        };
        let mut device = Device {
            name: format!("Door {number}"),
            gateway_id: Some(ForeignId::Number(1)),
            ..Device::blank(id(number)?)
        };
        if grouped {
            user.groups.insert(id(GROUP)?);
        }
        if of == Of::ByGroupOfBoth {
            device.groups.insert(id(GROUP)?);
        }
        world.users.push(user);
        world.devices.push(device);
        world.spaces.push(Space {
            name: format!("Room {number}"),
            ..Space::blank(space(number))
        });
        if !matches!(of, Of::ByGroup | Of::ByGroupOfBoth) {
            let door = match of {
                Of::OneDoor | Of::CleanUp => FIRST,
                _ => number,
            };
            let (receiver, source) = (Receiver::User(id(number)?), Source::Device(id(door)?));
            let mut share = house::share(organization, number, receiver, source)?;
            if of == Of::BySchedule {
                share.schedule = Some(id(SCHEDULE)?);
            }
            share.permissions = Permissions {
                remote_activate: true,
                ..Permissions::default()
            };
            world.shares.push(share);
        }
        if of == Of::ByGroup {
            let (receiver, source) = (Receiver::UserGroup(id(GROUP)?), Source::Device(id(number)?));
            // As many doors as the shares of a group that one read returns.
            if number < FIRST + 8 {
                world
                    .shares
                    .push(house::share(organization, number, receiver, source)?);
            }
        }
        if matches!(of, Of::Entries | Of::EntriesByOne | Of::EntriesIntoOne) {
            world.users.push(User {
                roles: vec![Role::Device],
                ..User::blank(id(CONTROLLERS + number)?)
            });
            let into = match of {
                Of::EntriesIntoOne => FIRST,
                _ => number,
            };
            let terms = SpaceTerms {
                space: space(into),
                count: None,
                hours: None,
                exclusive: false,
            };
            let spaces = vec![AccessSpace {
                terms,
                code: code(number)?,
            }];
            let made_for = (1, id(number)?);
            world
                .accesses
                .push(access(organization, number, made_for, None, spaces)?);
        }
        if of == Of::Authorizer {
            world = world.with_token(token(number), id(number)?, "phone");
        }
    }
    if of == Of::ByGroupOfBoth {
        let (receiver, source) = (
            Receiver::UserGroup(id(GROUP)?),
            Source::DeviceGroup(id(GROUP)?),
        );
        world
            .shares
            .push(house::share(organization, FIRST, receiver, source)?);
    }
    Ok(world)
}

/// The body of what is created in the organization.
fn new(receiver: Value, door: u64) -> Value {
    json!({"organizationId": ORGANIZATION, "receiver": receiver, "source": {"deviceId": door}})
}

async fn ask(bench: &Bench, of: Of, number: u64) -> Result<()> {
    let decision = |door: u64| get(format!("/v2/devices/{door}/decision")).by(number);
    match of {
        Of::Decisions | Of::BySchedule | Of::ByGroupOfBoth => {
            opens(bench, decision(number)).await?;
        }
        Of::ByGroup => opens(bench, decision(FIRST + number % 8)).await?,
        Of::OneDoor => opens(bench, decision(FIRST)).await?,
        Of::Effective => {
            let path = "/v2/effective-device-permissions";
            bench.ask(effective::ENDPOINT, get(path).by(number)).await?;
        }
        Of::Activations => {
            let path = format!("/v1/devices/{number}/remote-activation");
            let ask = post(path, &Value::Null).by(number);
            bench.ask(activate::ENDPOINT, ask).await?;
        }
        Of::Entries | Of::EntriesByOne | Of::EntriesIntoOne => {
            let by = match of {
                Of::EntriesByOne => DOORS,
                _ => CONTROLLERS + number,
            };
            let into = match of {
                Of::EntriesIntoOne => FIRST,
                _ => number,
            };
            let path = format!("/v2/spaces/{}/entries", space(into));
            let typed = json!({"code": code(number)?.as_str()});
            bench
                .ask(enter::ENDPOINT, post(path, &typed).by(by))
                .await?;
        }
        Of::GetShare => {
            let path = format!("/v2/shares/{number}");
            bench.ask(get_share::ENDPOINT, get(path).by(number)).await?;
        }
        Of::OwnShares => {
            let path = format!("/v2/shares?userId={number}");
            bench.ask(list::ENDPOINT, get(path).by(number)).await?;
        }
        Of::CreateShares | Of::Invitations => {
            let door = match of {
                Of::Invitations => FIRST,
                _ => number,
            };
            let body = new(json!({"userId": number}), door);
            bench
                .ask(create::ENDPOINT, post("/v2/shares", &body))
                .await?;
        }
        Of::SharesWithGroup => {
            let body = new(json!({"userGroupId": GROUP}), number);
            bench
                .ask(create::ENDPOINT, post("/v2/shares", &body))
                .await?;
        }
        Of::Authorizer | Of::CleanUp | Of::ZoneChange => {}
    }
    Ok(())
}

async fn opens(bench: &Bench, ask: Ask) -> Result<()> {
    let decision = bench.ask(decide::ENDPOINT, ask).await?;
    match decision.json()?["allowed"] == true {
        true => Ok(()),
        false => Err(format!("it does not open: {}", decision.json()?).into()),
    }
}

async fn authorize(bench: &Bench, number: u64) -> Result<()> {
    let mut event = event("authorizer")?;
    event["headers"]["Authorization"] = json!(format!("Bearer {}", token(number)));
    let event: ApiGatewayCustomAuthorizerRequestTypeRequest = serde_json::from_value(event)?;
    (authorizer::HANDLER.handle)(event, bench.context())
        .await
        .map_err(|error| error.to_string())?;
    Ok(())
}

/// Tells the stream's function of a door that was deleted with all its shares, or of an
/// organization that has another zone.
async fn follow_up(bench: &Bench, of: Of) -> Result<()> {
    let mut change = event("follow-up")?["Records"][0]["dynamodb"].take();
    let scope = bench.house.world.scope()?;
    let (key, old, new) = match of {
        Of::CleanUp => {
            let key = scope.device(id(FIRST)?);
            let gone = bench
                .table
                .transaction::<()>(&Warrant::System, Unrecorded::Fill);
            let mut gone = gone;
            gone.delete((), &key, latchkey::table::If::Always);
            gone.send_unconditional().await?;
            bench.called();
            let old = Device {
                name: "Gone".to_owned(),
                ..Device::blank(id(FIRST)?)
            };
            (key, json!(old), Value::Null)
        }
        _ => {
            let mut organization = bench.house.world.organization.clone();
            let old = json!(organization);
            organization.version += 1;
            organization.time_zone = "Asia/Tokyo".parse()?;
            let key = scope.organization_key();
            bench
                .table
                .put(&key, &organization, Unrecorded::Fill)
                .await?;
            bench.called();
            (key, old, json!(organization))
        }
    };
    let keys = latchkey::table::to_item(&key, &json!({}))?;
    let text = |name: &str| keys.get(name).and_then(|value| value.as_s().ok()).cloned();
    change["Keys"] = json!({"PK": {"S": text("PK")}, "SK": {"S": text("SK")}});
    change["OldImage"] = in_dynamodb(&old);
    match new {
        Value::Null => change["NewImage"] = json!({}),
        new => change["NewImage"] = in_dynamodb(&new),
    }
    let change: StreamRecord = serde_json::from_value(change)?;
    (follow_up::HANDLER.handle)(change, bench.context())
        .await
        .map_err(|error| error.to_string())?;
    Ok(())
}

/// A map of texts and numbers in the form of a stream record.
fn in_dynamodb(fields: &Value) -> Value {
    let value = |value: &Value| match value {
        Value::String(text) => json!({"S": text}),
        Value::Bool(truth) => json!({"BOOL": truth}),
        other => json!({"N": other.to_string()}),
    };
    let fields = fields.as_object().into_iter().flatten();
    fields
        .map(|(name, field)| (name.clone(), value(field)))
        .collect::<serde_json::Map<_, _>>()
        .into()
}
