//! `PUT /v2/user-groups/{userGroupId}/users/{userId}`: put a user into a group.
//!
//! Who may: the roles that write the directory.
//!
//! Writes both sides in one transaction: one round trip.

use latchkey::directory::UserGroup;

use crate::directory;
use crate::lambda::Endpoint;

/// The endpoint.
pub const ENDPOINT: Endpoint = directory::add::<UserGroup>("add-user-to-group");
