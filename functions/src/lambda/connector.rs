//! HTTP to DynamoDB, for the AWS SDK.
//!
//! The SDK's own client brings HTTP/2, which DynamoDB does not speak, and proxies: an eighth
//! of a function's size, none of which can be turned off. This puts the same libraries
//! together without them: hyper's client, which keeps connections, and rustls. Retries and
//! time limits stay with the SDK; here its questions about a connection are answered.
//!
//! The first connection is begun before anyone asks for it: while the other end answers, the
//! SDK's client is made, and the request is read, checked and signed.

use std::error::Error as _;
use std::fmt::Display;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use aws_sdk_dynamodb::config::SharedHttpClient;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::connection::{CaptureSmithyConnection, ConnectionMetadata};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use http::Uri;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder, MaybeHttpsStream};
use hyper_util::client::legacy::connect::{
    CaptureConnection, HttpConnector as Tcp, capture_connection,
};
use hyper_util::client::legacy::{Client, Error};
use hyper_util::rt::{TokioExecutor, TokioIo};
use latchkey::error::{self, Result};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tower_service::Service;

/// The time limit for a connection, including TLS (store.rs).
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);
/// How long the first connection waits for its request. An unused one may be closed by the
/// other end before Lambda resumes the process.
const EARLY_FOR: Duration = Duration::from_secs(2);

/// Whom to believe that a server is who it says.
pub(super) enum Trust<'t> {
    /// Nobody: for a URL without TLS.
    Nobody,
    /// The root certificates that sign trusted servers, in PEM.
    Signed(&'t [&'t [u8]]),
    /// Whom the system believes.
    System,
}

/// A client for URLs with and without TLS that has begun to connect to the server of `url`.
/// Connecting continues whenever the caller awaits something.
///
/// # Errors
/// 500 if a root is no certificate, or the system has none.
pub(super) fn client(trust: &Trust<'_>, url: Uri) -> Result<SharedHttpClient> {
    let early = Early::begin(tls(trust)?, url);
    let client = Client::builder(TokioExecutor::new()).build(early);
    let connector = SharedHttpConnector::new(Connector(client));
    Ok(http_client_fn(move |_, _| connector.clone()))
}

fn tls(trust: &Trust<'_>) -> Result<HttpsConnector<Tcp>> {
    let provider = rustls::crypto::ring::default_provider();
    let config = ClientConfig::builder_with_provider(provider.into())
        .with_safe_default_protocol_versions()
        .map_err(|error| failed(&error))?
        .with_root_certificates(roots(trust)?)
        .with_no_client_auth();
    let mut tcp = Tcp::new();
    tcp.enforce_http(false);
    // A request that is written in two pieces need not wait for the answer to the first.
    tcp.set_nodelay(true);
    tcp.set_connect_timeout(Some(CONNECT_TIMEOUT));
    let tls = HttpsConnectorBuilder::new().with_tls_config(config);
    Ok(tls.https_or_http().enable_http1().wrap_connector(tcp))
}

fn roots(trust: &Trust<'_>) -> Result<RootCertStore> {
    let mut roots = RootCertStore::empty();
    match trust {
        Trust::Nobody => {}
        Trust::Signed(trusted) => {
            for root in *trusted {
                let root = CertificateDer::from_pem_slice(root).map_err(|error| failed(&error))?;
                roots.add(root).map_err(|error| failed(&error))?;
            }
        }
        // A system may have some that cannot be read, and others.
        Trust::System => {
            let found = rustls_native_certs::load_native_certs();
            if roots.add_parsable_certificates(found.certs).0 == 0 {
                return Err(failed(&"the system has no root certificates"));
            }
        }
    }
    Ok(roots)
}

fn failed(error: &dyn Display) -> error::Error {
    error::Error::Internal(format!("TLS cannot be set up: {error}"))
}

type Stream = MaybeHttpsStream<TokioIo<TcpStream>>;

/// Makes connections, the first of them early.
#[derive(Debug, Clone)]
struct Early {
    tls: HttpsConnector<Tcp>,
    begun: Arc<Mutex<Option<Begun>>>,
}

/// A connection that is being made, or was.
#[derive(Debug)]
struct Begun {
    at: Instant,
    to: Uri,
    connection: JoinHandle<Result<Stream, BoxError>>,
}

impl Early {
    fn begin(mut tls: HttpsConnector<Tcp>, to: Uri) -> Self {
        let begun = Begun {
            at: Instant::now(),
            connection: tokio::spawn(tls.call(to.clone())),
            to,
        };
        let begun = Arc::new(Mutex::new(Some(begun)));
        Self { tls, begun }
    }
}

impl Begun {
    fn is_for(&self, uri: &Uri) -> bool {
        let same = self.to.scheme() == uri.scheme() && self.to.authority() == uri.authority();
        same && self.at.elapsed() < EARLY_FOR
    }
}

