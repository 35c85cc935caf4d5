//! The cost of each request: round trips, capacity units, bytes, prices; and proof that it is
//! the same at any size of an organization.
//!
//! ```text
//!   cases ──▶ bench ──▶ a handler of functions/ ──▶ SDK, with the meter ──▶ store
//!               │                                                            ▲
//!               └─▶ rows ──▶ ceilings, report, prices               load ────┘
//! ```

pub mod ask;
pub mod bench;
pub mod cases;
pub mod ceilings;
pub mod house;
pub mod load;
pub mod markdown;
pub mod meter;
pub mod partitions;
pub mod prices;
pub mod report;
pub mod rights;
pub mod store;
pub mod throughput;

/// The result of everything here: an error is one line for a person.
pub type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;
