//! Strict reading of a JSON body.
//!
//! A body is read in two steps. [`parse`] makes a tree of it and finds what no JSON of
//! ours may have: bad syntax, keys given twice, text that is not UTF-8. A [`Fields`] then
//! reads the tree into values and writes down *every* fault with the path of its field,
//! so that a client sees all of them at once. It also writes down which fields it was asked for:
//! a field that nobody asks for is unknown, which is a fault, too (see [`super::unknown`]).

use std::cell::RefCell;
use std::collections::HashSet;
use std::fmt;
use std::rc::Rc;

use chrono::{DateTime, Datelike, NaiveDate, NaiveTime, Utc};
use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::jsv::{self, Step, render};
use super::unknown::{Handling, Names, not_served, says_nothing};
use crate::error::{Fault, FaultCode};
use crate::id;
use crate::timing::{Zone, end_of_day};

/// The maximum number of members, devices and so on in a body. One transaction writes an item
/// with all of them. DynamoDB allows a hundred writes in one, and each member is three.
pub const MAX_LISTED: usize = 32;

/// The faults found so far; shared by the readers of one body.
#[derive(Debug, Default, Clone)]
pub struct Faults(Rc<RefCell<Found>>);

#[derive(Debug, Default)]
struct Found {
    faults: Vec<Fault>,
    /// Names that are known and not supported.
    not_served: Vec<Fault>,
    /// The objects that were read, by their paths.
    objects: Vec<(String, Names)>,
    handling: Handling,
}

impl Faults {
    /// Writes down one more fault.
    pub fn add(&self, fault: Fault) {
        self.0.borrow_mut().faults.push(fault);
    }

    /// The value when nothing was wrong, else every fault: what is unknown first, which is
    /// often the cause of what is missing, then in the order of finding.
    pub fn or<T>(&self, value: Option<T>) -> Result<T, Vec<Fault>> {
        let found = self.0.take();
        let objects = found.objects.iter();
        let mut unknown: Vec<_> = objects.flat_map(|(_, names)| names.unknown()).collect();
        unknown.extend(found.not_served);
        let mut faults = found.handling.judge(unknown);
        faults.extend(found.faults);
        match value {
            Some(value) if faults.is_empty() => Ok(value),
            _ => Err(faults),
        }
    }

    /// The place of the names of the object at `path`, which may be read more than once.
    fn open(&self, path: &str, object: &Map<String, Value>, any_case: bool) -> usize {
        let objects = &mut self.0.borrow_mut().objects;
        let open = objects.iter().position(|(open, _)| open == path);
        open.unwrap_or_else(|| {
            let given = object.keys().map(|name| (name.clone(), at(path, name)));
            let mut names = Names::new("field", any_case, given);
            if any_case {
                // ServiceStack's serializers write the name of the type here.
                names.know("__type");
            }
            objects.push((path.to_owned(), names));
            objects.len() - 1
        })
    }

    fn names(&self, place: usize, tell: impl FnOnce(&mut Names)) {
        if let Some((_, names)) = self.0.borrow_mut().objects.get_mut(place) {
            tell(names);
        }
    }
}

/// The path of a field of the object at `path`.
fn at(path: &str, name: &str) -> String {
    if path.is_empty() {
        name.to_owned()
    } else {
        format!("{path}.{name}")
    }
}

/// A JSON document as a request brought it.
#[derive(Debug)]
pub struct Document {
    value: Value,
    handling: Handling,
}

impl Document {
    pub(super) fn new(value: Value, handling: Handling) -> Self {
        Self { value, handling }
    }
}

impl std::ops::Deref for Document {
    type Target = Value;

    fn deref(&self) -> &Value {
        &self.value
    }
}

/// A document as it is read, with how to treat what is unknown in it: strictly, when it was
/// brought by no request.
#[derive(Debug, Clone)]
pub struct Json<'v> {
    value: &'v Value,
    handling: Handling,
}

impl<'v> From<&'v Value> for Json<'v> {
    fn from(value: &'v Value) -> Self {
        Self {
            value,
            handling: Handling::default(),
        }
    }
}

impl<'v> From<&'v Document> for Json<'v> {
    fn from(document: &'v Document) -> Self {
        Self {
            value: &document.value,
            handling: document.handling.clone(),
        }
    }
}

/// A type that can be read from the value of one field, with a message if it cannot.
pub trait FromJson: Sized {
    /// Reads `value`, or says which kind of fault it has and what was expected.
    fn from_json(value: &Value) -> Result<Self, (FaultCode, String)>;
}

/// The type of what was read, for a message. Long or secret texts are not repeated.
fn describe(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

fn wrong_type<T>(expected: &str, value: &Value) -> Result<T, (FaultCode, String)> {
    Err((
        FaultCode::WrongType,
        format!("expected {expected}, got {}", describe(value)),
    ))
}

fn text<'v>(expected: &str, value: &'v Value) -> Result<&'v str, (FaultCode, String)> {
    match value.as_str() {
        Some(text) => Ok(text),
        None => wrong_type(expected, value),
    }
}

