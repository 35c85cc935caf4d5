//! `DELETE /v2/spaces/{spaceId}`: delete a space.
//!
//! Who may: the roles that write the directory.
//!
//! Deletes it; its grants end with it.

use latchkey::directory::Space;

use crate::directory;
use crate::lambda::Endpoint;

/// The endpoint.
pub const ENDPOINT: Endpoint = directory::delete::<Space>("delete-space");
