//! The counts for people: tables in Markdown, and the two documents that contain them.

use latchkey_local::template::Stack;

use crate::bench::Row;
use crate::cases::GROWING;
use crate::ceilings::{Ceiling, ceilings};
use crate::markdown::table;
use crate::store::root;
use crate::{Result, prices};

const BUDGETS: &str = "docs/budgets.md";
const SCALE: &str = "docs/scale.md";
/// The generated part of docs/scale.md is between these two marks.
const MARKS: (&str, &str) = ("<!-- made by the benchmark -->\n", "<!-- until here -->\n");
const COMMAND: &str = "cargo run -p latchkey-bench -- budgets --write";

/// From how many bytes on a size is given in round numbers: what is so large changes with
/// every route.
const ROUND_FROM: usize = 100_000;

/// Each case beside its ceiling.
///
/// # Errors
/// The ceilings cannot be read.
pub fn budgets(rows: &[Row]) -> Result<String> {
    let ceilings = ceilings()?;
    let titles = [
        "request",
        "round trips",
        "≤",
        "read units",
        "≤",
        "write units",
        "≤",
        "bytes",
        "≤",
    ];
    let lines = rows.iter().map(|row| {
        let Row {
            case, cost, bytes, ..
        } = row;
        let ceiling = ceilings.get(case);
        let most = |most: fn(&Ceiling) -> String| ceiling.map_or("?".to_owned(), most);
        let bytes = match *bytes {
            large if large >= ROUND_FROM => format!("{} kB", large.div_ceil(ROUND_FROM) * 100),
            bytes => bytes.to_string(),
        };
        let refused = if cost.refused > 0 { "*" } else { "" };
        vec![
            case.clone(),
            cost.trips.to_string(),
            most(|ceiling| ceiling.0.to_string()),
            cost.read_units.to_string(),
            most(|ceiling| ceiling.1.to_string()),
            format!("{}{refused}", cost.write_units),
            most(|ceiling| ceiling.2.to_string()),
            bytes,
            most(|ceiling| ceiling.3.to_string()),
        ]
    });
    Ok(table(&titles.map(str::to_owned), lines))
}

/// The same cases in organizations of several sizes, and those whose costs differ although they
/// should not.
pub fn scale(sizes: &[(String, Vec<Row>)]) -> (String, Vec<String>) {
    let costs = |row: &Row| {
        format!(
            "{} · {} · {} · {}",
            row.cost.trips, row.cost.read_units, row.cost.write_units, row.bytes
        )
    };
    let mut titles = vec!["trips · read units · write units · bytes".to_owned()];
    titles.extend(sizes.iter().map(|(size, _)| size.clone()));
    let (mut differing, mut growing) = (Vec::new(), Vec::new());
    let mut lines = Vec::new();
    let cases = sizes.first().map_or(&[][..], |(_, rows)| rows);
    for (place, row) in cases.iter().enumerate() {
        let cells = sizes
            .iter()
            .filter_map(|(_, rows)| rows.get(place))
            .map(costs);
        let cells: Vec<_> = cells.collect();
        if cells.iter().any(|cell| *cell != cells[0]) {
            match GROWING.iter().find(|(case, _)| *case == row.case) {
                None => differing.push(format!("{}: {}", row.case, cells.join(" and "))),
                Some((case, why)) => growing.push(format!("{case}: grows, because {why}\n")),
            }
        }
        lines.push(std::iter::once(row.case.clone()).chain(cells).collect());
    }
    let table = table(&titles, lines);
    (format!("{table}\n{}", growing.concat()), differing)
}

/// The documents as they should be, each with its path.
///
/// # Errors
/// One of them cannot be made.
fn documents(rows: &[Row], stack: &Stack) -> Result<[(&'static str, String); 2]> {
    let budgets = format!(
        "# What each request costs\n\n\
         Every route and every function of `template.yaml`, counted by the benchmark in \
         [`bench/`](../bench/src) in the\nAWS SDK that makes the calls: exact numbers, the same \
         for ten shares in an organization and for a\nmillion ([scale.md](scale.md)). Beside each \
         is its ceiling, from [`bench/ceilings.json`](../bench/ceilings.json);\n`.ci/run` fails \
         when one is broken, or when this file is behind.\n\n    {COMMAND}\n\n\
         writes this file. A *round trip* is one to DynamoDB that the answer waits for: calls at \
         the same time\ncount once. Units are those of `ConsumedCapacity`, that of the index \
         among them. Bytes are those of the\nanswer's body. What the functions without a route \
         say is said to AWS.\n\n{}\n\
         \\* A transaction among these was refused. What that consumed DynamoDB does not tell: \
         it bills the same\nas if it had been carried out.\n",
        budgets(rows)?
    );
    let scale = std::fs::read_to_string(root().join(SCALE))?;
    let (before, rest) = scale
        .split_once(MARKS.0)
        .ok_or("docs/scale.md lost its mark")?;
    let (_, after) = rest
        .split_once(MARKS.1)
        .ok_or("docs/scale.md lost its end mark")?;
    let prices = prices::prices(rows, stack)?;
    let scale = format!("{before}{}\n{prices}\n{}{after}", MARKS.0, MARKS.1);
    Ok([(BUDGETS, budgets), (SCALE, scale)])
}

/// Writes the documents.
///
/// # Errors
/// One of them cannot be made or written.
pub fn write(rows: &[Row], stack: &Stack) -> Result<()> {
    for (path, text) in documents(rows, stack)? {
        std::fs::write(root().join(path), text)?;
    }
    Ok(())
}

/// The report about documents that are out of date.
///
/// # Errors
/// One of them cannot be made.
pub fn behind(rows: &[Row], stack: &Stack) -> Result<Vec<String>> {
    let mut behind = Vec::new();
    for (path, text) in documents(rows, stack)? {
        if std::fs::read_to_string(root().join(path)).unwrap_or_default() != text {
            behind.push(format!("{path} is behind: {COMMAND}"));
        }
    }
    Ok(behind)
}
