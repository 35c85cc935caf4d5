//! `PUT /v2/schedules/{scheduleId}`: change a named schedule. A field left out stays as it is.
//!
//! Who may: the roles that write the directory.
//!
//! Reads the schedule and writes what changed: every share that keeps it follows, from the
//! next decision on.

use latchkey::directory::Schedule;

use crate::directory;
use crate::lambda::Endpoint;

/// The endpoint.
pub const ENDPOINT: Endpoint = directory::update::<Schedule>("update-schedule");
