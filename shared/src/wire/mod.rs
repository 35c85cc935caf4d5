//! How the API uses HTTP: strict reading of JSON and JSV bodies, errors, headers, entity tags,
//! idempotency keys. Only this module knows status codes.

mod body;
pub mod error;
pub mod headers;
pub mod idempotency;
pub mod json;
pub mod oauth;
pub mod page;
pub mod query;
pub mod reading;
pub mod request;
pub mod response;
pub mod schema;
pub mod service;
pub mod unknown;

pub use jsv;

pub use page::Page;
pub use query::Query;
pub use request::{Body, Request};
pub use response::Response;
