//! `/v2/spaces`.

pub mod create;
pub mod delete;
pub mod list;
pub mod update;

/// The operations of this folder, for the API document.
#[derive(utoipa::OpenApi)]
#[openapi(paths(create::create, list::list, list::get, update::update, delete::delete))]
pub(crate) struct Api;
