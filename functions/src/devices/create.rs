//! `POST /v2/devices`: create a device.
//!
//! Who may: the roles that write the directory.
//!
//! Writes the device.

use latchkey::directory::Device;

use crate::directory;
use crate::lambda::Endpoint;

/// The endpoint.
pub const ENDPOINT: Endpoint = directory::create::<Device>("create-device");
