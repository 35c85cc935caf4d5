//! `GET /v2/users` and `GET /v2/users/{userId}`: list users, show one;
//! `GET /v2/user-groups/{userGroupId}/users`: list those in a group.
//!
//! Who may: the roles that read the directory, and of one user they themself.
//!
//! Reads one page, or the one; of a group, the group, a page of what is in it, and those.

use latchkey::directory::{Resource, User, UserGroup};

use crate::directory;
use crate::lambda::Endpoint;

/// The endpoint.
pub const ENDPOINT: Endpoint = Endpoint {
    operation: "list-users",
    handle: |call| {
        if call.request.path.contains_key(UserGroup::ID_FIELD) {
            Box::pin(async move { directory::list_groups_members::<UserGroup>(&call).await })
        } else {
            (directory::list::<User>("list-users").handle)(call)
        }
    },
};
