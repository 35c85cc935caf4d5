//! `GET /v2/schedules` and `GET /v2/schedules/{scheduleId}`: list named schedules, show one.
//!
//! Who may: the roles that read the directory.
//!
//! Reads one page, or the one.

use latchkey::directory::Schedule;

use crate::directory;
use crate::lambda::Endpoint;

/// The endpoint.
pub const ENDPOINT: Endpoint = directory::list::<Schedule>("list-schedules");
