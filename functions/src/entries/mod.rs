//! Coming into a space with an access code.

pub mod create;
pub(crate) mod record;
