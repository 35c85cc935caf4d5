//! template.yaml is the one list: what else lists the same is held to it here.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use latchkey::access::reprogramming::Reprogramming;
use latchkey::table::{If, Read};
use latchkey::wire::headers::{CHALLENGE, EVERY_RESPONSE};
use latchkey_demo::API_KEY;
use latchkey_local::template::{ACCOUNT_ID, Function, Integration, Mapping, Program, Stack};
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::events::{event, functions as functions_with_events};
use crate::system::{ADMIN, Answer, Call, MEMBER, Store, System, root, scope, share_body};

pub fn stack() -> Stack {
    Stack::read(&root().join("template.yaml"), &BTreeMap::new(), "eu-west-1").unwrap()
}

pub fn binary(function: &Function) -> String {
    match &function.program {
        Program::Named(name) => name.clone(),
        Program::OnlyOneIn(folder) => panic!("{folder:?} has more than one binary"),
    }
}

fn functions() -> BTreeSet<String> {
    stack().functions.values().map(binary).collect()
}

fn names(folder: &str, extension: &str) -> BTreeSet<String> {
    let files = fs::read_dir(root().join(folder))
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let files = files.filter(|path| path.extension().is_some_and(|end| end == extension));
    files
        .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
        .collect()
}

#[test]
fn every_function_has_a_binary_and_a_sample_event_and_there_are_no_others() {
    let manifest = fs::read_to_string(root().join("functions/Cargo.toml")).unwrap();
    let listed = manifest
        .split("[[bin]]\n")
        .skip(1)
        .map(|entry| entry.split('"').nth(1).unwrap().to_owned());
    assert_eq!(listed.collect::<BTreeSet<_>>(), functions());
    assert_eq!(names("functions/src/bin", "rs"), functions());
    assert_eq!(names("events", "json"), functions());
}

/// With more readers of a shard at the same time, DynamoDB may refuse their requests as too many.
#[test]
fn no_more_than_two_functions_read_the_stream_of_a_table() {
    let mut readers: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, function) in stack().functions {
        for event in function.streams {
            readers.entry(event.table).or_default().push(name.clone());
        }
    }
    assert_ne!(readers, BTreeMap::new());
    for (table, functions) in readers {
        assert!(functions.len() <= 2, "{table}: {functions:?}");
    }
}

#[test]
fn every_path_answers_a_preflight_without_an_authorizer() {
    let api = stack().api;
    let paths: BTreeSet<_> = api.routes.iter().map(|route| &route.path).collect();
    for path in paths {
        let preflight = api
            .routes
            .iter()
            .find(|route| &route.path == path && route.method == "OPTIONS");
        let preflight = preflight.unwrap_or_else(|| panic!("{path} has no OPTIONS"));
        assert_eq!(preflight.authorizer, None, "{path}");
        let Integration::Mock(mock) = &preflight.integration else {
            panic!("{path} asks a function")
        };
        let allowed = "authorization, content-type, idempotency-key, if-match, if-none-match, prefer, x-request-id";
        let own = [
            ("access-control-allow-headers", allowed),
            ("access-control-max-age", "7200"),
        ];
        assert_headers(path, &mock.headers, &own);
    }
}

/// The routes that everyone may call. Each is served by an `OpenEndpoint`.
const OPEN: [(&str, &str); 4] = [
    ("GET", "/openapi.json"),
    ("HEAD", "/openapi.json"),
    ("POST", "/v2/oauth/revoke"),
    ("POST", "/v2/oauth/token"),
];

#[test]
fn every_other_route_asks_the_authorizer() {
    let routes = stack().api.routes;
    let open = routes
        .iter()
        .filter(|route| route.method != "OPTIONS" && route.authorizer.is_none());
    let open: Vec<_> = open
        .map(|route| (route.method.as_str(), route.path.as_str()))
        .collect();
    assert_eq!(open, OPEN);
}

/// Where it changes something, `GET` is one of ServiceStack's ways to ask for an operation.
#[test]
fn a_head_is_wherever_a_get_is_that_changes_nothing() {
    let stack = stack();
    let routes = |method: &str| {
        let routes = stack.api.routes.iter();
        let routes = routes.filter(|route| route.method == method);
        let routes = routes.filter_map(|route| match &route.integration {
            Integration::Function(function) => Some((&route.path, function, &route.authorizer)),
            Integration::Mock(_) => None,
        });
        routes.collect::<BTreeSet<_>>()
    };
    let changes: BTreeSet<_> = ["POST", "PUT", "DELETE"]
        .into_iter()
        .flat_map(routes)
        .filter(|(path, ..)| !path.contains("/reply/") && !path.starts_with("/api/"))
        .map(|(_, function, _)| function)
        .collect();
    let mut reads = routes("GET");
    reads.retain(|(_, function, _)| !changes.contains(function));
    assert_eq!(routes("HEAD"), reads);
    assert!(reads.len() > 60);
}

