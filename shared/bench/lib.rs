//! The evaluator of grants in time, by itself.

#[allow(missing_docs)]
#[path = "../src/timing/mod.rs"]
pub mod timing;
