//! HTTP to DynamoDB, for the AWS SDK.
//!
//! The SDK's own client brings HTTP/2, which DynamoDB does not speak, and proxies: an eighth
//! of a function's size, none of which can be turned off. This puts the same libraries
//! together without them: hyper's client, which keeps connections, and rustls. Retries and
//! time limits stay with the SDK; here its questions about a connection are answered.

use std::fmt::Display;
use std::time::Duration;

use aws_sdk_dynamodb::config::SharedHttpClient;
use aws_smithy_runtime_api::client::connection::{CaptureSmithyConnection, ConnectionMetadata};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::{
    CaptureConnection, HttpConnector as Tcp, capture_connection,
};
use hyper_util::client::legacy::{Client, Error};
use hyper_util::rt::TokioExecutor;
use latchkey::wire;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

/// How long a connection may take. TLS on it is part of the attempt (store.rs).
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);

/// Whom to believe that a server is who it says.
pub(super) enum Trust<'t> {
    /// Nobody: for a URL without TLS.
    Nobody,
    /// Who has a certificate signed by one of these, in PEM.
    Signed(&'t [&'t [u8]]),
    /// Whom the system believes.
    System,
}

/// A client for URLs with TLS, and without.
///
/// # Errors
/// 500 when a root is no certificate, or the system has none.
pub(super) fn client(trust: &Trust<'_>) -> wire::Result<SharedHttpClient> {
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
    let tls = tls.https_or_http().enable_http1().wrap_connector(tcp);
    let client = Client::builder(TokioExecutor::new()).build(tls);
    let connector = SharedHttpConnector::new(Connector(client));
    Ok(http_client_fn(move |_, _| connector.clone()))
}

fn roots(trust: &Trust<'_>) -> wire::Result<RootCertStore> {
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

fn failed(error: &dyn Display) -> wire::Error {
    wire::Error::Internal(format!("TLS cannot be set up: {error}"))
}

/// hyper's client as the SDK knows one.
#[derive(Debug)]
struct Connector(Client<HttpsConnector<Tcp>, SdkBody>);

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

/// What the SDK wants to know of the connection that a request took: how to have no other
/// request take it, which it does when this one failed in a way that another may not.
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
    use std::error::Error as _;
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
