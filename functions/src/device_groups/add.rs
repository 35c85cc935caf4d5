//! `PUT /v2/device-groups/{deviceGroupId}/devices/{deviceId}`: put a device into a group.
//!
//! Who may: the roles that write the directory.
//!
//! Writes both sides in one transaction: one round trip.

use latchkey::directory::DeviceGroup;

use crate::directory;
use crate::lambda::Endpoint;

/// The endpoint.
pub const ENDPOINT: Endpoint = directory::add::<DeviceGroup>("add-device-to-group");
