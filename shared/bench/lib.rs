//! The evaluator of grants in time, by itself.

#[allow(missing_docs)]
#[path = "../src/timing/mod.rs"]
pub mod timing;

/// What the module needs of the crate around it: how the API document describes a time.
pub mod wire {
    pub use crate::schema;
}

#[allow(missing_docs)]
#[path = "../src/wire/schema.rs"]
pub mod schema;
