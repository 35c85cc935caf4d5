//! Access templates: the spaces that an access is given to, and how it is made of them.

use std::borrow::Cow;
use std::collections::BTreeSet;

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::new::{MAX_COUNT, MAX_PERMISSIONS, spaces};
use super::{CodeStrategy, SpaceTerms};
use crate::business::{NoneOf, OrganizationBasicView, ThingView, id_within};
use crate::caller::OrganizationScope;
use crate::directory::{Organization, Reference, Resource, Space};
use crate::error::FaultCode;
use crate::id::{AccessTemplateId, SpaceId};
use crate::role::Area;
use crate::timing::Period;
use crate::wire::json::{Fields, FromJson, Label, Remark};
use crate::wire::service::types::{
    self, Enumerated, Enumeration, Flag, Guid, Number, OrganizationGuid, Words,
};

/// A template: the spaces of its accesses, with defaults for each.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AccessTemplate {
    /// The ID.
    pub id: AccessTemplateId,
    /// The name.
    pub name: String,
    /// The description.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The things of the template: 1 to 40 spaces, each once.
    pub things: Vec<TemplateThing>,
    /// Whom the template is meant for.
    pub scope: TemplateScope,
    /// How the spaces of an access get their codes.
    pub strategy: CodeStrategy,
    /// The version; each change adds one.
    pub version: u64,
}

impl AccessTemplate {
    /// The thing of a space; `None` if the template does not have it.
    pub fn thing(&self, space: SpaceId) -> Option<&TemplateThing> {
        self.things.iter().find(|thing| thing.thing_id == space)
    }
}

/// A space of a template, with what an access to it is when the access does not say.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TemplateThing {
    /// The space.
    pub thing_id: SpaceId,
    /// From which hour of the day on, 0 to 23.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub available_from: Option<u32>,
    /// Until which hour of the day, 0 to 24.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub available_to: Option<u32>,
    /// Maximum number of entries; unlimited by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_count: Option<u32>,
    /// Whether an access to the space excludes all others at the same time.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub exclusive: bool,
    /// What else it carries along, which means nothing here: a level of access,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_level: Option<String>,
    /// and names of permissions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub permission: Vec<String>,
}

impl TemplateThing {
    /// A space to which an access is without a limit.
    pub fn of(space: SpaceId) -> Self {
        Self {
            thing_id: space,
            available_from: None,
            available_to: None,
            access_count: None,
            exclusive: false,
            access_level: None,
            permission: Vec::new(),
        }
    }

    /// The defaults for accesses to the thing.
    pub fn terms(&self) -> SpaceTerms {
        let hour = |hour: Option<u32>| hour.map(i64::from).map(TimeDelta::hours);
        // The values were read as hours of a day.
        let hours = Period::from_hours(hour(self.available_from), hour(self.available_to));
        SpaceTerms {
            space: self.thing_id,
            count: self.access_count,
            hours: hours.unwrap_or_default(),
            exclusive: self.exclusive,
        }
    }

    fn read(body: &Fields<'_>) -> Option<Self> {
        let id = body.required::<Guid>("thingId");
        let from = body.optional::<Number<0, 23>>("availableFrom");
        let to = body.optional::<Number<0, 24>>("availableTo");
        let count = body.optional::<Number<1, MAX_COUNT>>("accessCount");
        let exclusive = body.optional::<Flag>("exclusive");
        let level = body.optional::<Words>("accessLevel").map(String::from);
        let permission = body.list::<Words>("permission", MAX_PERMISSIONS);
        // What an answer says of a thing besides: a client may send it back as it is. It is the
        // thing's own and not the template's to say.
        body.optional::<Guid>("id");
        for name in ["thingName", "thingTypeName"] {
            body.optional::<Words>(name);
        }
        // A client whose type for it has no null sends the Guid of nobody.
        let organization = body.optional::<Guid>("organizationId");
        if let Some(Guid(id)) = organization.filter(|Guid(id)| !id.is_nil())
            && OrganizationGuid::of(id).is_none()
        {
            let message = "expected the Guid of an organization";
            body.fault("organizationId", FaultCode::InvalidValue, message);
        }
        Some(Self {
            thing_id: id?.0.into(),
            available_from: from.map(u32::from),
            available_to: to.map(u32::from),
            access_count: count.map(u32::from),
            exclusive: exclusive.is_some_and(bool::from),
            access_level: level.filter(|level| !level.is_empty()),
            permission: permission
                .unwrap_or_default()
                .into_iter()
                .map(String::from)
                .collect(),
        })
    }
}

/// Whom a template is meant for. It is for people and apps to sort templates by, and gives
/// nobody a right.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum TemplateScope {
    /// Everybody.
    #[default]
    All,
    /// Guests.
    Guest,
    /// Staff.
    Staff,
}

