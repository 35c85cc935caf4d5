//! The parameters of lists, and lists of items that write grants.

mod data;
pub(crate) mod granted;

pub(crate) use data::{ListedData, asked};

use latchkey::caller::OrganizationScope;
use latchkey::error::{Error, Result};
use latchkey::id::OrganizationId;
use latchkey::wire::{Page, Query};
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::{IntoParams, PartialSchema};

use crate::lambda::Call;
use crate::scopes::{organization, reads};

/// The parameters of a list: the organization and the page.
pub(crate) struct Listed {
    pub(crate) scope: OrganizationScope,
    pub(crate) page: Page,
}

/// The parameters, for the API document.
impl IntoParams for Listed {
    fn into_params(place: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let organization = ParameterBuilder::new()
            .name("organizationId")
            .parameter_in(ParameterIn::Query)
            .description(Some(
                "The organization. Required if the caller belongs to several.",
            ))
            .schema(Some(OrganizationId::schema()));
        let mut parameters = vec![organization.build()];
        parameters.extend(Page::into_params(place));
        parameters
    }
}

/// Reads the organization and the page of a list of the directory.
///
/// # Errors
/// 400 for every fault of the query; 403 if the caller does not read the directory.
pub(crate) fn in_organization(call: &Call, query: Query<'_>) -> Result<Listed> {
    let listed = of_member(call, query)?;
    match reads(&listed.scope) {
        true => Ok(listed),
        false => Err(Error::InsufficientRights(Vec::new())),
    }
}

/// The same of a list in which every member sees something.
///
/// # Errors
/// 400 for every fault of the query; 403 when the caller is not in the organization.
pub(crate) fn of_member(call: &Call, query: Query<'_>) -> Result<Listed> {
    let scope = organization(call, &query);
    let of = scope.as_ref().map(|scope| scope.organization().to_string());
    let list = [call.operation, of.as_deref().unwrap_or_default()];
    let page = Page::read(&query, &call.request, &list);
    query.finish()?;
    let scope = scope.ok_or(Error::InsufficientRights(Vec::new()))?;
    Ok(Listed { scope, page })
}
