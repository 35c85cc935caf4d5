//! Requests and answers as published, read from files.

use reqwest::Method;

use super::{Answer, System, root};

/// A request or an answer: a first line, headers, a blank line, a body.
pub struct Fixture {
    pub first: String,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Fixture {
    pub fn read(name: &str) -> Self {
        let path = root().join("tests/fixtures").join(name);
        let text =
            std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path:?}: {error}"));
        let (head, body) = text.split_once("\n\n").unwrap();
        let mut lines = head.lines();
        let first = lines.next().unwrap().to_owned();
        let headers = lines
            .map(|line| line.split_once(": ").unwrap())
            .map(|(name, value)| (name.to_owned(), value.to_owned()));
        Self {
            first,
            headers: headers.collect(),
            body: body.to_owned(),
        }
    }

    /// Sends the request: these headers and no others of its own, this body byte for byte.
    pub async fn send(&self, system: &System) -> Answer {
        let (method, path) = self.first.split_once(' ').unwrap();
        let method: Method = method.parse().unwrap();
        let headers = self.headers.iter();
        let request = headers.fold(system.request(method, path), |request, (name, value)| {
            request.header(name, value)
        });
        Answer::of(request.body(self.body.clone())).await
    }

    /// Checks the status and every header, name and value.
    #[track_caller]
    pub fn assert_head(&self, answer: &Answer) {
        assert_eq!(answer.status.as_str(), self.first, "{}", answer.body);
        for (name, value) in &self.headers {
            assert_eq!(answer.header(name), Some(value.as_str()), "{name}");
        }
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap()
    }
}
