//! `POST /v2/shares/{shareId}/web-key`.
//!
//! Three round trips: the share, the zone of its door, in which it ends, and the one
//! transaction that gives the share its key and says what the key leads to.

use http::StatusCode;
use http::header::CACHE_CONTROL;
use latchkey::error::{Error, Result};
use latchkey::grant::Receiver;
use latchkey::id::ShareId;
use latchkey::share::Share;
use latchkey::web_key::{self, WebKeyHash, WebKeyMark};
use latchkey::wire::idempotency::IdempotencyKey;
use latchkey::wire::{Response, error};
use serde_json::Value;

use super::changing::change;
use super::reading::base;
use crate::lambda::{Call, Endpoint, Once};

/// The endpoint.
pub const ENDPOINT: Endpoint = Endpoint::new("create-web-key", |call| Box::pin(create(call)));

const EXISTS: Error = Error::NotPossible {
    code: "webKeyAlreadyExistsError",
    message: "This share has a web key already",
};
const FOR_GROUP: Error = Error::NotPossible {
    code: "webKeyNotAllowedForUserGroupsError",
    message: "A share for a user group cannot have a web key",
};
const WITHOUT_END: Error = Error::NotPossible {
    code: "webKeyRequiresTemporaryAccessError",
    message: "A share needs an end date to have a web key",
};

/// Create a web key.
///
/// Creates a link for someone without an account, which is valid as long as the share holds.
/// The share must have an end in the future and must not be for a user group. The address is
/// shown only once; the share shows only that it has a web key. No operation of this version
/// serves the link yet: your own app must handle it.
///
/// Allowed: everyone who may change the share. Users who may change it by a grant also need
/// `remoteActivate` in that grant.
#[utoipa::path(
    post,
    path = "/v2/shares/{shareId}/web-key",
    tag = "Shares",
    operation_id = ENDPOINT.operation,
    params(
        ("shareId" = ShareId, Path, description = "The ID of the share.", example = 4),
        IdempotencyKey,
    ),
    responses(
        (
            status = 200,
            description = "The address of the web key.",
            body = String,
            content_type = "application/json",
            example = json!("https://api.example/web-keys/8a4f2f52-2d5b-4c53-9d50-0e7b4a1c9f3e")
        ),
        (
            status = 400,
            description = "The share cannot have a web key: `webKeyNotAllowedForUserGroupsError`, `webKeyRequiresTemporaryAccessError`, `webKeyAlreadyExistsError` or `webKeyShareEndedError`.",
            body = error::Body,
            example = json!({"message": "This share has a web key already", "code": "webKeyAlreadyExistsError", "errorMessage": "This share has a web key already", "errorCode": "webKeyAlreadyExistsError"})
        ),
        (status = 403, description = "The caller may read this share but not change it, or may \
            not open the door remotely."),
    ),
)]
pub(crate) async fn create(call: Call) -> Result<Response> {
    call.request.bare()?;
    let once = Once::of(&call, &Value::Null)?;
    let key = call.random.uuid()?;
    let with_key = |share: &Share| {
        if let Some(Receiver::UserGroup(_)) = share.receiver {
            return Err(FOR_GROUP);
        }
        if share.web_key.is_some() {
            return Err(EXISTS);
        }
        if !share.has_end() {
            return Err(WITHOUT_END);
        }
        Ok(Share {
            web_key: Some(WebKeyMark {
                hash: WebKeyHash::of(key),
                creator: call.caller.user(),
                parent: None,
                date_created: call.now,
            }),
            ..share.clone()
        })
    };
    let answer = |call: &Call, _: &Share| {
        Response::json(StatusCode::OK, &web_key::url(base(call), key))
            .header(CACHE_CONTROL, "no-store")
    };
    change(&call, &once, with_key, &answer).await
}
