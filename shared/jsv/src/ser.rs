//! Writing.

use std::fmt::{Display, Write};

use serde::ser::{self, Error as _, Serialize};

use super::{Error, NULL};

/// `value` as JSV.
///
/// # Errors
/// For a number that is not finite, and a map whose keys are no texts.
///
/// ```
/// assert_eq!(jsv::to_string(&["Max", "me, too", ""]).unwrap(), r#"[Max,"me, too",""]"#);
/// ```
pub fn to_string<T: Serialize + ?Sized>(value: &T) -> Result<String, Error> {
    let mut out = String::new();
    value.serialize(Serializer::new(&mut out))?;
    Ok(out)
}

/// What was written: an absent field is left out together with its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wrote {
    /// A value.
    Value,
    /// `null`, for a missing value.
    Absent,
}

/// Writes to the end of a text.
#[derive(Debug)]
pub struct Serializer<'o> {
    out: &'o mut String,
}

impl<'o> Serializer<'o> {
    /// Writes to the end of `out`.
    pub fn new(out: &'o mut String) -> Self {
        Self { out }
    }

    fn plain(self, value: impl Display) -> Result<Wrote, Error> {
        match write!(self.out, "{value}") {
            Ok(()) => Ok(Wrote::Value),
            Err(error) => Err(Error::custom(error)),
        }
    }

    fn absent(self) -> Result<Wrote, Error> {
        self.out.push_str(NULL);
        Ok(Wrote::Absent)
    }

    fn float(self, value: f64) -> Result<Wrote, Error> {
        if value.is_finite() {
            self.plain(value)
        } else {
            Err(Error::custom("a number must be finite"))
        }
    }

    fn begin(self, open: &str, close: &'static str) -> Compound<'o> {
        self.out.push_str(open);
        Compound {
            out: self.out,
            first: true,
            close,
        }
    }

    /// A map with the name of a variant in it, which is left open.
    fn variant(self, name: &str) -> Self {
        self.out.push('{');
        text(self.out, name);
        self.out.push(':');
        self
    }
}

fn text(out: &mut String, text: &str) {
    const MEANT: [char; 9] = ['"', ',', ':', '{', '}', '[', ']', '\r', '\n'];
    let blank = |end: Option<char>| end.is_none_or(char::is_whitespace);
    if text == NULL
        || blank(text.chars().next())
        || blank(text.chars().next_back())
        || text.contains(MEANT)
    {
        out.push('"');
        out.push_str(&text.replace('"', "\"\""));
        out.push('"');
    } else {
        out.push_str(text);
    }
}

macro_rules! plain {
    ($($name:ident: $type:ty)*) => {$(
        fn $name(self, value: $type) -> Result<Wrote, Error> {
            self.plain(value)
        }
    )*};
}

impl<'o> ser::Serializer for Serializer<'o> {
    type Ok = Wrote;
    type Error = Error;
    type SerializeSeq = Compound<'o>;
    type SerializeTuple = Compound<'o>;
    type SerializeTupleStruct = Compound<'o>;
    type SerializeTupleVariant = Compound<'o>;
    type SerializeMap = Compound<'o>;
    type SerializeStruct = Compound<'o>;
    type SerializeStructVariant = Compound<'o>;

    plain! {
        serialize_i8: i8 serialize_i16: i16 serialize_i32: i32 serialize_i64: i64
        serialize_i128: i128 serialize_u8: u8 serialize_u16: u16 serialize_u32: u32
        serialize_u64: u64 serialize_u128: u128
    }

    fn serialize_bool(self, value: bool) -> Result<Wrote, Error> {
        self.plain(if value { "True" } else { "False" })
    }

    fn serialize_f32(self, value: f32) -> Result<Wrote, Error> {
        if value.is_finite() {
            self.plain(value)
        } else {
            self.float(value.into())
        }
    }

    fn serialize_f64(self, value: f64) -> Result<Wrote, Error> {
        self.float(value)
    }

    fn serialize_char(self, value: char) -> Result<Wrote, Error> {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, value: &str) -> Result<Wrote, Error> {
        text(self.out, value);
        Ok(Wrote::Value)
    }

