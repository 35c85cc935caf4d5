//! The program that puts in the demo data, and what it says.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Stdio;

use serde::Deserialize;
use serde_json::{Map, Value};
use tokio::process::Command;

use crate::error::{Error, Result};

/// The one line of JSON that the demo program writes to standard output.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Demo {
    /// Data for scripts, which is passed on unchanged.
    #[serde(default)]
    pub ready: Map<String, Value>,
    /// Data for people: lines of the summary, each a name and a value.
    #[serde(default)]
    pub facts: Vec<(String, String)>,
    /// A request that works.
    pub first_call: Option<FirstCall>,
}

/// A request to try the API with.
#[derive(Clone, Debug, Deserialize)]
pub struct FirstCall {
    method: String,
    path: String,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    body: Option<Value>,
}

impl Demo {
    /// Runs `program` with nothing but `environment`.
    ///
    /// # Errors
    /// It fails, or does not say what is expected of it.
    pub async fn run(program: &Path, environment: &BTreeMap<String, String>) -> Result<Self> {
        let shown = program.display();
        let output = Command::new(program)
            .env_clear()
            .envs(environment)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .process_group(0)
            .kill_on_drop(true)
            .output()
            .await
            .map_err(|error| Error::Demo(format!("{shown} cannot be started: {error}")))?;
        if !output.status.success() {
            return Err(Error::Demo(format!(
                "no demo data: {shown} ended with {}",
                output.status
            )));
        }
        if output.stdout.trim_ascii().is_empty() {
            return Ok(Self::default());
        }
        serde_json::from_slice(&output.stdout)
            .map_err(|error| Error::Demo(format!("{shown} must write one line of JSON: {error}")))
    }
}

impl FirstCall {
    /// The request as a command for a shell.
    #[must_use]
    pub fn curl(&self, base: &str) -> String {
        // A zero byte is all that cannot be quoted, and none of these has one.
        let quoted = |text: &str| {
            shlex::try_quote(text)
                .map(|text| text.into_owned())
                .unwrap_or_default()
        };
        let mut parts = vec![format!(
            "curl -X {} {}",
            quoted(&self.method),
            quoted(&format!("{base}{}", self.path))
        )];
        for (name, value) in &self.headers {
            parts.push(format!("-H {}", quoted(&format!("{name}: {value}"))));
        }
        match &self.body {
            None => {}
            Some(Value::String(text)) => parts.push(format!("-d {}", quoted(text))),
            Some(body) => {
                let body = serde_json::to_string_pretty(body).unwrap_or_else(|_| body.to_string());
                parts.push(format!("-d {}", quoted(&body)));
            }
        }
        parts.join(" \\\n  ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_command_survives_quotes() {
        let call: FirstCall = serde_json::from_value(json!({
            "method": "POST",
            "path": "/a",
            "headers": {"X": "it's"},
            "body": {"name": "Ann's \"door\" $HOME"},
        }))
        .unwrap();
        let words = shlex::split(&call.curl("http://127.0.0.1:1").replace("\\\n", " ")).unwrap();
        assert_eq!(
            &words[..6],
            [
                "curl",
                "-X",
                "POST",
                "http://127.0.0.1:1/a",
                "-H",
                "X: it's"
            ]
        );
        let body: Value = serde_json::from_str(&words[7]).unwrap();
        assert_eq!(body, json!({"name": "Ann's \"door\" $HOME"}));
    }
}
