//! `PUT /v2/devices/{deviceId}`: change a device. A field left out stays as it is.
//!
//! Who may: the roles that write the directory.
//!
//! Reads the device and writes what changed.

use latchkey::directory::Device;

use crate::directory;
use crate::lambda::Endpoint;

/// The endpoint.
pub const ENDPOINT: Endpoint = directory::update::<Device>("update-device");
