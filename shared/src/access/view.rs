//! The access as it is shown, to ServiceStack's clients.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Access, AccessCode, AccessSpace, CodeStrategy};
use crate::caller::OrganizationScope;
use crate::directory::Space;
use crate::id::{AccessId, AccessTemplateId, OrganizationId, SpaceId, UserId};
use crate::table::{Items, Key};
use crate::wire::Result;
use crate::wire::service::types::{Enumeration, Moment, TimeSpan};

/// An access.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = BusinessUserAccessView)]
pub struct View {
    /// The ID.
    id: AccessId,
    /// Its organization.
    organization_id: OrganizationId,
    /// The template that it was made of.
    access_template_id: AccessTemplateId,
    /// Whom it is for.
    business_user_id: UserId,
    /// The label.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(examples("Cleaning"))]
    label: Option<String>,
    /// What it carries along, which means nothing here.
    #[schema(examples("Coffee"))]
    permission: Vec<String>,
    /// Whether each space has a code of its own, or all have the same.
    #[schema(value_type = CodeStrategy)]
    access_code_initialization_strategy: Enumeration<CodeStrategy>,
    /// From when.
    valid_from: Moment,
    /// Until when; left out when it has no end.
    #[serde(skip_serializing_if = "Option::is_none")]
    valid_to: Option<Moment>,
    /// Whether it is valid now, whatever the hours of the day.
    #[schema(examples(true))]
    active: bool,
    /// When it was created.
    date_created: Moment,
    /// When it was last changed.
    date_modified: Moment,
    /// What it gives access to.
    spaces: Vec<SpaceView>,
}

/// A space of an access.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = BusinessUserAccessSpaceView)]
struct SpaceView {
    /// The space.
    thing_id: SpaceId,
    /// Its name; left out when the space was deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(examples("Meeting room"))]
    name: Option<String>,
    /// The code that is typed at the doors.
    access_code: AccessCode,
    /// How many entries it is good for; left out when they are not counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, examples(10))]
    access_count: Option<u32>,
    /// From when on each day; left out when it is all day.
    #[serde(skip_serializing_if = "Option::is_none")]
    from_hour: Option<TimeSpan>,
    /// Until when on each day.
    #[serde(skip_serializing_if = "Option::is_none")]
    to_hour: Option<TimeSpan>,
    /// Whether nobody else may have an access to the space meanwhile.
    #[schema(examples(false))]
    exclusive: bool,
}

impl View {
    /// The keys of what a view needs besides the access.
    pub fn needs(scope: &OrganizationScope, access: &Access) -> impl Iterator<Item = Key> {
        let spaces = access.spaces.iter();
        spaces.map(|space| scope.space(space.terms.space))
    }

    /// The views of accesses at `now`, with the names of their spaces out of `items`.
    ///
    /// # Errors
    /// 500 when an item is no space.
    pub fn all<P>(
        scope: &OrganizationScope,
        accesses: Vec<(P, Access)>,
        mut items: Items,
        now: DateTime<Utc>,
    ) -> Result<Vec<(P, Self)>> {
        let mut spaces = HashMap::new();
        for (_, access) in &accesses {
            for space in &access.spaces {
                items.take_once(space.terms.space, |id| scope.space(id), &mut spaces)?;
            }
        }
        let views = accesses.into_iter();
        let views = views.map(|(place, access)| (place, Self::new(access, &spaces, now)));
        Ok(views.collect())
    }

    fn new(access: Access, spaces: &HashMap<SpaceId, Space>, now: DateTime<Utc>) -> Self {
        let of = access.spaces.iter().map(|space| {
            let found = spaces.get(&space.terms.space);
            SpaceView::new(space, found.map(|space| space.name.clone()))
        });
        Self {
            spaces: of.collect(),
            active: access.is_active(now),
            id: access.id,
            organization_id: access.organization,
            access_template_id: access.template,
            business_user_id: access.user,
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
    fn new(space: &AccessSpace, name: Option<String>) -> Self {
        let span = |time: Option<TimeDelta>| TimeSpan::of(time?);
        let terms = &space.terms;
        Self {
            thing_id: terms.space,
            name,
            access_code: space.code.clone(),
            access_count: terms.count,
            from_hour: span(terms.from_hour()),
            to_hour: span(terms.to_hour()),
            exclusive: terms.exclusive,
        }
    }
}
