//! The API document: that it is what the code says, and whole; and that it is served.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use latchkey_local::template::Integration;
use reqwest::Method;
use reqwest::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use serde_json::Value;

use crate::system::{Answer, System, root};
use crate::template::{binary, stack};

fn committed() -> String {
    fs::read_to_string(root().join("docs/openapi.json")).unwrap()
}

pub fn document() -> Value {
    serde_json::from_str(&latchkey_functions::openapi::document().unwrap()).unwrap()
}

#[test]
fn the_committed_document_is_what_the_code_says() {
    let made = latchkey_functions::openapi::document().unwrap();
    if std::env::var_os("UPDATE_OPENAPI").is_some() {
        fs::write(root().join("docs/openapi.json"), made).unwrap();
        return;
    }
    let (made, committed) = (made.lines(), committed());
    let differ = made
        .zip(committed.lines())
        .position(|(made, committed)| made != committed);
    let same = latchkey_functions::openapi::document().unwrap() == committed;
    assert!(
        same,
        "docs/openapi.json is behind from line {:?} on: UPDATE_OPENAPI=1 cargo test --workspace openapi",
        differ.map(|line| line + 1)
    );
}

/// Each operation: its method, its path and itself.
pub fn operations(document: &Value) -> Vec<(String, String, &Value)> {
    let mut operations = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            operations.push((method.to_uppercase(), path.clone(), operation));
        }
    }
    operations
}

fn camel_case(name: &str) -> String {
    let mut words = name.split('-');
    let first = words.next().unwrap().to_owned();
    words.fold(first, |camel, word| {
        camel + &word[..1].to_uppercase() + &word[1..]
    })
}

/// Whether a path is one of those that each operation for ServiceStack's clients has besides
/// its own: the document says so in words.
pub fn is_another_way(path: &str) -> bool {
    let own = path
        .strip_suffix(".json")
        .or_else(|| path.strip_suffix(".jsv"));
    let routes = &stack().api.routes;
    own.is_some_and(|own| routes.iter().any(|route| route.path == own))
        || ["/json/reply/", "/jsv/reply/", "/api/"]
            .iter()
            .any(|way| path.starts_with(way))
}

#[test]
fn its_operations_are_the_routes_of_the_template_named_after_their_functions() {
    let stack = stack();
    let mut routes = BTreeMap::new();
    for route in &stack.api.routes {
        if let Integration::Function(function) = &route.integration
            && !is_another_way(&route.path)
            // The document says in words that it is wherever `GET` is.
            && route.method != "HEAD"
        {
            let name = camel_case(&binary(&stack.functions[function]));
            routes.insert((route.method.clone(), route.path.clone()), name);
        }
    }
    let document = document();
    let operations: BTreeMap<_, _> = operations(&document)
        .into_iter()
        .map(|(method, path, operation)| ((method, path), operation["operationId"].clone()))
        .collect();
    assert_eq!(
        operations.keys().collect::<BTreeSet<_>>(),
        routes.keys().collect::<BTreeSet<_>>()
    );
    // A function of several routes has an operation for each.
    for (route, name) in &routes {
        let of_one_route = routes.values().filter(|other| *other == name).count() == 1;
        assert!(
            !of_one_route || operations[route] == *name.as_str(),
            "{route:?}"
        );
    }
}

