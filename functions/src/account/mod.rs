//! `/v1/account`.

pub mod get;

/// The operations of this folder, for the API document.
#[derive(utoipa::OpenApi)]
#[openapi(paths(get::get))]
pub(crate) struct Api;
