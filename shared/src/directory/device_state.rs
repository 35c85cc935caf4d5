//! What a device said of itself last, or the gateway that connects it.
//!
//! A report changes only what it names, and not the version of the device: who changes the
//! device with `If-Match` means what people say of it. Nothing that decides reads any of it.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::error::{Fault, FaultCode};
use crate::table::Change;
use crate::wire::json::{Faults, Fields, FromJson, Json, Named, whole};
use crate::wire::schema;

/// The largest number of a firmware.
const MAX_FIRMWARE: u64 = i32::MAX as u64;
/// The weakest signal that a radio tells of, in dBm.
const MIN_RSSI: i64 = -128;
/// How far the clock of a device may be ahead, in minutes.
const AHEAD: i64 = 5;
/// For how long a device may say that it stays active, in hours.
const ACTIVE: i64 = 24;

/// A battery level, or the strength of a signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[schema(examples("High"))]
pub enum Level {
    /// Nearly nothing.
    Critical,
    /// Little.
    Low,
    /// Enough.
    Medium,
    /// Much.
    High,
    /// As good as new.
    Excellent,
}

impl Level {
    /// The level of a signal of `rssi` dBm, by the usual steps of Bluetooth.
    pub fn of_signal(rssi: i16) -> Self {
        match rssi {
            -60.. => Self::Excellent,
            -70..=-61 => Self::High,
            -80..=-71 => Self::Medium,
            -90..=-81 => Self::Low,
            _ => Self::Critical,
        }
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        let named = Self::NAMES.iter().find(|(_, level)| *level == self);
        named.map_or("Unknown", |(name, _)| name)
    }
}

impl Named for Level {
    const NAMES: &'static [(&'static str, Self)] = &[
        ("Excellent", Self::Excellent),
        ("High", Self::High),
        ("Medium", Self::Medium),
        ("Low", Self::Low),
        ("Critical", Self::Critical),
    ];
}

/// The state of a bolt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
#[schema(examples("LOCKED"))]
pub enum Bolt {
    /// Thrown.
    Locked,
    /// Withdrawn.
    Unlocked,
}

impl Bolt {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Locked => "LOCKED",
            Self::Unlocked => "UNLOCKED",
        }
    }
}

impl Named for Bolt {
    const NAMES: &'static [(&'static str, Self)] =
        &[("LOCKED", Self::Locked), ("UNLOCKED", Self::Unlocked)];
}

/// What was reported last; `None` is not known.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeviceState {
    /// The number of the firmware that it runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actual_firmware_version: Option<u32>,
    /// The number of the firmware that it should run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub required_firmware_version: Option<u32>,
    /// How much is left in its battery.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub battery_level: Option<Level>,
    /// When that was measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub battery_last_measurement: Option<DateTime<Utc>>,
    /// Where its bolt is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locked: Option<Bolt>,
    /// When the bolt came there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_locked: Option<DateTime<Utc>>,
    /// Until when it can be opened by hand without another activation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_active_until: Option<DateTime<Utc>>,
    /// When it was last heard of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_seen: Option<DateTime<Utc>>,
    /// How strong its gateway hears it, in dBm.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gateway_rssi: Option<i16>,
    /// When its gateway last heard it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gateway_last_seen: Option<DateTime<Utc>>,
}

/// The body of a report, as the API document shows it; [`DeviceReport::read`] reads it.
#[derive(Debug, ToSchema)]
#[schema(
    rename_all = "camelCase",
    description = "What a device, or its gateway, reports. A field left out stays as it was \
                   reported; `null` makes it unknown. `{}` reports that the device was heard of.",
    examples(json!({
        "actualFirmwareVersion": 84,
        "requiredFirmwareVersion": 84,
        "batteryLevel": "High",
        "batteryLastMeasurement": "2026-11-27T08:00:00Z",
        "locked": "LOCKED",
        "lastLocked": "2026-11-27T08:00:00Z",
        "isActiveUntil": "2026-11-27T08:00:05Z",
        "lastSeen": "2026-11-27T08:00:00Z",
        "gatewayRssi": -67,
        "gatewayLastSeen": "2026-11-27T08:00:00Z"
    }))
)]
pub struct DeviceReport {
    /// The version of the firmware that the device runs.
    #[schema(minimum = 0, maximum = 2_147_483_647, examples(84))]
    pub actual_firmware_version: Option<u32>,
    /// The version of the firmware that the device should run.
    #[schema(minimum = 0, maximum = 2_147_483_647, examples(84))]
    pub required_firmware_version: Option<u32>,
    /// The battery level.
    pub battery_level: Option<Level>,
    /// When the battery was measured; the time of the report by default.
    #[schema(value_type = Option<schema::Instant>)]
    pub battery_last_measurement: Option<DateTime<Utc>>,
    /// The state of the bolt.
    pub locked: Option<Bolt>,
    /// When the bolt last moved; the time of the report by default.
    #[schema(value_type = Option<schema::Instant>)]
    pub last_locked: Option<DateTime<Utc>>,
    /// Until when the device is active; at most a day from now.
    #[schema(value_type = Option<schema::Instant>)]
    pub is_active_until: Option<DateTime<Utc>>,
    /// When the device was last heard of; the time of the report by default.
    #[schema(value_type = Option<schema::Instant>)]
    pub last_seen: Option<DateTime<Utc>>,
    /// The strength of the signal at the gateway, in dBm.
    #[schema(minimum = -128, maximum = 0, examples(-67))]
    pub gateway_rssi: Option<i16>,
    /// When the gateway last heard the device; the time of the report by default, if `gatewayRssi` is
    /// given.
    #[schema(value_type = Option<schema::Instant>)]
    pub gateway_last_seen: Option<DateTime<Utc>>,
}

