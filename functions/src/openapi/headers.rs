//! The headers of answers.

use std::collections::BTreeMap;

use latchkey::wire::headers::CHALLENGE;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{Header, Ref, RefOr, Response};

pub(super) const REQUEST_ID: &str = "X-Request-Id";

/// The headers of answers; an annotation needs only to name one: `headers(("ETag"))`.
pub(super) fn headers() -> BTreeMap<String, RefOr<Header>> {
    let header = |name: &str, kind, example: &str, description| {
        let schema = ObjectBuilder::new().schema_type(kind).examples([example]);
        let header = HeaderBuilder::new()
            .schema(Some(schema))
            .description(Some(description));
        (name.to_owned(), RefOr::T(header.build()))
    };
    let text = Type::String;
    BTreeMap::from([
        header(
            REQUEST_ID,
            text.clone(),
            "c6af9ac6-7b61-11e6-9a41-93e8deadbeef",
            "The ID of the request, as in the log.",
        ),
        header(
            "ETag",
            text.clone(),
            "\"1-q0Yt1m7TnZkRfE2u\"",
            "The version of the item, if it has one, followed in the answer to a `GET` by a \
                hash of everything shown. `If-Match` compares the version, `If-None-Match` the \
                whole.",
        ),
        header(
            "Cache-Control",
            text.clone(),
            "public, max-age=300",
            "How long the answer may be cached.",
        ),
        header(
            "Idempotency-Replayed",
            text.clone(),
            "true",
            "`true` if this is the first answer to the same `Idempotency-Key` again.",
        ),
        header(
            "Link",
            text.clone(),
            "<https://api.example/v2/users?cursor=MQ>; rel=\"next\"",
            "The address of the next page; left out on the last page.",
        ),
        header(
            "Retry-After",
            text.clone(),
            "1",
            "Seconds to wait before the next attempt.",
        ),
        header(
            "WWW-Authenticate",
            text,
            CHALLENGE,
            "How to present a credential.",
        ),
    ])
}

/// Adds to a response a header that [`headers`] describes.
pub(super) fn add_header(response: &mut Response, name: &str) {
    let shared = Ref::new(format!("#/components/headers/{name}"));
    response.headers.insert(name.to_owned(), RefOr::Ref(shared));
}
