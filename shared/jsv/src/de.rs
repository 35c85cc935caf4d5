//! Reading.

use std::borrow::Cow;
use std::collections::HashSet;

use serde::de::{
    self, Deserialize, DeserializeSeed, EnumAccess, Error as _, IntoDeserializer, MapAccess,
    SeqAccess, Unexpected, VariantAccess, Visitor,
};
use serde::forward_to_deserialize_any;

use super::{BLANK, Error, NULL, Step};

/// The maximum nesting of lists and maps.
pub const MAX_DEPTH: usize = 128;

/// Reads `text` as one value.
///
/// # Errors
/// If it is no JSV, or not what `T` wants: with the path of the field.
///
/// ```
/// use std::collections::BTreeMap;
/// let hours: BTreeMap<String, Vec<u8>> = jsv::from_str("{ open: [8, 18] }").unwrap();
/// assert_eq!(hours["open"], [8, 18]);
/// let error = jsv::from_str::<BTreeMap<String, Vec<u8>>>("{open: [8, late]}").unwrap_err();
/// assert_eq!(error.field(), "open[1]");
/// ```
pub fn from_str<'de, T: Deserialize<'de>>(text: &'de str) -> Result<T, Error> {
    let mut deserializer = Deserializer::new(text);
    let value = T::deserialize(&mut deserializer)?;
    deserializer.end()?;
    Ok(value)
}

/// Reads one value from a text.
#[derive(Debug)]
pub struct Deserializer<'de> {
    text: &'de str,
    /// The byte that is next; always at the beginning of a character.
    at: usize,
    depth: usize,
}

/// The kind of value that begins at a place.
enum Next {
    Map,
    List,
    /// A text in quotes.
    Quoted,
    /// A text without.
    Bare,
    /// Nothing: what ends a value, or the end of all.
    Nothing,
}

/// A text, and whether it stood in quotes.
struct Text<'de> {
    text: Cow<'de, str>,
    quoted: bool,
}

impl<'de> Deserializer<'de> {
    /// Reads from the beginning of `text`.
    pub fn new(text: &'de str) -> Self {
        Self {
            text,
            at: 0,
            depth: 0,
        }
    }

    /// Checks that there is nothing more.
    ///
    /// # Errors
    /// If there is.
    pub fn end(&mut self) -> Result<(), Error> {
        match self.peek() {
            None => Ok(()),
            Some(more) => Err(self.fault(format!("expected the end, got `{more}`"))),
        }
    }

    fn fault(&self, message: impl Into<String>) -> Error {
        Error::at(message, self.text, self.at)
    }

    fn rest(&self) -> &'de str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// The next character behind white space.
    fn peek(&mut self) -> Option<char> {
        let rest = self.rest();
        let blank = rest.len() - rest.trim_start_matches(BLANK).len();
        self.at += blank;
        self.rest().chars().next()
    }

    /// Takes `wanted` if it is next.
    fn take(&mut self, wanted: char) -> bool {
        let is_next = self.peek() == Some(wanted);
        if is_next {
            self.at += wanted.len_utf8();
        }
        is_next
    }

    fn unexpected(&mut self, expected: &str) -> Error {
        match self.peek() {
            Some(got) => self.fault(format!("expected {expected}, got `{got}`")),
            None => self.fault(format!("expected {expected}, got the end")),
        }
    }

    fn next(&mut self) -> Next {
        match self.peek() {
            Some('{') => Next::Map,
            Some('[') => Next::List,
            Some('"') => Next::Quoted,
            None | Some(',' | '}' | ']') => Next::Nothing,
            Some(_) => Next::Bare,
        }
    }