/// A number from 0 to [`MAX_FIRMWARE`].
struct Firmware(u32);

impl FromJson for Firmware {
    fn from_json(value: &Value) -> Result<Self, (FaultCode, String)> {
        let message = format!("expected an integer from 0 to {MAX_FIRMWARE}");
        let Value::Number(number) = value else {
            return Err((FaultCode::WrongType, message));
        };
        whole(number)
            .filter(|number| *number <= MAX_FIRMWARE)
            .and_then(|number| u32::try_from(number).ok())
            .map(Self)
            .ok_or((FaultCode::OutOfRange, message))
    }
}

/// A signal in dBm, from [`MIN_RSSI`] to 0.
struct Rssi(i16);

impl FromJson for Rssi {
    fn from_json(value: &Value) -> Result<Self, (FaultCode, String)> {
        let message = format!("expected an integer from {MIN_RSSI} to 0");
        let Value::Number(number) = value else {
            return Err((FaultCode::WrongType, message));
        };
        number
            .as_i64()
            .filter(|number| (MIN_RSSI..=0).contains(number))
            .and_then(|number| i16::try_from(number).ok())
            .map(Self)
            .ok_or((FaultCode::OutOfRange, message))
    }
}

/// The fields of a report.
const FIELDS: [&str; 10] = [
    "actualFirmwareVersion",
    "requiredFirmwareVersion",
    "batteryLevel",
    "batteryLastMeasurement",
    "locked",
    "lastLocked",
    "isActiveUntil",
    "lastSeen",
    "gatewayRssi",
    "gatewayLastSeen",
];

impl DeviceReport {
    /// Reads a report that comes in at `now`, as the change of the device that it is.
    ///
    /// # Errors
    /// Every fault of the body, each with the path of its field.
    pub fn read<'b>(body: impl Into<Json<'b>>, now: DateTime<Utc>) -> Result<Change, Vec<Fault>> {
        let faults = Faults::default();
        let change = Fields::of_body(body, &faults).map(|body| {
            let moment = |name, ahead| moment(&body, name, now + ahead);
            let past = |name| moment(name, TimeDelta::minutes(AHEAD));
            let battery_level = body.name("batteryLevel");
            let locked = body.name("locked");
            let gateway_rssi = body.optional("gatewayRssi").map(|Rssi(rssi)| rssi);
            // What is measured is measured now, unless the report says when.
            let at = |is_given: bool| is_given.then_some(now);
            let given = DeviceState {
                actual_firmware_version: body.optional("actualFirmwareVersion").map(number),
                required_firmware_version: body.optional("requiredFirmwareVersion").map(number),
                battery_level,
                battery_last_measurement: past("batteryLastMeasurement")
                    .or(at(battery_level.is_some())),
                locked,
                last_locked: past("lastLocked").or(at(locked.is_some())),
                is_active_until: moment("isActiveUntil", TimeDelta::hours(ACTIVE)),
                last_seen: past("lastSeen").or(at(!body.is_null("lastSeen"))),
                gateway_rssi,
                gateway_last_seen: past("gatewayLastSeen").or(at(gateway_rssi.is_some())),
            };
            let change = Change::between(&DeviceState::default(), &given);
            let cleared = FIELDS.into_iter().filter(|name| body.is_null(name));
            cleared.fold(change, |change, name| change.forget(name))
        });
        faults.or(change)
    }
}

fn number(Firmware(number): Firmware) -> u32 {
    number
}

/// A moment that is not behind `last`.
fn moment(body: &Fields<'_>, name: &str, last: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let at: DateTime<Utc> = body.optional(name)?;
    if at > last {
        let message = format!("expected a moment that is not after {last:?}");
        body.fault(name, FaultCode::OutOfRange, message);
    }
    Some(at)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn now() -> DateTime<Utc> {
        "2026-11-27T09:00:00Z".parse().unwrap()
    }

    #[test]
    fn the_schema_is_what_is_read() {
        schema::assert_reads::<DeviceReport, _>(|body| DeviceReport::read(body, now()).map(drop));
    }

    #[test]
    fn the_fields_are_attributes_of_the_state() {
        let report: Value =
            serde_json::to_value(<DeviceReport as utoipa::PartialSchema>::schema()).unwrap();
        let named: Vec<_> = report["properties"].as_object().unwrap().keys().collect();
        assert_eq!(named.len(), FIELDS.len());
        for name in FIELDS {
            assert!(report["properties"].get(name).is_some(), "{name}");
        }
    }

    #[test]
    fn what_cannot_be_is_refused_with_its_name() {
        let bad = json!({
            "actualFirmwareVersion": -1, "requiredFirmwareVersion": 3_000_000_000_u64,
            "batteryLevel": "Full", "locked": "Locked", "lastSeen": "2026-11-27T09:06:00Z",
            "isActiveUntil": "2026-11-29T09:00:00Z", "gatewayRssi": 1, "lastLocked": 7
        });
        let faults = DeviceReport::read(&bad, now()).unwrap_err();
        let mut fields: Vec<_> = faults.into_iter().map(|fault| fault.field).collect();
        fields.sort_unstable();
        let mut expected: Vec<_> = bad.as_object().unwrap().keys().cloned().collect();
        expected.sort_unstable();
        assert_eq!(fields, expected);
        assert!(DeviceReport::read(&json!({}), now()).is_ok());
        assert!(DeviceReport::read(&json!({"batteryLevle": "High"}), now()).is_err());
    }

    #[test]
    fn a_signal_has_a_level() {
        let level = |rssi| Level::of_signal(rssi).name();
        assert_eq!(
            [-40, -65, -75, -85, -95].map(level),
            ["Excellent", "High", "Medium", "Low", "Critical"]
        );
    }
}
