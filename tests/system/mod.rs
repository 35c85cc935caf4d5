//! The system under test: started for one test, asked over HTTP, ended with it.

mod fixture;
pub mod keys;
mod store;
mod tenant;
mod user;
mod world;

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::OnceLock;

use latchkey_demo::{ADMIN_TOKEN, MEMBER_TOKEN};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap};
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use url::form_urlencoded;
use uuid::Uuid;

pub use fixture::Fixture;
pub use store::{Call, Loss, Store, is_of, scope};
pub use tenant::{
    AMSTERDAM, KIRITIMATI, SPACE, TEMPLATE, Tenant, access_space, hours_from_now, share_body,
    window, zone,
};
pub use user::User;
pub use world::World;

/// The folder of the repository.
pub fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// The folder of the built programs: the local system, the demo and the development program.
fn binaries() -> &'static Path {
    static BINARIES: OnceLock<PathBuf> = OnceLock::new();
    BINARIES.get_or_init(|| {
        let mut cargo = latchkey_local::compile::cargo();
        let built = cargo
            .args(["build", "--quiet"])
            .args(
                ["local", "demo", "functions"]
                    .iter()
                    .flat_map(|name| ["--bin", name]),
            )
            .current_dir(root())
            .status()
            .unwrap();
        assert!(built.success(), "the binaries do not build");
        // target/debug/deps/latchkey-….
        let test = std::env::current_exe().unwrap();
        test.ancestors().nth(2).unwrap().to_owned()
    })
}

/// The log of systems under test: nowhere, unless someone wants to look.
fn log() -> Stdio {
    if std::env::var_os("LATCHKEY_TEST_LOG").is_some() {
        Stdio::inherit()
    } else {
        Stdio::null()
    }
}

/// A running system. It ends when this is dropped.
pub struct System {
    process: Child,
    /// The line that it printed when it was ready.
    pub ready: Value,
    client: reqwest::Client,
}

impl System {
    /// The system as `cargo run` starts it, with an embedded store in memory.
    pub async fn start() -> Self {
        Self::start_with(&["--in-memory"]).await
    }

    /// The system on a store of the test's own.
    pub async fn on(store: &Store) -> Self {
        Self::start_with(&["--endpoint-url", &store.url()]).await
    }

    /// The same with a gateway that calls the authorizer each time: a revoked credential is
    /// refused at once.
    pub async fn unforgiving(store: &Store) -> Self {
        let url = store.url();
        let mut options = vec!["--endpoint-url", &url];
        for parameter in [
            "AuthorizerCacheSeconds=0",
            // Tests ask for tokens more often than anyone else.
            "OAuthThrottlingRate=1000",
            "OAuthThrottlingBurst=1000",
        ] {
            options.extend(["--parameter", parameter]);
        }
        Self::start_with(&options).await
    }

    /// The same with a log of all its output, in a file.
    pub async fn logged(store: &Store, log: &Path) -> Self {
        let url = store.url();
        let mut command = Self::command(&["--endpoint-url", &url, "--parameter", "LogLevel=TRACE"]);
        command.stderr(std::fs::File::create(log).unwrap());
        Self::spawn(command).await
    }

    pub async fn start_with(options: &[&str]) -> Self {
        Self::spawn(Self::command(options)).await
    }

    async fn spawn(mut command: Command) -> Self {
        let mut process = command.spawn().unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let line = lines
            .next_line()
            .await
            .unwrap()
            .expect("the system ended before it was ready");
        let ready = serde_json::from_str(&line).unwrap();
        Self {
            process,
            ready,
            client: reqwest::Client::new(),
        }
    }

