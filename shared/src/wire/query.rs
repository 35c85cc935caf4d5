//! Reading the query of a request: strictly, every fault at once.

use std::collections::HashMap;
use std::str::FromStr;

use super::json::{Fault, FaultCode, Faults, FromJson};
use super::request::Request;
use super::{Error, Result};

/// The parameters of a query. Those that nobody asks for are ignored.
pub struct Query<'r> {
    parameters: HashMap<&'r str, &'r str>,
    faults: Faults,
}

impl<'r> Query<'r> {
    /// The query of `request`. A parameter that is given twice is a fault.
    pub fn of(request: &'r Request) -> Self {
        let faults = Faults::default();
        let mut parameters = HashMap::new();
        for (name, value) in &request.query {
            if parameters.insert(name.as_str(), value.as_str()).is_some() {
                let message = "this parameter is given twice";
                faults.add(Fault::new(name, FaultCode::DuplicateKey, message));
            }
        }
        Self { parameters, faults }
    }

    /// The text of a parameter, if it was given.
    pub fn text(&self, name: &str) -> Option<&'r str> {
        self.parameters.get(name).copied()
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

    /// The value of a parameter of a type that says itself what it is read from.
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

    /// Ends the reading.
    ///
    /// # Errors
    /// 400 with every fault that was found.
    pub fn finish(&self) -> Result<()> {
        self.faults.or(Some(())).map_err(Error::from)
    }
}
