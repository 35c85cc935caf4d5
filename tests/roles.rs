//! Who may do what: every route of the template, asked by someone of every role.

use std::collections::BTreeMap;

use latchkey::access::Access;
use latchkey::directory::{ForeignId, GATEWAY, Kind, Model};
use latchkey::role::{Area, By, Reach, Role};
use latchkey_local::template::{Integration, Route};
use reqwest::Method;
use serde_json::{Value, json};

use crate::openapi::{document, is_another_way, operations};
use crate::service::tree;
use crate::system::{Answer, SPACE, TEMPLATE, Tenant, User, World, access_space};
use crate::template::stack;

/// Why someone may do something, with the number of the user who may for that reason alone.
const COLUMNS: [(By, usize); 8] = [
    (By::Role(Role::Admin), 1),
    (By::Role(Role::TenantAdmin), 2),
    (By::Role(Role::AccessAdmin), 3),
    (By::Role(Role::AccessTemplateAdmin), 4),
    (By::Role(Role::Receptionist), 5),
    (By::Role(Role::Device), 6),
    (By::Administration, 7),
    (By::Membership, 8),
];

/// The table as it is published: rows, in the columns above.
const TABLE: [(Area, &str); 9] = [
    (Area::Directory, "write write read read read own source own"),
    (Area::Shares, "write write write - - own source own"),
    (Area::Accesses, "write write write - read own - own"),
    (Area::Templates, "write write read write - - - -"),
    (Area::TemplateGroups, "write write write write - - - -"),
    (Area::Visitors, "read read - - read - - -"),
    (Area::ReprogramCodes, "- write - - - - - -"),
    (Area::Decisions, "read read read - read own source own"),
    (Area::Record, "read read - - - own source own"),
];

/// The cell of the table.
fn published(area: Area, by: By) -> Reach {
    let row = TABLE.iter().find(|(of, _)| *of == area).unwrap().1;
    let column = COLUMNS.iter().position(|(of, _)| *of == by).unwrap();
    match row.split(' ').nth(column).unwrap() {
        "write" => Reach::Write,
        "read" => Reach::Read,
        "source" => Reach::Source,
        "own" => Reach::Own,
        _ => Reach::Nothing,
    }
}

#[test]
fn the_table_is_the_published_one() {
    for (area, _) in TABLE {
        for (by, _) in COLUMNS {
            assert_eq!(by.reach(area), published(area, by), "{area:?} {by:?}");
        }
    }
}

/// What a request is about.
#[derive(Debug, Clone, Copy, PartialEq)]
enum About {
    /// What has nothing to do with the caller.
    Other,
    /// The source that user 7 administrates.
    Source,
    /// The caller, or what is theirs.
    Own,
}

/// Who may.
#[derive(Debug, Clone, Copy)]
enum May {
    /// Those who reach so far.
    Reaching(Area, Reach),
    /// This role, and no other.
    Alone(Role),
    Everyone,
    Nobody,
}

/// One way to ask for an operation, and who may ask so.
#[derive(Debug, Clone)]
struct Request {
    /// The method and the path, as in the template.
    operation: String,
    query: &'static str,
    body: &'static str,
    about: About,
    may: May,
    /// The status for everyone else: 404 if they must not know of it.
    refusal: u16,
}

impl Request {
    fn new(operation: impl Into<String>, may: May) -> Self {
        Self {
            operation: operation.into(),
            query: "",
            body: "",
            about: About::Other,
            may,
            refusal: 403,
        }
    }

    fn query(self, query: &'static str) -> Self {
        Self { query, ..self }
    }

    fn body(self, body: &'static str) -> Self {
        Self { body, ..self }
    }

    fn hidden(self) -> Self {
        let refusal = 404;
        Self { refusal, ..self }
    }

    /// The same about something else, for those who may then.
    fn about(&self, about: About, may: May) -> Self {
        Self {
            about,
            may,
            ..self.clone()
        }
    }

