//! A device as it is shown: what people say of it, what it said of itself, and what follows.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use latchkey::caller::OrganizationScope;
use latchkey::directory::{
    ACTIVATION_TIME, Bolt, Device, DeviceState, ForeignId, Kind, Level, Organization,
};
use latchkey::id::{DeviceGroupId, DeviceId, OrganizationId, SpaceId, UserId};
use latchkey::timing::Zone;
use latchkey::wire::schema::{Instant, TimeZone};
use serde::Serialize;
use utoipa::ToSchema;

/// What is not known of a level.
const UNKNOWN: &str = "Unknown";

/// A device. An unknown reading is `null`; an unknown firmware version is 0, an unknown level
/// `Unknown`.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Device)]
pub(crate) struct View {
    /// The organization.
    organization_id: OrganizationId,
    /// The ID.
    id: DeviceId,
    /// The name.
    #[schema(examples("Front door"))]
    name: String,
    /// The owner.
    owner: Owner,
    /// The model.
    model: Model,
    /// The settings.
    settings: Settings,
    /// The features.
    features: Features,
    /// The gateway of the device; for a gateway, the device itself.
    #[schema(required)]
    gateway: Option<Gateway>,
    /// The version of the firmware that the device runs; 0 if unknown.
    #[schema(examples(84))]
    actual_firmware_version: u32,
    /// The version of the firmware that the device should run; `actualFirmwareVersion` if unknown.
    #[schema(examples(84))]
    required_firmware_version: u32,
    /// The time zone: the device's own, or the organization's.
    #[schema(value_type = TimeZone)]
    time_zone: Zone,
    /// The battery level: `Excellent`, `High`, `Medium`, `Low`, `Critical` or `Unknown`.
    #[schema(examples("High"))]
    battery_level: &'static str,
    /// When the battery was last measured.
    #[schema(required, value_type = Option<Instant>)]
    battery_last_measurement: Option<DateTime<Utc>>,
    /// The state of the bolt: `LOCKED`, `UNLOCKED` or `UNKNOWN`.
    #[schema(examples("LOCKED"))]
    locked: &'static str,
    /// When the bolt last moved.
    #[schema(required, value_type = Option<Instant>)]
    last_locked: Option<DateTime<Utc>>,
    /// Until when the device is active.
    #[schema(required, value_type = Option<Instant>)]
    is_active_until: Option<DateTime<Utc>>,
    /// When the device was last heard of.
    #[schema(required, value_type = Option<Instant>)]
    last_seen: Option<DateTime<Utc>>,
    /// Always empty: Latchkey has no entry tags.
    #[schema(max_items = 0, examples(1))]
    entry_tags: [u8; 0],
    /// Always empty: Latchkey has no add-ons.
    #[schema(max_items = 0, examples(1))]
    addons: [u8; 0],
    /// The device groups, if `includeGroups` is true.
    related_device_groups: Vec<Named>,
    /// The gateways that reach the device, if `includeReachableGateways` is true.
    reachable_gateways: Vec<Named>,
    /// The devices that a gateway reaches, if `includeReachableDevices` is true.
    reachable_devices: Vec<Named>,
    /// The location, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(examples("First floor"))]
    location: Option<String>,
    /// Remarks.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(examples("Knock first"))]
    remarks: Option<String>,
    /// A picture of the device.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "uri", examples("https://example.com/door.jpg"))]
    carousel_image_url: Option<String>,
    /// The gateway; left out if there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    gateway_id: Option<ForeignId>,
    /// How long the device stays open, in seconds; left out if not set.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(examples(5))]
    activation_time: Option<u32>,
    /// The device groups; left out if there are none.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    groups: BTreeSet<DeviceGroupId>,
    /// The spaces that the device opens; left out if there are none.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    spaces: BTreeSet<SpaceId>,
    /// The creation time.
    #[schema(required, value_type = Option<Instant>)]
    date_created: Option<DateTime<Utc>>,
    /// The time of the last change.
    #[schema(required, value_type = Option<Instant>)]
    date_modified: Option<DateTime<Utc>>,
    /// The version; each change adds one, other than a reported state.
    #[schema(minimum = 1, examples(1))]
    version: u64,
}

