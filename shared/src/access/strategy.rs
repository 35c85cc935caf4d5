//! How the spaces of an access get their codes.

use serde::{Deserialize, Serialize};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::wire::service::types::{self, Enumerated};

/// How the spaces of an access get their codes: `AccessCodeInitializationStrategy` on the wire.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum CodeStrategy {
    /// Each space its own.
    #[default]
    Unique,
    /// All spaces the same.
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