    /// Whether who has a right by this may ask. Everyone is a member, whatever else they are.
    fn lets(&self, by: By) -> bool {
        match self.may {
            May::Reaching(area, reach) => {
                published(area, by).max(published(area, By::Membership)) >= reach
            }
            May::Alone(role) => by == By::Role(role),
            May::Everyone => true,
            May::Nobody => false,
        }
    }

    fn method(&self) -> &str {
        self.operation.split_once(' ').unwrap().0
    }

    fn path(&self) -> &str {
        self.operation.split_once(' ').unwrap().1
    }
}

/// For an operation: everything, in this area.
fn reads(area: Area, operation: impl Into<String>) -> Request {
    Request::new(operation, May::Reaching(area, Reach::Read))
}

fn writes(area: Area, operation: impl Into<String>) -> Request {
    Request::new(operation, May::Reaching(area, Reach::Write))
}

/// The kinds of the directory: their path, the name of their id, a new one, a change.
const KINDS: [(&str, &str, &str, &str); 6] = [
    (
        "users",
        "userId",
        r#"{"organizationId": 7, "firstName": "N", "lastName": "N"}"#,
        r#"{"firstName": "By {caller}"}"#,
    ),
    ("user-groups", "userGroupId", NEW, CHANGE),
    ("devices", "deviceId", NEW, CHANGE),
    ("device-groups", "deviceGroupId", NEW, CHANGE),
    ("spaces", "spaceId", NEW, CHANGE),
    (
        "schedules",
        "scheduleId",
        r#"{"organizationId": 7, "name": "N", "rules": []}"#,
        CHANGE,
    ),
];
const NEW: &str = r#"{"organizationId": 7, "name": "N"}"#;
const CHANGE: &str = r#"{"name": "By {caller}"}"#;

fn directory() -> Vec<Request> {
    const OF: Area = Area::Directory;
    let source = May::Reaching(OF, Reach::Source);
    let own = May::Reaching(OF, Reach::Own);
    let writing = May::Reaching(OF, Reach::Write);
    let mut requests = Vec::new();
    for (path, id, new, change) in KINDS {
        let one = format!("/v2/{path}/{{{id}}}");
        let mut get = reads(OF, format!("GET {one}"));
        let put = writes(OF, format!("PUT {one}")).body(change);
        let delete = writes(OF, format!("DELETE {one}"));
        // Where some may see one and not all, the others must not know of it.
        if ["users", "devices", "device-groups"].contains(&path) {
            get = get.hidden();
        }
        match path {
            "users" => requests.extend([
                get.about(About::Own, own),
                // Nobody changes even their own.
                put.about(About::Own, writing),
            ]),
            "devices" | "device-groups" => requests.extend([
                get.about(About::Source, source),
                put.about(About::Source, writing),
            ]),
            _ => {}
        }
        // Everyone lists the devices that they may use.
        let list = match path {
            "devices" => Request::new("GET /v2/devices", May::Everyone),
            _ => reads(OF, format!("GET /v2/{path}")),
        };
        requests.extend([
            list,
            writes(OF, format!("POST /v2/{path}")).body(new),
            get,
            put,
            delete,
        ]);
    }
    let group = "/v2/user-groups/{userGroupId}/users";
    let devices = "/v2/device-groups/{deviceGroupId}/devices";
    for (members, member) in [(group, "userId"), (devices, "deviceId")] {
        requests.extend([
            reads(OF, format!("GET {members}")),
            writes(OF, format!("PUT {members}/{{{member}}}")),
            writes(OF, format!("DELETE {members}/{{{member}}}")),
        ]);
    }
    let device = reads(OF, "GET /v1/devices/{deviceId}").hidden();
    let state = Request::new("PUT /v1/devices/{deviceId}/state", May::Alone(Role::Device));
    let client = r#"{"organizationId": 7, "name": "N", "type": "public",
        "redirectUris": ["https://example.com/linked"]}"#;
    requests.extend([
        device.about(About::Source, source),
        device,
        reads(OF, "GET /v1/gateways/{deviceId}/current-status").hidden(),
        state
            .body(r#"{"locked": "LOCKED"}"#)
            .about(About::Own, May::Alone(Role::Device)),
        Request::new("GET /v1/account", own),
        writes(OF, "GET /v2/oauth/clients"),
        writes(OF, "POST /v2/oauth/clients").body(client),
        writes(OF, "DELETE /v2/oauth/clients/{clientId}"),
    ]);
    let key = r#"{"organizationId": 7, "name": "N", "userId": {userId}}"#;
    let new_key = writes(OF, "POST /v2/api-keys").body(key);
    requests.extend([
        reads(OF, "GET /v1/device-groups"),
        reads(OF, "GET /v2/organizations/{organizationId}"),
        writes(OF, "PUT /v2/organizations/{organizationId}").body(CHANGE),
        // Who sees all accesses sees what they are to, and who writes users sees them whole.
        reads(Area::Accesses, "GET /things"),
        writes(OF, "GET /users"),
        writes(OF, "GET /user").query("?BusinessUserId={userId}"),
        writes(OF, "POST /user").body(
            r#"{"FirstName": "N", "LastName": "N", "Email": "{fresh}@example.com", "Roles": []}"#,
        ),
        writes(OF, "PUT /user").body(
            r#"{"UserId": {userId}, "FirstName": "By", "LastName": "{caller}",
                "Email": "nine@example.com", "Roles": []}"#,
        ),
        reads(Area::Visitors, "GET /viviotUser").query("?Email=nine@example.com"),
        Request::new("GET /organization", May::Everyone),
        Request::new("GET /mobileb/organizations", May::Everyone),
        // Whoever reads the directory does not see how others sign in.
        writes(OF, "GET /v2/users/{userId}/tokens"),
        writes(OF, "POST /v2/users/{userId}/tokens"),
        writes(OF, "DELETE /v2/users/{userId}/tokens"),
        writes(OF, "GET /v2/api-keys"),
        writes(OF, "GET /v2/api-keys/{apiKeyId}"),
        writes(OF, "DELETE /v2/api-keys/{apiKeyId}"),
        new_key.about(About::Own, writing),
        new_key,
    ]);
    requests
}

