//! `DELETE /BusinessUserAccess`.
//!
//! Two round trips: the access, then one transaction that takes it away with its grants and
//! codes. One more where it has a space alone.

use http::StatusCode;
use latchkey::id::AccessId;
use latchkey::role::Area;
use latchkey::wire::request::IfMatch;
use latchkey::wire::service::types::Guid;
use latchkey::wire::service::{self, Input};
use latchkey::wire::{Conflict, Error, Response, Result};

use super::{Answer, ID_FIELD, find, take_away, unless_changed};
use crate::lambda::{Call, ServiceEndpoint};

/// The endpoint.
pub const ENDPOINT: ServiceEndpoint = ServiceEndpoint {
    operation: "delete-access",
    handle: |call| Box::pin(delete(call)),
};

/// Delete an access.
///
/// It opens nothing from then on, and its codes are free for others. The same operation is at
/// `/json/reply/DeleteBusinessUserAccess`, `/jsv/reply/DeleteBusinessUserAccess` and
/// `/api/DeleteBusinessUserAccess`.
///
/// Who may: the roles `Admin`, `TenantAdmin` and `AccessAdmin`.
#[utoipa::path(
    delete,
    path = "/BusinessUserAccess",
    tag = "Accesses",
    operation_id = ENDPOINT.operation,
    params(
        ("BusinessUserAccessId" = AccessId, Query, description = "The access."),
        IfMatch,
    ),
    responses(
        (status = 200, description = "The access is gone.", content((Answer = "application/json"), (Answer = "text/jsv"))),
        (status = 403, description = "The roles of the caller do not allow it."),
        (status = 404, description = "There is no such access."),
    ),
)]
pub(crate) async fn delete(call: Call) -> Result<Response> {
    let id = Input::of(&call.request)?.read(|fields| fields.required::<Guid>(ID_FIELD))?;
    let id = AccessId::from(id.0);
    for attempt in call.table.attempts() {
        let (scope, access) = find(&call, id).await?;
        let desk = call.desk(&scope);
        let gone = take_away(desk, &scope.to_write(Area::Accesses)?, access).await;
        if unless_changed(&call, attempt, gone).await?.is_some() {
            return service::answer(&call.request, StatusCode::OK, &Answer { id });
        }
    }
    Err(Error::Conflict(Conflict::Changed))
}
