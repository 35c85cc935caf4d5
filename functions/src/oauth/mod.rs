//! `/v2/oauth`.

mod client;
mod family;
pub mod revoke;
pub mod token;

/// The operations of this folder, for the API document.
#[derive(utoipa::OpenApi)]
#[openapi(paths(token::token, revoke::revoke))]
pub(crate) struct Api;
