//! How many codes an access has.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::wire::service::types::Enumerated;

/// Whether each space of an access has a code of its own, or all have the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[schema(as = AccessCodeInitializationStrategy)]
pub enum CodeStrategy {
    /// A code of its own for each space.
    #[default]
    Unique,
    /// One code for all spaces.
    Shared,
}

impl Enumerated for CodeStrategy {
    const VALUES: &'static [(&'static str, u8, Self)] =
        &[("Unique", 0, Self::Unique), ("Shared", 1, Self::Shared)];
}
