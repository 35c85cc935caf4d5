//! Errors, in the shape that ServiceStack's clients read.

use serde::Serialize;
use utoipa::ToSchema;

use super::{Format, written};
use crate::error::{Conflict, Error, Fault, FaultCode};
use crate::wire::{Request, Response};

/// The body of an error.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ServiceError)]
pub struct Body<'e> {
    /// What went wrong.
    response_status: ResponseStatus<'e>,
}

/// What went wrong.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ResponseStatus<'e> {
    /// The error code, for programs. If the request has faults, the code of the first one.
    #[schema(examples("NotEmpty"))]
    error_code: &'e str,
    /// The error message, in English.
    #[schema(examples("accessTemplateId: required"))]
    message: &'e str,
    /// Every fault that has a place in the request.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    errors: Vec<ResponseError<'e>>,
}

/// One fault of a request.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ResponseError<'e> {
    /// The kind of fault.
    #[schema(examples("NotEmpty"))]
    error_code: &'e str,
    /// The place: a path such as `spaces[0].thingId`.
    #[schema(examples("accessTemplateId"))]
    field_name: &'e str,
    /// What was expected.
    #[schema(examples("required"))]
    message: &'e str,
}

impl<'e> ResponseError<'e> {
    fn of(fault: &'e Fault) -> Self {
        Self {
            error_code: of_fault(fault.code),
            field_name: &fault.field,
            message: &fault.message,
        }
    }
}

/// What the answer to a lenient request says of the ignored fields: in `responseStatus`,
/// without `errorCode`, because nothing failed.
pub(super) fn ignored(faults: &[Fault]) -> serde_json::Value {
    let errors: Vec<_> = faults.iter().map(ResponseError::of).collect();
    serde_json::json!({ "errors": errors })
}

/// The code of a fault: those of ServiceStack's validators, where they have one.
fn of_fault(code: FaultCode) -> &'static str {
    match code {
        FaultCode::Malformed | FaultCode::DuplicateKey | FaultCode::WrongType => {
            "SerializationException"
        }
        FaultCode::Required => "NotEmpty",
        FaultCode::OutOfRange => "InclusiveBetween",
        FaultCode::InvalidValue => "Predicate",
        FaultCode::NotAllowed => "Empty",
        FaultCode::NotFound => "NotFound",
        FaultCode::InsufficientRights => "Forbidden",
        FaultCode::Taken => "Conflict",
        // ServiceStack ignores what it does not know, and has no name for it.
        FaultCode::UnknownField => "unknownField",
        FaultCode::NotServed => "notServed",
    }
}

/// The code of an error: the names of ServiceStack's exceptions and of the statuses of HTTP,
/// as it sends them. The gateway's own answers (template.yaml) have the same.
fn of_error(error: &Error) -> &'static str {
    match error {
        Error::InvalidInput(faults) => match faults.first() {
            Some(fault) => of_fault(fault.code),
            None => "ValidationException",
        },
        Error::NotPossible { code, .. } => code,
        Error::Unauthenticated => "Unauthorized",
        Error::InsufficientRights(_) => "Forbidden",
        Error::NotFound(_) => "NotFound",
        Error::NotAcceptable => "NotAcceptable",
        Error::Conflict(Conflict::Exists { .. }) => "AlreadyExists",
        Error::Conflict(Conflict::InUse | Conflict::Changed | Conflict::LastAdmin)
        | Error::Taken(_) => "Conflict",
        Error::PreconditionFailed => "PreconditionFailed",
        Error::BodyTooLarge => "RequestEntityTooLarge",
        Error::UnsupportedMediaType | Error::UnsupportedEncoding => "UnsupportedMediaType",
        Error::MethodNotAllowed => "MethodNotAllowed",
        Error::IdempotencyKeyReused => "UnprocessableEntity",
        Error::OAuth(refusal) => refusal.code(),
        Error::Throttled(_) | Error::TooManyWrongCodes(_) => "TooManyRequests",
        Error::Unavailable(_) => "ServiceUnavailable",
        Error::Internal(_) => "InternalServerError",
    }
}

/// The answer to a request that was not served, in the format that the client wants; in JSON if
/// that is not one of ours.
pub fn error(error: &Error, request: &Request) -> Response {
    said(error, Format::of_answer(request).unwrap_or(Format::Json))
}

fn said(error: &Error, format: Format) -> Response {
    let message = match error {
        // The code of the first fault, as ServiceStack does: many clients show only that.
        Error::InvalidInput(faults) | Error::Taken(faults) if !faults.is_empty() => {
            faults.first().map_or_else(String::new, at)
        }
        Error::UnsupportedMediaType => {
            "Unsupported media type: send application/json or text/jsv".to_owned()
        }
        error => error.message(),
    };
    let errors = error.details().iter().map(ResponseError::of);
    let body = Body {
        response_status: ResponseStatus {
            error_code: of_error(error),
            message: &message,
            errors: errors.collect(),
        },
    };
    match written(format, error.status(), &body) {
        Ok(response) => error.with_headers(response),
        Err(error) => error.response(),
    }
}

fn at(fault: &Fault) -> String {
    match fault.field.as_str() {
        "" => fault.message.clone(),
        field => format!("{field}: {}", fault.message),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::wire::jsv;

    fn faults() -> Error {
        Error::InvalidInput(vec![
            Fault::new("spaces[0].thingId", FaultCode::Required, "required"),
            Fault::new(
                "validTo",
                FaultCode::InvalidValue,
                "expected a date, or \"null\"",
            ),
        ])
    }

    #[test]
    fn every_fault_is_said_and_the_first_is_the_error() {
        let response = said(&faults(), Format::Json);
        assert_eq!(response.status(), 400);
        let body: Value = serde_json::from_str(response.body()).unwrap();
        let expected = json!({"responseStatus": {
            "errorCode": "NotEmpty",
            "message": "spaces[0].thingId: required",
            "errors": [
                {"errorCode": "NotEmpty", "fieldName": "spaces[0].thingId", "message": "required"},
                {"errorCode": "Predicate", "fieldName": "validTo", "message": "expected a date, or \"null\""},
            ],
        }});
        assert_eq!(body, expected);
        let response = said(&faults(), Format::Jsv);
        assert_eq!(response.headers()["content-type"], "text/jsv");
        assert_eq!(jsv::from_str::<Value>(response.body()).unwrap(), expected);
        assert!(
            response
                .body()
                .starts_with("{responseStatus:{errorCode:NotEmpty,message:\"spaces[0]")
        );
    }

    #[test]
    fn a_bug_says_nothing_of_the_inside_and_what_may_succeed_later_when_to_try() {
        let bug = said(&Error::Internal("SK missing".to_owned()), Format::Jsv);
        assert_eq!(
            bug.body(),
            "{responseStatus:{errorCode:InternalServerError,message:Internal server error}}"
        );
        let later = said(&Error::Throttled(String::new()), Format::Json);
        assert_eq!(later.headers()["retry-after"], "1");
    }
}