/// The owner of a device.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = DeviceOwner)]
pub(crate) struct Owner {
    /// The organization.
    organization_id: OrganizationId,
    /// The organization's name.
    #[schema(required, examples("Demo House"))]
    name: Option<String>,
    /// Always `null`: devices belong to organizations.
    #[schema(required)]
    account_id: Option<UserId>,
    /// Always `null`.
    #[schema(required, examples(json!(null)))]
    first_name: Option<String>,
    /// Always `null`.
    #[schema(required, examples(json!(null)))]
    last_name: Option<String>,
}

/// A model of devices.
#[derive(Serialize, ToSchema)]
#[schema(as = DeviceModelShown)]
pub(crate) struct Model {
    /// The maker's ID.
    #[schema(required)]
    id: Option<ForeignId>,
    /// The name.
    #[schema(required, examples("Latch 2"))]
    name: Option<String>,
    /// The name again.
    #[schema(required, examples("Latch 2"))]
    description: Option<String>,
    /// The type of device; a lock if the device has none.
    r#type: Type,
}

/// A type of device: 1 is a lock, 2 a gateway.
#[derive(Serialize, ToSchema)]
#[schema(as = DeviceTypeShown)]
pub(crate) struct Type {
    /// The maker's ID.
    id: ForeignId,
    /// The name.
    #[schema(required, examples("Lock"))]
    name: Option<String>,
    /// The name again.
    #[schema(required, examples("Lock"))]
    description: Option<String>,
}

/// The settings of a device.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = DeviceSettings)]
pub(crate) struct Settings {
    /// How long the device stays open, in seconds.
    #[schema(examples(5))]
    activation_time: u32,
    /// Always `null`: unknown.
    #[schema(required, examples(json!(null)))]
    sound_volume: Option<u32>,
    /// Whether the device reports its bolt.
    #[schema(examples(true))]
    locked_status: bool,
}

/// The features of a device.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = DeviceFeatures)]
pub(crate) struct Features {
    /// Whether the device can be activated; false for a gateway.
    #[schema(examples(true))]
    activatable: bool,
    /// Whether the device can be activated remotely: it has a gateway.
    #[schema(examples(true))]
    remote_access: bool,
    /// Whether Latchkey records who opened the device: always true.
    #[schema(examples(true))]
    event_log: bool,
    /// Whether the device reports its bolt.
    #[schema(examples(true))]
    locked_status: bool,
    /// Whether a share of the device can have a web key.
    #[schema(examples(true))]
    web_keys: bool,
    /// Always false: Latchkey has no dynamic PINs.
    #[schema(examples(false))]
    dynamic_pins: bool,
}

/// The gateway of a device.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = DeviceGateway)]
pub(crate) struct Gateway {
    /// The ID; a device ID if the gateway is a device.
    id: ForeignId,
    /// The strength of the signal, in dBm.
    #[schema(required, examples(-67))]
    rssi: Option<i16>,
    /// The strength of the signal, on the scale of `batteryLevel`.
    #[schema(examples("High"))]
    rssi_level: &'static str,
    /// When the gateway last heard the device; for a gateway, when it was last heard of.
    #[schema(required, value_type = Option<Instant>)]
    last_seen: Option<DateTime<Utc>>,
}

/// A reference to another device or device group.
#[derive(Clone, Serialize, ToSchema)]
#[schema(as = DeviceReference)]
pub(crate) struct Named {
    /// The ID.
    #[schema(examples(2))]
    pub(crate) id: u64,
    /// The name.
    #[schema(examples("First floor"))]
    pub(crate) name: String,
}

/// Whose devices are shown, and at what time.
pub(crate) struct Shown<'s> {
    /// The organization's number.
    pub(crate) scope: &'s OrganizationScope,
    /// The organization, as far as it is known.
    pub(crate) organization: Option<&'s Organization>,
    /// Now.
    pub(crate) now: DateTime<Utc>,
}

