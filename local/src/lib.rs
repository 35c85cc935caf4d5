//! The system of template.yaml on one machine.
//!
//! What AWS would run in three services runs here in one process and its children:
//!
//! ```text
//!   client ──▶ gateway ──▶ lambda ──▶ the functions' own binaries, a process a copy
//!              API Gateway  Lambda          │
//!              stand-in     Runtime API     ▼
//!                             ▲       store: DynamoDB, embedded, over HTTP
//!                             └── streams ◀─┘
//! ```
//!
//! Everything it serves it reads from the template: [`template`] is what it understood,
//! [`system`] puts the parts together, and nothing here knows what the functions do.

mod account;
mod body;
pub mod compile;
pub mod demo;
mod error;
pub mod gateway;
pub mod lambda;
mod options;
mod programs;
pub mod store;
mod streams;
pub mod system;
pub mod tables;
pub mod template;
pub mod terminal;

pub use error::{Error, Result};
pub use options::Options;
pub use system::System;
