//! What every function does around its handler: it reads the environment and the clock, takes
//! an event from Lambda, answers, and writes one line to the log.

mod call;
mod connector;
mod endpoint;
mod event;
mod gateway;
mod log;
mod once;
pub(crate) mod refused;
pub mod store;
mod stream;

use std::process::ExitCode;

use latchkey::timing::Zone;

pub use call::{Call, Context, OpenCall};
pub use endpoint::Endpoint;
pub use event::EventHandler;
pub use stream::StreamHandler;

pub(crate) use call::SHOWN;
pub(crate) use once::Once;

/// What a program of `src/bin` serves: an [`Endpoint`], an [`EventHandler`] or a
/// [`StreamHandler`].
pub trait Serve {
    /// Serves it until Lambda ends the process.
    fn serve(self) -> ExitCode;
}

/// Serves `function` until Lambda ends the process.
pub fn serve(function: impl Serve) -> ExitCode {
    function.serve()
}

fn run(function: impl Future<Output = Result<(), lambda_http::Error>>) -> ExitCode {
    log::start();
    // A door keeps the hours of its zone as this release has them.
    tracing::info!(time_zones = Zone::release(), "started");
    // Lambda gives a process one request at a time: one thread serves it.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let ended = match runtime {
        Ok(runtime) => runtime.block_on(function),
        Err(error) => Err(error.into()),
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(%error, "the function cannot go on");
            ExitCode::FAILURE
        }
    }
}
