//! All Lambda functions in one program, which is told which one to be: `functions create-share`.
//!
//! The local system and the tests start it once for each copy of a function, in place of the
//! programs in `functions/src/bin`, which are what is deployed. Each of those is linked by
//! itself, which takes most of the time between a changed line and its answer. Nothing else
//! differs: one process is one function, and it asks the same Runtime API for its requests.

use std::process::ExitCode;

/// The `main` of a function.
type Run = fn() -> ExitCode;

include!(concat!(env!("OUT_DIR"), "/functions.rs"));

fn main() -> ExitCode {
    let name = std::env::args().nth(1).unwrap_or_default();
    match FUNCTIONS.iter().find(|(function, _)| *function == name) {
        Some((_, run)) => run(),
        None => {
            eprintln!(
                "functions: no function `{name}`; expected the name of a file in functions/src/bin"
            );
            ExitCode::from(2)
        }
    }
}
