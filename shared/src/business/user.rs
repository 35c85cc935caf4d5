//! Users, as ServiceStack's clients see them.

use serde::Serialize;
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::OrganizationBasicView;
use crate::directory::{Organization, User};
use crate::id::UserId;
use crate::role::Role;
use crate::wire::service::types::{self, Enumerated, Enumeration, OrganizationGuid};

/// Whether the user has used a credential of theirs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ActivationStatus {
    /// Not yet.
    Unconfirmed,
    /// For a while: nobody here.
    Temporary,
    /// Yes: the user has called with a credential of theirs.
    OwnershipConfirmed,
    /// Yes, and shown who they are: nobody here.
    IdentityConfirmed,
}

impl Enumerated for ActivationStatus {
    const VALUES: &'static [(&'static str, u8, Self)] = &[
        ("Unconfirmed", 0, Self::Unconfirmed),
        ("Temporary", 10, Self::Temporary),
        ("OwnershipConfirmed", 20, Self::OwnershipConfirmed),
        ("IdentityConfirmed", 30, Self::IdentityConfirmed),
    ];
}

impl PartialSchema for ActivationStatus {
    fn schema() -> RefOr<Schema> {
        types::enumeration::<Self>("Whether the user has taken up the account")
    }
}

impl ToSchema for ActivationStatus {}

/// A user.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BusinessUserProfileDataView {
    /// The ID.
    id: UserId,
    /// Whether the user has taken up the account: 0 or 20.
    #[schema(value_type = ActivationStatus)]
    activation_status: Enumeration<ActivationStatus>,
    /// The user name: the e-mail address.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(examples("max@example.com"))]
    user_name: Option<String>,
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
    /// Whether the e-mail address was verified: always `false`.
    #[schema(examples(false))]
    email_confirmed: bool,
    /// Phone number, E.164.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(examples("+491701234567"))]
    phone_number: Option<String>,
    /// Whether the phone number was verified: always `false`.
    #[schema(examples(false))]
    phone_number_confirmed: bool,
    /// The roles of the user in the organization; empty for a plain member.
    roles: Vec<Role>,
    /// The organization.
    organization_id: OrganizationGuid,
    /// The organizations that the user belongs to.
    business_organizations: Vec<OrganizationBasicView>,
    /// The user's ID at VIVIOT.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(examples("VIV-4711"))]
    viviot_id: Option<String>,
}

impl BusinessUserProfileDataView {
    /// The view of a user of an organization.
    pub fn new(organization: &Organization, user: User) -> Self {
        let status = match user.registered {
            true => ActivationStatus::OwnershipConfirmed,
            false => ActivationStatus::Unconfirmed,
        };
        Self {
            id: user.id,
            activation_status: Enumeration(status),
            user_name: user.email_address.clone(),
            first_name: user.first_name,
            last_name: user.last_name,
            email: user.email_address,
            email_confirmed: false,
            phone_number: user.phone_number,
            phone_number_confirmed: false,
            roles: user.roles,
            organization_id: OrganizationGuid(organization.id),
            business_organizations: vec![organization.into()],
            viviot_id: user.viviot_id,
        }
    }
}

/// The user of an access.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BusinessUserView {
    /// The ID.
    id: UserId,
    /// Given name. Left out if the user was deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(examples("Max"))]
    first_name: Option<String>,
    /// Family name. Left out if the user was deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(examples("Member"))]
    last_name: Option<String>,
    /// E-mail address.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "email", examples("max@example.com"))]
    email: Option<String>,
    /// Phone number, E.164.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(examples("+491701234567"))]
    phone_number: Option<String>,
}

impl BusinessUserView {
    /// The view of the user of this number, if they are there.
    pub fn new(id: UserId, user: Option<&User>) -> Self {
        let user = user.cloned();
        let (first_name, last_name) = user
            .as_ref()
            .map(|user| (user.first_name.clone(), user.last_name.clone()))
            .unzip();
        let (email, phone_number) = user
            .map(|user| (user.email_address, user.phone_number))
            .unwrap_or_default();
        Self {
            id,
            first_name,
            last_name,
            email,
            phone_number,
        }
    }
}
