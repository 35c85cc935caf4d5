//! `DELETE /v2/schedules/{scheduleId}`: delete a named schedule.
//!
//! Who may: the roles that write the directory.
//!
//! Deletes it on condition that no share keeps it: 409 else.

use latchkey::directory::Schedule;

use crate::directory;
use crate::lambda::Endpoint;

/// The endpoint.
pub const ENDPOINT: Endpoint = directory::delete::<Schedule>("delete-schedule");
