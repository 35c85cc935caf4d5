//! The parts, put together in the order in which they need each other, and taken apart again.

use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use aws_config::BehaviorVersion;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::{ProvideCredentials, Region};
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use axum::Router;
use axum::serve::ListenerExt;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::compile;
use crate::demo::Demo;
use crate::error::{Error, Result};
use crate::gateway::Gateway;
use crate::lambda::{Credentials, Executable, Functions, Pool, Surroundings, invoke_router};
use crate::options::Options;
use crate::store::Store;
use crate::streams::Poller;
use crate::tables;
use crate::template::{Integration, RestApi, Route, Stack};
use crate::terminal::{Progress, Summary};

/// The region when nobody says another.
const REGION: &str = "us-east-1";

/// How long requests in flight may take when the system stops.
const LONGEST_FAREWELL: Duration = Duration::from_secs(5);

/// The folder of the store, beside the template.
const DATA_FOLDER: &str = ".latchkey";

/// A system that is up.
pub struct System {
    /// The base URL of the API.
    pub url: String,
    /// The URL of the DynamoDB behind it.
    pub store_url: String,
    /// The URL at which functions can be invoked by name.
    pub invoke_url: String,
    /// What the demo program said.
    pub demo: Demo,
    routes: Vec<(String, String)>,
    notes: Vec<String>,
    store_place: String,
    functions: Functions,
    servers: Vec<JoinHandle<()>>,
    stop: watch::Sender<bool>,
    store: Option<Store>,
}

