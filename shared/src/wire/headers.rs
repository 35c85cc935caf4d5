//! The headers of every response.

use http::{HeaderMap, HeaderName, HeaderValue};

/// The headers that every response carries, name and value. API Gateway's own answers get
/// the same ones from template.yaml; a test holds the two lists together.
pub const EVERY_RESPONSE: [(&str, &str); 12] = [
    (
        "access-control-expose-headers",
        "authorization, content-type",
    ),
    (
        "access-control-allow-headers",
        "authorization, content-type",
    ),
    (
        "access-control-allow-methods",
        "GET, POST, DELETE, OPTIONS, PUT",
    ),
    ("access-control-allow-origin", "*"),
    (
        "strict-transport-security",
        "max-age=31536000; includeSubDomains",
    ),
    ("x-frame-options", "SAMEORIGIN"),
    ("x-content-type-options", "nosniff"),
    ("x-xss-protection", "1; mode=block"),
    (
        "content-security-policy",
        "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    ),
    ("referrer-policy", "no-referrer"),
    ("feature-policy", "self"),
    ("permissions-policy", "interest-cohort=()"),
];

/// The id of the request, in every response and in every log line.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Adds what every response carries.
pub fn add(headers: &mut HeaderMap, request_id: &str) {
    // At once: a map that grows is put in order again each time.
    headers.reserve(EVERY_RESPONSE.len() + 1);
    for (name, value) in EVERY_RESPONSE {
        headers.insert(
            HeaderName::from_static(name),
            HeaderValue::from_static(value),
        );
    }
    if let Ok(id) = HeaderValue::from_str(request_id) {
        headers.insert(REQUEST_ID, id);
    }
}
