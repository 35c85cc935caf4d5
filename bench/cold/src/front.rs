//! TLS before the store, as before DynamoDB: with a certificate that is signed by a root of
//! its own. It notes how long each call of the store takes, and can be turned to another
//! store while functions keep their connections to it.

use std::convert::Infallible;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose,
};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::PrivatePkcs8KeyDer;

use crate::Result;

/// The front, as long as the program runs.
pub(crate) struct Front {
    /// The address.
    pub(crate) url: String,
    /// The root that signs it, as PEM.
    pub(crate) root: PathBuf,
    shared: Arc<Shared>,
}

struct Shared {
    client: Client<HttpConnector, Full<Bytes>>,
    store: Mutex<String>,
    calls: Mutex<Vec<(Instant, Instant)>>,
}

impl Front {
    /// Opens the front, and writes its root into `folder`.
    pub(crate) async fn open(folder: &Path) -> Result<Self> {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        // With the same name, the two would look like one self-signed certificate.
        let name = &mut params.distinguished_name;
        name.push(DnType::CommonName, "Latchkey's benchmark");
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate()?)?;
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::new(vec!["127.0.0.1".to_owned()])?;
        // OpenSSL asks for it: whose key signed it.
        params.use_authority_key_identifier_extension = true;
        let certificate = params.signed_by(&key, &issuer)?;
        let root = folder.join("root.pem");
        std::fs::write(&root, issuer.pem())?;

        let key = PrivatePkcs8KeyDer::from(key.serialize_der());
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key.into())?;
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let url = format!("https://{}", listener.local_addr()?);

        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        let shared = Arc::new(Shared {
            client: Client::builder(TokioExecutor::new()).build(connector),
            store: Mutex::default(),
            calls: Mutex::default(),
        });
        let served = Arc::clone(&shared);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, shared) = (acceptor.clone(), Arc::clone(&served));
                tokio::spawn(async move {
                    let _ = stream.set_nodelay(true);
                    let Ok(stream) = acceptor.accept(stream).await else {
                        return;
                    };
                    let service = service_fn(|request| pass_on(&shared, request));
                    let _ = http1::Builder::new()
                        .serve_connection(TokioIo::new(stream), service)
                        .await;
                });
            }
        });
        Ok(Self { url, root, shared })
    }

    /// Turns it to the store at `url`.
    pub(crate) fn turn_to(&self, url: &str) {
        url.clone_into(&mut lock(&self.shared.store));
    }

    /// The number of calls since the last time, and how long at least one of them was under
    /// way.
    pub(crate) fn calls(&self) -> (usize, Duration) {
        let mut calls = std::mem::take(&mut *lock(&self.shared.calls));
        calls.sort();
        let (mut time, mut until) = (Duration::ZERO, None::<Instant>);
        for (start, end) in &calls {
            let start = until.map_or(*start, |until| until.max(*start));
            time += end.saturating_duration_since(start);
            until = Some(until.map_or(*end, |until| until.max(*end)));
        }
        (calls.len(), time)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn pass_on(
    shared: &Shared,
    request: Request<Incoming>,
) -> std::result::Result<Response<Full<Bytes>>, Infallible> {
    let start = Instant::now();
    let answer = asked(shared, request).await.unwrap_or_else(|error| {
        let mut answer = Response::new(Full::from(error.to_string()));
        *answer.status_mut() = StatusCode::BAD_GATEWAY;
        answer
    });
    lock(&shared.calls).push((start, Instant::now()));
    Ok(answer)
}

async fn asked(shared: &Shared, request: Request<Incoming>) -> Result<Response<Full<Bytes>>> {
    let (mut parts, body) = request.into_parts();
    let store = lock(&shared.store).clone();
    parts.uri = format!("{store}/").parse()?;
    let body = body.collect().await?.to_bytes();
    if std::env::var_os("COLD_SHOW_CALLS").is_some() {
        eprintln!("{}", String::from_utf8_lossy(&body));
    }
    let answer = shared
        .client
        .request(Request::from_parts(parts, Full::from(body)))
        .await?;
    let (parts, body) = answer.into_parts();
    let body = body.collect().await?.to_bytes();
    Ok(Response::from_parts(parts, Full::from(body)))
}
