//! How the spaces of an access get their codes.

use serde::{Deserialize, Serialize};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::wire::service::types::{self, Enumerated};

/// Whether each space of an access has a code of its own, or all have the same:
/// `AccessCodeInitializationStrategy` on the wire.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
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

impl PartialSchema for CodeStrategy {
    fn schema() -> RefOr<Schema> {
        types::enumeration::<Self>("Whether each space has a code of its own or all have one")
    }
}

impl ToSchema for CodeStrategy {
    fn name() -> std::borrow::Cow<'static, str> {
        "AccessCodeInitializationStrategy".into()
    }
}
