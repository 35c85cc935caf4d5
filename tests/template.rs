//! template.yaml is the one list: what else lists the same is held to it here.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::sync::LazyLock;

use latchkey::wire::headers::{CHALLENGE, EVERY_RESPONSE};
use latchkey_local::template::policy::Access;
use latchkey_local::template::{ACCOUNT_ID, Function, Integration, Mapping, Stack};

use crate::system::{keys, root};

/// The template, read once.
pub fn stack() -> &'static Stack {
    static STACK: LazyLock<Stack> = LazyLock::new(|| {
        Stack::read(&root().join("template.yaml"), &BTreeMap::new(), "eu-west-1").unwrap()
    });
    &STACK
}

pub fn binary(function: &Function) -> String {
    function.binary.clone()
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
    for (name, function) in &stack().functions {
        for event in &function.streams {
            readers
                .entry(event.table.clone())
                .or_default()
                .push(name.clone());
        }
    }
    assert_ne!(readers, BTreeMap::new());
    for (table, functions) in readers {
        assert!(functions.len() <= 2, "{table}: {functions:?}");
    }
}

/// The resources of a type in template.yaml, of which `Stack` reads only what runs here.
fn resources(of_type: &str) -> BTreeSet<String> {
    let text = fs::read_to_string(root().join("template.yaml")).unwrap();
    let lines: Vec<_> = text.lines().collect();
    let typed = format!("    Type: {of_type}");
    let named = lines.windows(2).filter(|pair| pair[1] == typed);
    named
        .map(|pair| pair[0].trim().trim_end_matches(':').to_owned())
        .collect()
}

#[test]
fn the_runbook_has_a_section_for_each_alarm_and_no_other() {
    let text = fs::read_to_string(root().join("docs/runbook.md")).unwrap();
    let sections = text.lines().filter_map(|line| line.strip_prefix("## "));
    let sections: BTreeSet<_> = sections.map(str::to_owned).collect();
    assert_eq!(sections, resources("AWS::CloudWatch::Alarm"));
}

#[test]
fn the_stack_says_its_release() {
    let text = fs::read_to_string(root().join("template.yaml")).unwrap();
    let (_, outputs) = text.split_once("\nOutputs:\n").unwrap();
    let value = outputs.lines().nth(2).unwrap().trim();
    let release = env!("CARGO_PKG_VERSION");
    assert_eq!(value, format!("Value: \"{release}\""));
    let document = latchkey_functions::openapi::document().unwrap();
    let document: serde_json::Value = serde_json::from_str(&document).unwrap();
    assert_eq!(document["info"]["version"], release);
}

#[test]
fn every_path_answers_a_preflight_without_an_authorizer() {
    let api = &stack().api;
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

/// The routes that everyone may call. Each is served by an `Endpoint::open`.
const OPEN: [(&str, &str); 13] = [
    ("GET", "/.well-known/oauth-authorization-server"),
    ("HEAD", "/.well-known/oauth-authorization-server"),
    ("GET", "/authorize"),
    ("HEAD", "/authorize"),
    ("POST", "/authorize"),
    ("GET", "/openapi.json"),
    ("HEAD", "/openapi.json"),
    ("GET", "/sign-in/{token}"),
    ("HEAD", "/sign-in/{token}"),
    ("GET", "/v2/calendars/{calendar}"),
    ("HEAD", "/v2/calendars/{calendar}"),
    ("POST", "/v2/oauth/revoke"),
    ("POST", "/v2/oauth/token"),
];

#[test]
fn every_other_route_asks_the_authorizer() {
    let routes = &stack().api.routes;
    let open = routes
        .iter()
        .filter(|route| route.method != "OPTIONS" && route.authorizer.is_none());
    let open: Vec<_> = open
        .map(|route| (route.method.as_str(), route.path.as_str()))
        .collect();
    assert_eq!(open, OPEN);
}

/// For a change, `GET` is one of ServiceStack's ways to call an operation.
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
fn routes_that_everyone_may_call_are_throttled_more() {
    for route in &stack().api.routes {
        let throttle = route.throttle.unwrap();
        let expected = if OPEN.contains(&(&route.method, &route.path)) {
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
    let format = stack().api.access_log.as_ref().unwrap();
    let line: BTreeMap<String, String> = serde_json::from_str(format).unwrap();
    let expected = [
        ("ip", "$context.identity.sourceIp"),
        ("method", "$context.httpMethod"),
        ("milliseconds", "$context.responseLatency"),
        ("path", "$context.resourcePath"),
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
    for (kind, response) in &stack().api.responses {
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
        assert_headers(kind, &response.headers, own);
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

/// The partition keys that only some functions may write.
fn guarded() -> [(&'static str, String); 5] {
    [
        ("credentials", keys::credential()),
        ("invitations", keys::invitation()),
        ("web keys", keys::web_key()),
        ("calendar links", keys::calendar_link()),
        ("the audit", keys::audit()),
    ]
    .map(|(kind, key)| (kind, keys::partition(&key)))
}

/// The actions that change the table.
const WRITES: [&str; 4] = ["PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem"];

fn may(function: &Function, action: &str, partition_key: &str) -> bool {
    let table = function.environment.get("TABLE_NAME").unwrap();
    function.policy.allows(&Access {
        action: format!("dynamodb:{action}"),
        resource: format!("arn:aws:dynamodb:eu-west-1:{ACCOUNT_ID}:table/{table}"),
        leading_keys: vec![partition_key.to_owned()],
    })
}

fn may_write(function: &Function, partition_key: &str) -> bool {
    WRITES
        .iter()
        .any(|action| may(function, action, partition_key))
}

/// The cases of the benchmark show that each of them does.
#[test]
fn few_functions_may_write_what_opens_doors_and_none_may_change_what_was_done() {
    let functions = &stack().functions;
    for (kind, key) in guarded() {
        let writers = functions
            .values()
            .filter(|function| may_write(function, &key));
        let writers: Vec<_> = writers.map(binary).collect();
        assert!((1..=12).contains(&writers.len()), "{kind}: {writers:?}");
    }
    let audit = keys::partition(&keys::audit());
    for function in functions.values() {
        for action in ["UpdateItem", "DeleteItem", "BatchWriteItem"] {
            for record in [&audit, &keys::partition(&keys::deed())] {
                assert!(
                    !may(function, action, record),
                    "{}: {action} {record}",
                    binary(function)
                );
            }
        }
    }
}
