//! `/v2/shares`: the share family.

pub mod create;
pub mod get;
