//! The answer of an endpoint.

use http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, LINK};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde::Serialize;
use serde_json::Value;

use crate::error::{Error, Fault, FaultCode};

/// The maximum length of a body, with the backslashes before its quotes when a function returns
/// it. Lambda allows 6 MB, of which the headers need some.
const MAX_BODY: usize = 6 * 1024 * 1024 - 64 * 1024;

/// A status, headers and a text body. What every response carries is added outside
/// ([`super::headers::add`]).
#[derive(Debug)]
pub struct Response {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: String,
}

impl Response {
    /// A JSON document.
    pub fn json(status: StatusCode, body: &impl Serialize) -> Self {
        match serde_json::to_string(body) {
            Ok(text) => Self::json_text(status, text),
            // Nothing that this crate answers has maps with keys that JSON lacks.
            Err(error) => Error::Internal(error.to_string()).response(),
        }
    }

    /// A JSON document that is written already.
    pub fn json_text(status: StatusCode, body: String) -> Self {
        Self::text(status, "application/json", body)
    }

    /// A text of a content type.
    pub fn text(status: StatusCode, content_type: &'static str, body: String) -> Self {
        let response = Self {
            status,
            headers: HeaderMap::new(),
            body,
        };
        response.header(CONTENT_TYPE, content_type)
    }

    /// Nothing but a status.
    pub fn empty(status: StatusCode) -> Self {
        Self {
            status,
            headers: HeaderMap::new(),
            body: String::new(),
        }
    }

    /// The same response with one more header.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: &'static str) -> Self {
        self.headers.insert(name, HeaderValue::from_static(value));
        self
    }

    /// The same response, not to be cached: it contains a secret or an access code.
    #[must_use]
    pub fn no_store(self) -> Self {
        self.header(CACHE_CONTROL, "no-store")
    }

    /// The same response with the entity tag of a version.
    #[must_use]
    pub fn etag(self, version: u64) -> Self {
        self.entity_tag(&format!("\"{version}\""))
    }

    /// The same response with an entity tag, in its quotes.
    #[must_use]
    pub fn entity_tag(mut self, tag: &str) -> Self {
        if let Ok(tag) = HeaderValue::from_str(tag) {
            self.headers.insert(ETAG, tag);
        }
        self
    }

    /// The same response with a link to the next page.
    #[must_use]
    pub fn next(mut self, url: &str) -> Self {
        if let Ok(link) = HeaderValue::from_str(&format!("<{url}>; rel=\"next\"")) {
            self.headers.insert(LINK, link);
        }
        self
    }

    /// The status.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The headers of this answer alone.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The headers, to add to.
    pub fn headers_mut(&mut self) -> &mut HeaderMap {
        &mut self.headers
    }

    /// The body.
    pub fn body(&self) -> &str {
        &self.body
    }

    /// Checks that Lambda accepts the length of the answer; a longer one would become a 502.
    ///
    /// # Errors
    /// 400 for a page that holds too much, of which a smaller one is asked for.
    pub fn fits(self) -> Result<Self, Error> {
        // A function answers with a JSON document that has the body as a string.
        let is_escaped = |byte: &u8| matches!(byte, b'"' | b'\\' | ..=0x1f);
        let fits = self.body.len() <= MAX_BODY / 2
            || self.body.len() + self.body.bytes().filter(|byte| is_escaped(byte)).count()
                <= MAX_BODY;
        if fits {
            return Ok(self);
        }
        let message = "the page would be larger than 6 MB: ask for fewer things";
        Err(Error::invalid("size", FaultCode::OutOfRange, message))
    }

    /// Replaces the body by another one of the same content type.
    pub fn replace_body(&mut self, body: String) {
        self.body = body;
    }

    /// The same answer with the ignored names of a lenient request as `details`. A body that is
    /// not an object stays as it is.
    pub fn with_ignored(&mut self, ignored: &[Fault]) {
        let body = serde_json::from_str(&self.body);
        if let Ok(Value::Object(mut body)) = body
            && let Ok(details) = serde_json::to_value(ignored)
        {
            body.insert("details".to_owned(), details);
            self.body = Value::Object(body).to_string();
        }
    }

    /// The body, by itself.
    pub fn into_body(self) -> String {
        self.body
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_fits_that_lambda_takes_with_what_it_puts_before_each_quote() {
        let answer = |text: &str| Response::json_text(StatusCode::OK, text.repeat(MAX_BODY / 4));
        assert!(answer("\"x").fits().is_ok());
        assert!(answer("\"\"xy").fits().is_err());
        assert!(answer("wxyz").fits().is_ok());
        assert!(answer("vwxyz").fits().is_err());
    }
}