fn shares() -> Vec<Request> {
    const OF: Area = Area::Shares;
    let writing = May::Reaching(OF, Reach::Write);
    let source = May::Reaching(OF, Reach::Source);
    let own = May::Reaching(OF, Reach::Own);
    let new = writes(OF, "POST /v2/shares").body(
        r#"{"organizationId": 7, "source": {"deviceId": {deviceId}},
            "receiver": {"userId": {userId}}, "endDate": "2099-01-01"}"#,
    );
    let list = reads(OF, "GET /v2/shares");
    let mut requests = vec![
        new.about(About::Source, source),
        new.about(About::Own, writing),
        new,
        list.about(About::Own, own),
        list.about(About::Source, source)
            .query("?deviceId={deviceId}"),
        list.clone().query("?userId={userId}"),
        list.query("?deviceId={deviceId}"),
        Request::new("POST /v2/shares/claim", own).body(r#"{"token": "{invitation}"}"#),
    ];
    let calendar = "/v2/shares/{shareId}/calendar";
    for operation in [
        "GET /v2/shares/{shareId}".to_owned(),
        format!("GET {calendar}"),
        format!("POST {calendar}-link"),
    ] {
        let read = reads(OF, operation).hidden();
        requests.extend([
            read.about(About::Source, source),
            read.about(About::Own, own),
            read,
        ]);
    }
    let settings = r#"{"personalSettings": {"notifications": true}}"#;
    for (operation, body) in [
        ("PUT /v2/shares/{shareId}", settings),
        ("DELETE /v2/shares/{shareId}", ""),
        ("POST /v2/shares/{shareId}/web-key", ""),
        ("DELETE /v2/shares/{shareId}/web-key", ""),
    ] {
        let write = writes(OF, operation).body(body);
        requests.extend([
            write.about(About::Source, source).hidden(),
            // Its receiver knows of it.
            write.about(About::Own, writing),
            write.hidden(),
        ]);
    }
    // A link is deleted by the user who made it.
    let unlink = Request::new(format!("DELETE {calendar}-link"), May::Nobody).hidden();
    requests.extend([unlink.about(About::Own, own), unlink]);
    requests
}

