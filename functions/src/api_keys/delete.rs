//! `DELETE /v2/api-keys/{apiKeyId}`.
//!
//! Reads the key for its credential, takes that away, and then its tokens, in pages: four
//! round trips. One that stops half way is finished by another, for until then the key is
//! listed.

use http::StatusCode;
use latchkey::caller::OrganizationScope;
use latchkey::credential::ApiKey;
use latchkey::error::{Error, Result};
use latchkey::id::ApiKeyId;
use latchkey::role::Area;
use latchkey::table::{Read, Transaction};
use latchkey::wire::Response;
use latchkey::wire::idempotency::IdempotencyKey;
use latchkey::wire::request::IfMatch;
use serde_json::Value;

use super::{ID_FIELD, Part, VERSION, WHAT, revoke_with};
use crate::lambda::{Call, Endpoint, Once};
use crate::scopes::{writes, writing};

/// The endpoint.
pub const ENDPOINT: Endpoint = Endpoint::new("delete-api-key", |call| Box::pin(delete(call)));

/// Delete an API key.
///
/// Revokes the key and every token that was issued for it. A deployed API may accept the key
/// for as long as API Gateway caches the authorizer's answer, 60 seconds by default.
///
/// Allowed roles: `Admin`, `TenantAdmin`.
#[utoipa::path(
    delete,
    path = "/v2/api-keys/{apiKeyId}",
    tag = "API keys",
    operation_id = ENDPOINT.operation,
    params(
        ("apiKeyId" = ApiKeyId, Path, description = "The ID of the key."),
        IfMatch,
        IdempotencyKey,
    ),
    responses(
        (status = 204, description = "Deleted."),
        (status = 403, description = "The caller's roles do not allow this."),
    ),
)]
pub(crate) async fn delete(call: Call) -> Result<Response> {
    let once = Once::of(&call, &Value::Null)?;
    let outcome = delete_now(&call, &once).await;
    once.settle(outcome).await
}

async fn delete_now(call: &Call, once: &Once<'_>) -> Result<Response> {
    let id: ApiKeyId = call.request.path_id(ID_FIELD, WHAT)?;
    call.request.bare()?;
    writing(call)?;
    let key = |scope: &OrganizationScope| writes(scope).then(|| scope.api_key(id));
    let found = call.find::<ApiKey>(key, &[Read::Strong]).await?;
    let (scope, key) = found.ok_or(Error::NotFound(WHAT))?;
    if !call.request.if_match().holds(VERSION) {
        return Err(Error::PreconditionFailed);
    }
    let by = scope.to_write(Area::Directory)?;
    let answer = Response::empty(StatusCode::NO_CONTENT);
    let last = |writes: &mut Transaction<'_, Part>| {
        once.remember(writes, Part::Idempotency, &scope, &answer)
    };
    let deed = scope.deed(key.id.into()).removed(&key);
    revoke_with(&call.table, (&by, deed.into()), &scope, &key, last).await?;
    Ok(answer)
}
