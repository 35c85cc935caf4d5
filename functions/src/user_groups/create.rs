//! `POST /v2/user-groups`: create a user group.
//!
//! Who may: the roles that write the directory.
//!
//! Writes the group, and for each of `members` (at most 40) the groups of the user and an
//! item by which the group finds them, in one transaction: one round trip.

use latchkey::directory::UserGroup;

use crate::directory;
use crate::lambda::Endpoint;

/// The endpoint.
pub const ENDPOINT: Endpoint = directory::create::<UserGroup>("create-user-group");
