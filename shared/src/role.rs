//! What the roles of an organization allow.

use serde::{Deserialize, Serialize};

/// A role that a user has in an organization. A user without one is a plain member, who
/// may do what their own grants give them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Role {
    /// Runs the organization.
    Admin,
    /// Runs the organization on behalf of the tenant.
    TenantAdmin,
    /// Gives and takes rights.
    AccessAdmin,
    /// Makes access templates.
    AccessTemplateAdmin,
    /// Sees who may come in.
    Receptionist,
    /// A door's controller: asks whether a code opens it.
    Device,
}

/// What a role may be allowed to work on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Area {
    /// Shares, whatever their source.
    Shares,
}

/// How far a role's right goes in an area.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reach {
    /// No right of the role's own.
    Nothing,
    /// Read everything.
    Read,
    /// Read and change everything.
    Write,
}

impl Role {
    /// How far this role's right goes in `area`: the one table of what roles allow.
    pub fn reach(self, area: Area) -> Reach {
        use Reach::{Nothing, Write};
        use Role::{AccessAdmin, AccessTemplateAdmin, Admin, Device, Receptionist, TenantAdmin};
        match (area, self) {
            (Area::Shares, Admin | TenantAdmin | AccessAdmin) => Write,
            (Area::Shares, AccessTemplateAdmin | Receptionist | Device) => Nothing,
        }
    }
}
