//! The organizations in which a caller may do something, and the one that a list is of.

use latchkey::caller::OrganizationScope;
use latchkey::error::{Error, FaultCode, Result};
use latchkey::role::{Area, Reach};
use latchkey::wire::Query;
use latchkey::wire::json::Fields;
use latchkey::wire::service::types::OrganizationGuid;

use crate::lambda::Call;

/// Whether the caller writes the directory of this organization.
pub(crate) fn writes(scope: &OrganizationScope) -> bool {
    scope.reaches(Area::Directory, Reach::Write)
}

/// Whether the caller reads all of the directory of this organization.
pub(crate) fn reads(scope: &OrganizationScope) -> bool {
    scope.reaches(Area::Directory, Reach::Read)
}

/// The scopes in which the caller writes the directory.
///
/// # Errors
/// 403 if there is none.
pub(crate) fn writing(call: &Call) -> Result<Vec<OrganizationScope>> {
    reaching(call, Area::Directory, Reach::Write)
}

/// The scopes in which the caller reaches so far in an area.
///
/// # Errors
/// 403 if there is none.
pub(crate) fn reaching(call: &Call, area: Area, reach: Reach) -> Result<Vec<OrganizationScope>> {
    let scopes = call.caller.scopes();
    let scopes: Vec<_> = scopes.filter(|scope| scope.reaches(area, reach)).collect();
    if scopes.is_empty() {
        Err(Error::InsufficientRights(Vec::new()))
    } else {
        Ok(scopes)
    }
}

const ORGANIZATION: &str = "organizationId";

/// Reads the organization that a list is of: the query's `organizationId`, else the only
/// one that the caller belongs to. `None` without a fault when the caller does not belong to
/// the one that is named.
pub(crate) fn organization(call: &Call, query: &Query<'_>) -> Option<OrganizationScope> {
    if query.text(ORGANIZATION).is_some() {
        let id = query.optional(ORGANIZATION, "the ID of an organization")?;
        return call.caller.scope(id).ok();
    }
    let only = only_organization(call);
    if only.is_none() {
        query.fault(ORGANIZATION, FaultCode::Required, SEVERAL);
    }
    only
}

/// The same of the fields of a request from ServiceStack's clients, who give it as a Guid.
pub(crate) fn organization_of(call: &Call, fields: &Fields<'_>) -> Option<OrganizationScope> {
    if fields.has(ORGANIZATION) {
        let OrganizationGuid(id) = fields.optional(ORGANIZATION)?;
        return call.caller.scope(id).ok();
    }
    let only = only_organization(call);
    if only.is_none() {
        fields.fault(ORGANIZATION, FaultCode::Required, SEVERAL);
    }
    only
}

/// The same of the query of a list for them.
pub(crate) fn organization_asked(call: &Call, query: &Query<'_>) -> Option<OrganizationScope> {
    if query.text(ORGANIZATION).is_some() {
        let OrganizationGuid(id) = query.read(ORGANIZATION)?;
        return call.caller.scope(id).ok();
    }
    let only = only_organization(call);
    if only.is_none() {
        query.fault(ORGANIZATION, FaultCode::Required, SEVERAL);
    }
    only
}

const SEVERAL: &str = "required, because you belong to several organizations";

fn only_organization(call: &Call) -> Option<OrganizationScope> {
    let mut scopes = call.caller.scopes();
    scopes.next().filter(|_| scopes.next().is_none())
}
