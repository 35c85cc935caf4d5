//! The instructions of a warm request, counted by valgrind, and therefore the same on a busy
//! machine. Needs programs with their symbols.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use axum::body::Bytes;
use tokio::process::Command;

use crate::front::Front;
use crate::runtime::{Function, Program};
use crate::stage::Stage;
use crate::{Failure, Result, close};

/// All that a function does of a request, from the event on: for API Gateway, or for others.
const HANDLERS: [&str; 2] = ["lambda::gateway::answer::", "lambda::event::serve_events::"];
/// A call of DynamoDB inside it: the SDK's preparation, and then the call with its retries.
/// Anything else in the SDK counts as the function's own.
const CALLS: [&str; 2] = [
    "aws_smithy_runtime::client::orchestrator::apply_configuration",
    "aws_smithy_runtime::client::timeout::MaybeTimeoutFuture",
];

/// Counts one warm request of each function, and prints it.
pub(crate) async fn count(
    functions: &[(Program, Bytes)],
    stage: &Stage,
    front: &Front,
    scratch: &Path,
) -> Result<()> {
    println!(
        "| function | instructions | in the handler | of that, calls of DynamoDB | outside them |"
    );
    println!("|---|---|---|---|---|");
    for (program, event) in functions {
        let output = scratch.join("callgrind");
        let mut counted = program.clone();
        counted.command = ["valgrind", "--tool=callgrind", "-q"]
            .map(PathBuf::from)
            .to_vec();
        let to = format!("--callgrind-out-file={}", output.display());
        counted.command.push(to.into());
        counted.command.extend(program.command.clone());

        let mut store = stage.store().await?;
        front.turn_to(&store.url());
        let mut function = Function::start(&counted).await?;
        function.ask(event.clone()).await?;
        function.done().await?;
        close(store);
        store = stage.store().await?;
        front.turn_to(&store.url());
        let process = function.id();
        run("callgrind_control", &["--zero".to_owned(), process.clone()]).await?;
        function.ask(event.clone()).await?;
        function.done().await?;
        run("callgrind_control", &["--dump".to_owned(), process]).await?;
        function.end().await?;
        close(store);

        let file = format!("{}.1", output.display());
        let options = ["--inclusive=yes", "--threshold=100", &file].map(str::to_owned);
        let profile = run("callgrind_annotate", &options).await?;
        let count = |name: &str| {
            let lines = profile
                .lines()
                .filter(|line| line.contains(name) && line.contains("???:"));
            // The outermost of those of this name has the most.
            lines.filter_map(first_number).max().unwrap_or_default()
        };
        let whole = profile.lines().find(|line| line.contains("PROGRAM TOTALS"));
        let whole = whole.and_then(first_number).unwrap_or_default();
        let handler = HANDLERS.map(count).into_iter().max().unwrap_or_default();
        let calls: u64 = CALLS.map(count).into_iter().sum();
        let name = &program.name;
        println!(
            "| {name} | {whole} | {handler} | {calls} | {} |",
            handler.saturating_sub(calls)
        );
    }
    Ok(())
}

fn first_number(line: &str) -> Option<u64> {
    let number = line.split_whitespace().next()?;
    number.replace(',', "").parse().ok()
}

async fn run(program: &str, arguments: &[String]) -> Result<String> {
    let mut command = Command::new(program);
    let output = command
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .await?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(Failure::from(format!("{program}: {said}")));
    }
    Ok(String::from_utf8(output.stdout)?)
}