impl System {
    /// Brings the system up: everything that is said in the options and the template.
    ///
    /// To drop the future before it is done ends what it has started.
    ///
    /// # Errors
    /// Whatever keeps the system from coming up, in one line.
    pub async fn start(options: &Options) -> Result<Self> {
        let path = template_path(options.template.as_deref())?;
        let root = path.parent().unwrap_or(Path::new(".")).to_owned();
        let account = Account::of(options.endpoint_url.as_deref()).await;
        let parameters = options.parameters.iter().cloned().collect();
        let stack = Stack::read(&path, &parameters, &account.region)?;

        // First of all the ports: whoever has to free one should hear of it before a build.
        let listener = listen(options.host, options.port, "--port")?;
        let address = local_address(&listener)?;
        let invoke_listener = listen(
            IpAddr::V4(Ipv4Addr::LOCALHOST),
            options.other_port(options.invoke_port, 2),
            "--invoke-port",
        )?;
        let invoke_url = format!("http://{}", local_address(&invoke_listener)?);

        let folder = (!options.in_memory && options.endpoint_url.is_none()).then(|| {
            let folder = options.data_dir.clone();
            folder.unwrap_or_else(|| root.join(DATA_FOLDER))
        });
        let store = match &options.endpoint_url {
            Some(_) => None,
            None => {
                let port = options.other_port(options.store_port, 1);
                let listener = listen(IpAddr::V4(Ipv4Addr::LOCALHOST), port, "--store-port")?;
                Some(Store::open(folder.as_deref(), listener)?)
            }
        };
        let store_url = match (&store, &options.endpoint_url) {
            (Some(store), _) => store.url(),
            (None, url) => url.clone().unwrap_or_default(),
        };
        let store_place = match &store {
            None => "not embedded".to_owned(),
            Some(store) => match store.file() {
                None => "in memory".to_owned(),
                Some(file) => shortened(file),
            },
        };

        let mut programs: BTreeMap<String, PathBuf> = options
            .programs
            .iter()
            .map(|(name, file)| (name.clone(), PathBuf::from(file)))
            .collect();
        let binaries = compile::binaries(stack.functions.values()).await?;
        // A program that was given is meant, whatever others there are.
        let development = stack.development_program.as_ref();
        let development = development.filter(|_| !options.deployed_programs);
        let executable = |binary: &String| match development {
            Some(all) if !options.programs.iter().any(|(name, _)| name == binary) => {
                (all.clone(), Some(binary.clone()))
            }
            _ => (binary.clone(), None),
        };
        let executables: BTreeMap<_, _> = binaries
            .iter()
            .map(|(logical_id, binary)| (logical_id, executable(binary)))
            .collect();
        let wanted = executables.values().map(|(name, _)| name);
        let wanted = wanted.chain(&stack.demo_program);
        let wanted = wanted
            .filter(|name| !programs.contains_key(*name))
            .cloned()
            .collect();
        programs.extend(compile::build(&root, &wanted, options.release, &Progress::new()).await?);

        let client = account.client(&store_url);
        for table in &stack.tables {
            if tables::ensure(&client, table, store.is_none()).await? {
                tracing::debug!("made the table {}", table.name);
            }
        }

        let surroundings = Arc::new(Surroundings {
            region: account.region.clone(),
            credentials: account.credentials.clone(),
            dynamodb_url: Some(store_url.clone()),
            logs_for_people: !options.json && std::io::stderr().is_terminal(),
        });
        // The credentials of the demo are public: nowhere but on this machine, unless asked.
        let demo = match &stack.demo_program {
            Some(name) if store.is_some() || is_loopback(&store_url) || options.demo => {
                let program = programs
                    .get(name)
                    .ok_or_else(|| Error::Demo(format!("there is no program {name}")))?;
                Demo::run(
                    program,
                    &surroundings.of_companion(stack.functions.values()),
                )
                .await?
            }
            _ => Demo::default(),
        };

        let mut functions = BTreeMap::new();
        for (logical_id, function) in stack.functions {
            let program = executables.get(&logical_id).and_then(|(name, function)| {
                Some(Executable {
                    file: programs.get(name)?.clone(),
                    function: function.clone(),
                })
            });
            let program =
                program.ok_or_else(|| Error::Build(format!("no program for {logical_id}")))?;
            functions.insert(
                logical_id,
                Pool::new(function, program, Arc::clone(&surroundings)),
            );
        }
        let functions: Functions = Arc::new(functions);

        let routes = listed(&stack.api);
        let gateway = Gateway::new(
            stack.api,
            Arc::clone(&functions),
            &account.region,
            address.port(),
        )
        .map_err(|message| Error::Template {
            at: path.display().to_string(),
            message,
        })?;
        let (stop, stopped) = watch::channel(false);
        let mut servers = vec![
            serve(listener, gateway.router(), stopped.clone())?,
            serve(
                invoke_listener,
                invoke_router(Arc::clone(&functions)),
                stopped.clone(),
            )?,
        ];
        let mut notes = stack.notes;
        for (logical_id, pool) in functions.iter() {
            for event in &pool.function().streams {
                let clients = (&client, account.streams_client(&store_url));
                let (region, folder) = (&account.region, folder.as_deref());
                match Poller::find(clients, &functions, logical_id, event, region, folder).await {
                    Ok(poller) => servers.push(tokio::spawn(poller.run(stopped.clone()))),
                    Err(why) => notes.push(format!(
                        "{logical_id}: the event {} does not happen here: {why}.",
                        event.name
                    )),
                }
            }
        }
        Ok(Self {
            url: format!("http://{}", reachable(address)),
            store_url,
            invoke_url,
            demo,
            routes,
            notes,
            store_place,
            functions,
            servers,
            stop,
            store,
        })
    }

    /// What a script wants to know: the URLs, and what the demo program passes on.
    #[must_use]
    pub fn ready(&self) -> serde_json::Value {
        let urls = [
            ("url", &self.url),
            ("storeUrl", &self.store_url),
            ("invokeUrl", &self.invoke_url),
        ];
        let urls = urls.map(|(name, url)| (name.to_owned(), url.clone().into()));
        let mut ready = serde_json::Map::from_iter(urls);
        ready.extend(self.demo.ready.clone());
        ready.into()
    }

    /// What a person wants to know.
    #[must_use]
    pub fn summary(&self) -> String {
        let first_call = self
            .demo
            .first_call
            .as_ref()
            .map(|call| call.curl(&self.url));
        Summary {
            url: &self.url,
            routes: &self.routes,
            store: (&self.store_url, self.store_place.clone()),
            invoke_url: &self.invoke_url,
            facts: &self.demo.facts,
            first_call: first_call.as_deref(),
            notes: &self.notes,
        }
        .text()
    }