/// The whole number from 0 on that a JSON number is. `2.0` and `2e0` are the integer 2: JSON
/// has but one type of numbers.
pub fn whole(number: &serde_json::Number) -> Option<u64> {
    number.as_u64().or_else(|| {
        let float = number.as_f64()?;
        let is_exact = float.fract() == 0.0 && (0.0..=id::MAX as f64).contains(&float);
        is_exact.then_some(float as u64)
    })
}

impl FromJson for bool {
    fn from_json(value: &Value) -> Result<Self, (FaultCode, String)> {
        value
            .as_bool()
            .map_or_else(|| wrong_type("true or false", value), Ok)
    }
}

impl<T: id::Id> FromJson for T {
    fn from_json(value: &Value) -> Result<Self, (FaultCode, String)> {
        let Value::Number(number) = value else {
            return wrong_type("a positive integer", value);
        };
        whole(number)
            .and_then(|number| T::try_from(number).ok())
            .ok_or_else(|| {
                (
                    FaultCode::OutOfRange,
                    format!("expected an integer from 1 to {}, got {number}", id::MAX),
                )
            })
    }
}

impl FromJson for NaiveDate {
    fn from_json(value: &Value) -> Result<Self, (FaultCode, String)> {
        const EXPECTED: &str = "local date such as \"2022-06-23\"";
        let text = text(&format!("a {EXPECTED}"), value)?;
        // chrono also reads `2022-6-3` and `+12022-06-03`: what is not written back the
        // same is not the form.
        NaiveDate::parse_from_str(text, "%Y-%m-%d")
            .ok()
            .filter(|date| date.to_string() == text && date.year() >= 1)
            .ok_or_else(|| {
                (
                    FaultCode::InvalidValue,
                    format!("expected an existing {EXPECTED}"),
                )
            })
    }
}

impl FromJson for NaiveTime {
    fn from_json(value: &Value) -> Result<Self, (FaultCode, String)> {
        const EXPECTED: &str = "local time such as \"13:53:02\"";
        let text = text(&format!("a {EXPECTED}"), value)?;
        let plain = text
            .bytes()
            .all(|byte| matches!(byte, b'0'..=b'9' | b':' | b'.'));
        let two_digits = text
            .split(':')
            .all(|part| part.len() == 2 || part.contains('.'));
        // The 60th second of a leap minute stands on no door's clock.
        let leap = text.get(6..8) == Some("60");
        // Digits beyond a nanosecond would be cut off, and two different times would become the
        // same.
        let fine = text.split_once('.').is_some_and(|(_, part)| part.len() > 9);
        ["%H:%M:%S%.f", "%H:%M"]
            .iter()
            .find_map(|form| NaiveTime::parse_from_str(text, form).ok())
            .filter(|_| plain && two_digits && !leap && !fine)
            .ok_or_else(|| {
                (
                    FaultCode::InvalidValue,
                    format!("expected an existing {EXPECTED}"),
                )
            })
    }
}

/// A local time of an end; `None` for the end of the day: `24:00`, or what .NET writes for it.
pub struct EndTime(Option<NaiveTime>);

impl FromJson for EndTime {
    fn from_json(value: &Value) -> Result<Self, (FaultCode, String)> {
        if let Some("24:00" | "24:00:00") = value.as_str() {
            return Ok(Self(None));
        }
        let time = NaiveTime::from_json(value)?;
        Ok(Self(Some(time).filter(|time| end_of_day(*time).is_none())))
    }
}

impl From<EndTime> for Option<NaiveTime> {
    fn from(EndTime(time): EndTime) -> Self {
        time
    }
}

impl FromJson for DateTime<Utc> {
    fn from_json(value: &Value) -> Result<Self, (FaultCode, String)> {
        const EXPECTED: &str = "an instant such as \"2027-01-31T08:00:00+01:00\"";
        let text = text(EXPECTED, value)?;
        DateTime::parse_from_rfc3339(text)
            .map(|instant| instant.to_utc())
            .ok()
            .filter(|instant| (1..=9999).contains(&instant.year()))
            .ok_or_else(|| {
                let message = format!("expected {EXPECTED}, from year 0001 to 9999");
                (FaultCode::InvalidValue, message)
            })
    }
}

impl FromJson for Uuid {
    fn from_json(value: &Value) -> Result<Self, (FaultCode, String)> {
        const EXPECTED: &str = "a UUID such as \"8a4f2f52-2d5b-4c53-9d50-0e7b4a1c9f3e\"";
        let text = text(EXPECTED, value)?;
        text.parse()
            .map_err(|_| (FaultCode::InvalidValue, format!("expected {EXPECTED}")))
    }
}

