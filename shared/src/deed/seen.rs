//! A value as the record may show it: without secrets.
//!
//! Of a secret the record says that it changed, and no more. What is one, its type says: it
//! serializes by [`secret`], under a name that no other type has. Tables and answers do not see
//! the name; here it makes the value a [`Seen::Secret`], however deep it lies in what is recorded.

use std::collections::{BTreeMap, BTreeSet};

use serde::ser::{
    self, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant,
};
use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

/// The name by which a secret is known.
const SECRET: &str = "$latchkey::secret";
/// What is said of a secret that is new or another one.
const CHANGED: &str = "changed";
/// What is said of a secret that stayed, where others beside it did not.
const KEPT: &str = "kept";
/// How many characters of a text are shown.
const MAX_TEXT: usize = 200;
/// How many elements of a list are shown.
const MAX_LIST: usize = 20;
/// The fields of a thing that each change changes, or none, and which the deed says itself.
const SAID: [&str; 6] = [
    "id",
    "organization",
    "version",
    "dateCreated",
    "dateModified",
    "creator",
];

/// Serializes what nobody may read in the record: a code, a token, a hash of one. Everywhere
/// else it is a text like others.
///
/// # Errors
/// As `serializer`.
pub fn secret<S: Serializer>(value: &str, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_newtype_struct(SECRET, value)
}

/// A value, with its secrets marked.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Seen {
    Plain(Value),
    Secret(String),
    List(Vec<Seen>),
    Map(BTreeMap<String, Seen>),
}

impl Seen {
    /// A thing, without what the deed itself says of it.
    ///
    /// # Errors
    /// That the value cannot be written.
    pub(super) fn of(value: &impl Serialize) -> Result<Self, Fault> {
        let mut seen = value.serialize(Seeing)?;
        if let Self::Map(fields) = &mut seen {
            fields.retain(|name, _| !SAID.contains(&name.as_str()));
        }
        Ok(seen)
    }

    /// What is said of it where nothing stood before, or nothing stands any more.
    pub(super) fn whole(&self) -> Value {
        self.shown(&BTreeSet::new())
    }

    /// What differs between the two, as said of each: of two maps, the fields that do. `None`
    /// of one that has nothing to say.
    pub(super) fn differences(before: &Self, after: &Self) -> (Option<Value>, Option<Value>) {
        match (before, after) {
            (before, after) if before == after => (None, None),
            (Self::Map(before), Self::Map(after)) => {
                let (mut was, mut is) = (Map::new(), Map::new());
                let names: BTreeSet<_> = before.keys().chain(after.keys()).collect();
                for name in names {
                    let (one, other) = match (before.get(name), after.get(name)) {
                        (Some(one), Some(other)) => Self::differences(one, other),
                        // Like a merge patch, which takes away what it says is null.
                        (Some(one), None) => (Some(one.whole()), Some(Value::Null)),
                        (None, Some(other)) => (None, Some(other.whole())),
                        (None, None) => (None, None),
                    };
                    was.extend(one.map(|one| (name.clone(), one)));
                    is.extend(other.map(|other| (name.clone(), other)));
                }
                let some =
                    |fields: Map<_, _>| (!fields.is_empty()).then_some(Value::Object(fields));
                (some(was), some(is))
            }
            (Self::Secret(_), Self::Secret(_)) => (None, Some(CHANGED.into())),
            (before, after) => {
                let (had, has) = (before.secrets(), after.secrets());
                (Some(before.shown(&has)), Some(after.shown(&had)))
            }
        }
    }

    /// As it is shown beside something with `others` as its secrets.
    fn shown(&self, others: &BTreeSet<&str>) -> Value {
        match self {
            Self::Plain(Value::String(text)) => Value::String(cut(text)),
            Self::Plain(value) => value.clone(),
            Self::Secret(secret) if others.contains(secret.as_str()) => KEPT.into(),
            Self::Secret(_) => CHANGED.into(),
            Self::List(list) => {
                let shown = list.iter().take(MAX_LIST);
                let mut shown: Vec<_> = shown.map(|one| one.shown(others)).collect();
                if list.len() > MAX_LIST {
                    shown.push(format!("… {} more", list.len() - MAX_LIST).into());
                }
                Value::Array(shown)
            }
            Self::Map(map) => {
                let shown = map
                    .iter()
                    .map(|(name, one)| (name.clone(), one.shown(others)));
                // What is not there need not be said.
                Value::Object(shown.filter(|(_, one)| !one.is_null()).collect())
            }
        }
    }

