//! Users, as ServiceStack's clients see them.

pub mod create;
pub mod find;
pub mod get;
pub mod list;
pub mod update;

use latchkey::business::BusinessUserProfileDataView;
use latchkey::caller::OrganizationScope;
use latchkey::directory::{Organization, Resource};
use latchkey::error::{Error, Result};
use latchkey::table::Read;
use utoipa::ToSchema;

use crate::lambda::Call;

/// The operations of this folder, for the API document.
#[derive(utoipa::OpenApi)]
#[openapi(paths(list::list, get::get, create::create, update::update, find::find))]
pub(crate) struct Api;

/// A user.
#[derive(Debug, ToSchema)]
#[schema(as = BusinessUserProfileDataResponse)]
#[expect(dead_code, reason = "the shape of what is written")]
pub(crate) struct BusinessUser {
    /// The user.
    data: BusinessUserProfileDataView,
}

/// The organization with which a user is shown. One round trip.
async fn organization(call: &Call, scope: &OrganizationScope) -> Result<Organization> {
    let key = scope.organization_key();
    let found = call.table.get(&key, Read::Eventual).await?;
    found.ok_or(Error::NotFound(Organization::WHAT))
}