impl FromJson for id::SpaceId {
    fn from_json(value: &Value) -> Result<Self, (FaultCode, String)> {
        Uuid::from_json(value).map(Self::from)
    }
}

impl FromJson for Zone {
    fn from_json(value: &Value) -> Result<Self, (FaultCode, String)> {
        const EXPECTED: &str = "an IANA time zone such as \"Europe/Berlin\"";
        let text = text(EXPECTED, value)?;
        text.parse()
            .map_err(|_| (FaultCode::InvalidValue, format!("expected {EXPECTED}")))
    }
}

/// Why a name or a text cannot be displayed safely, if so: it contains characters that control
/// a terminal or reverse the text after them, or consists of invisible ones. Line breaks and
/// tabs are allowed only in texts of several lines.
pub(crate) fn unreadable(text: &str, several_lines: bool) -> Option<&'static str> {
    let controls = |letter: char| match letter {
        '\n' | '\r' | '\t' => !several_lines,
        '\u{2028}' | '\u{2029}' => true,
        letter => letter.is_control(),
    };
    // Characters that embed, override or isolate; the plain marks are needed for Arabic and
    // Hebrew.
    let turns = |letter| matches!(letter, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    if text.contains(controls) {
        return Some("expected no control characters");
    }
    if text.contains(turns) {
        return Some("expected no characters that override the direction of writing");
    }
    if !text.is_empty() && text.chars().all(is_unseen) {
        return Some("expected characters that can be seen");
    }
    None
}

/// Whether a character takes no ink: white space, and what Unicode lets programs ignore.
fn is_unseen(letter: char) -> bool {
    letter.is_whitespace()
        || matches!(letter,
            '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}'
            | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{2060}'..='\u{206F}'
            | '\u{2800}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}'
            | '\u{E0000}'..='\u{E0FFF}')
}

/// Reads a text of 1 to `most` characters of any script, without white space at its ends.
fn trimmed(what: &str, most: usize, value: &Value) -> Result<String, (FaultCode, String)> {
    shown(what, most, false, value)
}

fn shown(
    what: &str,
    most: usize,
    several_lines: bool,
    value: &Value,
) -> Result<String, (FaultCode, String)> {
    let text = text(what, value)?.trim();
    if let Some(why) = unreadable(text, several_lines) {
        return Err((FaultCode::InvalidValue, why.to_owned()));
    }
    let length = text.chars().count();
    if (1..=most).contains(&length) {
        return Ok(text.to_owned());
    }
    let message = format!("expected 1 to {most} characters, got {length}");
    Err((FaultCode::OutOfRange, message))
}

/// The name of an item: 1 to 200 characters of any script, without white space at its ends.
pub struct Label(pub String);

impl FromJson for Label {
    fn from_json(value: &Value) -> Result<Self, (FaultCode, String)> {
        trimmed("a name", 200, value).map(Self)
    }
}

/// A remark: 1 to 2000 characters.
pub struct Remark(pub String);

impl FromJson for Remark {
    fn from_json(value: &Value) -> Result<Self, (FaultCode, String)> {
        shown("a text", 2000, true, value).map(Self)
    }
}

/// The address of something on the web.
pub struct WebUrl(pub String);

impl FromJson for WebUrl {
    fn from_json(value: &Value) -> Result<Self, (FaultCode, String)> {
        const EXPECTED: &str = "a URL such as \"https://example.com/door.jpg\"";
        let text = trimmed(EXPECTED, 2000, value)?;
        url::Url::parse(&text)
            .ok()
            .filter(|url| matches!(url.scheme(), "http" | "https"))
            .map(|url| Self(url.into()))
            .ok_or_else(|| (FaultCode::InvalidValue, format!("expected {EXPECTED}")))
    }
}

/// A domain as DNS has it: `exämple.de` and `EXÄMPLE.DE` are `xn--exmple-cua.de`.
pub(crate) fn a_labels(domain: &str) -> Option<String> {
    match url::Host::parse(domain) {
        Ok(url::Host::Domain(domain)) => Some(domain),
        _ => None,
    }
}

/// An e-mail address, as it was given.
pub struct Email(pub String);

impl FromJson for Email {
    fn from_json(value: &Value) -> Result<Self, (FaultCode, String)> {
        const EXPECTED: &str = "an e-mail address such as \"ada@example.com\"";
        let text = text(EXPECTED, value)?.trim();
        let options = email_address::Options::default()
            .with_required_tld()
            .without_display_text()
            .without_domain_literal();
        email_address::EmailAddress::parse_with_options(text, options)
            .ok()
            .filter(|address| a_labels(address.domain()).is_some())
            .map(|address| Self(address.into()))
            .ok_or_else(|| (FaultCode::InvalidValue, format!("expected {EXPECTED}")))
    }
}

/// A phone number, as E.164 writes it.
pub struct Phone(pub String);

