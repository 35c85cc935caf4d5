//! `DELETE /v2/api-keys/{apiKeyId}`.
//!
//! Reads the key for its credential, and takes that away first: from then on nobody is given
//! a token for it, since who gives one out checks that the credential is there. Then its
//! tokens go, in pages, and with the last of them the key: four round trips. One that stops
//! half way is finished by another, for until then the key is listed.

use http::StatusCode;
use latchkey::caller::OrganizationScope;
use latchkey::credential::ApiKey;
use latchkey::id::ApiKeyId;
use latchkey::table::{Failed, Key, Read, Table};
use latchkey::token::Family;
use latchkey::wire::request::IfMatch;
use latchkey::wire::{Error, Response, Result};

use super::{ID_FIELD, VERSION, WHAT};
use crate::directory::{writes, writing};
use crate::lambda::{Call, Endpoint};

/// The endpoint.
pub const ENDPOINT: Endpoint = Endpoint {
    operation: "delete-api-key",
    handle: |call| Box::pin(delete(call)),
};

/// How many families are ended at once: each is two items, and a transaction has a hundred at
/// most, of which one is the key.
const PAGE: usize = 49;

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
    let credential = Key::credential(&key.hash);
    let writes = call.table.transaction().clear((), &credential)?;
    writes.send().await.map_err(Failed::without_conditions)?;
    while !end_tokens(&call.table, &scope, id).await? {}
    Ok(Response::empty(StatusCode::NO_CONTENT))
}

/// Ends a page of what was given out to the key, and with the last of it the key. Whether it
/// was the last.
async fn end_tokens(table: &Table, scope: &OrganizationScope, id: ApiKeyId) -> Result<bool> {
    let prefix = scope.all_tokens(id);
    let (families, next) = table
        .page::<Family>(&prefix, PAGE, None, Read::Strong)
        .await?;
    let mut writes = table.transaction();
    for family in &families {
        writes = writes
            .clear((), &scope.tokens(id, family.id))?
            .clear((), &Key::credential(&family.access))?;
    }
    if next.is_none() {
        writes = writes.clear((), &scope.api_key(id))?;
    }
    writes.send().await.map_err(Failed::without_conditions)?;
    Ok(next.is_none())
}