fn decisions() -> Vec<Request> {
    const OF: Area = Area::Decisions;
    let source = May::Reaching(OF, Reach::Source);
    let own = May::Reaching(OF, Reach::Own);
    let decide = reads(OF, "GET /v2/devices/{deviceId}/decision");
    let holders = reads(OF, "GET /v2/devices/{deviceId}/holders");
    let mut requests = vec![
        decide.about(About::Own, own),
        decide.about(About::Source, source).query("?userId=9"),
        decide.query("?userId=9"),
        holders.about(About::Source, source),
        holders,
    ];
    for operation in [
        "GET /v1/effective-device-permissions",
        "GET /v2/effective-device-permissions",
    ] {
        requests.push(Request::new(operation, own));
    }
    for operation in [
        "POST /v1/devices/{deviceId}/remote-activation",
        "POST /v1/devices/{deviceId}/remote-deactivation",
    ] {
        // By a share alone: no role opens doors.
        let activate = Request::new(operation, May::Nobody);
        requests.extend([activate.about(About::Own, May::Everyone), activate]);
    }
    let controller = May::Alone(Role::Device);
    let enter = Request::new("POST /v2/spaces/{spaceId}/entries", controller);
    requests.push(enter.body(r#"{"code": "407192"}"#));
    requests
}

fn accesses() -> Vec<Request> {
    const OF: Area = Area::Accesses;
    let writing = May::Reaching(OF, Reach::Write);
    let own = May::Reaching(OF, Reach::Own);
    let list = reads(OF, "GET /BusinessUserAccesses");
    let new = writes(OF, "POST /BusinessUserAccess").body(
        r#"{"AccessTemplateId": "{template}", "BusinessUserId": {userId},
            "ValidFrom": "2026-01-01T00:00:00Z", "Spaces": [{"ThingId": "{spaceId}"}]}"#,
    );
    let change = writes(OF, "PUT /BusinessUserAccess").body(
        r#"{"BusinessUserAccessId": "{access}", "Label": "By {caller}",
            "ValidFrom": "2026-01-01T00:00:00Z", "Spaces": [{"ThingId": "{spaceId}"}]}"#,
    );
    let delete = writes(OF, "DELETE /BusinessUserAccess").query("?BusinessUserAccessId={access}");
    let things = writes(Area::Templates, "POST /access/template")
        .body(r#"{"Name": "N", "Things": [{"ThingId": "{spaceId}"}]}"#);
    const GROUPS: Area = Area::TemplateGroups;
    let group = writes(GROUPS, "POST /access/templategroup")
        .body(r#"{"Name": "N", "AccessTemplateIds": ["{template}"]}"#);
    let one = "?AccessTemplateGroupId={templateGroup}";
    vec![
        // Their own codes.
        Request::new("GET /mobileb/keycodes/all", May::Everyone),
        // Who gives accesses sees each whole.
        writes(OF, "GET /BusinessUserAccess").query("?BusinessUserAccessId={access}"),
        group,
        reads(GROUPS, "GET /access/templategroups"),
        reads(GROUPS, "GET /access/templategroup").query(one),
        writes(GROUPS, "PUT /access/templategroup").body(
            r#"{"AccessTemplateGroupId": "{templateGroup}", "Name": "By {caller}",
                "AccessTemplateIds": ["{template}"]}"#,
        ),
        writes(GROUPS, "DELETE /access/templategroup").query(one),
        list.about(About::Own, own),
        list.query("?BusinessUserId={userId}"),
        new.about(About::Own, writing),
        new,
        change.about(About::Own, writing),
        change,
        delete.about(About::Own, writing),
        delete,
        writes(
            Area::ReprogramCodes,
            "PUT /BusinessUserAccesses/reprogramcodes",
        ),
        things,
        reads(Area::Templates, "GET /access/templates"),
        writes(Area::Templates, "GET /access/template").query("?AccessTemplateId={template}"),
        writes(Area::Templates, "GET /access/template/things")
            .query("?AccessTemplateId={template}"),
        writes(Area::Templates, "PUT /access/template")
            .body(r#"{"AccessTemplateId": "{template}", "Name": "By {caller}"}"#),
        writes(Area::Templates, "DELETE /access/template").query("?AccessTemplateId={template}"),
    ]
}

fn record() -> Vec<Request> {
    const OF: Area = Area::Record;
    let list = reads(OF, "GET /v2/audit");
    let of_source = "?subjectKind=device&subjectId={deviceId}&actorId=1";
    vec![
        list.about(About::Own, May::Reaching(OF, Reach::Own)),
        list.about(About::Source, May::Reaching(OF, Reach::Source))
            .query(of_source),
        list.query("?actorId=1"),
        Request::new("GET /v2/events", May::Reaching(OF, Reach::Own)).query("?deviceId={deviceId}"),
    ]
}

/// Who may ask for what, whatever the code says: each operation that asks who the caller is,
/// in each way that matters to who may.
fn requests() -> Vec<Request> {
    [directory(), shares(), decisions(), accesses(), record()].concat()
}

fn function(route: &Route) -> Option<&str> {
    match &route.integration {
        Integration::Function(function) => Some(function),
        Integration::Mock(_) => None,
    }
}

/// The operation that a route leads to, and its function: `HEAD` is `GET`, and ServiceStack's
/// other ways are the one that the API document has.
fn operation(route: &Route) -> Option<String> {
    let method = match route.method.as_str() {
        "HEAD" => "GET",
        method => method,
    };
    if !is_another_way(&route.path) {
        return Some(format!("{method} {}", route.path));
    }
    let function = function(route);
    let is_it = |other: &&Route| {
        function.is_some()
            && self::function(other) == function
            && other.method != "HEAD"
            && !is_another_way(&other.path)
    };
    let same: Vec<_> = stack().api.routes.iter().filter(is_it).collect();
    let [own] = same[..] else { return None };
    Some(format!("{} {}", own.method, own.path))
}

/// The routes that have a caller: those of [`crate::template::OPEN`] have none.
fn routes() -> impl Iterator<Item = &'static Route> {
    let routes = stack().api.routes.iter();
    routes.filter(|route| route.authorizer.is_some())
}

#[test]
fn every_route_says_who_may_and_nothing_else_does() {
    let operations: Vec<_> = routes().map(|route| (route, operation(route))).collect();
    let requests = requests();
    for (route, operation) in &operations {
        let (method, path) = (&route.method, &route.path);
        let is_it = |request: &Request| Some(&request.operation) == operation.as_ref();
        assert!(
            requests.iter().any(is_it),
            "who may {method} {path}? Add a request to tests/roles.rs"
        );
    }
    for request in requests {
        let is_it =
            |(_, operation): &(_, Option<String>)| operation.as_ref() == Some(&request.operation);
        assert!(
            operations.iter().any(is_it),
            "{}: no such route in the template",
            request.operation
        );
    }
}

/// The roles that a text names.
fn roles_in(text: &str) -> Vec<Role> {
    let roles = COLUMNS.iter().filter_map(|(by, _)| match by {
        By::Role(role) => Some(*role),
        _ => None,
    });
    let roles = roles.filter(|role| text.contains(&format!("`{role:?}`")));
    roles.collect()
}

#[test]
fn the_api_document_names_the_roles_that_may() {
    let (document, requests) = (document(), requests());
    let said: BTreeMap<String, String> = operations(&document)
        .into_iter()
        .filter_map(|(method, path, operation)| {
            let text = operation["description"].as_str().unwrap();
            let who = ["Allowed", "Who may: "];
            let who = who.iter().find_map(|begin| text.split_once(begin))?.1;
            let who = who.split("\n\n").next().unwrap().to_owned();
            Some((format!("{method} {path}"), who))
        })
        .collect();
    for request in &requests {
        let of = &request.operation;
        let mut who = said.get(of).unwrap_or_else(|| panic!("{of}: who may?"));
        for (other, operation) in [
            (
                "everyone who may read the share",
                "GET /v2/shares/{shareId}",
            ),
            (
                "everyone who may change the share",
                "PUT /v2/shares/{shareId}",
            ),
        ] {
            if who.contains(other) {
                who = &said[operation];
            }
        }
        let all: Vec<_> = requests
            .iter()
            .filter(|other| other.operation == *of)
            .collect();
        let lets = |by: By| {
            // What everyone may is no role's.
            let mut by_role = all.iter().filter(|request| !request.lets(By::Membership));
            by_role.any(|request| request.lets(by))
        };
        let roles = COLUMNS.iter().filter_map(|(by, _)| match by {
            By::Role(role) if lets(*by) => Some(*role),
            _ => None,
        });
        assert_eq!(roles_in(who), roles.collect::<Vec<_>>(), "{of}: {who}");
        let administrates = who.contains("administrate");
        assert_eq!(administrates, lets(By::Administration), "{of}: {who}");
    }
}

/// Organization 7, with a user for each column, and user 9, of whom they know nothing.
struct Cast(World);

impl Cast {
    async fn start() -> Self {
        let mut tenant = Tenant::new(7);
        tenant.with_api_key();
        for (by, user) in COLUMNS {
            if let By::Role(role) = by {
                tenant = tenant.with_roles(user, &[role]);
                // It gives only a controller a right to the space.
                tenant.world.users[user - 1].spaces = [SPACE.into()].into();
            }
        }
        tenant.world.users[8].email_address = Some("nine@example.com".to_owned());
        // Device 1 is what user 7 administrates, 2 is shared with everyone, 3 with nobody.
        let mut third = tenant.world.devices[1].clone();
        third.id = 3.try_into().unwrap();
        // The controller of the space reports of device 2; device 3 is a gateway.
        tenant.world.devices[1].spaces = [SPACE.into()].into();
        third.model = Some(Model {
            id: ForeignId::Number(3),
            name: None,
            r#type: Some(Kind {
                id: ForeignId::Number(GATEWAY),
                name: None,
            }),
        });
        tenant.world.devices.push(third);
        for device in &mut tenant.world.devices {
            device.gateway_id = Some(ForeignId::Text("gateway".to_owned()));
            device.activation_time = Some(5);
        }
        let world = World::of(tenant).await;
        let scope = world.tenant.world.scope().unwrap();
        for user in 1..=9 {
            let code = if user == 9 { 407_192 } else { 100_000 + user };
            let spaces = vec![access_space(SPACE, &code.to_string())];
            let access = world.tenant.access(user.into(), user, spaces);
            world.store.put_access(&scope, &access).await;
        }
        for source in [json!({"deviceId": 1}), json!({"deviceGroupId": 1})] {
            let right = json!({"administrate": true, "remoteActivate": true});
            let share = json!({"source": source, "receiver": {"userId": 7}, "permissions": right, "endDate": "2099-12-31"});
            world.create_share(1, share).await;
        }
        for (_, user) in COLUMNS {
            let right = json!({"remoteActivate": true});
            let share = json!({"source": {"deviceId": 2}, "receiver": {"userId": user}, "permissions": right});
            world.create_share(1, share).await;
        }
        Self(world)
    }

    /// Makes a new thing by an operation, and gives its id.
    async fn new_thing(&self, operation: &str, id: &str, names: &Names) -> String {
        let requests = requests();
        let new = requests
            .iter()
            .find(|request| request.operation == operation && request.about == About::Other);
        let body = filled(new.unwrap().body, names);
        let body: Value = serde_json::from_str(&body).unwrap();
        let (_, path) = operation.split_once(' ').unwrap();
        let made = self.0.admin().post(path, body).await;
        assert!(made.status.is_success(), "{operation}: {}", made.body);
        made.json()[id].to_string().trim_matches('"').to_owned()
    }

    /// A share of what it is about, with nobody's but the caller's own.
    async fn new_share(&self, names: &Names, changes: Value) -> Value {
        let mut body = json!({"endDate": "2099-01-01"});
        let device: u64 = names["deviceId"].parse().unwrap();
        let user: u64 = names["userId"].parse().unwrap();
        body["source"] = json!({"deviceId": device});
        body["receiver"] = json!({"userId": user});
        body.as_object_mut()
            .unwrap()
            .extend(changes.as_object().unwrap().clone());
        let body = self.0.tenant.share(body);
        self.0.admin().post("/v2/shares", body).await.ok().json()
    }

    /// What the names in a request stand for, as long as it need not be new.
    fn names(&self, about: About, caller: usize) -> Names {
        let (device, group, user) = match about {
            About::Other => ("3", "2", 9),
            About::Source => ("1", "1", 9),
            About::Own => ("2", "2", caller),
        };
        let access: &Access = &self.0.tenant.access(user as u128, 9, vec![]);
        let key = &self.0.tenant.world.api_keys[0];
        [
            ("caller", caller.to_string()),
            ("organizationId", "7".to_owned()),
            ("userId", user.to_string()),
            ("userGroupId", "2".to_owned()),
            ("deviceId", device.to_owned()),
            ("deviceGroupId", group.to_owned()),
            ("scheduleId", "1".to_owned()),
            ("spaceId", SPACE.simple().to_string()),
            ("template", TEMPLATE.simple().to_string()),
            ("access", access.id.to_string()),
            ("apiKeyId", key.id.to_string()),
            ("clientId", "7.demoKeyOfTheHome".to_owned()),
        ]
        .into()
    }

    /// The same with new things where the request takes something away, uses it up, or wants
    /// it to be there first.
    async fn names_for(&self, request: &Request, caller: usize) -> Names {
        let mut names = self.names(request.about, caller);
        let path = request.path();
        if path.contains("{shareId}") {
            let share = self.new_share(&names, json!({})).await;
            names.insert("shareId", share["shareId"].to_string());
        }
        if request.body.contains("{invitation}") {
            let share = self.new_share(&names, json!({"receiver": null})).await;
            names.insert("invitation", share["token"].as_str().unwrap().to_owned());
        }
        if request.body.contains("{fresh}") {
            names.insert("fresh", uuid::Uuid::new_v4().simple().to_string());
        }
        if request.body.contains("{templateGroup}") || request.query.contains("{templateGroup}") {
            let new = "POST /access/templategroup";
            let group = self.new_thing(new, "id", &names).await;
            names.insert("templateGroup", group);
        }
        if request.method() != "DELETE" {
            return names;
        }
        let admin = self.0.admin();
        if path.ends_with("web-key") || path.ends_with("calendar-link") {
            let receiver = names["userId"].parse().unwrap();
            let user = if path.ends_with("web-key") {
                admin
            } else {
                self.0.user(receiver)
            };
            user.call(Method::POST, &filled(path, &names)).await.ok();
        } else if path.contains("/{userGroupId}/") || path.contains("/{deviceGroupId}/") {
            let member = filled(path, &names);
            admin.call(Method::PUT, &member).await.no_content();
        } else if path == "/BusinessUserAccess" {
            let new = self
                .new_thing("POST /BusinessUserAccess", "id", &names)
                .await;
            names.insert("access", new);
        } else if path == "/access/templategroup" {
            // It is new already.
        } else if path == "/access/template" {
            let new = self.new_thing("POST /access/template", "id", &names).await;
            names.insert("template", new);
        } else if let Some(one) = path.strip_suffix('}')
            && let Some((kind, id)) = one.rsplit_once("/{")
            && id != "shareId"
        {
            let new = self.new_thing(&format!("POST {kind}"), id, &names).await;
            *names.get_mut(id).unwrap() = new;
        }
        names
    }

    /// Asks so at a route, as the user of a column.
    async fn ask(&self, route: &Route, request: &Request, user: usize) -> Answer {
        let names = self.names_for(request, user).await;
        // What has a path of its own is asked there.
        let path = match is_another_way(&route.path) {
            true => &route.path,
            false => request.path(),
        };
        let path = filled(&format!("{path}{}", request.query), &names);
        let method: Method = route.method.parse().unwrap();
        let caller: User<'_> = self.0.user(user);
        if request.body.is_empty() {
            caller.call(method, &path).await
        } else {
            let body: Value = serde_json::from_str(&filled(request.body, &names)).unwrap();
            caller.send(method, &path, body).await
        }
    }
}

