//! What can go wrong, and the answer to each error.

use std::fmt;

use http::StatusCode;
use http::header::{ACCEPT_ENCODING, ALLOW, RETRY_AFTER, WWW_AUTHENTICATE};
use serde::Serialize;
use utoipa::ToSchema;

use super::headers::CHALLENGE;
use super::json::{Fault, FaultCode};
use super::oauth::Refusal;
use super::response::Response;

/// The body of an error.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Error)]
pub struct Body<'e> {
    /// What went wrong, in English.
    #[schema(examples("Invalid input"))]
    message: &'e str,
    /// What went wrong, for programs.
    #[schema(examples("invalidInputErrorError"))]
    code: &'e str,
    /// The same as `message`.
    #[schema(examples("Invalid input"))]
    error_message: &'e str,
    /// The same as `code`.
    #[schema(examples("invalidInputErrorError"))]
    error_code: &'e str,
    /// Every fault that has a place in the request.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    details: &'e [Fault],
    /// With `alreadyExistsError`: the user who has this e-mail address or phone number.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<crate::id::UserId>, examples(2))]
    user_id: Option<u64>,
}

/// The result of an endpoint.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a request was not served. Each variant is one status.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// 400: the body, the query or the path does not parse or validate, or refers to what
    /// the organization does not have.
    #[error("invalid input: {}", Faults(.0))]
    InvalidInput(Vec<Fault>),
    /// 400: the operation is not possible in this state; with its own code and message.
    #[error("{message}")]
    NotPossible {
        /// The code that clients tell it apart by.
        code: &'static str,
        /// Why, in English.
        message: &'static str,
    },
    /// 401: the credential is unknown, expired or malformed. API Gateway says so before a
    /// function is called; a function says so only of a request that came another way.
    #[error("no valid credential")]
    Unauthenticated,
    /// 403: the credential is valid but its rights are not enough. The faults name the fields
    /// that ask for too much, if it is about fields.
    #[error("insufficient rights: {}", Faults(.0))]
    InsufficientRights(Vec<Fault>),
    /// 404: the item does not exist, or this caller may not know of it.
    #[error("{0} not found")]
    NotFound(&'static str),
    /// 406: the client wants the answer in a format that is not served here.
    #[error("not acceptable")]
    NotAcceptable,
    /// 409: the item exists already, is in use, or was changed by others.
    #[error("{0}")]
    Conflict(Conflict),
    /// 409: what the fields ask for is another one's, for now.
    #[error("taken: {}", Faults(.0))]
    Taken(Vec<Fault>),
    /// 412: `If-Match` names another version than the current one.
    #[error("If-Match names another version")]
    PreconditionFailed,
    /// 413: the body is larger than [`super::request::MAX_BODY`].
    #[error("body too large")]
    BodyTooLarge,
    /// 415: a content type that is not served.
    #[error("unsupported media type")]
    UnsupportedMediaType,
    /// 415: a body in a content coding such as gzip.
    #[error("unsupported content coding")]
    UnsupportedEncoding,
    /// 405: the method is not one of the operation's.
    #[error("method not allowed")]
    MethodNotAllowed,
    /// 422: the `Idempotency-Key` was used before with another body.
    #[error("idempotency key used with another body")]
    IdempotencyKeyReused,
    /// 400 or 401: OAuth's own.
    #[error("{code}: {0}", code = .0.code())]
    OAuth(Refusal),
    /// 429: DynamoDB throttled, and retries did not help.
    #[error("throttled: {0}")]
    Throttled(String),
    /// 429: too many wrong codes were typed at a space. After so many seconds one may try again.
    #[error("too many wrong codes, for {0} seconds")]
    TooManyWrongCodes(i64),
    /// 503: DynamoDB could not be reached, or did not finish, in time.
    #[error("unavailable: {0}")]
    Unavailable(String),
    /// 500: a bug. The cause is for the log alone.
    #[error("internal: {0}")]
    Internal(String),
}

