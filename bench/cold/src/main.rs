//! Measures each function of template.yaml as Lambda would start it: how long from its start
//! to its first call of the Runtime API, and on to its first answer, with the store behind
//! TLS; how much memory it takes; how much of a request is its own time. Beside it a function
//! that does nothing, and the same endpoint as others would write it.
//!
//! `bench/cold/run` builds all of it and starts this; docs/performance.md has what came out.
//! Nothing here fails because of a time.

mod figures;
mod front;
mod instructions;
mod runtime;
mod stage;

use std::path::{Path, PathBuf};

use axum::body::Bytes;
use clap::Parser;
use indicatif::{ProgressBar, ProgressStyle};

use figures::{Cold, Warm};
use front::Front;
use runtime::{Function, Program};
use stage::Stage;

type Failure = Box<dyn std::error::Error + Send + Sync>;
type Result<T> = std::result::Result<T, Failure>;

/// The function that others have written, too.
const COMPARED: &str = "create-share";

/// Measures the functions as Lambda would start them.
#[derive(Debug, Parser)]
#[command(name = "cold")]
struct Options {
    /// The number of measurements of each. The median is printed.
    #[arg(long, default_value_t = 30)]
    rounds: usize,

    /// The folder of the built programs: the functions, `empty` and `demo`.
    #[arg(long, value_name = "FOLDER", default_value = "target/release")]
    programs: PathBuf,

    /// Other builds of the same to compare with, `NAME=FOLDER`; may be repeated.
    #[arg(long, value_name = "NAME=FOLDER", value_parser = named)]
    beside: Vec<(String, PathBuf)>,

    /// Only these functions; may be repeated.
    #[arg(long, value_name = "NAME")]
    only: Vec<String>,

    /// The folder of the same endpoint in Python and Node.js, as `bench/cold/run` leaves it.
    #[arg(long, value_name = "FOLDER")]
    peers: Option<PathBuf>,

    /// Count the instructions of one warm request of each, and nothing else. Wants valgrind,
    /// and programs that have their symbols.
    #[arg(long)]
    instructions: bool,

    /// The folder of this repository.
    #[arg(long, value_name = "FOLDER", default_value = ".")]
    root: PathBuf,
}

fn named(argument: &str) -> std::result::Result<(String, PathBuf), String> {
    match argument.split_once('=') {
        Some((name, folder)) => Ok((name.to_owned(), folder.into())),
        None => Err("expected NAME=FOLDER".to_owned()),
    }
}

// One thread, so that nothing is between an event and its stamp but the event.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let options = Options::parse();
    let stage = Stage::new(&options.root, &options.programs)?;
    let scratch = std::env::temp_dir().join(format!("latchkey-cold-{}", std::process::id()));
    std::fs::create_dir_all(&scratch)?;
    let measured = measure(&options, &stage, &scratch).await;
    std::fs::remove_dir_all(&scratch)?;
    measured
}

