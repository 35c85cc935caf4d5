//! What a million requests of each kind cost, made of what was counted and of the prices in
//! `bench/prices.json`. docs/scale.md has the formulas in words.

use std::collections::BTreeMap;

use chrono_tz::Europe::Amsterdam;
use dynoxide::types::item_size;
use latchkey::grant::{Receiver, Source};
use latchkey_demo::World;
use latchkey_local::template::Stack;
use serde::Deserialize;

use crate::Result;
use crate::bench::Row;
use crate::house::{ORGANIZATION, id, share};
use crate::load::embedded;
use crate::report::table;

const INPUTS: &str = include_str!("../prices.json");

/// What DynamoDB adds to the size of each item that it stores.
const OVERHEAD: usize = 100;
const GIGABYTE: f64 = 1e9;

#[derive(Debug, Deserialize)]
struct Inputs {
    assumed: Assumed,
    regions: BTreeMap<String, Prices>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Assumed {
    milliseconds_of_a_trip: f64,
    milliseconds_besides: f64,
    header_bytes: usize,
    log_bytes: usize,
    traced_share: f64,
}

/// US dollars.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Prices {
    api_gateway_per_million: f64,
    lambda_per_million: f64,
    lambda_per_gigabyte_second: f64,
    reads_per_million: f64,
    writes_per_million: f64,
    storage_per_gigabyte_month: f64,
    backup_per_gigabyte_month: f64,
    out_per_gigabyte: f64,
    logs_per_gigabyte: f64,
    traces_per_million: f64,
}

/// What a million requests cost.
struct Price {
    api_gateway: f64,
    lambda: f64,
    dynamodb: f64,
    besides: f64,
}

impl Price {
    fn of(row: &Row, prices: &Prices, assumed: &Assumed, gigabytes: f64) -> Self {
        let trips = row.cost.trips as f64;
        // Lambda bills each millisecond that was begun.
        let milliseconds =
            (trips * assumed.milliseconds_of_a_trip + assumed.milliseconds_besides).ceil();
        let gigabyte_seconds = milliseconds * 1e6 / 1e3 * gigabytes;
        let bytes_out = match row.has_route {
            true => (row.bytes + assumed.header_bytes) as f64 * 1e6,
            false => 0.0,
        };
        let bytes_logged = assumed.log_bytes as f64 * 1e6;
        Self {
            api_gateway: if row.has_route {
                prices.api_gateway_per_million
            } else {
                0.0
            },
            lambda: prices.lambda_per_million
                + gigabyte_seconds * prices.lambda_per_gigabyte_second,
            dynamodb: row.cost.read_units * prices.reads_per_million
                + row.cost.write_units * prices.writes_per_million,
            besides: bytes_out / GIGABYTE * prices.out_per_gigabyte
                + bytes_logged / GIGABYTE * prices.logs_per_gigabyte
                + assumed.traced_share * prices.traces_per_million,
        }
    }

    fn total(&self) -> f64 {
        self.api_gateway + self.lambda + self.dynamodb + self.besides
    }
}

/// The prices of a million requests of each kind, and of storing a million shares, as Markdown.
///
/// # Errors
/// The inputs are not as they should be.
pub fn prices(rows: &[Row], stack: &Stack) -> Result<String> {
    let Inputs { assumed, regions } =
        serde_json::from_str(INPUTS).map_err(|error| format!("bench/prices.json: {error}"))?;
    let function = stack.functions.values().next().ok_or("no function")?;
    let gigabytes = f64::from(function.memory_size) / 1024.0;
    let (first, main) = regions.first_key_value().ok_or("no region")?;
    let dollars = |amount: f64| format!("{amount:.2}");

    let mut titles: Vec<String> = [
        "a million requests, US$",
        "API Gateway",
        "Lambda",
        "DynamoDB",
        "else",
    ]
    .map(str::to_owned)
    .into();
    titles.extend(regions.keys().cloned());
    let lines = rows.iter().map(|row| {
        let price = Price::of(row, main, &assumed, gigabytes);
        let parts = [
            price.api_gateway,
            price.lambda,
            price.dynamodb,
            price.besides,
        ];
        let totals = regions.values();
        let totals = totals.map(|prices| Price::of(row, prices, &assumed, gigabytes).total());
        let mut line = vec![row.case.clone()];
        line.extend(parts.into_iter().chain(totals).map(dollars));
        line
    });
    let requests = table(&titles, lines);

    let sizes = sizes()?;
    let stored: usize = sizes.iter().map(|(_, size)| size + OVERHEAD).sum();
    let sizes = sizes.map(|(name, size)| format!("{name} {size}"));
    let mut storage = vec![vec!["stored bytes of a share".to_owned()]];
    storage[0].extend(regions.keys().map(|_| stored.to_string()));
    type Rate = fn(&Prices) -> f64;
    let rates: [(&str, Rate); 2] = [
        ("a million shares, a month", |prices| {
            prices.storage_per_gigabyte_month
        }),
        ("backup of the last 35 days", |prices| {
            prices.backup_per_gigabyte_month
        }),
    ];
    for (name, rate) in rates {
        let mut line = vec![name.to_owned()];
        let gigabytes = stored as f64 * 1e6 / GIGABYTE;
        line.extend(
            regions
                .values()
                .map(|prices| dollars(gigabytes * rate(prices))),
        );
        storage.push(line);
    }
    let mut titles = vec!["storage, US$".to_owned()];
    titles.extend(regions.keys().cloned());
    let storage = table(&titles, storage);
    Ok(format!(
        "Parts are those of {first}; functions have {} MB.\n\n{requests}\n\
         Bytes of a plain share: {}; and {OVERHEAD} for each of the three.\n\n{storage}",
        function.memory_size,
        sizes.join(", "),
    ))
}

/// The bytes of what one share is in the table.
fn sizes() -> Result<[(&'static str, usize); 3]> {
    let organization = id(ORGANIZATION)?;
    // Numbers as long as those that are given out.
    let number = 730_000_000_000_000;
    let (user, device) = (Receiver::User(id(number)?), Source::Device(id(number)?));
    let mut world = World::empty(organization, "", Amsterdam);
    world.shares = vec![share(organization, number, user, device)?];
    let items = world.contents()?.into_iter().map(embedded);
    let sizes = items
        .map(|item| Ok(item_size(&item?)))
        .collect::<Result<Vec<_>>>()?;
    let [share, grant] = sizes[..] else {
        return Err("a share is not two items".into());
    };
    // The index has all of a grant.
    Ok([
        ("the share", share),
        ("its grant", grant),
        ("that in the index", grant),
    ])
}
