//! `GET /v2/devices` and `GET /v2/devices/{deviceId}`: list devices, show one;
//! `GET /v2/device-groups/{deviceGroupId}/devices`: list those in a group.
//!
//! Who may: the roles that read the directory, and of one device whoever administrates it now.
//!
//! Reads one page, or the one; of a group, the group, a page of what is in it, and those.

use latchkey::directory::{Device, DeviceGroup, Resource};

use crate::directory;
use crate::lambda::Endpoint;

/// The endpoint.
pub const ENDPOINT: Endpoint = Endpoint {
    operation: "list-devices",
    handle: |call| {
        if call.request.path.contains_key(DeviceGroup::ID_FIELD) {
            Box::pin(async move { directory::list_groups_members::<DeviceGroup>(&call).await })
        } else {
            (directory::list::<Device>("list-devices").handle)(call)
        }
    },
};
