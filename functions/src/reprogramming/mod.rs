//! `/BusinessUserAccesses/reprogramcodes`: new codes for all accesses of an organization.
//!
//! [`ask`] writes down that it is asked for, and answers; the table's stream then invokes
//! [`remake_codes`](crate::stream::remake_codes), which does it.

pub mod ask;

/// The operations of this folder, for the API document.
#[derive(utoipa::OpenApi)]
#[openapi(paths(ask::ask))]
pub(crate) struct Api;