impl Enumerated for TemplateScope {
    const VALUES: &'static [(&'static str, u8, Self)] = &[
        ("All", 0, Self::All),
        ("Guest", 1, Self::Guest),
        ("Staff", 2, Self::Staff),
    ];
}

impl PartialSchema for TemplateScope {
    fn schema() -> RefOr<Schema> {
        types::enumeration::<Self>("Whom a template is meant for")
    }
}

impl ToSchema for TemplateScope {
    fn name() -> Cow<'static, str> {
        "AccessTemplateScope".into()
    }
}

/// The description of a template. An empty text clears it.
struct Description(Option<String>);

impl FromJson for Description {
    fn from_json(value: &Value) -> Result<Self, (FaultCode, String)> {
        match value {
            Value::String(text) if text.trim().is_empty() => Ok(Self(None)),
            value => Remark::from_json(value).map(|Remark(text)| Self(Some(text))),
        }
    }
}

impl From<Description> for Option<String> {
    fn from(Description(text): Description) -> Self {
        text
    }
}

impl Resource for AccessTemplate {
    type Id = AccessTemplateId;
    const KEY: &'static str = "TEMPLATE";
    const WHAT: &'static str = "access template";
    const AREA: Area = Area::Templates;
    const ID_FIELD: &'static str = "accessTemplateId";
    const REQUIRED: &'static [&'static str] = &["name", "things"];

    fn blank(id: AccessTemplateId) -> Self {
        Self {
            id,
            name: String::new(),
            description: None,
            things: Vec::new(),
            scope: TemplateScope::default(),
            strategy: CodeStrategy::default(),
            version: 1,
        }
    }

    crate::directory::versioned!();

    /// From ServiceStack's clients, null means the same as a field left out.
    fn read(&mut self, body: &Fields<'_>) {
        body.set::<Label, _>("name", &mut self.name);
        body.set::<Description, _>("description", &mut self.description);
        let things = spaces(body, "things", TemplateThing::read, |thing| thing.thing_id);
        if let Some(things) = things {
            self.things = things;
        }
        if let Some(Enumeration(scope)) = body.optional("scope") {
            self.scope = scope;
        }
        if let Some(Enumeration(strategy)) = body.optional("accessCodeInitializationStrategy") {
            self.strategy = strategy;
        }
    }

    fn refers(&self, scope: &OrganizationScope) -> Vec<Reference> {
        let things = self.things.iter().enumerate();
        things
            .map(|(place, thing)| Reference {
                to: scope.space(thing.thing_id),
                field: format!("things[{place}].thingId"),
            })
            .collect()
    }
}

/// The body of a create, as the API document shows it.
#[derive(Debug, ToSchema)]
#[schema(
    rename_all = "camelCase",
    as = CreateAccessTemplate,
    description = "An access template to create.",
    examples(json!({
        "name": "Guests",
        "description": "For a night or two",
        "things": [{
            "thingId": "0192a5b07c0070008000000000000001",
            "availableFrom": 8,
            "availableTo": 22,
            "accessCount": 10,
            "exclusive": false
        }],
        "scope": 1,
        "accessCodeInitializationStrategy": 0,
        "organizationId": "4c617463686b80018000000000000001"
    }))
)]
pub struct NewAccessTemplate {
    /// The name.
    #[schema(min_length = 1, max_length = 200, examples("Guests"))]
    pub name: String,
    /// The description.
    #[schema(max_length = 2000, examples("For a night or two"))]
    pub description: Option<String>,
    /// The things to which an access from this template can be, each once.
    #[schema(min_items = 1, max_items = 40)]
    pub things: Vec<ThingAccessTemplateDto>,
    /// Whom the template is meant for; `All` by default.
    pub scope: Option<TemplateScope>,
    /// Default for accesses: whether each space has a code of its own, or all have the same. A
    /// code of its own by default.
    pub access_code_initialization_strategy: Option<CodeStrategy>,
    /// The organization. Required if the caller belongs to several.
    pub organization_id: Option<OrganizationGuid>,
}

