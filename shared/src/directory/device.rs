//! Devices.

use std::collections::BTreeSet;

use crate::error::FaultCode;
use crate::grant::Source;
use crate::id::{DeviceGroupId, DeviceId, Id, SpaceId};
use crate::timing::Zone;
use crate::wire::json::{Fields, FromJson, Label, Remark, WebUrl, Within, whole};
use crate::wire::schema::{Instant, TimeZone};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, OneOfBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use super::{Created, DeviceState, Documented, New, Organization, Own, Resource, first};

/// For how long a lock opens that does not say so, in seconds. Clients count it down.
pub const ACTIVATION_TIME: u32 = 5;

/// How long a lock may stay open, in seconds.
type ActivationTime = Within<1, 3600>;

/// A device: a lock.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Device {
    /// The ID.
    pub id: DeviceId,
    /// The name.
    #[schema(examples("Front door"))]
    pub name: String,
    /// The time zone; the organization's if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<TimeZone>)]
    pub time_zone: Option<Zone>,
    /// The location, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(examples("First floor"))]
    pub location: Option<String>,
    /// Remarks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(examples("Knock first"))]
    pub remarks: Option<String>,
    /// The URL of a picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(format = "uri", examples("https://example.com/door.jpg"))]
    pub carousel_image_url: Option<String>,
    /// The model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<Model>,
    /// The gateway through which the device can be opened remotely.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gateway_id: Option<ForeignId>,
    /// For how many seconds the device stays open; 5 if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(examples(5))]
    pub activation_time: Option<u32>,
    /// The device's groups; left out if there are none.
    #[serde(
        default,
        skip_serializing_if = "BTreeSet::is_empty",
        with = "serde_dynamo::number_set"
    )]
    pub groups: BTreeSet<DeviceGroupId>,
    /// The spaces that the device opens; left out if there are none.
    #[serde(
        default,
        skip_serializing_if = "BTreeSet::is_empty",
        with = "serde_dynamo::string_set"
    )]
    pub spaces: BTreeSet<SpaceId>,
    /// The organization's zone, as it was last spread over the doors; see
    /// [`Resource::IN_ZONE`]. Not shown, and written by nothing but that.
    #[serde(default, skip_serializing)]
    #[schema(ignore)]
    pub organization_time_zone: Option<Zone>,
    /// The creation time; left out if unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Instant>)]
    pub date_created: Option<DateTime<Utc>>,
    /// The time of the last change; left out if unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Instant>)]
    pub date_modified: Option<DateTime<Utc>>,
    /// What it said of itself last.
    #[serde(flatten)]
    #[schema(ignore)]
    pub state: DeviceState,
    /// The version; each change adds one, other than a reported state.
    #[serde(default = "first")]
    #[schema(required, minimum = 1, examples(1))]
    pub version: u64,
}

/// The number of the type of locks, by which clients look for them.
pub const LOCK: u64 = 1;
/// The number of the type of gateways.
pub const GATEWAY: u64 = 2;

impl Device {
    /// What kind of device it is; a lock, if it does not say.
    pub fn kind(&self) -> Kind {
        let kind = self.model.as_ref().and_then(|model| model.r#type.clone());
        kind.unwrap_or_else(|| Kind {
            id: ForeignId::Number(LOCK),
            name: Some("Lock".to_owned()),
        })
    }

    /// Whether it connects others.
    pub fn is_gateway(&self) -> bool {
        self.kind().id == ForeignId::Number(GATEWAY)
    }

    /// The device that connects it, if its gateway is one.
    pub fn gateway(&self) -> Option<DeviceId> {
        match self.gateway_id {
            Some(ForeignId::Number(number)) => number.try_into().ok(),
            _ => None,
        }
    }

    /// The zone of the door as the door says it: its own, else the organization's. `None` in
    /// the moments after it was made.
    pub fn known_zone(&self) -> Option<Zone> {
        self.time_zone.or(self.organization_time_zone)
    }

    /// The zone of the door: its own, else that of its organization.
    pub fn zone(&self, organization: Option<&Organization>) -> Zone {
        let theirs = organization.map(|organization| organization.time_zone);
        self.known_zone().or(theirs).unwrap_or(Zone::UTC)
    }

    /// The sources whose grants open the device, in the order of their keys: itself, its groups
    /// and its spaces.
    pub fn sources(&self) -> Vec<Source> {
        let groups = self.groups.iter().copied().map(Source::DeviceGroup);
        let spaces = self.spaces.iter().copied().map(Source::Space);
        let itself = [Source::Device(self.id)].into_iter();
        itself.chain(groups).chain(spaces).collect()
    }
}

/// The body of a change, as the API document shows it; [`Resource::changed`] reads it.
#[derive(Debug, ToSchema)]
#[schema(
    rename_all = "camelCase",
    description = "A change of a device.",
    examples(json!({
        "name": "Front door",
        "timeZone": "Europe/Berlin",
        "location": "First floor",
        "remarks": "Knock first",
        "carouselImageUrl": "https://example.com/door.jpg",
        "model": {"id": 17, "name": "Latch 2", "type": {"id": "lock", "name": "Lock"}},
        "gatewayId": "gateway-7",
        "activationTime": 5
    }))
)]
pub struct DeviceChanges {
    /// The name.
    #[schema(min_length = 1, max_length = 200, examples("Front door"))]
    pub name: Option<String>,
    /// The time zone; the organization's if left out.
    #[schema(value_type = Option<TimeZone>)]
    pub time_zone: Option<Zone>,
    /// The location, in words.
    #[schema(min_length = 1, max_length = 200, examples("First floor"))]
    pub location: Option<String>,
    /// Remarks.
    #[schema(min_length = 1, max_length = 2000, examples("Knock first"))]
    pub remarks: Option<String>,
    /// The URL of a picture.
    #[schema(
        format = "uri",
        max_length = 2000,
        examples("https://example.com/door.jpg")
    )]
    pub carousel_image_url: Option<String>,
    /// The model.
    pub model: Option<Model>,
    /// The gateway through which the device can be opened remotely.
    pub gateway_id: Option<ForeignId>,
    /// For how many seconds the device stays open; 5 if left out.
    #[schema(minimum = 1, maximum = 3600, examples(5))]
    pub activation_time: Option<u32>,
}

