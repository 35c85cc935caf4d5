//! `GET /v2/oauth/clients`.
//!
//! Reads one page: one round trip.

use http::StatusCode;
use latchkey::error::{Error, Result};
use latchkey::linking::Client;
use latchkey::table::Read;
use latchkey::wire::{Query, Response};

use super::View;
use crate::lambda::{Call, Endpoint};
use crate::lists::{Listed, of_member};
use crate::scopes::writes;

/// The endpoint.
pub const ENDPOINT: Endpoint = Endpoint::new("list-oauth-clients", |call| Box::pin(list(call)));

/// List registered apps.
///
/// Returns the apps that users of the organization may link, in pages.
///
/// Allowed roles: `Admin`, `TenantAdmin`.
#[utoipa::path(
    get,
    path = "/v2/oauth/clients",
    tag = "OAuth",
    operation_id = ENDPOINT.operation,
    params(Listed),
    responses(
        (status = 200, description = "A page.", body = Vec<View>, headers(("Link"))),
        (status = 403, description = "The caller's roles do not allow this."),
    ),
)]
pub(crate) async fn list(call: Call) -> Result<Response> {
    let Listed { scope, page } = of_member(&call, Query::of(&call.request))?;
    if !writes(&scope) {
        return Err(Error::InsufficientRights(Vec::new()));
    }
    let after = page.after.as_deref();
    let all = scope.oauth_clients();
    let found = call.table.page(&all, page.size, after, Read::Eventual);
    let (clients, next): (Vec<Client>, _) = found.await?;
    let views = clients.into_iter().map(|client| View::new(&scope, client));
    let views: Vec<_> = views.collect();
    let response = Response::json(StatusCode::OK, &views);
    Ok(page.linked(&call.request, response, next.as_deref()))
}
