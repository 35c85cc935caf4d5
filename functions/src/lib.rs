//! The Lambda functions of Latchkey: one endpoint a file, one binary an endpoint.
//!
//! An endpoint is a function pointer to a handler that returns a boxed future. Handlers,
//! and all that they await, are compiled once, in this library; a binary in `src/bin` is
//! the one line that names its endpoint. With some tens of binaries that is the
//! difference between one minute of building and ten.

pub mod accesses;
pub mod account;
pub mod activations;
pub mod api_keys;
pub mod audit;
pub mod authorizer;
pub mod business_organizations;
pub mod business_users;
pub mod decisions;
pub mod device_groups;
pub mod devices;
mod directory;
pub mod docs;
pub mod entries;
pub mod events;
mod lambda;
mod lists;
pub mod oauth;
pub mod openapi;
pub mod organizations;
pub mod reprogramming;
pub mod schedules;
mod scopes;
pub mod shares;
pub mod spaces;
pub mod stream;
pub mod template_groups;
pub mod templates;
pub mod things;
pub mod user_groups;
pub mod users;

pub use lambda::{
    Call, Context, Endpoint, EventHandler, OpenCall, Serve, StreamHandler, serve, store,
};
