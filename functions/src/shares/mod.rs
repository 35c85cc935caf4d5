//! `/v2/shares`: the share family.
//!
//! The endpoints share [`reading`] (finding a share, who may know of it, the names for its
//! view) and [`changing`] (who may change it, and the one transaction).

mod allowance;
pub mod calendar;
mod changing;
pub mod claim;
pub mod create;
pub mod create_calendar_link;
pub mod create_web_key;
pub mod delete;
pub mod delete_calendar_link;
pub mod delete_web_key;
pub mod get;
pub mod get_calendar;
pub mod list;
mod reading;
pub mod update;

/// The operations of this folder, for the API document.
#[derive(utoipa::OpenApi)]
#[openapi(paths(
    create::create,
    get::get,
    list::list,
    update::update,
    delete::delete,
    claim::claim,
    create_web_key::create,
    delete_web_key::delete,
    calendar::get,
    create_calendar_link::create,
    delete_calendar_link::delete,
    get_calendar::get
))]
pub(crate) struct Api;
