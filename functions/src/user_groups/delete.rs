//! `DELETE /v2/user-groups/{userGroupId}`: delete a user group.
//!
//! Who may: the roles that write the directory.
//!
//! Deletes it; its grants end with it.

use latchkey::directory::UserGroup;

use crate::directory;
use crate::lambda::Endpoint;

/// The endpoint.
pub const ENDPOINT: Endpoint = directory::delete::<UserGroup>("delete-user-group");
