//! The sample events of functions with a route: made from the examples of the API document, with
//! what API Gateway puts around a request.

use serde_json::{Map, Value, json};
use url::form_urlencoded;

use base64::prelude::{BASE64_STANDARD, Engine};
use latchkey_demo::{ADMIN_TOKEN, API_KEY, DOOR_TOKEN};
use latchkey_local::template::{Integration, Route};

use crate::openapi::{document, is_another_way, resolve};
use crate::template::{binary, stack};

const HOST: &str = "abcdef1234.execute-api.eu-west-1.amazonaws.com";
const STAGE: &str = "prod";

/// The functions that no admin calls, and the role that does.
const CONTROLLERS: &[&str] = &["enter-space", "report-device-state"];
/// Parameters of which an operation requires one or the other.
const GIVEN: &[(&str, &str)] = &[("get-viviot-user", "Email")];
/// Those that only an admin of the tenant calls.
const TENANT_ADMINS: &[&str] = &["reprogram-codes"];

/// The sample event of each function with a route, by the name of its binary.
pub fn made() -> Vec<(String, Value)> {
    let document = document();
    let stack = stack();
    let mut events: Vec<(String, Value)> = Vec::new();
    for route in &stack.api.routes {
        let Integration::Function(function) = &route.integration else {
            continue;
        };
        let name = binary(&stack.functions[function]);
        let is_known = events.iter().any(|(known, _)| *known == name);
        // One event a function: that of its first route.
        if is_known || is_another_way(&route.path) {
            continue;
        }
        let event = event(&document, route, &name);
        events.push((name, event));
    }
    events
}

fn event(document: &Value, route: &Route, name: &str) -> Value {
    let operation = &document["paths"][&route.path][route.method.to_lowercase()];
    let mut path = route.path.clone();
    let mut path_parameters = Map::new();
    let mut query = Map::new();
    for parameter in operation["parameters"].as_array().into_iter().flatten() {
        let parameter = resolve(document, parameter);
        let parameter_name = parameter["name"].as_str().unwrap();
        let value = || {
            let example = example(document, parameter);
            let example = example.or_else(|| self::example(document, &parameter["schema"]));
            let example = example.unwrap_or_else(|| panic!("{name}: no example: {parameter}"));
            example.as_str().map_or(example.to_string(), str::to_owned)
        };
        match parameter["in"].as_str() {
            Some("path") => {
                path = path.replace(&format!("{{{parameter_name}}}"), &value());
                path_parameters.insert(parameter_name.to_owned(), value().into());
            }
            Some("query")
                if parameter["required"] == true || GIVEN.contains(&(name, parameter_name)) =>
            {
                query.insert(parameter_name.to_owned(), value().into());
            }
            _ => {}
        }
    }
    let (content_type, body) = body(document, &operation["requestBody"]["content"]);

    let mut headers = Map::from_iter(
        [
            ("Accept", "*/*"),
            ("Host", HOST),
            ("User-Agent", "curl/8.5.0"),
            (
                "X-Amzn-Trace-Id",
                "Root=1-65f1a2b3-0123456789abcdef01234567",
            ),
            ("X-Forwarded-For", "203.0.113.7"),
            ("X-Forwarded-Port", "443"),
            ("X-Forwarded-Proto", "https"),
        ]
        .map(|(name, value)| (name.to_owned(), value.into())),
    );
    let mut authorizer = Value::Null;
    if route.authorizer.is_some() {
        let (user, role, token) = match CONTROLLERS.contains(&name) {
            true => ("3", "Device", DOOR_TOKEN),
            false if TENANT_ADMINS.contains(&name) => ("1", "TenantAdmin", ADMIN_TOKEN),
            false => ("1", "Admin", ADMIN_TOKEN),
        };
        let token = format!("Bearer {token}");
        headers.insert("Authorization".to_owned(), token.into());
        authorizer = context(user, role);
    } else if operation["security"][0].get("apiKeyBasic").is_some() {
        let (id, secret) = API_KEY;
        let key = BASE64_STANDARD.encode(format!("{id}:{secret}"));
        headers.insert("Authorization".to_owned(), format!("Basic {key}").into());
    }
    if let Some(content_type) = content_type {
        headers.insert("Content-Type".to_owned(), content_type.into());
    }
    let lists = |values: &Map<String, Value>| -> Map<String, Value> {
        let lists = values
            .iter()
            .map(|(name, value)| (name.clone(), json!([value])));
        lists.collect()
    };
    let or_null = |values: Map<String, Value>| match values.is_empty() {
        true => Value::Null,
        false => values.into(),
    };
    let mut request_context = json!({
        "accountId": "123456789012",
        "apiId": "abcdef1234",
        "domainName": HOST,
        "domainPrefix": "abcdef1234",
        "extendedRequestId": "JKJaXmPLvHcESHA=",
        "httpMethod": route.method,
        "identity": {
            "accessKey": null,
            "accountId": null,
            "caller": null,
            "cognitoAuthenticationProvider": null,
            "cognitoAuthenticationType": null,
            "cognitoIdentityId": null,
            "cognitoIdentityPoolId": null,
            "principalOrgId": null,
            "sourceIp": "203.0.113.7",
            "user": null,
            "userAgent": "curl/8.5.0",
            "userArn": null
        },
        "path": format!("/{STAGE}{path}"),
        "protocol": "HTTP/1.1",
        "requestId": "c6af9ac6-7b61-11e6-9a41-93e8deadbeef",
        "requestTime": "21/Nov/2026:12:00:00 +0000",
        "requestTimeEpoch": 1_795_262_400_000_u64,
        "resourceId": "a1b2c3",
        "resourcePath": route.path,
        "stage": STAGE
    });
    if !authorizer.is_null() {
        request_context["authorizer"] = authorizer;
    }
    json!({
        "resource": route.path,
        "path": path,
        "httpMethod": route.method,
        "multiValueHeaders": lists(&headers),
        "headers": headers,
        "multiValueQueryStringParameters": or_null(lists(&query)),
        "queryStringParameters": or_null(query),
        "pathParameters": or_null(path_parameters),
        "stageVariables": null,
        "requestContext": request_context,
        "body": body,
        "isBase64Encoded": false
    })
}

