//! `GET /v2/organizations/{organizationId}`: show an organization.
//!
//! Who may: the roles that read its directory.
//!
//! Reads the organization: one round trip.

use latchkey::directory::Organization;

use crate::directory;
use crate::lambda::Endpoint;

/// The endpoint.
pub const ENDPOINT: Endpoint = directory::list::<Organization>("get-organization");
