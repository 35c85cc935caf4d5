//! `/v2/devices`, `/v1/devices`, `/v1/gateways`.

pub mod create;
pub mod delete;
pub mod list;
pub mod report;
pub mod update;
pub(crate) mod view;

/// The operations of this folder, for the API document.
#[derive(utoipa::OpenApi)]
#[openapi(paths(
    create::create,
    list::list,
    list::get,
    list::get_first,
    list::status,
    list::list_of_group,
    report::report,
    update::update,
    delete::delete
))]
pub(crate) struct Api;