type Names = BTreeMap<&'static str, String>;

fn filled(text: &str, names: &Names) -> String {
    names.iter().fold(text.to_owned(), |text, (name, value)| {
        text.replace(&format!("{{{name}}}"), value)
    })
}

/// What is wrong with the answer to someone who may not: a function must say so, and not a
/// gateway.
fn not_refused(answer: &Answer, request: &Request) -> Option<&'static str> {
    if answer.status != request.refusal {
        return Some("not refused");
    }
    // That is all that the answer to a `HEAD` says.
    if answer.body.is_empty() {
        return None;
    }
    let body = tree(answer).1;
    let said = match &body["code"] {
        Value::Null => &body["responseStatus"]["errorCode"],
        code => code,
    };
    let expected = match request.refusal {
        404 => ["notFoundError", "NotFound"],
        _ => ["insufficientRightsError", "Forbidden"],
    };
    let is_expected = said.as_str().is_some_and(|said| expected.contains(&said));
    (!is_expected).then_some("refused for another reason")
}

/// What is wrong with the answer to someone by such a right.
fn wrong(route: &Route, request: &Request, by: By, answer: &Answer) -> Option<&'static str> {
    if route.method == "GET" && request.method() != "GET" {
        // A link changes nothing, whoever follows it.
        return (answer.status != 405).then_some("done by a link");
    }
    match request.lets(by) {
        true => (!answer.status.is_success()).then_some("refused"),
        false => not_refused(answer, request),
    }
}

