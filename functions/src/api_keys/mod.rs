//! `/v2/api-keys`.

pub mod create;
pub mod delete;
pub mod list;

/// What people call one.
const WHAT: &str = "API key";

/// What its id is called.
const ID_FIELD: &str = "apiKeyId";

/// The version of every key: they are made and revoked, and do not change.
const VERSION: u64 = 1;
