//! The answer of a Lambda proxy integration, as the client gets it.

use axum::body::Body;
use axum::response::Response;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::exchange::Exchange;

/// The fields that there are. A response with any other is malformed to API Gateway, which
/// is why this is not the type of `aws_lambda_events`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ProxyResponse {
    status_code: Option<Value>,
    headers: Option<Map<String, Value>>,
    multi_value_headers: Option<Map<String, Value>>,
    body: Option<String>,
    #[serde(rename = "isBase64Encoded")]
    _is_base64_encoded: Option<bool>,
}

/// Headers of the connection, which are not a function's to set.
const DROPPED: &[&str] = &["te", "trailer", "transfer-encoding", "upgrade"];

/// Headers that API Gateway sends under `x-amzn-Remapped-` and their name, because it or the
/// connection sets them.
const REMAPPED: &[&str] = &[
    "authorization",
    "connection",
    "content-length",
    "content-md5",
    "date",
    "expect",
    "host",
    "max-forwards",
    "proxy-authenticate",
    "server",
    "user-agent",
    "www-authenticate",
];

/// Makes the response of what the function returned.
///
/// # Errors
/// The malformed part.
pub(super) fn parse(payload: &[u8], exchange: &Exchange<'_>) -> Result<Response, String> {
    let answer: ProxyResponse =
        serde_json::from_slice(payload).map_err(|error| error.to_string())?;
    let status = match &answer.status_code {
        None | Some(Value::Null) => StatusCode::OK,
        Some(status) => status
            .as_u64()
            .and_then(|status| u16::try_from(status).ok())
            .or_else(|| status.as_str()?.parse().ok())
            .and_then(|status| StatusCode::from_u16(status).ok())
            .ok_or_else(|| format!("statusCode {status}"))?,
    };

    let headers = headers(answer.headers, answer.multi_value_headers)?;
    // No media type is binary: API Gateway passes base64 on as the text that it is.
    let body = answer.body.unwrap_or_default();
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    if let Ok(trace_id) = HeaderValue::from_str(&exchange.trace_id) {
        response.headers_mut().insert("x-amzn-trace-id", trace_id);
    }
    Ok(response)
}

/// The headers of both maps.
fn headers(
    single: Option<Map<String, Value>>,
    multiple: Option<Map<String, Value>>,
) -> Result<HeaderMap, String> {
    let mut headers = HeaderMap::new();
    for (name, value) in single.unwrap_or_default() {
        append(&mut headers, &name, &value)?;
    }
    // A name in both maps has the values of this one.
    for (name, values) in multiple.unwrap_or_default() {
        if let Ok(name) = HeaderName::try_from(renamed(&name)) {
            headers.remove(name);
        }
        match &values {
            Value::Array(values) => {
                for value in values {
                    append(&mut headers, &name, value)?;
                }
            }
            value => append(&mut headers, &name, value)?,
        }
    }
    if !headers.contains_key("content-type") {
        headers.insert("content-type", HeaderValue::from_static("application/json"));
    }
    Ok(headers)
}

fn renamed(name: &str) -> String {
    let lower = name.to_ascii_lowercase();
    if REMAPPED.contains(&lower.as_str()) {
        format!("x-amzn-remapped-{lower}")
    } else {
        lower
    }
}

fn append(headers: &mut HeaderMap, name: &str, value: &Value) -> Result<(), String> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::Null => return Ok(()),
        _ => return Err(format!("the header {name} is not a string")),
    };
    let name = renamed(name);
    if DROPPED.contains(&name.as_str()) {
        return Ok(());
    }
    let value =
        HeaderValue::from_str(&text).map_err(|_| format!("the header {name} has a bad value"))?;
    let name = HeaderName::try_from(name).map_err(|error| error.to_string())?;
    headers.append(name, value);
    Ok(())
}
