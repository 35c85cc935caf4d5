//! Building the functions: one `cargo build` for all of them.
//!
//! One, because each call of cargo costs a look at the whole workspace, and because programs
//! built apart may be given other features and compile their dependencies again. Without
//! `-p` for the same reason: this way the features are those of a plain `cargo build`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::error::{Error, Result};
use crate::terminal::Progress;

/// `cargo`, with the environment that a shell would give it.
///
/// Variables that cargo sets for a program that it runs or tests (`CARGO_PKG_NAME` and others)
/// must not reach a cargo inside: build scripts run again when those change, the one of `ring`
/// among them, and everything above it would be compiled twice.
#[must_use]
pub fn cargo() -> std::process::Command {
    const SET_BY_CARGO: &[&str] = &[
        "CARGO_PKG_",
        "CARGO_MANIFEST_",
        "CARGO_BIN_",
        "CARGO_CRATE_",
    ];
    const ALSO: &[&str] = &[
        "CARGO_PRIMARY_PACKAGE",
        "CARGO_TARGET_TMPDIR",
        "OUT_DIR",
        "CARGO_MAKEFLAGS",
        "MAKEFLAGS",
    ];
    let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = std::process::Command::new(program);
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if ALSO.contains(&&*text) || SET_BY_CARGO.iter().any(|prefix| text.starts_with(prefix)) {
            command.env_remove(&name);
        }
    }
    command
}

/// Builds the programs of these names in the workspace at `root`, and says where they are.
///
/// # Errors
/// cargo cannot be started, or the build fails; its messages have then been shown.
pub async fn build(
    root: &Path,
    programs: &BTreeSet<String>,
    release: bool,
    progress: &Progress,
) -> Result<BTreeMap<String, PathBuf>> {
    if programs.is_empty() {
        return Ok(BTreeMap::new());
    }
    let mut command = Command::from(build_command(root, programs, release, progress));
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        // So that all of it can be ended at once, its compilers too.
        .process_group(0);
    let mut child = command.spawn().map_err(|error| {
        Error::Build(format!(
            "cargo cannot be started: {error}. Is Rust installed?"
        ))
    })?;
    let messages = child.stdout.take();
    let display = child.stderr.take();
    let mut group = Group(Some(child));

    let (executables, ()) = tokio::join!(executables(messages), show(display, progress));
    let status = match group.0.as_mut() {
        Some(child) => child.wait().await,
        None => return Err(Error::Stopped),
    };
    group.0 = None;
    progress.finish();
    match status {
        Ok(status) if status.success() => {}
        Ok(_) => return Err(Error::Build("the functions could not be built".to_owned())),
        Err(error) => return Err(Error::Build(format!("cargo: {error}"))),
    }
    match programs
        .iter()
        .find(|name| !executables.contains_key(*name))
    {
        None => Ok(executables),
        Some(name) => Err(Error::Build(format!("cargo built no program {name}"))),
    }
}

fn build_command(
    root: &Path,
    programs: &BTreeSet<String>,
    release: bool,
    progress: &Progress,
) -> std::process::Command {
    let mut command = cargo();
    command
        .current_dir(root)
        .args(["build", "--message-format=json-render-diagnostics"])
        .args(programs.iter().flat_map(|name| ["--bin", name]))
        // Cargo counts what there is to do; this has it say so to a pipe as well.
        .env("CARGO_TERM_PROGRESS_WHEN", "always")
        .env("CARGO_TERM_PROGRESS_WIDTH", "200")
        .env(
            "CARGO_TERM_COLOR",
            if progress.coloured() {
                "always"
            } else {
                "never"
            },
        );
    if release {
        command.arg("--release");
    }
    command
}

fn is_binary(target: &Value) -> bool {
    target["kind"]
        .as_array()
        .is_some_and(|kinds| kinds.iter().any(|kind| kind == "bin"))
}

/// cargo and the compilers that it starts. Ended together if the build is given up.
struct Group(Option<Child>);

impl Drop for Group {
    fn drop(&mut self) {
        let id = self
            .0
            .as_ref()
            .and_then(Child::id)
            .and_then(|id| i32::try_from(id).ok());
        if let Some(group) = id.and_then(rustix::process::Pid::from_raw) {
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::TERM);
        }
    }
}

async fn executables(messages: Option<impl AsyncRead + Unpin>) -> BTreeMap<String, PathBuf> {
    let mut found = BTreeMap::new();
    let Some(messages) = messages else {
        return found;
    };
    let mut lines = BufReader::new(messages).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        let Ok(message) = serde_json::from_str::<Value>(&line) else {
            continue;
        };
        if let (Some(name), Some(path)) = (
            message["target"]["name"].as_str(),
            message["executable"].as_str(),
        ) && is_binary(&message["target"])
        {
            found.insert(name.to_owned(), PathBuf::from(path));
        }
    }
    found
}

/// Follows what cargo would show to a person: its progress moves ours, its messages (warnings,
/// errors) are passed on.
async fn show(display: Option<impl AsyncRead + Unpin>, progress: &Progress) {
    let Some(mut display) = display else { return };
    let mut pending = Vec::new();
    let mut buffer = [0; 4096];
    while let Ok(read @ 1..) = display.read(&mut buffer).await {
        pending.extend_from_slice(buffer.get(..read).unwrap_or_default());
        while let Some(end) = pending
            .iter()
            .position(|&byte| byte == b'\n' || byte == b'\r')
        {
            let line: Vec<u8> = pending.drain(..=end).collect();
            // Cargo wipes its progress with blanks and a carriage return.
            let wiped = line.ends_with(b"\r") && line.trim_ascii().is_empty();
            if !wiped {
                show_line(String::from_utf8_lossy(&line).trim_end(), progress);
            }
        }
    }
    if !pending.is_empty() {
        show_line(String::from_utf8_lossy(&pending).trim_end(), progress);
    }
}

fn show_line(line: &str, progress: &Progress) {
    let plain = console::strip_ansi_codes(line);
    let plain = plain.trim_start();
    if let Some((done, total, what)) = counted(plain) {
        return progress.at(done, total, what);
    }
    let first = plain.split(' ').next().unwrap_or_default();
    match first {
        "Compiling" | "Downloading" | "Downloaded" | "Updating" | "Locking" | "Blocking" => {
            progress.doing(plain);
        }
        "Finished" | "Fresh" => {}
        _ => progress.message(line),
    }
}

/// `Building [====>  ] 12/200: serde, http` as 12, 200 and the rest.
fn counted(line: &str) -> Option<(u64, u64, &str)> {
    let rest = line.strip_prefix("Building")?;
    let rest = &rest[rest.find(']')? + 1..];
    let (counts, what) = rest.split_once(':').unwrap_or((rest, ""));
    let (done, total) = counts.trim().split_once('/')?;
    Some((done.parse().ok()?, total.parse().ok()?, what.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cargos_progress_is_read() {
        assert_eq!(
            counted("Building [=====>     ] 12/200: serde, http(build)"),
            Some((12, 200, "serde, http(build)"))
        );
        assert_eq!(counted("Building [====] 2/2"), Some((2, 2, "")));
        assert_eq!(counted("Compiling serde v1.0.0"), None);
    }
}
