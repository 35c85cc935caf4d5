//! A user of the API, who asks as themself.

use std::borrow::Borrow;

use reqwest::header::CONTENT_TYPE;
use reqwest::{Method, RequestBuilder};
use serde_json::Value;
use uuid::Uuid;

use super::{Answer, System};

/// Whoever has a token: every request carries it.
#[derive(Clone, Copy)]
pub struct User<'s> {
    system: &'s System,
    token: Uuid,
}

impl<'s> User<'s> {
    pub(super) fn new(system: &'s System, token: Uuid) -> Self {
        Self { system, token }
    }

    /// A request that is not sent yet, for headers or a body of its own.
    pub fn request(self, method: Method, path: &str) -> RequestBuilder {
        self.system.request(method, path).bearer_auth(self.token)
    }

    pub async fn get(self, path: &str) -> Answer {
        Answer::of(self.request(Method::GET, path)).await
    }

    pub async fn delete(self, path: &str) -> Answer {
        Answer::of(self.request(Method::DELETE, path)).await
    }

    pub async fn post(self, path: &str, body: impl Borrow<Value>) -> Answer {
        self.send(Method::POST, path, body).await
    }

    pub async fn put(self, path: &str, body: impl Borrow<Value>) -> Answer {
        self.send(Method::PUT, path, body).await
    }

    /// A request with a body in JSON.
    pub async fn send(self, method: Method, path: &str, body: impl Borrow<Value>) -> Answer {
        let request = self
            .request(method, path)
            .header(CONTENT_TYPE, "application/json");
        Answer::of(request.body(body.borrow().to_string())).await
    }

    /// A request without a body.
    pub async fn call(self, method: Method, path: &str) -> Answer {
        Answer::of(self.request(method, path)).await
    }
}
