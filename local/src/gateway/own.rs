//! API Gateway's own answers: gateway responses and mock integrations.

use std::collections::BTreeMap;

use axum::body::Body;
use axum::response::Response;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

use super::exchange::Exchange;
use super::failure::Failure;
use super::variables;
use crate::template::{CustomResponse, Mock};

/// The body of every gateway response that is not customized.
const BUILT_IN_BODY: &str = "{\"message\":$context.error.messageString}";

/// The response: as customized for its type, else as customized for all of its class,
/// else as built in.
///
/// A status that is set on `DEFAULT_4XX` or `DEFAULT_5XX` is that of every response which
/// falls back to it; not set, each keeps its own.
pub(super) fn failed(
    failure: &Failure,
    exchange: &Exchange<'_>,
    customized: &BTreeMap<String, CustomResponse>,
) -> Response {
    let name = failure.response_type.name();
    let class = if failure.status < 500 {
        "DEFAULT_4XX"
    } else {
        "DEFAULT_5XX"
    };
    let custom = customized.get(name).or_else(|| customized.get(class));

    let (content_type, template) = match custom.map(|custom| &custom.templates) {
        Some(templates) if !templates.is_empty() => preferred(templates, exchange),
        _ => ("application/json", BUILT_IN_BODY),
    };
    let body = variables::substituted(template, exchange, Some(failure));
    let mut response = Response::new(Body::from(body));
    let status = custom
        .and_then(|custom| custom.status)
        .unwrap_or(failure.status);
    *response.status_mut() =
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    put(headers, "content-type", content_type);
    put(
        headers,
        "x-amzn-errortype",
        failure.response_type.error_type(),
    );
    for (name, mapping) in custom
        .map(|custom| custom.headers.as_slice())
        .unwrap_or_default()
    {
        if let Some(value) = variables::mapped(mapping, exchange, Some(failure)) {
            put(headers, name, &value);
        }
    }
    response
}

/// The template that the client asks for, or the JSON one, or the first.
fn preferred<'t>(
    templates: &'t BTreeMap<String, String>,
    exchange: &Exchange<'_>,
) -> (&'t str, &'t str) {
    let accept = exchange.header("accept").unwrap_or_default();
    let accepted = accept
        .split(',')
        .map(|part| part.split(';').next().unwrap_or_default().trim());
    accepted
        .chain(["application/json"])
        .find_map(|media_type| templates.get_key_value(media_type))
        .or_else(|| templates.iter().next())
        .map_or(
            ("application/json", BUILT_IN_BODY),
            |(media_type, template)| (media_type, template),
        )
}

/// The answer of a mock integration.
pub(super) fn mocked(mock: &Mock, exchange: &Exchange<'_>) -> Response {
    let mut response = Response::new(Body::from(variables::substituted(
        &mock.body, exchange, None,
    )));
    *response.status_mut() = StatusCode::from_u16(mock.status).unwrap_or(StatusCode::OK);
    put(response.headers_mut(), "content-type", &mock.content_type);
    for (name, mapping) in &mock.headers {
        if let Some(value) = variables::mapped(mapping, exchange, None) {
            put(response.headers_mut(), name, &value);
        }
    }
    response
}

/// Sets a header, if name and value can be in one.
pub(super) fn put(headers: &mut HeaderMap, name: &str, value: &str) {
    if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::from_str(value)) {
        headers.insert(name, value);
    }
}
