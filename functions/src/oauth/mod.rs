//! `/v2/oauth`.

mod client;
mod family;
pub mod revoke;
pub mod token;