impl FromJson for Phone {
    fn from_json(value: &Value) -> Result<Self, (FaultCode, String)> {
        const EXPECTED: &str = "an E.164 phone number such as \"+31612345678\"";
        use phonelib::ParseError::{InvalidAreaCode, InvalidExchange};
        let text = text(EXPECTED, value)?.trim();
        let unreadable = || Err((FaultCode::InvalidValue, format!("expected {EXPECTED}")));
        let Some(digits) = text.strip_prefix('+') else {
            return unreadable();
        };
        match phonelib::try_normalize_phone_number(text) {
            Ok(number) => Ok(Self(number)),
            // North America gives out area codes now and then, and some never, for use in
            // films: these are E.164 all the same.
            Err(InvalidAreaCode | InvalidExchange)
                if digits.bytes().all(|digit| digit.is_ascii_digit()) =>
            {
                Ok(Self(text.to_owned()))
            }
            Err(_) => unreadable(),
        }
    }
}

macro_rules! texts {
    ($($name:ident)*) => {$(
        impl From<$name> for String {
            fn from($name(text): $name) -> String {
                text
            }
        }
    )*};
}

texts! { Label Remark WebUrl Email Phone }

/// A whole number from `LEAST` to `MOST`.
pub struct Within<const LEAST: u32, const MOST: u32>(pub u32);

impl<const LEAST: u32, const MOST: u32> FromJson for Within<LEAST, MOST> {
    fn from_json(value: &Value) -> Result<Self, (FaultCode, String)> {
        let Value::Number(number) = value else {
            return wrong_type("an integer", value);
        };
        whole(number)
            .and_then(|number| u32::try_from(number).ok())
            .filter(|number| (LEAST..=MOST).contains(number))
            .map(Self)
            .ok_or_else(|| {
                (
                    FaultCode::OutOfRange,
                    format!("expected an integer from {LEAST} to {MOST}, got {number}"),
                )
            })
    }
}

impl<const LEAST: u32, const MOST: u32> From<Within<LEAST, MOST>> for u32 {
    fn from(Within(number): Within<LEAST, MOST>) -> u32 {
        number
    }
}

/// A text field that has one of a few values, read by their exact names.
pub trait Named: Sized + 'static {
    /// Every name with its value.
    const NAMES: &'static [(&'static str, Self)];
}

/// A change of a device group.
pub fn name_of<T: Named + PartialEq>(value: &T) -> &'static str {
    let mut names = T::NAMES.iter();
    names
        .find(|(_, named)| named == value)
        .map_or("", |(name, _)| name)
}

/// Reads a [`Named`] value; a newtype, because the IDs' implementation would overlap.
pub struct Name<T: 'static>(pub &'static T);

impl<T: Named> FromJson for Name<T> {
    fn from_json(value: &Value) -> Result<Self, (FaultCode, String)> {
        let names = || {
            T::NAMES
                .iter()
                .map(|(name, _)| format!("\"{name}\""))
                .collect::<Vec<_>>()
                .join(", ")
        };
        let Value::String(text) = value else {
            return wrong_type(&format!("one of {}", names()), value);
        };
        T::NAMES
            .iter()
            .find(|(name, _)| name == text)
            .map(|(_, value)| Name(value))
            .ok_or_else(|| {
                (
                    FaultCode::InvalidValue,
                    format!("expected one of {}", names()),
                )
            })
    }
}

/// The fields of one object, at one place of the body.
pub struct Fields<'v> {
    object: &'v Map<String, Value>,
    path: String,
    faults: Faults,
    /// The place in `faults` of the names of this object.
    names: usize,
    /// Whether names are found in any case, and lists in texts.
    any_case: bool,
}

impl<'v> Fields<'v> {
    /// The fields of the whole body. A body that is no object has none, and a fault.
    pub fn of_body(body: impl Into<Json<'v>>, faults: &Faults) -> Option<Self> {
        Self::of_json(body.into(), faults, false)
    }

    /// The fields of a whole request, whose names are asked for in any case.
    pub(super) fn in_any_case(fields: Json<'v>, faults: &Faults) -> Option<Self> {
        Self::of_json(fields, faults, true)
    }

    fn of_json(json: Json<'v>, faults: &Faults, any_case: bool) -> Option<Self> {
        faults.0.borrow_mut().handling = json.handling;
        Self::of(json.value, String::new(), faults, any_case)
    }

    fn of(value: &'v Value, path: String, faults: &Faults, any_case: bool) -> Option<Self> {
        match value {
            Value::Object(object) => Some(Self {
                object,
                names: faults.open(&path, object, any_case),
                path,
                faults: faults.clone(),
                any_case,
            }),
            other => {
                let message = format!("expected an object, got {}", describe(other));
                faults.add(Fault::new(path, FaultCode::WrongType, message));
                None
            }
        }
    }

    /// The path of a field of this object.
    pub fn path(&self, name: &str) -> String {
        at(&self.path, name)
    }