    /// Reads a text in quotes, of which the first is next.
    fn quoted(&mut self) -> Result<Text<'de>, Error> {
        let inside = self.rest().get(1..).unwrap_or_default();
        let (mut from, mut doubled) = (0, false);
        loop {
            let tail = inside.get(from..).unwrap_or_default();
            let Some(quote) = tail.find('"') else {
                return Err(self.fault("this text has no closing quote"));
            };
            let end = from + quote;
            if tail[quote + 1..].starts_with('"') {
                doubled = true;
                from = end + 2;
                continue;
            }
            let text = &inside[..end];
            self.at += end + 2;
            let text = match doubled {
                true => Cow::Owned(text.replace("\"\"", "\"")),
                false => Cow::Borrowed(text),
            };
            return Ok(Text { text, quoted: true });
        }
    }

    /// Reads an unquoted text, up to one of `ends`; `None` if there is none.
    fn bare(&mut self, ends: &[char]) -> Result<Text<'de>, Error> {
        let rest = self.rest();
        let end = rest.find(ends).unwrap_or(rest.len());
        let text = &rest[..end];
        if let Some(inside) = text.find(['"', '{', '[', '}', ']', ',']) {
            self.at += inside;
            return Err(match text[inside..].starts_with(['"', '{', '[']) {
                true => self.fault("a text with quotes or brackets must stand in quotes"),
                false => self.unexpected("`:`"),
            });
        }
        self.at += end;
        Ok(Text {
            text: Cow::Borrowed(text.trim_end_matches(BLANK)),
            quoted: false,
        })
    }

    /// Reads a text; any other value is not what the visitor expects.
    fn text(&mut self, wanted: &dyn de::Expected) -> Result<Text<'de>, Error> {
        match self.next() {
            Next::Quoted => self.quoted(),
            Next::Bare => self.bare(&[',', '}', ']']),
            Next::Map => Err(self.wrong(Unexpected::Map, wanted)),
            Next::List => Err(self.wrong(Unexpected::Seq, wanted)),
            Next::Nothing => Err(self.wrong(Unexpected::Other("nothing"), wanted)),
        }
    }

    fn wrong(&self, got: Unexpected<'_>, wanted: &dyn de::Expected) -> Error {
        Error::invalid_type(got, wanted).place(self.text, self.at)
    }

    /// Takes what says that there is no value; `false` when there is one.
    fn absent(&mut self) -> bool {
        match self.next() {
            Next::Nothing => true,
            Next::Bare => {
                let here = self.at;
                let text = self.bare(&[',', '}', ']']);
                let is_null = text.is_ok_and(|text| text.text == NULL);
                if !is_null {
                    self.at = here;
                }
                is_null
            }
            _ => false,
        }
    }

    /// Reads what stands between brackets, of which the first is next.
    fn nested<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T, Error>) -> Result<T, Error> {
        if self.depth == MAX_DEPTH {
            let message = format!("lists and maps stand more than {MAX_DEPTH} deep in each other");
            return Err(self.fault(message));
        }
        self.depth += 1;
        // Each bracket is one byte.
        self.at += 1;
        let value = read(self);
        self.depth -= 1;
        value
    }

    fn list<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value, Error> {
        if !matches!(self.next(), Next::List) {
            return Err(self.other_than(&visitor));
        }
        self.nested(|input| {
            let mut elements = Elements {
                input,
                index: 0,
                done: false,
            };
            let value = visitor.visit_seq(&mut elements)?;
            match elements.done || elements.input.take(']') {
                true => Ok(value),
                false => Err(elements.input.unexpected("`]`")),
            }
        })
    }

    fn map<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value, Error> {
        if !matches!(self.next(), Next::Map) {
            return Err(self.other_than(&visitor));
        }
        self.nested(|input| {
            let mut entries = Entries::of(input);
            let value = visitor.visit_map(&mut entries)?;
            match entries.done || entries.input.take('}') {
                true => Ok(value),
                false => Err(entries.input.unexpected("`}`")),
            }
        })
    }

    /// The fault of what is next, which is not of the kind that is wanted.
    fn other_than(&mut self, wanted: &dyn de::Expected) -> Error {
        match self.text(wanted) {
            Ok(Text { text, .. }) => self.wrong(Unexpected::Str(&text), wanted),
            Err(error) => error,
        }
    }
}

macro_rules! texts {
    ($($name:ident)*) => {$(
        fn $name<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            let here = self.at;
            let text = self.text(&visitor)?;
            text.$name(visitor).map_err(|error| error.place(self.text, here))
        }
    )*};
}

