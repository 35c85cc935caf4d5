//! Names in a request that nobody reads.
//!
//! The readers of bodies, queries and forms write down each name that they ask for. What was
//! given and never asked for is unknown: it is refused with the nearest name that is known, so
//! that a misspelled limit is never a right without that limit. No operation keeps a list of its
//! own.
//!
//! A client may ask for the old way with `Prefer: handling=lenient` (RFC 7240): then what is
//! unknown is ignored, and the answer says what that was.

use std::sync::{Arc, Mutex, PoisonError};

use http::HeaderMap;
use http::header::HeaderName;
use serde_json::Value;

use crate::error::{Fault, FaultCode};

/// The header by which a client asks for the old way.
pub const PREFER: HeaderName = HeaderName::from_static("prefer");
/// The header that says that it was heard.
pub const PREFERENCE_APPLIED: HeaderName = HeaderName::from_static("preference-applied");
/// The common part of both.
pub const LENIENT: &str = "handling=lenient";

/// The maximum number of unknown names that are reported individually.
const MAX_REPORTED: usize = 50;

/// How a request wants its unknown names to be treated; strictly by default.
#[derive(Debug, Clone, Default)]
pub struct Handling(Option<Arc<Mutex<Vec<Fault>>>>);

impl Handling {
    /// From `Prefer`: `handling=lenient` among other preferences, in any case.
    pub fn of(headers: &HeaderMap) -> Self {
        let values = headers.get_all(PREFER).iter();
        let values = values.filter_map(|value| value.to_str().ok());
        // The first of two that contradict each other counts (RFC 7240, section 2).
        let handling = values
            .flat_map(|value| value.split(','))
            .filter_map(|preference| preference.split(';').next()?.split_once('='))
            .find(|(name, _)| name.trim().eq_ignore_ascii_case("handling"));
        let is_lenient = handling.is_some_and(|(_, value)| {
            let value = value.trim().trim_matches('"');
            value.eq_ignore_ascii_case("lenient")
        });
        Self(is_lenient.then(Arc::default))
    }

    /// Whether what is unknown is ignored.
    pub fn is_lenient(&self) -> bool {
        self.0.is_some()
    }

    /// The ignored names, each once.
    pub fn ignored(&self) -> Vec<Fault> {
        let Some(ignored) = &self.0 else {
            return Vec::new();
        };
        // A reader that panicked left whole faults behind.
        let ignored = ignored.lock().unwrap_or_else(PoisonError::into_inner);
        ignored.clone()
    }

    /// The `faults` that count: all of them, or none, in which case they are kept as ignored.
    pub(super) fn judge(&self, faults: Vec<Fault>) -> Vec<Fault> {
        let Some(ignored) = &self.0 else {
            return faults;
        };
        let mut ignored = ignored.lock().unwrap_or_else(PoisonError::into_inner);
        for fault in faults {
            if !ignored.iter().any(|known| known.field == fault.field) {
                ignored.push(fault);
            }
        }
        Vec::new()
    }
}

/// The names that an object, a query or a form was given, and those that were asked for.
#[derive(Debug)]
pub(super) struct Names {
    /// The word for one of them: `field` or `parameter`.
    what: &'static str,
    any_case: bool,
    /// Each with the path that it is reported by, until it is asked for.
    given: Vec<(String, String)>,
    asked: Vec<String>,
}

impl Names {
    pub(super) fn new(
        what: &'static str,
        any_case: bool,
        given: impl Iterator<Item = (String, String)>,
    ) -> Self {
        Self {
            what,
            any_case,
            given: given.collect(),
            asked: Vec::new(),
        }
    }

    /// Writes down that somebody asks for `name`.
    pub(super) fn ask(&mut self, name: &str) {
        self.know(name);
        if !self.asked.iter().any(|asked| asked == name) {
            self.asked.push(name.to_owned());
        }
    }

    /// Marks `name` as known, without suggesting it for misspelled names.
    pub(super) fn know(&mut self, name: &str) {
        let any_case = self.any_case;
        self.given.retain(|(given, _)| match any_case {
            true => !given.eq_ignore_ascii_case(name),
            false => given != name,
        });
    }

    /// A fault for each name that was given and that nobody asked for.
    pub(super) fn unknown(&self) -> Vec<Fault> {
        let reported = self.given.iter().take(MAX_REPORTED);
        let mut faults: Vec<_> = reported
            .map(|(name, path)| Fault::new(path, FaultCode::UnknownField, self.message(name)))
            .collect();
        if let Some((_, path)) = self.given.get(MAX_REPORTED) {
            let more = self.given.len() - MAX_REPORTED;
            let message = format!("unknown {}, and so are {} others", self.what, more - 1);
            faults.push(Fault::new(path, FaultCode::UnknownField, message));
        }
        faults
    }