    /// Writes down a fault of a field of this object.
    pub fn fault(&self, name: &str, code: FaultCode, message: impl Into<String>) {
        self.faults.add(Fault::new(self.path(name), code, message));
    }

    /// Writes down that a field of this object is left out and must not be.
    pub fn missing(&self, name: &str) {
        self.fault(name, FaultCode::Required, "required");
    }

    fn value(&self, name: &str) -> Option<&'v Value> {
        #[cfg(test)]
        super::schema::asked(self.path(name));
        // Clients of these APIs write null for what they leave out.
        self.given(name).filter(|value| !value.is_null())
    }

    fn given(&self, name: &str) -> Option<&'v Value> {
        self.faults.names(self.names, |names| names.ask(name));
        match self.any_case {
            true => get_in_any_case(self.object, name),
            false => self.object.get(name),
        }
    }

    /// Takes fields of these names as known, whatever they say.
    pub(super) fn know(&self, names: &[&str]) {
        for name in names {
            self.faults.names(self.names, |known| known.know(name));
        }
    }

    /// Refuses the fields of these names by name, unless they say nothing: what the services'
    /// pages name and what is not served here. `a.b` is the field `b` of the object `a`.
    pub fn not_served(&self, names: &[&str]) {
        for name in names {
            let (first, inner) = match name.split_once('.') {
                Some((first, inner)) => (first, Some(inner)),
                None => (*name, None),
            };
            self.know(&[first]);
            let value = match self.any_case {
                true => get_in_any_case(self.object, first),
                false => self.object.get(first),
            };
            match (value, inner) {
                (None | Some(Value::Null), _) => {}
                (Some(value), Some(inner)) => {
                    let path = self.path(first);
                    if let Some(object) = Self::of(value, path, &self.faults, self.any_case) {
                        object.not_served(&[inner]);
                    }
                }
                (Some(value), None) if says_nothing(value) => {}
                (Some(_), None) => {
                    let not_served = not_served(self.path(first));
                    self.faults.0.borrow_mut().not_served.push(not_served);
                }
            }
        }
    }

    /// Whether the field is null, which clears an optional field.
    pub fn is_null(&self, name: &str) -> bool {
        self.given(name).is_some_and(Value::is_null)
    }

    /// Whether the field was given, well or badly.
    pub fn has(&self, name: &str) -> bool {
        self.value(name).is_some()
    }

    /// The field's value; `None` if it is left out or null, and `None` with a fault if it
    /// cannot be read.
    pub fn optional<T: FromJson>(&self, name: &str) -> Option<T> {
        match T::from_json(self.value(name)?) {
            Ok(value) => Some(value),
            Err((code, message)) => {
                self.fault(name, code, message);
                None
            }
        }
    }

    /// The field's value, or a fault.
    pub fn required<T: FromJson>(&self, name: &str) -> Option<T> {
        if !self.has(name) {
            self.missing(name);
        }
        self.optional(name)
    }

    /// The value of a field that has one of a few names.
    pub fn name<T: Named + Clone>(&self, name: &str) -> Option<T> {
        self.optional::<Name<T>>(name)
            .map(|Name(value)| value.clone())
    }

    /// Whether the field is a list of nothing.
    pub fn is_empty_list(&self, name: &str) -> bool {
        let value = self.object.get(name).and_then(Value::as_array);
        value.is_some_and(Vec::is_empty)
    }

    /// Replaces `target` by the field's value, unless the field is left out, null or invalid.
    pub fn set<T: FromJson, U: From<T>>(&self, name: &str, target: &mut U) {
        if let Some(value) = self.optional::<T>(name) {
            *target = value.into();
        }
    }

    /// The same for an optional field, which null clears.
    pub fn set_or_clear<T: FromJson, U: From<T>>(&self, name: &str, target: &mut Option<U>) {
        if self.is_null(name) {
            *target = None;
        } else if let Some(value) = self.optional::<T>(name) {
            *target = Some(value.into());
        }
    }

    /// The values of a list; `None` when it is left out or longer than `most`. Those that
    /// cannot be read are faults, each with its place.
    pub fn list<T: FromJson>(&self, name: &str, most: usize) -> Option<Vec<T>> {
        let split = match self.value(name) {
            Some(Value::String(text)) if self.any_case => separated(text),
            _ => None,
        };
        let list = match &split {
            Some(list) => self.at_most(name, list, most)?,
            None => self.array(name, most)?,
        };
        let read = list.iter().enumerate().filter_map(|(i, value)| {
            T::from_json(value)
                .map_err(|(code, message)| self.fault(&format!("{name}[{i}]"), code, message))
                .ok()
        });
        Some(read.collect())
    }

    /// The fields of an object inside this one.
    pub fn object(&self, name: &str) -> Option<Fields<'v>> {
        Self::of(
            self.value(name)?,
            self.path(name),
            &self.faults,
            self.any_case,
        )
    }

    fn array(&self, name: &str, most: usize) -> Option<&'v Vec<Value>> {
        let value = self.value(name)?;
        let Value::Array(list) = value else {
            self.fault(
                name,
                FaultCode::WrongType,
                format!("expected an array, got {}", describe(value)),
            );
            return None;
        };
        self.at_most(name, list, most)
    }

    fn at_most<'l>(&self, name: &str, list: &'l Vec<Value>, most: usize) -> Option<&'l Vec<Value>> {
        if list.len() > most {
            let message = format!("expected at most {most} elements, got {}", list.len());
            self.fault(name, FaultCode::OutOfRange, message);
            return None;
        }
        Some(list)
    }

    /// The fields of each object of a list inside this one; `None` when the list is left
    /// out. A list longer than `most` is a fault and is not looked into.
    pub fn objects(&self, name: &str, most: usize) -> Option<Vec<Fields<'v>>> {
        let list = self.array(name, most)?;
        let path = self.path(name);
        let each = list.iter().enumerate();
        Some(
            each.filter_map(|(i, value)| {
                let path = format!("{path}[{i}]");
                Self::of(value, path, &self.faults, self.any_case)
            })
            .collect(),
        )
    }
}

