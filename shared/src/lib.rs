//! The model of Latchkey: what a grant is and when it holds.

pub mod timing;
