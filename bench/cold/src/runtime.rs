//! A function as a process, and the Lambda Runtime API that it asks.
//!
//! A Runtime API of its own, and not that of the local system: here the time of every step is
//! recorded, and nothing happens between the record and the step.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::response::Response;
use axum::serve::ListenerExt;
use http::StatusCode;
use tokio::net::TcpListener;
use tokio::process::{Child, Command};
use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinHandle;

use crate::{Failure, Result};

const ARN: &str = "arn:aws:lambda:us-east-1:123456789012:function:measured";
/// The most that a function may answer.
const LARGEST_ANSWER: usize = 6 * 1024 * 1024;
/// How long anything may take before the measurement is given up.
const PATIENCE: Duration = Duration::from_secs(60);

/// How to start a program.
#[derive(Clone, Debug)]
pub(crate) struct Program {
    /// Its name in the tables.
    pub(crate) name: String,
    /// The file, and its arguments.
    pub(crate) command: Vec<PathBuf>,
    /// Its environment besides the address of the Runtime API.
    pub(crate) environment: BTreeMap<String, String>,
}

/// A running function.
pub(crate) struct Function {
    /// When it was started.
    pub(crate) started: Instant,
    /// When it first asked for an event.
    pub(crate) ready: Instant,
    child: Child,
    asked: mpsc::UnboundedReceiver<Instant>,
    events: mpsc::Sender<Bytes>,
    answers: mpsc::UnboundedReceiver<Answer>,
    server: JoinHandle<()>,
}

/// The answer of a function, and its time.
pub(crate) struct Answer {
    pub(crate) at: Instant,
    pub(crate) payload: Bytes,
    failed: bool,
}

struct Api {
    asked: mpsc::UnboundedSender<Instant>,
    events: Mutex<mpsc::Receiver<Bytes>>,
    answers: mpsc::UnboundedSender<Answer>,
}

impl Function {
    /// Starts `program` and waits until it asks for its first event.
    pub(crate) async fn start(program: &Program) -> Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let (asked, mut was_asked) = mpsc::unbounded_channel();
        let (events, next) = mpsc::channel(1);
        let (answer, answers) = mpsc::unbounded_channel();
        let api = Arc::new(Api {
            asked,
            events: Mutex::new(next),
            answers: answer,
        });
        let router = Router::new().fallback(serve).with_state(api);
        let listener = listener.tap_io(|stream| {
            let _ = stream.set_nodelay(true);
        });
        let server = tokio::spawn(async move {
            let _ = axum::serve(listener, router).await;
        });

        let (file, arguments) = program
            .command
            .split_first()
            .ok_or_else(|| Failure::from("no command"))?;
        let mut command = Command::new(file);
        command
            .args(arguments)
            .env_clear()
            .envs(&program.environment)
            .env("AWS_LAMBDA_RUNTIME_API", address.to_string())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(if std::env::var_os("COLD_LOG").is_some() {
                Stdio::inherit()
            } else {
                Stdio::null()
            })
            .kill_on_drop(true);
        let started = Instant::now();
        let mut child = command.spawn()?;
        let ready = tokio::select! {
            ready = patient(was_asked.recv()) => ready?,
            status = child.wait() => {
                return Err(format!("{} ended before it asked: {}", program.name, status?).into());
            }
        };
        Ok(Self {
            started,
            ready,
            child,
            asked: was_asked,
            events,
            answers,
            server,
        })
    }

    /// Hands over `event` and waits for the answer: with the time at which it was handed over.
    pub(crate) async fn ask(&mut self, event: Bytes) -> Result<(Instant, Answer)> {
        let asked = Instant::now();
        self.events.send(event).await?;
        let answer = patient(self.answers.recv()).await?;
        if answer.failed {
            return Err(format!("failed: {}", String::from_utf8_lossy(&answer.payload)).into());
        }
        Ok((asked, answer))
    }

    /// Waits until it asks for the next event, which is when it is done with the last.
    pub(crate) async fn done(&mut self) -> Result<()> {
        patient(self.asked.recv()).await?;
        Ok(())
    }

    /// The most memory that it has had, in kB.
    pub(crate) fn peak_memory(&self) -> Result<u64> {
        let status = std::fs::read_to_string(self.file("status"))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let number = line.and_then(|line| line.split_whitespace().next());
        Ok(number.ok_or_else(|| Failure::from("no VmHWM"))?.parse()?)
    }

    /// Its CPU time. It has one thread.
    pub(crate) fn processor_time(&self) -> Result<Duration> {
        let scheduled = std::fs::read_to_string(self.file("schedstat"))?;
        let number = scheduled.split_whitespace().next().unwrap_or_default();
        Ok(Duration::from_nanos(number.parse()?))
    }

    fn file(&self, name: &str) -> String {
        format!("/proc/{}/{name}", self.id())
    }

    /// The number of the process.
    pub(crate) fn id(&self) -> String {
        self.child.id().unwrap_or_default().to_string()
    }

    /// Ends it.
    pub(crate) async fn end(mut self) -> Result<()> {
        self.child.kill().await?;
        self.server.abort();
        Ok(())
    }
}

async fn patient<T>(waiting: impl Future<Output = Option<T>>) -> Result<T> {
    let waited = tokio::time::timeout(PATIENCE, waiting).await?;
    waited.ok_or_else(|| "the Runtime API has ended".into())
}

async fn serve(State(api): State<Arc<Api>>, request: Request) -> Response {
    let now = Instant::now();
    let last = request.uri().path().rsplit('/').next().unwrap_or_default();
    match last {
        "next" => {
            let _ = api.asked.send(now);
            // None is the end of the measurement: the process is ended in a moment.
            let Some(event) = api.events.lock().await.recv().await else {
                return std::future::pending().await;
            };
            Response::builder()
                .header("content-type", "application/json")
                .header(
                    "lambda-runtime-aws-request-id",
                    "c6af9ac6-7b61-11e6-9a41-93e8deadbeef",
                )
                .header("lambda-runtime-deadline-ms", "4102444800000")
                .header("lambda-runtime-invoked-function-arn", ARN)
                .body(Body::from(event))
                .unwrap_or_default()
        }
        "response" | "error" => {
            let failed = last == "error";
            let payload = to_bytes(request.into_body(), LARGEST_ANSWER)
                .await
                .unwrap_or_default();
            let _ = api.answers.send(Answer {
                at: Instant::now(),
                payload,
                failed,
            });
            let mut accepted = Response::new(Body::from(r#"{"status":"OK"}"#));
            *accepted.status_mut() = StatusCode::ACCEPTED;
            accepted
        }
        _ => Response::new(Body::empty()),
    }
}
