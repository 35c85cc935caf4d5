//! The events of functions: the proxy event of payload format 1.0, and the events of
//! authorizers.
//!
//! The types of `aws_lambda_events` read these events but do not write them as API Gateway
//! does: they give `{}` for a map that is `null`, lower-case header names, and leave out half
//! of an authorizer's request context. So the shapes are here, and a test has those types
//! read them.

use std::collections::BTreeMap;

use axum::body::Bytes;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::exchange::Exchange;

type Single = BTreeMap<String, String>;
type Multiple = BTreeMap<String, Vec<String>>;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ProxyEvent<'e> {
    resource: &'e str,
    path: &'e str,
    http_method: &'e str,
    headers: Single,
    multi_value_headers: Multiple,
    query_string_parameters: Option<Single>,
    multi_value_query_string_parameters: Option<Multiple>,
    path_parameters: Option<&'e Single>,
    // There are none.
    stage_variables: Option<&'e Single>,
    request_context: RequestContext<'e>,
    body: Option<String>,
    is_base64_encoded: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AuthorizerEvent<'e> {
    r#type: &'static str,
    method_arn: String,
    resource: &'e str,
    path: &'e str,
    http_method: &'e str,
    headers: Single,
    multi_value_headers: Multiple,
    // Here an absent map is an empty one.
    query_string_parameters: Single,
    multi_value_query_string_parameters: Multiple,
    path_parameters: &'e Single,
    stage_variables: Single,
    request_context: RequestContext<'e>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RequestContext<'e> {
    resource_id: &'e str,
    resource_path: &'e str,
    http_method: &'e str,
    extended_request_id: &'e str,
    request_time: String,
    path: &'e str,
    account_id: &'static str,
    protocol: &'static str,
    stage: &'e str,
    domain_prefix: String,
    request_time_epoch: i64,
    request_id: &'e str,
    identity: Identity<'e>,
    domain_name: String,
    api_id: &'e str,
    #[serde(skip_serializing_if = "Option::is_none")]
    authorizer: Option<Map<String, Value>>,
}

/// Who called, of which only address and agent are known without AWS credentials.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Identity<'e> {
    cognito_identity_pool_id: Option<&'e str>,
    account_id: Option<&'e str>,
    cognito_identity_id: Option<&'e str>,
    caller: Option<&'e str>,
    source_ip: &'e str,
    principal_org_id: Option<&'e str>,
    access_key: Option<&'e str>,
    cognito_authentication_type: Option<&'e str>,
    cognito_authentication_provider: Option<&'e str>,
    user_arn: Option<&'e str>,
    user_agent: Option<String>,
    user: Option<&'e str>,
}

/// The proxy event of a request.
pub(super) fn proxy(exchange: &Exchange<'_>) -> Bytes {
    let (headers, multi_value_headers) = headers(exchange);
    let (query, multi_value_query) = query(exchange);
    let has_query = !query.is_empty();
    // No media type is binary: every body is a text.
    let body = String::from_utf8_lossy(&exchange.body);
    written(&ProxyEvent {
        resource: &exchange.resource,
        path: &exchange.path,
        http_method: exchange.method.as_str(),
        headers,
        multi_value_headers,
        query_string_parameters: has_query.then_some(query),
        multi_value_query_string_parameters: has_query.then_some(multi_value_query),
        path_parameters: Some(&exchange.path_parameters).filter(|map| !map.is_empty()),
        stage_variables: None,
        request_context: context(exchange),
        body: (!body.is_empty()).then(|| body.into_owned()),
        is_base64_encoded: false,
    })
}

/// The event of an authorizer.
pub(super) fn of_authorizer(exchange: &Exchange<'_>) -> Bytes {
    let (headers, multi_value_headers) = headers(exchange);
    let (query_string_parameters, multi_value_query_string_parameters) = query(exchange);
    written(&AuthorizerEvent {
        r#type: "REQUEST",
        method_arn: exchange.method_arn(),
        resource: &exchange.resource,
        path: &exchange.path,
        http_method: exchange.method.as_str(),
        headers,
        multi_value_headers,
        query_string_parameters,
        multi_value_query_string_parameters,
        path_parameters: &exchange.path_parameters,
        stage_variables: Single::new(),
        request_context: context(exchange),
    })
}

