//! Turns a failed call of DynamoDB into an error.

use aws_sdk_dynamodb::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};

use crate::error::Error;

/// The answer to a call that failed, after the SDK's own retries.
pub(super) fn answer<E>(error: SdkError<E>) -> Error
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    let code = error.code().map(str::to_owned);
    let status = error
        .raw_response()
        .map(|response| response.status().as_u16());
    let is_construction = matches!(error, SdkError::ConstructionFailure(_));
    if error.message().is_some_and(is_of_item_size) {
        return item_too_large();
    }
    let cause = DisplayErrorContext(error).to_string();
    match (code.as_deref(), status) {
        (Some(code), _) if is_throttling(code) => Error::Throttled(cause),
        (Some("TransactionInProgressException"), _) => Error::Unavailable(cause),
        (_, Some(500..)) => Error::Unavailable(cause),
        // An answer that is no error of the service's own.
        (Some(_), Some(_)) => Error::Internal(cause),
        _ if is_construction => Error::Internal(cause),
        // No answer, or only a part of one.
        _ => Error::Unavailable(cause),
    }
}

/// Whether a message says that an item would become larger than DynamoDB takes.
pub(super) fn is_of_item_size(message: &str) -> bool {
    message.contains("Item size")
}

/// The client asked for it, and no limit of a field prevented it. Each list has its own limit,
/// so this is for unforeseen cases.
pub(super) fn item_too_large() -> Error {
    Error::NotPossible {
        code: "tooLargeError",
        message: "Too large: an item can have at most 400 KB",
    }
}

/// Whether an error or a cancellation reason says that there was too much at once.
pub(super) fn is_throttling(code: &str) -> bool {
    matches!(
        code,
        "ThrottlingException"
            | "ThrottlingError"
            | "ProvisionedThroughputExceededException"
            | "ProvisionedThroughputExceeded"
            | "RequestLimitExceeded"
    )
}
