//! `cargo run -p latchkey-bench -- --help`.

use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use latchkey_bench::bench::{Bench, Counts};
use latchkey_bench::house::{ORGANIZATION, id};
use latchkey_bench::load::{Population, accesses_beside};
use latchkey_bench::store::{self, Sink, Store};
use latchkey_bench::{Result, cases, ceilings, report, rights};
use latchkey_local::template::Stack;

/// Counts what each request costs, at any size of an organization.
#[derive(Parser)]
struct Options {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Count round trips, capacity units and bytes of every route, and compare them with the
    /// ceilings.
    Budgets {
        /// Also write docs/budgets.md and the prices in docs/scale.md.
        #[arg(long)]
        write: bool,
    },
    /// Count the same in organizations with more shares, and one access for every ten of them,
    /// and report what differs.
    Scale {
        /// The numbers of additional shares.
        #[arg(default_values_t = [10, 10_000])]
        shares: Vec<u64>,
        /// Leave out the regeneration of all codes, which takes many minutes for 100,000 accesses.
        #[arg(long)]
        without_remaking: bool,
    },
    /// Fill an organization of a table with shares and accesses.
    Load(Load),
    /// Simulate the partitions of DynamoDB under the loads of docs/scale.md, and report which key
    /// is throttled first, and at how many requests a second.
    Partitions {
        /// The number of partitions of the table: its warm throughput in read units, divided by 3,000.
        #[arg(long, default_value_t = 128)]
        partitions: usize,
        /// The number of different requests of each load.
        #[arg(long, default_value_t = 1000)]
        samples: u64,
    },
    /// Measure requests a second of the local system and of its store alone. Builds everything in
    /// release; the figures are not those of AWS.
    Throughput,
}

#[derive(Args)]
struct Load {
    /// The number of shares.
    #[arg(long)]
    shares: u64,
    /// The number of accesses; one for every ten shares by default.
    #[arg(long)]
    accesses: Option<u64>,
    /// The number of the organization, which must not exist yet.
    #[arg(long, default_value_t = ORGANIZATION)]
    organization: u64,
    /// Fill a new store in this folder, which `cargo run -- --data-dir` can then serve.
    #[arg(long, value_name = "FOLDER", conflicts_with_all = ["table", "endpoint_url"])]
    data_dir: Option<PathBuf>,
    /// Fill this table of DynamoDB, in the account and region of the AWS tools.
    #[arg(long, value_name = "NAME", required_unless_present = "data_dir")]
    table: Option<String>,
    /// The URL of another DynamoDB.
    #[arg(long, value_name = "URL")]
    endpoint_url: Option<String>,
    /// The number of concurrent calls.
    #[arg(long, default_value_t = 64)]
    at_once: usize,
}

// One thread: what a handler does at once is then begun before anything is answered.
#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let done = match Options::parse().command {
        Command::Budgets { write } => budgets(write).await,
        Command::Scale {
            shares,
            without_remaking,
        } => scale(&shares, !without_remaking).await,
        Command::Partitions {
            partitions,
            samples,
        } => partitioned(partitions, samples).await,
        Command::Load(load) => fill(load).await,
        Command::Throughput => throughput().await,
    };
    match done {
        Ok(faults) if faults.is_empty() => ExitCode::SUCCESS,
        Ok(faults) => {
            faults.iter().for_each(|fault| eprintln!("error: {fault}"));
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Every case, in an organization with this many additional shares and accesses.
async fn counts(stack: &Stack, shares: u64, accesses: u64, remakes: bool) -> Result<Counts> {
    let store = Store::at(store::schema(stack)?, None).await?;
    let mut bench = Bench::new(stack, store).await?;
    bench.remakes = remakes;
    let population = Population::new(id(ORGANIZATION)?, shares, accesses);
    bench.store.sink().fill(population).await?;
    cases::run(&bench).await?;
    bench.rows(stack)
}

/// The template; in the environment that it gives the functions, which they read settings
/// from. A process must not change its own, so this one begins again with that.
fn stack() -> Result<Stack> {
    const BEGUN: &str = "LATCHKEY_BENCH";
    let stack = store::stack()?;
    if std::env::var_os(BEGUN).is_some() {
        return Ok(stack);
    }
    let given = stack
        .functions
        .values()
        .flat_map(|function| &function.environment);
    let error = std::process::Command::new(std::env::current_exe()?)
        .args(std::env::args_os().skip(1))
        .envs(given)
        .env(BEGUN, "")
        .exec();
    Err(error.into())
}

async fn budgets(write: bool) -> Result<Vec<String>> {
    let stack = stack()?;
    let Counts { rows, used } = counts(&stack, 0, 0, true).await?;
    print!("{}", report::budgets(&rows)?);
    let mut faults = ceilings::broken(&rows, ceilings::ceilings()?);
    faults.extend(rights::faults(&stack, &used)?);
    if write {
        report::write(&rows, &stack)?;
    } else {
        faults.extend(report::behind(&rows, &stack)?);
    }
    Ok(faults)
}

async fn scale(shares: &[u64], remakes: bool) -> Result<Vec<String>> {
    let stack = stack()?;
    let mut sizes = Vec::new();
    for shares in shares {
        let accesses = accesses_beside(*shares);
        eprintln!("with {shares} shares and {accesses} accesses");
        let Counts { rows, .. } = counts(&stack, *shares, accesses, remakes).await?;
        sizes.push((format!("{shares} shares, {accesses} accesses"), rows));
    }
    let (table, differing) = report::scale(&sizes);
    print!("{table}");
    if differing.is_empty() {
        println!("every other case costs the same at every size");
    }
    Ok(differing)
}

async fn partitioned(partitions: usize, samples: u64) -> Result<Vec<String>> {
    let stack = stack()?;
    let (table, faults) = latchkey_bench::partitions::run(&stack, partitions, samples).await?;
    print!("{table}");
    Ok(faults)
}

async fn throughput() -> Result<Vec<String>> {
    print!("{}", latchkey_bench::throughput::measure().await?);
    Ok(Vec::new())
}

async fn fill(load: Load) -> Result<Vec<String>> {
    let sink = match (&load.data_dir, &load.table) {
        (Some(folder), _) => Sink::folder(folder).await?,
        (None, Some(table)) => {
            Sink::dynamodb(table, load.endpoint_url.as_deref(), load.at_once).await
        }
        (None, None) => return Err("neither --data-dir nor --table".into()),
    };
    let accesses = load
        .accesses
        .unwrap_or_else(|| accesses_beside(load.shares));
    let key = sink
        .organization(load.organization, load.shares, accesses)
        .await?;
    println!(
        "organization {}, whose admin has the API key {key}",
        load.organization
    );
    Ok(Vec::new())
}
