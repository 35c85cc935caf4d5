//! The directory: users, devices, their groups, spaces, schedules, the organization.

use latchkey_functions::{
    Endpoint, account, device_groups, devices, organizations, schedules, spaces, user_groups, users,
};
use serde_json::{Value, json};

use super::new;
use crate::Result;
use crate::ask::{delete, get, post, put};
use crate::bench::Bench;
use crate::house::{DOORS, GROUPED_USER, ORGANIZATION, space_id};

pub(super) const SORTED: &str = "list 50 of 60 devices, sorted, with their groups";
pub(super) const SEARCH: &str = "search 60 device groups, with all devices";

/// A kind of item.
struct Kind {
    name: &'static str,
    plural: &'static str,
    path: &'static str,
    id: &'static str,
    create: Endpoint,
    list: Endpoint,
    update: Endpoint,
    delete: Endpoint,
    /// A new one, with all that it usually has.
    new: Value,
}

pub(super) async fn run(bench: &Bench) -> Result<()> {
    for kind in kinds() {
        of_kind(bench, &kind).await?;
    }
    groups(bench).await?;
    reported(bench).await?;
    let path = format!("/v2/organizations/{ORGANIZATION}");
    let get_one = organizations::get::ENDPOINT;
    bench.case("get organization", get_one, get(&path)).await?;
    let change = put(&path, &json!({"name": "Harbour Street"}));
    let update = organizations::update::ENDPOINT;
    bench.case("update organization", update, change).await?;
    Ok(())
}

/// What a device says of itself, and what is shown of it besides.
async fn reported(bench: &Bench) -> Result<()> {
    let state = json!({"actualFirmwareVersion": 84, "batteryLevel": "High", "locked": "LOCKED", "gatewayRssi": -67});
    let state = || put("/v1/devices/5/state", &state).by(DOORS);
    let report = devices::report::ENDPOINT;
    bench
        .case("report the state of a device", report, state())
        .await?;
    let case = "report the state of a device, with an idempotency key";
    let keyed = state().header("idempotency-key", "door-5-000123");
    bench.case(case, report, keyed).await?;
    bench.conflict();
    let case = "report the state of a device, by a controller of many";
    bench.case(case, report, state()).await?;
    let list = devices::list::ENDPOINT;
    let sorted = get("/v2/devices?sortBy=batteryLevel&sortDirection=Desc&includeGroups=true");
    bench.case(SORTED, list, sorted).await?;
    let mine = get("/v2/devices").by(GROUPED_USER);
    bench.case("list devices, as a member", list, mine).await?;
    let first = get("/v1/devices/5");
    bench.case("get device (v1)", list, first).await?;
    let gateway = json!({"name": "Hall", "model": {"id": 2, "type": {"id": 2}}});
    let gateway = post("/v2/devices", &new(gateway));
    let gateway = bench.ask(devices::create::ENDPOINT, gateway).await?;
    let path = format!("/v1/gateways/{}/current-status", gateway.field("deviceId")?);
    bench
        .case("get the status of a gateway", list, get(path))
        .await?;
    let path = format!("/v2/devices/{}", gateway.field("deviceId")?);
    bench.ask(devices::delete::ENDPOINT, delete(path)).await?;
    let account = account::get::ENDPOINT;
    bench
        .case("get account", account, get("/v1/account"))
        .await?;
    let user = json!({"firstName": "Kim", "lastName": "Newcomer"});
    let user = post("/v2/users?userGroupId=9&groupAdmin=true", &new(user));
    let case = "create user, in a group";
    bench.case(case, users::create::ENDPOINT, user).await?;
    Ok(())
}