impl Documented for Device {
    type Changes = DeviceChanges;
}

/// The body of a create.
pub type NewDevice = New<Device>;

/// The answer to a create.
pub type DeviceCreated = Created<Device>;

/// A model of devices, by the names that its maker uses.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = DeviceModel)]
pub struct Model {
    /// The maker's ID.
    pub id: ForeignId,
    /// The name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 200, examples("Latch 2"))]
    pub name: Option<String>,
    /// The type of device.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub r#type: Option<Kind>,
}

/// A type of device.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = DeviceType)]
pub struct Kind {
    /// The maker's ID.
    pub id: ForeignId,
    /// The name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 200, examples("Lock"))]
    pub name: Option<String>,
}

/// An id that another system gave: a whole number or a text of 1 to 200 characters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum ForeignId {
    /// A number.
    Number(u64),
    /// A text.
    Text(String),
}

impl From<DeviceId> for ForeignId {
    fn from(id: DeviceId) -> Self {
        Self::Number(id.number())
    }
}

impl PartialSchema for ForeignId {
    fn schema() -> RefOr<Schema> {
        let number = ObjectBuilder::new()
            .schema_type(Type::Integer)
            .minimum(Some(0))
            .maximum(Some(crate::id::MAX as f64));
        let text = ObjectBuilder::new()
            .schema_type(Type::String)
            .min_length(Some(1))
            .max_length(Some(200));
        OneOfBuilder::new()
            .description(Some("An ID of another system: a number or a text."))
            .item(number)
            .item(text)
            .examples(["gateway-7"])
            .into()
    }
}

impl ToSchema for ForeignId {}

impl FromJson for ForeignId {
    fn from_json(value: &Value) -> Result<Self, (FaultCode, String)> {
        match value {
            Value::Number(number) => match whole(number) {
                Some(id) if id <= crate::id::MAX => Ok(Self::Number(id)),
                _ => {
                    let most = crate::id::MAX;
                    let message = format!("expected an integer from 0 to {most}, got {number}");
                    Err((FaultCode::OutOfRange, message))
                }
            },
            other => Label::from_json(other).map(|Label(text)| Self::Text(text)),
        }
    }
}

impl Resource for Device {
    type Id = DeviceId;
    const KEY: &'static str = "DEVICE";
    const WHAT: &'static str = "device";
    const ID_FIELD: &'static str = "deviceId";
    const REQUIRED: &'static [&'static str] = &["name"];
    const IN_ZONE: bool = true;
    const BY_OFFSET: bool = true;

    fn blank(id: DeviceId) -> Self {
        Self {
            id,
            name: String::new(),
            time_zone: None,
            location: None,
            remarks: None,
            carousel_image_url: None,
            model: None,
            gateway_id: None,
            activation_time: None,
            groups: BTreeSet::new(),
            spaces: BTreeSet::new(),
            organization_time_zone: None,
            date_created: None,
            date_modified: None,
            state: DeviceState::default(),
            version: 1,
        }
    }

    super::resource::versioned!();
    super::resource::dated!();

    fn read(&mut self, body: &Fields<'_>) {
        body.set::<Label, _>("name", &mut self.name);
        body.set_or_clear::<Zone, _>("timeZone", &mut self.time_zone);
        body.set_or_clear::<Label, _>("location", &mut self.location);
        body.set_or_clear::<Remark, _>("remarks", &mut self.remarks);
        body.set_or_clear::<WebUrl, _>("carouselImageUrl", &mut self.carousel_image_url);
        body.set_or_clear::<ForeignId, _>("gatewayId", &mut self.gateway_id);
        body.set_or_clear::<ActivationTime, _>("activationTime", &mut self.activation_time);
        if body.is_null("model") {
            self.model = None;
        } else if let Some(model) = body.object("model") {
            self.model = read_model(&model);
        }
    }

    fn own(id: DeviceId) -> Own {
        Own::Source(Source::Device(id))
    }
}

fn read_model(model: &Fields<'_>) -> Option<Model> {
    let id = model.required("id");
    let name = model.optional("name").map(|Label(name)| name);
    let kind = model.object("type").and_then(|kind| {
        let id = kind.required("id");
        let name = kind.optional("name").map(|Label(name)| name);
        Some(Kind { id: id?, name })
    });
    Some(Model {
        id: id?,
        name,
        r#type: kind,
    })
}
