//! Coming into a space with an access code.

pub mod create;

/// The operations of this folder, for the API document.
#[derive(utoipa::OpenApi)]
#[openapi(paths(create::enter))]
pub(crate) struct Api;
