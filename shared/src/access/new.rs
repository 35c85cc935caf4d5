//! The bodies of *create an access* and *change an access*.

use std::collections::HashSet;

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::CodeStrategy;
use crate::error::{FaultCode, Result};
use crate::id::{AccessId, AccessTemplateId, SpaceId, UserId};
use crate::timing::{InstantWindow, Period};
use crate::wire::json::{Fields, unreadable};
use crate::wire::service::Input;
use crate::wire::service::types::{
    Enumeration, Flag, Guid, Moment, Number, Numbered, TimeSpan, Words,
};

/// The maximum number of spaces of an access.
pub const MAX_SPACES: usize = 40;
/// The maximum number of permission names that are stored with an access.
pub(super) const MAX_PERMISSIONS: usize = 100;
/// The maximum number of entries of an access.
pub(super) const MAX_COUNT: u32 = 1_000_000_000;

/// The terms at one space of an access.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SpaceTerms {
    /// The space.
    pub space: SpaceId,
    /// The number of entries allowed; unlimited if `None`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u32>,
    /// On which hours of each day; all when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hours: Option<Period>,
    /// Whether the access excludes all others to the space.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub exclusive: bool,
}

/// The terms as requested. What is left out comes from the template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SpaceWanted {
    /// The space.
    pub space: SpaceId,
    /// The number of entries allowed.
    pub count: Option<u32>,
    /// On which hours of each day.
    pub hours: Option<Period>,
    /// Whether the access excludes all others to the space.
    pub exclusive: Option<bool>,
}

impl SpaceWanted {
    /// With what it leaves out taken from `defaults`.
    pub fn or(self, defaults: &SpaceTerms) -> SpaceTerms {
        SpaceTerms {
            space: self.space,
            count: self.count.or(defaults.count),
            hours: self.hours.or(defaults.hours),
            exclusive: self.exclusive.unwrap_or(defaults.exclusive),
        }
    }
}

/// The fields that *create* and *change* have in common.
#[derive(Debug, Clone, PartialEq)]
pub struct Terms {
    /// From when until when.
    pub window: InstantWindow,
    /// The label.
    pub label: Option<String>,
    /// The spaces, each of them once.
    pub spaces: Vec<SpaceWanted>,
}

/// An access that is to be made.
#[derive(Debug, Clone, PartialEq)]
pub struct NewAccess {
    /// The template of the access.
    pub template: AccessTemplateId,
    /// The user.
    pub user: UserId,
    /// Whether each space has a code of its own; the template's value if left out.
    pub strategy: Option<CodeStrategy>,
    /// The value that is stored and returned.
    pub permission: Vec<String>,
    /// Spaces and times.
    pub terms: Terms,
}

/// A change of an access.
#[derive(Debug, Clone, PartialEq)]
pub struct AccessChanges {
    /// The access.
    pub id: AccessId,
    /// Spaces and times, in place of those that it had.
    pub terms: Terms,
}

impl NewAccess {
    /// Reads what a create asks for.
    ///
    /// # Errors
    /// 400 with every fault.
    pub fn read(input: &Input) -> Result<Self> {
        input.read(|fields| {
            let template = fields.required::<Guid>("accessTemplateId");
            let user = fields.required::<Numbered<UserId>>("businessUserId");
            let strategy =
                fields.optional::<Enumeration<CodeStrategy>>("accessCodeInitializationStrategy");
            let permission = fields.list::<Words>("permission", MAX_PERMISSIONS);
            let terms = Terms::read(fields);
            Some(Self {
                template: template?.0.into(),
                user: user?.0,
                strategy: strategy.map(|Enumeration(strategy)| strategy),
                permission: permission
                    .unwrap_or_default()
                    .into_iter()
                    .map(String::from)
                    .collect(),
                terms: terms?,
            })
        })
    }
}

impl AccessChanges {
    /// Reads what a change asks for.
    ///
    /// # Errors
    /// 400 with every fault.
    pub fn read(input: &Input) -> Result<Self> {
        input.read(|fields| {
            let id = fields.required::<Guid>("businessUserAccessId");
            let terms = Terms::read(fields);
            Some(Self {
                id: id?.0.into(),
                terms: terms?,
            })
        })
    }
}

impl Terms {
    fn read(fields: &Fields<'_>) -> Option<Self> {
        let from = fields.required::<Moment>("validFrom");
        let to = fields.optional::<Moment>("validTo");
        let window = from.and_then(|Moment(from)| {
            let window = InstantWindow::new(from, to.map(|Moment(to)| to)).ok();
            if window.is_none() {
                let message = "expected to be later than validFrom";
                fields.fault("validTo", FaultCode::InvalidValue, message);
            }
            window
        });
        let label = fields.optional::<Words>("label").map(String::from);
        if let Some(why) = label.as_deref().and_then(|label| unreadable(label, false)) {
            fields.fault("label", FaultCode::InvalidValue, why);
        }
        if !fields.has(SPACES) {
            fields.missing(SPACES);
        }
        let spaces = spaces(fields, SPACES, wanted, |wanted| wanted.space);
        Some(Self {
            window: window?,
            label: label.filter(|label| !label.is_empty()),
            spaces: spaces?,
        })
    }
}

const SPACES: &str = "spaces";

