//! Organizations, as ServiceStack's clients see them.

use serde::Serialize;
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::{NoneOf, NothingIn};
use crate::directory::Organization;
use crate::wire::service::types::{self, Enumerated, Enumeration, OrganizationGuid};

/// What kind of organization it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrganizationType {
    /// Not known.
    Unknown,
    /// The one that runs the service.
    Admin,
    /// A tenant: every organization here.
    Tenant,
    /// A part of a tenant.
    Location,
}

impl Enumerated for OrganizationType {
    const VALUES: &'static [(&'static str, u8, Self)] = &[
        ("Unknown", 0, Self::Unknown),
        ("Admin", 10, Self::Admin),
        ("Tenant", 20, Self::Tenant),
        ("Location", 30, Self::Location),
    ];
}

impl PartialSchema for OrganizationType {
    fn schema() -> RefOr<Schema> {
        types::enumeration::<Self>("The type of an organization; always 20 here")
    }
}

impl ToSchema for OrganizationType {}

/// An organization.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OrganizationBasicView {
    /// The ID.
    id: OrganizationGuid,
    /// The name.
    #[schema(examples("Demo House"))]
    name: String,
    /// The organization's number, which other operations of this API use.
    #[schema(examples("1"))]
    code: String,
    /// The type.
    #[schema(value_type = OrganizationType)]
    r#type: Enumeration<OrganizationType>,
    /// The organizations inside.
    sub_organizations: NoneOf,
    /// The same list under the name of the published sample.
    organizations: NoneOf,
}

impl From<&Organization> for OrganizationBasicView {
    fn from(organization: &Organization) -> Self {
        Self {
            id: OrganizationGuid(organization.id),
            name: organization.name.clone(),
            code: organization.id.to_string(),
            r#type: Enumeration(OrganizationType::Tenant),
            sub_organizations: NoneOf,
            organizations: NoneOf,
        }
    }
}

/// The organization of an access.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OrganizationView {
    /// The ID.
    id: OrganizationGuid,
    /// The name.
    #[schema(examples("Demo House"))]
    name: String,
    /// The organization's number, which other operations of this API use.
    #[schema(examples("1"))]
    code: String,
    /// Always empty: `GET /things` lists the spaces.
    smart_spaces: NoneOf,
    /// Services on sale.
    services: NoneOf,
    /// Settings of reservations.
    reservation_config: NothingIn,
    /// Settings of features.
    feature_config: NoneOf,
}

impl From<&Organization> for OrganizationView {
    fn from(organization: &Organization) -> Self {
        Self {
            id: OrganizationGuid(organization.id),
            name: organization.name.clone(),
            code: organization.id.to_string(),
            smart_spaces: NoneOf,
            services: NoneOf,
            reservation_config: NothingIn,
            feature_config: NoneOf,
        }
    }
}
