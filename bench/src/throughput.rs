//! Requests a second of the system on one machine, beside the same calls of its store without
//! anything in between.
//!
//! The functions are their release binaries behind the local system, on a store of the
//! benchmark's: all of it shares this machine's cores, so the figures say nothing of AWS. The
//! ratio says what gateway, runtime and handler add.

use std::future::Future;
use std::process::Stdio;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use futures_util::future::try_join_all;
use latchkey::caller::OrganizationScope;
use latchkey::deed::Unrecorded;
use latchkey::directory::{Device, Organization, User};
use latchkey::error::Error;
use latchkey::grant::{Receiver, Source};
use latchkey::keyring::Keyring;
use latchkey::layout::item::GrantEdge;
use latchkey::share::Share;
use latchkey::table::{Read, Table};
use latchkey::warrant::Warrant;
use latchkey_demo::{ADMIN_TOKEN, demo};
use reqwest::{Client, RequestBuilder};
use serde::de::IgnoredAny;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::Result;
use crate::house::{id, share};
use crate::markdown::table;
use crate::store::{self, Store, root};

/// The maximum duration of a turn, and its maximum number of requests.
const LONGEST: Duration = Duration::from_secs(1);
const MOST: u64 = 5_000;
/// The number of turns of each.
const TURNS: usize = 5;
/// The number of requests that are not counted.
const FIRST: u64 = 200;
/// The number of concurrent clients.
const CLIENTS: [u64; 2] = [1, 32];
/// The maximum number of the caller's grants to read, as for a decision.
const GRANTS: usize = 25;

/// The three requests, on the system and on the store.
///
/// # Errors
/// The system does not start, or refuses a request.
pub async fn measure() -> Result<String> {
    let schema = store::schema(&store::stack()?)?;
    let store = Store::at(schema.clone(), None).await?;
    let system = System::start(store.url()).await?;
    let world = demo()?;
    let direct = Direct {
        table: store::table(store::client(store.url(), None), &schema.name),
        scope: world.scope()?,
        next: AtomicU64::new(1),
    };
    let direct = &direct;
    let mut lines = Vec::new();
    for clients in CLIENTS {
        let asked = || system.ask(system.get("/v2/devices/1/decision"));
        let line = beside("decide", clients, asked, || direct.decide());
        lines.push(line.await?);
        let asked = || system.ask(system.create());
        let line = beside("create-share", clients, asked, || direct.create());
        lines.push(line.await?);
        let asked = || system.ask(system.get("/v2/shares/3"));
        let line = beside("get-share", clients, asked, || direct.get());
        lines.push(line.await?);
    }
    system.stop().await?;
    let titles = [
        "request",
        "clients",
        "system, requests/s",
        "store alone, the same calls/s",
        "ratio",
    ];
    Ok(table(&titles.map(str::to_owned), lines))
}

/// A line of the table.
async fn beside<S, D>(
    name: &str,
    clients: u64,
    system: impl Fn() -> S,
    direct: impl Fn() -> D,
) -> Result<Vec<String>>
where
    S: Future<Output = Result<()>>,
    D: Future<Output = Result<()>>,
{
    // Requests before the count, for processes to start and connections to be made.
    load(clients, FIRST, &system).await?;
    load(clients, FIRST, &direct).await?;
    // In turns, so that other load on the machine affects both.
    let (mut of_system, mut of_direct) = (Load::default(), Load::default());
    for _ in 0..TURNS {
        of_system.add(load(clients, MOST, &system).await?);
        of_direct.add(load(clients, MOST, &direct).await?);
    }
    let (system, direct) = (of_system.rate(), of_direct.rate());
    Ok(vec![
        name.to_owned(),
        clients.to_string(),
        format!("{system:.0}"),
        format!("{direct:.0}"),
        format!("{:.2}", system / direct),
    ])
}

/// The number of requests, and their duration.
#[derive(Default)]
struct Load {
    requests: u64,
    time: Duration,
}

impl Load {
    fn add(&mut self, other: Self) {
        self.requests += other.requests;
        self.time += other.time;
    }

    fn rate(&self) -> f64 {
        self.requests as f64 / self.time.as_secs_f64()
    }
}

/// One turn of so many clients, of which each asks again when it has its answer.
async fn load<F>(clients: u64, most: u64, ask: impl Fn() -> F) -> Result<Load>
where
    F: Future<Output = Result<()>>,
{
    let (begun, done) = (AtomicU64::new(0), AtomicU64::new(0));
    let started = Instant::now();
    let client = async || {
        while started.elapsed() < LONGEST && begun.fetch_add(1, Ordering::Relaxed) < most {
            ask().await?;
            done.fetch_add(1, Ordering::Relaxed);
        }
        Result::Ok(())
    };
    try_join_all((0..clients).map(|_| client())).await?;
    Ok(Load {
        requests: done.into_inner(),
        time: started.elapsed(),
    })
}