    /// The command that starts it: on a free port, one line of JSON when ready.
    pub fn command(options: &[&str]) -> Command {
        let mut command = Command::new(binaries().join("local"));
        command
            .args(["--port", "0", "--json"])
            .args(options)
            .current_dir(root())
            // A developer's AWS settings must not affect tests.
            .env_remove("AWS_REGION")
            .env_remove("AWS_DEFAULT_REGION")
            .env_remove("AWS_PROFILE")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log())
            .kill_on_drop(true);
        command
    }

    pub fn url(&self) -> &str {
        self.ready["url"].as_str().unwrap()
    }

    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.url()))
    }

    /// A call with a token and a JSON body.
    pub async fn call(
        &self,
        method: Method,
        path: &str,
        token: Uuid,
        body: Option<&Value>,
    ) -> Answer {
        let mut request = self
            .request(method, path)
            .header(AUTHORIZATION, format!("Bearer {token}"));
        if let Some(body) = body {
            request = request
                .header(CONTENT_TYPE, "application/json")
                .body(body.to_string());
        }
        Answer::of(request).await
    }

    /// The admin of the demo organization.
    pub fn admin(&self) -> User<'_> {
        self.user(ADMIN)
    }

    /// Its plain member.
    pub fn member(&self) -> User<'_> {
        self.user(MEMBER)
    }

    /// The user that a token is of.
    pub fn user(&self, token: Uuid) -> User<'_> {
        User::new(self, token)
    }

    pub async fn post(&self, path: &str, token: Uuid, body: &Value) -> Answer {
        self.call(Method::POST, path, token, Some(body)).await
    }

    /// Sends a form, as a client that says who it is by its id and its secret.
    pub async fn form(
        &self,
        path: &str,
        client: Option<(&str, &str)>,
        form: &[(&str, &str)],
    ) -> Answer {
        let text = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(form)
            .finish();
        let mut request = self
            .request(Method::POST, path)
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(text);
        if let Some((id, secret)) = client {
            request = request.basic_auth(id, Some(secret));
        }
        Answer::of(request).await
    }

    /// Creates a share of the demo organization as its admin, and gives its number.
    pub async fn create_share(&self, body: &Value) -> u64 {
        let answer = self.post("/v2/shares", ADMIN_TOKEN, body).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        answer.json()["shareId"].as_u64().unwrap()
    }

    /// Calls a function directly, as `aws lambda invoke` does, and gives what it answered.
    pub async fn invoke(&self, function: &str, event: &str) -> Value {
        let answer = self.invocation(function, event).await;
        assert_eq!(
            answer.header("x-amz-function-error"),
            None,
            "{}",
            answer.body
        );
        answer.json()
    }

    /// Calls a function that fails, and gives its error.
    pub async fn invoke_failing(&self, function: &str, event: &str) -> Value {
        let answer = self.invocation(function, event).await;
        assert!(
            answer.header("x-amz-function-error").is_some(),
            "{}",
            answer.body
        );
        answer.json()
    }

    async fn invocation(&self, function: &str, event: &str) -> Answer {
        let invoke_url = self.ready["invokeUrl"].as_str().unwrap();
        let url = format!("{invoke_url}/2015-03-31/functions/{function}/invocations");
        Answer::of(self.client.post(url).body(event.to_owned())).await
    }

    /// Ends it as Ctrl-C does.
    pub async fn stop(mut self) -> std::process::ExitStatus {
        let id = self.process.id().unwrap().to_string();
        let sent = std::process::Command::new("kill")
            .args(["-INT", &id])
            .status();
        assert!(sent.unwrap().success());
        self.process.wait().await.unwrap()
    }

    /// Ends it without asking it, as a power cut would.
    pub async fn kill(mut self) {
        self.process.kill().await.unwrap();
    }
}

/// The answer.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

impl Answer {
    pub async fn of(request: RequestBuilder) -> Self {
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        Self {
            status,
            headers,
            body: response.text().await.unwrap(),
        }
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {:?}", self.body))
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// The path of the next page, of a system at `url`.
    pub fn next_path(&self, url: &str) -> Option<String> {
        let link = self.header("link")?.strip_prefix('<')?.strip_prefix(url)?;
        link.strip_suffix(">; rel=\"next\"").map(str::to_owned)
    }

    /// The version that the entity tag names.
    pub fn version(&self) -> Option<u64> {
        let tag = self.header("etag")?.trim_matches('"');
        tag.split('-').next()?.parse().ok()
    }

    /// The fields of `details`, in their order.
    pub fn fields(&self) -> Vec<String> {
        let details = self.json()["details"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        details
            .iter()
            .map(|fault| fault["field"].as_str().unwrap().to_owned())
            .collect()
    }

    /// Checks the status and the two names of the error code, and what every answer has.
    #[track_caller]
    pub fn assert_error(&self, status: u16, code: &str) {
        let body = self.json();
        assert_eq!(self.status.as_u16(), status, "{}", self.body);
        assert_eq!(body["code"], json!(code), "{}", self.body);
        assert_eq!(body["errorCode"], body["code"]);
        assert_eq!(body["errorMessage"], body["message"]);
        self.assert_headers();
    }

    /// The answer, if its status is this one.
    #[track_caller]
    pub fn is(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{}", self.body);
        self
    }

    /// The answer, if it is 200.
    #[track_caller]
    pub fn ok(self) -> Self {
        self.is(200)
    }

    /// The answer, if it is 201.
    #[track_caller]
    pub fn created(self) -> Self {
        self.is(201)
    }

    /// The answer, if it is 204.
    #[track_caller]
    pub fn no_content(self) -> Self {
        self.is(204)
    }

    /// Checks the headers that every answer has.
    #[track_caller]
    pub fn assert_headers(&self) {
        for (name, value) in latchkey::wire::headers::EVERY_RESPONSE {
            assert_eq!(self.header(name), Some(value), "{name}");
        }
        let exposed = self.header("access-control-expose-headers").unwrap();
        assert!(exposed.starts_with(latchkey::wire::headers::EXPOSED));
        assert!(
            self.header("x-request-id")
                .is_some_and(|id| Uuid::try_parse(id).is_ok())
        );
    }
}

/// The demo organization's admin and plain member.
pub const ADMIN: Uuid = ADMIN_TOKEN;
pub const MEMBER: Uuid = MEMBER_TOKEN;
