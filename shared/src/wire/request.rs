//! A request to an endpoint.

use std::collections::HashMap;

use http::HeaderMap;
use http::header::{ACCEPT, CONTENT_ENCODING, CONTENT_TYPE, IF_MATCH, IF_NONE_MATCH};
use utoipa::IntoParams;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, Type};

use super::reading::version;
use super::unknown::Handling;
use crate::error::{Error, FaultCode, Result};

/// The largest body that is read, in bytes: 64 KiB.
pub const MAX_BODY: usize = 64 * 1024;
/// The maximum number of query parameters.
const MAX_PARAMETERS: usize = 50;
/// The maximum number of entity tags in each of `If-Match` and `If-None-Match`. Those of
/// `If-Match` are operands of a condition, of which DynamoDB allows a hundred.
pub const MAX_TAGS: usize = 20;

/// The body of a request.
pub type Body = Vec<u8>;

/// A request as an endpoint sees it: routed, and its caller known.
#[derive(Debug, Default)]
pub struct Request {
    /// The headers as the client sent them.
    pub headers: HeaderMap,
    /// The URL of the request, without the query.
    pub url: String,
    /// The parameters of the path, decoded.
    pub path: HashMap<String, String>,
    /// The parameters of the query, decoded, in the order of their names.
    pub query: Vec<(String, String)>,
    /// Parameters that are known whatever the operation.
    pub known: &'static [&'static str],
    /// The body.
    pub body: Body,
    /// How to treat unknown names.
    pub handling: Handling,
}

impl Request {
    /// Refuses what no operation reads, before it is handled.
    ///
    /// # Errors
    /// 415 for a body in a content coding; 400 for more parameters or entity tags than any
    /// client needs.
    pub fn check(&self) -> Result<()> {
        let codings = self.headers.get_all(CONTENT_ENCODING).iter();
        let mut codings = codings.flat_map(|value| value.to_str().unwrap_or("?").split(','));
        let coded = codings.any(|coding| !matches!(coding.trim(), "" | "identity"));
        if coded && !self.body.is_empty() {
            return Err(Error::UnsupportedEncoding);
        }
        if self.query.len() > MAX_PARAMETERS {
            let message = format!("expected at most {MAX_PARAMETERS} query parameters");
            return Err(Error::invalid("", FaultCode::OutOfRange, message));
        }
        for (header, name) in [(IF_MATCH, "If-Match"), (IF_NONE_MATCH, "If-None-Match")] {
            let tags = self.headers.get_all(header).iter();
            let tags = tags.flat_map(|value| value.as_bytes().split(|byte| *byte == b','));
            let got = tags.count();
            if got > MAX_TAGS {
                let message = format!("expected at most {MAX_TAGS} entity tags, got {got}");
                return Err(Error::invalid(name, FaultCode::OutOfRange, message));
            }
        }
        Ok(())
    }

    /// The same request without its body, as far as an answer needs it.
    #[must_use]
    pub fn head(&self) -> Self {
        Self {
            headers: self.headers.clone(),
            url: self.url.clone(),
            path: self.path.clone(),
            query: self.query.clone(),
            known: self.known,
            body: Body::new(),
            handling: self.handling.clone(),
        }
    }

    /// The content type without its parameters, in small letters; `None` without the header.
    pub(super) fn media_type(&self) -> Option<String> {
        let value = self.headers.get(CONTENT_TYPE)?.to_str().unwrap_or_default();
        let media_type = value.split(';').next().unwrap_or_default();
        Some(media_type.trim().to_ascii_lowercase())
    }

