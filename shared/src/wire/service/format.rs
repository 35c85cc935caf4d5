//! Which format a request is in, and which its answer.

use http::header::ACCEPT;

use crate::error::{Error, Result};
use crate::wire::Request;

/// A format of bodies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// JSON.
    Json,
    /// ServiceStack's own: [`crate::wire::jsv`].
    Jsv,
}

/// The formats by their short names.
const NAMES: [(&str, Format); 2] = [("json", Format::Json), ("jsv", Format::Jsv)];

/// The formats by their media types: each first by the one that it is sent with.
const MEDIA_TYPES: [(&str, Format); 5] = [
    ("application/json", Format::Json),
    ("text/jsv", Format::Jsv),
    ("application/jsv", Format::Jsv),
    ("text/x-jsv", Format::Jsv),
    ("application/x-jsv", Format::Jsv),
];

/// The format of a path that has one for both directions: `/jsv/reply/GetBusinessUserThings`.
fn of_reply(url: &str) -> Option<Format> {
    let mut segments = url.trim_end_matches('/').rsplit('/').skip(1);
    let reply = segments.next() == Some("reply");
    let name = segments.next().filter(|_| reply)?;
    of_name(name)
}

fn of_name(name: &str) -> Option<Format> {
    let found = NAMES.iter().find(|(of, _)| of.eq_ignore_ascii_case(name));
    found.map(|(_, format)| *format)
}

impl Format {
    /// The format of a media type.
    pub(super) fn of_media_type(name: &str) -> Option<Self> {
        let name = name.trim();
        let found = MEDIA_TYPES
            .iter()
            .find(|(of, _)| of.eq_ignore_ascii_case(name));
        found.map(|(_, format)| *format)
    }

    /// The media type that it is sent with.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Jsv => "text/jsv",
        }
    }

    /// The format that the path alone gives to a request's body.
    pub(super) fn of_request_path(request: &Request) -> Option<Self> {
        of_reply(&request.url)
    }

    /// The format of the answer: as the path `/jsv/reply/…` says, else `?format=jsv`, else
    /// the end of the path, `.jsv`, else `Accept`, else JSON.
    ///
    /// # Errors
    /// 406 if the first of these that is given names nothing that is served.
    pub fn of_answer(request: &Request) -> Result<Self> {
        if let Some(format) = of_reply(&request.url) {
            return Ok(format);
        }
        let mut query = request.query.iter();
        if let Some((_, name)) = query.find(|(name, _)| name.eq_ignore_ascii_case("format")) {
            return of_name(name).ok_or(Error::NotAcceptable);
        }
        let url = request.url.trim_end_matches('/');
        let last = url.rsplit('/').next().unwrap_or_default();
        if let Some(format) = last.rsplit_once('.').and_then(|(_, name)| of_name(name)) {
            return Ok(format);
        }
        let accept = request.headers.get_all(ACCEPT);
        let accept: Vec<_> = accept
            .iter()
            .filter_map(|value| value.to_str().ok())
            .collect();
        of_accept(&accept.join(","))
    }
}

/// The format that `Accept` likes best; JSON before JSV where it likes both alike.
fn of_accept(accept: &str) -> Result<Format> {
    let mut ranges = accept
        .split(',')
        .map(str::trim)
        .filter(|range| !range.is_empty());
    let ranges: Vec<_> = ranges.by_ref().map(Range::read).collect();
    if ranges.is_empty() {
        return Ok(Format::Json);
    }
    let best = NAMES
        .iter()
        .map(|(_, format)| (*format, quality(&ranges, *format)))
        .filter(|(_, quality)| *quality > 0)
        // The first of those that are alike.
        .min_by_key(|(_, quality)| u16::MAX - quality);
    best.map(|(format, _)| format).ok_or(Error::NotAcceptable)
}

/// A media range of `Accept`.
struct Range<'a> {
    name: &'a str,
    /// In thousandths.
    quality: u16,
}

