//! Organizations, as ServiceStack's clients see them.

pub mod get;
pub mod list;

/// The operations of this folder, for the API document.
#[derive(utoipa::OpenApi)]
#[openapi(paths(get::get, list::list))]
pub(crate) struct Api;
