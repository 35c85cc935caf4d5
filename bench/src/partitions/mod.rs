//! Which key of the table throttles first, under which load: DynamoDB's partitions, simulated.
//!
//! ```text
//!   loads ──▶ a handler of functions/ ──▶ SDK, with the meter ──▶ store
//!                                              │
//!                 touches: which keys, how many units each ──▶ partitioner ──▶ a table
//! ```
//!
//! Nothing here knows a key of the table. A load asks the functions themselves for some hundreds
//! of requests, about as many users, doors and spaces, and what their calls touched is what the
//! partitions are given, at the rate that the load asks.

mod loads;
mod partitioner;
mod touches;

use latchkey_local::template::Stack;

use crate::bench::Bench;
use crate::markdown::table;
use crate::store::{self, Store};
use crate::{Result, partitions::partitioner::Partitioner};

/// Every load, as a table, and those that throttle although they must not.
///
/// # Errors
/// A request of a load is not answered as it should be.
pub async fn run(stack: &Stack, partitions: usize, samples: u64) -> Result<(String, Vec<String>)> {
    let partitioner = Partitioner::new(partitions);
    let mut lines = Vec::new();
    let mut faults = Vec::new();
    for load in loads::ALL {
        eprintln!("{}", load.name);
        let store = Store::at(store::schema(stack)?, None).await?;
        let bench = Bench::new(stack, store).await?;
        let requests = loads::sample(&bench, load, samples).await?;
        let first = partitioner.first(&requests);
        let split = partitioner.after_split(&requests);
        if load.must_hold && first.rate < load.rate {
            faults.push(format!(
                "{}: {:.0} a second throttle at {}, and {:.0} must not",
                load.name, first.rate, first.key, load.rate
            ));
        }
        lines.push(vec![
            load.name.to_owned(),
            format!("{:.0}", load.rate),
            shown(first.rate),
            first.key,
            shown(split.rate),
            split.key,
        ]);
    }
    let titles = [
        "load",
        "a second",
        "throttles at",
        "first key",
        "after the split",
        "then",
    ];
    let titles = titles.map(str::to_owned);
    Ok((table(&titles, lines), faults))
}

/// A rate with two digits that count, and no more than that is known.
fn shown(rate: f64) -> String {
    if !rate.is_finite() {
        return "never".to_owned();
    }
    let digits = 10_f64.powf(rate.log10().floor() - 1.0).max(1.0);
    format!("{:.0}", (rate / digits).floor() * digits)
}