    /// All secrets in it.
    fn secrets(&self) -> BTreeSet<&str> {
        match self {
            Self::Plain(_) => BTreeSet::new(),
            Self::Secret(secret) => BTreeSet::from([secret.as_str()]),
            Self::List(list) => list.iter().flat_map(Self::secrets).collect(),
            Self::Map(map) => map.values().flat_map(Self::secrets).collect(),
        }
    }
}

/// A text of at most [`MAX_TEXT`] characters, with a mark if it was longer.
fn cut(text: &str) -> String {
    match text.char_indices().nth(MAX_TEXT) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// That a value cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct Fault(String);

impl ser::Error for Fault {
    fn custom<T: std::fmt::Display>(message: T) -> Self {
        Self(message.to_string())
    }
}

/// Makes a [`Seen`] of any value.
struct Seeing;

/// A list, or a map, that is being made.
#[derive(Default)]
struct Making {
    list: Vec<Seen>,
    map: BTreeMap<String, Seen>,
    name: Option<String>,
    /// Of a variant of an enum: its name.
    variant: Option<&'static str>,
}

impl Making {
    fn of(variant: &'static str) -> Self {
        Self {
            variant: Some(variant),
            ..Self::default()
        }
    }

    fn element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Fault> {
        self.list.push(value.serialize(Seeing)?);
        Ok(())
    }

    fn field<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) -> Result<(), Fault> {
        self.map.insert(name.to_owned(), value.serialize(Seeing)?);
        Ok(())
    }

    fn named(variant: Option<&'static str>, seen: Seen) -> Seen {
        match variant {
            Some(variant) => Seen::Map(BTreeMap::from([(variant.to_owned(), seen)])),
            None => seen,
        }
    }

    fn list(self) -> Seen {
        Self::named(self.variant, Seen::List(self.list))
    }

    fn map(self) -> Seen {
        Self::named(self.variant, Seen::Map(self.map))
    }
}

/// The methods of a serializer for values that are what JSON has for them.
macro_rules! plain {
    ($($method:ident: $type:ty),* $(,)?) => {$(
        fn $method(self, value: $type) -> Result<Seen, Fault> {
            Ok(Seen::Plain(value.into()))
        }
    )*};
}

impl Serializer for Seeing {
    type Ok = Seen;
    type Error = Fault;
    type SerializeSeq = Making;
    type SerializeTuple = Making;
    type SerializeTupleStruct = Making;
    type SerializeTupleVariant = Making;
    type SerializeMap = Making;
    type SerializeStruct = Making;
    type SerializeStructVariant = Making;

    plain! {
        serialize_bool: bool, serialize_i8: i8, serialize_i16: i16, serialize_i32: i32,
        serialize_i64: i64, serialize_u8: u8, serialize_u16: u16, serialize_u32: u32,
        serialize_u64: u64, serialize_f32: f32, serialize_f64: f64, serialize_str: &str,
    }

    fn serialize_char(self, value: char) -> Result<Seen, Fault> {
        Ok(Seen::Plain(value.to_string().into()))
    }

    /// Bytes are nothing that people read, and may be what a secret was sealed into.
    fn serialize_bytes(self, value: &[u8]) -> Result<Seen, Fault> {
        Ok(Seen::Secret(format!("{value:?}")))
    }

