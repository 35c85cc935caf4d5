//! The errors that any endpoint has, or any with a body or with an id in its path; with an example
//! of each, which is the error as it is answered.

use http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use latchkey::error::{Conflict, Error, FaultCode};
use latchkey::wire::Request;
use latchkey::wire::service::{self, Format};
use serde_json::Value;
use utoipa::openapi::path::{Operation, ParameterIn};
use utoipa::openapi::response::ResponseBuilder;
use utoipa::openapi::{ContentBuilder, Ref, Response};

use super::headers::{REQUEST_ID, add_header};
use super::operation::{has, has_parameter, is_open, is_service, takes_json};

/// The shape of an error.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Shape {
    /// The shape of most endpoints.
    Plain,
    /// The shape of a service, for ServiceStack's clients.
    Service,
}

/// An error that many endpoints have.
pub(super) struct CommonError {
    /// Its shape.
    shape: Shape,
    /// The name.
    name: &'static str,
    /// When it is answered.
    description: &'static str,
    /// One that is answered so.
    error: Error,
    /// Which endpoints have it without saying so.
    pub(super) of: fn(&Operation) -> bool,
}

/// The errors that many endpoints have.
pub(super) fn errors(shape: Shape) -> Vec<CommonError> {
    let common = |name, error, of, description| CommonError {
        shape,
        name,
        description,
        error,
        of,
    };
    let fault = Error::invalid(
        "receiver.userId",
        FaultCode::OutOfRange,
        "expected an integer from 1 to 9007199254740991, got -1",
    );
    vec![
        common(
            "InvalidInput",
            fault,
            |_| true,
            "The body or a parameter is malformed, unknown or invalid, or refers to an item \
                that the organization does not have. `details` has every fault.",
        ),
        common(
            "Unauthenticated",
            Error::Unauthenticated,
            |operation| !is_open(operation),
            "The credential is missing, unknown, expired or revoked.",
        ),
        common(
            "InsufficientRights",
            Error::InsufficientRights(Vec::new()),
            |_| false,
            "The rights of the caller are not enough.",
        ),
        common(
            "NotFound",
            Error::NotFound("share"),
            |operation| has(operation, &ParameterIn::Path),
            "The item does not exist, or the caller may not know of it.",
        ),
        common(
            "NotAcceptable",
            Error::NotAcceptable,
            is_service,
            "`Accept` names no supported format.",
        ),
        common(
            "ChangedMeanwhile",
            Error::Conflict(Conflict::Changed),
            |operation| has_parameter(operation, "If-Match"),
            "Other requests kept changing the item. Try again.",
        ),
        common(
            "PreconditionFailed",
            Error::PreconditionFailed,
            |operation| has_parameter(operation, "If-Match"),
            "`If-Match` names another version than the current one.",
        ),
        common(
            "BodyTooLarge",
            Error::BodyTooLarge,
            |operation| operation.request_body.is_some(),
            "The body is larger than 64 KiB.",
        ),
        common(
            "UnsupportedMediaType",
            Error::UnsupportedMediaType,
            takes_json,
            "The content type of the body is not supported.",
        ),
        common(
            "IdempotencyKeyReused",
            Error::IdempotencyKeyReused,
            |operation| has_parameter(operation, "Idempotency-Key"),
            "The `Idempotency-Key` was used before with another path or body.",
        ),
        common(
            "TooManyRequests",
            Error::Throttled(String::new()),
            |_| true,
            "Too many requests. Try again after `Retry-After` seconds.",
        ),
        common(
            "InternalError",
            Error::Internal(String::new()),
            |_| true,
            "A bug, which is logged under the `X-Request-Id`.",
        ),
        common(
            "Unavailable",
            Error::Unavailable(String::new()),
            |_| true,
            "The store did not answer in time. Try again after `Retry-After` seconds.",
        ),
    ]
}

impl CommonError {
    pub(super) fn status(&self) -> String {
        self.error.status().as_str().to_owned()
    }

    /// The name among the components.
    pub(super) fn name(&self) -> String {
        match self.shape {
            Shape::Plain => self.name.to_owned(),
            Shape::Service => format!("Service{}", self.name),
        }
    }

    pub(super) fn response(&self) -> Response {
        let list = match self.shape {
            Shape::Plain => "`details`",
            Shape::Service => "`errors`",
        };
        let description = self.description.replace("`details`", list);
        let mut response = ResponseBuilder::new().description(description).build();
        self.describe(&mut response);
        response
    }

    /// The body and the headers, as they are answered.
    pub(super) fn describe(&self, response: &mut Response) {
        let (schema, answer) = match self.shape {
            Shape::Plain => ("Error", self.error.response()),
            Shape::Service => {
                let answer = service::error(&self.error, &Request::default());
                ("ServiceError", answer)
            }
        };
        // 401 is the gateway's own answer, and always JSON.
        if self.shape == Shape::Service && !matches!(self.error, Error::Unauthenticated) {
            let body = ContentBuilder::new().schema(Some(Ref::from_schema_name(schema)));
            let jsv = Format::Jsv.content_type().to_owned();
            response.content.insert(jsv, body.build().into());
        }
        let body = ContentBuilder::new()
            .schema(Some(Ref::from_schema_name(schema)))
            .example(serde_json::from_str::<Value>(answer.body()).ok());
        response
            .content
            .insert("application/json".to_owned(), body.build().into());
        add_header(response, REQUEST_ID);
        if answer.headers().contains_key(RETRY_AFTER) {
            add_header(response, "Retry-After");
        }
        if answer.headers().contains_key(WWW_AUTHENTICATE) {
            add_header(response, "WWW-Authenticate");
        }
    }
}
