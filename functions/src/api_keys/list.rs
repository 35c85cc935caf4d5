//! `GET /v2/api-keys` and `GET /v2/api-keys/{apiKeyId}`.
//!
//! Reads one page, or the one.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, Utc};
use http::StatusCode;
use latchkey::caller::OrganizationScope;
use latchkey::credential::ApiKey;
use latchkey::error::{Error, Result};
use latchkey::id::{ApiKeyId, OrganizationId, SpaceId, UserId};
use latchkey::table::Read;
use latchkey::wire::schema::Instant;
use latchkey::wire::{Query, Response};
use serde::Serialize;
use utoipa::ToSchema;

use super::{ID_FIELD, VERSION, WHAT};
use crate::lambda::{Call, Endpoint, SHOWN};
use crate::lists::{Listed, in_organization};
use crate::scopes::{writes, writing};

/// The endpoint.
pub const ENDPOINT: Endpoint = Endpoint::new("list-api-keys", |call| {
    if call.request.path.contains_key(ID_FIELD) {
        Box::pin(get(call))
    } else {
        Box::pin(list(call))
    }
});

/// The display form of a key, without its secret and without its hash.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ApiKey, description = "An API key, without its secret.")]
pub(crate) struct View {
    /// The organization.
    organization_id: OrganizationId,
    /// The ID.
    id: ApiKeyId,
    /// What the key is for.
    #[schema(examples("Booking system"))]
    name: String,
    /// The user for whom the key speaks.
    user_id: UserId,
    /// The spaces to which a controller's key is bound.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    spaces: BTreeSet<SpaceId>,
    /// The user who created the key. A key for another person is valid only while this user may
    /// create it.
    creator_id: UserId,
    /// When it was created.
    #[schema(value_type = Instant)]
    date_created: DateTime<Utc>,
    /// The last day (UTC) on which the key was used, directly or for tokens; left out if it was
    /// never used.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = "date", examples("2027-01-31"))]
    last_used: Option<NaiveDate>,
    /// When the key expires; left out if it does not.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Instant>)]
    expires_at: Option<DateTime<Utc>>,
}

impl View {
    fn new(scope: &OrganizationScope, key: ApiKey) -> Self {
        Self {
            organization_id: scope.organization(),
            id: key.id,
            name: key.name,
            user_id: key.user,
            spaces: key.spaces,
            creator_id: key.creator,
            date_created: key.date_created,
            last_used: key.last_used,
            expires_at: key.expires_at,
        }
    }
}

/// List API keys.
///
/// Returns the API keys of an organization, in pages. The order is stable and has no meaning.
/// Secrets are never shown.
///
/// Allowed roles: `Admin`, `TenantAdmin`.
#[utoipa::path(
    get,
    path = "/v2/api-keys",
    tag = "API keys",
    operation_id = ENDPOINT.operation,
    params(Listed),
    responses(
        (status = 200, description = "A page.", body = Vec<View>, headers(("Link"))),
        (status = 403, description = "The caller's roles do not allow this."),
    ),
)]
pub(crate) async fn list(call: Call) -> Result<Response> {
    let Listed { scope, page } = in_organization(&call, Query::of(&call.request))?;
    if !writes(&scope) {
        return Err(Error::InsufficientRights(Vec::new()));
    }
    let (keys, next) = call
        .table
        .page::<ApiKey>(
            &scope.api_keys(),
            page.size,
            page.after.as_deref(),
            Read::Eventual,
        )
        .await?;
    let keys = keys.into_iter().map(|key| View::new(&scope, key));
    let response = Response::json(StatusCode::OK, &keys.collect::<Vec<_>>());
    Ok(match next {
        Some(place) => response.next(&page.next(&call.request, &place)),
        None => response,
    })
}

/// Get an API key.
///
/// Returns the key without its secret.
///
/// Allowed roles: `Admin`, `TenantAdmin`.
#[utoipa::path(
    get,
    path = "/v2/api-keys/{apiKeyId}",
    tag = "API keys",
    operation_id = "get-api-key",
    params(("apiKeyId" = ApiKeyId, Path, description = "The ID of the key.")),
    responses(
        (status = 200, description = "The key.", body = View, headers(("ETag"))),
        (status = 403, description = "The caller's roles do not allow this."),
    ),
)]
pub(crate) async fn get(call: Call) -> Result<Response> {
    let id: ApiKeyId = call.request.path_id(ID_FIELD, WHAT)?;
    call.request.bare()?;
    writing(&call)?;
    let key = |scope: &OrganizationScope| writes(scope).then(|| scope.api_key(id));
    let found = call.find(key, SHOWN).await?;
    let (scope, key) = found.ok_or(Error::NotFound(WHAT))?;
    Ok(Response::json(StatusCode::OK, &View::new(&scope, key)).etag(VERSION))
}
