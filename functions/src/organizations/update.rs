//! `PUT /v2/organizations/{organizationId}`: change an organization. A field left out stays
//! as it is.
//!
//! Who may: the roles that write its directory.
//!
//! Reads the organization and writes what changed. Another time zone moves the hours of
//! every door that has none of its own, from the next decision on.

use latchkey::directory::Organization;

use crate::directory;
use crate::lambda::Endpoint;

/// The endpoint.
pub const ENDPOINT: Endpoint = directory::update::<Organization>("update-organization");