impl Shown<'_> {
    /// The view of a device, without what stands beside it.
    pub(crate) fn view(&self, device: &Device) -> View {
        let state = &device.state;
        let told = state.locked.is_some();
        View {
            organization_id: self.scope.organization(),
            id: device.id,
            name: device.name.clone(),
            owner: Owner {
                organization_id: self.scope.organization(),
                name: self.organization.map(|owner| owner.name.clone()),
                account_id: None,
                first_name: None,
                last_name: None,
            },
            model: Model::of(device),
            settings: Settings {
                activation_time: device.activation_time.unwrap_or(ACTIVATION_TIME),
                sound_volume: None,
                locked_status: told,
            },
            features: Features {
                activatable: !device.is_gateway(),
                remote_access: !device.is_gateway() && device.gateway_id.is_some(),
                event_log: true,
                locked_status: told,
                web_keys: !device.is_gateway(),
                dynamic_pins: false,
            },
            gateway: Gateway::of(device),
            actual_firmware_version: state.actual_firmware_version.unwrap_or_default(),
            required_firmware_version: required_firmware(state),
            time_zone: device.zone(self.organization),
            battery_level: battery_level(state),
            battery_last_measurement: state.battery_last_measurement,
            locked: state.locked.map_or("UNKNOWN", Bolt::name),
            last_locked: state.last_locked,
            is_active_until: state.is_active_until.filter(|end| *end > self.now),
            last_seen: state.last_seen,
            entry_tags: [],
            addons: [],
            related_device_groups: Vec::new(),
            reachable_gateways: Vec::new(),
            reachable_devices: Vec::new(),
            location: device.location.clone(),
            remarks: device.remarks.clone(),
            carousel_image_url: device.carousel_image_url.clone(),
            gateway_id: device.gateway_id.clone(),
            activation_time: device.activation_time,
            groups: device.groups.clone(),
            spaces: device.spaces.clone(),
            date_created: device.date_created,
            date_modified: device.date_modified,
            version: device.version,
        }
    }

    /// The view of a device as the first version shows it.
    pub(crate) fn first_version(&self, device: &Device) -> FirstView {
        let state = &device.state;
        let Model {
            id, name, r#type, ..
        } = Model::of(device);
        let gateway = Gateway::of(device).filter(|_| !device.is_gateway());
        FirstView {
            id: device.id,
            name: device.name.clone(),
            organization_id: self.scope.organization(),
            organization_name: self.organization.map(|owner| owner.name.clone()),
            device_model: FirstModel {
                id,
                model: name.clone(),
                name,
                device_type: r#type,
            },
            actual_firmware_version: state.actual_firmware_version.unwrap_or_default(),
            required_firmware_version: required_firmware(state),
            time_zone: device.zone(self.organization),
            battery_level: battery_level(state),
            battery_last_measurement: state.battery_last_measurement,
            remarks: device.remarks.clone(),
            location: device.location.clone(),
            date_created: device.date_created,
            date_modified: device.date_modified,
            date_assigned: device.date_created,
            gateway_id: gateway.as_ref().map(|gateway| gateway.id.clone()),
            gateway_rssi: gateway.as_ref().and_then(|gateway| gateway.rssi),
            gateway_rssi_level: gateway
                .as_ref()
                .map_or(UNKNOWN, |gateway| gateway.rssi_level),
            gateway_last_seen: gateway.and_then(|gateway| gateway.last_seen),
            reachable_gateways: Vec::new(),
            reachable_devices: Vec::new(),
        }
    }
}

impl View {
    /// What stands beside the device.
    pub(crate) fn beside(&mut self, groups: Vec<Named>, gateways: Vec<Named>, devices: Vec<Named>) {
        self.related_device_groups = groups;
        self.reachable_gateways = gateways;
        self.reachable_devices = devices;
    }
}

impl FirstView {
    /// What stands beside the device.
    pub(crate) fn beside(&mut self, gateways: Vec<Named>, devices: Vec<Named>) {
        self.reachable_gateways = gateways;
        self.reachable_devices = devices;
    }
}

/// The number of the firmware that a device should run. What nobody told is no update.
pub(crate) fn required_firmware(state: &DeviceState) -> u32 {
    let required = state.required_firmware_version;
    required
        .or(state.actual_firmware_version)
        .unwrap_or_default()
}

