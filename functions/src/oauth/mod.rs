//! `/v2/oauth`.

pub mod authorize;
mod client;
pub mod clients;
mod family;
pub mod link;
mod linked;
mod page;
pub mod revoke;
pub mod token;

/// The operations of this folder, for the API document.
#[derive(utoipa::OpenApi)]
#[openapi(paths(
    authorize::ask,
    link::answer,
    authorize::sign_in,
    authorize::metadata,
    token::token,
    revoke::revoke,
    clients::list::list,
    clients::create::create,
    clients::delete::delete
))]
pub(crate) struct Api;
