//! Schemas of the API document for types that JSON does not have. They are named in
//! `value_type` of a field: `#[schema(value_type = Option<LocalTime>)]`.

use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, SchemaFormat, Type};
use utoipa::{PartialSchema, ToSchema};

fn text(description: &str, format: &str, pattern: &str, example: &str) -> RefOr<Schema> {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .format(Some(SchemaFormat::Custom(format.to_owned())))
        .description(Some(description.trim()))
        .pattern(Some(pattern))
        .examples([example])
        .into()
}

macro_rules! texts {
    ($($(#[doc = $doc:literal])+ $name:ident($format:literal, $pattern:literal, $example:literal))*) => {$(
        $(#[doc = $doc])+
        #[derive(Debug)]
        pub struct $name;

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                text(concat!($($doc),+), $format, $pattern, $example)
            }
        }

        impl ToSchema for $name {}
    )*};
}

texts! {
    /// A date on the calendar of the door.
    LocalDate("date", r"^\d{4}-\d{2}-\d{2}$", "2027-01-31")
    /// A time on the wall clock of the door.
    LocalTime("time-local", r"^\d{2}:\d{2}(:\d{2}(\.\d+)?)?$", "08:00:00")
    /// An IANA time zone.
    TimeZone("iana-time-zone", r"^[A-Za-z0-9_+/-]+$", "Europe/Berlin")
    /// An instant, with an offset such as that of the door's clock.
    DoorInstant("date-time", r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$", "2027-01-31T08:00:00+01:00")
    /// An instant, in UTC.
    Instant("date-time", r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z$", "2027-01-31T07:00:00Z")
}