impl Service<Uri> for Early {
    type Response = Stream;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Stream, BoxError>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.tls.poll_ready(context)
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let begun = self
            .begun
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        match begun.filter(|begun| begun.is_for(&uri)) {
            Some(begun) => Box::pin(async { begun.connection.await? }),
            None => Box::pin(self.tls.call(uri)),
        }
    }
}

/// hyper's client as the SDK knows one.
#[derive(Debug)]
struct Connector(Client<Early, SdkBody>);

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let mut request = match request.try_into_http1x() {
            Ok(request) => request,
            Err(error) => {
                return HttpConnectorFuture::ready(Err(ConnectorError::user(error.into())));
            }
        };
        let taken = capture_connection(&mut request);
        if let Some(asked) = request.extensions().get::<CaptureSmithyConnection>() {
            asked.set_connection_retriever(move || described(&taken));
        }
        let answer = self.0.request(request);
        HttpConnectorFuture::new(async move {
            let response = answer.await.map_err(failure)?;
            HttpResponse::try_from(response.map(SdkBody::from_body_1_x))
                .map_err(|error| ConnectorError::other(error.into(), None))
        })
    }
}

/// Information for the SDK about a request's connection: how to retire it after a failure that
/// another request could meet as well.
fn described(taken: &CaptureConnection) -> Option<ConnectionMetadata> {
    taken.connection_metadata().as_ref()?;
    let taken = taken.clone();
    let poison = move || {
        if let Some(connection) = taken.connection_metadata().as_ref() {
            connection.poison();
        }
    };
    let connection = ConnectionMetadata::builder().proxied(false);
    Some(connection.poison_fn(poison).build())
}

/// A failure as the SDK knows one: it tries again unless the request itself is at fault.
fn failure(error: Error) -> ConnectorError {
    let source = error.source();
    let is_ours = source
        .and_then(|source| source.downcast_ref::<hyper::Error>())
        .is_some_and(hyper::Error::is_user);
    if is_ours {
        ConnectorError::user(error.into())
    } else {
        ConnectorError::io(error.into())
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use aws_sdk_dynamodb::config::retry::RetryConfig;
    use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
    use aws_sdk_dynamodb::{Client as DynamoDb, Config};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;

    /// A server, and its URL.
    async fn server() -> (TcpListener, Uri) {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        (listener, url.parse().unwrap())
    }

    /// Asks for a connection, and says from where it comes.
    async fn connect(early: &mut Early, to: &Uri) -> SocketAddr {
        match early.call(to.clone()).await.unwrap() {
            MaybeHttpsStream::Http(stream) => stream.inner().local_addr().unwrap(),
            MaybeHttpsStream::Https(_) => panic!("TLS"),
        }
    }

    #[tokio::test]
    async fn the_first_who_asks_gets_the_connection_that_was_begun() {
        let (listener, url) = server().await;
        let mut early = Early::begin(tls(&Trust::Nobody).unwrap(), url.clone());
        let begun = listener.accept().await.unwrap().1;
        assert_eq!(connect(&mut early, &url).await, begun);
        let second = connect(&mut early, &url).await;
        assert_eq!(listener.accept().await.unwrap().1, second);
    }

    #[tokio::test]
    async fn nobody_gets_a_connection_to_another_server() {
        let ((_, url), (other, other_url)) = (server().await, server().await);
        let mut early = Early::begin(tls(&Trust::Nobody).unwrap(), url);
        let asked = connect(&mut early, &other_url).await;
        assert_eq!(other.accept().await.unwrap().1, asked);
    }

    #[tokio::test]
    async fn nobody_gets_an_old_connection() {
        let (listener, url) = server().await;
        let mut early = Early::begin(tls(&Trust::Nobody).unwrap(), url.clone());
        let long_ago = Instant::now().checked_sub(EARLY_FOR);
        early.begun.lock().unwrap().as_mut().unwrap().at = long_ago.unwrap();
        let begun = listener.accept().await.unwrap().1;
        assert_ne!(connect(&mut early, &url).await, begun);
    }

    /// The state of a connection that the other end has closed while Lambda froze the process.
    #[tokio::test]
    async fn a_call_whose_connection_ends_without_an_answer_is_sent_again() {
        let (listener, url) = server().await;
        let config = Config::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .http_client(client(&Trust::Nobody, url.clone()).unwrap())
            .region(Region::new("eu-central-1"))
            .credentials_provider(Credentials::new("test", "test", None, None, "test"))
            .retry_config(RetryConfig::standard().with_max_attempts(2))
            .endpoint_url(url.to_string());
        let call = DynamoDb::from_conf(config.build()).list_tables().send();
        tokio::spawn(async move {
            let mut request = [0; 4096];
            let mut first = listener.accept().await.unwrap().0;
            assert!(first.read(&mut request).await.unwrap() > 0);
            drop(first);
            let mut second = listener.accept().await.unwrap().0;
            assert!(second.read(&mut request).await.unwrap() > 0);
            let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}";
            second.write_all(answer).await.unwrap();
        });
        assert_eq!(call.await.unwrap().table_names, None);
    }
}
