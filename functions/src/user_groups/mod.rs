//! `/v2/user-groups`.

pub mod add;
pub mod create;
pub mod delete;
pub mod list;
pub mod remove;
pub mod update;