    fn message(&self, name: &str) -> String {
        let what = self.what;
        if let Some(nearest) = self.nearest(name) {
            return format!("unknown {what}; did you mean \"{nearest}\"?");
        }
        if self.asked.is_empty() {
            return format!("unknown {what}; expected none");
        }
        format!("unknown {what}; expected one of {}", self.asked.join(", "))
    }

    /// The name that `name` was probably meant to be. At most a third of it may be wrong.
    fn nearest(&self, name: &str) -> Option<&str> {
        let name: String = name.to_lowercase().chars().take(MAX_COMPARED).collect();
        let distances = self.asked.iter().map(|asked| {
            let lower = asked.to_lowercase();
            let longest = lower.chars().count().max(name.chars().count());
            let distance = strsim::osa_distance(&name, &lower);
            (distance, longest, asked.as_str())
        });
        let near = distances.filter(|(distance, longest, _)| distance * 3 <= *longest);
        near.min().map(|(.., asked)| asked)
    }
}

/// No name of ours is as long.
const MAX_COMPARED: usize = 64;

/// Whether a value says nothing: what clients send for a field that they do not use. In JSV and
/// in a query all values are texts.
pub(super) fn says_nothing(value: &Value) -> bool {
    const NO_GUID: &str = "00000000000000000000000000000000";
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Bool(true) => false,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => {
            let text = text.trim();
            text.is_empty()
                || text == "0"
                || text.eq_ignore_ascii_case("false")
                || text.replace('-', "") == NO_GUID
        }
        Value::Array(values) => values.iter().all(says_nothing),
        Value::Object(fields) => fields.values().all(says_nothing),
    }
}

/// The fault of a field that the services' pages name and that is not served here.
pub(super) fn not_served(path: String) -> Fault {
    let message = "not supported here: leave it out";
    Fault::new(path, FaultCode::NotServed, message)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn messages(asked: &[&str], given: &[&str]) -> Vec<String> {
        let given = given
            .iter()
            .map(|name| ((*name).to_owned(), (*name).to_owned()));
        let mut names = Names::new("field", false, given);
        for name in asked {
            names.ask(name);
        }
        let unknown = names.unknown().into_iter();
        unknown.map(|fault| fault.message).collect()
    }

    #[test]
    fn the_nearest_name_is_offered_and_otherwise_all() {
        let asked = ["endDate", "startDate", "schedule", "permissions", "userId"];
        for (given, nearest) in [
            ("enddate", "endDate"),
            ("EndDate", "endDate"),
            ("end_date", "endDate"),
            ("schedules", "schedule"),
            ("permission", "permissions"),
            ("user", "userId"),
            ("strtaDate", "startDate"),
        ] {
            let expected = format!("unknown field; did you mean \"{nearest}\"?");
            assert_eq!(messages(&asked, &[given]), [expected], "{given}");
        }
        let expected = "unknown field; expected one of dayOfWeek, period, recurrence";
        let asked = ["dayOfWeek", "period", "recurrence"];
        assert_eq!(messages(&asked, &["startTime"]), [expected]);
        let long = "x".repeat(100_000);
        assert_eq!(messages(&asked, &[&long]), [expected]);
        assert_eq!(messages(&[], &["x"]), ["unknown field; expected none"]);
    }

    #[test]
    fn thousands_of_unknown_names_make_a_short_answer() {
        let names: Vec<_> = (0..9000).map(|number| format!("x{number}")).collect();
        let names: Vec<_> = names.iter().map(String::as_str).collect();
        let messages = messages(&["name"], &names);
        assert_eq!(messages.len(), MAX_REPORTED + 1);
        assert_eq!(
            messages.last().unwrap(),
            "unknown field, and so are 8949 others"
        );
    }

    #[test]
    fn lenient_is_asked_for_among_other_preferences() {
        let lenient = |values: &[&str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(PREFER, value.parse().unwrap());
            }
            Handling::of(&headers).is_lenient()
        };
        for values in [
            &["handling=lenient"] as &[&str],
            &["respond-async, Handling=Lenient; x=y"],
            &["wait=10", "handling = \"lenient\""],
        ] {
            assert!(lenient(values), "{values:?}");
        }
        for values in [
            &[] as &[&str],
            &["handling=strict"],
            &["lenient"],
            &["handling"],
            &["handling=strict, handling=lenient"],
            &["x=handling=lenient"],
        ] {
            assert!(!lenient(values), "{values:?}");
        }
    }

    #[test]
    fn what_clients_send_for_a_field_that_they_do_not_use_says_nothing() {
        for value in [
            json!(null),
            json!(false),
            json!("False"),
            json!(0),
            json!(""),
            json!([]),
            json!({"a": [null, {"b": "0"}]}),
            json!("00000000-0000-0000-0000-000000000000"),
        ] {
            assert!(says_nothing(&value), "{value}");
        }
        for value in [json!(true), json!(1), json!("x"), json!({"a": [true]})] {
            assert!(!says_nothing(&value), "{value}");
        }
    }
}