/// The body of a change, as the API document shows it.
#[derive(Debug, ToSchema)]
#[schema(
    rename_all = "camelCase",
    as = UpdateAccessTemplate,
    description = "A change of an access template.",
    examples(json!({
        "accessTemplateId": "0192a5b07c0070008000000000000002",
        "name": "Guests",
        "description": "For a night or two",
        "things": [{
            "thingId": "0192a5b07c0070008000000000000001",
            "availableFrom": 8,
            "availableTo": 22,
            "accessCount": 10,
            "exclusive": false
        }],
        "scope": 1,
        "accessCodeInitializationStrategy": 0
    }))
)]
pub struct AccessTemplateChanges {
    /// The ID of the template.
    pub access_template_id: AccessTemplateId,
    /// The name.
    #[schema(min_length = 1, max_length = 200, examples("Guests"))]
    pub name: Option<String>,
    /// The description; an empty text clears it.
    #[schema(max_length = 2000, examples("For a night or two"))]
    pub description: Option<String>,
    /// All things to which an access from this template can be, each once.
    #[schema(min_items = 1, max_items = 40)]
    pub things: Option<Vec<ThingAccessTemplateDto>>,
    /// Whom the template is meant for.
    pub scope: Option<TemplateScope>,
    /// Default for accesses: whether each space has a code of its own, or all have the same.
    pub access_code_initialization_strategy: Option<CodeStrategy>,
}

/// A thing of a template in a body, for the API document.
#[derive(Debug, ToSchema)]
#[schema(
    rename_all = "camelCase",
    description = "A thing of an access template, with defaults for accesses to it."
)]
pub struct ThingAccessTemplateDto {
    /// The ID of the thing: a space of the organization.
    pub thing_id: SpaceId,
    /// The first full hour of the day, on the wall clock of the door. If left out: midnight,
    /// or, without `availableTo` as well, all day.
    #[schema(minimum = 0, maximum = 23, examples(8))]
    pub available_from: Option<u32>,
    /// The end, a full hour of the day. An hour before `availableFrom` is on the next day; the
    /// same hour means the whole day.
    #[schema(minimum = 0, maximum = 24, examples(22))]
    pub available_to: Option<u32>,
    /// Maximum number of entries; unlimited by default.
    #[schema(minimum = 1, maximum = 1_000_000_000, examples(10))]
    pub access_count: Option<u32>,
    /// Whether an access to the space excludes all others at the same time; `false` by default.
    #[schema(examples(false))]
    pub exclusive: Option<bool>,
    /// Carried along. Latchkey does not interpret it.
    #[schema(max_length = 200, examples("Guest"))]
    pub access_level: Option<String>,
    /// Carried along. Latchkey does not interpret it.
    #[schema(max_items = 100, examples("Breakfast"))]
    pub permission: Option<Vec<String>>,
    /// The ID of this entry. Accepted and ignored, so that a client may send back what it read.
    pub id: Option<Guid>,
    /// The organization of the thing. Accepted and ignored.
    pub organization_id: Option<OrganizationGuid>,
    /// The name of the thing. Accepted and ignored.
    #[schema(max_length = 200, examples("Meeting room"))]
    pub thing_name: Option<String>,
    /// The type of the thing. Accepted and ignored.
    #[schema(max_length = 200, examples("SmartSpace"))]
    pub thing_type_name: Option<String>,
}

/// A template as it is shown.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(description = "An access template. `GET /access/template/things` lists its things.")]
pub struct AccessTemplateView {
    /// The ID.
    id: AccessTemplateId,
    /// The organization.
    organization_id: OrganizationGuid,
    /// The organization itself, if the request asked for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    organization: Option<OrganizationBasicView>,
    /// The name.
    #[schema(examples("Guests"))]
    name: String,
    /// The permissions that its things carry along. Latchkey does not interpret them.
    #[schema(examples("Breakfast"))]
    permission: BTreeSet<String>,
    /// The description.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(examples("For a night or two"))]
    description: Option<String>,
    /// Whom the template is meant for.
    #[schema(value_type = TemplateScope)]
    scope: Enumeration<TemplateScope>,
    /// Default for accesses: whether each space has a code of its own, or all have the same.
    #[schema(value_type = CodeStrategy)]
    access_code_initialization_strategy: Enumeration<CodeStrategy>,
}

/// A thing of a template, for display.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(description = "A thing of an access template, with defaults for accesses to it.")]
pub struct ThingAccessTemplateView {
    /// The ID of this entry of the template.
    id: Guid,
    /// The ID of the thing: a space of the organization.
    thing_id: SpaceId,
    /// The thing itself. Left out with `LoadThings=false`.
    #[serde(skip_serializing_if = "Option::is_none")]
    thing: Option<ThingView>,
    /// Carried along. Latchkey does not interpret it.
    #[schema(examples("Breakfast"))]
    permission: Vec<String>,
    /// The first full hour of the day.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 23, examples(8))]
    available_from: Option<u32>,
    /// The end, a full hour of the day.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 24, examples(22))]
    available_to: Option<u32>,
    /// Maximum number of entries; unlimited by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, examples(10))]
    access_count: Option<u32>,
    /// Whether an access to the space excludes all others at the same time.
    #[schema(examples(false))]
    exclusive: bool,
    /// Carried along. Latchkey does not interpret it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(examples("Guest"))]
    access_level: Option<String>,
    /// The things inside.
    child_permission_thing_templates: NoneOf,
}

