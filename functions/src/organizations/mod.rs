//! Organizations.

pub mod bootstrap;
