//! template.yaml is the one list: what else lists the same is held to it here.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use latchkey::wire::headers::EVERY_RESPONSE;
use latchkey_local::template::{Function, Integration, Mapping, Program, Stack};
use reqwest::Method;
use serde_json::json;

use crate::system::{Answer, Call, Store, System, Tenant, root};

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
        assert_headers(path, &mock.headers);
    }
}

/// The routes that everyone may call. Each is served by an `OpenEndpoint`.
const OPEN: [(&str, &str); 1] = [("GET", "/openapi.json")];

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

#[test]
fn every_answer_of_the_gateway_has_the_headers_and_the_shape_of_both_families() {
    for (kind, response) in stack().api.responses {
        assert_headers(&kind, &response.headers);
        let status = response
            .status
            .unwrap_or_else(|| panic!("{kind} has no StatusCode"));
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
fn assert_headers(of: &str, headers: &[(String, Mapping)]) {
    let value = |name: &str| {
        let found = headers
            .iter()
            .find(|(header, _)| header.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.clone())
    };
    for (name, expected) in EVERY_RESPONSE {
        assert_eq!(
            value(name),
            Some(Mapping::Static(expected.to_owned())),
            "{of}: {name}"
        );
    }
    assert!(value("x-request-id").is_some(), "{of}");
}

/// The actions that template.yaml lets the function of a logical id do with the table.
fn allowed(logical_id: &str) -> BTreeSet<String> {
    let template = fs::read_to_string(root().join("template.yaml")).unwrap();
    let resource = template
        .split(&format!("\n  {logical_id}:\n"))
        .nth(1)
        .unwrap();
    let resource = resource.split("\n\n").next().unwrap();
    let action = resource
        .lines()
        .find_map(|line| line.trim().strip_prefix("Action: "))
        .unwrap();
    let actions = action.trim_matches(['[', ']']).split(", ");
    actions
        .map(|action| action.strip_prefix("dynamodb:").unwrap().to_owned())
        .collect()
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

#[tokio::test]
async fn each_function_has_the_rights_that_it_uses_and_no_more() {
    let store = Store::start().await;
    let system = System::on(&store).await;
    let tenant = Tenant::new(7);
    store.put(&tenant.world).await;

    assert_eq!(
        system
            .get("/v2/shares/nonsense", tenant.token(1))
            .await
            .status,
        404
    );
    assert_eq!(needed(&store.calls()), allowed("AuthorizerFunction"));
    assert_eq!(
        system
            .get("/v2/shares/nonsense", tenant.token(2))
            .await
            .status,
        404
    );
    store.calls();

    let event =
        json!({"name": "A", "timeZone": "UTC", "admin": {"firstName": "A", "lastName": "B"}});
    system
        .invoke("bootstrap-organization", &event.to_string())
        .await;
    assert_eq!(
        needed(&store.calls()),
        allowed("BootstrapOrganizationFunction")
    );

    let right = tenant.share(json!({"scheduleId": 1, "permissions": {"administrate": true}}));
    let keyed = system
        .request(Method::POST, "/v2/shares")
        .bearer_auth(tenant.token(1))
        .header("Idempotency-Key", "k");
    let created = Answer::of(keyed.body(right.to_string())).await;
    assert_eq!(created.status, 200);
    system.post("/v2/shares", tenant.token(2), &right).await;
    assert_eq!(needed(&store.calls()), allowed("CreateShareFunction"));

    let path = format!("/v2/shares/{}", created.json()["shareId"]);
    assert_eq!(system.get(&path, tenant.token(1)).await.status, 200);
    let other = tenant.share(json!({"receiver": {"userId": 4}}));
    let other = system
        .post("/v2/shares", tenant.token(1), &other)
        .await
        .json();
    store.calls();
    system.get(&path, tenant.token(2)).await;
    system
        .get(&format!("/v2/shares/{}", other["shareId"]), tenant.token(2))
        .await;
    assert_eq!(needed(&store.calls()), allowed("GetShareFunction"));

    let document = system.request(Method::GET, "/openapi.json");
    assert_eq!(Answer::of(document).await.status, 200);
    assert!(store.calls().is_empty());
}