#[test]
fn routes_that_take_secrets_without_a_credential_are_throttled_more() {
    for route in stack().api.routes {
        let throttle = route.throttle.unwrap();
        let is_oauth = route.path.starts_with("/v2/oauth/") && route.method != "OPTIONS";
        let expected = if is_oauth {
            (20.0, 50.0)
        } else {
            (1000.0, 500.0)
        };
        let found = (throttle.rate, throttle.burst);
        assert_eq!(found, expected, "{} {}", route.method, route.path);
    }
}

#[test]
fn the_gateway_logs_who_asked_for_what_and_no_query() {
    let format = stack().api.access_log.unwrap();
    let line: BTreeMap<String, String> = serde_json::from_str(&format).unwrap();
    let expected = [
        ("ip", "$context.identity.sourceIp"),
        ("method", "$context.httpMethod"),
        ("milliseconds", "$context.responseLatency"),
        ("path", "$context.path"),
        ("principal", "$context.authorizer.principalId"),
        ("requestId", "$context.requestId"),
        ("status", "$context.status"),
    ];
    let line = line
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()));
    assert_eq!(line.collect::<Vec<_>>(), expected);
}

/// The operations for ServiceStack's clients have their routes in the definition of the API,
/// which gives no permissions as events do.
#[test]
fn an_operation_for_servicestacks_clients_has_all_its_routes_and_a_permission() {
    let template = fs::read_to_string(root().join("template.yaml")).unwrap();
    let stack = stack();
    let mut functions: BTreeMap<&str, BTreeSet<(&str, &str)>> = BTreeMap::new();
    for route in &stack.api.routes {
        if let Integration::Function(function) = &route.integration {
            let routes = functions.entry(function).or_default();
            routes.insert((&route.path, &route.method));
        }
    }
    let is_operation = |routes: &BTreeSet<(&str, &str)>| {
        let ways = [".jsv", "/json/reply/", "/jsv/reply/", "/api/"];
        let is_way = |(path, _): &(&str, &str)| ways.iter().any(|way| path.contains(way));
        routes.iter().any(is_way)
    };
    let operations = functions
        .into_iter()
        .filter(|(_, routes)| is_operation(routes));
    let operations: Vec<_> = operations.collect();
    assert!(operations.len() >= 2);
    for (function, routes) in operations {
        let permission = format!("FunctionName: !Ref {function}\n");
        assert_eq!(template.matches(&permission).count(), 1, "{function}");
        let name = routes
            .iter()
            .find_map(|(path, _)| path.strip_prefix("/api/"));
        let name = name.unwrap_or_else(|| panic!("{function}: no /api/…"));
        let own = routes
            .iter()
            .find(|(path, _)| !path.contains('.') && !path.ends_with(name));
        let (own, method) = own.unwrap_or_else(|| panic!("{function}: no route of its own"));
        let mut expected = BTreeSet::new();
        for end in ["", ".json", ".jsv"] {
            expected.insert((format!("{own}{end}"), *method));
        }
        for way in ["/json/reply/", "/jsv/reply/", "/api/"] {
            for method in ["GET", "POST", "PUT", "DELETE"] {
                expected.insert((format!("{way}{name}"), method));
            }
        }
        if *method == "GET" {
            let paths: Vec<_> = expected.iter().map(|(path, _)| path.clone()).collect();
            expected.extend(paths.into_iter().map(|path| (path, "HEAD")));
        }
        let routes: BTreeSet<_> = routes
            .iter()
            .map(|(path, method)| ((*path).to_owned(), *method))
            .collect();
        assert_eq!(routes, expected, "{function}");
    }
}