/// The authorizer's context for a user of the demo organization.
fn context(user: &str, role: &str) -> Value {
    let mut memberships = json!([{"organizationId": 1, "roles": [role]}]);
    if role == "Device" {
        // The front door lets into the lobby.
        memberships[0]["spaces"] = json!(["0192a5b07c0070008000000000000001"]);
    }
    json!({
        "principalId": user,
        "userId": user,
        "credentialId": format!("demo-{}", if role == "Device" { "door" } else { "admin" }),
        "memberships": memberships.to_string(),
        "scopes": "*",
        "integrationLatency": 12
    })
}

/// The content type and the text of the body, where the operation has one.
fn body(document: &Value, content: &Value) -> (Option<String>, Option<String>) {
    let Some(content) = content.as_object() else {
        return (None, None);
    };
    let json = "application/json";
    let content_type = match content.contains_key(json) {
        true => json,
        false => content.keys().next().unwrap(),
    };
    let body = example(document, &content[content_type])
        .or_else(|| example(document, &content[content_type]["schema"]))
        .unwrap();
    let text = match content_type {
        "application/x-www-form-urlencoded" => {
            let pairs = body.as_object().unwrap();
            let pairs = pairs
                .iter()
                .map(|(name, value)| (name, value.as_str().unwrap()));
            form_urlencoded::Serializer::new(String::new())
                .extend_pairs(pairs)
                .finish()
        }
        _ => body.to_string(),
    };
    (Some(content_type.to_owned()), Some(text))
}

/// The example of a part of the document: its own, or put together of those of its properties.
fn example(document: &Value, part: &Value) -> Option<Value> {
    let part = resolve(document, part);
    let own = part.get("example").or_else(|| part["examples"].get(0));
    if let Some(own) = own {
        return Some(own.clone());
    }
    if let Some(properties) = part["properties"].as_object() {
        let examples = properties
            .iter()
            .filter_map(|(name, property)| Some((name.clone(), example(document, property)?)));
        return Some(Value::Object(examples.collect()));
    }
    if let Some(item) = part.get("items").and_then(|items| example(document, items)) {
        return Some(json!([item]));
    }
    let alternatives = part["oneOf"].as_array().into_iter().flatten();
    let mut alternatives = alternatives.chain(part["allOf"].as_array().into_iter().flatten());
    alternatives.find_map(|part| example(document, part))
}
