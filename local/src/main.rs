//! `cargo run`: the whole system on this machine.

use std::io::{IsTerminal, Write};
use std::os::unix::fs::FileTypeExt;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use latchkey_local::{Error, LogLevel, Options, System};
use tokio::io::AsyncReadExt;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tracing_subscriber::EnvFilter;

/// How long remaining tasks may take to end.
const LAST_MOMENT: Duration = Duration::from_millis(500);

fn main() -> ExitCode {
    let options = Options::parse();
    let level = options.log_level.map_or("info", LogLevel::name);
    let filter = EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| EnvFilter::new(format!("{level},dynoxide=error")));
    let logs = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(false);
    if std::io::stderr().is_terminal() {
        // Who looks on knows the time.
        logs.without_time().init();
    } else {
        logs.init();
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => return failed(&Error::Build(format!("no threads: {error}"))),
    };
    let code = match runtime.block_on(run(&options)) {
        Ok(()) | Err(Error::Stopped) => ExitCode::SUCCESS,
        Err(error) => failed(&error),
    };
    runtime.shutdown_timeout(LAST_MOMENT);
    code
}

fn failed(error: &Error) -> ExitCode {
    let label = console::Style::new()
        .red()
        .bold()
        .for_stderr()
        .apply_to("error:");
    eprintln!("{label} {error}");
    ExitCode::FAILURE
}

async fn run(options: &Options) -> Result<(), Error> {
    let mut stop = Stop::new(options.json)?;
    let system = tokio::select! {
        system = System::start(options) => system?,
        () = stop.asked() => return Err(Error::Stopped),
    };
    let mut stdout = std::io::stdout();
    let ready = if options.json {
        format!("{}\n", system.ready())
    } else {
        system.summary()
    };
    // If standard output was closed, its reader does not want more.
    let _ = stdout
        .write_all(ready.as_bytes())
        .and_then(|()| stdout.flush());

    stop.asked().await;
    if !options.json && std::io::stderr().is_terminal() {
        eprintln!("\nStopping. Press Ctrl-C again to stop at once.");
    }
    tokio::select! {
        () = system.stop() => {}
        () = stop.asked() => {}
    }
    Ok(())
}

/// The signals that end the program: Ctrl-C, SIGTERM, and with `--json` the end of a pipe on
/// standard input. A test that is killed therefore ends the system, too.
struct Stop {
    interrupt: Signal,
    terminate: Signal,
    pipe: Option<tokio::io::Stdin>,
}

impl Stop {
    fn new(json: bool) -> Result<Self, Error> {
        let listen = |kind| {
            signal(kind).map_err(|source| Error::File {
                path: "signals".into(),
                source,
            })
        };
        // Nothing but a pipe or a socket has somebody at its other end: /dev/null, which has
        // ended from the start, is what a program in the background gets.
        let piped = std::fs::metadata("/dev/stdin")
            .is_ok_and(|stdin| stdin.file_type().is_fifo() || stdin.file_type().is_socket());
        Ok(Self {
            interrupt: listen(SignalKind::interrupt())?,
            terminate: listen(SignalKind::terminate())?,
            pipe: (json && piped).then(tokio::io::stdin),
        })
    }

    async fn asked(&mut self) {
        let pipe = async {
            match &mut self.pipe {
                None => std::future::pending().await,
                Some(pipe) => {
                    let mut buffer = [0; 64];
                    while pipe.read(&mut buffer).await.is_ok_and(|read| read > 0) {}
                }
            }
        };
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
            () = pipe => self.pipe = None,
        }
    }
}
