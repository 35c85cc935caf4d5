//! The parts, put together in the order in which they need each other, and taken apart again.

use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::serve::ListenerExt;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::account::{Account, is_loopback};
use crate::demo::Demo;
use crate::error::{Error, Result};
use crate::gateway::Gateway;
use crate::guard::Guard;
use crate::lambda::{Functions, Surroundings, invoke_router};
use crate::options::Options;
use crate::programs::Programs;
use crate::store::Store;
use crate::streams::Poller;
use crate::tables;
use crate::template::{Integration, RestApi, Route, Stack};
use crate::terminal::Summary;

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
    /// The output of the demo program.
    pub demo: Demo,
    routes: Vec<(String, String)>,
    lists_routes: bool,
    notes: Vec<String>,
    store_place: String,
    functions: Functions,
    servers: Vec<JoinHandle<()>>,
    stop: watch::Sender<bool>,
    store: Option<Store>,
}

impl System {
    /// Starts the system as the options and the template say.
    ///
    /// To drop the future before it is done ends what it has started.
    ///
    /// # Errors
    /// Whatever keeps the system from coming up, in one line.
    pub async fn start(options: &Options) -> Result<Self> {
        let path = template_path(options.template.as_deref())?;
        let root = path.parent().unwrap_or(Path::new(".")).to_owned();
        let account = Account::of(options.endpoint_url.as_deref()).await;
        let stack = Stack::read(&path, &options.parameters(), &account.region)?;

        // The ports first: a conflict should be reported before a build.
        let ports = Ports::listen(options)?;
        let behind = Behind::open(options, &root)?;
        let programs = Programs::build(&stack, options, &root).await?;
        let client = account.client(&behind.url);
        for table in &stack.tables {
            tables::ensure(&client, table, behind.store.is_none()).await?;
        }
        let (stop, stopped) = watch::channel(false);
        let guard = guard(&stack, &account, &behind, &stopped)?;
        let guard_url = guard.as_ref().map(|(url, _)| url.clone());
        let surroundings = surroundings(&account, &behind, guard_url, options);
        // The credentials of the demo are public: nowhere but on this machine, unless asked.
        let demo = match &stack.demo_program {
            Some(name) if is_loopback(&behind.url) || options.demo => {
                let variables = surroundings.of_companion(stack.functions.values());
                Demo::run(programs.file(name)?, &variables).await?
            }
            _ => Demo::default(),
        };

        let functions = programs.pools(stack.functions, &surroundings)?;
        let (url, invoke_url) = ports.urls()?;
        let routes = listed(&stack.api);
        let port = local_address(&ports.api)?.port();
        let gateway = Gateway::new(stack.api, Arc::clone(&functions), &account.region, port);
        let gateway = gateway.map_err(|message| Error::Template {
            at: path.display().to_string(),
            message,
        })?;
        let invoke = invoke_router(Arc::clone(&functions));
        let mut servers = vec![
            serve(ports.api, gateway.router(), stopped.clone())?,
            serve(ports.invoke, invoke, stopped.clone())?,
        ];
        let (pollers, notes) = pollers(&account, &behind, &functions, &stopped).await;
        servers.extend(pollers);
        servers.extend(guard.map(|(_, server)| server));
        for note in stack.notes {
            tracing::debug!("{note}");
        }
        Ok(Self {
            url,
            store_url: behind.url,
            invoke_url,
            demo,
            routes,
            lists_routes: options.routes,
            notes,
            store_place: behind.place,
            functions,
            servers,
            stop,
            store: behind.store,
        })
    }

    /// Data for scripts: the URLs, and what the demo program passes on.
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

    /// The summary for people.
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
            lists_routes: self.lists_routes,
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

/// The addresses of the system.
struct Ports {
    api: TcpListener,
    invoke: TcpListener,
}

impl Ports {
    fn listen(options: &Options) -> Result<Self> {
        let invoke = options.other_port(options.invoke_port, 2);
        Ok(Self {
            api: listen(options.host, options.port, "--port")?,
            invoke: listen(IpAddr::V4(Ipv4Addr::LOCALHOST), invoke, "--invoke-port")?,
        })
    }

    /// The base URL of the API, and that at which functions are invoked.
    fn urls(&self) -> Result<(String, String)> {
        let api = reachable(local_address(&self.api)?);
        let invoke = local_address(&self.invoke)?;
        Ok((format!("http://{api}"), format!("http://{invoke}")))
    }
}

/// The DynamoDB behind the functions: embedded, or elsewhere.
struct Behind {
    store: Option<Store>,
    url: String,
    /// Where it is, in words.
    place: String,
    /// The folder that it keeps its data in.
    folder: Option<PathBuf>,
}

impl Behind {
    fn open(options: &Options, root: &Path) -> Result<Self> {
        if let Some(url) = &options.endpoint_url {
            return Ok(Self {
                store: None,
                url: url.clone(),
                place: "not embedded".to_owned(),
                folder: None,
            });
        }
        let folder = (!options.in_memory).then(|| {
            let folder = options.data_dir.clone();
            folder.unwrap_or_else(|| root.join(DATA_FOLDER))
        });
        let port = options.other_port(options.store_port, 1);
        let listener = listen(IpAddr::V4(Ipv4Addr::LOCALHOST), port, "--store-port")?;
        let store = Store::open(folder.as_deref(), listener)?;
        Ok(Self {
            url: store.url(),
            place: match store.file() {
                None => "in memory".to_owned(),
                Some(file) => shortened(file),
            },
            folder,
            store: Some(store),
        })
    }
}

/// The URL of a guard in front of the store, and the task that it runs in. A store elsewhere has
/// its own.
fn guard(
    stack: &Stack,
    account: &Account,
    behind: &Behind,
    stopped: &watch::Receiver<bool>,
) -> Result<Option<(String, JoinHandle<()>)>> {
    if !is_loopback(&behind.url) {
        return Ok(None);
    }
    let guard = Guard::new(stack, &behind.url, &account.credentials.access_key_id)?;
    let listener = listen(IpAddr::V4(Ipv4Addr::LOCALHOST), 0, "")?;
    let url = format!("http://{}", local_address(&listener)?);
    Ok(Some((url, guard.serve(listener, stopped.clone())?)))
}

fn surroundings(
    account: &Account,
    behind: &Behind,
    guard_url: Option<String>,
    options: &Options,
) -> Arc<Surroundings> {
    Arc::new(Surroundings {
        guard_url,
        region: account.region.clone(),
        credentials: account.credentials.clone(),
        dynamodb_url: Some(behind.url.clone()),
        logs_for_people: !options.json && std::io::stderr().is_terminal(),
    })
}

/// The pollers of the tables' streams, and notes about what this store does not support.
async fn pollers(
    account: &Account,
    behind: &Behind,
    functions: &Functions,
    stopped: &watch::Receiver<bool>,
) -> (Vec<JoinHandle<()>>, Vec<String>) {
    let (mut pollers, mut notes) = (Vec::new(), Vec::new());
    let client = account.client(&behind.url);
    for (logical_id, pool) in functions.iter() {
        for event in &pool.function().streams {
            let clients = (&client, account.streams_client(&behind.url));
            let (region, folder) = (&account.region, behind.folder.as_deref());
            match Poller::find(clients, functions, logical_id, event, region, folder).await {
                Ok(poller) => pollers.push(tokio::spawn(poller.run(stopped.clone()))),
                Err(why) => notes.push(format!(
                    "{logical_id}: the event {} is not supported by this store: {why}.",
                    event.name
                )),
            }
        }
    }
    (pollers, notes)
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
    // In the usual order: read, create, change, delete.
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
