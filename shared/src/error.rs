//! What can go wrong: the one list of errors, each with its status, its code and its message.
//! `wire` makes an answer of one.

use std::fmt;

use http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

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
    /// 413: the body is larger than [`MAX_BODY`](crate::wire::request::MAX_BODY).
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

    pub(crate) fn parts(&self) -> (StatusCode, &'static str, String) {
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

    pub(crate) fn details(&self) -> &[Fault] {
        match self {
            Self::InvalidInput(faults) | Self::InsufficientRights(faults) | Self::Taken(faults) => {
                faults
            }
            _ => &[],
        }
    }

    /// Whether the same request may succeed later: then the answer says when to try.
    pub(crate) fn is_transient(&self) -> bool {
        matches!(self, Self::Throttled(_) | Self::Unavailable(_))
    }
}

/// A kind of fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(examples("outOfRange"))]
pub enum FaultCode {
    /// The body is not JSON, or not UTF-8.
    Malformed,
    /// An object has this key twice.
    DuplicateKey,
    /// A field that must be there is left out.
    Required,
    /// The value is of another JSON type than the field.
    WrongType,
    /// A number outside the field's range, or a text or a list of a wrong length.
    OutOfRange,
    /// The value is of the right type and not one that the field can have.
    InvalidValue,
    /// The field is not allowed together with another one that was given, or without one that
    /// was not.
    NotAllowed,
    /// The value refers to something that this organization does not have.
    NotFound,
    /// The caller lacks the right that this field asks for.
    InsufficientRights,
    /// The field asks for what is another one's.
    Taken,
    /// Nothing has this name here; the message has the nearest one that is known.
    UnknownField,
    /// The field is known and means something, which is not served.
    NotServed,
}

/// One fault of a body, a query or a path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Fault {
    /// The place: a JSON path such as `schedule[0].period.endTime`; empty for the whole.
    #[schema(examples("receiver.userId"))]
    pub field: String,
    /// The kind of fault.
    pub code: FaultCode,
    /// What was expected and, if it helps, what was read.
    #[schema(examples("expected an integer from 1 to 9007199254740991, got -1"))]
    pub message: String,
}

impl Fault {
    /// A fault of the field at `field`.
    pub fn new(field: impl Into<String>, code: FaultCode, message: impl Into<String>) -> Self {
        Self {
            field: field.into(),
            code,
            message: message.into(),
        }
    }
}

/// Why a request is refused: the errors of RFC 6749, section 5.2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// A parameter is missing, is given twice, or contradicts another.
    #[error("{0}")]
    InvalidRequest(&'static str),
    /// The client does not say who it is, or not truly.
    #[error("the client id and the client secret are those of no API key and no app")]
    InvalidClient,
    /// The client may not get a token in this way.
    #[error("an app gets tokens by authorization_code and refresh_token alone")]
    UnauthorizedClient,
    /// What is presented is not, or no longer, good for anything.
    #[error("{0}")]
    InvalidGrant(&'static str),
    /// Another way to get a token than there is.
    #[error("expected grant_type authorization_code, client_credentials or refresh_token")]
    UnsupportedGrantType,
    /// A scope that is not known, or that the client does not have.
    #[error("expected scopes that the client has; the tokens of an API key have all")]
    InvalidScope,
}

impl Refusal {
    /// The code that clients tell errors apart by.
    pub fn code(self) -> &'static str {
        match self {
            Self::InvalidRequest(_) => "invalid_request",
            Self::InvalidClient => "invalid_client",
            Self::UnauthorizedClient => "unauthorized_client",
            Self::InvalidGrant(_) => "invalid_grant",
            Self::UnsupportedGrantType => "unsupported_grant_type",
            Self::InvalidScope => "invalid_scope",
        }
    }

    /// The status that it is answered with.
    pub fn status(self) -> StatusCode {
        match self {
            Self::InvalidClient => StatusCode::UNAUTHORIZED,
            _ => StatusCode::BAD_REQUEST,
        }
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Self::OAuth(refusal)
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
