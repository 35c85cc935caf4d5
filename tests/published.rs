//! What the pages of the access family publish, against what is served: names, routes,
//! parameters, roles, and every member of every answer. `published.json` has the pages' tables.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;

use latchkey::access::AccessTemplateGroup;
use latchkey::access::template::TemplateThing;
use latchkey::directory::Resource;
use latchkey::role::Role;
use latchkey::wire::json::Named;
use latchkey_demo::World;
use latchkey_local::template::Integration;
use reqwest::Method;
use serde_json::{Value, json};

use crate::openapi::{document, operations, resolve};
use crate::system::{Answer, SPACE, Store, System, Tenant, access_space, root, window};
use crate::template::stack;

fn published() -> Value {
    let text = fs::read_to_string(root().join("tests/published.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// Each operation with its name.
fn all(published: &Value) -> Vec<(&str, &Value)> {
    let operations = published["operations"].as_object().unwrap();
    let named = operations.iter();
    named.map(|(name, of)| (name.as_str(), of)).collect()
}

fn served(published: &Value) -> Vec<(&str, &Value)> {
    let mut all = all(published);
    all.retain(|(_, of)| of["served"] != "no");
    all
}

fn text<'v>(of: &'v Value, name: &str) -> &'v str {
    of[name]
        .as_str()
        .unwrap_or_else(|| panic!("no {name}: {of}"))
}

const HEAD: &str = "\
# What is served of the access family

The operations that the published service of ServiceStack's clients names, and what Latchkey serves
of each. This page is made from `tests/published.json`, which has the parameters and types of the
published pages and the address of each page: `UPDATE_OPENAPI=1 cargo test -p latchkey-tests
published`. Tests hold every operation below that is served to its page: its name, route,
parameters, roles, and each member of its answer with its type.

Formats: JSON and JSV, in and out.

## Operations

| operation | route | served | remarks |
|---|---|---|---|
";

fn made() -> String {
    let published = published();
    let mut page = HEAD.to_owned();
    for (name, of) in all(&published) {
        let (method, path) = (text(of, "method"), text(of, "path"));
        let shown = match of["page"].as_str() {
            Some(address) => format!("[{name}]({address})"),
            None => name.to_owned(),
        };
        let note = of["note"].as_str().unwrap_or_default();
        let served = text(of, "served");
        writeln!(page, "| {shown} | `{method} {path}` | {served} | {note} |").unwrap();
    }
    page += "\n## Members that no answer has\n\n| type | member | why |\n|---|---|---|\n";
    for (name, of) in published["types"].as_object().unwrap() {
        for (member, why) in of["leftOut"].as_object().into_iter().flatten() {
            let why = why.as_str().unwrap();
            writeln!(page, "| {name} | `{}` | {why} |", camel_case(member)).unwrap();
        }
    }
    page + SHARE_FAMILY
}

/// The other family's part of the page.
const SHARE_FAMILY: &str = include_str!("served_shares.md");

#[test]
fn the_page_of_what_is_served_is_made_from_the_published_tables() {
    let file = root().join("docs/served.md");
    let made = made();
    if std::env::var_os("UPDATE_OPENAPI").is_some() {
        fs::write(&file, made).unwrap();
        return;
    }
    let written = fs::read_to_string(file).unwrap_or_default();
    assert!(
        written == made,
        "docs/served.md is behind: UPDATE_OPENAPI=1 cargo test -p latchkey-tests published"
    );
}

fn camel_case(name: &str) -> String {
    name[..1].to_lowercase() + &name[1..]
}

#[test]
fn each_is_at_its_published_route_and_by_its_published_name_and_no_other_is() {
    let published = published();
    let stack = stack();
    let mut functions = BTreeMap::new();
    for route in &stack.api.routes {
        if let Integration::Function(function) = &route.integration {
            let at = (route.method.as_str(), route.path.as_str());
            functions.insert(at, function.as_str());
        }
    }
    let mut names = BTreeSet::new();
    for (name, of) in served(&published) {
        let (method, path) = (text(of, "method"), text(of, "path"));
        let function = functions.get(&(method, path));
        let function = function.unwrap_or_else(|| panic!("{name} is not at {method} {path}"));
        for way in ["/json/reply", "/jsv/reply", "/api"] {
            let named = format!("{way}/{name}");
            let at = functions.get(&("POST", &named));
            assert_eq!(at, Some(function), "{named}");
            names.insert(named);
        }
    }
    for (_, path) in functions.keys() {
        if path.contains("/reply/") || path.starts_with("/api/") {
            assert!(names.contains(*path), "{path} is nobody's name for it");
        }
    }
}

/// The names of what an operation reads, in small letters.
fn read(document: &Value, operation: &Value) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for parameter in operation["parameters"].as_array().into_iter().flatten() {
        names.insert(text(resolve(document, parameter), "name").to_lowercase());
    }
    let body = resolve(
        document,
        &operation["requestBody"]["content"]["application/json"]["schema"],
    );
    let properties = body["properties"].as_object().into_iter().flatten();
    names.extend(properties.map(|(name, _)| name.to_lowercase()));
    names
}