#[test]
fn every_answer_of_the_gateway_has_the_headers_and_the_shape_of_both_families() {
    for (kind, response) in stack().api.responses {
        let status = response
            .status
            .unwrap_or_else(|| panic!("{kind} has no StatusCode"));
        let exposed = match status {
            429 | 503 => "authorization, content-type, retry-after, x-request-id",
            _ => "authorization, content-type, x-request-id",
        };
        let own = [
            ("access-control-expose-headers", exposed),
            ("www-authenticate", CHALLENGE),
        ];
        // To another status a challenge says nothing.
        let own = &own[..if status == 401 { 2 } else { 1 }];
        assert_headers(&kind, &response.headers, own);
        let transient = matches!(status, 429 | 503);
        let retry = response
            .headers
            .iter()
            .any(|(name, _)| name == "Retry-After");
        assert_eq!(retry, transient, "{kind}");
        let body: serde_json::Value =
            serde_json::from_str(&response.templates["application/json"]).unwrap();
        assert_eq!(body["message"], body["errorMessage"], "{kind}");
        assert_eq!(body["code"], body["errorCode"], "{kind}");
        assert_eq!(body["message"], body["responseStatus"]["message"], "{kind}");
    }
}

#[track_caller]
fn assert_headers(of: &str, headers: &[(String, Mapping)], own: &[(&str, &str)]) {
    let value = |name: &str| {
        let found = headers
            .iter()
            .find(|(header, _)| header.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.clone())
    };
    let others = EVERY_RESPONSE.iter().chain(own);
    let expected: BTreeMap<_, _> = others.copied().collect();
    for (name, expected) in expected {
        assert_eq!(
            value(name),
            Some(Mapping::Static(expected.to_owned())),
            "{of}: {name}"
        );
    }
    assert!(value("x-request-id").is_some(), "{of}");
}

/// The actions that template.yaml lets a function do with the table.
fn allowed(function: &Function) -> BTreeSet<String> {
    let actions = function.rights.actions();
    actions
        .map(|action| action.strip_prefix("dynamodb:").unwrap().to_owned())
        .collect()
}

/// What only some functions may write, by a partition key of each.
const GUARDED: [(&str, &str); 4] = [
    ("credentials", "CREDENTIAL#0a1b"),
    ("invitations", "CLAIM#0a1b"),
    ("web keys", "WEBKEY#0a1b"),
    ("the audit", "ORG#1#AUDIT#2026-11"),
];

/// Which of [`GUARDED`] a partition key is of.
fn guarded(partition_key: &str) -> Option<&'static str> {
    let kind = |(name, like): &(&'static str, &str)| {
        let same = match like.rsplit_once("#AUDIT#") {
            Some(_) => partition_key.contains("#AUDIT#"),
            None => partition_key.split('#').next() == like.split('#').next(),
        };
        same.then_some(*name)
    };
    GUARDED.iter().find_map(kind)
}

/// The partition keys that calls of the store write.
fn written(calls: &[Call]) -> Vec<String> {
    let mut keys = Vec::new();
    for call in calls {
        let items: Vec<&Value> = match call.operation.as_str() {
            "TransactWriteItems" => {
                let items = call.request["TransactItems"].as_array().unwrap().iter();
                let items = items.flat_map(|item| item.as_object().unwrap());
                let items = items.filter(|(kind, _)| *kind != "ConditionCheck");
                items.map(|(_, item)| item).collect()
            }
            "BatchWriteItem" => {
                let tables = call.request["RequestItems"].as_object().unwrap().values();
                let items = tables.flat_map(|items| items.as_array().unwrap());
                items
                    .flat_map(|item| item.as_object().unwrap().values())
                    .collect()
            }
            "PutItem" | "UpdateItem" | "DeleteItem" => vec![&call.request],
            _ => Vec::new(),
        };
        for item in items {
            let key = [&item["Item"], &item["Key"]].map(|key| key["PK"]["S"].as_str());
            keys.extend(key.into_iter().flatten().map(str::to_owned));
        }
    }
    keys
}

/// The actions that calls of the store need.
fn needed(calls: &[Call]) -> BTreeSet<String> {
    let mut actions = BTreeSet::new();
    for call in calls {
        if call.operation != "TransactWriteItems" {
            actions.insert(call.operation.clone());
            continue;
        }
        for item in call.request["TransactItems"].as_array().unwrap() {
            let (kind, _) = item.as_object().unwrap().iter().next().unwrap();
            actions.insert(match kind.as_str() {
                "ConditionCheck" => "ConditionCheckItem".to_owned(),
                kind => format!("{kind}Item"),
            });
        }
    }
    actions
}