/// How much is left in a battery, in words.
pub(crate) fn battery_level(state: &DeviceState) -> &'static str {
    state.battery_level.map_or(UNKNOWN, Level::name)
}

impl Model {
    fn of(device: &Device) -> Self {
        let Kind { id, name } = device.kind();
        let model = device.model.as_ref();
        let called = model.and_then(|model| model.name.clone());
        Self {
            id: model.map(|model| model.id.clone()),
            description: called.clone(),
            name: called,
            r#type: Type {
                id,
                description: name.clone(),
                name,
            },
        }
    }
}

impl Gateway {
    fn of(device: &Device) -> Option<Self> {
        let DeviceState {
            gateway_rssi: rssi,
            gateway_last_seen,
            last_seen,
            ..
        } = device.state;
        let rssi_level = rssi.map_or(UNKNOWN, |rssi| Level::of_signal(rssi).name());
        let (id, last_seen) = if device.is_gateway() {
            (ForeignId::from(device.id), last_seen)
        } else {
            (device.gateway_id.clone()?, gateway_last_seen)
        };
        Some(Self {
            id,
            rssi,
            rssi_level,
            last_seen,
        })
    }
}

/// A device, as the first version shows it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = DeviceVersion1)]
pub(crate) struct FirstView {
    /// The ID.
    id: DeviceId,
    /// The name.
    #[schema(examples("Front door"))]
    name: String,
    /// The organization.
    organization_id: OrganizationId,
    /// The organization's name.
    #[schema(required, examples("Demo House"))]
    organization_name: Option<String>,
    /// The model.
    device_model: FirstModel,
    /// The version of the firmware that the device runs; 0 if unknown.
    #[schema(examples(84))]
    actual_firmware_version: u32,
    /// The version of the firmware that the device should run; `actualFirmwareVersion` if unknown.
    #[schema(examples(84))]
    required_firmware_version: u32,
    /// The time zone: the device's own, or the organization's.
    #[schema(value_type = TimeZone)]
    time_zone: Zone,
    /// The battery level, as in version 2.
    #[schema(examples("High"))]
    battery_level: &'static str,
    /// When the battery was last measured.
    #[schema(required, value_type = Option<Instant>)]
    battery_last_measurement: Option<DateTime<Utc>>,
    /// Remarks.
    #[schema(required, examples("Knock first"))]
    remarks: Option<String>,
    /// The location, in words.
    #[schema(required, examples("First floor"))]
    location: Option<String>,
    /// The creation time.
    #[schema(required, value_type = Option<Instant>)]
    date_created: Option<DateTime<Utc>>,
    /// The time of the last change.
    #[schema(required, value_type = Option<Instant>)]
    date_modified: Option<DateTime<Utc>>,
    /// The creation time.
    #[schema(required, value_type = Option<Instant>)]
    date_assigned: Option<DateTime<Utc>>,
    /// The gateway.
    #[schema(required)]
    gateway_id: Option<ForeignId>,
    /// The strength of the signal, in dBm.
    #[schema(required, examples(-67))]
    gateway_rssi: Option<i16>,
    /// The strength of the signal, on the scale of `batteryLevel`.
    #[schema(examples("High"))]
    gateway_rssi_level: &'static str,
    /// When the gateway last heard the device.
    #[schema(required, value_type = Option<Instant>)]
    gateway_last_seen: Option<DateTime<Utc>>,
    /// The gateways that reach the device, if `includeReachableGateways` is true.
    reachable_gateways: Vec<Named>,
    /// The devices that a gateway reaches, if `includeReachableDevices` is true.
    reachable_devices: Vec<Named>,
}

/// A model of devices, as the first version shows it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = DeviceModelVersion1)]
pub(crate) struct FirstModel {
    /// The maker's ID.
    #[schema(required)]
    id: Option<ForeignId>,
    /// The name.
    #[schema(required, examples("Latch 2"))]
    name: Option<String>,
    /// The name again.
    #[schema(required, examples("Latch 2"))]
    model: Option<String>,
    /// The type of device.
    device_type: Type,
}
