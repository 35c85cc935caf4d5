//! End-to-end tests of Latchkey: `main.rs` and the files beside it, by endpoint.
