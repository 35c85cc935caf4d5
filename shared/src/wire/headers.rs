//! The headers of every response.

use http::header::{
    ACCESS_CONTROL_EXPOSE_HEADERS, CONTENT_SECURITY_POLICY, ETAG, LINK, LOCATION, RETRY_AFTER,
};
use http::{HeaderMap, HeaderName, HeaderValue};

/// The headers that every response carries, name and value. API Gateway's own answers get
/// the same ones from template.yaml; a test holds the two lists together.
pub const EVERY_RESPONSE: [(&str, &str); 11] = [
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

/// The headers that a browser shows to an app for every response:
/// `Access-Control-Expose-Headers` as in the published example.
pub const EXPOSED: &str = "authorization, content-type";

/// Further headers that it shows if the response has them.
pub const EXPOSED_TOO: [HeaderName; 6] = [
    ETAG,
    LINK,
    LOCATION,
    RETRY_AFTER,
    HeaderName::from_static("idempotency-replayed"),
    HeaderName::from_static("preference-applied"),
];

/// The headers of a 401, which say how to present a credential.
pub const CHALLENGE: &str = "Bearer realm=\"Latchkey\", Basic realm=\"Latchkey\"";

/// `Access-Control-Expose-Headers` of a response with `headers`.
///
/// The request id is in every response, and the published example, which is no browser's,
/// exposes nothing but [`EXPOSED`]: by itself the id is exposed to browsers alone, which send
/// `Origin`. No cache mixes the two up: only answers with an `ETag` may be kept, and those
/// always expose the id.
fn exposed(headers: &HeaderMap, from_browser: bool) -> HeaderValue {
    let mut names = EXPOSED.to_owned();
    for name in EXPOSED_TOO
        .iter()
        .filter(|name| headers.contains_key(*name))
    {
        names.push_str(", ");
        names.push_str(name.as_str());
    }
    if from_browser || names.len() > EXPOSED.len() {
        names.push_str(", ");
        names.push_str(REQUEST_ID.as_str());
    }
    HeaderValue::try_from(names).unwrap_or(HeaderValue::from_static(EXPOSED))
}

/// Adds what every response carries. `from_browser` says whether the request has `Origin`.
pub fn add(headers: &mut HeaderMap, request_id: &str, from_browser: bool) {
    // At once: a map that grows is put in order again each time.
    headers.reserve(EVERY_RESPONSE.len() + 2);
    headers.insert(
        ACCESS_CONTROL_EXPOSE_HEADERS,
        exposed(headers, from_browser),
    );
    for (name, value) in EVERY_RESPONSE {
        let name = HeaderName::from_static(name);
        // A page has a policy of its own, which allows what the page has.
        if name != CONTENT_SECURITY_POLICY || !headers.contains_key(&name) {
            headers.insert(name, HeaderValue::from_static(value));
        }
    }
    if let Ok(id) = HeaderValue::from_str(request_id) {
        headers.insert(REQUEST_ID, id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exposed_of(names: &[&'static str], from_browser: bool) -> String {
        let mut headers = HeaderMap::new();
        for name in names {
            headers.insert(*name, HeaderValue::from_static("x"));
        }
        add(&mut headers, "id", from_browser);
        let exposed = &headers[ACCESS_CONTROL_EXPOSE_HEADERS];
        exposed.to_str().unwrap().to_owned()
    }

    #[test]
    fn a_page_keeps_its_policy_and_nothing_else() {
        let mut headers = HeaderMap::new();
        let own = HeaderValue::from_static("default-src 'none'");
        headers.insert(CONTENT_SECURITY_POLICY, own.clone());
        headers.insert("x-frame-options", HeaderValue::from_static("ALLOWALL"));
        add(&mut headers, "id", false);
        assert_eq!(headers[CONTENT_SECURITY_POLICY], own);
        assert_eq!(headers["x-frame-options"], "SAMEORIGIN");
    }

    #[test]
    fn an_answer_exposes_those_headers_that_it_has() {
        assert_eq!(exposed_of(&[], false), "authorization, content-type");
        assert_eq!(
            exposed_of(&["vary"], true),
            "authorization, content-type, x-request-id"
        );
        assert_eq!(
            exposed_of(&["link", "etag", "retry-after"], false),
            "authorization, content-type, etag, link, retry-after, x-request-id"
        );
        assert_eq!(
            exposed_of(&["idempotency-replayed", "location"], true),
            "authorization, content-type, location, idempotency-replayed, x-request-id"
        );
    }
}
