//! The measurements, and how they are printed.

use std::time::Duration;

use axum::body::Bytes;

use crate::Result;

/// The starts of one program.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cold {
    /// From the start to the first call of `next`.
    pub(crate) to_next: Vec<Duration>,
    /// From there to the first answer.
    pub(crate) to_answer: Vec<Duration>,
    /// From the start to the first answer.
    pub(crate) whole: Vec<Duration>,
    /// The most memory after the first answer, in kB.
    pub(crate) memory: u64,
    /// The status of the last answer.
    pub(crate) status: String,
}

/// The requests to a running program.
#[derive(Clone, Debug, Default)]
pub(crate) struct Warm {
    /// From the event to the answer.
    pub(crate) total: Vec<Duration>,
    /// The same without the time that the proxy of the store held a call.
    pub(crate) outside: Vec<Duration>,
    /// The time on a processor, until it asks for the next event.
    pub(crate) processor: Vec<Duration>,
    /// The number of its calls of the store.
    pub(crate) calls: usize,
    /// The most memory after all requests, in kB.
    pub(crate) memory: u64,
    /// The status of the last answer.
    pub(crate) status: String,
}

/// The middle one of some times; nought of none.
fn median(times: &[Duration]) -> Duration {
    let mut times = times.to_vec();
    times.sort();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

fn ms(times: &[Duration]) -> f64 {
    median(times).as_secs_f64() * 1000.0
}

/// The status of an answer to API Gateway; what answers something else has none.
pub(crate) fn status(payload: &Bytes) -> String {
    let answer: serde_json::Value = serde_json::from_slice(payload).unwrap_or_default();
    answer["statusCode"]
        .as_u64()
        .map_or_else(|| "–".to_owned(), |status| status.to_string())
}

/// The machine.
pub(crate) fn print_machine(rounds: usize) -> Result<()> {
    let processors = std::fs::read_to_string("/proc/cpuinfo")?;
    let model = processors
        .lines()
        .find_map(|line| line.strip_prefix("model name"))
        .map_or("", |line| line.trim_start_matches(['\t', ' ', ':']));
    let cores = std::thread::available_parallelism()?;
    let load = std::fs::read_to_string("/proc/loadavg")?;
    let load = load.split(' ').next().unwrap_or_default();
    println!("{cores} × {model}; load {load} at the start; medians of {rounds}\n");
    Ok(())
}

/// A line for each function.
pub(crate) fn print_functions(names: &[&str], cold: &[Cold], warm: &[Warm], empty: &Cold) {
    let nothing = ms(&empty.to_next);
    println!(
        "| function | to `next`, ms | × empty | on to the answer, ms | status | peak MB | warm: calls | ms | ms outside the store | processor ms |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|");
    for ((name, cold), warm) in names.iter().zip(cold).zip(warm) {
        println!(
            "| {name} | {:.2} | {:.2} | {:.2} | {} {} | {:.1} | {} | {:.2} | {:.2} | {:.2} |",
            ms(&cold.to_next),
            ms(&cold.to_next) / nothing,
            ms(&cold.to_answer),
            cold.status,
            warm.status,
            warm.memory.max(cold.memory) as f64 / 1024.0,
            warm.calls,
            ms(&warm.total),
            ms(&warm.outside),
            ms(&warm.processor),
        );
    }
    let all = |times: fn(&Cold) -> &Vec<Duration>| -> f64 {
        cold.iter().map(|cold| ms(times(cold))).fold(0.0, f64::max)
    };
    let medians: Vec<_> = cold.iter().map(|cold| median(&cold.to_next)).collect();
    println!(
        "\nTo `next`: {:.2} ms, {:.2} × the {:.2} ms of a function that does nothing; the slowest {:.2} ms. \
         On to the first answer at most {:.2} ms. Memory at most {:.1} MB. Outside the store at most {:.2} ms.\n",
        ms(&medians),
        ms(&medians) / nothing,
        nothing,
        all(|cold| &cold.to_next),
        all(|cold| &cold.to_answer),
        warm.iter()
            .map(|warm| warm.memory)
            .max()
            .unwrap_or_default() as f64
            / 1024.0,
        warm.iter()
            .map(|warm| ms(&warm.outside))
            .fold(0.0, f64::max),
    );
}

/// One function beside others that do the same.
pub(crate) fn print_peers<'n>(
    function: (&'n str, &'n Cold),
    empty: (&'n str, &'n Cold),
    others: impl Iterator<Item = (&'n str, &'n Cold)>,
) {
    println!(
        "| program | to `next`, ms | on to the answer, ms | from start to answer, ms | × {} | status | MB |",
        function.0
    );
    println!("|---|---|---|---|---|---|---|");
    for (name, cold) in [function, empty].into_iter().chain(others) {
        println!(
            "| {name} | {:.2} | {:.2} | {:.2} | {:.2} | {} | {:.1} |",
            ms(&cold.to_next),
            ms(&cold.to_answer),
            ms(&cold.whole),
            ms(&cold.whole) / ms(&function.1.whole),
            cold.status,
            cold.memory as f64 / 1024.0,
        );
    }
}
