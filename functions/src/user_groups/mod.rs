//! `/v2/user-groups`.

pub mod add;
pub mod create;
pub mod delete;
pub mod list;
pub mod remove;
pub mod update;

/// The operations of this folder, for the API document.
#[derive(utoipa::OpenApi)]
#[openapi(paths(
    create::create,
    list::list,
    list::get,
    update::update,
    delete::delete,
    add::add,
    remove::remove
))]
pub(crate) struct Api;
