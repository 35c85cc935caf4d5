//! One copy of a function: a process and its Runtime API.

use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::serve::ListenerExt;
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::net::TcpListener;
use tokio::process::{Child, Command};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::timeout;

use super::environment::Surroundings;
use super::runtime_api::{self, Invocation, Sandbox};
use super::{Executable, Failure, Outcome, Refusal};
use crate::template::Function;

/// Lambda gives a copy ten seconds until it asks for its first request. After that Lambda does
/// not fail the request: it starts the copy again, which then has the timeout of the function.
/// Here the same process goes on, for a second start would be as slow.
const LONGEST_INIT: Duration = Duration::from_secs(10);

/// A running copy. To drop it is to end its process.
pub(super) struct Process {
    requests: mpsc::Sender<Invocation>,
    ended: watch::Receiver<Option<String>>,
    sandbox: Arc<Sandbox>,
    // Dropped with the copy, which ends the task that holds the process.
    alive: oneshot::Sender<()>,
}

impl Process {
    /// Starts `program` as a copy of `function`.
    pub(super) async fn start(
        function: &Function,
        program: &Executable,
        surroundings: &Surroundings,
    ) -> Result<Self, Refusal> {
        let not_started = |what: &str, error: std::io::Error| {
            Refusal::NotStarted(format!("{}: {what}: {error}", program.file.display()))
        };
        let listener = TcpListener::bind(("127.0.0.1", 0))
            .await
            .map_err(|error| not_started("its Runtime API cannot listen", error))?;
        let address = listener
            .local_addr()
            .map_err(|error| not_started("no address", error))?;
        let stream = uuid::Uuid::new_v4().simple().to_string();
        let variables =
            surroundings.of_function(function, &program.file, &address.to_string(), &stream);

        let mut child = spawn(program, variables, surroundings.logs_for_people)
            .map_err(|error| not_started("cannot be started", error))?;
        if let Some(output) = child.stdout.take() {
            tokio::spawn(label(function.name.clone(), output));
        }
        if let Some(output) = child.stderr.take() {
            tokio::spawn(label(function.name.clone(), output));
        }

        let (requests, receiver) = mpsc::channel(1);
        let sandbox = Sandbox::new(receiver);
        let (alive, gone) = oneshot::channel();
        let (ended_sender, ended) = watch::channel(None);
        tokio::spawn(tend(
            child,
            listener,
            Arc::clone(&sandbox),
            gone,
            ended_sender,
        ));
        tracing::debug!(function = %function.name, "started a copy");
        Ok(Self {
            requests,
            ended,
            sandbox,
            alive,
        })
    }

    /// Ends the process, and waits until it has.
    pub(super) async fn end(mut self) {
        drop(self.alive);
        let _ = self.ended.wait_for(Option::is_some).await;
    }

    /// Whether the process has ended.
    pub(super) fn has_ended(&self) -> bool {
        self.ended.borrow().is_some()
    }

    /// Hands over one request and waits for its outcome. With the outcome comes whether the
    /// copy can take another request.
    pub(super) async fn invoke(
        &mut self,
        function: &Function,
        arn: Arc<str>,
        request_id: String,
        trace_id: String,
        payload: Bytes,
    ) -> (Outcome, bool) {
        let (taken, was_taken) = oneshot::channel();
        let (outcome, answered) = oneshot::channel();
        let invocation = Invocation {
            request_id: request_id.clone(),
            function_arn: arn,
            trace_id,
            timeout: function.timeout,
            payload,
            taken,
            outcome,
        };
        if self.requests.send(invocation).await.is_err() {
            return (self.exit(&request_id), false);
        }
        let mut ended = self.ended.clone();
        let ended = ended.wait_for(Option::is_some);
        tokio::pin!(ended);

        tokio::select! {
            biased;
            is_ready = ready(function, was_taken) => if !is_ready {
                let limit = LONGEST_INIT + function.timeout;
                let message = format!("Init timed out after {:.2} seconds", limit.as_secs_f64());
                return (unhandled("Sandbox.Timedout", &request_id, &message), false);
            },
            _ = &mut ended => return (self.exit(&request_id), false),
        }
        tokio::select! {
            biased;
            answer = timeout(function.timeout, answered) => match answer {
                Ok(Ok(outcome)) => (outcome, true),
                Ok(Err(_)) => (self.exit(&request_id), false),
                Err(_) => {
                    let message =
                        format!("Task timed out after {:.2} seconds", function.timeout.as_secs_f64());
                    (unhandled("Sandbox.Timedout", &request_id, &message), false)
                }
            },
            _ = &mut ended => (self.exit(&request_id), false),
        }
    }

