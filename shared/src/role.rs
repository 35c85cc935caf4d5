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
    /// Another system that brings reservations.
    ReservationPublisher,
    /// Another system that reads reservations.
    ReservationReader,
    /// Runs tasks, which are not served here: no more than a plain member.
    TaskAdmin,
    /// Runs teams, which are not served here: no more than a plain member.
    TeamAdmin,
    /// Runs services, which are not served here: no more than a plain member.
    MarketplaceAdmin,
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
    /// Groups of access templates.
    TemplateGroups,
    /// Who a user is, by an e-mail address.
    Visitors,
    /// New codes for all accesses at once.
    ReprogramCodes,
    /// Whether a door opens, for whom and when.
    Decisions,
    /// The record of what was changed, and of what was refused.
    Record,
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
const fn row(area: Area) -> [Reach; 7] {
    use Reach::{Nothing, Own, Read, Source, Write};
    match area {
        //                       Admin    Tenant-  Access-  Access-        Recep-   Admini-  Member-
        //                                Admin    Admin    TemplateAdmin  tionist  stration ship
        Area::Directory      => [Write,   Write,   Read,    Read,          Read,    Source,  Own],
        Area::Shares         => [Write,   Write,   Write,   Nothing,       Nothing, Source,  Own],
        Area::Accesses       => [Write,   Write,   Write,   Nothing,       Read,    Nothing, Own],
        Area::Templates      => [Write,   Write,   Read,    Write,         Nothing, Nothing, Nothing],
        Area::TemplateGroups => [Write,   Write,   Write,   Write,         Nothing, Nothing, Nothing],
        Area::Visitors       => [Read,    Read,    Nothing, Nothing,       Read,    Nothing, Nothing],
        Area::ReprogramCodes => [Nothing, Write,   Nothing, Nothing,       Nothing, Nothing, Nothing],
        Area::Decisions      => [Read,    Read,    Read,    Nothing,       Read,    Source,  Own],
        Area::Record         => [Read,    Read,    Nothing, Nothing,       Nothing, Source,  Own],
    }
}

impl By {
    /// How far the right in `area` goes on this basis.
    pub const fn reach(self, area: Area) -> Reach {
        let column = match self {
            Self::Role(Role::Admin) => 0,
            Self::Role(Role::TenantAdmin) => 1,
            Self::Role(Role::AccessAdmin) => 2,
            Self::Role(Role::AccessTemplateAdmin) => 3,
            Self::Role(Role::Receptionist) => 4,
            Self::Administration => 5,
            // A door's controller and another system have their endpoints, and there no more
            // than their role.
            Self::Membership
            | Self::Role(
                Role::Device
                | Role::ReservationPublisher
                | Role::ReservationReader
                | Role::TaskAdmin
                | Role::TeamAdmin
                | Role::MarketplaceAdmin,
            ) => 6,
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
        ("ReservationPublisher", Self::ReservationPublisher),
        ("ReservationReader", Self::ReservationReader),
        ("TaskAdmin", Self::TaskAdmin),
        ("TeamAdmin", Self::TeamAdmin),
        ("MarketplaceAdmin", Self::MarketplaceAdmin),
    ];
}