fn kinds() -> [Kind; 6] {
    [
        Kind {
            name: "user",
            plural: "users",
            path: "/v2/users",
            id: "userId",
            create: users::create::ENDPOINT,
            list: users::list::ENDPOINT,
            update: users::update::ENDPOINT,
            delete: users::delete::ENDPOINT,
            new: json!({"firstName": "Kim", "lastName": "Resident", "emailAddress": "kim@example.com", "phoneNumber": "+4915112345678"}),
        },
        Kind {
            name: "user group, 2 members",
            plural: "user groups",
            path: "/v2/user-groups",
            id: "userGroupId",
            create: user_groups::create::ENDPOINT,
            list: user_groups::list::ENDPOINT,
            update: user_groups::update::ENDPOINT,
            delete: user_groups::delete::ENDPOINT,
            new: json!({"name": "Cleaners", "members": [36, 37]}),
        },
        Kind {
            name: "device",
            plural: "devices",
            path: "/v2/devices",
            id: "deviceId",
            create: devices::create::ENDPOINT,
            list: devices::list::ENDPOINT,
            update: devices::update::ENDPOINT,
            delete: devices::delete::ENDPOINT,
            new: json!({"name": "Gate", "location": "Garden"}),
        },
        Kind {
            name: "device group, 2 devices",
            plural: "device groups",
            path: "/v2/device-groups",
            id: "deviceGroupId",
            create: device_groups::create::ENDPOINT,
            list: device_groups::list::ENDPOINT,
            update: device_groups::update::ENDPOINT,
            delete: device_groups::delete::ENDPOINT,
            new: json!({"name": "Offices", "devices": [36, 37]}),
        },
        Kind {
            name: "space, 2 devices",
            plural: "spaces",
            path: "/v2/spaces",
            id: "spaceId",
            create: spaces::create::ENDPOINT,
            list: spaces::list::ENDPOINT,
            update: spaces::update::ENDPOINT,
            delete: spaces::delete::ENDPOINT,
            new: json!({"name": "Meeting room", "devices": [36, 37]}),
        },
        Kind {
            name: "schedule",
            plural: "schedules",
            path: "/v2/schedules",
            id: "scheduleId",
            create: schedules::create::ENDPOINT,
            list: schedules::list::ENDPOINT,
            update: schedules::update::ENDPOINT,
            delete: schedules::delete::ENDPOINT,
            new: json!({"name": "Mondays", "rules": [{"dayOfWeek": "Monday", "recurrence": "Weekly"}]}),
        },
    ]
}

async fn of_kind(bench: &Bench, kind: &Kind) -> Result<()> {
    let Kind {
        name, plural, path, ..
    } = kind;
    let made = post(*path, &new(kind.new.clone()));
    let made = bench
        .case(&format!("create {name}"), kind.create, made)
        .await?;
    let path = format!("{path}/{}", made.field(kind.id)?);
    bench
        .case(&format!("list 50 {plural}"), kind.list, get(kind.path))
        .await?;
    // One with a tail: a new one may be read a second time, strongly.
    let known = match *plural {
        "spaces" => format!("{}/{}", kind.path, space_id(1)),
        _ => format!("{}/1", kind.path),
    };
    let singular = name.split(',').next().unwrap_or_default();
    bench
        .case(&format!("get {singular}"), kind.list, get(known))
        .await?;
    let change = match *plural {
        "users" => json!({"firstName": "Kit"}),
        _ => json!({"name": "Another name"}),
    };
    bench
        .case(
            &format!("update {singular}"),
            kind.update,
            put(&path, &change),
        )
        .await?;
    bench
        .case(&format!("delete {name}"), kind.delete, delete(&path))
        .await?;
    Ok(())
}

async fn groups(bench: &Bench) -> Result<()> {
    let listed = get("/v2/user-groups/4/users");
    bench
        .case("list 2 users of a group", users::list::ENDPOINT, listed)
        .await?;
    let member = "/v2/user-groups/6/users/38";
    let joins = put(member, &Value::Null);
    bench
        .case("add user to group", user_groups::add::ENDPOINT, joins)
        .await?;
    let leaves = delete(member);
    bench
        .case(
            "remove user from group",
            user_groups::remove::ENDPOINT,
            leaves,
        )
        .await?;

    let listed = get("/v2/device-groups/4/devices");
    bench
        .case("list 2 devices of a group", devices::list::ENDPOINT, listed)
        .await?;
    let device = "/v2/device-groups/6/devices/38";
    let joins = put(device, &Value::Null);
    bench
        .case("add device to group", device_groups::add::ENDPOINT, joins)
        .await?;
    let leaves = delete(device);
    bench
        .case(
            "remove device from group",
            device_groups::remove::ENDPOINT,
            leaves,
        )
        .await?;
    let all = get("/v1/device-groups?includeDevices=true");
    bench
        .case(SEARCH, device_groups::list::ENDPOINT, all)
        .await?;
    Ok(())
}
