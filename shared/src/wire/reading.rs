//! `GET` of what the client has a copy of, `HEAD`, and the entity tags that both go by.
//!
//! The tag of an item is its version, followed in a `GET` by a hash of everything else that is
//! shown: `"3-q0Yt1m7TnZkRfE2u"`. A change compares only the version (`If-Match`). A copy is
//! current only if the whole tag is the same (`If-None-Match`), because an answer shows more
//! than the item: names of others, a state that time changes, in the format and for the rights
//! of the caller. A list has only the hash.

use http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use http::{HeaderMap, HeaderValue, Method, StatusCode};

use super::response::Response;
use crate::secret::hash;

/// The length of the hash in a tag, in characters of six bits.
const LENGTH: usize = 16;

/// How the client reads.
pub struct Reading {
    method: Method,
    copies: Vec<HeaderValue>,
}

impl Reading {
    /// The parts of a request that decide: its method and its `If-None-Match`.
    pub fn of(method: &Method, headers: &HeaderMap) -> Self {
        Self {
            method: method.clone(),
            copies: headers.get_all(IF_NONE_MATCH).iter().cloned().collect(),
        }
    }

    /// What is sent of `response`: 304 if the client has the same already, and only the headers
    /// to a `HEAD`. The answer to a request that changes something is never cached, because it
    /// may contain a secret that is shown once.
    pub fn answer(&self, response: Response) -> Response {
        let reads = matches!(self.method, Method::GET | Method::HEAD);
        if !reads && response.status.is_success() {
            return response.no_store();
        }
        if !reads || response.status != StatusCode::OK {
            return self.without_body(response);
        }
        let mut response = tagged(response);
        let same = response.headers.get(ETAG).is_some_and(|tag| self.has(tag));
        if same && is_kept(&response) {
            response.status = StatusCode::NOT_MODIFIED;
            response.headers.remove(CONTENT_TYPE);
            response.body.clear();
        }
        self.without_body(response)
    }

    fn without_body(&self, mut response: Response) -> Response {
        if self.method == Method::HEAD {
            response.body.clear();
        }
        response
    }

    /// Whether the client has a copy with this tag. A cache on the way may have made it a
    /// weak one.
    fn has(&self, tag: &HeaderValue) -> bool {
        let copies = self.copies.iter().filter_map(|value| value.to_str().ok());
        let mut copies = copies.flat_map(|value| value.split(',')).map(str::trim);
        copies.any(|copy| copy == "*" || copy.trim_start_matches("W/").as_bytes() == tag.as_bytes())
    }
}

fn is_kept(response: &Response) -> bool {
    let control = response.headers.get(CACHE_CONTROL);
    control.is_none_or(|control| control.as_bytes() != b"no-store")
}

/// The response with a tag of all that it shows. What holds a secret has no hash of it.
fn tagged(response: Response) -> Response {
    if !is_kept(&response) {
        return response;
    }
    let body = response.body.as_bytes();
    let hash = || hash(&[body]).chars().take(LENGTH).collect::<String>();
    let tag = match response.headers.get(ETAG).map(HeaderValue::as_bytes) {
        None => format!("\"{}\"", hash()),
        Some(tag) => match version(std::str::from_utf8(tag).unwrap_or_default()) {
            Some(version) => format!("\"{version}-{}\"", hash()),
            // A tag of its own.
            None => return response,
        },
    };
    response.entity_tag(&tag)
}

