//! The local system with a template of its own: what API Gateway, Lambda and the start-up do.
//!
//! Each test has its own system: in this process, on free ports, with a store in memory, and
//! with the real binary of `tests/fixture/function.rs` as its functions.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod authorizers;
mod events;
mod functions;
mod gateway;
mod program;
mod speed;
mod start;
mod streams;
mod support;
