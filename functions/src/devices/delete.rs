//! `DELETE /v2/devices/{deviceId}`: delete a device.
//!
//! Who may: the roles that write the directory.
//!
//! Deletes it; its grants end with it.

use latchkey::directory::Device;

use crate::directory;
use crate::lambda::Endpoint;

/// The endpoint.
pub const ENDPOINT: Endpoint = directory::delete::<Device>("delete-device");
