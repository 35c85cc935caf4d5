//! `DELETE /v2/oauth/clients/{clientId}`.
//!
//! Reads the client for the record and marks it, from when on it is given nothing; then takes away its tokens, in pages, and
//! with the last of them the client: four round trips. One that stops half way is finished by
//! another.

use http::StatusCode;
use latchkey::caller::OrganizationScope;
use latchkey::error::{Error, Result};
use latchkey::linking::{Client, ClientId, ENDED};
use latchkey::role::Area;
use latchkey::table::{Change, If, Read, Transaction};
use latchkey::wire::Response;
use latchkey::wire::idempotency::IdempotencyKey;
use serde_json::Value;

use super::WHAT;
use crate::api_keys::{Part, end_tokens};
use crate::lambda::{Call, Endpoint, Once};
use crate::scopes::writing;

/// The endpoint.
pub const ENDPOINT: Endpoint = Endpoint::new("delete-oauth-client", |call| Box::pin(delete(call)));

/// Delete a registered app.
///
/// Deletes the app and every token that it was given. For as long as a deployment caches the
/// answers of its authorizer (60 seconds by default) it still accepts an access token that it has
/// just accepted.
///
/// Allowed roles: `Admin`, `TenantAdmin`.
#[utoipa::path(
    delete,
    path = "/v2/oauth/clients/{clientId}",
    tag = "OAuth",
    operation_id = ENDPOINT.operation,
    params(
        ("clientId" = String, Path, description = "The ID of the app.", example = "1.demoKeyOfTheHome"),
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
    let id: ClientId = call.request.path_id("clientId", WHAT)?;
    call.request.bare()?;
    let scopes = writing(call)?;
    let of = |scope: &&OrganizationScope| scope.organization() == id.organization;
    let scope = scopes.iter().find(of).ok_or(Error::NotFound(WHAT))?;
    let client = scope.oauth_client(id.id);
    let before: Option<Client> = call.table.get(&client, Read::Strong).await?;
    let before = before.ok_or(Error::NotFound(WHAT))?;
    let deed = scope.deed(id.into()).removed(&before);
    let by = scope.to_write(Area::Directory)?;
    let mut writes = call.table.transaction(&by, deed);
    let ended = Change::default().set(ENDED, &true);
    writes.update(Part::Key, &client, ended, If::Exists);
    writes.send().await?.map_err(|_| Error::NotFound(WHAT))?;
    let answer = Response::empty(StatusCode::NO_CONTENT);
    let last = |writes: &mut Transaction<'_, Part>| {
        once.remember(writes, Part::Idempotency, scope, &answer)
    };
    while !end_tokens(&call.table, scope, id.id, (&client, &last)).await? {}
    Ok(answer)
}
