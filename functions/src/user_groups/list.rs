//! `GET /v2/user-groups` and `GET /v2/user-groups/{userGroupId}`: list user groups, show one.
//!
//! Who may: the roles that read the directory.
//!
//! Reads one page, or the one.

use latchkey::directory::UserGroup;

use crate::directory;
use crate::lambda::Endpoint;

/// The endpoint.
pub const ENDPOINT: Endpoint = directory::list::<UserGroup>("list-user-groups");
