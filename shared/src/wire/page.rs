//! Lists in pages.
//!
//! A client asks for `size` items and gets, with them, a link to the next page, which contains
//! a `cursor`: its position. A cursor is opaque, and contains the version of its form, so that
//! the form can change. It contains the place in the list and no partition key: the list
//! belongs to the caller's scope. A check over the place and the request (operation,
//! organization, filters) precedes it, so that a changed cursor, or one of another list, is
//! refused. The check needs no secret: a forged cursor could only start the caller's own list
//! at another place.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use url::form_urlencoded::Serializer;
use utoipa::IntoParams;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, Type};

use super::query::Query;
use super::request::Request;
use super::response::Response;
use crate::error::FaultCode;
use crate::secret::hash;

/// The number of items on a page by default.
const DEFAULT_SIZE: usize = 50;
/// The maximum number of items on a page.
pub const MAX_SIZE: usize = 100;
/// The longest place, in bytes: together with its prefix it is a sort key of at most 1,024.
const MAX_PLACE: usize = 512;
/// The form of cursors.
const VERSION: &str = "1";
/// The length of the check, in characters of six bits.
const CHECK: usize = 22;

/// The maximum number of items to skip. Skipped items are read as well; a cursor skips them
/// without reading.
pub const MAX_OFFSET: usize = 10_000;

const SIZE: &str = "size";
const CURSOR: &str = "cursor";
const OFFSET: &str = "offset";

/// The page that a client asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The maximum number of items on it.
    pub size: usize,
    /// The place in the list after which it begins; the beginning when left out.
    pub after: Option<String>,
    /// The number of items before it, for clients that count; `None` for a client that does
    /// not.
    pub offset: Option<usize>,
    question: String,
}

impl Page {
    /// Reads `size` and `cursor`. `list` tells this list from others: its operation and its
    /// organization; the other parameters of the query count, too.
    pub fn read(query: &Query<'_>, request: &Request, list: &[&str]) -> Self {
        const EXPECTED: &str = "an integer from 1 to 100";
        let mut question = list.join(" ");
        for (name, value) in &request.query {
            if ![SIZE, CURSOR, OFFSET].contains(&name.as_str()) {
                question.push_str(&format!(" {name}={value}"));
            }
        }
        let size = query.optional(SIZE, EXPECTED).unwrap_or(DEFAULT_SIZE);
        if !(1..=MAX_SIZE).contains(&size) {
            query.fault(SIZE, FaultCode::OutOfRange, format!("expected {EXPECTED}"));
        }
        let mut page = Self {
            size,
            after: None,
            offset: None,
            question,
        };
        if let Some(cursor) = query.text(CURSOR) {
            page.after = page.open(cursor);
            if page.after.is_none() {
                let message = "not a cursor of this list: start again without a cursor";
                query.fault(CURSOR, FaultCode::InvalidValue, message);
            }
        }
        page
    }

    /// Reads `offset`, where a list serves it; not beside a cursor, which says it already.
    pub fn offset(query: &Query<'_>) -> Option<usize> {
        let expected = format!("an integer from 0 to {MAX_OFFSET}");
        let offset = query.optional::<usize>(OFFSET, &expected)?;
        if offset > MAX_OFFSET {
            let message =
                format!("expected {expected}; for later pages, follow the Link of a page");
            query.fault(OFFSET, FaultCode::OutOfRange, message);
        }
        if query.text(CURSOR).is_some() {
            let message = "give either offset or cursor";
            query.fault(OFFSET, FaultCode::NotAllowed, message);
        }
        Some(offset)
    }

    fn check(&self, place: &str) -> String {
        let parts = [VERSION, &self.question, place].map(str::as_bytes);
        let mut check = hash(&parts);
        check.truncate(CHECK);
        check
    }

    fn open(&self, cursor: &str) -> Option<String> {
        let text = URL_SAFE_NO_PAD.decode(cursor).ok()?;
        let text = String::from_utf8(text).ok()?;
        let (check, place) = text.strip_prefix(VERSION)?.split_at_checked(CHECK)?;
        // A forged cursor could make a key that DynamoDB does not accept.
        let is_key = (1..=MAX_PLACE).contains(&place.len());
        (is_key && check == self.check(place)).then(|| place.to_owned())
    }

    /// An answer with a link to the page that begins after `place`, if there is one.
    pub fn linked(&self, request: &Request, response: Response, place: Option<&str>) -> Response {
        match place {
            Some(place) => response.next(&self.next(request, place)),
            None => response,
        }
    }

    /// The address of the page that begins after `place`.
    pub fn next(&self, request: &Request, place: &str) -> String {
        let cursor = URL_SAFE_NO_PAD.encode(format!("{VERSION}{}{place}", self.check(place)));
        let kept = request.query.iter();
        let kept = kept.filter(|(name, _)| name != CURSOR && name != OFFSET);
        let query = Serializer::new(String::new())
            .extend_pairs(kept)
            .append_pair(CURSOR, &cursor)
            .finish();
        format!("{}?{query}", request.url)
    }
}

