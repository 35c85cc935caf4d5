//! Errors before the system serves, each as one line for a person.

use std::io;
use std::path::PathBuf;

/// A failure to start or to stop, told in one line.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The template cannot be read, or asks for what the stand-in does not do.
    #[error("{at}: {message}")]
    Template {
        /// The file, and the resource and property in it.
        at: String,
        /// What was found there and what was expected.
        message: String,
    },
    /// The functions could not be built.
    #[error("{0}")]
    Build(String),
    /// The store could not be opened or refused a call.
    #[error("{0}")]
    Store(String),
    /// A table of the template could not be made, or differs from the template.
    #[error("table {table}: {message}")]
    Table {
        /// The table's name.
        table: String,
        /// The store's message, or how the table differs.
        message: String,
    },
    /// The program that puts in the demo data failed.
    #[error("{0}")]
    Demo(String),
    /// An address could not be listened on.
    #[error("cannot listen on {address}: {source}{hint}")]
    Listen {
        /// Host and port.
        address: String,
        /// The operating system's message.
        source: io::Error,
        /// A hint, or nothing.
        hint: &'static str,
    },
    /// A file or folder could not be used.
    #[error("{path}: {source}")]
    File {
        /// Which.
        path: PathBuf,
        /// The operating system's message.
        source: io::Error,
    },
    /// A signal came before the system was up. Its sender does not see it as an error.
    #[error("stopped")]
    Stopped,
}

/// The result of everything that happens before the system serves.
pub type Result<T> = std::result::Result<T, Error>;
