//! Latchkey from the outside: the system on one machine, over HTTP, with the binaries
//! that are deployed. One file an endpoint or a promise; `system` starts and asks it.

#![allow(
    missing_docs,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic
)]

mod activate;
mod api_keys;
mod authorizer;
mod cost;
mod create_share;
mod decide;
mod directory;
mod events;
mod gateway;
mod get_share;
mod local;
mod oauth;
mod openapi;
mod outage;
mod roles;
mod service;
mod system;
mod template;
mod tenancy;