    /// The media type of those `offered` that `Accept` likes best; the first, when it does
    /// not care. Of a type and its wildcards, the narrowest that fits counts.
    ///
    /// # Errors
    /// 406 if it wants none of them.
    pub fn accepted(&self, offered: &[&'static str]) -> Result<&'static str> {
        let values = self.headers.get_all(ACCEPT);
        let ranges: Vec<_> = values
            .iter()
            .flat_map(|value| value.to_str().unwrap_or_default().split(','))
            .filter(|range| !range.trim().is_empty())
            .map(media_range)
            .collect();
        if ranges.is_empty() {
            return offered.first().copied().ok_or(Error::NotAcceptable);
        }
        let liking = |offer: &str| {
            let fitting = ranges.iter().filter_map(|(range, quality)| {
                let narrowness = match range.strip_suffix('*') {
                    _ if range == offer => 2,
                    Some("*/") => 0,
                    Some(start) if start.ends_with('/') && offer.starts_with(start) => 1,
                    _ => return None,
                };
                Some((narrowness, *quality))
            });
            fitting.max().map_or(0, |(_, quality)| quality)
        };
        // Of several with the same quality, the first.
        let best = offered.iter().rev().max_by_key(|offer| liking(offer));
        best.filter(|offer| liking(offer) > 0)
            .copied()
            .ok_or(Error::NotAcceptable)
    }

    fn entity_tags(&self) -> impl Iterator<Item = &str> {
        let values = self.headers.get_all(IF_MATCH).into_iter();
        values
            .flat_map(|value| value.to_str().unwrap_or_default().split(','))
            .map(str::trim)
    }

    /// The versions that `If-Match` asks for.
    pub fn if_match(&self) -> IfMatch {
        let tags: Vec<_> = self.entity_tags().collect();
        if tags.is_empty() || tags.contains(&"*") {
            return IfMatch(None);
        }
        // A weak tag (`W/"1"`) never matches, and neither does a tag of another form.
        let mut versions: Vec<_> = tags.into_iter().filter_map(version).collect();
        versions.sort_unstable();
        versions.dedup();
        IfMatch(Some(versions))
    }

    /// A parameter of the path, such as `shareId`.
    ///
    /// # Errors
    /// 404 of `what` if the text is not such an ID: then no item has it.
    pub fn path_id<T: std::str::FromStr>(&self, name: &str, what: &'static str) -> Result<T> {
        self.path
            .get(name)
            .and_then(|text| text.parse().ok())
            .ok_or(Error::NotFound(what))
    }
}

/// A part of `Accept`: a media type or a range of them, and how much it is liked, in
/// thousandths.
fn media_range(text: &str) -> (String, u32) {
    let mut parts = text.split(';').map(str::trim);
    let range = parts.next().unwrap_or_default().to_ascii_lowercase();
    let quality = parts
        .find_map(|part| part.strip_prefix("q=").or(part.strip_prefix("Q=")))
        .map_or(Some(1.0), |quality| quality.trim().parse::<f64>().ok())
        .filter(|quality| (0.0..=1.0).contains(quality));
    // An invalid quality is ignored.
    let thousandths = quality.unwrap_or(1.0) * 1000.0;
    (range, thousandths.round() as u32)
}

/// The versions that a change is meant for; any, when the client does not say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IfMatch(Option<Vec<u64>>);

impl IfMatch {
    /// Whether the client named versions at all.
    pub fn is_given(&self) -> bool {
        self.0.is_some()
    }

    /// Whether a change of `version` is meant.
    pub fn holds(&self, version: u64) -> bool {
        self.versions()
            .is_none_or(|versions| versions.contains(&version))
    }

    /// The versions, if the client named some.
    pub fn versions(&self) -> Option<&[u64]> {
        self.0.as_deref()
    }
}

/// The header, for the API document.
impl IntoParams for IfMatch {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let tags = ObjectBuilder::new()
            .schema_type(Type::String)
            .examples(["\"1\""]);
        let description = "The `ETag` of the expected version. If the item has another \
            version, the answer is 412 and nothing is changed.";
        let header = ParameterBuilder::new()
            .name("If-Match")
            .parameter_in(ParameterIn::Header)
            .description(Some(description))
            .schema(Some(tags));
        vec![header.build()]
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
    fn if_match_names_versions_or_any() {
        let of = |values: &[&str]| {
            let mut request = Request::default();
            for value in values {
                request.headers.append(IF_MATCH, value.parse().unwrap());
            }
            request.if_match()
        };
        assert!(of(&[]).holds(3) && !of(&[]).is_given());
        assert!(of(&["*"]).holds(3));
        assert!(of(&["\"3\""]).holds(3) && !of(&["\"3\""]).holds(4));
        assert!(of(&["\"1\", \"2\"", "\"3\""]).holds(3));
        assert!(!of(&["W/\"3\""]).holds(3) && !of(&["3"]).holds(3) && !of(&[""]).holds(3));
    }

    #[test]
    fn a_body_over_the_limit_is_refused_before_it_is_read() {
        assert_eq!(status(None, &vec![b' '; MAX_BODY]), Some(400));
        assert_eq!(status(None, &vec![b' '; MAX_BODY + 1]), Some(413));
    }

    #[test]
    fn what_is_accepted_is_what_is_liked_best() {
        const OFFERED: [&str; 2] = ["application/json", "text/calendar"];
        let accepted = |accept: &str| {
            let mut request = Request::default();
            request.headers.insert(ACCEPT, accept.parse().unwrap());
            request.accepted(&OFFERED).ok()
        };
        let (json, calendar) = (Some(OFFERED[0]), Some(OFFERED[1]));
        assert_eq!(Request::default().accepted(&OFFERED).ok(), json);
        for accept in [
            "",
            "*/*",
            "application/*",
            "text/html, */*;q=0.1",
            "Application/JSON",
            "text/calendar;q=0.5, application/json;q=0.9",
        ] {
            assert_eq!(accepted(accept), json, "{accept}");
        }
        for accept in [
            "text/calendar",
            "text/*",
            "text/calendar; charset=utf-8",
            "text/calendar, */*;q=0.8",
            "application/json;q=0, */*",
        ] {
            assert_eq!(accepted(accept), calendar, "{accept}");
        }
        for accept in ["text/html", "text/calendar;q=0", "*/*;q=0", "json", "a*"] {
            assert_eq!(accepted(accept), None, "{accept}");
        }
    }
}
