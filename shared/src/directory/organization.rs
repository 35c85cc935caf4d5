//! Organizations.

use crate::timing::Zone;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::{Documented, Resource, View, first};
use crate::caller::OrganizationScope;
use crate::error::{Fault, FaultCode};
use crate::id::OrganizationId;
use crate::table::Key;
use crate::wire::json::{Faults, Fields, Label};
use crate::wire::schema::TimeZone;

/// An organization: the tenant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Organization {
    /// The ID.
    pub id: OrganizationId,
    /// The name.
    #[schema(examples("Demo House"))]
    pub name: String,
    /// Whether the organization is one person's own.
    #[schema(examples(false))]
    pub personal: bool,
    /// The time zone of doors that have none of their own.
    #[schema(value_type = TimeZone)]
    pub time_zone: Zone,
    /// The version; each change adds one.
    #[serde(default = "first")]
    #[schema(required, minimum = 1, examples(1))]
    pub version: u64,
}

/// The body of a change, as the API document shows it; [`Resource::changed`] reads it.
#[derive(Debug, ToSchema)]
#[schema(
    rename_all = "camelCase",
    description = "A change of an organization.",
    examples(json!({"name": "Demo House", "personal": false, "timeZone": "Europe/Berlin"}))
)]
pub struct OrganizationChanges {
    /// The name.
    #[schema(min_length = 1, max_length = 200, examples("Demo House"))]
    pub name: Option<String>,
    /// Whether the organization is one person's own.
    #[schema(examples(false))]
    pub personal: Option<bool>,
    /// The time zone of doors that have none of their own.
    #[schema(value_type = Option<TimeZone>)]
    pub time_zone: Option<Zone>,
}

impl Documented for Organization {
    type Changes = OrganizationChanges;
}

/// The display form.
pub type OrganizationView = View<'static, Organization>;

impl Resource for Organization {
    type Id = OrganizationId;
    const KEY: &'static str = "ORG";
    const WHAT: &'static str = "organization";
    const ID_FIELD: &'static str = "organizationId";
    const REQUIRED: &'static [&'static str] = &["name", "timeZone"];

    fn blank(id: OrganizationId) -> Self {
        Self {
            id,
            name: String::new(),
            personal: false,
            time_zone: Zone::UTC,
            version: 1,
        }
    }

    super::resource::versioned!();

    fn key(scope: &OrganizationScope, id: OrganizationId) -> Option<Key> {
        (scope.organization() == id).then(|| scope.organization_key())
    }

    fn read(&mut self, body: &Fields<'_>) {
        body.set::<Label, _>("name", &mut self.name);
        body.set::<bool, _>("personal", &mut self.personal);
        body.set::<Zone, _>("timeZone", &mut self.time_zone);
    }
}

/// An admin to create, and the organization.
#[derive(Debug, Clone, PartialEq)]
pub struct NewAdmin {
    /// The organization.
    pub of: Of,
    /// The admin's given name.
    pub first_name: String,
    /// The admin's family name.
    pub last_name: String,
}

/// The organization of a new admin.
#[derive(Debug, Clone, PartialEq)]
pub enum Of {
    /// An organization to create.
    New {
        /// The name.
        name: String,
        /// Whether the organization is one person's own.
        personal: bool,
        /// The time zone of doors that have none of their own.
        time_zone: Zone,
    },
    /// One that exists.
    Existing(OrganizationId),
}

impl NewAdmin {
    /// Reads `{"name", "timeZone", "personal", "admin": {"firstName", "lastName"}}`;
    /// `personal` may be left out and is then false. Or `{"organizationId", "admin"}`.
    ///
    /// # Errors
    /// Every fault, each with the path of its field.
    pub fn read(body: &Value) -> Result<Self, Vec<Fault>> {
        let faults = Faults::default();
        let new = Fields::of_body(body, &faults).and_then(|body| {
            let of = Of::read(&body);
            if !body.has("admin") {
                body.missing("admin");
            }
            let admin = body.object("admin")?;
            let first = admin.required("firstName").map(|Label(name)| name);
            let last = admin.required("lastName").map(|Label(name)| name);
            Some(Self {
                of: of?,
                first_name: first?,
                last_name: last?,
            })
        });
        faults.or(new)
    }
}

impl Of {
    fn read(body: &Fields<'_>) -> Option<Self> {
        if !body.has("organizationId") {
            let name = body.required("name").map(|Label(name)| name);
            let time_zone = body.required("timeZone");
            let personal = body.optional("personal").unwrap_or(false);
            return Some(Self::New {
                name: name?,
                personal,
                time_zone: time_zone?,
            });
        }
        // Half of a new organization is a mistake, and not an old one.
        for field in ["name", "timeZone", "personal"] {
            if body.has(field) {
                let message = "not allowed with `organizationId`, because that organization exists";
                body.fault(field, FaultCode::NotAllowed, message);
            }
        }
        body.optional("organizationId").map(Self::Existing)
    }
}
