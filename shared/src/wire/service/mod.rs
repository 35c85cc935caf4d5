//! The second way in which the API speaks: operations with typed requests, as clients made
//! with ServiceStack ask them, in JSON and in JSV.
//!
//! [`Input`] is what an operation is asked, out of the body and the query, in either format.
//! Both are read into one tree, whose leaves in JSV and in a query are texts; the [`types`]
//! read texts as well as what JSON has, so the same [`Fields`](super::json::Fields) find every
//! fault of either. [`answer`] writes in the [`Format`] that the client wants, and so does
//! [`error`].

mod format;
mod input;
mod status;
pub mod types;

pub use format::Format;
pub use input::Input;
pub use status::{Body, ResponseError, ResponseStatus, error};

use http::StatusCode;
use http::header::{CONTENT_TYPE, VARY};
use serde::Serialize;
use serde_json::Value;

use super::{Request, Response, jsv};
use crate::error::{Error, Fault, Result};

/// An answer in the format that the client wants.
///
/// # Errors
/// 406 if it is not one of ours.
pub fn answer(request: &Request, status: StatusCode, body: &impl Serialize) -> Result<Response> {
    written(Format::of_answer(request)?, status, body)
}

/// A list as it is answered.
#[derive(Debug, Serialize)]
pub struct Data<V> {
    /// The items.
    pub data: Vec<V>,
}

/// One item as it is answered.
#[derive(Debug, Serialize)]
pub struct Datum<V> {
    /// The item.
    pub data: V,
}

/// A JSON answer in the format that the client wants. For a stored answer, that may differ from
/// the first time.
///
/// # Errors
/// 406 if the format is not one of ours; 500 if the answer is not JSON.
pub fn in_format(request: &Request, response: Response) -> Result<Response> {
    let body: Value = serde_json::from_str(response.body())
        .map_err(|error| Error::Internal(error.to_string()))?;
    let mut answer = answer(request, response.status(), &body)?;
    for (name, value) in response.headers() {
        if name != CONTENT_TYPE {
            answer.headers_mut().insert(name, value.clone());
        }
    }
    Ok(answer)
}

/// The same answer with the ignored names of a lenient request in its `responseStatus`. A body
/// that is not an object stays as it is.
pub fn with_ignored(response: &mut Response, ignored: &[Fault]) {
    let is_jsv = response
        .headers()
        .get(CONTENT_TYPE)
        .is_some_and(|name| name == Format::Jsv.content_type());
    let body: Option<Value> = match is_jsv {
        true => jsv::from_str(response.body()).ok(),
        false => serde_json::from_str(response.body()).ok(),
    };
    let Some(Value::Object(mut body)) = body else {
        return;
    };
    body.insert("responseStatus".to_owned(), status::ignored(ignored));
    let text = match is_jsv {
        true => jsv::to_string(&body).ok(),
        false => serde_json::to_string(&body).ok(),
    };
    if let Some(text) = text {
        response.replace_body(text);
    }
}

fn written(format: Format, status: StatusCode, body: &impl Serialize) -> Result<Response> {
    let text = match format {
        Format::Json => serde_json::to_string(body).map_err(|error| error.to_string()),
        Format::Jsv => jsv::to_string(body).map_err(|error| error.to_string()),
    };
    let text = text.map_err(Error::Internal)?;
    let response = Response::text(status, format.content_type(), text);
    Ok(response.header(VARY, "Accept"))
}
