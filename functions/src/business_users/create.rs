//! `POST /user`.
//!
//! Reads the name of the organization, and writes the user with what belongs to them in one
//! transaction: two round trips.

use http::StatusCode;
use latchkey::business::BusinessUserProfileDataView;
use latchkey::directory::{Resource, User};
use latchkey::error::{Error, Result};
use latchkey::id::{Identifier, UserId};
use latchkey::role::Role;
use latchkey::wire::Response;
use latchkey::wire::idempotency::IdempotencyKey;
use latchkey::wire::service::types::OrganizationGuid;
use latchkey::wire::service::{self, Datum, Input};
use utoipa::ToSchema;

use super::{BusinessUser, organization};
use crate::directory::{Extra, MAX_IDS, put};
use crate::lambda::{Call, Endpoint, Once};
use crate::scopes;

/// The endpoint.
pub const ENDPOINT: Endpoint =
    Endpoint::service("create-business-user", |call| Box::pin(create(call)));

/// The body, as the API document shows it.
#[derive(ToSchema)]
#[schema(
    rename_all = "camelCase",
    as = CreateBusinessUser,
    description = "A user to create.",
    examples(json!({
        "organizationId": "4c617463686b80018000000000000001", "firstName": "Kim",
        "lastName": "Guest", "email": "kim@example.com", "phoneNumber": "+31612345699",
        "roles": ["Receptionist"], "viviotId": "VIV-4711"
    }))
)]
#[expect(dead_code, reason = "the shape of what is read")]
pub(crate) struct Body {
    /// The organization. Required if the caller belongs to several.
    organization_id: Option<OrganizationGuid>,
    /// Given name.
    #[schema(min_length = 1, max_length = 200, examples("Kim"))]
    first_name: String,
    /// Family name.
    #[schema(min_length = 1, max_length = 200, examples("Guest"))]
    last_name: String,
    /// E-mail address, unique in the organization.
    #[schema(format = "email", examples("kim@example.com"))]
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

/// Create a business user.
///
/// The user cannot sign in yet: `POST /v2/users/{userId}/tokens` invites them. The same operation
/// is at `/json/reply/CreateBusinessUser`, `/jsv/reply/CreateBusinessUser` and
/// `/api/CreateBusinessUser`.
///
/// Who may: the roles `Admin` and `TenantAdmin`.
#[utoipa::path(
    post,
    path = "/user",
    tag = "Accesses",
    operation_id = ENDPOINT.operation,
    params(IdempotencyKey),
    request_body(content((Body = "application/json"), (Body = "text/jsv"))),
    responses(
        (status = 200, description = "Created.", content((BusinessUser = "application/json"), (BusinessUser = "text/jsv"))),
        (status = 403, description = "The caller's roles do not allow this."),
        (status = 409, description = "Another user has this e-mail address, phone number or VIVIOT ID."),
    ),
)]
pub(crate) async fn create(call: Call) -> Result<Response> {
    let input = Input::of(&call.request)?;
    let (scope, blank) = input.read(|fields| {
        let scope = scopes::organization_of(&call, fields);
        fields.not_served(&["image"]);
        let mut user = User::blank(UserId::make(call.now, &call.random).ok()?);
        user.read_business(fields);
        Some((scope, user))
    })?;
    let scope = scope.filter(scopes::writes);
    let scope = scope.ok_or(Error::InsufficientRights(Vec::new()))?;
    let once = Once::of(&call, input.value())?;
    let organization = organization(&call, &scope).await?;
    for taken in 0..MAX_IDS {
        let id = UserId::make_again(call.now, &call.random, taken)?;
        let user = User {
            id,
            ..blank.clone()
        };
        let data = BusinessUserProfileDataView::new(&organization, user.clone());
        let answer = Response::json(StatusCode::OK, &Datum { data });
        if let Some(answer) = put(&call, &once, &scope, &user, answer, &Extra::default()).await? {
            return service::in_format(&call.request, answer);
        }
    }
    Err(Error::Unavailable(format!(
        "{MAX_IDS} ids in a row were taken"
    )))
}
