//! Coming into a space with an access code.

pub mod create;
pub mod record;