async fn measure(options: &Options, stage: &Stage, scratch: &Path) -> Result<()> {
    let front = Front::open(scratch).await?;
    let mut environment = stage.environment(&front.url);
    // Each finds the root where it looks for one that is not of the common.
    for name in ["SSL_CERT_FILE", "AWS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"] {
        environment.insert(name.to_owned(), front.root.display().to_string());
    }
    let program = |name: &str, command: Vec<PathBuf>| Program {
        name: name.to_owned(),
        command,
        environment: environment.clone(),
    };
    let built = |name: &str| program(name, vec![options.programs.join(name)]);

    let mut functions: Vec<(Program, Bytes)> = Vec::new();
    for (name, event) in stage.functions(&options.root)? {
        if options.only.is_empty() || options.only.contains(&name) {
            functions.push((built(&name), event));
        }
    }
    if options.instructions {
        return instructions::count(&functions, stage, &front, scratch).await;
    }
    let event = std::fs::read(options.root.join(format!("events/{COMPARED}.json")))?;
    let event = Bytes::from(event);
    let (mut empty, mut first) = (built("empty"), built(COMPARED));
    let mut others = Vec::new();
    for (label, folder) in &options.beside {
        for name in ["empty", COMPARED] {
            others.push(program(
                &format!("{label}: {name}"),
                vec![folder.join(name)],
            ));
        }
    }
    let measured = functions.iter_mut().map(|(program, _)| program);
    for program in measured.chain(&mut others).chain([&mut empty, &mut first]) {
        unpack(program, scratch)?;
    }
    if let Some(peers) = &options.peers {
        let python = peers.join("python/venv/bin/python");
        let handler = ["-m", "awslambdaric", "handler.handle"].map(PathBuf::from);
        let mut python = program("Python", [vec![python], handler.to_vec()].concat());
        let here = std::path::absolute(options.root.join("bench/cold/python"))?;
        let variables = [
            ("PYTHONPATH", here.display().to_string()),
            // As in Lambda's image, where the folder of the code is read-only.
            ("LAMBDA_TASK_ROOT", here.display().to_string()),
        ];
        let variables = variables.map(|(name, value)| (name.to_owned(), value));
        python.environment.extend(variables);
        others.push(python);
        let script = peers.join("node/bootstrap.mjs");
        others.push(program("Node.js", vec!["node".into(), script]));
    }

    figures::print_machine(options.rounds)?;
    let steps = (2 * options.rounds + 1) * functions.len() + options.rounds * others.len();
    let bar = ProgressBar::new(steps as u64);
    bar.set_style(ProgressStyle::with_template(
        "{bar:30} {pos}/{len} {eta} {msg}",
    )?);

    let mut cold = vec![Cold::default(); functions.len()];
    let mut cold_others = vec![Cold::default(); others.len()];
    let mut cold_empty = Cold::default();
    for _ in 0..options.rounds {
        let store = stage.store().await?;
        front.turn_to(&store.url());
        // The first request to a new store takes longer.
        start_once(&first, &event, &mut Cold::default()).await?;
        // First, because the functions delete at the end what the event refers to.
        for (program, cold) in others.iter().zip(&mut cold_others) {
            bar.set_message(program.name.clone());
            start_once(program, &event, cold).await?;
            bar.inc(1);
        }
        for ((program, sample), cold) in functions.iter().zip(&mut cold) {
            bar.set_message(program.name.clone());
            // Before each, so that both see the same load of the machine.
            start_once(&empty, &event, &mut cold_empty).await?;
            start_once(program, sample, cold).await?;
            bar.inc(1);
        }
        close(store);
    }

    let mut warm = vec![Warm::default(); functions.len()];
    let mut running = Vec::new();
    for (program, _) in &functions {
        running.push(Function::start(program).await?);
    }
    // The first round is for connections to be made and memory to be touched.
    for round in 0..=options.rounds {
        let store = stage.store().await?;
        front.turn_to(&store.url());
        let each = functions.iter().zip(&mut running).zip(&mut warm);
        for (((program, event), function), warm) in each {
            bar.set_message(program.name.clone());
            front.calls();
            let before = function.processor_time()?;
            let (asked, answer) = function.ask(event.clone()).await?;
            function.done().await?;
            if round > 0 {
                let (calls, store) = front.calls();
                warm.total.push(answer.at - asked);
                warm.outside.push((answer.at - asked).saturating_sub(store));
                warm.processor.push(function.processor_time()? - before);
                warm.calls = calls;
                warm.status = figures::status(&answer.payload);
            }
            bar.inc(1);
        }
        close(store);
    }
    for (function, warm) in running.into_iter().zip(&mut warm) {
        warm.memory = function.peak_memory()?;
        function.end().await?;
    }
    bar.finish_and_clear();

    let names: Vec<_> = functions
        .iter()
        .map(|(program, _)| &*program.name)
        .collect();
    figures::print_functions(&names, &cold, &warm, &cold_empty);
    let compared = names.iter().position(|name| *name == COMPARED);
    if let Some(compared) = compared.and_then(|place| cold.get(place)) {
        let others = others
            .iter()
            .map(|program| &*program.name)
            .zip(&cold_others);
        figures::print_peers((COMPARED, compared), ("empty", &cold_empty), others);
    }
    Ok(())
}

/// Copies a program, as unzipping would. As the linker leaves it, the file is in small pieces
/// in the system's cache, and a start takes up to half a millisecond longer.
fn unpack(program: &mut Program, folder: &Path) -> Result<()> {
    let to = folder.join(&program.name);
    for file in &mut program.command {
        let failed = |error| format!("{}: {error}", file.display());
        let mode = std::fs::metadata(&file).map_err(failed)?.permissions();
        std::fs::write(&to, std::fs::read(&file)?)?;
        std::fs::set_permissions(&to, mode)?;
        file.clone_from(&to);
    }
    Ok(())
}

/// Starts a program, right after it was started and ended: so none is read from a disk, and
/// the one that is started most often is not the only one in the processor's caches.
async fn start_once(program: &Program, event: &Bytes, cold: &mut Cold) -> Result<()> {
    let in_program = |failure| format!("{}: {failure}", program.name);
    let before = Function::start(program).await.map_err(in_program)?;
    before.end().await?;
    let mut function = Function::start(program).await.map_err(in_program)?;
    let (_, answer) = function.ask(event.clone()).await.map_err(in_program)?;
    cold.to_next.push(function.ready - function.started);
    cold.to_answer.push(answer.at - function.ready);
    cold.whole.push(answer.at - function.started);
    cold.memory = cold.memory.max(function.peak_memory()?);
    cold.status = figures::status(&answer.payload);
    function.end().await
}

/// Closes a store while others are measured.
fn close(store: latchkey_local::store::Store) {
    tokio::task::spawn_blocking(|| drop(store));
}
