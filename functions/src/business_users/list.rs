//! `GET /users`.
//!
//! Reads one page: one round trip.

use latchkey::directory::User;
use latchkey::id::UserId;
use latchkey::role::Role;
use latchkey::wire::{Response, Result};
use serde::Serialize;
use utoipa::ToSchema;

use crate::directory;
use crate::lambda::{Call, Endpoint};
use crate::lists::Listed;

/// The endpoint.
pub const ENDPOINT: Endpoint =
    Endpoint::service("list-business-users", |call| Box::pin(list(call)));

/// A page of users.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "the shape of what is written")]
pub(crate) struct BusinessUsers {
    /// The users, oldest first.
    data: Vec<BusinessUserProfileDataView>,
}

/// A user.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BusinessUserProfileDataView {
    /// The ID.
    id: UserId,
    /// Given name.
    #[schema(examples("Max"))]
    first_name: String,
    /// Family name.
    #[schema(examples("Member"))]
    last_name: String,
    /// E-mail address.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "email", examples("max@example.com"))]
    email: Option<String>,
    /// Phone number, E.164.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(examples("+491701234567"))]
    phone_number: Option<String>,
    /// The roles of the user in the organization; empty for a plain member.
    roles: Vec<Role>,
}

impl From<User> for BusinessUserProfileDataView {
    fn from(user: User) -> Self {
        Self {
            id: user.id,
            first_name: user.first_name,
            last_name: user.last_name,
            email: user.email_address,
            phone_number: user.phone_number,
            roles: user.roles,
        }
    }
}

/// List business users.
///
/// The users of an organization, oldest first, in pages. The same operation is at
/// `/json/reply/GetBusinessUsers`, `/jsv/reply/GetBusinessUsers` and `/api/GetBusinessUsers`.
///
/// Who may: the roles `Admin`, `TenantAdmin`, `AccessAdmin`, `AccessTemplateAdmin` and
/// `Receptionist`.
#[utoipa::path(
    get,
    path = "/users",
    tag = "Accesses",
    operation_id = ENDPOINT.operation,
    params(Listed),
    responses(
        (status = 200, description = "A page.", content((BusinessUsers = "application/json"), (BusinessUsers = "text/jsv")), headers(("Link"))),
        (status = 403, description = "The caller's roles do not allow this."),
    ),
)]
pub(crate) async fn list(call: Call) -> Result<Response> {
    directory::list_data::<User, _>(call, BusinessUserProfileDataView::from, &[], &[]).await
}
