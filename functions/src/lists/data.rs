//! Lists for ServiceStack's clients: asked in the body, too, and answered in the format that they
//! want. They know an organization by its Guid.

use latchkey::error::{Error, Result};
use latchkey::role::{Area, Reach};
use latchkey::wire::service::Input;
use latchkey::wire::service::types::OrganizationGuid;
use latchkey::wire::{Page, Query};
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::{IntoParams, PartialSchema};

use super::Listed;
use crate::lambda::Call;
use crate::scopes::organization_asked;

/// The parameters that every such list has.
const COMMON: [&str; 3] = ["organizationId", "size", "cursor"];

/// What such a list is asked for: whose, which page, and what `read` reads of the rest of the
/// query, of which `names` are the names.
///
/// # Errors
/// 400 for every fault; 403 if the caller is not in the organization.
pub(crate) fn asked<T>(
    call: &mut Call,
    names: &[&str],
    read: impl FnOnce(&Query<'_>) -> T,
) -> Result<(Listed, T)> {
    let input = Input::of(&call.request)?;
    input.become_query(&mut call.request, &[&COMMON, names].concat());
    let call = &*call;
    let query = Query::of(&call.request);
    let read = read(&query);
    let scope = organization_asked(call, &query);
    let of = scope.as_ref().map(|scope| scope.organization().to_string());
    let list = [call.operation, of.as_deref().unwrap_or_default()];
    let page = Page::read(&query, &call.request, &list);
    query.finish()?;
    let scope = scope.ok_or(Error::InsufficientRights(Vec::new()))?;
    Ok((Listed { scope, page }, read))
}

impl Listed {
    /// The same, if a role of the caller's reaches that far.
    ///
    /// # Errors
    /// 403.
    pub(crate) fn reaching(self, area: Area, reach: Reach) -> Result<Self> {
        match self.scope.reaches(area, reach) {
            true => Ok(self),
            false => Err(Error::InsufficientRights(Vec::new())),
        }
    }
}

/// The parameters of such a list, for the API document.
pub(crate) struct ListedData;

impl IntoParams for ListedData {
    fn into_params(place: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let organization = ParameterBuilder::new()
            .name("OrganizationId")
            .parameter_in(ParameterIn::Query)
            .description(Some(
                "The organization. Required if the caller belongs to several.",
            ))
            .schema(Some(OrganizationGuid::schema()));
        let mut parameters = vec![organization.build()];
        parameters.extend(Page::into_params(place));
        parameters
    }
}
