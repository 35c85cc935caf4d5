//! `/v2/devices/{deviceId}/…`: who may open a door, and when.

pub mod decide;
