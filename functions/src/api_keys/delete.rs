//! `DELETE /v2/api-keys/{apiKeyId}`.
//!
//! Reads the key for its credential, takes that away, and then its tokens, in pages: four
//! round trips. One that stops half way is finished by another, for until then the key is
//! listed.

use http::StatusCode;
use latchkey::caller::OrganizationScope;
use latchkey::credential::ApiKey;
use latchkey::id::ApiKeyId;
use latchkey::role::Area;
use latchkey::table::Read;
use latchkey::wire::request::IfMatch;
use latchkey::wire::{Error, Response, Result};

use super::{ID_FIELD, VERSION, WHAT, revoke};
use crate::directory::{writes, writing};
use crate::lambda::{Call, Endpoint};

/// The endpoint.
pub const ENDPOINT: Endpoint = Endpoint {
    operation: "delete-api-key",
    handle: |call| Box::pin(delete(call)),
};

/// Delete an API key.
///
/// The key is revoked, and with it every token that was given out to it. A deployment goes on
/// taking what it has just taken for as long as it keeps the answers of its authorizer, 60
/// seconds unless it was set up otherwise.
///
/// Who may: the roles `Admin` and `TenantAdmin`.
#[utoipa::path(
    delete,
    path = "/v2/api-keys/{apiKeyId}",
    tag = "API keys",
    operation_id = ENDPOINT.operation,
    params(
        ("apiKeyId" = ApiKeyId, Path, description = "The id of the key."),
        IfMatch,
    ),
    responses(
        (status = 204, description = "The key and its tokens are good for nothing."),
        (status = 403, description = "The roles of the caller do not allow it."),
    ),
)]
pub(crate) async fn delete(call: Call) -> Result<Response> {
    let id: ApiKeyId = call.request.path_id(ID_FIELD, WHAT)?;
    writing(&call)?;
    let key = |scope: &OrganizationScope| writes(scope).then(|| scope.api_key(id));
    let found = call.find::<ApiKey>(key, &[Read::Strong]).await?;
    let (scope, key) = found.ok_or(Error::NotFound(WHAT))?;
    if !call.request.if_match().holds(VERSION) {
        return Err(Error::PreconditionFailed);
    }
    let by = scope.to_write(Area::Directory)?;
    revoke(&call.table, &by, &scope, &key).await?;
    Ok(Response::empty(StatusCode::NO_CONTENT))
}