impl<'a> Range<'a> {
    fn read(range: &'a str) -> Self {
        let mut parts = range.split(';').map(str::trim);
        let name = parts.next().unwrap_or_default();
        let quality = parts
            .filter_map(|parameter| parameter.split_once('='))
            .find(|(name, _)| name.trim().eq_ignore_ascii_case("q"))
            .and_then(|(_, value)| value.trim().parse::<f32>().ok())
            .filter(|value| (0.0..=1.0).contains(value))
            .unwrap_or(1.0);
        Self {
            name,
            // Between 0 and 1000.
            quality: (quality * 1000.0).round() as u16,
        }
    }

    /// How specifically it matches a format; `None` if it does not match.
    fn fits(&self, format: Format) -> Option<u8> {
        if Format::of_media_type(self.name) == Some(format) {
            return Some(2);
        }
        let (kind, _) = self.name.split_once('/')?;
        let of_kind = |(name, of): &(&str, Format)| {
            *of == format
                && name
                    .split_once('/')
                    .is_some_and(|(of, _)| of.eq_ignore_ascii_case(kind))
        };
        match self.name.ends_with("/*") {
            true if kind == "*" => Some(0),
            true if MEDIA_TYPES.iter().any(of_kind) => Some(1),
            _ => None,
        }
    }
}

/// The quality of a format: that of the most specific matching range.
fn quality(ranges: &[Range<'_>], format: Format) -> u16 {
    let fitting = ranges.iter().filter_map(|range| {
        let closeness = range.fits(format)?;
        Some((closeness, range.quality))
    });
    fitting.max().map_or(0, |(_, quality)| quality)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(url: &str, query: Option<&str>, accept: Option<&str>) -> Request {
        let mut request = Request {
            url: url.to_owned(),
            ..Request::default()
        };
        if let Some(format) = query {
            request.query = vec![("Format".to_owned(), format.to_owned())];
        }
        if let Some(accept) = accept {
            request.headers.insert(ACCEPT, accept.parse().unwrap());
        }
        request
    }

    fn of(url: &str, query: Option<&str>, accept: Option<&str>) -> Option<Format> {
        Format::of_answer(&request(url, query, accept)).ok()
    }

    #[test]
    fn the_format_of_the_answer_is_what_is_said_first() {
        let (json, jsv) = (Some(Format::Json), Some(Format::Jsv));
        let plain = "https://api.example/prod/things";
        assert_eq!(of(plain, None, None), json);
        assert_eq!(of(plain, Some("jsv"), Some("application/json")), jsv);
        assert_eq!(of(plain, Some("xml"), None), None);
        let suffix = "https://api.example/prod/things.jsv";
        assert_eq!(of(suffix, None, Some("application/json")), jsv);
        assert_eq!(of(suffix, Some("json"), None), json);
        assert_eq!(of("https://api.jsv/things", None, None), json);
        let reply = "https://api.example/prod/jsv/reply/GetBusinessUserThings";
        assert_eq!(of(reply, Some("json"), Some("application/json")), jsv);
        assert_eq!(
            of("/json/reply/GetBusinessUserThings", None, Some("text/jsv")),
            json
        );
        assert_eq!(
            of("/api/GetBusinessUserThings", None, Some("text/jsv")),
            jsv
        );
        // A slash at the end makes no other path for API Gateway.
        assert_eq!(of("/jsv/reply/GetBusinessUserThings/", None, None), jsv);
        assert_eq!(of("/things.jsv/", None, None), jsv);
    }

    #[test]
    fn accept_is_weighed() {
        let accept = |accept: &str| of("/things", None, Some(accept));
        let (json, jsv) = (Some(Format::Json), Some(Format::Jsv));
        for (text, format) in [
            ("*/*", json),
            ("", json),
            ("text/jsv", jsv),
            ("Application/JSV; charset=utf-8", jsv),
            ("text/html, application/json;q=0.5", json),
            ("text/jsv;q=0.5, application/json;q=0.4", jsv),
            ("application/json;q=0.4, text/jsv;q=0.5, */*;q=0.1", jsv),
            ("application/json;q=0, */*", jsv),
            ("text/*", jsv),
            ("application/*", json),
            ("text/html,application/xhtml+xml,*/*;q=0.8", json),
            ("text/html", None),
            ("application/xml", None),
            ("*/*;q=0", None),
        ] {
            assert_eq!(accept(text), format, "{text}");
        }
    }
}
