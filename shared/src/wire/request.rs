//! What an endpoint is asked.

use std::collections::HashMap;

use http::HeaderMap;
use http::header::CONTENT_TYPE;
use serde_json::Value;

use super::error::{Error, Result};
use super::json;

/// The largest body that is read, in bytes: 64 KiB.
pub const MAX_BODY: usize = 64 * 1024;

/// The body of a request.
pub type Body = Vec<u8>;

/// A request as an endpoint sees it: routed, and its caller known.
#[derive(Debug, Default)]
pub struct Request {
    /// The headers as the client sent them.
    pub headers: HeaderMap,
    /// The parameters of the path, decoded.
    pub path: HashMap<String, String>,
    /// The body.
    pub body: Body,
}

impl Request {
    /// The body as JSON.
    ///
    /// # Errors
    /// 413 for more than [`MAX_BODY`], 415 for another content type, 400 for what
    /// [`json::parse`] finds.
    pub fn json(&self) -> Result<Value> {
        if self.body.len() > MAX_BODY {
            return Err(Error::BodyTooLarge);
        }
        if !self.may_be_json() {
            return Err(Error::UnsupportedMediaType);
        }
        Ok(json::parse(&self.body)?)
    }

    /// Whether the content type lets the body be JSON. The published examples send none,
    /// and curl and many HTTP libraries say `application/x-www-form-urlencoded` of any
    /// body unless told otherwise: both are read as JSON.
    fn may_be_json(&self) -> bool {
        let Some(value) = self.headers.get(CONTENT_TYPE) else {
            return true;
        };
        let media_type = value
            .to_str()
            .unwrap_or_default()
            .split(';')
            .next()
            .unwrap_or_default();
        let media_type = media_type.trim().to_ascii_lowercase();
        matches!(
            media_type.as_str(),
            "" | "application/json" | "application/x-www-form-urlencoded"
        ) || (media_type.starts_with("application/") && media_type.ends_with("+json"))
    }

    /// A parameter of the path, such as `shareId`.
    ///
    /// # Errors
    /// 404 of `what` when it is not in the form of its ids: there is no such thing.
    pub fn path_id<T: std::str::FromStr>(&self, name: &str, what: &'static str) -> Result<T> {
        self.path
            .get(name)
            .and_then(|text| text.parse().ok())
            .ok_or(Error::NotFound(what))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(content_type: Option<&str>, body: &[u8]) -> Option<u16> {
        let mut request = Request {
            body: body.to_vec(),
            ..Request::default()
        };
        if let Some(content_type) = content_type {
            request
                .headers
                .insert(CONTENT_TYPE, content_type.parse().unwrap());
        }
        request.json().err().map(|error| error.status().as_u16())
    }

    #[test]
    fn only_json_is_served() {
        for served in [
            None,
            Some("application/json"),
            Some("Application/JSON; charset=utf-8"),
            Some("application/merge-patch+json"),
            Some("application/x-www-form-urlencoded"),
        ] {
            assert_eq!(status(served, b"{}"), None, "{served:?}");
        }
        for refused in [
            "text/plain",
            "text/jsv",
            "application/xml",
            "multipart/form-data; boundary=x",
        ] {
            assert_eq!(status(Some(refused), b"{}"), Some(415), "{refused}");
        }
    }

    #[test]
    fn a_body_over_the_limit_is_refused_before_it_is_read() {
        assert_eq!(status(None, &vec![b' '; MAX_BODY]), Some(400));
        assert_eq!(status(None, &vec![b' '; MAX_BODY + 1]), Some(413));
    }
}