impl<'de> de::Deserializer<'de> for &mut Deserializer<'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.next() {
            Next::Map => self.map(visitor),
            Next::List => self.list(visitor),
            _ if self.absent() => visitor.visit_unit(),
            _ => self.deserialize_str(visitor),
        }
    }

    texts! {
        deserialize_bool deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64
        deserialize_i128 deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64
        deserialize_u128 deserialize_f32 deserialize_f64 deserialize_char deserialize_str
        deserialize_string deserialize_identifier
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.list(visitor)
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.list(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.absent() {
            true => visitor.visit_none(),
            false => visitor.visit_some(self),
        }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.absent() {
            true => visitor.visit_unit(),
            false => Err(self.other_than(&visitor)),
        }
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.list(visitor)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Error> {
        self.list(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.list(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.map(visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.map(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        if !matches!(self.next(), Next::Map) {
            let text = self.text(&visitor)?;
            return text.deserialize_enum(name, variants, visitor);
        }
        self.nested(|input| {
            let mut entries = Entries::of(input);
            let value = visitor.visit_enum(&mut entries)?;
            match entries.input.take('}') {
                true => Ok(value),
                false => Err(entries.input.unexpected("`}`")),
            }
        })
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_any(visitor)
    }
}

struct Elements<'i, 'de> {
    input: &'i mut Deserializer<'de>,
    index: usize,
    done: bool,
}

impl<'de> SeqAccess<'de> for Elements<'_, 'de> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Error> {
        if self.done || self.input.take(']') {
            self.done = true;
            return Ok(None);
        }
        if self.index > 0 && !self.input.take(',') {
            return Err(self.input.unexpected("`,` or `]`"));
        }
        let here = self.input.at;
        let value = seed.deserialize(&mut *self.input).map_err(|error| {
            let step = Step::Index(self.index);
            error.place(self.input.text, here).inside(step)
        })?;
        self.index += 1;
        Ok(Some(value))
    }
}

/// The content of a map; for an enum with a value, the name of the variant and that value.
struct Entries<'i, 'de> {
    input: &'i mut Deserializer<'de>,
    keys: HashSet<String>,
    key: String,
    done: bool,
}

impl<'i, 'de> Entries<'i, 'de> {
    fn of(input: &'i mut Deserializer<'de>) -> Self {
        Self {
            input,
            keys: HashSet::new(),
            key: String::new(),
            done: false,
        }
    }

    /// Reads a key and what is behind it.
    fn key(&mut self) -> Result<Text<'de>, Error> {
        let here = self.input.at;
        let key = match self.input.next() {
            Next::Quoted => self.input.quoted()?,
            Next::Bare => self.input.bare(&[':'])?,
            _ => return Err(self.input.unexpected("a key")),
        };
        if !key.quoted && key.text.is_empty() {
            return Err(self.input.unexpected("a key"));
        }
        self.key = key.text.clone().into_owned();
        if !self.input.take(':') {
            return Err(self.input.unexpected("`:`").inside(self.step()));
        }
        if !self.keys.insert(self.key.clone()) {
            let error = Error::at("this key is given twice", self.input.text, here);
            return Err(error.inside(self.step()));
        }
        Ok(key)
    }

    fn step(&self) -> Step {
        Step::Key(self.key.clone())
    }

    fn value<T>(
        &mut self,
        read: impl FnOnce(&mut Deserializer<'de>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let here = self.input.at;
        read(self.input).map_err(|error| error.place(self.input.text, here).inside(self.step()))
    }
}

impl<'de> MapAccess<'de> for Entries<'_, 'de> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Error> {
        if self.done || self.input.take('}') {
            self.done = true;
            return Ok(None);
        }
        if !self.keys.is_empty() && !self.input.take(',') {
            return Err(self.input.unexpected("`,` or `}`"));
        }
        let here = self.input.at;
        let key = self.key()?;
        let key = seed.deserialize(key);
        let placed = |error: Error| error.place(self.input.text, here).inside(self.step());
        key.map(Some).map_err(placed)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Error> {
        self.value(|input| seed.deserialize(input))
    }
}

impl<'de> EnumAccess<'de> for &mut Entries<'_, 'de> {
    type Error = Error;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), Error> {
        let here = self.input.at;
        let key = self.key()?;
        match seed.deserialize(key) {
            Ok(variant) => Ok((variant, self)),
            Err(error) => Err(error.place(self.input.text, here)),
        }
    }
}

impl<'de> VariantAccess<'de> for &mut Entries<'_, 'de> {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        self.value(|input| <()>::deserialize(input))
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Error> {
        self.value(|input| seed.deserialize(input))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Error> {
        self.value(|input| input.list(visitor))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.value(|input| input.map(visitor))
    }
}

macro_rules! numbers {
    ($($name:ident $visit:ident $type:ty)*) => {$(
        fn $name<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            match self.text.parse::<$type>() {
                // Rust reads a plus sign, too.
                Ok(number) if !self.text.starts_with('+') => visitor.$visit(number),
                _ => Err(self.other_than(&visitor)),
            }
        }
    )*};
}

macro_rules! floats {
    ($($name:ident $visit:ident $type:ty)*) => {$(
        fn $name<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            match self.text.parse::<$type>() {
                Ok(number) if number.is_finite() && !self.text.starts_with('+') => {
                    visitor.$visit(number)
                }
                _ => Err(self.other_than(&visitor)),
            }
        }
    )*};
}

impl Text<'_> {
    fn other_than(&self, wanted: &dyn de::Expected) -> Error {
        Error::invalid_value(Unexpected::Str(&self.text), wanted)
    }
}

/// A text, or the key of a map.
impl<'de> de::Deserializer<'de> for Text<'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.text {
            Cow::Borrowed(text) => visitor.visit_borrowed_str(text),
            Cow::Owned(text) => visitor.visit_string(text),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.text.eq_ignore_ascii_case("true") {
            visitor.visit_bool(true)
        } else if self.text.eq_ignore_ascii_case("false") {
            visitor.visit_bool(false)
        } else {
            Err(self.other_than(&visitor))
        }
    }

    numbers! {
        deserialize_i8 visit_i8 i8
        deserialize_i16 visit_i16 i16
        deserialize_i32 visit_i32 i32
        deserialize_i64 visit_i64 i64
        deserialize_i128 visit_i128 i128
        deserialize_u8 visit_u8 u8
        deserialize_u16 visit_u16 u16
        deserialize_u32 visit_u32 u32
        deserialize_u64 visit_u64 u64
        deserialize_u128 visit_u128 u128
    }

    floats! {
        deserialize_f32 visit_f32 f32
        deserialize_f64 visit_f64 f64
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_enum(self.text.into_deserializer())
    }

    forward_to_deserialize_any! {
        char str string bytes byte_buf unit unit_struct seq tuple tuple_struct map struct
        identifier ignored_any
    }
}