fn written(event: &impl Serialize) -> Bytes {
    // Maps with string keys and no type of its own to fail: it cannot.
    Bytes::from(serde_json::to_vec(event).unwrap_or_default())
}

fn context<'e>(exchange: &'e Exchange<'_>) -> RequestContext<'e> {
    let domain = exchange.domain();
    RequestContext {
        resource_id: &exchange.resource_id,
        resource_path: &exchange.resource,
        http_method: exchange.method.as_str(),
        extended_request_id: &exchange.extended_request_id,
        request_time: exchange.request_time(),
        path: &exchange.path,
        account_id: crate::template::ACCOUNT_ID,
        protocol: "HTTP/1.1",
        stage: &exchange.stage.name,
        domain_prefix: domain.split('.').next().unwrap_or_default().to_owned(),
        request_time_epoch: exchange.time,
        request_id: &exchange.request_id,
        identity: Identity {
            cognito_identity_pool_id: None,
            account_id: None,
            cognito_identity_id: None,
            caller: None,
            source_ip: &exchange.source_ip,
            principal_org_id: None,
            access_key: None,
            cognito_authentication_type: None,
            cognito_authentication_provider: None,
            user_arn: None,
            user_agent: exchange
                .header("user-agent")
                .map(|agent| agent.into_owned()),
            user: None,
        },
        domain_name: domain.into_owned(),
        api_id: &exchange.stage.api_id,
        authorizer: exchange.caller.as_ref().map(|caller| {
            let mut map: Map<String, Value> = caller
                .context
                .iter()
                .map(|(key, value)| (key.clone(), json!(value)))
                .collect();
            map.insert("principalId".to_owned(), json!(caller.principal_id));
            map.insert("integrationLatency".to_owned(), json!(caller.latency));
            map
        }),
    }
}

/// Headers that concern one connection only and do not go past API Gateway.
const HOP_BY_HOP: &[&str] = &[
    "connection",
    "content-length",
    "expect",
    "keep-alive",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

fn headers(exchange: &Exchange<'_>) -> (Single, Multiple) {
    let mut multiple = Multiple::new();
    for (name, value) in &exchange.headers {
        if !HOP_BY_HOP.contains(&name.as_str()) {
            multiple
                .entry(title_case(name.as_str()))
                .or_default()
                .push(String::from_utf8_lossy(value.as_bytes()).into_owned());
        }
    }
    let forwarded = match exchange.header("x-forwarded-for") {
        Some(before) => format!("{before}, {}", exchange.source_ip),
        None => exchange.source_ip.clone(),
    };
    for (name, value) in [
        ("X-Amzn-Trace-Id", exchange.trace_id.clone()),
        ("X-Forwarded-For", forwarded),
        ("X-Forwarded-Port", exchange.stage.port.to_string()),
        ("X-Forwarded-Proto", "http".to_owned()),
    ] {
        multiple.insert(name.to_owned(), vec![value]);
    }
    (last_of(&multiple), multiple)
}

fn query(exchange: &Exchange<'_>) -> (Single, Multiple) {
    let mut multiple = Multiple::new();
    for (name, value) in &exchange.query {
        multiple
            .entry(name.clone())
            .or_default()
            .push(value.clone());
    }
    (last_of(&multiple), multiple)
}

/// Of several values, the plain map has the last.
fn last_of(multiple: &Multiple) -> Single {
    multiple
        .iter()
        .filter_map(|(name, values)| Some((name.clone(), values.last()?.clone())))
        .collect()
}

/// API Gateway hands on the names as the client wrote them, which the HTTP library here does
/// not keep. This is how most clients write them.
fn title_case(name: &str) -> String {
    let mut start = true;
    name.chars()
        .map(|c| {
            let c = if start { c.to_ascii_uppercase() } else { c };
            start = c == '-';
            c
        })
        .collect()
}
