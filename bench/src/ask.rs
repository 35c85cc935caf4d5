//! A request, as a case writes it down.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue};
use latchkey::id::SpaceId;
use latchkey::secret::{Random, RandomFailed, Source};
use serde_json::Value;

use crate::Result;
use crate::house::{ADMIN, DOORS};

/// The request: its body, its path, its caller. The admin calls, unless [`Ask::by`] says
/// otherwise.
#[derive(Debug, Clone)]
pub struct Ask {
    pub(crate) method: &'static str,
    pub(crate) target: String,
    pub(crate) user: u64,
    pub(crate) space: Option<SpaceId>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
    pub(crate) status: Option<u16>,
    pub(crate) random: Option<Random>,
}

/// Gives one byte again and again.
struct Repeating(u8);

impl Source for Repeating {
    fn fill(&self, bytes: &mut [u8]) -> std::result::Result<(), RandomFailed> {
        bytes.fill(self.0);
        Ok(())
    }
}

fn ask(method: &'static str, target: impl Into<String>, body: String) -> Ask {
    Ask {
        method,
        target: target.into(),
        user: ADMIN,
        space: None,
        headers: HeaderMap::new(),
        body,
        status: None,
        random: None,
    }
}

/// A `GET` of a path, which may have a query.
pub fn get(target: impl Into<String>) -> Ask {
    ask("GET", target, String::new())
}

/// A `POST` of JSON; of no body, where that is `null`.
pub fn post(target: impl Into<String>, body: &Value) -> Ask {
    ask("POST", target, json(body))
}

/// A `PUT` of JSON; of no body, where that is `null`.
pub fn put(target: impl Into<String>, body: &Value) -> Ask {
    ask("PUT", target, json(body))
}

/// A `DELETE`.
pub fn delete(target: impl Into<String>) -> Ask {
    ask("DELETE", target, String::new())
}

/// A `POST` of a form.
pub fn form(target: impl Into<String>, fields: &[(&str, &str)]) -> Ask {
    let body = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(fields)
        .finish();
    let mut ask = ask("POST", target, body);
    let form = HeaderValue::from_static("application/x-www-form-urlencoded");
    ask.headers.insert(CONTENT_TYPE, form);
    ask
}

fn json(body: &Value) -> String {
    match body {
        Value::Null => String::new(),
        body => body.to_string(),
    }
}

impl Ask {
    /// Another user asks.
    #[must_use]
    pub fn by(mut self, user: u64) -> Self {
        self.user = user;
        self
    }

    /// With random numbers that are always the same, so that its access code is.
    #[must_use]
    pub fn with_the_same_code(mut self) -> Self {
        self.random = Some(Random::new(Repeating(7)));
        self
    }

    /// The controller of this space asks.
    ///
    /// # Errors
    /// This is no id of a space.
    pub fn at(mut self, space: &str) -> Result<Self> {
        self.user = DOORS;
        self.space = Some(space.parse()?);
        Ok(self)
    }

    /// With one more header.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: &'static str) -> Self {
        let (name, value) = (
            HeaderName::from_static(name),
            HeaderValue::from_static(value),
        );
        self.headers.insert(name, value);
        self
    }

    /// With an id and a secret, as a client that is a program says who it is.
    ///
    /// # Errors
    /// Line breaks cannot be in a header.
    pub fn basic(mut self, id: &str, secret: &str) -> Result<Self> {
        let text = format!("Basic {}", STANDARD.encode(format!("{id}:{secret}")));
        self.headers.insert(AUTHORIZATION, text.parse()?);
        Ok(self)
    }

    /// The expected status; any success by default.
    #[must_use]
    pub fn answered(mut self, status: u16) -> Self {
        self.status = Some(status);
        self
    }
}
