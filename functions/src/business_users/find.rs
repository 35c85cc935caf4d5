//! `GET /viviotUser`.
//!
//! Reads whose the address or the ID is, then the user: two round trips.

use http::StatusCode;
use latchkey::directory::{Resource, User};
use latchkey::error::{Error, FaultCode, Result};
use latchkey::id::UserId;
use latchkey::role::{Area, Reach};
use latchkey::table::{Key, Read};
use latchkey::wire::Response;
use latchkey::wire::json::{Email, Label};
use latchkey::wire::service::{self, Datum, Input};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::lambda::{Call, Endpoint};
use crate::scopes;

/// The endpoint.
pub const ENDPOINT: Endpoint = Endpoint::service("get-viviot-user", |call| Box::pin(find(call)));

/// The answer.
#[derive(Debug, ToSchema)]
#[schema(as = ViviotUserDataResponse)]
#[expect(dead_code, reason = "the shape of what is written")]
pub(crate) struct Found {
    /// The user.
    data: UserBasicView,
}

/// A user.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct UserBasicView {
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
    phone: Option<String>,
    /// The user's ID at VIVIOT.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(examples("VIV-4711"))]
    viviot_id: Option<String>,
}

/// Find a user.
///
/// By e-mail address, by VIVIOT ID, or by both if they are of one user. The same operation is at
/// `/json/reply/GetViviotUserData`, `/jsv/reply/GetViviotUserData` and `/api/GetViviotUserData`.
///
/// Who may: the roles `Admin`, `TenantAdmin` and `Receptionist`.
#[utoipa::path(
    get,
    path = "/viviotUser",
    tag = "Accesses",
    operation_id = ENDPOINT.operation,
    params(
        ("Email" = Option<String>, Query, description = "The e-mail address.", example = "max@example.com"),
        ("ViviotId" = Option<String>, Query, description = "The user's ID at VIVIOT. Required without an e-mail address.", example = "VIV-4711"),
    ),
    responses(
        (status = 200, description = "The user.", content((Found = "application/json"), (Found = "text/jsv"))),
        (status = 403, description = "The caller's roles do not allow this."),
        (status = 404, description = "There is no such user."),
    ),
)]
pub(crate) async fn find(call: Call) -> Result<Response> {
    let (email, viviot) = Input::of(&call.request)?.read(|fields| {
        let email: Option<Email> = fields.optional("email");
        let viviot: Option<Label> = fields.optional("viviotId");
        if !fields.has("email") && !fields.has("viviotId") {
            fields.fault("email", FaultCode::Required, "required, or viviotId");
        }
        Some((email.map(String::from), viviot.map(String::from)))
    })?;
    #[derive(Deserialize)]
    struct Owner {
        owner: UserId,
    }
    let scopes = scopes::reaching(&call, Area::Visitors, Reach::Read)?;
    for scope in &scopes {
        let email = email.as_deref().map(|address| scope.email_address(address));
        let viviot = viviot.as_deref().map(|id| scope.viviot_id(id));
        let claims: Vec<Key> = email.into_iter().chain(viviot).collect();
        let items = call.table.get_all(&claims, Read::Strong).await?;
        let mut owners = Vec::new();
        for claim in &claims {
            let owner: Option<Owner> = items.get(claim)?;
            owners.push(owner.map(|found| found.owner));
        }
        let Some(&Some(id)) = owners.first() else {
            continue;
        };
        if owners.iter().any(|owner| *owner != Some(id)) {
            continue;
        }
        let user: Option<User> = call.table.get(&scope.user(id), Read::Strong).await?;
        if let Some(user) = user {
            let data = UserBasicView {
                id,
                first_name: user.first_name,
                last_name: user.last_name,
                email: user.email_address,
                phone: user.phone_number,
                viviot_id: user.viviot_id,
            };
            return service::answer(&call.request, StatusCode::OK, &Datum { data });
        }
    }
    Err(Error::NotFound(User::WHAT))
}
