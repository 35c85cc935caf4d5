//! The answer to each error.

use http::header::{ACCEPT_ENCODING, ALLOW, RETRY_AFTER, WWW_AUTHENTICATE};
use serde::Serialize;
use utoipa::ToSchema;

use super::headers::CHALLENGE;
use super::response::Response;
use crate::error::{Conflict, Error, Fault};

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

impl Error {
    /// Users alone have what no two may have.
    fn existing_user(&self) -> Option<u64> {
        match self {
            Self::Conflict(Conflict::Exists { id_field, id }) if *id_field == "userId" => Some(*id),
            _ => None,
        }
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::error::FaultCode;

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
