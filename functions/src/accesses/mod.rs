//! `/BusinessUserAccess`, `/BusinessUserAccesses`.

pub mod list;