/// The reason of a conflict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Conflict {
    /// Another item has the unique value: here are the name and the value of its ID.
    #[error("{id_field} {id} has it already")]
    Exists {
        /// The name that the id goes by.
        id_field: &'static str,
        /// The id.
        id: u64,
    },
    /// Others refer to it.
    #[error("in use")]
    InUse,
    /// Others kept changing it.
    #[error("changed meanwhile")]
    Changed,
    /// It is the last admin of the organization.
    #[error("the last admin")]
    LastAdmin,
}

impl Error {
    /// An [`Error::InvalidInput`] with one fault.
    pub fn invalid(field: impl Into<String>, code: FaultCode, message: impl Into<String>) -> Self {
        Self::InvalidInput(vec![Fault::new(field, code, message)])
    }

    /// The status that this error is answered with.
    pub fn status(&self) -> StatusCode {
        self.parts().0
    }

    /// The code that clients tell errors apart by.
    pub fn code(&self) -> &'static str {
        self.parts().1
    }

    /// The message in English, without the cause.
    pub fn message(&self) -> String {
        self.parts().2
    }

    fn parts(&self) -> (StatusCode, &'static str, String) {
        let (status, code, message) = match self {
            Self::InvalidInput(_) => (
                StatusCode::BAD_REQUEST,
                "invalidInputErrorError",
                "Invalid input",
            ),
            Self::NotPossible { code, message } => (StatusCode::BAD_REQUEST, *code, *message),
            Self::Unauthenticated => (
                StatusCode::UNAUTHORIZED,
                "invalidTokenError",
                "Invalid authentication token",
            ),
            Self::InsufficientRights(_) => (
                StatusCode::FORBIDDEN,
                "insufficientRightsError",
                "Insufficient rights",
            ),
            Self::NotFound(what) => {
                return (
                    StatusCode::NOT_FOUND,
                    "notFoundError",
                    format!("{what} not found"),
                );
            }
            Self::NotAcceptable => (
                StatusCode::NOT_ACCEPTABLE,
                "notAcceptableError",
                "Not acceptable: Accept names no supported format",
            ),
            Self::Conflict(Conflict::Exists { .. }) => (
                StatusCode::CONFLICT,
                "alreadyExistsError",
                "Another user has this e-mail address or phone number",
            ),
            Self::Conflict(Conflict::InUse) => (
                StatusCode::CONFLICT,
                "inUseError",
                "In use: others refer to this",
            ),
            Self::Conflict(Conflict::Changed) => (
                StatusCode::CONFLICT,
                "conflictError",
                "Other requests kept changing this, try again",
            ),
            Self::Conflict(Conflict::LastAdmin) => (
                StatusCode::CONFLICT,
                "lastAdminError",
                "The last admin of an organization can neither be deleted nor lose the role",
            ),
            Self::Taken(_) => (StatusCode::CONFLICT, "takenError", "Already taken"),
            Self::PreconditionFailed => (
                StatusCode::PRECONDITION_FAILED,
                "preconditionFailedError",
                "If-Match names another version than the current one",
            ),
            Self::BodyTooLarge => (
                StatusCode::PAYLOAD_TOO_LARGE,
                "requestTooLargeError",
                "Request body too large",
            ),
            Self::UnsupportedMediaType => (
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "unsupportedMediaTypeError",
                "Unsupported media type: send application/json",
            ),
            Self::UnsupportedEncoding => (
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "unsupportedContentEncodingError",
                "Unsupported Content-Encoding: send the body as it is, without compressing it",
            ),
            Self::MethodNotAllowed => (
                StatusCode::METHOD_NOT_ALLOWED,
                "methodNotAllowedError",
                "This operation changes something: send POST, PUT or DELETE",
            ),
            Self::IdempotencyKeyReused => (
                StatusCode::UNPROCESSABLE_ENTITY,
                "idempotencyKeyReusedError",
                "This Idempotency-Key was used before with another path or body",
            ),
            Self::OAuth(refusal) => {
                return (refusal.status(), refusal.code(), refusal.to_string());
            }
            Self::Throttled(_) => (
                StatusCode::TOO_MANY_REQUESTS,
                // Without the usual ending: published clients look for this very word.
                "TooManyRequests",
                "Too many requests",
            ),
            Self::TooManyWrongCodes(_) => (
                StatusCode::TOO_MANY_REQUESTS,
                "TooManyRequests",
                "Too many wrong codes were typed here, try again later",
            ),
            Self::Unavailable(_) => (
                StatusCode::SERVICE_UNAVAILABLE,
                "serviceUnavailableError",
                "Service unavailable, try again",
            ),
            Self::Internal(_) => (
                StatusCode::INTERNAL_SERVER_ERROR,
                "internalServerError",
                "Internal server error",
            ),
        };
        (status, code, message.to_owned())
    }

    pub(super) fn details(&self) -> &[Fault] {
        match self {
            Self::InvalidInput(faults) | Self::InsufficientRights(faults) | Self::Taken(faults) => {
                faults
            }
            _ => &[],
        }
    }

    /// Users alone have what no two may have.
    fn existing_user(&self) -> Option<u64> {
        match self {
            Self::Conflict(Conflict::Exists { id_field, id }) if *id_field == "userId" => Some(*id),
            _ => None,
        }
    }

    /// Whether the same request may succeed later: then the answer says when to try.
    pub(super) fn is_transient(&self) -> bool {
        matches!(self, Self::Throttled(_) | Self::Unavailable(_))
    }

    /// The answer in the shape of the share family: `message` and `code`, each under its
    /// two names, and `details` where the fault can be located.
    pub fn response(&self) -> Response {
        let (status, code, message) = self.parts();
        let body = Body {
            message: &message,
            code,
            error_message: &message,
            error_code: code,
            details: self.details(),
            user_id: self.existing_user(),
        };
        self.with_headers(Response::json(status, &body))
    }

    /// The answer with what to do about it: when to try again, how to present a credential.
    pub(super) fn with_headers(&self, mut response: Response) -> Response {
        match self {
            Self::TooManyWrongCodes(seconds) => {
                let seconds = (*seconds).into();
                response.headers_mut().insert(RETRY_AFTER, seconds);
                response
            }
            _ if self.is_transient() => response.header(RETRY_AFTER, "1"),
            Self::Unauthenticated => response.header(WWW_AUTHENTICATE, CHALLENGE),
            Self::UnsupportedEncoding => response.header(ACCEPT_ENCODING, "identity"),
            Self::MethodNotAllowed => response.header(ALLOW, "POST, PUT, DELETE, OPTIONS"),
            _ => response,
        }
    }
}

