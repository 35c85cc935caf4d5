//! The command line.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::PathBuf;

use clap::{Parser, ValueEnum};

/// Runs the API, the functions and the table of template.yaml on this machine.
#[derive(Clone, Debug, Parser)]
#[command(name = "local", version, about, max_term_width = 100)]
pub struct Options {
    /// The port of the API; 0 uses free ports for the API, the store and invocations.
    #[arg(long, default_value_t = 3000)]
    pub port: u16,

    /// The address that the API listens on.
    #[arg(long, default_value = "127.0.0.1")]
    pub host: IpAddr,

    /// The folder for the data of the store [default: .latchkey beside the template].
    #[arg(long, value_name = "FOLDER", conflicts_with_all = ["in_memory", "endpoint_url"])]
    pub data_dir: Option<PathBuf>,

    /// Keep the data of the store in memory, until the end.
    #[arg(long, conflicts_with = "endpoint_url")]
    pub in_memory: bool,

    /// Use another DynamoDB instead of the embedded store: DynamoDB Local, or AWS with the region
    /// and credentials of your environment or profile.
    #[arg(long, value_name = "URL")]
    pub endpoint_url: Option<String>,

    /// The port of the embedded store [default: the API's plus 1].
    #[arg(long, value_name = "PORT", conflicts_with = "endpoint_url")]
    pub store_port: Option<u16>,

    /// The port on which functions can be invoked by name [default: the API's plus 2].
    #[arg(long, value_name = "PORT")]
    pub invoke_port: Option<u16>,

    /// Add the demo data even if the store is not on this machine. Its credentials are public.
    #[arg(long)]
    pub demo: bool,

    /// Run each function as its own program, as deployed, instead of one program with all
    /// functions. The build takes longer, because each program is linked.
    #[arg(long)]
    pub deployed_programs: bool,

    /// List all routes when ready.
    #[arg(long)]
    pub routes: bool,

    /// The lowest level that the functions and this program log.
    #[arg(long, value_name = "LEVEL", value_enum, ignore_case = true)]
    pub log_level: Option<LogLevel>,

    /// Build the functions with optimizations.
    #[arg(long)]
    pub release: bool,

    /// For scripts and tests: print one line of JSON on standard output when ready, and nothing
    /// else. If standard input is a pipe, its end stops the system.
    #[arg(long)]
    pub json: bool,

    /// The SAM template [default: template.yaml in this folder or one above].
    #[arg(long, value_name = "FILE")]
    pub template: Option<PathBuf>,

    /// A value for a parameter of the template; can be repeated.
    #[arg(long = "parameter", value_name = "NAME=VALUE", value_parser = pair)]
    pub parameters: Vec<(String, String)>,

    /// A program that is already built, by the name of its binary; can be repeated. All others
    /// are built.
    #[arg(long = "program", value_name = "NAME=FILE", value_parser = pair)]
    pub programs: Vec<(String, String)>,
}

/// A level of the log, as the template's parameter `LogLevel` takes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogLevel {
    /// Every step.
    Trace,
    /// Refusals and their reasons.
    Debug,
    /// One line for each request.
    Info,
    /// Only what may need attention.
    Warn,
    /// Only failures.
    Error,
}

impl LogLevel {
    /// Its name in capital letters.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Trace => "TRACE",
            Self::Debug => "DEBUG",
            Self::Info => "INFO",
            Self::Warn => "WARN",
            Self::Error => "ERROR",
        }
    }
}

impl Options {
    /// The parameters of the template.
    pub(crate) fn parameters(&self) -> BTreeMap<String, String> {
        let level = self.log_level.map(LogLevel::name);
        let level = level.map(|level| ("LogLevel".to_owned(), level.to_owned()));
        level.into_iter().chain(self.parameters.clone()).collect()
    }

    /// The port of a second listener, `offset` above the API's unless it is given.
    pub(crate) fn other_port(&self, given: Option<u16>, offset: u16) -> u16 {
        given.unwrap_or(match self.port {
            0 => 0,
            port => port.checked_add(offset).unwrap_or(0),
        })
    }
}

fn pair(argument: &str) -> Result<(String, String), String> {
    match argument.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("expected NAME=…".to_owned()),
    }
}
