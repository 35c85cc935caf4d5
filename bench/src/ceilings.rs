//! The ceilings of the cases: `bench/ceilings.json` is the one table of them.

use std::collections::BTreeMap;

use crate::Result;
use crate::bench::Row;

const CEILINGS: &str = include_str!("../ceilings.json");

/// The ceiling of a case.
#[derive(Debug, Clone, Copy, PartialEq, serde::Deserialize)]
pub struct Ceiling(
    /// Round trips.
    pub usize,
    /// Read units.
    pub f64,
    /// Write units.
    pub f64,
    /// Bytes of the answer's body.
    pub usize,
);

/// The ceiling of each case, by its name.
///
/// # Errors
/// The file is not as it should be.
pub fn ceilings() -> Result<BTreeMap<String, Ceiling>> {
    serde_json::from_str(CEILINGS).map_err(|error| format!("bench/ceilings.json: {error}").into())
}

/// The problems: cases that cost more than their ceiling, cases without a ceiling, ceilings
/// without a case.
pub fn broken(rows: &[Row], mut ceilings: BTreeMap<String, Ceiling>) -> Vec<String> {
    let mut broken = Vec::new();
    for Row {
        case, cost, bytes, ..
    } in rows
    {
        let today = format!(
            "[{}, {}, {}, {bytes}]",
            cost.trips, cost.read_units, cost.write_units
        );
        let Some(Ceiling(trips, read, write, most)) = ceilings.remove(case) else {
            broken.push(format!(
                "{case}: no ceiling; today it would be \"{case}\": {today}"
            ));
            continue;
        };
        let over = cost.trips > trips
            || cost.read_units > read
            || cost.write_units > write
            || *bytes > most;
        if over {
            broken.push(format!(
                "{case}: {today} is over [{trips}, {read}, {write}, {most}]"
            ));
        }
    }
    let left = ceilings.into_keys();
    broken.extend(left.map(|case| format!("{case}: has a ceiling but does not exist")));
    broken
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::meter::Cost;

    #[test]
    fn what_costs_more_or_has_no_ceiling_or_is_no_case_is_told() {
        let row = |case: &str, trips| Row {
            case: case.to_owned(),
            function: "decide".to_owned(),
            has_route: true,
            cost: Cost {
                trips,
                read_units: 2.0,
                ..Cost::default()
            },
            bytes: 10,
        };
        let ceiling = |name: &str| (name.to_owned(), Ceiling(1, 2.5, 0.0, 10));
        let rows = [row("as it may", 1), row("too slow", 2), row("new", 1)];
        let ceilings = ["as it may", "too slow", "gone"].map(ceiling);
        let broken = broken(&rows, ceilings.into());
        let cases: Vec<_> = broken.iter().map(|line| line.split(':').next()).collect();
        assert_eq!(
            cases,
            [Some("too slow"), Some("new"), Some("gone")],
            "{broken:?}"
        );
    }
}
