//! One request, with everything that API Gateway knows of it.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::{SystemTime, UNIX_EPOCH};

use axum::body::Bytes;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::DateTime;
use http::request::Parts;
use http::{HeaderMap, Method};
use uuid::Uuid;

/// The part that is the same for every request.
pub(super) struct Stage {
    pub(super) api_id: String,
    pub(super) name: String,
    pub(super) region: String,
    pub(super) port: u16,
}

/// A request in the course of being answered.
pub(super) struct Exchange<'s> {
    pub(super) stage: &'s Stage,
    pub(super) method: Method,
    /// As the client sent it, not decoded; several leading slashes count as one.
    pub(super) path: String,
    pub(super) headers: HeaderMap,
    /// Decoded, in the client's order.
    pub(super) query: Vec<(String, String)>,
    /// Decoded.
    pub(super) path_parameters: BTreeMap<String, String>,
    pub(super) body: Bytes,
    pub(super) source_ip: String,
    pub(super) request_id: String,
    pub(super) extended_request_id: String,
    pub(super) trace_id: String,
    /// Milliseconds since 1970.
    pub(super) time: i64,
    /// The resource's path as the template has it, once it is found.
    pub(super) resource: String,
    pub(super) resource_id: String,
    /// Set once the authorizer has let the request pass.
    pub(super) caller: Option<Caller>,
}

/// Who the authorizer says that the caller is.
#[derive(Clone)]
pub(super) struct Caller {
    pub(super) principal_id: String,
    /// All values are strings, whatever the authorizer gave.
    pub(super) context: BTreeMap<String, String>,
    /// The duration of the authorizer, in milliseconds; 0 for a kept answer.
    pub(super) latency: u64,
}

impl<'s> Exchange<'s> {
    pub(super) fn new(parts: Parts, peer: SocketAddr, stage: &'s Stage) -> Self {
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        let query = form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes())
            .into_owned()
            .collect();
        let random = Uuid::new_v4();
        let trace_id = match parts
            .headers
            .get("x-amzn-trace-id")
            .and_then(|id| id.to_str().ok())
        {
            Some(given) if given.contains("Root=") => given.to_owned(),
            _ => {
                let random = random.simple().to_string();
                format!(
                    "Root=1-{:08x}-{}",
                    now.as_secs(),
                    random.get(8..).unwrap_or_default()
                )
            }
        };
        Self {
            stage,
            method: parts.method,
            path: format!("/{}", parts.uri.path().trim_start_matches('/')),
            query,
            path_parameters: BTreeMap::new(),
            body: Bytes::new(),
            source_ip: peer.ip().to_string(),
            request_id: Uuid::new_v4().to_string(),
            extended_request_id: STANDARD.encode(random.as_bytes().get(..11).unwrap_or_default()),
            trace_id,
            time: i64::try_from(now.as_millis()).unwrap_or(i64::MAX),
            resource: String::new(),
            resource_id: String::new(),
            caller: None,
            headers: parts.headers,
        }
    }

    /// The last value of a header, if it has one.
    pub(super) fn header(&self, name: &str) -> Option<Cow<'_, str>> {
        self.headers
            .get_all(name)
            .iter()
            .next_back()
            .map(|value| String::from_utf8_lossy(value.as_bytes()))
    }

    /// The host that the client asked for, without the port.
    pub(super) fn domain(&self) -> Cow<'_, str> {
        let host = self.header("host").unwrap_or(Cow::Borrowed("localhost"));
        match host.rsplit_once(':') {
            Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => {
                Cow::Owned(name.to_owned())
            }
            _ => host,
        }
    }

    /// `21/Nov/2026:23:08:40 +0000`.
    pub(super) fn request_time(&self) -> String {
        DateTime::from_timestamp_millis(self.time)
            .map(|time| time.format("%d/%b/%Y:%H:%M:%S +0000").to_string())
            .unwrap_or_default()
    }

    /// The ARN that policies refer to.
    pub(super) fn method_arn(&self) -> String {
        format!(
            "arn:aws:execute-api:{}:{}:{}/{}/{}{}",
            self.stage.region,
            crate::template::ACCOUNT_ID,
            self.stage.api_id,
            self.stage.name,
            self.method,
            self.path
        )
    }
}