    fn exit(&self, request_id: &str) -> Outcome {
        if let Some(failure) = self.sandbox.take_init_error() {
            return Outcome::Failure(failure);
        }
        let how = self.ended.borrow().clone();
        let how = how.unwrap_or_else(|| "Runtime exited without providing a reason".to_owned());
        unhandled("Runtime.ExitError", request_id, &how)
    }
}

/// Waits until a copy has taken its request: at once if it runs, after its start if it is new.
/// That time is not the function's. False if the start takes too long.
async fn ready(function: &Function, mut was_taken: oneshot::Receiver<()>) -> bool {
    if timeout(LONGEST_INIT, &mut was_taken).await.is_ok() {
        return true;
    }
    tracing::warn!(
        function = %function.name,
        "the start takes longer than the {} s of an init phase: {} s more are given",
        LONGEST_INIT.as_secs(),
        function.timeout.as_secs()
    );
    timeout(function.timeout, was_taken).await.is_ok()
}

fn unhandled(kind: &str, request_id: &str, message: &str) -> Outcome {
    Outcome::Failure(Failure::unhandled(
        kind,
        &format!("RequestId: {request_id} Error: {message}"),
    ))
}

/// Holds the process and its listener until one of them has ended.
async fn tend(
    mut child: Child,
    listener: TcpListener,
    sandbox: Arc<Sandbox>,
    gone: oneshot::Receiver<()>,
    ended: watch::Sender<Option<String>>,
) {
    let listener = listener.tap_io(|stream| {
        let _ = stream.set_nodelay(true);
    });
    let how = tokio::select! {
        status = child.wait() => match status {
            Ok(status) => described(status),
            Err(error) => error.to_string(),
        },
        _ = async { axum::serve(listener, runtime_api::router(sandbox)).await } => {
            "the Runtime API stopped".to_owned()
        }
        _ = gone => {
            // To reap it, lest it stays in the process table.
            let _ = child.kill().await;
            "ended by the system".to_owned()
        }
    };
    ended.send_replace(Some(how));
}

/// In Lambda's words.
fn described(status: ExitStatus) -> String {
    use std::os::unix::process::ExitStatusExt;
    match (status.code(), status.signal()) {
        (Some(0), _) => "Runtime exited without providing a reason".to_owned(),
        (Some(code), _) => format!("Runtime exited with error: exit status {code}"),
        (None, Some(signal)) => format!("Runtime exited with error: signal {signal}"),
        (None, None) => "Runtime exited".to_owned(),
    }
}

/// Starts the program with this environment and no other.
fn spawn(
    program: &Executable,
    variables: BTreeMap<String, String>,
    logs_for_people: bool,
) -> std::io::Result<Child> {
    let mut command = Command::new(&program.file);
    command
        .args(&program.function)
        .env_clear()
        .envs(variables)
        .stdin(Stdio::null())
        // Ctrl-C in a terminal reaches the whole foreground group. A copy must first
        // finish the request that it has.
        .process_group(0)
        .kill_on_drop(true);
    if logs_for_people {
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
    } else {
        // Standard output belongs to this program, the logs go with its own.
        command.stdout(inherited_stderr()).stderr(Stdio::inherit());
    }
    command.spawn()
}

fn inherited_stderr() -> Stdio {
    use std::os::fd::AsFd;
    std::io::stderr()
        .as_fd()
        .try_clone_to_owned()
        .map_or_else(|_| Stdio::null(), Stdio::from)
}

/// Passes on what a copy writes, each line after the function's name.
async fn label(name: String, output: impl AsyncRead + Unpin) {
    let coloured = std::io::stderr().is_terminal();
    let label = console::Style::new()
        .cyan()
        .force_styling(coloured)
        .apply_to(name);
    let mut lines = BufReader::new(output).split(b'\n');
    while let Ok(Some(line)) = lines.next_segment().await {
        let line = String::from_utf8_lossy(&line);
        // One call writes the whole line: copies write at the same time.
        eprintln!("{label} {line}");
    }
}
