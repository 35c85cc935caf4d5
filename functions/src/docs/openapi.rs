//! `GET /openapi.json`.
//!
//! The document is the committed one, without the space before its lines, in the binary:
//! nothing is read and nothing is made.

use std::sync::LazyLock;

use http::StatusCode;
use http::header::CACHE_CONTROL;
use latchkey::error::{Error, Result};
use latchkey::secret::hash;
use latchkey::wire::Response;

use crate::lambda::{Endpoint, OpenCall};

/// The endpoint.
pub const ENDPOINT: Endpoint = Endpoint::open(
    "get-openapi",
    |call| Box::pin(async move { get(&call) }),
    Error::response,
);

const DOCUMENT: &str = include_str!(concat!(env!("OUT_DIR"), "/openapi.json"));

/// The entity tag. Made once a process: to hash the document takes longer than all else that
/// is done for a request.
static TAG: LazyLock<String> = LazyLock::new(|| format!("\"{}\"", hash(&[DOCUMENT.as_bytes()])));

/// How long it may be cached: another deployment may have another document.
const CACHE: &str = "public, max-age=300";

/// Get this document.
///
/// Returns the API as OpenAPI 3.1, in the version of this deployment.
///
/// Allowed: everyone, without a credential.
#[utoipa::path(
    get,
    path = "/openapi.json",
    tag = "Documentation",
    operation_id = ENDPOINT.operation,
    params(("If-None-Match" = Option<String>, Header, description = "The `ETag` of a copy. If \
        it is still current, the answer is 304.", example = "\"0a1b2c\"")),
    responses(
        (status = 200, description = "The document.", body = Object, headers(("ETag"), ("Cache-Control"))),
        (status = 304, description = "The copy is current.", headers(("ETag"), ("Cache-Control"))),
    ),
    security(()),
)]
pub(crate) fn get(call: &OpenCall) -> Result<Response> {
    call.request.bare()?;
    let response = Response::json_text(StatusCode::OK, DOCUMENT.to_owned());
    Ok(response.header(CACHE_CONTROL, CACHE).entity_tag(&TAG))
}
