//! `$context` and its variables, as gateway responses and mock integrations use them.

use super::exchange::Exchange;
use super::failure::Failure;
use crate::template::Mapping;

/// The value of a header; `None` leaves the header out.
pub(super) fn mapped(
    mapping: &Mapping,
    exchange: &Exchange<'_>,
    failure: Option<&Failure>,
) -> Option<String> {
    match mapping {
        Mapping::Static(text) => Some(text.clone()),
        Mapping::Context(name) => context(name, exchange, failure),
    }
}

/// A template with its variables put in. A variable that is not there is nothing.
pub(super) fn substituted(
    template: &str,
    exchange: &Exchange<'_>,
    failure: Option<&Failure>,
) -> String {
    let mut result = String::with_capacity(template.len() + 64);
    let mut rest = template;
    while let Some(start) = rest.find('$') {
        result.push_str(&rest[..start]);
        let after = &rest[start + 1..];
        let (name, braced) = match after.strip_prefix('{') {
            Some(after) => (after, true),
            None => (after, false),
        };
        let end = name
            .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-')))
            .unwrap_or(name.len());
        let name = name[..end].trim_end_matches('.');
        let value = match name.split_once('.') {
            Some(("context", name)) => context(name, exchange, failure),
            _ => {
                result.push('$');
                rest = after;
                continue;
            }
        };
        result.push_str(&value.unwrap_or_default());
        let used = name.len() + if braced { 1 } else { 0 };
        rest = &after[used..];
        if braced {
            rest = rest.strip_prefix('}').unwrap_or(rest);
        }
    }
    result.push_str(rest);
    result
}

/// A context variable, by its name without `context.`.
pub(super) fn context(
    name: &str,
    exchange: &Exchange<'_>,
    failure: Option<&Failure>,
) -> Option<String> {
    Some(match name {
        "accountId" => crate::template::ACCOUNT_ID.to_owned(),
        "apiId" => exchange.stage.api_id.clone(),
        "domainName" => exchange.domain().into_owned(),
        "domainPrefix" => exchange.domain().split('.').next()?.to_owned(),
        "error.message" => failure?
            .message
            .clone()
            .unwrap_or_else(|| "null".to_owned()),
        "error.messageString" => match &failure?.message {
            Some(message) => serde_json::Value::from(message.as_str()).to_string(),
            None => "null".to_owned(),
        },
        "error.responseType" => failure?.response_type.name().to_owned(),
        "extendedRequestId" => exchange.extended_request_id.clone(),
        "httpMethod" => exchange.method.to_string(),
        "identity.sourceIp" => exchange.source_ip.clone(),
        "identity.userAgent" => exchange.header("user-agent")?.into_owned(),
        "path" => exchange.path.clone(),
        "protocol" => "HTTP/1.1".to_owned(),
        "requestId" => exchange.request_id.clone(),
        "requestTime" => exchange.request_time(),
        "requestTimeEpoch" => exchange.time.to_string(),
        "resourceId" => exchange.resource_id.clone(),
        "resourcePath" => exchange.resource.clone(),
        "stage" => exchange.stage.name.clone(),
        "xrayTraceId" => exchange.trace_id.clone(),
        other => match (other.strip_prefix("authorizer."), &exchange.caller) {
            (Some("principalId"), Some(caller)) => caller.principal_id.clone(),
            (Some(key), Some(caller)) => caller.context.get(key)?.clone(),
            _ => return None,
        },
    })
}
