//! The API document.

pub mod openapi;

/// The operations of this folder, for the API document.
#[derive(utoipa::OpenApi)]
#[openapi(paths(openapi::get))]
pub(crate) struct Api;
