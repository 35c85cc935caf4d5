//! `/v2/users`.

pub mod create;
pub mod create_token;
pub mod delete;
pub mod delete_tokens;
pub mod list;
pub mod list_tokens;
mod tokens;
pub mod update;

pub(crate) use tokens::SIGN_IN;

/// The operations of this folder, for the API document.
#[derive(utoipa::OpenApi)]
#[openapi(paths(
    create::create,
    list::list,
    list::get,
    list::list_of_group,
    update::update,
    delete::delete,
    list_tokens::list,
    create_token::create,
    delete_tokens::delete
))]
pub(crate) struct Api;
