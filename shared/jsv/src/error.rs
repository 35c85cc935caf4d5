//! What is wrong, and where.

use std::fmt;

/// One step of the path to a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Into a map.
    Key(String),
    /// Into a list.
    Index(usize),
}

/// A path as clients read it: `schedule[0].period.endTime`; empty for the whole.
pub fn render<'s>(path: impl IntoIterator<Item = &'s Step>) -> String {
    path.into_iter().fold(String::new(), |mut text, step| {
        match step {
            Step::Index(index) => text.push_str(&format!("[{index}]")),
            Step::Key(key) => {
                if !text.is_empty() {
                    text.push('.');
                }
                text.push_str(key);
            }
        }
        text
    })
}

/// Why a text is no JSV, or not of the type that was asked for; or why a value cannot be
/// written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    message: String,
    /// From the inside out.
    path: Vec<Step>,
    place: Option<Place>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    line: usize,
    column: usize,
}

impl Error {
    /// A fault at a byte of `text`.
    pub(super) fn at(message: impl Into<String>, text: &str, byte: usize) -> Self {
        let error = Self {
            message: message.into(),
            path: Vec::new(),
            place: None,
        };
        error.place(text, byte)
    }

    /// The same error with its place, unless it has one.
    pub(super) fn place(mut self, text: &str, byte: usize) -> Self {
        if self.place.is_none() {
            let before = text.get(..byte).unwrap_or(text);
            let line = before.rsplit('\n').next().unwrap_or_default();
            self.place = Some(Place {
                line: before.matches('\n').count() + 1,
                column: line.chars().count() + 1,
            });
        }
        self
    }

    /// The same error, inside one more map or list.
    pub(super) fn inside(mut self, step: Step) -> Self {
        self.path.push(step);
        self
    }

    /// The path of the field that has the fault; empty for the whole.
    pub fn field(&self) -> String {
        render(self.path.iter().rev())
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        match self.place {
            Some(Place { line, column }) => write!(f, " at line {line} column {column}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Error {}

impl serde::de::Error for Error {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self {
            message: message.to_string(),
            path: Vec::new(),
            place: None,
        }
    }
}

impl serde::ser::Error for Error {
    fn custom<T: fmt::Display>(message: T) -> Self {
        serde::de::Error::custom(message)
    }
}
