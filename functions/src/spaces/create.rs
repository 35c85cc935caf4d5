//! `POST /v2/spaces`: create a space.
//!
//! Who may: the roles that write the directory.
//!
//! Writes the space, and for each of `devices` (at most 40) the spaces that it opens, in one
//! transaction: one round trip.

use latchkey::directory::Space;

use crate::directory;
use crate::lambda::Endpoint;

/// The endpoint.
pub const ENDPOINT: Endpoint = directory::create::<Space>("create-space");
