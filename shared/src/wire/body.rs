//! Reading the body of a request.

use super::json::{self, Document, Faults, Fields};
use super::query::Query;
use super::request::{MAX_BODY, Request};
use crate::error::{Error, Result};

impl Request {
    /// Checks that nothing is asked but by the path: the query has no parameters and the body,
    /// if there is one, no fields.
    ///
    /// # Errors
    /// 400 for each parameter that is given; for a body, as [`Request::json`].
    pub fn bare(&self) -> Result<()> {
        if self.body.trim_ascii().is_empty() {
            return Query::of(self).finish();
        }
        let body = self.json()?;
        if body.is_null() {
            return Ok(());
        }
        let faults = Faults::default();
        let fields = Fields::of_body(&body, &faults);
        Ok(faults.or(fields.map(|_| ()))?)
    }

    /// The body as JSON. An operation with a body takes no query parameters.
    ///
    /// # Errors
    /// 413 for more than [`MAX_BODY`], 415 for another content type, 400 for what
    /// [`json::parse`] finds and for parameters in the query.
    pub fn json(&self) -> Result<Document> {
        if self.body.len() > MAX_BODY {
            return Err(Error::BodyTooLarge);
        }
        if !self.may_be_json() {
            return Err(Error::UnsupportedMediaType);
        }
        Query::of(self).finish()?;
        let value = json::parse(&self.body)?;
        Ok(Document::new(value, self.handling.clone()))
    }

    /// Whether the content type lets the body be JSON. The published examples send none,
    /// and curl and many HTTP libraries say `application/x-www-form-urlencoded` of any
    /// body unless told otherwise: both are read as JSON.
    fn may_be_json(&self) -> bool {
        let Some(media_type) = self.media_type() else {
            return true;
        };
        matches!(
            media_type.as_str(),
            "" | "application/json" | "application/x-www-form-urlencoded"
        ) || (media_type.starts_with("application/") && media_type.ends_with("+json"))
    }
}
