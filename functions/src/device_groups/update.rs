//! `PUT /v2/device-groups/{deviceGroupId}`: change a device group. A field left out stays as it is.
//!
//! Who may: the roles that write the directory.
//!
//! Reads the group and writes what changed. `devices` replaces what is in the group, on both
//! sides, in the same transaction: at most 48 come and go at once.

use latchkey::directory::DeviceGroup;

use crate::directory;
use crate::lambda::Endpoint;

/// The endpoint.
pub const ENDPOINT: Endpoint = directory::update::<DeviceGroup>("update-device-group");