/// The system as a process of its own.
struct System {
    url: String,
    client: Client,
    process: Child,
}

impl System {
    async fn start(store: &str) -> Result<Self> {
        let mut process = Command::from(latchkey_local::compile::cargo())
            .args(["run", "--release", "--quiet", "--bin", "local", "--"])
            .args([
                "--release",
                "--json",
                "--port",
                "0",
                "--endpoint-url",
                store,
            ])
            // It is not API Gateway's throttling that is to be measured.
            .args(["--parameter", "ThrottlingRate=1000000"])
            .args(["--parameter", "ThrottlingBurst=1000000"])
            .args(["--parameter", "LogLevel=WARN"])
            .current_dir(root())
            // Nor how quickly it writes a line for each.
            .env("RUST_LOG", "warn,dynoxide=error")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let output = process.stdout.take().ok_or("no standard output")?;
        let ready = BufReader::new(output).lines().next_line().await?;
        let ready: Value = serde_json::from_str(&ready.ok_or("the system did not start")?)?;
        Ok(Self {
            url: ready["url"]
                .as_str()
                .ok_or("it does not say where it is")?
                .to_owned(),
            client: Client::new(),
            process,
        })
    }

    /// Ends it, and the functions with it, as the end of its standard input does.
    async fn stop(mut self) -> Result<()> {
        drop(self.process.stdin.take());
        self.process.wait().await?;
        Ok(())
    }

    fn get(&self, path: &str) -> RequestBuilder {
        self.client.get(format!("{}{path}", self.url))
    }

    fn create(&self) -> RequestBuilder {
        let body = json!({
            "organizationId": 1, "source": {"deviceId": 1}, "receiver": {"userId": 2},
        });
        let request = self.client.post(format!("{}/v2/shares", self.url));
        request.body(body.to_string())
    }

    async fn ask(&self, request: RequestBuilder) -> Result<()> {
        let answer = request.bearer_auth(ADMIN_TOKEN).send().await?;
        let status = answer.status();
        let body = answer.text().await?;
        if status.is_success() {
            Ok(())
        } else {
            Err(format!("{status}: {body}").into())
        }
    }
}

/// The calls that the functions make, without the functions.
struct Direct {
    table: Table,
    scope: OrganizationScope,
    next: AtomicU64,
}

impl Direct {
    async fn decide(&self) -> Result<()> {
        let grants = self.scope.grants_to(Receiver::User(id(1)?));
        let grants = self
            .table
            .row::<Keyring, IgnoredAny>(&grants, GRANTS, Read::Strong);
        let key = self.scope.device(id(1)?);
        let device = self.table.get::<Device>(&key, Read::Strong);
        let (_, device) = tokio::try_join!(grants, device)?;
        device.map(|_| ()).ok_or_else(|| "no device".into())
    }

    async fn create(&self) -> Result<()> {
        let number = self.next.fetch_add(1, Ordering::Relaxed) + 1_000;
        let (receiver, source) = (Receiver::User(id(2)?), Source::Device(id(1)?));
        let share = share(self.scope.organization(), number, receiver, source)?;
        let (key, edge) = GrantEdge::of(&self.scope, &share).remove(0);
        let mut writes = self.table.transaction(&Warrant::System, Unrecorded::Fill);
        writes.put_new((), &self.scope.share(share.id), &share);
        writes.exists((), &self.scope.source(source));
        writes.exists((), &self.scope.receiver(receiver));
        writes.put_new((), &key, &edge);
        let refused = |_| "a share was refused";
        Ok(writes.send().await?.map_err(refused)?)
    }

    async fn get(&self) -> Result<()> {
        let share: Option<Share> = self
            .table
            .get(&self.scope.share(id(3)?), Read::Eventual)
            .await?;
        let share = share.ok_or(Error::NotFound("share"))?;
        let receiver = share.receiver.ok_or("no receiver")?;
        let keys = [
            self.scope.organization_key(),
            self.scope.user(share.creator),
            self.scope.source(share.source),
            self.scope.receiver(receiver),
        ];
        let [organization, creator, device, receiver] = &keys;
        let items = self.table.get_all(&keys, Read::Eventual).await?;
        items.get::<Organization>(organization)?;
        items.get::<Device>(device)?;
        items.get::<User>(creator)?;
        items.get::<User>(receiver)?;
        Ok(())
    }
}