/// What each function was seen to do with the table.
struct Seen<'s> {
    store: &'s Store,
    system: &'s System,
    actions: BTreeMap<String, BTreeSet<String>>,
    /// Which of [`GUARDED`] it wrote.
    guarded: BTreeMap<String, BTreeSet<&'static str>>,
}

impl Seen<'_> {
    fn note(&mut self, function: &str) {
        let calls = self.store.calls();
        let used = self.actions.entry(function.to_owned()).or_default();
        used.extend(needed(&calls));
        let kinds = self.guarded.entry(function.to_owned()).or_default();
        kinds.extend(written(&calls).iter().filter_map(|key| guarded(key)));
    }

    /// Sends a function its sample event.
    async fn sample(&mut self, function: &str) {
        self.system.invoke(function, &event(function)).await;
        self.note(function);
    }

    /// Asks the function, as a caller whom the gateway knows.
    async fn ask(
        &mut self,
        function: &str,
        method: Method,
        path: &str,
        token: Uuid,
        body: Option<&Value>,
    ) -> Answer {
        let answer = self.system.call(method, path, token, body).await;
        assert!(answer.status.is_success(), "{path}: {}", answer.body);
        self.note(function);
        answer
    }
}

/// The actions that change the table.
const WRITES: [&str; 4] = ["PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem"];

fn may(function: &Function, action: &str, partition_key: &str) -> bool {
    let table = function.environment.get("TABLE_NAME").unwrap();
    let arn = format!("arn:aws:dynamodb:eu-west-1:{ACCOUNT_ID}:table/{table}");
    let action = format!("dynamodb:{action}");
    function.rights.allow(&action, &arn, partition_key)
}

fn may_write(function: &Function, partition_key: &str) -> bool {
    WRITES
        .iter()
        .any(|action| may(function, action, partition_key))
}

/// That those who may write credentials, invitations and web keys do is in the test of rights.
#[test]
fn few_functions_may_write_what_opens_doors_and_none_may_change_what_was_done() {
    let functions = stack().functions;
    for (kind, key) in GUARDED {
        let writers = functions
            .values()
            .filter(|function| may_write(function, key));
        let writers: Vec<_> = writers.map(binary).collect();
        assert!((1..=8).contains(&writers.len()), "{kind}: {writers:?}");
    }
    let (_, audit) = GUARDED[3];
    for function in functions.values() {
        for action in ["UpdateItem", "DeleteItem", "BatchWriteItem"] {
            assert!(
                !may(function, action, audit),
                "{}: {action}",
                binary(function)
            );
        }
        // Everything else is as each function's own statement has it.
        for action in &WRITES {
            let own = allowed(function).contains(*action);
            assert_eq!(may(function, action, "ORG#1"), own, "{}", binary(function));
        }
    }
}

const TEMPLATE: &str = "0192a5b07c0070008000000000000002";
const LOBBY: &str = "0192a5b07c0070008000000000000001";

/// What the sample events of accesses do not come to: spaces that are somebody's alone, and
/// codes that are taken.
async fn accesses(seen: &mut Seen<'_>, space: &Value) {
    const PATH: &str = "/BusinessUserAccess";
    // A code that another access has, until those that are free are looked up.
    let crowd = |store: &Store| {
        for _ in 0..2 {
            store.refuse(&[None, None, Some(json!({"PK": {"S": "taken"}}))]);
        }
    };
    let new = |user: &Value, from: i64| {
        json!({
            "AccessTemplateId": TEMPLATE, "BusinessUserId": user, "ValidFrom": from, "ValidTo": from + 1,
            "Spaces": [{"ThingId": space, "Exclusive": true, "FromHour": "PT0S", "ToHour": "PT0S"}],
        })
    };
    crowd(seen.store);
    let body = new(&json!(2), 4_070_908_800_000);
    let made = seen
        .ask("create-access", Method::POST, PATH, ADMIN, Some(&body))
        .await;
    let moved = json!({
        "BusinessUserAccessId": made.json()["id"], "ValidFrom": 0, "Spaces": [{"ThingId": LOBBY}],
    });
    crowd(seen.store);
    seen.ask("update-access", Method::PUT, PATH, ADMIN, Some(&moved))
        .await;
    let made = seen
        .ask("create-access", Method::POST, PATH, ADMIN, Some(&body))
        .await;
    let id = made.json()["id"].as_str().unwrap().to_owned();
    let path = format!("{PATH}?BusinessUserAccessId={id}");
    seen.ask("delete-access", Method::DELETE, &path, ADMIN, None)
        .await;

    // A user who went and left a space that was theirs alone.
    let user = json!({"organizationId": 1, "firstName": "A", "lastName": "B"});
    let user = seen
        .ask("create-user", Method::POST, "/v2/users", ADMIN, Some(&user))
        .await;
    let user = user.json()["userId"].clone();
    let body = new(&user, 4_070_908_900_000);
    seen.ask("create-access", Method::POST, PATH, ADMIN, Some(&body))
        .await;
    let path = format!("/v2/users/{user}");
    seen.ask("delete-user", Method::DELETE, &path, ADMIN, None)
        .await;
    let number = user.as_u64().unwrap();
    let removal = event("follow-up")
        .replace("USER#0000000000000999", &format!("USER#{number:016}"))
        .replace("\"999\"", &format!("\"{number}\""));
    seen.system.invoke("follow-up", &removal).await;
    seen.note("follow-up");
}