    /// The alternate form: see the module.
    fn collect_str<T: Display + ?Sized>(self, value: &T) -> Result<Wrote, Error> {
        self.serialize_str(&format!("{value:#}"))
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<Wrote, Error> {
        self.collect_seq(value)
    }

    fn serialize_none(self) -> Result<Wrote, Error> {
        self.absent()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Wrote, Error> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<Wrote, Error> {
        self.absent()
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<Wrote, Error> {
        self.absent()
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<Wrote, Error> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<Wrote, Error> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<Wrote, Error> {
        let Self { out } = self.variant(variant);
        value.serialize(Serializer::new(out))?;
        out.push('}');
        Ok(Wrote::Value)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Compound<'o>, Error> {
        Ok(self.begin("[", "]"))
    }

    fn serialize_tuple(self, _: usize) -> Result<Compound<'o>, Error> {
        Ok(self.begin("[", "]"))
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Compound<'o>, Error> {
        Ok(self.begin("[", "]"))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Compound<'o>, Error> {
        Ok(self.variant(variant).begin("[", "]}"))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Compound<'o>, Error> {
        Ok(self.begin("{", "}"))
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Compound<'o>, Error> {
        Ok(self.begin("{", "}"))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Compound<'o>, Error> {
        Ok(self.variant(variant).begin("{", "}}"))
    }
}

/// A list or a map of which a part is written.
#[derive(Debug)]
pub struct Compound<'o> {
    out: &'o mut String,
    first: bool,
    close: &'static str,
}

impl Compound<'_> {
    fn separate(&mut self) {
        if !std::mem::take(&mut self.first) {
            self.out.push(',');
        }
    }

    fn element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.separate();
        value.serialize(Serializer::new(self.out)).map(|_| ())
    }

    /// An entry, whose key is written already; left out with it when it is absent.
    fn entry<T: Serialize + ?Sized>(&mut self, key: &str, value: &T) -> Result<(), Error> {
        let (before, first) = (self.out.len(), self.first);
        self.separate();
        self.out.push_str(key);
        self.out.push(':');
        if value.serialize(Serializer::new(self.out))? == Wrote::Absent {
            self.out.truncate(before);
            self.first = first;
        }
        Ok(())
    }

    fn field<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) -> Result<(), Error> {
        let mut key = String::new();
        text(&mut key, name);
        self.entry(&key, value)
    }

    fn close(self) -> Result<Wrote, Error> {
        self.out.push_str(self.close);
        Ok(Wrote::Value)
    }
}

macro_rules! elements {
    ($($kind:ident $element:ident)*) => {$(
        impl ser::$kind for Compound<'_> {
            type Ok = Wrote;
            type Error = Error;

            fn $element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
                self.element(value)
            }

            fn end(self) -> Result<Wrote, Error> {
                self.close()
            }
        }
    )*};
}

elements! {
    SerializeSeq serialize_element
    SerializeTuple serialize_element
    SerializeTupleStruct serialize_field
    SerializeTupleVariant serialize_field
}

macro_rules! fields {
    ($($kind:ident)*) => {$(
        impl ser::$kind for Compound<'_> {
            type Ok = Wrote;
            type Error = Error;

            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                name: &'static str,
                value: &T,
            ) -> Result<(), Error> {
                self.field(name, value)
            }

            fn end(self) -> Result<Wrote, Error> {
                self.close()
            }
        }
    )*};
}

fields! { SerializeStruct SerializeStructVariant }

impl ser::SerializeMap for Compound<'_> {
    type Ok = Wrote;
    type Error = Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, _: &T) -> Result<(), Error> {
        Err(Error::custom("a key needs its value"))
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, _: &T) -> Result<(), Error> {
        Err(Error::custom("a value needs its key"))
    }

    fn serialize_entry<K: Serialize + ?Sized, V: Serialize + ?Sized>(
        &mut self,
        key: &K,
        value: &V,
    ) -> Result<(), Error> {
        let mut name = String::new();
        let wrote = key.serialize(Serializer::new(&mut name))?;
        // A text with this beginning is quoted.
        if wrote == Wrote::Absent || name.starts_with(['{', '[']) {
            return Err(Error::custom("a key must be a text"));
        }
        self.entry(&name, value)
    }

    fn end(self) -> Result<Wrote, Error> {
        self.close()
    }
}