    fn serialize_none(self) -> Result<Seen, Fault> {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Seen, Fault> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<Seen, Fault> {
        Ok(Seen::Plain(Value::Null))
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<Seen, Fault> {
        self.serialize_unit()
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<Seen, Fault> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        value: &T,
    ) -> Result<Seen, Fault> {
        let seen = value.serialize(Seeing)?;
        Ok(match (name, seen) {
            (SECRET, Seen::Plain(Value::String(secret))) => Seen::Secret(secret),
            (SECRET, other) => Seen::Secret(other.whole().to_string()),
            (_, seen) => seen,
        })
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<Seen, Fault> {
        Ok(Making::named(Some(variant), value.serialize(Seeing)?))
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Making, Fault> {
        Ok(Making::default())
    }

    fn serialize_tuple(self, _: usize) -> Result<Making, Fault> {
        Ok(Making::default())
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Making, Fault> {
        Ok(Making::default())
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Making, Fault> {
        Ok(Making::of(variant))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Making, Fault> {
        Ok(Making::default())
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Making, Fault> {
        Ok(Making::default())
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Making, Fault> {
        Ok(Making::of(variant))
    }
}

/// What is made of elements, one after the other.
macro_rules! listing {
    ($($trait:ident $method:ident),*) => {$(
        impl $trait for Making {
            type Ok = Seen;
            type Error = Fault;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Fault> {
                self.element(value)
            }

            fn end(self) -> Result<Seen, Fault> {
                Ok(self.list())
            }
        }
    )*};
}
listing!(
    SerializeSeq serialize_element,
    SerializeTuple serialize_element,
    SerializeTupleStruct serialize_field,
    SerializeTupleVariant serialize_field
);

/// What is made of fields, one after the other.
macro_rules! mapping {
    ($($trait:ident),*) => {$(
        impl $trait for Making {
            type Ok = Seen;
            type Error = Fault;

            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                name: &'static str,
                value: &T,
            ) -> Result<(), Fault> {
                self.field(name, value)
            }

            fn end(self) -> Result<Seen, Fault> {
                Ok(self.map())
            }
        }
    )*};
}
mapping!(SerializeStruct, SerializeStructVariant);

impl SerializeMap for Making {
    type Ok = Seen;
    type Error = Fault;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Fault> {
        self.name = Some(match key.serialize(Seeing)? {
            Seen::Plain(Value::String(name)) => name,
            other => other.whole().to_string(),
        });
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Fault> {
        let name = self.name.take().unwrap_or_default();
        self.field(&name, value)
    }

    fn end(self) -> Result<Seen, Fault> {
        Ok(self.map())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[derive(Serialize)]
    struct Thing {
        id: u64,
        name: &'static str,
        code: Code,
        spaces: Vec<Space>,
        label: Option<&'static str>,
    }

    #[derive(Serialize)]
    struct Space {
        number: u8,
        code: Code,
    }

    struct Code(&'static str);

    impl Serialize for Code {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            secret(self.0, serializer)
        }
    }

    fn thing(name: &'static str, code: &'static str, spaces: &[(u8, &'static str)]) -> Seen {
        let space = |(number, code): &(u8, &'static str)| Space {
            number: *number,
            code: Code(code),
        };
        let thing = Thing {
            id: 7,
            name,
            code: Code(code),
            spaces: spaces.iter().map(space).collect(),
            label: None,
        };
        Seen::of(&thing).unwrap()
    }

    #[test]
    fn a_secret_is_said_to_be_there_and_is_a_text_to_everybody_else() {
        let seen = thing("a", "407192", &[]);
        assert_eq!(
            seen.whole(),
            json!({"name": "a", "code": "changed", "spaces": []})
        );
        assert_eq!(
            serde_json::to_value(Code("407192")).unwrap(),
            json!("407192")
        );
    }

    #[test]
    fn only_what_differs_is_said() {
        let before = thing("a", "1111", &[(1, "2222")]);
        assert_eq!(Seen::differences(&before, &before), (None, None));
        let named = thing("b", "1111", &[(1, "2222")]);
        assert_eq!(
            Seen::differences(&before, &named),
            (Some(json!({"name": "a"})), Some(json!({"name": "b"})))
        );
        let coded = thing("a", "3333", &[(1, "2222")]);
        let said = (None, Some(json!({"code": "changed"})));
        assert_eq!(Seen::differences(&before, &coded), said);
    }

    #[test]
    fn of_a_list_whose_other_parts_changed_a_secret_that_stayed_is_said_to_be_kept() {
        let before = thing("a", "1", &[(1, "2222")]);
        let after = thing("a", "1", &[(1, "2222"), (2, "3333")]);
        let (was, is) = Seen::differences(&before, &after);
        let one = json!({"number": 1, "code": "kept"});
        assert_eq!(was, Some(json!({"spaces": [one]})));
        let two = json!({"number": 2, "code": "changed"});
        assert_eq!(is, Some(json!({"spaces": [one, two]})));
    }

    #[test]
    fn what_is_gone_is_null_as_in_a_merge_patch() {
        let (before, after) = (json!({"a": 1, "b": {"c": 2}}), json!({"b": {}}));
        let (before, after) = (Seen::of(&before).unwrap(), Seen::of(&after).unwrap());
        let (was, is) = Seen::differences(&before, &after);
        assert_eq!(was, Some(json!({"a": 1, "b": {"c": 2}})));
        assert_eq!(is, Some(json!({"a": null, "b": {"c": null}})));
    }

    #[test]
    fn long_texts_and_lists_are_cut_with_a_mark() {
        let long = json!({"text": "é".repeat(300), "list": (0..50).collect::<Vec<_>>()});
        let seen = Seen::of(&long).unwrap().whole();
        let text = seen["text"].as_str().unwrap();
        assert_eq!(text.chars().count(), 201);
        assert!(text.ends_with('…'), "{text}");
        let list = seen["list"].as_array().unwrap();
        assert_eq!(list.len(), 21);
        assert_eq!(list[20], "… 30 more");
    }
}
