//! `PUT /v2/spaces/{spaceId}`: change a space. A field left out stays as it is.
//!
//! Who may: the roles that write the directory.
//!
//! Reads the space and writes what changed; where `devices` did, on both sides.

use latchkey::directory::Space;

use crate::directory;
use crate::lambda::Endpoint;

/// The endpoint.
pub const ENDPOINT: Endpoint = directory::update::<Space>("update-space");