#[test]
fn each_reads_its_published_parameters() {
    let (published, document) = (published(), document());
    let operations = operations(&document);
    for (name, of) in served(&published) {
        let (method, path) = (text(of, "method"), text(of, "path"));
        let is_it = |(of, at, _): &&(String, String, &Value)| of == method && at == path;
        let (_, _, operation) = operations.iter().find(is_it).unwrap();
        let read = read(&document, operation);
        let not_served = of["notServed"].as_array().into_iter().flatten();
        let not_served: Vec<_> = not_served.map(|name| name.as_str().unwrap()).collect();
        for parameter in of["request"].as_object().unwrap().keys() {
            let is_read = read.contains(&parameter.to_lowercase());
            let is_refused = not_served.contains(&parameter.as_str());
            assert!(is_read != is_refused, "{name}: {parameter}");
        }
    }
}

/// What is wrong with an answer, and which members were seen.
struct Judge<'p> {
    published: &'p Value,
    seen: RefCell<BTreeSet<(String, String)>>,
}

impl Judge<'_> {
    /// Whether `value` is of a published type.
    fn judge(&self, kind: &str, value: &Value, at: &str) {
        let inner = |of: &str| kind.strip_prefix(of)?.strip_suffix('>');
        let list = ["List<", "IEnumerable<", "HashSet<"];
        if let Some(of) = list.iter().find_map(|list| inner(list)) {
            let list = value.as_array().unwrap_or_else(|| panic!("{at}: {value}"));
            return list.iter().for_each(|value| self.judge(of, value, at));
        }
        if inner("Dictionary<").is_some() {
            assert!(value.is_object(), "{at}: {value}");
            return;
        }
        let kind = kind.trim_end_matches('?');
        let is_it = match kind {
            "Guid" => value.as_str().is_some_and(|text| {
                let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
                text.len() == 32 && text.bytes().all(is_digit)
            }),
            "string" | "TimeSpan" => value.is_string(),
            "bool" => value.is_boolean(),
            "int" => value
                .as_i64()
                .is_some_and(|number| i32::try_from(number).is_ok()),
            "DateTime" => value.is_i64(),
            _ => match self.published["enums"].get(kind) {
                Some(values) => values.as_object().unwrap().values().any(|of| of == value),
                None => return self.members(kind, value, at),
            },
        };
        assert!(is_it, "{at}: {value} is no {kind}");
    }

    /// Whether an object has every member of its type that may not be null, each of its type.
    fn members(&self, kind: &str, value: &Value, at: &str) {
        let of = self.published["types"].get(kind);
        let of = of.unwrap_or_else(|| panic!("{at}: nothing is published of {kind}"));
        let object = value.as_object().unwrap_or_else(|| panic!("{at}: {value}"));
        for (member, kind_of) in of["members"].as_object().unwrap() {
            let (name, kind_of) = (camel_case(member), kind_of.as_str().unwrap());
            let at = format!("{at}.{name}");
            if let Some(value) = object.get(&name).filter(|value| !value.is_null()) {
                self.judge(kind_of, value, &at);
                let seen = (kind.to_owned(), member.clone());
                self.seen.borrow_mut().insert(seen);
                continue;
            }
            let is_left_out = of["leftOut"].get(member).is_some();
            assert!(!object.contains_key(&name), "{at} is null");
            assert!(
                may_be_null(self.published, kind_of) || is_left_out,
                "no {at}"
            );
        }
    }

    /// The members that are published, not said to be left out, and were never seen, of the
    /// types that were.
    fn unseen(&self) -> Vec<String> {
        let seen = self.seen.borrow();
        let kinds: BTreeSet<_> = seen.iter().map(|(kind, _)| kind.as_str()).collect();
        let mut unseen = Vec::new();
        for kind in kinds {
            let of = &self.published["types"][kind];
            for member in of["members"].as_object().unwrap().keys() {
                let is_seen = seen.contains(&(kind.to_owned(), member.clone()));
                if is_seen == of["leftOut"].get(member).is_some() {
                    unseen.push(format!("{kind}.{member}"));
                }
            }
        }
        unseen
    }
}

