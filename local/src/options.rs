//! The command line.

use std::net::IpAddr;
use std::path::PathBuf;

use clap::Parser;

/// Runs the system that template.yaml describes on this machine: the API, its functions and
/// their table.
#[derive(Clone, Debug, Parser)]
#[command(name = "local", version, about, max_term_width = 100)]
pub struct Options {
    /// The port of the API; 0 takes a free one, for the store and for invocations too.
    #[arg(long, default_value_t = 3000)]
    pub port: u16,

    /// The address that the API listens on.
    #[arg(long, default_value = "127.0.0.1")]
    pub host: IpAddr,

    /// The folder that keeps the store between runs [default: .latchkey beside the template].
    #[arg(long, value_name = "FOLDER", conflicts_with_all = ["in_memory", "endpoint_url"])]
    pub data_dir: Option<PathBuf>,

    /// Keep nothing between runs.
    #[arg(long, conflicts_with = "endpoint_url")]
    pub in_memory: bool,

    /// Use another DynamoDB in place of the embedded one: DynamoDB Local, or AWS itself with
    /// the region and credentials of your environment or profile.
    #[arg(long, value_name = "URL")]
    pub endpoint_url: Option<String>,

    /// The port of the embedded store [default: the API's and 1].
    #[arg(long, value_name = "PORT", conflicts_with = "endpoint_url")]
    pub store_port: Option<u16>,

    /// The port on which functions can be invoked by name [default: the API's and 2].
    #[arg(long, value_name = "PORT")]
    pub invoke_port: Option<u16>,

    /// Put in the demo data although the store is not on this machine. Its credentials are
    /// known to everyone.
    #[arg(long)]
    pub demo: bool,

    /// Run each function as the program that is deployed, in place of the one program that has
    /// all of them. It builds longer: each is linked by itself.
    #[arg(long)]
    pub deployed_programs: bool,

    /// Build the functions with optimizations.
    #[arg(long)]
    pub release: bool,

    /// For scripts and tests: one line of JSON on standard output when ready, and nothing
    /// else there. If standard input is a pipe, its end stops the system.
    #[arg(long)]
    pub json: bool,

    /// The SAM template [default: template.yaml, here or in a folder above].
    #[arg(long, value_name = "FILE")]
    pub template: Option<PathBuf>,

    /// A value for a parameter of the template; may be repeated.
    #[arg(long = "parameter", value_name = "NAME=VALUE", value_parser = pair)]
    pub parameters: Vec<(String, String)>,

    /// A program that is built already, by the name of its binary; may be repeated. What is
    /// not among them is built.
    #[arg(long = "program", value_name = "NAME=FILE", value_parser = pair)]
    pub programs: Vec<(String, String)>,
}

impl Options {
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