/// The value that an object has under a name, in whatever case it is written there.
pub(super) fn get_in_any_case<'v>(object: &'v Map<String, Value>, name: &str) -> Option<&'v Value> {
    let mut fields = object.iter();
    let found = fields.find(|(given, _)| given.eq_ignore_ascii_case(name));
    found.map(|(_, value)| value)
}

/// The values of a list that is written as a text, separated by commas.
fn separated(text: &str) -> Option<Vec<Value>> {
    jsv::from_str(&format!("[{text}]")).ok()
}

/// Reads `text` as one JSON document.
///
/// # Errors
/// Everything that keeps it from being one: bad syntax, with line and column; each key
/// that an object has twice; text that is not UTF-8 (API Gateway hands on such bytes as
/// U+FFFD, so that character is read as their trace). Each with the path of its field.
///
/// ```
/// use latchkey::wire::json;
///
/// let faults = json::parse(br#"{"a": {"b": 1, "b": 2}}"#).unwrap_err();
/// assert_eq!(faults[0].field, "a.b");
/// ```
pub fn parse(text: &[u8]) -> Result<Value, Vec<Fault>> {
    parse_json(text, Place::default())
}

/// The same for [`Fields::in_any_case`]: keys that differ only in case are the same.
pub(super) fn parse_any_case(text: &[u8]) -> Result<Value, Vec<Fault>> {
    parse_json(text, Place::in_any_case())
}

/// Reads `text` as JSV for [`Fields::in_any_case`]: every value is a text, a list or an object.
pub(super) fn parse_jsv(text: &[u8]) -> Result<Value, Vec<Fault>> {
    let malformed = |field, message| vec![Fault::new(field, FaultCode::Malformed, message)];
    let text = match std::str::from_utf8(text) {
        Ok(text) => text,
        Err(error) => return Err(malformed(String::new(), error.to_string())),
    };
    let place = Place::in_any_case();
    let mut deserializer = jsv::Deserializer::new(text);
    let parsed = Strict(&place)
        .deserialize(&mut deserializer)
        .and_then(|value| deserializer.end().map(|()| value));
    let parsed = parsed.map_err(|error| malformed(error.field(), error.to_string()));
    place.with_faults(parsed)
}

fn parse_json(text: &[u8], place: Place) -> Result<Value, Vec<Fault>> {
    let mut deserializer = serde_json::Deserializer::from_slice(text);
    let parsed = Strict(&place)
        .deserialize(&mut deserializer)
        .and_then(|value| deserializer.end().map(|()| value));
    let parsed = parsed.map_err(|error| {
        // The path where reading stopped is still on the stack.
        let field = render(place.path.borrow().iter());
        let message = if error.is_eof() && text.is_empty() {
            "expected a JSON object, got an empty body".to_owned()
        } else {
            error.to_string()
        };
        vec![Fault::new(field, FaultCode::Malformed, message)]
    });
    place.with_faults(parsed)
}

/// The position of the reader, and what it found so far.
#[derive(Default)]
struct Place {
    path: RefCell<Vec<Step>>,
    faults: RefCell<Vec<Fault>>,
    /// Whether keys are the same that differ in their case.
    any_case: bool,
}

impl Place {
    fn in_any_case() -> Self {
        Self {
            any_case: true,
            ..Self::default()
        }
    }

    /// The parsed value; or the faults on the way, followed by the one that ended it.
    fn with_faults(self, parsed: Result<Value, Vec<Fault>>) -> Result<Value, Vec<Fault>> {
        let mut faults = self.faults.into_inner();
        match parsed {
            Ok(value) if faults.is_empty() => Ok(value),
            Ok(_) => Err(faults),
            Err(last) => {
                faults.extend(last);
                Err(faults)
            }
        }
    }