/// Whether a member of this type may be null: a class, or what ends with a question mark.
fn may_be_null(published: &Value, kind: &str) -> bool {
    let is_value = ["Guid", "int", "bool", "DateTime", "TimeSpan"].contains(&kind);
    let is_list = kind.contains('<');
    let is_enum = published["enums"].get(kind).is_some();
    !is_value && !is_list && !is_enum
}

/// Gives an organization what the questions speak of.
fn furnish(world: &mut World) {
    world.users[1].email_address = Some("two@example.com".to_owned());
    world.users[1].viviot_id = Some("VIV-1".to_owned());
    let group = AccessTemplateGroup {
        name: "House".to_owned(),
        templates: vec![TEMPLATE.parse().unwrap()],
        ..AccessTemplateGroup::blank(GROUP.parse().unwrap())
    };
    world.template_groups.push(group);
}

/// Organization 7 with what the answers can tell of: an access with all that one may have.
async fn home() -> (Store, System, Tenant) {
    let store = Store::start_with_streams().await;
    let system = System::on(&store).await;
    let mut tenant = Tenant::new(7).with_roles(1, &[Role::Admin, Role::TenantAdmin]);
    let world = &mut tenant.world;
    furnish(world);
    world.spaces[0].location = Some("Ground floor".to_owned());
    world.templates[0].description = Some("For a night".to_owned());
    world.templates[0].things[0] = TemplateThing {
        available_from: Some(8),
        available_to: Some(22),
        access_count: Some(10),
        access_level: Some("Guest".to_owned()),
        permission: vec!["Sauna".to_owned()],
        ..TemplateThing::of(SPACE.into())
    };
    store.put(&tenant.world).await;
    let mut access = tenant.access(1, 2, vec![access_space(SPACE, "407192")]);
    access.window = window("2026-01-01T00:00:00Z", Some("2099-01-01T00:00:00Z"));
    access.label = Some("Room 7".to_owned());
    access.permission = vec!["Breakfast".to_owned()];
    access.spaces[0].terms.count = Some(10);
    let hour = |hour| chrono::NaiveTime::from_hms_opt(hour, 0, 0).unwrap();
    let (start, end) = (hour(8), hour(22));
    access.spaces[0].terms.hours = Some(latchkey::timing::Period { start, end });
    let scope = tenant.world.scope().unwrap();
    store.put_access(&scope, &access).await;
    (store, system, tenant)
}

const GUID: &str = "4c617463686b80018000000000000007";
const TEMPLATE: &str = "0192a5b07c0070008000000000000002";
const ACCESS: &str = "00000000000000000000000000000001";
const GROUP: &str = "0192a5b07c0070008000000000000005";

