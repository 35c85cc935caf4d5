//! What it takes to show the things of a template, which may be gone.

use std::collections::HashSet;

use latchkey::access::AccessTemplate;
use latchkey::access::template::ThingAccessTemplateView;
use latchkey::caller::OrganizationScope;
use latchkey::directory::Resource;
use latchkey::error::{Error, Result};
use latchkey::id::AccessTemplateId;
use latchkey::table::Key;

use crate::lambda::{Call, SHOWN};

/// Finds a template in one of these organizations. One round trip.
///
/// # Errors
/// 404 if there is none.
pub(super) async fn find(
    call: &Call,
    scopes: &[OrganizationScope],
    id: AccessTemplateId,
) -> Result<(OrganizationScope, AccessTemplate)> {
    let key = |scope: &OrganizationScope| {
        AccessTemplate::key(scope, id).filter(|_| scopes.contains(scope))
    };
    let found = call.find(key, SHOWN).await?;
    found.ok_or(Error::NotFound(AccessTemplate::WHAT))
}

/// The things of a template that are there, each with itself if that is to be `shown`. One round
/// trip; what that does not find, since it was just created or is gone, is looked for once more,
/// strongly.
pub(super) async fn things(
    call: &Call,
    scope: &OrganizationScope,
    template: &AccessTemplate,
    shown: bool,
) -> Result<Vec<ThingAccessTemplateView>> {
    let keys = template.things.iter();
    let keys: HashSet<Key> = keys.map(|thing| scope.space(thing.thing_id)).collect();
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
    let mut things = Vec::new();
    for thing in &template.things {
        let key = scope.space(thing.thing_id);
        if let Some(items) = found.iter().find(|items| items.has(&key))
            && let Some(space) = items.get(&key)?
        {
            let of = (space, shown);
            things.push(ThingAccessTemplateView::new(scope, template.id, thing, of));
        }
    }
    Ok(things)
}
