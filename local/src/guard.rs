//! Between the functions and the store: lets a call pass only if the policy of the function that
//! makes it allows it, as IAM would.
//!
//! Each function signs with an access key of its own, so the guard knows which one calls. A store
//! on this machine checks no signatures, so the call goes on as it is, signed by the key that the
//! store knows. AWS itself checks rights by itself: there is no guard in front of it.

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::sync::Arc;

use axum::body::{Body, Bytes};
use http::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use http::uri::Authority;
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, Uri};
use http_body_util::{Either, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo};
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

use crate::body;
use crate::calls;
use crate::error::{Error, Result};
use crate::template::Stack;
use crate::template::policy::Policy;
use crate::template::table::Table;

/// The most that DynamoDB takes in one request.
const LARGEST_REQUEST: usize = 16 * 1024 * 1024;

/// Decides on each call of a function, and passes it on.
pub(crate) struct Guard {
    store: Authority,
    /// The access key that the store knows.
    store_key: String,
    policies: BTreeMap<String, Policy>,
    tables: Vec<Table>,
    client: Client<HttpConnector, Full<Bytes>>,
}

/// An answer: the store's own, or a refusal.
type Answer = Response<Either<Incoming, Full<Bytes>>>;

/// What DynamoDB calls an error, and what it says.
type Refusal = (&'static str, String);

impl Guard {
    /// A guard in front of the store at `url`, which knows the access key `store_key`.
    ///
    /// # Errors
    /// `url` has no host.
    pub(crate) fn new(stack: &Stack, url: &str, store_key: &str) -> Result<Self> {
        let no_host = || Error::Store(format!("{url} is no URL of a store"));
        let store: Uri = url.parse().map_err(|_| no_host())?;
        let functions = stack.functions.values();
        let mut connector = HttpConnector::new();
        // Calls are one small write each: to wait for more would only delay them.
        connector.set_nodelay(true);
        Ok(Self {
            store: store.authority().cloned().ok_or_else(no_host)?,
            store_key: store_key.to_owned(),
            policies: functions
                .map(|function| (function.name.clone(), function.policy.clone()))
                .collect(),
            tables: stack.tables.clone(),
            client: Client::builder(TokioExecutor::new()).build(connector),
        })
    }

    /// Takes calls on `listener` until the system stops.
    ///
    /// # Errors
    /// The listener cannot be used.
    pub(crate) fn serve(
        self,
        listener: TcpListener,
        mut stopped: watch::Receiver<bool>,
    ) -> Result<JoinHandle<()>> {
        let failed = |source| Error::Store(format!("the store cannot be guarded: {source}"));
        listener.set_nonblocking(true).map_err(failed)?;
        let listener = tokio::net::TcpListener::from_std(listener).map_err(failed)?;
        let guard = Arc::new(self);
        Ok(tokio::spawn(async move {
            let mut connections = JoinSet::new();
            loop {
                tokio::select! {
                    _ = stopped.wait_for(|stop| *stop) => break,
                    accepted = listener.accept() => {
                        let Ok((stream, _)) = accepted else { continue };
                        let _ = stream.set_nodelay(true);
                        let guard = Arc::clone(&guard);
                        let service = service_fn(move |call| Arc::clone(&guard).answer(call));
                        let connection = http1::Builder::new()
                            .serve_connection(TokioIo::new(stream), service);
                        connections.spawn(connection);
                    }
                    Some(_) = connections.join_next() => {}
                }
            }
        }))
    }

    /// Answers a call. An error breaks the connection, as the store has broken its own.
    async fn answer(
        self: Arc<Self>,
        call: Request<Incoming>,
    ) -> std::result::Result<Answer, hyper_util::client::legacy::Error> {
        let (mut head, incoming) = call.into_parts();
        let Ok(body) = body::read(Body::new(incoming), LARGEST_REQUEST).await else {
            return Ok(refusal(
                "SerializationException",
                "the request is too large",
            ));
        };
        if let Err((kind, message)) = self.decide(&mut head.headers, &body) {
            return Ok(refusal(kind, &message));
        }
        head.headers.remove(HOST);
        head.uri = Uri::builder()
            .scheme("http")
            .authority(self.store.clone())
            .path_and_query(head.uri.path_and_query().map_or("/", |path| path.as_str()))
            .build()
            .unwrap_or_default();
        let answer = self
            .client
            .request(Request::from_parts(head, Full::new(body)));
        Ok(answer.await?.map(Either::Left))
    }

    /// Refuses what the caller's policy does not allow, and signs the rest for the store.
    fn decide(&self, headers: &mut HeaderMap, body: &[u8]) -> std::result::Result<(), Refusal> {
        let text = |name| {
            headers
                .get(name)
                .and_then(|value: &HeaderValue| value.to_str().ok())
        };
        let authorization = text(AUTHORIZATION.as_str()).unwrap_or_default();
        let key = access_key(authorization).unwrap_or_default();
        let Some(policy) = self.policies.get(key) else {
            let message = "The security token included in the request is invalid.";
            return Err(("UnrecognizedClientException", message.to_owned()));
        };
        let operation = text("x-amz-target").and_then(|target| target.split_once('.'));
        let (_, operation) = operation.unwrap_or_default();
        if let Some(what) = self.denied(policy, operation, body) {
            let message = format!("User: {key} is not authorized to perform: {what}");
            tracing::error!("{message}: its Policies in the template do not allow it");
            return Err(("AccessDeniedException", message));
        }
        let signed = authorization.replacen(key, &self.store_key, 1);
        if let Ok(signed) = HeaderValue::from_str(&signed) {
            headers.insert(AUTHORIZATION, signed);
        }
        Ok(())
    }

    /// What a policy does not allow of a call, in words.
    fn denied(&self, policy: &Policy, operation: &str, body: &[u8]) -> Option<String> {
        let unknown = || {
            Some(format!(
                "dynamodb:{operation}, which the local system does not know"
            ))
        };
        let request: Value = serde_json::from_slice(body).unwrap_or_default();
        let Some(first) = self.tables.first() else {
            return unknown();
        };
        let Some(asked) = calls::asked(&first.key, operation, &request) else {
            return unknown();
        };
        asked.iter().find_map(|(name, asked)| {
            let table = self.tables.iter().find(|table| table.name == *name);
            let arn = table.map_or(name.as_str(), |table| &table.arn);
            let access = asked.access(arn);
            let is_allowed = policy.allows(&access);
            let what = || format!("{} on {}", access.action, access.resource);
            // Of a key its kind is enough: what follows may be a secret's hash.
            let kind = asked.partition.split('#').next().unwrap_or_default();
            (!is_allowed).then(|| format!("{}, at {kind}#…", what()))
        })
    }
}

/// The access key that a call is signed by.
fn access_key(authorization: &str) -> Option<&str> {
    let (_, credential) = authorization.split_once("Credential=")?;
    credential.split_once('/').map(|(key, _)| key)
}

/// An error as DynamoDB answers with it.
fn refusal(kind: &str, message: &str) -> Answer {
    let body = json!({
        "__type": format!("com.amazon.coral.service#{kind}"), "Message": message,
    });
    let mut answer = Response::new(Either::Right(Full::from(body.to_string())));
    *answer.status_mut() = StatusCode::BAD_REQUEST;
    let json = HeaderValue::from_static("application/x-amz-json-1.0");
    answer.headers_mut().insert(CONTENT_TYPE, json);
    answer
}
