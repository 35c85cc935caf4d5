//! `GET /user`.
//!
//! Reads the user, and at once the name of the organization: one round trip.

use http::StatusCode;
use latchkey::business::BusinessUserProfileDataView;
use latchkey::directory::{Resource, User};
use latchkey::error::{Error, Result};
use latchkey::id::UserId;
use latchkey::wire::Response;
use latchkey::wire::service::types::Numbered;
use latchkey::wire::service::{self, Datum, Input};

use super::BusinessUser;
use crate::lambda::{Call, Endpoint, SHOWN};
use crate::scopes;

/// The endpoint.
pub const ENDPOINT: Endpoint = Endpoint::service("get-business-user", |call| Box::pin(get(call)));

/// Get a business user.
///
/// The user, with the version that `If-Match` takes as the `ETag`. The same operation is at
/// `/json/reply/GetBusinessUserProfileData`, `/jsv/reply/GetBusinessUserProfileData` and
/// `/api/GetBusinessUserProfileData`.
///
/// Who may: the roles `Admin` and `TenantAdmin`.
#[utoipa::path(
    get,
    path = "/user",
    tag = "Accesses",
    operation_id = ENDPOINT.operation,
    params(("BusinessUserId" = UserId, Query, description = "The user.")),
    responses(
        (status = 200, description = "The user.", content((BusinessUser = "application/json"), (BusinessUser = "text/jsv")), headers(("ETag"))),
        (status = 403, description = "The caller's roles do not allow this."),
        (status = 404, description = "There is no such user."),
    ),
)]
pub(crate) async fn get(call: Call) -> Result<Response> {
    let id = Input::of(&call.request)?;
    let Numbered(id): Numbered<UserId> = id.read(|fields| fields.required("businessUserId"))?;
    let scopes = scopes::writing(&call)?;
    let keys = scopes.iter();
    let keys: Vec<_> = keys
        .flat_map(|scope| [scope.user(id), scope.organization_key()])
        .collect();
    for read in SHOWN {
        let items = call.table.get_all(&keys, *read).await?;
        for scope in &scopes {
            let user: Option<User> = items.get(&scope.user(id))?;
            let (Some(user), Some(organization)) = (user, items.get(&scope.organization_key())?)
            else {
                continue;
            };
            let version = user.version;
            let data = BusinessUserProfileDataView::new(&organization, user);
            let answer = service::answer(&call.request, StatusCode::OK, &Datum { data })?;
            return Ok(answer.etag(version));
        }
    }
    Err(Error::NotFound(User::WHAT))
}
