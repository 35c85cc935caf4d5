//! `DELETE /v2/user-groups/{userGroupId}/users/{userId}`: take a user out of a group.
//!
//! Who may: the roles that write the directory.
//!
//! Writes both sides in one transaction: one round trip.

use latchkey::directory::UserGroup;

use crate::directory;
use crate::lambda::Endpoint;

/// The endpoint.
pub const ENDPOINT: Endpoint = directory::remove::<UserGroup>("remove-user-from-group");