#[tokio::test]
async fn every_route_lets_those_who_may_and_nobody_else() {
    let cast = Cast::start().await;
    let requests = requests();
    let mut faults = Vec::new();
    for route in routes() {
        let operation = operation(route);
        let Route { method, path, .. } = route;
        let is_it = |request: &&Request| Some(&request.operation) == operation.as_ref();
        for request in requests.iter().filter(is_it) {
            for (by, user) in COLUMNS {
                let answer = cast.ask(route, request, user).await;
                if let Some(wrong) = wrong(route, request, by, &answer) {
                    let (about, status, body) = (request.about, answer.status, answer.body);
                    faults.push(format!(
                        "{method} {path} {about:?} {by:?}: {wrong}: {status} {body}"
                    ));
                }
            }
        }
        let method: Method = method.parse().unwrap();
        let nobody = Answer::of(cast.0.system.request(method, path)).await;
        if nobody.status != 401 {
            faults.push(format!("{} {path}: open to everyone", route.method));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[tokio::test]
async fn accesses_are_seen_by_roles_and_everyone_sees_their_own() {
    let cast = Cast::start().await;
    for (by, user) in COLUMNS {
        let all = by.reach(Area::Accesses) >= Reach::Read;
        for query in [String::new(), format!("?ThingId={SPACE}")] {
            let path = format!("/BusinessUserAccesses{query}");
            let answer = cast.0.user(user).get(&path).await.ok();
            let count = answer.json()["data"].as_array().map(Vec::len);
            assert_eq!(count, Some(if all { 9 } else { 1 }), "{by:?} {query}");
        }
    }
}
