//! `GET /BusinessUserAccess`.
//!
//! Reads the access, then what it names: two round trips.

use http::StatusCode;
use latchkey::access::{Access, View};
use latchkey::caller::OrganizationScope;
use latchkey::error::{Error, Result};
use latchkey::id::AccessId;
use latchkey::role::{Area, Reach};
use latchkey::table::Read;
use latchkey::wire::Response;
use latchkey::wire::service::types::Guid;
use latchkey::wire::service::{self, Data, Input};

use super::list::BusinessUserAccesses;
use super::{ID_FIELD, WHAT};
use crate::lambda::{Call, Endpoint, SHOWN};
use crate::scopes;

/// The endpoint.
pub const ENDPOINT: Endpoint = Endpoint::service("get-access", |call| Box::pin(get(call)));

/// Get an access.
///
/// A list of one access, with its codes. The same operation is at
/// `/json/reply/GetBusinessUserAccess`, `/jsv/reply/GetBusinessUserAccess` and
/// `/api/GetBusinessUserAccess`.
///
/// Who may: the roles `Admin`, `TenantAdmin` and `AccessAdmin`.
#[utoipa::path(
    get,
    path = "/BusinessUserAccess",
    tag = "Accesses",
    operation_id = ENDPOINT.operation,
    params(("BusinessUserAccessId" = AccessId, Query, description = "The access.")),
    responses(
        (status = 200, description = "The access.", content((BusinessUserAccesses = "application/json"), (BusinessUserAccesses = "text/jsv")), headers(("Cache-Control"))),
        (status = 403, description = "The caller's roles do not allow this."),
        (status = 404, description = "There is no such access."),
    ),
)]
pub(crate) async fn get(call: Call) -> Result<Response> {
    let Guid(id) = Input::of(&call.request)?.read(|fields| fields.required(ID_FIELD))?;
    // Who gives accesses sees each whole; others have their list.
    let scopes = scopes::reaching(&call, Area::Accesses, Reach::Write)?;
    let key = |scope: &OrganizationScope| {
        Some(scope.access(id.into())).filter(|_| scopes.contains(scope))
    };
    let found = call.find::<Access>(key, SHOWN).await?;
    let (scope, access) = found.ok_or(Error::NotFound(WHAT))?;
    let keys: Vec<_> = View::needs(&scope, &access).collect();
    let named = call.table.get_all(&keys, Read::Eventual).await?;
    let views = View::all(&scope, vec![((), access)], named, call.now)?;
    let data = views.into_iter().map(|((), view)| view).collect();
    Ok(service::answer(&call.request, StatusCode::OK, &Data { data })?.no_store())
}
