//! The rights of roles and grants.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::wire::json::Named;

/// A role of a user in an organization. A user without one is a plain member, who may do what
/// their own grants allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[schema(
    description = "A role of a user in an organization.",
    examples("AccessAdmin")
)]
pub enum Role {
    /// Runs the organization.
    Admin,
    /// Runs the organization on behalf of the tenant.
    TenantAdmin,
    /// Gives and takes rights.
    AccessAdmin,
    /// Makes access templates.
    AccessTemplateAdmin,
    /// Sees who may enter.
    Receptionist,
    /// A door's controller: asks whether a code opens it.
    Device,
}

/// The subject of a right: the rows of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Area {
    /// Organizations, users, devices, their groups, spaces, named schedules.
    Directory,
    /// Shares, whatever their source.
    Shares,
    /// Accesses.
    Accesses,
    /// Access templates.
    Templates,
    /// New codes for all accesses at once.
    ReprogramCodes,
    /// Whether a door opens, for whom and when.
    Decisions,
}

/// The basis of a right: the columns of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// A role in the organization.
    Role(Role),
    /// `administrate` on a source, by a grant that holds now.
    Administration,
    /// Belonging to the organization.
    Membership,
}

/// How far a right goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reach {
    /// No right.
    Nothing,
    /// The caller's own items, to read; and offers, to claim.
    Own,
    /// The source that the caller administrates, within their own grant.
    Source,
    /// Read everything, or ask about anything.
    Read,
    /// Read and change everything.
    Write,
}

/// The one table of rights. A role's right adds to those of a member.
#[rustfmt::skip]
const fn row(area: Area) -> [Reach; 6] {
    use Reach::{Nothing, Own, Read, Source, Write};
    match area {
        //                       Admin,       Access- Access-        Recep-   Admini-  Member-
        //                       TenantAdmin  Admin   TemplateAdmin  tionist  stration ship
        Area::Directory      => [Write,       Read,   Read,          Read,    Source,  Own],
        Area::Shares         => [Write,       Write,  Nothing,       Nothing, Source,  Own],
        Area::Accesses       => [Write,       Write,  Nothing,       Read,    Nothing, Own],
        Area::Templates      => [Write,       Read,   Write,         Nothing, Nothing, Nothing],
        Area::ReprogramCodes => [Write,       Nothing, Nothing,      Nothing, Nothing, Nothing],
        Area::Decisions      => [Read,        Read,   Nothing,       Read,    Source,  Own],
    }
}

impl By {
    /// How far the right in `area` goes on this basis.
    pub const fn reach(self, area: Area) -> Reach {
        let column = match self {
            Self::Role(Role::Admin | Role::TenantAdmin) => 0,
            Self::Role(Role::AccessAdmin) => 1,
            Self::Role(Role::AccessTemplateAdmin) => 2,
            Self::Role(Role::Receptionist) => 3,
            Self::Administration => 4,
            // A door's controller has its endpoint, and there no more than its role.
            Self::Membership | Self::Role(Role::Device) => 5,
        };
        row(area)[column]
    }
}

impl Named for Role {
    const NAMES: &'static [(&'static str, Self)] = &[
        ("Admin", Self::Admin),
        ("TenantAdmin", Self::TenantAdmin),
        ("AccessAdmin", Self::AccessAdmin),
        ("AccessTemplateAdmin", Self::AccessTemplateAdmin),
        ("Receptionist", Self::Receptionist),
        ("Device", Self::Device),
    ];
}