    fn fault(&self, code: FaultCode, message: &str) {
        self.faults
            .borrow_mut()
            .push(Fault::new(render(self.path.borrow().iter()), code, message));
    }

    fn check_text(&self, text: &str) {
        if text.contains(char::REPLACEMENT_CHARACTER) {
            self.fault(FaultCode::Malformed, "not valid UTF-8");
        }
    }
}

/// Reads any JSON value, remembering the path that it is at.
struct Strict<'p>(&'p Place);

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        self.0.check_text(value);
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        loop {
            self.0.path.borrow_mut().push(Step::Index(values.len()));
            let value = list.next_element_seed(Strict(self.0))?;
            self.0.path.borrow_mut().pop();
            match value {
                Some(value) => values.push(value),
                None => return Ok(Value::Array(values)),
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        let mut seen = HashSet::new();
        while let Some(key) = object.next_key::<String>()? {
            self.0.path.borrow_mut().push(Step::Key(key.clone()));
            self.0.check_text(&key);
            let name = match self.0.any_case {
                true => key.to_ascii_lowercase(),
                false => key.clone(),
            };
            if !seen.insert(name) {
                self.0
                    .fault(FaultCode::DuplicateKey, "this key is given twice");
            }
            let value = object.next_value_seed(Strict(self.0))?;
            self.0.path.borrow_mut().pop();
            map.insert(key, value);
        }
        Ok(Value::Object(map))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::UserId;

    fn fields_of(text: &str) -> Vec<String> {
        parse(text.as_bytes())
            .unwrap_err()
            .into_iter()
            .map(|fault| fault.field)
            .collect()
    }

    #[test]
    fn every_duplicate_key_is_named_at_once() {
        assert_eq!(
            fields_of(r#"{"a":1,"a":2,"b":[{"c":1,"c":1}]}"#),
            ["a", "b[0].c"]
        );
    }

    #[test]
    fn a_syntax_error_says_where() {
        let faults = parse(br#"{"a": {"b": [1, 2"#).unwrap_err();
        assert_eq!(faults[0].field, "a.b[2]");
        assert!(faults[0].message.contains("line 1 column"), "{faults:?}");
        assert_eq!(fields_of(r#"{"a": 1e999}"#), ["a"]);
        assert_eq!(fields_of(""), [""]);
        assert_eq!(fields_of("{} x"), [""]);
        assert_eq!(fields_of(&"[".repeat(10_000)).len(), 1);
    }

    #[test]
    fn text_that_is_not_utf8_names_its_field() {
        let faults = parse(b"{\"a\": {\"name\": \"\xff\"}}").unwrap_err();
        assert_eq!(
            (faults[0].field.as_str(), faults[0].code),
            ("a.name", FaultCode::Malformed)
        );
        // The form in which API Gateway passes it on.
        assert_eq!(fields_of("{\"a\": {\"name\": \"\u{FFFD}\"}}"), ["a.name"]);
    }

    #[test]
    fn every_fault_is_reported_with_its_path() {
        let body =
            parse(br#"{"id": -1, "flag": 1, "list": [{"id": 1}, 7, {"id": "x"}], "gone": null}"#)
                .unwrap();
        let faults = Faults::default();
        let fields = Fields::of_body(&body, &faults).unwrap();
        assert_eq!(fields.required::<UserId>("id"), None);
        assert_eq!(fields.optional::<bool>("flag"), None);
        assert_eq!(fields.optional::<bool>("gone"), None);
        for object in fields.objects("list", 9).unwrap() {
            object.required::<UserId>("id");
        }
        assert!(fields.objects("absent", 9).is_none());
        fields.required::<bool>("absent");
        let faults = faults.or(Some(())).unwrap_err();
        let found: Vec<_> = faults
            .iter()
            .map(|fault| (fault.field.as_str(), fault.code))
            .collect();
        assert_eq!(
            found,
            [
                ("id", FaultCode::OutOfRange),
                ("flag", FaultCode::WrongType),
                ("list[1]", FaultCode::WrongType),
                ("list[2].id", FaultCode::WrongType),
                ("absent", FaultCode::Required),
            ]
        );
    }

    #[test]
    fn ids_are_integers_that_javascript_holds() {
        let read = |text: &str| UserId::from_json(&serde_json::from_str(text).unwrap()).is_ok();
        assert!(read("1") && read("9007199254740991"));
        // JSON has but one type of numbers.
        assert!(read("1.0") && read("1e3") && read("2.50e1"));
        for text in [
            "0",
            "-1",
            "1.5",
            "-1.0",
            "1e300",
            "9007199254740992",
            "18446744073709551616",
            "\"1\"",
            "true",
            "[]",
        ] {
            assert!(!read(text), "{text}");
        }
    }

    #[test]
    fn phone_numbers_are_e164_and_are_written_one_way() {
        let read = |text: &str| Phone::from_json(&text.into()).ok().map(|Phone(text)| text);
        for (text, number) in [
            ("+31612345678", "+31612345678"),
            ("+49 (151) 1234-5678", "+4915112345678"),
            (" +15551234567 ", "+15551234567"),
        ] {
            assert_eq!(read(text).as_deref(), Some(number), "{text}");
        }
        for text in [
            "",
            "+",
            "+1",
            "0612345678",
            "0151 12345678",
            "31612345678",
            "+999123456789",
            "+316x",
            "+31612345678901234",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn a_name_is_one_that_people_can_read() {
        let label = |text: &str| Label::from_json(&text.into()).is_ok();
        for text in [
            "Front door",
            "\u{5d3}\u{5dc}\u{5ea}\u{200f}",
            "\u{646}\u{645}\u{6cc}\u{200c}\u{62e}\u{648}\u{627}\u{647}\u{645}",
            "\u{1f468}\u{200d}\u{1f469}",
            "e\u{301}",
        ] {
            assert!(label(text), "{text:?}");
        }
        for text in [
            "Front\u{0}door",
            "Front\ndoor",
            "Front\u{1b}[2Jdoor",
            "Front\u{85}door",
            "\u{202e}rood",
            "a\u{2066}b",
            "\u{200b}",
            "\u{200b} \u{feff}\u{2060}",
            "\u{3164}",
        ] {
            assert!(!label(text), "{text:?}");
        }
        let remark = |text: &str| Remark::from_json(&text.into()).is_ok();
        assert!(remark("one\n\ttwo\r\n") && !remark("\u{7}") && !remark("a\u{202e}b"));
    }

    #[test]
    fn a_domain_is_the_same_however_it_is_written() {
        let domain = Some("xn--exmple-cua.de".to_owned());
        for text in [
            "ex\u{e4}mple.de",
            "EX\u{c4}MPLE.de",
            "exa\u{308}mple.de",
            "xn--exmple-cua.de",
        ] {
            assert_eq!(a_labels(text), domain, "{text}");
        }
        assert_eq!(a_labels("xn--\u{e4}.de"), None);
    }

    #[test]
    fn addresses_parse() {
        let email = |text: &str| Email::from_json(&text.into()).is_ok();
        assert!(email("ada@example.com") && email("\u{fc}n\u{ef}@ex\u{e4}mple.de"));
        for text in [
            "",
            "ada",
            "ada@",
            "@example.com",
            "a b@example.com",
            "Ada <ada@example.com>",
            "ada@localhost",
            "ada@[1.2.3.4]",
        ] {
            assert!(!email(text), "{text}");
        }
        let url = |text: &str| WebUrl::from_json(&text.into()).is_ok();
        assert!(url("https://example.com/a b.jpg"));
        for text in [
            "",
            "example.com",
            "javascript:alert(1)",
            "https://",
            "ftp://example.com",
        ] {
            assert!(!url(text), "{text}");
        }
    }

    #[test]
    fn local_dates_and_times_must_exist_and_have_the_form() {
        let date = |text: &str| NaiveDate::from_json(&text.into()).is_ok();
        assert!(date("2022-06-23") && date("2024-02-29"));
        for text in [
            "2023-02-29",
            "2022-6-23",
            "2022-06-23T00:00:00",
            "+2022-06-23",
            "0000-06-23",
            "22-06-23",
            " 2022-06-23",
            "0000-01-01",
            "10000-01-01",
            "",
        ] {
            assert!(!date(text), "{text}");
        }
        let time = |text: &str| NaiveTime::from_json(&text.into()).is_ok();
        assert!(time("13:53:02") && time("13:53") && time("00:00:00") && time("23:59:59.999"));
        assert!(time("23:59:59.999999999"));
        for text in [
            "24:00:00",
            "13:60:00",
            "23:59:60",
            "08:00:00.0000000001",
            "1:02:03",
            "13:53:02Z",
            "+1:53:02",
            "13",
            "13:53:2",
            "",
        ] {
            assert!(!time(text), "{text}");
        }
    }

    #[test]
    fn an_end_may_be_the_end_of_the_day() {
        let end = |text: &str| EndTime::from_json(&text.into()).ok().map(Option::from);
        for text in [
            "24:00",
            "24:00:00",
            "23:59:59.9999999",
            "23:59:59.999999999",
        ] {
            assert_eq!(end(text), Some(None), "{text}");
        }
        for text in ["00:00", "23:59:59", "23:59:59.999", "23:59:59.9999998"] {
            assert_eq!(
                end(text),
                Some(text.parse::<NaiveTime>().ok().or(Some(NaiveTime::MIN))),
                "{text}"
            );
        }
        for text in ["24:01", "24:00:01", "24:00:00.5", "25:00", "23:59:60", ""] {
            assert_eq!(end(text), None, "{text}");
        }
    }
}
