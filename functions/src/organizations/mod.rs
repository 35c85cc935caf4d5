//! Organizations.

pub mod bootstrap;
pub mod get;
pub mod update;

/// The operations of this folder, for the API document.
#[derive(utoipa::OpenApi)]
#[openapi(paths(get::get, update::update))]
pub(crate) struct Api;
