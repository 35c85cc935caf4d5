//! `DELETE /v2/users/{userId}`: delete a user.
//!
//! Who may: the roles that write the directory.
//!
//! Reads the user for the e-mail address and the phone number, and frees those with it. Their
//! credentials are good for nothing from then on.

use latchkey::directory::User;

use crate::directory;
use crate::lambda::Endpoint;

/// The endpoint.
pub const ENDPOINT: Endpoint = directory::delete::<User>("delete-user");