/// The parameter of a list that serves it, for the API document.
pub struct Offset;

impl IntoParams for Offset {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let schema = ObjectBuilder::new()
            .schema_type(Type::Integer)
            .minimum(Some(0))
            .maximum(Some(MAX_OFFSET))
            .default(Some(0.into()))
            .examples([100]);
        let description = "Number of items to skip, instead of `cursor`. Skipped items are \
            read as well: time and price of a page grow with the offset. If the list changes \
            between two pages, items may be missing or repeated.";
        let offset = ParameterBuilder::new()
            .name(OFFSET)
            .parameter_in(ParameterIn::Query)
            .description(Some(description))
            .schema(Some(schema));
        vec![offset.build()]
    }
}

/// The parameters, for the API document.
impl IntoParams for Page {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let parameter = |name, description, schema: ObjectBuilder| {
            ParameterBuilder::new()
                .name(name)
                .parameter_in(ParameterIn::Query)
                .description(Some(description))
                .schema(Some(schema))
                .build()
        };
        let size = ObjectBuilder::new()
            .schema_type(Type::Integer)
            .minimum(Some(1))
            .maximum(Some(MAX_SIZE))
            .default(Some(DEFAULT_SIZE.into()))
            .examples([20]);
        let cursor = ObjectBuilder::new()
            .schema_type(Type::String)
            .examples(["MWFiY2Q"]);
        vec![
            parameter(SIZE, "Maximum number of items on a page.", size),
            parameter(
                CURSOR,
                "Position of the page, from the `Link` of the previous page.",
                cursor,
            ),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(query: &[(&str, &str)]) -> Request {
        Request {
            url: "https://api.example/v2/users".to_owned(),
            query: query
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
            ..Request::default()
        }
    }

    fn read(request: &Request, list: &[&str]) -> Result<Page, Vec<String>> {
        let query = Query::of(request);
        let page = Page::read(&query, request, list);
        query.text("x");
        match query.finish() {
            Ok(()) => Ok(page),
            Err(crate::error::Error::InvalidInput(faults)) => {
                Err(faults.into_iter().map(|fault| fault.field).collect())
            }
            Err(error) => panic!("{error}"),
        }
    }

    fn cursor(url: &str) -> String {
        let url = url::Url::parse(url).unwrap();
        let found = url.query_pairs().find(|(name, _)| name == "cursor");
        found.unwrap().1.into_owned()
    }

    #[test]
    fn a_cursor_leads_on_in_its_own_list_alone() {
        let list = ["list-users", "1"];
        let first = request(&[("size", "2"), ("x", "a b")]);
        let page = read(&first, &list).unwrap();
        assert_eq!((page.size, &page.after), (2, &None));
        let next = page.next(&first, "0000000000000007");
        assert!(next.starts_with("https://api.example/v2/users?size=2&x=a+b&cursor="));
        let cursor = cursor(&next);
        let again = request(&[("cursor", &cursor), ("size", "3"), ("x", "a b")]);
        let page = read(&again, &list).unwrap();
        assert_eq!(page.after.as_deref(), Some("0000000000000007"));

        let bad = Err(vec!["cursor".to_owned()]);
        assert_eq!(read(&again, &["list-users", "2"]), bad);
        assert_eq!(read(&again, &["list-devices", "1"]), bad);
        assert_eq!(
            read(&request(&[("cursor", &cursor), ("x", "b")]), &list),
            bad
        );
    }

    #[test]
    fn a_cursor_that_was_changed_is_none() {
        let list = ["list-users", "1"];
        let first = request(&[]);
        let page = read(&first, &list).unwrap();
        let cursor = cursor(&page.next(&first, "0000000000000007"));
        for place in 0..cursor.len() {
            let mut changed = cursor.clone().into_bytes();
            changed[place] = if changed[place] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            assert!(
                read(&request(&[("cursor", &changed)]), &list).is_err(),
                "{changed}"
            );
        }
        for wrong in ["", "x", "\u{1f6aa}", &cursor[1..], &format!("{cursor}A")] {
            assert!(
                read(&request(&[("cursor", wrong)]), &list).is_err(),
                "{wrong}"
            );
        }
    }

    #[test]
    fn a_page_has_one_to_a_hundred_things() {
        for size in ["1", "100"] {
            assert!(read(&request(&[("size", size)]), &[]).is_ok(), "{size}");
        }
        for size in ["0", "101", "-1", "1.5", "x", "", "99999999999999999999"] {
            let fault = Err(vec!["size".to_owned()]);
            assert_eq!(read(&request(&[("size", size)]), &[]), fault, "{size}");
        }
        let twice = request(&[("size", "1"), ("size", "2")]);
        assert_eq!(read(&twice, &[]), Err(vec!["size".to_owned()]));
    }
}
