//! The access as it is shown, to ServiceStack's clients.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Access, AccessSpace, AccessTemplate, CodeStrategy};
use crate::access_code::AccessCode;
use crate::business::{BusinessUserView, OrganizationView, ThingView, id_within};
use crate::caller::OrganizationScope;
use crate::directory::{Organization, Resource, Space, User};
use crate::error::{Error, Result};
use crate::id::{AccessId, AccessTemplateId, SpaceId, UserId};
use crate::table::{Items, Key};
use crate::wire::service::types::{Enumeration, Guid, Moment, TimeSpan};

/// An access.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = BusinessUserAccessView)]
pub struct View {
    /// The ID.
    id: AccessId,
    /// The start.
    valid_from: Moment,
    /// The end. Left out if the access has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    valid_to: Option<Moment>,
    /// The label.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(examples("Cleaning"))]
    label: Option<String>,
    /// Names that the access carries along. Latchkey does not interpret them.
    #[schema(examples("Coffee"))]
    permission: Vec<String>,
    /// The organization.
    organization: OrganizationView,
    /// The user who may enter.
    business_user: BusinessUserView,
    /// The template that the access was made from.
    access_templates: Vec<AccessTemplateBasicView>,
    /// The spaces.
    thing_business_user_accesses: Vec<SpaceView>,
    /// How access codes were given out.
    #[schema(value_type = CodeStrategy)]
    access_code_initialization_strategy: Enumeration<CodeStrategy>,
    /// Whether the access is valid now, regardless of hours of the day.
    #[schema(examples(true))]
    active: bool,
    /// When it was created.
    date_created: Moment,
    /// The time of the last change.
    date_modified: Moment,
}

/// The template that an access was made of.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct AccessTemplateBasicView {
    /// The ID.
    id: AccessTemplateId,
    /// The name. Left out if the template was deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(examples("Guests"))]
    name: Option<String>,
}

/// A space of an access.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ThingBusinessUserAccessView)]
struct SpaceView {
    /// The ID of this entry of the access.
    id: Guid,
    /// The space.
    thing_id: SpaceId,
    /// The space itself. Left out if it was deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    thing: Option<ThingView>,
    /// The access code.
    access_code: AccessCode,
    /// The number of entries. Left out if entries are not counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, examples(10))]
    access_count: Option<u32>,
    /// The start of each day's hours. Left out if the access holds all day.
    #[serde(skip_serializing_if = "Option::is_none")]
    from_hour: Option<TimeSpan>,
    /// The end of each day's hours.
    #[serde(skip_serializing_if = "Option::is_none")]
    to_hour: Option<TimeSpan>,
    /// Whether the space is exclusive to this access.
    #[schema(examples(false))]
    exclusive: bool,
}

/// What the views of accesses show besides those.
struct Named {
    organization: Organization,
    users: HashMap<UserId, User>,
    templates: HashMap<AccessTemplateId, AccessTemplate>,
    spaces: HashMap<SpaceId, Space>,
}

impl View {
    /// The keys of what a view needs in addition to the access.
    pub fn needs(scope: &OrganizationScope, access: &Access) -> impl Iterator<Item = Key> {
        let spaces = access.spaces.iter();
        let spaces = spaces.map(|space| scope.space(space.terms.space));
        let template = scope.thing(AccessTemplate::KEY, access.template);
        let others = [scope.organization_key(), scope.user(access.user), template];
        others.into_iter().chain(spaces)
    }

    /// The views of accesses at `now`, with the names of what they speak of out of `items`.
    ///
    /// # Errors
    /// 500 if an item is not of its type.
    pub fn all<P>(
        scope: &OrganizationScope,
        accesses: Vec<(P, Access)>,
        mut items: Items,
        now: DateTime<Utc>,
    ) -> Result<Vec<(P, Self)>> {
        if accesses.is_empty() {
            return Ok(Vec::new());
        }
        let organization = items.take(&scope.organization_key())?;
        let mut named = Named {
            organization: organization.ok_or(Error::NotFound(Organization::WHAT))?,
            users: HashMap::new(),
            templates: HashMap::new(),
            spaces: HashMap::new(),
        };
        let template = |id| scope.thing(AccessTemplate::KEY, id);
        for (_, access) in &accesses {
            items.take_once(access.user, |id| scope.user(id), &mut named.users)?;
            items.take_once(access.template, template, &mut named.templates)?;
            for space in &access.spaces {
                items.take_once(space.terms.space, |id| scope.space(id), &mut named.spaces)?;
            }
        }
        let views = accesses.into_iter();
        let views = views.map(|(place, access)| (place, Self::new(access, &named, now)));
        Ok(views.collect())
    }

    fn new(access: Access, named: &Named, now: DateTime<Utc>) -> Self {
        let of = access.spaces.iter();
        let of = of.map(|space| SpaceView::new(&access, space, named));
        let template = AccessTemplateBasicView {
            id: access.template,
            name: named
                .templates
                .get(&access.template)
                .map(|template| template.name.clone()),
        };
        Self {
            thing_business_user_accesses: of.collect(),
            active: access.is_active(now),
            id: access.id,
            organization: OrganizationView::from(&named.organization),
            access_templates: vec![template],
            business_user: BusinessUserView::new(access.user, named.users.get(&access.user)),
            label: access.label,
            permission: access.permission,
            access_code_initialization_strategy: Enumeration(access.strategy),
            valid_from: Moment(access.window.from()),
            valid_to: access.window.until().map(Moment),
            date_created: Moment(access.date_created),
            date_modified: Moment(access.date_modified),
        }
    }
}

impl SpaceView {
    fn new(access: &Access, space: &AccessSpace, named: &Named) -> Self {
        let span = |time: Option<TimeDelta>| TimeSpan::of(time?);
        let terms = &space.terms;
        let thing = named.spaces.get(&terms.space).cloned();
        Self {
            id: Guid(id_within(access.id.bytes(), terms.space.bytes())),
            thing_id: terms.space,
            thing: thing.map(|space| ThingView::new(access.organization, space)),
            access_code: space.code.clone(),
            access_count: terms.count,
            from_hour: span(terms.from_hour()),
            to_hour: span(terms.to_hour()),
            exclusive: terms.exclusive,
        }
    }
}
