//! A system for a test, and a client for it.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::OnceLock;

use axum::body::Bytes;
use clap::Parser;
use http::{HeaderMap, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::{Client, connect::HttpConnector};
use hyper_util::rt::TokioExecutor;
use latchkey_local::{Options, System};
use serde_json::Value;

/// The template of the tests.
pub(crate) fn template() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixture/template.yaml")
}

/// The binary of the fixture, built if need be: `cargo test --test stand_in` builds none.
pub(crate) fn fixture() -> PathBuf {
    static FIXTURE: OnceLock<PathBuf> = OnceLock::new();
    FIXTURE
        .get_or_init(|| {
            let mut cargo = latchkey_local::compile::cargo();
            cargo
                .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap())
                .args(["build", "--quiet", "--example", "fixture"])
                .args(["--message-format=json-render-diagnostics"])
                .stderr(Stdio::inherit());
            if !cfg!(debug_assertions) {
                cargo.arg("--release");
            }
            let output = cargo.output().unwrap();
            assert!(output.status.success());
            String::from_utf8(output.stdout)
                .unwrap()
                .lines()
                .filter_map(|line| serde_json::from_str::<Value>(line).ok())
                .filter(|message| message["target"]["name"] == "fixture")
                .find_map(|message| message["executable"].as_str().map(PathBuf::from))
                .unwrap()
        })
        .clone()
}

/// A folder that no other test has.
pub(crate) fn folder() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(uuid::Uuid::new_v4().to_string());
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// The command line: `arguments`, and what every test needs.
pub(crate) fn command_line(arguments: &[&str]) -> Vec<String> {
    let mut line: Vec<String> = arguments
        .iter()
        .map(|&argument| argument.to_owned())
        .collect();
    line.push(format!("--program=fixture={}", fixture().display()));
    if !arguments.contains(&"--port") {
        line.push("--port=0".to_owned());
    }
    if !arguments.contains(&"--template") {
        line.push(format!("--template={}", template().display()));
    }
    if !arguments.contains(&"--data-dir") && !arguments.contains(&"--endpoint-url") {
        line.push("--in-memory".to_owned());
    }
    line
}

pub(crate) async fn start(arguments: &[&str]) -> latchkey_local::Result<System> {
    let line = std::iter::once("local".to_owned()).chain(command_line(arguments));
    System::start(&Options::try_parse_from(line).unwrap()).await
}

/// A running system with a client.
pub(crate) struct Running {
    pub(crate) system: System,
    client: Client<HttpConnector, Full<Bytes>>,
}

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error}: {:?}", self.body))
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }
}

impl Running {
    pub(crate) async fn new(arguments: &[&str]) -> Self {
        let system = start(arguments).await.unwrap();
        Self {
            system,
            client: Client::builder(TokioExecutor::new()).build_http(),
        }
    }

    pub(crate) async fn call(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Bytes>,
    ) -> Answer {
        self.call_at(&self.system.url, method, path, headers, body)
            .await
    }

    pub(crate) async fn call_at(
        &self,
        base: &str,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Bytes>,
    ) -> Answer {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{base}{path}"));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Full::new(body.into())).unwrap();
        let response = self.client.request(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        Answer {
            status: parts.status,
            headers: parts.headers,
            body,
        }
    }

    pub(crate) async fn get(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.call("GET", path, headers, "").await
    }
}
