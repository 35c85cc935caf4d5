//! What ServiceStack's clients are shown of organizations, users and spaces: with the names that
//! the published service has for their members. What it names and what is not known here is empty
//! if it is a list, and left out otherwise; `tests/published.json` says of each which.

mod organization;
mod thing;
mod user;

pub use organization::{OrganizationBasicView, OrganizationType, OrganizationView};
pub use thing::ThingView;
pub use user::{ActivationStatus, BusinessUserProfileDataView, BusinessUserView};

use ring::digest::{SHA256, digest};
use uuid::{Builder, Uuid};

/// The id of what has none of its own: of one thing within another, made of the ids of both.
pub(crate) fn id_within(whole: [u8; 16], part: [u8; 16]) -> Uuid {
    let hash = digest(&SHA256, &[whole, part].concat());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash.as_ref()[..16]);
    Builder::from_custom_bytes(bytes).into_uuid()
}

/// What the published service has a list of, and what does not exist here: always empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct NoneOf;

impl serde::Serialize for NoneOf {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(std::iter::empty::<()>())
    }
}

impl utoipa::PartialSchema for NoneOf {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
        use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder};
        let list = ArrayBuilder::new()
            .items(ObjectBuilder::new())
            .max_items(Some(0))
            .description(Some("Always empty."))
            .examples([serde_json::json!([])]);
        list.into()
    }
}

impl utoipa::ToSchema for NoneOf {}

/// The same of a map.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct NothingIn;

impl serde::Serialize for NothingIn {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(std::iter::empty::<((), ())>())
    }
}

impl utoipa::PartialSchema for NothingIn {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
        use utoipa::openapi::schema::{ObjectBuilder, Type};
        ObjectBuilder::new()
            .schema_type(Type::Object)
            .max_properties(Some(0))
            .description(Some("Always empty."))
            .examples([serde_json::json!({})])
            .into()
    }
}

impl utoipa::ToSchema for NothingIn {}