    /// Takes no more requests, lets those in flight end for a moment, then ends the functions
    /// and closes the store.
    pub async fn stop(mut self) {
        self.stop.send_replace(true);
        let servers = std::mem::take(&mut self.servers);
        let farewell = async {
            for server in servers {
                let _ = server.await;
            }
        };
        if tokio::time::timeout(LONGEST_FAREWELL, farewell)
            .await
            .is_err()
        {
            tracing::warn!(
                "some requests were not done after {} s",
                LONGEST_FAREWELL.as_secs()
            );
        }
        for pool in self.functions.values() {
            pool.stop().await;
        }
        let store = self.store.take();
        // It joins a thread, which must not hold up the tasks that end the functions.
        let _ = tokio::task::spawn_blocking(move || drop(store)).await;
    }
}

/// Region and credentials for the store.
struct Account {
    region: String,
    credentials: Credentials,
}

impl Account {
    /// The embedded store and any other on this machine take whatever credentials they are
    /// sent; one elsewhere is asked with what the AWS tools would find.
    async fn of(endpoint_url: Option<&str>) -> Self {
        let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let region = variable("AWS_REGION").or_else(|| variable("AWS_DEFAULT_REGION"));
        match endpoint_url {
            Some(url) if !is_loopback(url) => {
                let config = aws_config::defaults(BehaviorVersion::latest())
                    .http_client(https())
                    .load()
                    .await;
                let credentials = match config.credentials_provider() {
                    None => None,
                    Some(provider) => provider.provide_credentials().await.ok(),
                };
                Self {
                    region: config
                        .region()
                        .map(|region| region.as_ref().to_owned())
                        .or(region)
                        .unwrap_or_else(|| REGION.to_owned()),
                    credentials: credentials.map_or_else(Credentials::dummy, |found| Credentials {
                        access_key_id: found.access_key_id().to_owned(),
                        secret_access_key: found.secret_access_key().to_owned(),
                        session_token: found.session_token().map(str::to_owned),
                    }),
                }
            }
            // What the shell says of AWS is nothing to the embedded one.
            elsewhere => Self {
                region: elsewhere.and(region).unwrap_or_else(|| REGION.to_owned()),
                credentials: match (
                    elsewhere.and_then(|_| variable("AWS_ACCESS_KEY_ID")),
                    variable("AWS_SECRET_ACCESS_KEY"),
                ) {
                    (Some(access_key_id), Some(secret_access_key)) => Credentials {
                        access_key_id,
                        secret_access_key,
                        session_token: variable("AWS_SESSION_TOKEN"),
                    },
                    _ => Credentials::dummy(),
                },
            },
        }
    }

    fn client(&self, url: &str) -> Client {
        let config = aws_sdk_dynamodb::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(self.region.clone()))
            .credentials_provider(self.provided())
            .endpoint_url(url)
            .http_client(https())
            .build();
        Client::from_conf(config)
    }

    /// The same for the table's stream. What fails is asked again when it is due anyway.
    fn streams_client(&self, url: &str) -> aws_sdk_dynamodbstreams::Client {
        let config = aws_sdk_dynamodbstreams::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(self.region.clone()))
            .credentials_provider(self.provided())
            .endpoint_url(url)
            .http_client(https())
            .retry_config(RetryConfig::disabled())
            .build();
        aws_sdk_dynamodbstreams::Client::from_conf(config)
    }

    fn provided(&self) -> aws_sdk_dynamodb::config::Credentials {
        aws_sdk_dynamodb::config::Credentials::new(
            &self.credentials.access_key_id,
            &self.credentials.secret_access_key,
            self.credentials.session_token.clone(),
            None,
            "local",
        )
    }
}

fn https() -> aws_sdk_dynamodb::config::SharedHttpClient {
    aws_smithy_http_client::Builder::new()
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .build_https()
}

/// The template named in the options, or the one found from here upwards.
fn template_path(given: Option<&Path>) -> Result<PathBuf> {
    let here = std::env::current_dir().map_err(|source| Error::File {
        path: ".".into(),
        source,
    })?;
    match given {
        Some(path) => Ok(here.join(path)),
        None => here
            .ancestors()
            .map(|folder| folder.join("template.yaml"))
            .find(|path| path.is_file())
            .ok_or_else(|| Error::Template {
                at: "template.yaml".to_owned(),
                message: "there is none here or in a folder above: name one with --template"
                    .to_owned(),
            }),
    }
}

