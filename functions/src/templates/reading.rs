//! Showing templates with their spaces, which may have been deleted.

use std::collections::HashSet;

use latchkey::access::AccessTemplate;
use latchkey::access::template::{AccessTemplateView, ThingAccessTemplateView};
use latchkey::caller::OrganizationScope;
use latchkey::directory::Resource;
use latchkey::role::{Area, Reach};
use latchkey::table::{Items, Key};
use latchkey::wire::service::Input;
use latchkey::wire::{Error, Result};

use crate::lambda::{Call, SHOWN};
use crate::scopes;

/// Finds the template that a request asks for. One round trip.
///
/// # Errors
/// 400 if it names none, 403 if the caller does not read templates, 404 if it does not exist.
///
/// `not_served` are the parameters that the services' page names besides.
pub(super) async fn asked(
    call: &Call,
    not_served: &[&str],
) -> Result<(OrganizationScope, AccessTemplate)> {
    let id = Input::of(&call.request)?.read(|fields| {
        fields.not_served(not_served);
        super::id(fields)
    })?;
    let scopes = scopes::reaching(call, Area::Templates, Reach::Read)?;
    let key = |scope: &OrganizationScope| {
        AccessTemplate::key(scope, id).filter(|_| scopes.contains(scope))
    };
    let found = call.find(key, SHOWN).await?;
    found.ok_or(Error::NotFound(AccessTemplate::WHAT))
}

/// The spaces of templates of one organization.
pub(super) struct Spaces<'s> {
    scope: &'s OrganizationScope,
    /// The results, the cheapest read first.
    found: Vec<Items>,
}

impl<'s> Spaces<'s> {
    /// Reads them. One round trip; what that does not find, since it was just created or is
    /// gone, is looked for once more, strongly.
    pub(super) async fn of(
        call: &Call,
        scope: &'s OrganizationScope,
        templates: &[AccessTemplate],
    ) -> Result<Self> {
        let things = templates.iter().flat_map(|template| &template.things);
        let keys: HashSet<Key> = things.map(|thing| scope.space(thing.thing_id)).collect();
        let mut missing: Vec<_> = keys.into_iter().collect();
        let mut found = Vec::new();
        for read in SHOWN {
            if missing.is_empty() {
                break;
            }
            let items = call.table.get_all(&missing, *read).await?;
            missing.retain(|key| !items.has(key));
            found.push(items);
        }
        Ok(Self { scope, found })
    }

    /// The things of a template that exist.
    pub(super) fn things(&self, template: &AccessTemplate) -> Result<Vec<ThingAccessTemplateView>> {
        let mut things = Vec::new();
        for thing in &template.things {
            let key = self.scope.space(thing.thing_id);
            if let Some(items) = self.found.iter().find(|items| items.has(&key))
                && let Some(space) = items.get(&key)?
            {
                things.push(ThingAccessTemplateView::new(thing, space));
            }
        }
        Ok(things)
    }

    /// A template with those of its things that exist.
    pub(super) fn view(&self, template: AccessTemplate) -> Result<AccessTemplateView> {
        let things = self.things(&template)?;
        Ok(AccessTemplateView::new(self.scope, template, things))
    }
}
