//! Reading the query of a request: strictly, every fault at once.

use std::cell::RefCell;
use std::collections::HashMap;
use std::str::FromStr;

use chrono::{DateTime, Utc};

use super::json::{Faults, FromJson};
use super::request::Request;
use super::unknown::{Handling, Names, not_served, says_nothing};
use crate::error::{Error, Fault, FaultCode, Result};

/// The parameters of a query. One that nobody asked for before the end is a fault.
pub struct Query<'r> {
    parameters: HashMap<&'r str, &'r str>,
    faults: Faults,
    names: RefCell<Names>,
    not_served: RefCell<Vec<Fault>>,
    handling: Handling,
}

impl<'r> Query<'r> {
    /// The query of `request`. A parameter that is given twice is a fault.
    pub fn of(request: &'r Request) -> Self {
        let faults = Faults::default();
        let mut parameters = HashMap::new();
        for (name, value) in &request.query {
            if parameters.insert(name.as_str(), value.as_str()).is_some() {
                let message = "given twice";
                faults.add(Fault::new(name, FaultCode::DuplicateKey, message));
            }
        }
        let given = parameters.keys().map(|name| (*name).to_owned());
        let mut given: Vec<_> = given.collect();
        given.sort_unstable();
        let given = given.into_iter().map(|name| (name.clone(), name));
        let mut names = Names::new("parameter", false, given);
        for name in request.known {
            names.know(name);
        }
        Self {
            parameters,
            faults,
            names: RefCell::new(names),
            not_served: RefCell::default(),
            handling: request.handling.clone(),
        }
    }

    /// The text of a parameter, if it was given.
    pub fn text(&self, name: &str) -> Option<&'r str> {
        self.names.borrow_mut().ask(name);
        self.parameters.get(name).copied()
    }

    /// Refuses the parameters of these names by name, unless they say nothing: what the
    /// services' pages name and what is not served here.
    pub fn not_served(&self, names: &[&str]) {
        for name in names {
            self.names.borrow_mut().know(name);
            if let Some(text) = self.parameters.get(name)
                && !says_nothing(&(*text).into())
            {
                let fault = not_served((*name).to_owned());
                self.not_served.borrow_mut().push(fault);
            }
        }
    }

    /// Writes down a fault of a parameter.
    pub fn fault(&self, name: &str, code: FaultCode, message: impl Into<String>) {
        self.faults.add(Fault::new(name, code, message));
    }

    /// The value of a parameter; nothing, with a fault, when it cannot be read as what is
    /// `expected`.
    pub fn optional<T: FromStr>(&self, name: &str, expected: &str) -> Option<T> {
        let value = self.text(name)?.parse().ok();
        if value.is_none() {
            self.fault(
                name,
                FaultCode::InvalidValue,
                format!("expected {expected}"),
            );
        }
        value
    }

    /// The value of a parameter whose type defines how it is read.
    pub fn read<T: FromJson>(&self, name: &str) -> Option<T> {
        let read = T::from_json(&self.text(name)?.into());
        read.map_err(|(code, message)| self.fault(name, code, message))
            .ok()
    }

    /// The value of a parameter that has one of a few names.
    pub fn name<T: Copy>(&self, name: &str, names: &[(&str, T)]) -> Option<T> {
        let text = self.text(name)?;
        let value = names.iter().find(|(name, _)| *name == text);
        if value.is_none() {
            let names: Vec<_> = names.iter().map(|(name, _)| *name).collect();
            let message = format!("expected one of {}", names.join(", "));
            self.fault(name, FaultCode::InvalidValue, message);
        }
        value.map(|(_, value)| *value)
    }

    /// The value of a parameter that has one of a few names, in any case.
    pub fn any_case<T: Copy>(&self, name: &str, names: &[(&str, T)]) -> Option<T> {
        let text = self.text(name)?;
        let given = names
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(text));
        match given {
            Some((_, value)) => Some(*value),
            None => self.name(name, names),
        }
    }

    /// The value of a parameter that is an instant, as RFC 3339 writes it. A `+` that was not
    /// encoded arrives as a space, and is read as what it was.
    pub fn instant(&self, name: &str) -> Option<DateTime<Utc>> {
        let text = self.text(name)?;
        let text = match text.rsplit_once(' ') {
            // chrono also accepts a space instead of the `T`; the format does not.
            Some((clock, offset)) if clock.contains(':') => format!("{clock}+{offset}"),
            _ => text.to_owned(),
        };
        let instant = DateTime::from_json(&text.into());
        instant
            .map_err(|(code, message)| self.fault(name, code, message))
            .ok()
    }

    /// Ends the reading.
    ///
    /// # Errors
    /// 400 with every fault that was found.
    pub fn finish(&self) -> Result<()> {
        let mut unknown = self.names.borrow().unknown();
        unknown.extend(self.not_served.take());
        let mut faults = self.handling.judge(unknown);
        faults.extend(self.faults.or(Some(())).err().unwrap_or_default());
        if faults.is_empty() {
            Ok(())
        } else {
            Err(Error::InvalidInput(faults))
        }
    }
}
