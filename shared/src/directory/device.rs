//! Devices.

use std::collections::BTreeSet;

use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Own, Resource, first};
use crate::grant::Source;
use crate::id::{DeviceGroupId, DeviceId, SpaceId};
use crate::wire::json::{FaultCode, Fields, FromJson, Label, Remark, WebUrl, Within};

/// How long a lock may stay open, in seconds.
type ActivationTime = Within<1, 3600>;

/// A device: a lock.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Device {
    /// Its number.
    pub id: DeviceId,
    /// Its name.
    pub name: String,
    /// Its zone; the organization's when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<Tz>,
    /// Where it is, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// What else there is to say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remarks: Option<String>,
    /// A picture of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub carousel_image_url: Option<String>,
    /// What model it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<Model>,
    /// What connects it, so that it can be opened from afar.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gateway_id: Option<ForeignId>,
    /// For how long it opens, in seconds; as its maker made it when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub activation_time: Option<u32>,
    /// The groups that it is in; left out when in none.
    #[serde(
        default,
        skip_serializing_if = "BTreeSet::is_empty",
        with = "serde_dynamo::number_set"
    )]
    pub groups: BTreeSet<DeviceGroupId>,
    /// The spaces that it opens; left out when none.
    #[serde(
        default,
        skip_serializing_if = "BTreeSet::is_empty",
        with = "serde_dynamo::string_set"
    )]
    pub spaces: BTreeSet<SpaceId>,
    /// Grows by one with each change.
    #[serde(default = "first")]
    pub version: u64,
}

/// A model of devices, by the names that its maker gave.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Model {
    /// Its id with its maker.
    pub id: ForeignId,
    /// Its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What kind of device that is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub r#type: Option<Kind>,
}

/// A kind of devices.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Kind {
    /// Its id with its maker.
    pub id: ForeignId,
    /// Its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
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

impl FromJson for ForeignId {
    fn from_json(value: &Value) -> Result<Self, (FaultCode, String)> {
        match value {
            Value::Number(number) => match number.as_u64() {
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
            version: 1,
        }
    }

    fn id(&self) -> Self::Id {
        self.id
    }

    fn version(&self) -> u64 {
        self.version
    }

    fn next_version(mut self) -> Self {
        self.version += 1;
        self
    }

    fn read(&mut self, body: &Fields<'_>) {
        body.set::<Label, _>("name", &mut self.name);
        body.set_or_clear::<Tz, _>("timeZone", &mut self.time_zone);
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
