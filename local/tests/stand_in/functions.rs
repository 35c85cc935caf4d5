//! The functions' processes: their environment, their number, their faults.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::Running;

async fn pid(running: &Running) -> Value {
    running.get("/open/x?do=pid", &[]).await.json()["pid"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_function_sees_the_environment_of_lambda_and_no_other() {
    let running = Running::new(&[]).await;
    let seen = running.get("/open/x?do=environment", &[]).await.json();
    let variables = seen["variables"].as_object().unwrap();
    for (name, value) in [
        ("AWS_LAMBDA_FUNCTION_NAME", "EchoFunction"),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "512"),
        ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
        ("AWS_REGION", "us-east-1"),
        ("AWS_ACCESS_KEY_ID", "EchoFunction"),
        ("TABLE", "another"),
        (
            "WHERE",
            "us-east-1 arn:aws:dynamodb:us-east-1:123456789012:table/local-notes",
        ),
        ("TZ", ":UTC"),
        ("ROLE", "echo"),
    ] {
        assert_eq!(variables[name], value, "{name}");
    }
    assert!(!variables.contains_key("CARGO_MANIFEST_DIR"));
    assert!(!variables.contains_key("HOME"));
    assert_eq!(
        seen["arn"],
        "arn:aws:lambda:us-east-1:123456789012:function:EchoFunction"
    );
    let remaining = seen["remaining"].as_u64().unwrap();
    assert!((9_000..=10_000).contains(&remaining), "{remaining}");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_copy_serves_one_request_after_the_other() {
    let running = Running::new(&[]).await;
    let first = pid(&running).await;
    for _ in 0..5 {
        assert_eq!(pid(&running).await, first);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_at_once_have_copies_of_their_own() {
    let running = Running::new(&[]).await;
    let calls = (0..8).map(|_| running.get("/open/x?do=sleep&ms=2000", &[]));
    let mut pids = BTreeSet::new();
    for answer in join_all(calls).await {
        assert_eq!(answer.status, 200);
        pids.insert(answer.json()["pid"].as_u64().unwrap());
    }
    assert_eq!(pids.len(), 8);
}

/// More than there may be copies: the rest waits and is served.
#[tokio::test(flavor = "multi_thread")]
async fn requests_above_the_most_copies_wait() {
    let running = Running::new(&[]).await;
    let calls = (0..80).map(|_| running.get("/open/x?do=sleep&ms=20", &[]));
    let mut pids = BTreeSet::new();
    for answer in join_all(calls).await {
        assert_eq!(answer.status, 200);
        pids.insert(answer.json()["pid"].as_u64().unwrap());
    }
    assert!(pids.len() <= 32, "{}", pids.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_is_answered_at_once_and_the_next_request_has_a_new_copy() {
    let running = Running::new(&[]).await;
    let before = pid(&running).await;
    let started = std::time::Instant::now();
    let crashed = running.get("/open/x?do=exit", &[]).await;
    assert!(started.elapsed().as_secs() < 5);
    assert_eq!(crashed.status, 502);
    assert_eq!(
        crashed.json(),
        json!({"broken": true, "said": "Internal server error"})
    );
    let after = pid(&running).await;
    assert!(after.is_u64() && after != before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_that_dies_in_peace_is_replaced() {
    let running = Running::new(&[]).await;
    let before = pid(&running).await.as_i64().unwrap();
    let before = rustix::process::Pid::from_raw(i32::try_from(before).unwrap()).unwrap();
    rustix::process::kill_process(before, rustix::process::Signal::KILL).unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    assert_eq!(running.get("/open/x", &[]).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_of_the_function_is_502_and_the_copy_lives_on() {
    let running = Running::new(&[]).await;
    let before = pid(&running).await;
    assert_eq!(running.get("/open/x?do=fail", &[]).await.status, 502);
    assert_eq!(pid(&running).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_function_over_its_time_is_ended() {
    let running = Running::new(&[]).await;
    let started = std::time::Instant::now();
    let answer = running.get("/hasty?do=sleep&ms=8000", &[]).await;
    assert_eq!(answer.status, 502);
    assert!((900..4_900).contains(&started.elapsed().as_millis()));
    assert_eq!(running.get("/hasty?do=pid", &[]).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn api_gateway_waits_no_longer_than_the_route_allows() {
    let running = Running::new(&[]).await;
    let answer = running.get("/impatient?do=sleep&ms=3000", &[]).await;
    assert_eq!(answer.status, 504);
    assert_eq!(answer.json()["said"], "Endpoint request timed out");
}

#[tokio::test(flavor = "multi_thread")]
async fn reserved_concurrency_refuses_what_is_above_it() {
    let running = Running::new(&[]).await;
    assert_eq!(running.get("/hasty", &[]).await.status, 200);
    let (first, second) = tokio::join!(running.get("/hasty?do=sleep&ms=800", &[]), async {
        tokio::time::sleep(std::time::Duration::from_millis(150)).await;
        running.get("/hasty", &[]).await
    });
    assert_eq!((first.status.as_u16(), second.status.as_u16()), (200, 500));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_function_can_be_invoked_by_name() {
    let running = Running::new(&[]).await;
    let url = running.system.invoke_url.clone();
    let path = |name: &str| format!("/2015-03-31/functions/{name}/invocations");
    let invoke = async |name: &str, headers: &[(&str, &str)], payload: &'static str| {
        running
            .call_at(&url, "POST", &path(name), headers, payload)
            .await
    };

    let answer = invoke("EchoFunction", &[], r#"{"hello": 1}"#).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("x-amz-function-error"), None);
    let inner: Value = serde_json::from_str(answer.json()["body"].as_str().unwrap()).unwrap();
    assert_eq!(inner, json!({"hello": 1}));

    let failing = r#"{"queryStringParameters": {"do": "fail"}}"#;
    let answer = invoke("EchoFunction", &[], failing).await;
    assert_eq!(answer.status, 200);
    assert!(answer.header("x-amz-function-error").is_some());
    assert_eq!(answer.json()["errorMessage"], "it failed");

    let answer = invoke("EchoFunction", &[("x-amz-invocation-type", "Event")], "{}").await;
    assert_eq!(answer.status, 202);
    assert_eq!(invoke("Nobody", &[], "{}").await.status, 404);
}

/// The same as `futures::future::join_all`, for a handful of calls.
async fn join_all<F: Future>(calls: impl Iterator<Item = F>) -> Vec<F::Output> {
    let mut calls: Vec<_> = calls.map(|call| (Box::pin(call), None)).collect();
    std::future::poll_fn(move |context| {
        for (call, output) in &mut calls {
            if output.is_none()
                && let std::task::Poll::Ready(value) = call.as_mut().poll(context)
            {
                *output = Some(value);
            }
        }
        if calls.iter().all(|(_, output)| output.is_some()) {
            let outputs = calls
                .iter_mut()
                .filter_map(|(_, output)| output.take())
                .collect();
            std::task::Poll::Ready(outputs)
        } else {
            std::task::Poll::Pending
        }
    })
    .await
}
