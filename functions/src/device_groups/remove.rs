//! `DELETE /v2/device-groups/{deviceGroupId}/devices/{deviceId}`: take a device out of a group.
//!
//! Who may: the roles that write the directory.
//!
//! Writes both sides in one transaction: one round trip.

use latchkey::directory::DeviceGroup;

use crate::directory;
use crate::lambda::Endpoint;

/// The endpoint.
pub const ENDPOINT: Endpoint = directory::remove::<DeviceGroup>("remove-device-from-group");
