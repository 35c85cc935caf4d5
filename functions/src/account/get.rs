//! `GET /v1/account`.
//!
//! Reads the caller's user and the organization together: one round trip.

use chrono::{DateTime, Utc};
use http::StatusCode;
use latchkey::caller::OrganizationScope;
use latchkey::directory::{Organization, Resource, User};
use latchkey::error::{Error, Result};
use latchkey::id::{OrganizationId, UserId};
use latchkey::role::{Area, Reach};
use latchkey::wire::Response;
use latchkey::wire::schema::Instant;
use serde::Serialize;
use utoipa::ToSchema;

use crate::lambda::{Call, Endpoint, SHOWN};

/// The endpoint.
pub const ENDPOINT: Endpoint = Endpoint::new("get-account", |call| Box::pin(get(call)));

/// The account of the caller. What is unknown is `null`.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Account {
    /// The ID of the user.
    id: UserId,
    /// Given name.
    #[schema(examples("Max"))]
    first_name: String,
    /// Family name.
    #[schema(examples("Member"))]
    last_name: String,
    /// E-mail address.
    #[schema(required, format = "email", examples("max@example.com"))]
    email: Option<String>,
    /// Phone number, E.164.
    #[schema(required, examples("+491701234567"))]
    phone: Option<String>,
    /// The language (ISO 639-1).
    #[schema(required, examples("en"))]
    language: Option<String>,
    /// Always false: Latchkey does not verify addresses.
    #[schema(examples(false))]
    email_is_verified: bool,
    /// Always false: Latchkey does not verify numbers.
    #[schema(examples(false))]
    phone_is_verified: bool,
    /// The creation time.
    #[schema(required, value_type = Option<Instant>)]
    date_created: Option<DateTime<Utc>>,
    /// The time of the last change.
    #[schema(required, value_type = Option<Instant>)]
    date_modified: Option<DateTime<Utc>>,
    /// Always `null`: Latchkey does not store this.
    #[schema(required, value_type = Option<Instant>)]
    date_last_authentication: Option<DateTime<Utc>>,
    /// Always `null`: Latchkey does not store this with the user.
    #[schema(required, value_type = Option<Instant>)]
    date_last_activation: Option<DateTime<Utc>>,
    /// The organization of the credential.
    personal_organization: PersonalOrganization,
}

/// The organization of an account.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct PersonalOrganization {
    /// The ID.
    id: OrganizationId,
    /// The name.
    #[schema(examples("Demo House"))]
    name: String,
    /// Whether the organization is one person's own.
    #[schema(examples(false))]
    personal: bool,
    /// The rights of the caller.
    permissions: AccountPermissions,
}

/// The rights of a caller in an organization, by role.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct AccountPermissions {
    /// Whether the caller may change users, devices, groups and spaces.
    #[schema(examples(true))]
    manage_organization: bool,
    /// Whether the caller may change all shares.
    #[schema(examples(true))]
    manage_shares: bool,
    /// Whether the caller may change all accesses.
    #[schema(examples(true))]
    manage_accesses: bool,
}

impl AccountPermissions {
    fn of(scope: &OrganizationScope) -> Self {
        let writes = |area| scope.reaches(area, Reach::Write);
        Self {
            manage_organization: writes(Area::Directory),
            manage_shares: writes(Area::Shares),
            manage_accesses: writes(Area::Accesses),
        }
    }
}

/// Get the account of the caller.
///
/// Returns the user that the credential speaks for, and its organization.
///
/// Allowed: every user, for themselves.
#[utoipa::path(
    get,
    path = "/v1/account",
    tag = "Users",
    operation_id = ENDPOINT.operation,
    responses(
        (status = 200, description = "The account.", body = Account),
        (status = 404, description = "The user was just deleted."),
    ),
)]
pub(crate) async fn get(call: Call) -> Result<Response> {
    call.request.bare()?;
    let scope = call.caller.scopes().next();
    let scope = scope.ok_or(Error::NotFound(User::WHAT))?;
    let keys = [scope.user(call.caller.user()), scope.organization_key()];
    let [user, organization] = &keys;
    for read in SHOWN {
        let items = call.table.get_all(&keys, *read).await?;
        let user: Option<User> = items.get(user)?;
        let organization: Option<Organization> = items.get(organization)?;
        if let (Some(user), Some(organization)) = (user, organization) {
            let account = account(&scope, user, organization);
            return Ok(Response::json(StatusCode::OK, &account));
        }
    }
    Err(Error::NotFound(User::WHAT))
}

fn account(scope: &OrganizationScope, user: User, organization: Organization) -> Account {
    Account {
        id: user.id,
        first_name: user.first_name,
        last_name: user.last_name,
        email: user.email_address,
        phone: user.phone_number,
        language: user.language,
        email_is_verified: false,
        phone_is_verified: false,
        date_created: user.date_created,
        date_modified: user.date_modified,
        date_last_authentication: None,
        date_last_activation: None,
        personal_organization: PersonalOrganization {
            id: organization.id,
            name: organization.name,
            personal: organization.personal,
            permissions: AccountPermissions::of(scope),
        },
    }
}
