//! The API document.

pub mod openapi;
