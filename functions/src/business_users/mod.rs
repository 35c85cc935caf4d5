//! Users, as ServiceStack's clients see them.

pub mod list;

use latchkey::caller::OrganizationScope;
use latchkey::directory::{Organization, Resource};
use latchkey::error::{Error, Result};
use latchkey::table::Read;

use crate::lambda::Call;

/// The operations of this folder, for the API document.
#[derive(utoipa::OpenApi)]
#[openapi(paths(list::list))]
pub(crate) struct Api;

/// An organization that a user is shown with. One round trip.
async fn organization(call: &Call, scope: &OrganizationScope) -> Result<Organization> {
    let key = scope.organization_key();
    let found = call.table.get(&key, Read::Eventual).await?;
    found.ok_or(Error::NotFound(Organization::WHAT))
}
