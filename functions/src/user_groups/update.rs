//! `PUT /v2/user-groups/{userGroupId}`: change a user group. A field left out stays as it is.
//!
//! Who may: the roles that write the directory.
//!
//! Reads the group and writes what changed. `members` replaces who is in the group, on both
//! sides, in the same transaction: at most 48 come and go at once.

use latchkey::directory::UserGroup;

use crate::directory;
use crate::lambda::Endpoint;

/// The endpoint.
pub const ENDPOINT: Endpoint = directory::update::<UserGroup>("update-user-group");
