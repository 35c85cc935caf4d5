//! JSV, the text format of ServiceStack: JSON without the quotes that are not needed.
//!
//! `{name:Max,tags:[a,"b, c"],open:True}`. A text is quoted only if it contains one of `" , : {
//! } [ ]` or a line break, begins or ends with white space, is empty, or would be read as
//! `null`. A quote inside is doubled, and nothing else is escaped. A text therefore does not
//! show its type, and its reader must know the expected type. [`Deserializer::deserialize_any`]
//! does not know it and returns texts, lists and maps.
//!
//! Read is more than is written: white space between all parts; a colon in a text without
//! quotes, for ServiceStack writes its times so. What could lose data is a fault: a key given
//! twice, anything behind the end, an unfinished quote, a bracket inside a text.
//!
//! A type that is written in another way here than in JSON says so in its `Display`: through
//! `Serializer::collect_str` JSON asks for its plain form, `{}`, and JSV for its alternate one,
//! `{:#}`. (`is_human_readable` would be a lie: with it UUIDs and dates become bytes.)
//!
//! This crate needs serde alone.

mod de;
mod error;
mod ser;

#[cfg(test)]
mod tests;

pub use de::{Deserializer, MAX_DEPTH, from_str};
pub use error::{Error, Step, render};
pub use ser::{Serializer, Wrote, to_string};

/// The separators, which an unquoted text cannot contain.
const BLANK: [char; 4] = [' ', '\t', '\r', '\n'];

/// The placeholder for a missing value, if a place cannot be empty.
const NULL: &str = "null";