/// The version that a strong tag of ours names.
pub(super) fn version(tag: &str) -> Option<u64> {
    let tag = tag.strip_prefix('"')?.strip_suffix('"')?;
    let is_hash = |hash: &str| {
        let is_digit = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        hash.len() == LENGTH && hash.bytes().all(is_digit)
    };
    match tag.split_once('-') {
        Some((version, hash)) if is_hash(hash) => version.parse().ok(),
        Some(_) => None,
        None => tag.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(method: Method, copies: &[&str], response: Response) -> Response {
        let mut headers = HeaderMap::new();
        for copy in copies {
            headers.append(IF_NONE_MATCH, copy.parse().unwrap());
        }
        Reading::of(&method, &headers).answer(response)
    }

    fn thing(body: &str) -> Response {
        Response::json_text(StatusCode::OK, body.to_owned()).etag(3)
    }

    fn tag(response: &Response) -> String {
        response.headers()[ETAG].to_str().unwrap().to_owned()
    }

    #[test]
    fn a_tag_names_the_version_and_what_is_shown() {
        let first = tag(&answer(Method::GET, &[], thing("{}")));
        assert_eq!(version(&first), Some(3));
        assert_eq!(first, tag(&answer(Method::HEAD, &[], thing("{}"))));
        let renamed = tag(&answer(Method::GET, &[], thing("{\"door\":1}")));
        assert_eq!(version(&renamed), Some(3));
        assert_ne!(first, renamed);
        let list = Response::json_text(StatusCode::OK, "[]".to_owned());
        assert_eq!(version(&tag(&answer(Method::GET, &[], list))), None);
        assert_eq!(tag(&answer(Method::PUT, &[], thing("{}"))), "\"3\"");
    }

    #[test]
    fn a_copy_that_is_the_same_is_not_sent_again() {
        let now = tag(&answer(Method::GET, &[], thing("{}")));
        let weak = format!("W/{now}");
        let among = format!("\"x\", {now}");
        for copies in [
            &[now.as_str()][..],
            &[&weak],
            &[&among],
            &["\"x\"", &now],
            &["*"],
        ] {
            for method in [Method::GET, Method::HEAD] {
                let response = answer(method, copies, thing("{}"));
                assert_eq!(response.status(), StatusCode::NOT_MODIFIED, "{copies:?}");
                assert_eq!((response.body(), tag(&response)), ("", now.clone()));
                assert!(!response.headers().contains_key(CONTENT_TYPE));
            }
        }
        for copies in [&[][..], &["\"3\""], &["\"x\""], &[&now[1..]], &[""]] {
            let response = answer(Method::GET, copies, thing("{}"));
            assert_eq!(response.status(), StatusCode::OK, "{copies:?}");
        }
        let changed = answer(Method::GET, &[&now], thing("{\"door\":1}"));
        assert_eq!(changed.status(), StatusCode::OK);
        assert_eq!(
            answer(Method::PUT, &["*"], thing("{}")).status(),
            StatusCode::OK
        );
    }

    #[test]
    fn a_head_is_the_get_without_its_body() {
        let get = answer(Method::GET, &[], thing("{}"));
        let head = answer(Method::HEAD, &[], thing("{}"));
        assert_eq!((head.status(), head.body()), (StatusCode::OK, ""));
        assert_eq!(head.headers(), get.headers());
        let error = Response::json_text(StatusCode::NOT_FOUND, "{}".to_owned());
        let head = answer(Method::HEAD, &[], error);
        assert_eq!((head.status(), head.body()), (StatusCode::NOT_FOUND, ""));
    }

    #[test]
    fn of_a_secret_there_is_no_hash_and_no_copy() {
        let list = || Response::json_text(StatusCode::OK, "[\"407192\"]".to_owned()).no_store();
        assert!(
            !answer(Method::GET, &[], list())
                .headers()
                .contains_key(ETAG)
        );
        assert_eq!(answer(Method::GET, &["*"], list()).status(), StatusCode::OK);
        let thing = answer(Method::GET, &["\"3\""], thing("{}").no_store());
        assert_eq!(
            (thing.status(), tag(&thing)),
            (StatusCode::OK, "\"3\"".to_owned())
        );
    }

    #[test]
    fn nobody_keeps_the_answer_to_a_change() {
        for (method, expected) in [
            (Method::POST, true),
            (Method::PUT, true),
            (Method::GET, false),
        ] {
            let response = answer(method.clone(), &[], thing("{}"));
            assert_eq!(!is_kept(&response), expected, "{method}");
        }
    }

    #[test]
    fn what_is_no_tag_of_ours_names_no_version() {
        for (tag, expected) in [
            ("\"3\"", Some(3)),
            ("\"3-0123456789abcd_-\"", Some(3)),
            ("\"3-\"", None),
            ("\"3-0123456789abcdef0\"", None),
            ("\"3-0123456789abcde \"", None),
            ("\"-0123456789abcdef\"", None),
            ("W/\"3\"", None),
            ("3", None),
            ("", None),
        ] {
            assert_eq!(version(tag), expected, "{tag}");
        }
    }
}
