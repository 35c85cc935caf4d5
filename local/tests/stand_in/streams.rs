//! Changes of a table, and the function that they invoke.

use std::time::{Duration, Instant};

use aws_lambda_events::dynamodb::Event;
use serde_json::{Value, json};

use crate::start::{message, store_call};
use crate::support::{Running, folder, start, template};

async fn put(running: &Running, id: u64, text: &str) {
    let item = json!({"id": {"N": id.to_string()}, "text": {"S": text}});
    let request = json!({"TableName": "local-notes", "Item": item});
    store_call(running, "PutItem", &request.to_string()).await;
}

async fn delete(running: &Running, id: u64) {
    let key = json!({"id": {"N": id.to_string()}});
    let request = json!({"TableName": "local-notes", "Key": key});
    store_call(running, "DeleteItem", &request.to_string()).await;
}

/// The batches that the function was sent, asked until they are as they should be.
async fn sent(running: &Running, as_expected: impl Fn(&[Vec<Value>]) -> bool) -> Vec<Vec<Value>> {
    let url = running.system.invoke_url.clone();
    let path = "/2015-03-31/functions/ListenFunction/invocations";
    let started = Instant::now();
    loop {
        let answer = running.call_at(&url, "POST", path, &[], "{}").await;
        // Its one copy may be busy with a batch.
        if answer.status == 200 {
            let sent: Vec<Vec<Value>> = serde_json::from_slice(&answer.body).unwrap();
            if as_expected(&sent) {
                return sent;
            }
            assert!(started.elapsed() < Duration::from_secs(20), "{sent:?}");
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// The changes and their notes.
fn told(batch: &[Value]) -> Vec<(String, String)> {
    let told = batch.iter().map(|record| {
        let id = record["dynamodb"]["Keys"]["id"]["N"].as_str().unwrap();
        (
            record["eventName"].as_str().unwrap().to_owned(),
            id.to_owned(),
        )
    });
    told.collect()
}

fn ids(batches: &[Vec<Value>]) -> Vec<Vec<String>> {
    let ids = |batch: &Vec<Value>| told(batch).into_iter().map(|(_, id)| id).collect();
    batches.iter().map(ids).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_is_told_as_lambda_tells_it() {
    let running = Running::new(&[]).await;
    put(&running, 1, "hello").await;
    delete(&running, 1).await;
    let batches = sent(&running, |sent| sent.concat().len() == 2).await;
    let mut records = batches.concat();
    let read: Event = serde_json::from_value(json!({"Records": records})).unwrap();
    let age = chrono::Utc::now() - read.records[0].change.approximate_creation_date_time;
    assert!((0..60).contains(&age.num_seconds()), "{age}");
    for record in &mut records {
        let number = record["dynamodb"]["SequenceNumber"].as_str().unwrap();
        assert!((21..=40).contains(&number.len()), "{number}");
        assert!(record["dynamodb"]["SizeBytes"].as_u64().unwrap() > 0);
        for name in ["SequenceNumber", "SizeBytes", "ApproximateCreationDateTime"] {
            record["dynamodb"][name] = json!("…");
        }
        assert!(!record["eventID"].as_str().unwrap().is_empty());
        record["eventID"] = json!("…");
    }
    let record = |name: &str, image: &str| {
        json!({
            "eventID": "…",
            "eventName": name,
            "eventVersion": "1.1",
            "eventSource": "aws:dynamodb",
            "awsRegion": "us-east-1",
            "dynamodb": {
                "ApproximateCreationDateTime": "…",
                "Keys": {"id": {"N": "1"}},
                image: {"id": {"N": "1"}, "text": {"S": "hello"}},
                "SequenceNumber": "…",
                "SizeBytes": "…",
                "StreamViewType": "NEW_AND_OLD_IMAGES",
            },
            "eventSourceARN": "arn:aws:dynamodb:us-east-1:123456789012:table/local-notes/stream/2026-01-01T00:00:00.000",
        })
    };
    assert_eq!(
        json!(records),
        json!([record("INSERT", "NewImage"), record("REMOVE", "OldImage")])
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_are_told_in_order_in_batches_and_only_those_that_the_filter_lets_through() {
    let running = Running::new(&[]).await;
    for (id, text) in [
        (1, "a"),
        (2, "not told"),
        (10, "b"),
        (1, "changed"),
        (11, "c"),
    ] {
        put(&running, id, text).await;
    }
    delete(&running, 1).await;
    delete(&running, 2).await;
    let batches = sent(&running, |sent| sent.concat().len() == 4).await;
    assert!(batches.iter().all(|batch| batch.len() <= 3));
    let expected = [
        ("INSERT", "1"),
        ("INSERT", "10"),
        ("INSERT", "11"),
        ("REMOVE", "1"),
    ];
    let expected = expected.map(|(what, id)| (what.to_owned(), id.to_owned()));
    assert_eq!(told(&batches.concat()), expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_fails_is_sent_again_and_what_keeps_failing_is_found_and_given_up() {
    let running = Running::new(&[]).await;
    put(&running, 1, "is reported once").await;
    put(&running, 10, "fails once").await;
    put(&running, 11, "fails").await;
    put(&running, 12, "fine").await;
    let is_past = |batch: &Vec<Value>| {
        let has = |id: &str| {
            batch
                .iter()
                .any(|record| record["dynamodb"]["Keys"]["id"]["N"] == id)
        };
        has("12") && !has("11")
    };
    let batches = sent(&running, |sent| sent.last().is_some_and(is_past)).await;
    let ids = ids(&batches);
    let alone = |id: &str| ids.iter().filter(|batch| **batch == [id]).count();
    // Once and twice again.
    assert_eq!(alone("11"), 3, "{ids:?}");
    assert_eq!(ids.last().unwrap().last().unwrap(), "12", "{ids:?}");
    let first = |id: &str| ids.iter().position(|batch| batch.contains(&id.to_owned()));
    assert!(
        first("1") <= first("10") && first("10") <= first("11"),
        "{ids:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_reported_is_sent_again_without_what_came_before_it() {
    let running = Running::new(&[]).await;
    put(&running, 1, "fine").await;
    put(&running, 10, "is reported once").await;
    put(&running, 11, "fine").await;
    let batches = sent(&running, |sent| {
        let sent = sent.concat();
        let times = |id: &str| {
            let of = |record: &&Value| record["dynamodb"]["Keys"]["id"]["N"] == id;
            sent.iter().filter(of).count()
        };
        times("10") == 2 && times("11") >= 1
    })
    .await;
    let ids = ids(&batches);
    let told = |id: &str| ids.concat().iter().filter(|other| *other == id).count();
    assert_eq!((told("1"), told("10")), (1, 2), "{ids:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_system_that_starts_again_goes_on_where_it_was() {
    let folder = folder();
    let folder = folder.to_str().unwrap();
    let running = Running::new(&["--data-dir", folder]).await;
    put(&running, 1, "before").await;
    sent(&running, |sent| sent.concat().len() == 1).await;
    // The place is kept after the function has answered.
    tokio::time::sleep(Duration::from_millis(200)).await;
    running.system.stop().await;
    let running = Running::new(&["--data-dir", folder]).await;
    put(&running, 10, "after").await;
    let batches = sent(&running, |sent| !sent.is_empty()).await;
    assert_eq!(ids(&batches), [["10"]]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_without_a_stream_is_noted_and_the_system_comes_up() {
    let folder = folder();
    let data = folder.join("data");
    let data = data.to_str().unwrap();
    let changed = folder.join("template.yaml");
    let text = std::fs::read_to_string(template()).unwrap();
    let stream = "      StreamSpecification: {StreamViewType: NEW_AND_OLD_IMAGES}\n";
    let (before, after) = text.split_once("        Changes:\n").unwrap();
    let (_, after) = after.split_once("\n\n").unwrap();
    let without = format!("{before}\n{after}");
    assert!(without.contains(stream));
    let without = without.replace(stream, "");
    std::fs::write(&changed, without).unwrap();
    let arguments = ["--data-dir", data, "--template", changed.to_str().unwrap()];
    start(&arguments).await.unwrap().stop().await;

    let running = Running::new(&["--data-dir", data]).await;
    let summary = running.system.summary();
    let note = "ListenFunction: the event Changes is not supported by this store: the table local-notes has no stream.";
    assert!(summary.contains(note), "{summary}");
    assert_eq!(running.get("/open/x", &[]).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_supported_of_a_stream_is_told_with_its_place() {
    let folder = folder();
    let path = folder.join("template.yaml");
    let text = std::fs::read_to_string(template()).unwrap();
    let event = "Resources.ListenFunction.Properties.Events.Changes.Properties";
    for (from, to, says) in [
        (
            r#"{"prefix": "1"}"#,
            r#"{"numeric": ["=", 1]}"#,
            format!("{event}.FilterCriteria.Filters[0].Pattern: dynamodb.Keys.id.N"),
        ),
        (
            "TRIM_HORIZON",
            "AT_TIMESTAMP",
            format!("{event}.StartingPosition"),
        ),
        (
            "BatchSize: 3",
            "TumblingWindowInSeconds: 3",
            format!("{event}.TumblingWindowInSeconds"),
        ),
        ("BatchSize: 3", "BatchSize: 0", format!("{event}.BatchSize")),
        (
            "Stream: !GetAtt Notes.StreamArn",
            "Stream: !GetAtt Notes.Arn",
            format!("{event}.Stream"),
        ),
        (
            "StreamSpecification: {StreamViewType: NEW_AND_OLD_IMAGES}",
            "BillingMode: PAY_PER_REQUEST",
            format!("{event}.Stream: there is no table local-notes with a stream"),
        ),
    ] {
        assert!(text.contains(from), "{from}");
        std::fs::write(&path, text.replacen(from, to, 1)).unwrap();
        let message = message(&["--template", path.to_str().unwrap()]).await;
        assert!(message.contains(&says), "{message}");
    }
}