/// A remaking of codes, after the sample event has asked for it, and one that is asked for again.
async fn reprogramming(seen: &mut Seen<'_>) {
    let table = seen.store.table();
    let key = scope(1).reprogramming();
    let asked: Option<Reprogramming> = table.get(&key, Read::Strong).await.unwrap();
    let id = asked.unwrap().id.to_string();
    seen.store.calls();
    let remake = event("remake-codes").replace("0192a5b07c0070008000000000000009", &id);
    seen.system.invoke("remake-codes", &remake).await;
    seen.note("remake-codes");
    // As if that had been long ago.
    let done: Option<Reprogramming> = table.get(&key, Read::Strong).await.unwrap();
    let mut done = done.unwrap();
    done.requested_at -= chrono::TimeDelta::hours(1);
    let mut writes = table.transaction();
    writes.put((), &key, &done, If::Always);
    writes.send_unconditional().await.unwrap();
    seen.store.calls();
    let path = "/BusinessUserAccesses/reprogramcodes";
    let body = json!({});
    seen.ask("reprogram-codes", Method::PUT, path, ADMIN, Some(&body))
        .await;
}

#[tokio::test]
async fn each_function_has_the_rights_that_it_uses_and_no_more() {
    let store = Store::start().await;
    let system = System::on(&store).await;
    store.calls();
    let mut seen = Seen {
        store: &store,
        system: &system,
        actions: BTreeMap::new(),
        guarded: BTreeMap::new(),
    };
    let new = json!({"organizationId": 1, "firstName": "A", "lastName": "B"});
    let invited = system.post("/v2/users", ADMIN, &new).await.json();
    let invited = invited["token"].as_str().unwrap().parse().unwrap();
    store.calls();
    for token in [MEMBER, invited] {
        system.get("/v2/shares/nonsense", token).await;
    }
    seen.note("authorizer");

    // What the sample events do not come to: rights by grant and by group, one of a kind,
    // who is in a group.
    let right = share_body(
        json!({"permissions": {"administrate": true, "remoteActivate": true}, "receiver": {"userGroupId": 1}}),
    );
    let post = Method::POST;
    let created = seen
        .ask(
            "create-share",
            post.clone(),
            "/v2/shares",
            ADMIN,
            Some(&right),
        )
        .await;
    seen.ask("create-share", post, "/v2/shares", MEMBER, Some(&right))
        .await;
    let open = share_body(json!({"receiver": null}));
    system.create_share(&open).await;
    seen.note("create-share");
    let path = format!("/v2/shares/{}", created.json()["shareId"]);
    seen.ask("get-share", Method::GET, &path, MEMBER, None)
        .await;
    // What the member shared on stands on a right of the group.
    let again = share_body(json!({"receiver": {"userId": 1}}));
    seen.ask(
        "create-share",
        Method::POST,
        "/v2/shares",
        MEMBER,
        Some(&again),
    )
    .await;
    let path = "/v2/devices/1/decision";
    seen.ask("decide", Method::GET, path, MEMBER, None).await;
    for (function, path) in [
        ("activate-device", "/v1/devices/1/remote-activation"),
        ("deactivate-device", "/v1/devices/1/remote-deactivation"),
    ] {
        seen.ask(function, Method::POST, path, MEMBER, None).await;
    }
    let other = system
        .create_share(&share_body(
            json!({"receiver": {"userId": 1}, "scheduleId": 1}),
        ))
        .await;
    seen.note("create-share");
    let path = format!("/v2/shares/{other}");
    seen.ask("get-share", Method::GET, &path, MEMBER, None)
        .await;
    for (function, path) in [
        ("list-users", "/v2/users/1"),
        ("list-users", "/v2/user-groups/1/users"),
        ("list-user-groups", "/v2/user-groups/1"),
        ("list-devices", "/v2/devices/1"),
        ("list-devices", "/v2/device-groups/1/devices"),
        ("list-device-groups", "/v2/device-groups/1"),
        ("list-spaces", "/v2/spaces/0192a5b07c0070008000000000000001"),
    ] {
        seen.ask(function, Method::GET, path, ADMIN, None).await;
    }
    let through_groups = json!({"source": {"deviceGroupId": 1}, "receiver": {"userGroupId": 1}, "permissions": {"administrate": true}});
    let through_groups = share_body(through_groups);
    system.create_share(&through_groups).await;
    system.post("/v2/shares", MEMBER, &through_groups).await;
    store.calls();
    let path = "/v2/device-groups/1";
    seen.ask("list-device-groups", Method::GET, path, MEMBER, None)
        .await;
    // Shares by right of a grant: each of these is the member's to change, and not to read
    // otherwise.
    let until = || json!({"receiver": {"userId": 1}, "endDate": "2099-01-01"});
    let (put, delete) = (|| Method::PUT, || Method::DELETE);
    let with_key = system.create_share(&share_body(until())).await;
    let with_key = format!("/v2/shares/{with_key}");
    let changed = system.create_share(&share_body(until())).await;
    let changed = format!("/v2/shares/{changed}");
    store.calls();
    let change = json!({"scheduleId": 1});
    seen.ask("update-share", put(), &changed, MEMBER, Some(&change))
        .await;
    let key = format!("{with_key}/web-key");
    let post = Method::POST;
    seen.ask("create-web-key", post.clone(), &key, ADMIN, None)
        .await;
    seen.ask("delete-web-key", delete(), &key, MEMBER, None)
        .await;
    seen.ask("create-web-key", post, &key, MEMBER, None).await;
    let calendar = format!("{with_key}/calendar");
    seen.ask("get-share-calendar", Method::GET, &calendar, MEMBER, None)
        .await;
    for path in ["/v2/shares?deviceId=1", "/v2/shares"] {
        seen.ask("list-shares", Method::GET, path, MEMBER, None)
            .await;
    }
    for path in [changed, with_key] {
        seen.ask("delete-share", delete(), &path, MEMBER, None)
            .await;
    }
    let path = "/v2/effective-device-permissions";
    for path in [path.to_owned(), format!("{path}?deviceId=1")] {
        let function = "list-effective-permissions";
        seen.ask(function, Method::GET, &path, MEMBER, None).await;
    }
    let path = "/v2/devices/1/holders";
    seen.ask("list-holders", Method::GET, path, ADMIN, None)
        .await;
    let schedule = json!({"organizationId": 1, "name": "Free", "rules": []});
    let created = seen
        .ask(
            "create-schedule",
            Method::POST,
            "/v2/schedules",
            ADMIN,
            Some(&schedule),
        )
        .await;
    let path = format!("/v2/schedules/{}", created.json()["scheduleId"]);
    seen.ask("list-schedules", Method::GET, &path, ADMIN, None)
        .await;
    seen.ask("delete-schedule", Method::DELETE, &path, ADMIN, None)
        .await;

    // A thing that is new in a template is looked for.
    let space = json!({"organizationId": 1, "name": "New"});
    let space = seen
        .ask(
            "create-space",
            Method::POST,
            "/v2/spaces",
            ADMIN,
            Some(&space),
        )
        .await;
    let space = space.json()["spaceId"].clone();
    let change =
        json!({"accessTemplateId": TEMPLATE, "things": [{"thingId": space}, {"thingId": LOBBY}]});
    let path = "/access/template";
    seen.ask("update-template", Method::PUT, path, ADMIN, Some(&change))
        .await;
    accesses(&mut seen, &space).await;

    let (id, secret) = API_KEY;
    let path = format!("/v2/api-keys/{id}");
    seen.ask("list-api-keys", Method::GET, &path, ADMIN, None)
        .await;
    let grant = [("grant_type", "client_credentials")];
    let token = system
        .form("/v2/oauth/token", Some((id, secret)), &grant)
        .await
        .json();
    let token = token["refresh_token"].as_str().unwrap();
    let refresh = [("grant_type", "refresh_token"), ("refresh_token", token)];
    for _ in 0..2 {
        system
            .form("/v2/oauth/token", Some((id, secret)), &refresh)
            .await;
        seen.note("oauth-token");
    }
    system
        .form("/v2/oauth/revoke", Some((id, secret)), &[("token", token)])
        .await;
    seen.note("oauth-revoke");

    // The one named schedule of the samples is kept by now.
    for function in functions_with_events()
        .iter()
        .filter(|name| *name != "delete-schedule")
    {
        seen.sample(function).await;
    }
    reprogramming(&mut seen).await;
    let devices = json!({"organizationId": 1, "name": "New"});
    let device = seen
        .ask(
            "create-device",
            Method::POST,
            "/v2/devices",
            ADMIN,
            Some(&devices),
        )
        .await;
    let group = json!({"organizationId": 1, "name": "New"});
    let group = seen
        .ask(
            "create-device-group",
            Method::POST,
            "/v2/device-groups",
            ADMIN,
            Some(&group),
        )
        .await;
    let path = format!("/v2/device-groups/{}", group.json()["deviceGroupId"]);
    for devices in [json!([device.json()["deviceId"]]), json!([])] {
        let body = json!({"devices": devices});
        seen.ask(
            "update-device-group",
            Method::PUT,
            &path,
            ADMIN,
            Some(&body),
        )
        .await;
    }

    // Who is in a group, what is in a space, and an address in the place of another.
    let body = json!({"organizationId": 1, "name": "New"});
    let groups = "/v2/user-groups";
    let post = Method::POST;
    let group = seen
        .ask("create-user-group", post, groups, ADMIN, Some(&body))
        .await;
    let group = format!("{groups}/{}", group.json()["userGroupId"]);
    let space = format!("/v2/spaces/{}", space.as_str().unwrap());
    let members = [json!({"members": [1]}), json!({"members": []})];
    let device = device.json()["deviceId"].clone();
    let devices = [json!({"devices": [device]}), json!({"devices": []})];
    let addresses = ["one@home.example", "other@home.example"];
    let addresses = addresses.map(|address| json!({"emailAddress": address}));
    for (function, path, bodies) in [
        ("update-user-group", group, members),
        ("update-space", space, devices),
        ("update-user", "/v2/users/1".to_owned(), addresses),
    ] {
        for body in bodies {
            let put = Method::PUT;
            seen.ask(function, put, &path, ADMIN, Some(&body)).await;
        }
    }

    // What is in a group or a space is taken out of it when that is deleted.
    let device = json!([device]);
    for (kind, field, id, members) in [
        ("user-group", "members", "userGroupId", json!([1])),
        ("device-group", "devices", "deviceGroupId", device.clone()),
        ("space", "devices", "spaceId", device.clone()),
    ] {
        let mut body = json!({"organizationId": 1, "name": "New"});
        body[field] = members;
        let path = format!("/v2/{kind}s");
        let create = format!("create-{kind}");
        let made = seen
            .ask(&create, Method::POST, &path, ADMIN, Some(&body))
            .await;
        let made = made.json()[id].to_string();
        let path = format!("{path}/{}", made.trim_matches('"'));
        let delete = format!("delete-{kind}");
        seen.ask(&delete, Method::DELETE, &path, ADMIN, None).await;
    }
    // A group that went and left who was in it.
    let body = json!({"organizationId": 1, "name": "Gone", "devices": device});
    let group = system.post("/v2/device-groups", ADMIN, &body).await.json();
    let key = format!(
        "DEVICEGROUP#{:016}",
        group["deviceGroupId"].as_u64().unwrap()
    );
    store.delete_items(&key).await;
    store.calls();
    let removal = event("follow-up").replace("USER#0000000000000999", &key);
    system.invoke("follow-up", &removal).await;
    seen.note("follow-up");

    let stack = stack();
    let functions = stack.functions.values();
    let expected = functions.map(|function| (binary(function), allowed(function)));
    assert_eq!(seen.actions, expected.collect());
    let functions = stack.functions.values();
    let may_write = functions.map(|function| {
        let kinds = GUARDED.iter().filter(|(_, key)| may_write(function, key));
        let kinds = kinds.map(|(name, _)| *name).collect();
        (binary(function), kinds)
    });
    assert_eq!(seen.guarded, may_write.collect());
}
