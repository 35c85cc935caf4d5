//! `POST /v2/device-groups`: create a device group.
//!
//! Who may: the roles that write the directory.
//!
//! Writes the group, and for each of `devices` (at most 40) the groups of the device and an
//! item by which the group finds them, in one transaction: one round trip.

use latchkey::directory::DeviceGroup;

use crate::directory;
use crate::lambda::Endpoint;

/// The endpoint.
pub const ENDPOINT: Endpoint = directory::create::<DeviceGroup>("create-device-group");