#[test]
fn every_operation_says_what_it_is_and_what_can_go_wrong() {
    let document = document();
    let tags: BTreeSet<_> = document["tags"]
        .as_array()
        .unwrap()
        .iter()
        .map(|tag| tag["name"].as_str().unwrap())
        .collect();
    for (method, path, operation) in operations(&document) {
        let of = format!("{method} {path}");
        for name in ["summary", "description"] {
            assert!(
                operation[name]
                    .as_str()
                    .is_some_and(|text| !text.is_empty()),
                "{of}: {name}"
            );
        }
        assert!(
            tags.contains(operation["tags"][0].as_str().unwrap()),
            "{of}"
        );

        let responses = operation["responses"].as_object().unwrap();
        let mut expected = vec!["429", "500", "503"];
        if operation["security"] != serde_json::json!([]) {
            expected.push("401");
        }
        if path.contains('{') {
            expected.push("404");
        }
        if let Some(body) = operation.get("requestBody") {
            expected.extend(["400", "413"]);
            // For a form OAuth has its own error.
            let json = body["content"].get("application/json").is_some();
            expected.extend(json.then_some("415"));
        }
        let parameters = operation["parameters"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        for parameter in &parameters {
            assert!(parameter["description"].is_string(), "{of}: {parameter}");
            if parameter["name"] == "Idempotency-Key" {
                expected.push("422");
            }
        }
        for status in expected {
            assert!(responses.contains_key(status), "{of}: {status}");
        }
        for (status, response) in responses {
            let response = resolve(&document, response);
            assert!(
                response["headers"].get("X-Request-Id").is_some(),
                "{of}: {status}"
            );
            let has_body = response.get("content").is_some();
            let is_empty = matches!(status.as_str(), "204" | "303" | "304")
                || (path == "/v2/oauth/revoke" && status == "200");
            assert_eq!(has_body, !is_empty, "{of}: {status}");
        }
    }
}

#[test]
fn everything_that_changes_something_takes_a_key_under_which_it_is_done_once() {
    // A token of OAuth or of an invitation is taken once by itself.
    let by_themselves = ["oauthToken", "oauthRevoke", "oauthLink", "claimShare"];
    let document = document();
    for (method, path, operation) in operations(&document) {
        let parameters = operation["parameters"].as_array();
        let mut names = parameters.into_iter().flatten();
        let takes_a_key = names.any(|parameter| parameter["name"] == "Idempotency-Key");
        let name = operation["operationId"].as_str().unwrap();
        let expected = method != "GET" && !by_themselves.contains(&name);
        assert_eq!(takes_a_key, expected, "{method} {path}");
    }
}

/// The target of a reference; the value itself if it is not a reference.
pub fn resolve<'d>(document: &'d Value, part: &'d Value) -> &'d Value {
    match part["$ref"].as_str() {
        Some(pointer) => document.pointer(&pointer[1..]).unwrap(),
        None => part,
    }
}

#[test]
fn every_property_of_every_schema_has_a_description_and_an_example() {
    fn has(document: &Value, property: &Value, names: &[&str]) -> bool {
        let itself = names.iter().any(|name| property.get(name).is_some());
        let parts = ["oneOf", "allOf"]
            .iter()
            .filter_map(|name| property[name].as_array());
        itself
            || property.get("$ref").is_some() && has(document, resolve(document, property), names)
            || parts.flatten().any(|part| has(document, part, names))
            || property
                .get("items")
                .is_some_and(|items| has(document, items, names))
            || property.get("properties").is_some()
    }
    fn check(document: &Value, path: &str, part: &Value) {
        let Some(object) = part.as_object() else {
            return;
        };
        if let Some(properties) = object.get("properties").and_then(Value::as_object) {
            for (name, property) in properties {
                assert!(
                    has(document, property, &["description"]),
                    "{path}.{name} has no description"
                );
                assert!(
                    has(document, property, &["example", "examples", "properties"]),
                    "{path}.{name} has no example"
                );
                check(document, &format!("{path}.{name}"), property);
            }
        }
        for name in ["oneOf", "allOf"] {
            for part in object
                .get(name)
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
            {
                check(document, path, part);
            }
        }
        if let Some(items) = object.get("items") {
            check(document, path, items);
        }
    }
    let document = document();
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        assert!(schema["description"].is_string(), "{name}");
        check(&document, name, schema);
    }
}

#[tokio::test]
async fn it_is_served_to_everyone_and_once_to_a_cache() {
    let system = System::start().await;
    let get = || system.request(Method::GET, "/openapi.json");
    let answer = Answer::of(get()).await;
    assert_eq!(answer.status, 200);
    answer.assert_headers();
    assert_eq!(answer.headers[CONTENT_TYPE], "application/json");
    assert_eq!(answer.headers[CACHE_CONTROL], "public, max-age=300");
    // The same document in fewer bytes.
    let read = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    assert_eq!(read(&answer.body), read(&committed()));
    assert!(answer.body.len() * 3 < committed().len() * 2);

    let tag = answer.headers[ETAG].to_str().unwrap();
    for known in [tag.to_owned(), format!("W/{tag}"), format!("\"x\", {tag}")] {
        let again = Answer::of(get().header(IF_NONE_MATCH, known)).await;
        assert_eq!((again.status.as_u16(), again.body.as_str()), (304, ""));
        assert_eq!(again.headers[ETAG], tag);
        again.assert_headers();
    }
    let other = Answer::of(get().header(IF_NONE_MATCH, "\"x\"")).await;
    assert_eq!(other.status, 200);
}
