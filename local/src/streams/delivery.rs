//! One batch until it is done: which of its records are sent next, and which are given up.

use std::time::{Duration, SystemTime};

use serde_json::Value;

use super::record::Record;
use crate::template::StreamEvent;

/// The wait after the first failure; doubled with each further one.
const FIRST_WAIT: Duration = Duration::from_millis(100);
/// The longest wait.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// The records of a batch that are not done, in pieces that are sent one after the other.
pub(super) struct Delivery<'e> {
    event: &'e StreamEvent,
    /// The last one is the next one.
    pieces: Vec<Piece>,
    failures: u32,
}

struct Piece {
    records: Vec<Record>,
    retries: u32,
}

/// How the function handled a piece.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It is done.
    Done,
    /// It failed, from the record at this place on.
    FailedFrom(usize),
    /// It is larger than Lambda takes.
    TooLarge,
    /// It was not sent.
    NotSent,
}

impl<'e> Delivery<'e> {
    pub(super) fn new(event: &'e StreamEvent, records: Vec<Record>) -> Self {
        let mut delivery = Self {
            event,
            pieces: Vec::new(),
            failures: 0,
        };
        delivery.push(records, 0);
        delivery
    }

    fn push(&mut self, records: Vec<Record>, retries: u32) {
        if !records.is_empty() {
            self.pieces.push(Piece { records, retries });
        }
    }

    /// The records to send next, without those that are too old by `now`; `None` when all are
    /// done or given up.
    pub(super) fn next(&mut self, now: SystemTime) -> Option<&[Record]> {
        while let Some(piece) = self.pieces.last_mut() {
            if let Some(longest) = self.event.longest_age {
                let old = |record: &Record| {
                    now.duration_since(record.made)
                        .is_ok_and(|age| age > longest)
                };
                let all = piece.records.len();
                piece.records.retain(|record| !old(record));
                if piece.records.len() < all {
                    let given_up = all - piece.records.len();
                    tracing::warn!(event = self.event.name, "gave up {given_up} old records");
                }
            }
            if piece.records.is_empty() {
                self.pieces.pop();
            } else {
                break;
            }
        }
        self.pieces.last().map(|piece| piece.records.as_slice())
    }

    /// Takes note of how the function took what was sent, and says how long to wait before
    /// what is next.
    pub(super) fn settle(&mut self, outcome: &Outcome) -> Duration {
        if *outcome == Outcome::NotSent {
            return self.wait();
        }
        let Some(Piece {
            mut records,
            mut retries,
        }) = self.pieces.pop()
        else {
            return Duration::ZERO;
        };
        match outcome {
            Outcome::Done | Outcome::NotSent => {
                self.failures = 0;
                return Duration::ZERO;
            }
            Outcome::TooLarge if records.len() > 1 => {
                let rest = records.split_off(records.len() / 2);
                self.push(rest, 0);
                self.push(records, retries);
                return Duration::ZERO;
            }
            Outcome::TooLarge => {
                tracing::warn!(
                    event = self.event.name,
                    "gave up a record that is too large"
                );
                return Duration::ZERO;
            }
            Outcome::FailedFrom(0) => {}
            Outcome::FailedFrom(place) => {
                records.drain(..(*place).min(records.len()));
                retries = 0;
                self.failures = 0;
            }
        }
        if self.event.bisects && records.len() > 1 {
            // To part them is no retry.
            let rest = records.split_off(records.len() / 2);
            self.push(rest, 0);
            self.push(records, retries);
        } else if self.event.most_retries.is_some_and(|most| retries >= most) {
            let (event, count) = (&self.event.name, records.len());
            tracing::warn!(event, "gave up {count} records after {retries} retries");
        } else {
            self.push(records, retries + 1);
        }
        self.wait()
    }

    fn wait(&mut self) -> Duration {
        let wait = FIRST_WAIT.saturating_mul(2_u32.saturating_pow(self.failures));
        self.failures += 1;
        wait.min(LONGEST_WAIT)
    }
}