/// Faults in one line.
struct Faults<'f>(&'f [Fault]);

impl fmt::Display for Faults<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, fault) in self.0.iter().enumerate() {
            let separator = if i == 0 { "" } else { "; " };
            write!(f, "{separator}{}: {}", fault.field, fault.message)?;
        }
        Ok(())
    }
}

impl From<Vec<Fault>> for Error {
    fn from(faults: Vec<Fault>) -> Self {
        Self::InvalidInput(faults)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn body(error: &Error) -> serde_json::Value {
        serde_json::from_str(error.response().body()).unwrap()
    }

    #[test]
    fn a_fault_of_input_is_answered_in_the_shape_that_clients_read() {
        let error = Error::invalid("receiver.userId", FaultCode::OutOfRange, "expected more");
        assert_eq!(error.status(), 400);
        assert_eq!(
            body(&error),
            json!({
                "message": "Invalid input",
                "code": "invalidInputErrorError",
                "errorMessage": "Invalid input",
                "errorCode": "invalidInputErrorError",
                "details": [{"field": "receiver.userId", "code": "outOfRange", "message": "expected more"}],
            })
        );
    }

    #[test]
    fn a_bug_says_nothing_of_the_inside() {
        let error = Error::Internal("SK missing in ORG#1".to_owned());
        assert_eq!(error.status(), 500);
        assert!(!body(&error).to_string().contains("ORG#1"));
    }

    #[test]
    fn what_may_succeed_later_says_when_to_try_again() {
        for (error, seconds) in [
            (Error::Throttled(String::new()), "1"),
            (Error::Unavailable(String::new()), "1"),
            (Error::TooManyWrongCodes(60), "60"),
        ] {
            assert_eq!(error.response().headers()["retry-after"], seconds);
        }
        assert!(
            Error::Unauthenticated
                .response()
                .headers()
                .get("retry-after")
                .is_none()
        );
    }
}
