//! `/v2/schedules`: named schedules.

pub mod create;
pub mod delete;
pub mod list;
pub mod update;