impl AccessTemplateView {
    /// A template of an organization; with that itself, if it is given.
    pub fn new(
        scope: &OrganizationScope,
        template: AccessTemplate,
        organization: Option<&Organization>,
    ) -> Self {
        let things = template.things.into_iter();
        Self {
            id: template.id,
            organization_id: OrganizationGuid(scope.organization()),
            organization: organization.map(OrganizationBasicView::from),
            name: template.name,
            permission: things.flat_map(|thing| thing.permission).collect(),
            description: template.description,
            scope: Enumeration(template.scope),
            access_code_initialization_strategy: Enumeration(template.strategy),
        }
    }
}

impl ThingAccessTemplateView {
    /// A thing of a template that is this space, which is shown, too, if it is wanted.
    pub fn new(
        scope: &OrganizationScope,
        template: AccessTemplateId,
        thing: &TemplateThing,
        (space, shown): (Space, bool),
    ) -> Self {
        let id = id_within(template.bytes(), thing.thing_id.bytes());
        let view = || ThingView::new(scope.organization(), space);
        Self {
            id: Guid(id),
            thing_id: thing.thing_id,
            thing: shown.then(view),
            permission: thing.permission.clone(),
            available_from: thing.available_from,
            available_to: thing.available_to,
            access_count: thing.access_count,
            exclusive: thing.exclusive,
            access_level: thing.access_level.clone(),
            child_permission_thing_templates: NoneOf,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use uuid::Uuid;

    use super::*;
    use crate::error::{Error, Fault};
    use crate::wire::Request;
    use crate::wire::schema::assert_reads;
    use crate::wire::service::Input;

    fn id() -> AccessTemplateId {
        Uuid::nil().into()
    }

    fn read<T>(body: &Value, read: impl FnOnce(&Fields<'_>) -> Option<T>) -> Result<T, Vec<Fault>> {
        let request = Request {
            body: body.to_string().into_bytes(),
            ..Request::default()
        };
        let read = Input::of(&request).and_then(|input| input.read(read));
        read.map_err(|error| match error {
            Error::InvalidInput(faults) => faults,
            error => panic!("{error}"),
        })
    }

    fn new(body: &Value) -> Result<AccessTemplate, Vec<Fault>> {
        read(body, |fields| {
            fields.optional::<OrganizationGuid>("organizationId");
            Some(AccessTemplate::new(id(), fields))
        })
    }

    #[test]
    fn the_schemas_are_what_is_read() {
        assert_reads::<NewAccessTemplate, _>(new);
        assert_reads::<AccessTemplateChanges, _>(|body| {
            read(body, |fields| {
                let mut template = AccessTemplate::blank(id());
                template.read(fields);
                fields.required::<Guid>("accessTemplateId")
            })
        });
    }

    #[test]
    fn a_thing_is_found_with_what_an_access_to_it_is() {
        let space = "0192a5b07c0070008000000000000001";
        let of = |thing: Value| {
            let mut thing = thing;
            thing["thingId"] = json!(space);
            let template = new(&json!({"name": "N", "things": [thing]})).unwrap();
            assert_eq!(template.thing(Uuid::nil().into()), None);
            template.thing(space.parse().unwrap()).unwrap().terms()
        };
        let plain = of(json!({}));
        assert_eq!(
            (plain.hours, plain.count, plain.exclusive),
            (None, None, false)
        );
        let day = json!({"availableFrom": 8, "AvailableTo": "22", "accessCount": "3", "exclusive": "True"});
        let day = of(day);
        let hours = day.hours.unwrap();
        assert_eq!(
            (hours.start.to_string(), hours.end.to_string()),
            ("08:00:00".to_owned(), "22:00:00".to_owned())
        );
        assert_eq!((day.count, day.exclusive), (Some(3), true));
        for (from, to) in [(0, 24), (0, 0), (23, 24), (23, 0), (7, 7)] {
            let thing = of(json!({"availableFrom": from, "availableTo": to}));
            assert!(thing.hours.unwrap().is_overnight(), "{from} {to}");
        }
    }

    #[test]
    fn a_template_of_three_things_is_far_below_a_kilobyte() {
        let thing = |last: u8| json!({"thingId": format!("0192a5b07c007000800000000000000{last}"), "availableFrom": 8, "availableTo": 22, "accessCount": 10, "exclusive": true});
        let body = json!({"name": "Guests of the house", "things": [thing(1), thing(2), thing(3)], "scope": "guest"});
        let item = serde_json::to_string(&new(&body).unwrap()).unwrap();
        assert!(item.len() < 600, "{} {item}", item.len());
    }
}