fn listen(host: IpAddr, port: u16, option: &'static str) -> Result<TcpListener> {
    let address = SocketAddr::new(host, port);
    TcpListener::bind(address).map_err(|source| Error::Listen {
        address: address.to_string(),
        hint: match (source.kind(), option) {
            (std::io::ErrorKind::AddrInUse, "--store-port") => {
                ". Choose another --store-port, or 0"
            }
            (std::io::ErrorKind::AddrInUse, "--invoke-port") => {
                ". Choose another --invoke-port, or 0"
            }
            (std::io::ErrorKind::AddrInUse, _) => ". Choose another --port, or 0 for a free one",
            _ => "",
        },
        source,
    })
}

fn local_address(listener: &TcpListener) -> Result<SocketAddr> {
    listener.local_addr().map_err(|source| Error::Listen {
        address: "a port".to_owned(),
        source,
        hint: "",
    })
}

/// An address that a client on this machine can use.
fn reachable(address: SocketAddr) -> SocketAddr {
    match address.ip() {
        ip if ip.is_unspecified() => {
            SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), address.port())
        }
        _ => address,
    }
}

fn serve(
    listener: TcpListener,
    router: Router,
    mut stopped: watch::Receiver<bool>,
) -> Result<JoinHandle<()>> {
    let failed = |source| Error::Listen {
        address: "a port".to_owned(),
        source,
        hint: "",
    };
    listener.set_nonblocking(true).map_err(failed)?;
    let listener = tokio::net::TcpListener::from_std(listener).map_err(failed)?;
    // Answers are one small write each: to wait for more would only delay them.
    let listener = listener.tap_io(|stream| {
        let _ = stream.set_nodelay(true);
    });
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    Ok(tokio::spawn(async move {
        let stop = async move {
            let _ = stopped.wait_for(|stop| *stop).await;
        };
        if let Err(error) = axum::serve(listener, service)
            .with_graceful_shutdown(stop)
            .await
        {
            tracing::error!("{error}");
        }
    }))
}

/// Whether an endpoint is on this machine.
fn is_loopback(url: &str) -> bool {
    let authority = url.split("://").nth(1).unwrap_or(url);
    let authority = authority.split(['/', '?']).next().unwrap_or_default();
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => authority,
    };
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || host.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
}

/// The routes for a person: preflights, which every path has, make one line.
/// A preflight is everywhere, and a `HEAD` wherever a `GET` is.
fn listed(api: &RestApi) -> Vec<(String, String)> {
    let is_preflight = |route: &Route| {
        route.method == "OPTIONS" && matches!(route.integration, Integration::Mock(_))
    };
    let mut paths: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let named = |route: &&Route| !is_preflight(route) && route.method != "HEAD";
    for route in api.routes.iter().filter(named) {
        paths.entry(&route.path).or_default().push(&route.method);
    }
    // As one thinks of them: what reads, what makes, what changes, what takes away.
    let order = |method: &&str| {
        ["GET", "POST", "PUT", "DELETE"]
            .iter()
            .position(|m| m == method)
    };
    let mut listed: Vec<_> = paths
        .into_iter()
        .map(|(path, mut methods)| {
            methods.sort_by_key(order);
            (methods.join(" "), path.to_owned())
        })
        .collect();
    let preflights = api
        .routes
        .iter()
        .filter(|route| is_preflight(route))
        .count();
    if preflights > 0 {
        listed.push((
            "OPTIONS".to_owned(),
            format!("({preflights} paths, for browsers)"),
        ));
    }
    listed
}

/// A path as one would type it here.
fn shortened(path: &Path) -> String {
    let here = std::env::current_dir().unwrap_or_default();
    path.strip_prefix(&here)
        .unwrap_or(path)
        .display()
        .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_endpoints() {
        for url in [
            "http://localhost:8000",
            "http://127.0.0.1:8000/",
            "http://[::1]:8000",
            "http://127.0.0.1",
        ] {
            assert!(is_loopback(url), "{url}");
        }
        for url in [
            "https://dynamodb.us-east-1.amazonaws.com",
            "http://10.0.0.1:8000",
            "http://localhost.example.org",
        ] {
            assert!(!is_loopback(url), "{url}");
        }
    }
}