/// What an answer says of the sent records.
pub(super) fn outcome(event: &StreamEvent, answer: &[u8], sent: &[Record]) -> Outcome {
    if !event.reports_failures || answer.is_empty() {
        return Outcome::Done;
    }
    // An unreadable answer is a failure of all records, as on Lambda.
    let Ok(answer) = serde_json::from_slice::<Value>(answer) else {
        return Outcome::FailedFrom(0);
    };
    let failures = match answer.get("batchItemFailures") {
        None | Some(Value::Null) => return Outcome::Done,
        Some(Value::Array(failures)) => failures,
        Some(_) => return Outcome::FailedFrom(0),
    };
    let place = |failure: &Value| {
        let number = failure["itemIdentifier"].as_str()?;
        sent.iter().position(|record| record.number == number)
    };
    // The records after the first failed one are sent again with it.
    failures
        .iter()
        .map(|failure| place(failure).unwrap_or(0))
        .min()
        .map_or(Outcome::Done, Outcome::FailedFrom)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn event() -> StreamEvent {
        StreamEvent {
            name: "Changes".to_owned(),
            arn: String::new(),
            table: String::new(),
            from_the_beginning: true,
            batch_size: 100,
            bisects: false,
            most_retries: None,
            longest_age: None,
            reports_failures: true,
            filters: Vec::new(),
            at: String::new(),
            has_destination: false,
        }
    }

    fn records(numbers: &[u64]) -> Vec<Record> {
        let record = |number: &u64| Record {
            number: number.to_string(),
            made: SystemTime::UNIX_EPOCH + Duration::from_secs(*number),
            event: Value::Null,
        };
        numbers.iter().map(record).collect()
    }

    /// The pieces sent to a function that fails with each piece that contains `poison`.
    fn sent(event: &StreamEvent, poison: u64) -> Vec<Vec<u64>> {
        let mut delivery = Delivery::new(event, records(&[1, 2, 3, 4]));
        let mut sent = Vec::new();
        while let Some(piece) = delivery.next(SystemTime::UNIX_EPOCH) {
            let numbers: Vec<u64> = piece.iter().map(|r| r.number.parse().unwrap()).collect();
            let outcome = if numbers.contains(&poison) {
                Outcome::FailedFrom(0)
            } else {
                Outcome::Done
            };
            sent.push(numbers);
            delivery.settle(&outcome);
            assert!(sent.len() < 20);
        }
        sent
    }

    #[test]
    fn a_batch_that_fails_is_sent_again_as_often_as_it_may_be() {
        let event = StreamEvent {
            most_retries: Some(2),
            ..event()
        };
        assert_eq!(sent(&event, 3), vec![vec![1, 2, 3, 4]; 3]);
        assert_eq!(sent(&event, 9), [[1, 2, 3, 4]]);
    }

    #[test]
    fn to_bisect_is_to_find_the_one_that_fails() {
        let event = StreamEvent {
            bisects: true,
            most_retries: Some(1),
            ..event()
        };
        assert_eq!(
            sent(&event, 3),
            [
                vec![1, 2, 3, 4],
                vec![1, 2],
                vec![3, 4],
                vec![3],
                vec![3],
                vec![4]
            ]
        );
    }

    #[test]
    fn what_came_before_the_first_failure_is_not_sent_again() {
        let event = event();
        let batch = records(&[1, 2, 3, 4]);
        let answer =
            json!({"batchItemFailures": [{"itemIdentifier": "4"}, {"itemIdentifier": "3"}]});
        let answered = outcome(&event, answer.to_string().as_bytes(), &batch);
        assert_eq!(answered, Outcome::FailedFrom(2));
        let mut delivery = Delivery::new(&event, batch);
        let now = SystemTime::UNIX_EPOCH;
        delivery.next(now);
        let first = delivery.settle(&answered);
        assert_eq!(delivery.next(now).unwrap(), records(&[3, 4]));
        assert!(delivery.settle(&Outcome::FailedFrom(0)) > first);
        delivery.settle(&Outcome::Done);
        assert_eq!(delivery.next(now), None);
    }

    #[test]
    fn an_answer_that_names_nothing_that_was_sent_is_a_failure_of_all() {
        let (event, batch) = (event(), records(&[1, 2]));
        for (answer, expected) in [
            ("", Outcome::Done),
            ("null", Outcome::Done),
            ("{}", Outcome::Done),
            (r#"{"batchItemFailures": []}"#, Outcome::Done),
            (r#"{"batchItemFailures": null}"#, Outcome::Done),
            ("nonsense", Outcome::FailedFrom(0)),
            (r#"{"batchItemFailures": 1}"#, Outcome::FailedFrom(0)),
            (
                r#"{"batchItemFailures": [{"itemIdentifier": "9"}]}"#,
                Outcome::FailedFrom(0),
            ),
            (
                r#"{"batchItemFailures": [{"itemIdentifier": ""}]}"#,
                Outcome::FailedFrom(0),
            ),
        ] {
            assert_eq!(
                outcome(&event, answer.as_bytes(), &batch),
                expected,
                "{answer}"
            );
        }
    }

    #[test]
    fn what_is_too_old_is_given_up_and_what_is_too_large_is_parted() {
        let event = StreamEvent {
            longest_age: Some(Duration::from_secs(10)),
            ..event()
        };
        let mut delivery = Delivery::new(&event, records(&[1, 50, 55]));
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(60);
        assert_eq!(delivery.next(now).unwrap(), records(&[50, 55]));
        assert_eq!(delivery.settle(&Outcome::TooLarge), Duration::ZERO);
        assert_eq!(delivery.next(now).unwrap(), records(&[50]));
        assert!(delivery.settle(&Outcome::NotSent) > Duration::ZERO);
        assert_eq!(delivery.next(now).unwrap(), records(&[50]));
        delivery.settle(&Outcome::Done);
        assert_eq!(delivery.next(now).unwrap(), records(&[55]));
        delivery.settle(&Outcome::TooLarge);
        assert_eq!(delivery.next(now), None);
    }
}