/// Reads a list of 1 to 40 spaces, each of them once; `None` when it is left out, or has
/// faults.
pub(super) fn spaces<T>(
    fields: &Fields<'_>,
    name: &str,
    read: fn(&Fields<'_>) -> Option<T>,
    id: fn(&T) -> SpaceId,
) -> Option<Vec<T>> {
    let given = fields.objects(name, MAX_SPACES)?;
    if given.is_empty() {
        let message = format!("expected 1 to {MAX_SPACES} spaces");
        fields.fault(name, FaultCode::OutOfRange, message);
        return None;
    }
    let mut seen = HashSet::new();
    let spaces: Vec<_> = given
        .iter()
        .map(|space| {
            let read = read(space);
            if let Some(of) = &read
                && !seen.insert(id(of))
            {
                let message = "this space is given twice";
                space.fault("thingId", FaultCode::NotAllowed, message);
            }
            read
        })
        .collect();
    spaces.into_iter().collect()
}

fn wanted(space: &Fields<'_>) -> Option<SpaceWanted> {
    let id = space.required::<Guid>("thingId");
    let count = space.optional::<Number<1, MAX_COUNT>>("accessCount");
    let exclusive = space.optional::<Flag>("exclusive");
    let hour = |name| {
        let span = space.optional::<TimeSpan>(name);
        span.map(TimeDelta::from)
    };
    let hours = match Period::from_hours(hour("fromHour"), hour("toHour")) {
        Ok(hours) => hours,
        Err(error) => {
            let field = match error {
                crate::timing::HoursError::From => "fromHour",
                crate::timing::HoursError::To => "toHour",
            };
            space.fault(field, FaultCode::OutOfRange, error.to_string());
            None
        }
    };
    Some(SpaceWanted {
        space: id?.0.into(),
        count: count.map(u32::from),
        hours,
        exclusive: exclusive.map(bool::from),
    })
}

/// The body of a create, as the API document shows it; [`NewAccess::read`] reads it.
#[derive(Debug, ToSchema)]
#[schema(
    rename_all = "camelCase",
    as = CreateBusinessUserAccess,
    description = "An access to create.",
    examples(json!({
        "accessTemplateId": "0192a5b07c0070008000000000000002",
        "businessUserId": 2,
        "accessCodeInitializationStrategy": 0,
        "permission": ["Breakfast"],
        "validFrom": 1_795_262_400_000_i64,
        "validTo": 1_795_348_800_000_i64,
        "label": "Room 7",
        "spaces": [{
            "thingId": "0192a5b07c0070008000000000000001",
            "accessCount": 10,
            "fromHour": "08:00:00",
            "toHour": "22:00:00",
            "exclusive": false
        }]
    }))
)]
pub struct NewAccessBody {
    /// The template of the access.
    pub access_template_id: AccessTemplateId,
    /// The user.
    pub business_user_id: UserId,
    /// Whether each space has a code of its own, or all have the same. Defaults to the
    /// template's value.
    pub access_code_initialization_strategy: Option<CodeStrategy>,
    /// A value that is stored and returned, without a meaning here.
    #[schema(max_items = 100, examples("Breakfast"))]
    pub permission: Option<Vec<String>>,
    /// The start. A number that would be in the years 1970 to 2000 is refused, because it is
    /// usually a time in seconds.
    pub valid_from: Moment,
    /// The end; if left out, the access has no end.
    pub valid_to: Option<Moment>,
    /// The label.
    #[schema(max_length = 200, examples("Room 7"))]
    pub label: Option<String>,
    /// The spaces, each once.
    #[schema(min_items = 1, max_items = 40)]
    pub spaces: Vec<SpaceBody>,
}

/// The body of a change, as the API document shows it; [`AccessChanges::read`] reads it.
#[derive(Debug, ToSchema)]
#[schema(
    rename_all = "camelCase",
    as = UpdateBusinessUserAccess,
    description = "A change of an access.",
    examples(json!({
        "businessUserAccessId": "0192a5b07c0070008000000000000003",
        "validFrom": 1_795_262_400_000_i64,
        "validTo": 1_795_348_800_000_i64,
        "label": "Room 8",
        "spaces": [{
            "thingId": "0192a5b07c0070008000000000000001",
            "accessCount": 10,
            "fromHour": "08:00:00",
            "toHour": "22:00:00",
            "exclusive": false
        }]
    }))
)]
pub struct AccessChangesBody {
    /// The access.
    pub business_user_access_id: AccessId,
    /// The start. A number that would be in the years 1970 to 2000 is refused, because it is
    /// usually a time in seconds.
    pub valid_from: Moment,
    /// The end; if left out, the access has no end.
    pub valid_to: Option<Moment>,
    /// The label; none if left out.
    #[schema(max_length = 200, examples("Room 8"))]
    pub label: Option<String>,
    /// The spaces, each once.
    #[schema(min_items = 1, max_items = 40)]
    pub spaces: Vec<SpaceBody>,
}

/// A space of an access.
#[derive(Debug, ToSchema)]
#[schema(rename_all = "camelCase", as = ThingBusinessUserAccessDto)]
pub struct SpaceBody {
    /// The space.
    pub thing_id: SpaceId,
    /// The maximum number of entries.
    #[schema(minimum = 1, maximum = 1_000_000_000, examples(10))]
    pub access_count: Option<u32>,
    /// The start of each day's hours; without `toHour`, until midnight.
    pub from_hour: Option<TimeSpan>,
    /// The end of each day's hours. A time before `fromHour` is on the next day; the same time
    /// means the whole day.
    pub to_hour: Option<TimeSpan>,
    /// Whether the access excludes all others to the space.
    #[schema(examples(false))]
    pub exclusive: Option<bool>,
}
