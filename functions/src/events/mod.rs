//! `/v2/events`.

pub mod list;

/// The operations of this folder, for the API document.
#[derive(utoipa::OpenApi)]
#[openapi(paths(list::list))]
pub(crate) struct Api;
