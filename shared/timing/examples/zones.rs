//! The clock changes of all zones between two instants, as one line of JSON. `.ci/zones.py`
//! compares them with other data.
//!
//!     cargo run -p timing --example zones -- 2026-12-01T00:00:00Z 2028-12-01T00:00:00Z

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;
use timing::Zone;

/// No clock changes twice in such a time.
const STEP: TimeDelta = TimeDelta::hours(6);

fn main() {
    let mut arguments = std::env::args().skip(1).map(|text| text.parse().unwrap());
    let (from, until) = (arguments.next().unwrap(), arguments.next().unwrap());
    let zones: BTreeMap<&str, Vec<(i64, i32)>> = Zone::names()
        .map(|name| (name, changes(name.parse().unwrap(), from, until)))
        .collect();
    println!("{}", json!({"release": Zone::release(), "zones": zones}));
}

/// The second at which each offset begins, in seconds since 1970, and the offset in seconds.
fn changes(zone: Zone, from: DateTime<Utc>, until: DateTime<Utc>) -> Vec<(i64, i32)> {
    let offset = |at| zone.offset(at).local_minus_utc();
    let mut changes = vec![(from.timestamp(), offset(from))];
    let mut at = from;
    while at < until {
        let next = at + STEP;
        if offset(next) != offset(at) {
            let (mut low, mut high) = (at, next);
            while high - low > TimeDelta::seconds(1) {
                let middle = low + TimeDelta::seconds((high - low).num_seconds() / 2);
                if offset(middle) == offset(at) {
                    low = middle;
                } else {
                    high = middle;
                }
            }
            changes.push((high.timestamp(), offset(high)));
        }
        at = next;
    }
    changes
}
