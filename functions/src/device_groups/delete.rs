//! `DELETE /v2/device-groups/{deviceGroupId}`: delete a device group.
//!
//! Who may: the roles that write the directory.
//!
//! Deletes it; its grants end with it.

use latchkey::directory::DeviceGroup;

use crate::directory;
use crate::lambda::Endpoint;

/// The endpoint.
pub const ENDPOINT: Endpoint = directory::delete::<DeviceGroup>("delete-device-group");