/// What each operation is asked: a query, and a body.
fn question(name: &str) -> (String, Option<Value>) {
    let access = format!("?BusinessUserAccessId={ACCESS}");
    let template = format!("?AccessTemplateId={TEMPLATE}");
    let spaces = json!([{"thingId": SPACE}]);
    let body = match name {
        "CreateBusinessUserAccess" => json!({
            "accessTemplateId": TEMPLATE, "businessUserId": 2, "validFrom": 1_795_262_400_000_i64,
            "spaces": spaces,
        }),
        "UpdateBusinessUserAccess" => json!({
            "businessUserAccessId": ACCESS, "validFrom": 1_795_262_400_000_i64, "spaces": spaces,
        }),
        "UpdateBusinessUserAccessByReprogrammingCodes" => json!({"organizationId": GUID}),
        "CreateAccessTemplate" => json!({
            "name": "Crew", "description": "By night", "things": spaces, "scope": 2,
            "accessCodeInitializationStrategy": 1,
        }),
        "UpdateAccessTemplate" => json!({
            "accessTemplateId": TEMPLATE, "name": "Crew", "things": spaces, "scope": 2,
            "accessCodeInitializationStrategy": 1,
        }),
        "CreateBusinessUser" => json!({
            "organizationId": GUID, "firstName": "Kim", "lastName": "New",
            "email": "kim@example.com", "phoneNumber": "+31612345699", "roles": ["Receptionist"],
            "viviotId": "VIV-2",
        }),
        "UpdateBusinessUser" => json!({
            "userId": 3, "firstName": "Kim", "lastName": "New", "email": "three@example.com",
            "roles": [], "viviotId": "VIV-3",
        }),
        "CreateAccessTemplateGroup" => json!({"name": "Hotel", "accessTemplateIds": [TEMPLATE]}),
        "UpdateAccessTemplateGroup" => json!({
            "accessTemplateGroupId": GROUP, "name": "Hotel", "accessTemplateIds": [TEMPLATE],
        }),
        _ => Value::Null,
    };
    let query = match name {
        "GetBusinessUserAccess" | "DeleteBusinessUserAccess" => access,
        "GetAccessTemplate" => format!("{template}&LoadOrganization=true"),
        "GetBusinessUserProfileData" => "?BusinessUserId=2".to_owned(),
        "GetViviotUserData" => "?Email=two@example.com".to_owned(),
        "GetAccessTemplateGroup" | "DeleteAccessTemplateGroup" => {
            format!("?AccessTemplateGroupId={GROUP}")
        }
        "GetThingAccessTemplates" | "DeleteAccessTemplate" => template,
        _ => String::new(),
    };
    (query, Some(body).filter(|body| !body.is_null()))
}

async fn ask(system: &System, token: uuid::Uuid, (name, of): (&str, &Value)) -> Answer {
    let method: Method = text(of, "method").parse().unwrap();
    let (query, body) = question(name);
    let path = format!("{}{query}", text(of, "path"));
    let user = system.user(token);
    match body {
        Some(body) => user.send(method, &path, body).await,
        None => user.call(method, &path).await,
    }
}

#[tokio::test]
async fn every_answer_has_each_published_member_with_its_type() {
    let published = published();
    let judge = Judge {
        published: &published,
        seen: RefCell::default(),
    };
    let (_store, system, tenant) = home().await;
    // What takes away comes last.
    let mut served = served(&published);
    served.sort_by_key(|(_, of)| {
        let methods = ["GET", "POST", "PUT", "DELETE"];
        methods.iter().position(|of_it| of["method"] == **of_it)
    });
    for (name, of) in served {
        let answer = ask(&system, tenant.token(1), (name, of)).await;
        assert_eq!(answer.status, 200, "{name}: {}", answer.body);
        judge.judge(text(of, "response"), &answer.json(), name);
    }
    assert_eq!(judge.unseen(), [""; 0], "published, and in no answer");
}

#[tokio::test]
async fn a_role_reads_what_its_page_says_and_no_other_role_does() {
    let published = published();
    let store = Store::start().await;
    let system = System::on(&store).await;
    let (first, rest) = Role::NAMES.split_at(6);
    for (names, number) in [(first, 7), (rest, 8)] {
        let mut tenant = Tenant::new(number);
        for (place, (_, role)) in names.iter().enumerate() {
            tenant = tenant.with_roles(place + 1, &[*role]);
        }
        furnish(&mut tenant.world);
        store.put(&tenant.world).await;
        let access = tenant.access(1, 2, vec![access_space(SPACE, "407192")]);
        let scope = tenant.world.scope().unwrap();
        store.put_access(&scope, &access).await;
        for (name, operation) in served(&published) {
            let Some(roles) = operation["roles"].as_array() else {
                continue;
            };
            if operation["method"] != "GET" {
                continue;
            }
            for (place, (role, _)) in names.iter().enumerate() {
                let token = tenant.token(place + 1);
                let answer = ask(&system, token, (name, operation)).await;
                let may = roles.iter().any(|of| of == role) || operation["open"] == true;
                let expected = if may { 200 } else { 403 };
                assert_eq!(answer.status, expected, "{name} {role}: {}", answer.body);
            }
        }
    }
}
