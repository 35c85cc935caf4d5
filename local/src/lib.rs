//! The system of template.yaml on one machine.
//!
//! Three services of AWS run here in one process and its children:
//!
//! ```text
//!   client ──▶ gateway ──▶ lambda ──▶ the functions' own binaries, a process a copy
//!              API Gateway  Lambda          │
//!              stand-in     Runtime API     ▼
//!                             ▲       store: DynamoDB, embedded, over HTTP
//!                             └── streams ◀─┘
//! ```
//!
//! A function reaches the store through a guard, which lets a call pass only if the function's
//! `Policies` allow it.
//!
//! Everything that it serves comes from the template: [`template`] is the parsed form, [`system`]
//! puts the parts together, and nothing here knows what the functions do. It understands what
//! template.yaml contains. Anything else is an error that names the resource and the property.
//!
//! Of events it supports `Api` and `DynamoDB`. For the latter it reads the store's stream as Lambda
//! does, and invokes the function with what the filter admits: in order, each change at least once,
//! retried, bisected or from the first failure on as the template says. Its position is kept beside
//! the store (`.latchkey/<Function>.<Event>.json`), so changes from before a stop arrive after the
//! next start. If the store has no streams, a note at the start says so, and nothing is cleaned up.
//! A change that is given up becomes a line in the log, because there is no queue.

mod account;
mod body;
pub mod calls;
pub mod compile;
pub mod demo;
mod error;
pub mod gateway;
mod guard;
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
pub use options::{LogLevel, Options};
pub use system::System;
