//! `GET /v2/spaces` and `GET /v2/spaces/{spaceId}`: list spaces, show one.
//!
//! Who may: the roles that read the directory.
//!
//! Reads one page, or the one.

use latchkey::directory::Space;

use crate::directory;
use crate::lambda::Endpoint;

/// The endpoint.
pub const ENDPOINT: Endpoint = directory::list::<Space>("list-spaces");
