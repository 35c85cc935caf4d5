//! The program itself, as a script or a test would run it.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use serde_json::Value;

use crate::support::{Running, command_line};

/// The running program, its line on standard output, and the process of one of its functions.
async fn up() -> (Child, BufReader<std::process::ChildStdout>, Pid) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_local"))
        .args(command_line(&["--json"]))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    stdout.read_line(&mut line).unwrap();
    let ready: Value = serde_json::from_str(&line).unwrap();
    let client = Running::new(&[]).await;
    let url = ready["url"].as_str().unwrap();
    let answer = client.call_at(url, "GET", "/open/x?do=pid", &[], "").await;
    let function = i32::try_from(answer.json()["pid"].as_i64().unwrap()).unwrap();
    (child, stdout, Pid::from_raw(function).unwrap())
}

fn pid(child: &Child) -> Pid {
    Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap()
}

fn soon(what: &str, holds: impl Fn() -> bool) {
    let started = Instant::now();
    while !holds() {
        assert!(started.elapsed() < Duration::from_secs(10), "{what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn ends_well(mut child: Child, mut stdout: impl Read, function: Pid) {
    assert_eq!(child.wait().unwrap().code(), Some(0));
    let mut rest = String::new();
    stdout.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "", "one line on standard output, and no other");
    soon("the function's process ends", || {
        test_kill_process(function).is_err()
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn signals_stop_it_cleanly() {
    for signal in [Signal::TERM, Signal::INT] {
        let (child, stdout, function) = up().await;
        kill_process(pid(&child), signal).unwrap();
        ends_well(child, stdout, function);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_of_a_pipe_on_standard_input_stops_it() {
    let (mut child, stdout, function) = up().await;
    drop(child.stdin.take());
    ends_well(child, stdout, function);
}

#[tokio::test(flavor = "multi_thread")]
async fn functions_do_not_outlive_it_even_when_it_is_killed() {
    let (mut child, _stdout, function) = up().await;
    kill_process(pid(&child), Signal::KILL).unwrap();
    child.wait().unwrap();
    soon("the function's process ends", || {
        test_kill_process(function).is_err()
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn what_keeps_it_from_starting_is_one_line_and_code_1() {
    let output = Command::new(env!("CARGO_BIN_EXE_local"))
        .args(command_line(&["--json", "--parameter", "Nothing=1"]))
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty());
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(said.starts_with("error: "), "{said}");
}
