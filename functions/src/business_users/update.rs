//! `PUT /user`.
//!
//! Reads the names of the organizations, then the user, and writes what changed: three round
//! trips.

use std::collections::BTreeMap;

use http::StatusCode;
use latchkey::business::BusinessUserProfileDataView;
use latchkey::caller::OrganizationScope;
use latchkey::directory::{Organization, Resource, User};
use latchkey::error::Result;
use latchkey::id::UserId;
use latchkey::role::Role;
use latchkey::table::Read;
use latchkey::wire::Response;
use latchkey::wire::idempotency::IdempotencyKey;
use latchkey::wire::request::IfMatch;
use latchkey::wire::service::types::Numbered;
use latchkey::wire::service::{self, Datum, Input};
use utoipa::ToSchema;

use super::BusinessUser;
use crate::directory::{Update, change};
use crate::lambda::{Call, Endpoint, Once};
use crate::scopes;

/// The endpoint.
pub const ENDPOINT: Endpoint =
    Endpoint::service("update-business-user", |call| Box::pin(update(call)));

/// The body, as the API document shows it.
#[derive(ToSchema)]
#[schema(
    rename_all = "camelCase",
    as = UpdateBusinessUser,
    description = "Changes to a user.",
    examples(json!({
        "userId": 2, "firstName": "Max", "lastName": "Member", "email": "max@example.com",
        "phoneNumber": "+31612345698", "roles": ["Receptionist"], "viviotId": "VIV-4712"
    }))
)]
#[expect(dead_code, reason = "the shape of what is read")]
pub(crate) struct Body {
    /// The user.
    user_id: UserId,
    /// Given name.
    #[schema(min_length = 1, max_length = 200, examples("Max"))]
    first_name: String,
    /// Family name.
    #[schema(min_length = 1, max_length = 200, examples("Member"))]
    last_name: String,
    /// E-mail address, unique in the organization.
    #[schema(format = "email", examples("max@example.com"))]
    email: String,
    /// Phone number (E.164), unique in the organization.
    #[schema(examples("+31612345699"))]
    phone_number: Option<String>,
    /// The roles of the user in the organization; empty for a plain member.
    #[schema(max_items = 11)]
    roles: Vec<Role>,
    /// The user's ID at VIVIOT, unique in the organization.
    #[schema(min_length = 1, max_length = 200, examples("VIV-4711"))]
    viviot_id: Option<String>,
}

/// Change a business user.
///
/// Replaces names, e-mail address and roles. A phone number or a VIVIOT ID that is left out stays
/// as it is. The same operation is at `/json/reply/UpdateBusinessUser`,
/// `/jsv/reply/UpdateBusinessUser` and `/api/UpdateBusinessUser`.
///
/// Who may: the roles `Admin` and `TenantAdmin`.
#[utoipa::path(
    put,
    path = "/user",
    tag = "Accesses",
    operation_id = ENDPOINT.operation,
    params(IfMatch, IdempotencyKey),
    request_body(content((Body = "application/json"), (Body = "text/jsv"))),
    responses(
        (status = 200, description = "Changed.", content((BusinessUser = "application/json"), (BusinessUser = "text/jsv")), headers(("ETag"))),
        (status = 403, description = "The caller's roles do not allow this."),
        (status = 404, description = "There is no such user."),
        (status = 409, description = "Another user has this e-mail address, phone number or VIVIOT ID, or this is the last admin."),
    ),
)]
pub(crate) async fn update(call: Call) -> Result<Response> {
    let input = Input::of(&call.request)?;
    let changed = |before: &User| {
        input.read(|fields| {
            fields.required::<Numbered<UserId>>("userId")?;
            let mut after = before.clone();
            after.read_business(fields);
            Some(after)
        })
    };
    // What is wrong with the body is wrong with it whatever stands in the table.
    let id = input.read(|fields| {
        let id = fields.required::<Numbered<UserId>>("userId");
        let blank = UserId::try_from(1).ok().map(User::blank);
        blank?.read_business(fields);
        id.map(|Numbered(id)| id)
    })?;
    let scopes = scopes::writing(&call)?;
    let once = Once::of(&call, input.value())?;
    let organizations = organizations(&call, &scopes).await?;
    let update = Update {
        changed: &changed,
        answer: &|scope, user: &User| {
            let blank = Organization::blank(scope.organization());
            let organization = organizations.get(&scope.organization()).unwrap_or(&blank);
            let data = BusinessUserProfileDataView::new(organization, user.clone());
            Response::json(StatusCode::OK, &Datum { data }).etag(user.version)
        },
    };
    let answer = change(&call, &once, &scopes, id, &update).await?;
    service::in_format(&call.request, answer)
}

type Organizations = BTreeMap<latchkey::id::OrganizationId, Organization>;

async fn organizations(call: &Call, scopes: &[OrganizationScope]) -> Result<Organizations> {
    let keys = scopes.iter().map(OrganizationScope::organization_key);
    let keys: Vec<_> = keys.collect();
    let mut items = call.table.get_all(&keys, Read::Eventual).await?;
    let mut found = Organizations::new();
    for key in &keys {
        let organization: Option<Organization> = items.take(key)?;
        found.extend(organization.map(|organization| (organization.id, organization)));
    }
    Ok(found)
}
