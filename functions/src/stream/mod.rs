//! The readers of the table's stream: `follow-up` and `remake-codes`, and what they do.

mod clean_up;
pub mod follow_up;
mod record;
pub mod remake_codes;
mod zones;
