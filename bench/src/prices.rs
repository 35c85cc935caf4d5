//! The price of a million requests of each kind, from the counts and the prices in
//! `bench/prices.json`. docs/scale.md has the formulas in words.

use std::collections::BTreeMap;
use std::fmt;

use chrono::TimeDelta;
use dynoxide::types::item_size;
use latchkey::access::{AccessSpace, SpaceTerms};
use latchkey::grant::{Receiver, Source};
use latchkey_demo::{World, ZONE};
use latchkey_local::template::Stack;
use serde::Deserialize;

use crate::Result;
use crate::bench::Row;
use crate::house::{ORGANIZATION, access, code, created, id, share, space_id};
use crate::markdown::table;
use crate::store::embedded;

const INPUTS: &str = include_str!("../prices.json");

/// The size that DynamoDB adds to each stored item.
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

/// The price of a million requests.
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

/// The prices of a million requests of each kind, and of storing a million of what grants
/// rights, as Markdown.
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

    Ok(format!(
        "Parts are those of {first}; functions have {} MB.\n\n{requests}\n{}",
        function.memory_size,
        storage(&regions)?,
    ))
}

/// The price of storing a million shares, and a million accesses.
fn storage(regions: &BTreeMap<String, Prices>) -> Result<String> {
    type Rate = fn(&Prices) -> f64;
    let rates: [(&str, Rate); 2] = [
        ("a month", |prices| prices.storage_per_gigabyte_month),
        ("backup of the last 35 days", |prices| {
            prices.backup_per_gigabyte_month
        }),
    ];
    let kinds = [
        ("a share", "shares", share_sizes()?),
        ("an access to two spaces", "such accesses", access_sizes()?),
    ];
    let (mut told, mut lines) = (Vec::new(), Vec::new());
    for (one, many, sizes) in kinds {
        let items: usize = sizes.iter().map(|size| size.items).sum();
        let each = sizes.iter().map(|size| size.items * size.bytes);
        let stored = each.sum::<usize>() + items * OVERHEAD;
        let sizes = sizes.iter().map(Size::to_string);
        let sizes: Vec<_> = sizes.collect();
        told.push(format!(
            "Bytes of {one}: {}; and {OVERHEAD} for each of the {items}.",
            sizes.join(", ")
        ));
        let mut line = vec![format!("stored bytes of {one}")];
        line.extend(regions.keys().map(|_| stored.to_string()));
        lines.push(line);
        let gigabytes = stored as f64 * 1e6 / GIGABYTE;
        for (name, rate) in rates {
            let price = |prices| format!("{:.2}", gigabytes * rate(prices));
            let mut line = vec![format!("a million {many}, {name}")];
            line.extend(regions.values().map(price));
            lines.push(line);
        }
    }
    let mut titles = vec!["storage, US$".to_owned()];
    titles.extend(regions.keys().cloned());
    Ok(format!("{}\n\n{}", told.join("\n"), table(&titles, lines)))
}

/// Items of the table or of the index.
struct Size {
    what: &'static str,
    items: usize,
    bytes: usize,
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, items, bytes } = self;
        match items {
            1 => write!(f, "{what} {bytes}"),
            items => write!(f, "{what} {items} × {bytes}"),
        }
    }
}

/// Numbers as long as those that are given out.
const LONG: u64 = 730_000_000_000_000;

/// The items of one share. The index has the whole grant.
fn share_sizes() -> Result<Vec<Size>> {
    let (user, device) = (Receiver::User(id(LONG)?), Source::Device(id(LONG)?));
    let mut world = World::empty(id(ORGANIZATION)?, "", ZONE.parse()?);
    world.shares = vec![share(world.organization.id, LONG, user, device)?];
    let [share, grant] = item_sizes(&world)?[..] else {
        return Err("a share is not two items".into());
    };
    Ok(sizes(&[
        ("the share", 1, share),
        ("its grant", 1, grant),
        ("that in the index", 1, grant),
    ]))
}

/// The items of one access to two spaces.
fn access_sizes() -> Result<Vec<Size>> {
    let spaces = (0..2).map(|number| {
        let terms = SpaceTerms {
            space: space_id(LONG + number).into(),
            count: None,
            hours: None,
            exclusive: false,
        };
        let code = code(number)?;
        Ok(AccessSpace { terms, code })
    });
    let mut world = World::empty(id(ORGANIZATION)?, "", ZONE.parse()?);
    let until = created() + TimeDelta::days(7);
    let made_for = (LONG, id(LONG)?);
    let spaces = spaces.collect::<Result<_>>()?;
    let organization = world.organization.id;
    world.accesses = vec![access(organization, LONG, made_for, Some(until), spaces)?];
    let [access, grant, code, _, _] = item_sizes(&world)?[..] else {
        return Err("an access to two spaces is not five items".into());
    };
    Ok(sizes(&[
        ("the access", 1, access),
        ("its grants", 2, grant),
        ("those in the index", 2, grant),
        ("its codes", 2, code),
    ]))
}

fn item_sizes(world: &World) -> Result<Vec<usize>> {
    let items = world.contents()?.into_iter().map(embedded);
    items.map(|item| Ok(item_size(&item?))).collect()
}

fn sizes(sizes: &[(&'static str, usize, usize)]) -> Vec<Size> {
    let sizes = sizes.iter();
    let sizes = sizes.map(|&(what, items, bytes)| Size { what, items, bytes });
    sizes.collect()
}
