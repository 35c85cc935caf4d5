//! `PUT /v2/users/{userId}`: change a user. A field left out stays as it is.
//!
//! Who may: the roles that write the directory.
//!
//! Reads the user and writes what changed, and frees and claims the e-mail address and the
//! phone number where those changed.

use latchkey::directory::User;

use crate::directory;
use crate::lambda::Endpoint;

/// The endpoint.
pub const ENDPOINT: Endpoint = directory::update::<User>("update-user");
