//! `POST /v2/schedules`: create a named schedule.
//!
//! Who may: the roles that write the directory.
//!
//! Writes the schedule.

use latchkey::directory::Schedule;

use crate::directory;
use crate::lambda::Endpoint;

/// The endpoint.
pub const ENDPOINT: Endpoint = directory::create::<Schedule>("create-schedule");
