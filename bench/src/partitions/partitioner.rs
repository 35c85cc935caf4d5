//! Partitions as DynamoDB has them: each has a range of the hashes of partition keys, and takes
//! 3,000 read units and 1,000 write units a second.
//!
//! After some minutes of more than that DynamoDB splits a partition (*split for heat*), at last
//! between any two items, also of one partition key. Then only what no split parts throttles: one
//! item, and items that are put one behind the other at the end of a partition key.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use super::touches::Touch;

/// Read and write units a second of one partition.
const READS: f64 = 3000.0;
const WRITES: f64 = 1000.0;

/// Partitions of equal size: as many for the index as for the table.
pub(super) struct Partitioner {
    partitions: usize,
}

/// The first throttled key.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct First {
    /// From how many requests a second on.
    pub(super) rate: f64,
    /// The key that takes most of the partition that does.
    pub(super) key: String,
}

/// Units of a place for all requests, reads and writes.
#[derive(Default, Clone, Copy)]
struct Units {
    reads: f64,
    writes: f64,
}

impl Units {
    fn add(&mut self, touch: &Touch) {
        match touch.is_write {
            true => self.writes += touch.units,
            false => self.reads += touch.units,
        }
    }

    /// The factor by which the rate could grow.
    fn times(self) -> f64 {
        (READS / self.reads).min(WRITES / self.writes)
    }
}

impl Partitioner {
    /// So many partitions.
    pub(super) fn new(partitions: usize) -> Self {
        Self {
            partitions: partitions.max(1),
        }
    }

    /// Which partition has a key.
    fn place(&self, touch: &Touch) -> (bool, usize) {
        let mut hasher = DefaultHasher::new();
        touch.partition.hash(&mut hasher);
        let hash = u128::from(hasher.finish());
        let place = (hash * self.partitions as u128) >> 64;
        (touch.of_index, place as usize)
    }

    /// The first throttled key from the first second on, if each of `requests` stands for as
    /// many as the others.
    pub(super) fn first(&self, requests: &[Vec<Touch>]) -> First {
        let hottest = hottest(requests, |touch| self.place(touch));
        let Some((place, times)) = hottest else {
            return never();
        };
        let of_it = |touch: &&Touch| self.place(touch) == place;
        let within: Vec<Vec<Touch>> = requests
            .iter()
            .map(|touches| touches.iter().filter(of_it).cloned().collect())
            .collect();
        let key = super::partitioner::hottest(&within, |touch| touch.partition.clone());
        First {
            rate: times * requests.len() as f64,
            key: key
                .map(|(key, _)| in_index(place.0, &key))
                .unwrap_or_default(),
        }
    }

    /// The same after DynamoDB has split hot partitions.
    pub(super) fn after_split(&self, requests: &[Vec<Touch>]) -> First {
        let growing = growing(requests);
        let of = |touch: &Touch| {
            let key = (touch.of_index, touch.partition.clone());
            match growing.get(&key) {
                Some(true) if touch.is_put => (key.0, key.1, "…".to_owned()),
                _ => (key.0, key.1, touch.sort.clone()),
            }
        };
        match hottest(requests, of) {
            None => never(),
            Some(((of_index, partition, sort), times)) => First {
                rate: times * requests.len() as f64,
                key: in_index(of_index, &format!("{partition} {sort}")),
            },
        }
    }
}

fn in_index(of_index: bool, key: &str) -> String {
    match of_index {
        true => format!("lists: {key}"),
        false => key.to_owned(),
    }
}

fn never() -> First {
    First {
        rate: f64::INFINITY,
        key: String::new(),
    }
}

/// The place that can be asked least often, and how often in the time in which all of
/// `requests` are asked once.
fn hottest<P: Eq + Hash + Ord + Clone>(
    requests: &[Vec<Touch>],
    place: impl Fn(&Touch) -> P,
) -> Option<(P, f64)> {
    let mut units: HashMap<P, Units> = HashMap::new();
    for touch in requests.iter().flatten() {
        units.entry(place(touch)).or_default().add(touch);
    }
    let times = units
        .into_iter()
        .map(|(place, units)| (place, units.times()));
    // The first in the order of places, where several are alike.
    times.min_by(|one, other| one.1.total_cmp(&other.1).then_with(|| one.0.cmp(&other.0)))
}

/// For each partition key into which items are put, whether each comes behind the one before.
fn growing(requests: &[Vec<Touch>]) -> HashMap<(bool, String), bool> {
    let mut last: HashMap<(bool, String), String> = HashMap::new();
    let mut growing: HashMap<(bool, String), bool> = HashMap::new();
    for touch in requests.iter().flatten().filter(|touch| touch.is_put) {
        let key = (touch.of_index, touch.partition.clone());
        let before = last.insert(key.clone(), touch.sort.clone());
        if let Some(before) = before {
            *growing.entry(key).or_insert(true) &= before <= touch.sort;
        }
    }
    growing
}

#[cfg(test)]
mod tests {
    use super::*;

    fn touch(partition: &str, sort: &str, units: f64) -> Touch {
        Touch {
            of_index: false,
            partition: partition.to_owned(),
            sort: sort.to_owned(),
            is_write: false,
            units,
            is_put: false,
        }
    }

    #[test]
    fn one_key_throttles_at_what_one_partition_takes_however_many_there_are() {
        let one: Vec<_> = (0..100).map(|_| vec![touch("a", "1", 2.0)]).collect();
        for partitions in [1, 64] {
            let first = Partitioner::new(partitions).first(&one);
            assert_eq!((first.rate, first.key.as_str()), (1500.0, "a"));
        }
        let many: Vec<_> = (0..6400)
            .map(|key| vec![touch(&key.to_string(), "1", 2.0)])
            .collect();
        let first = Partitioner::new(64).first(&many);
        assert!(first.rate > 64.0 * 1500.0 * 0.6, "{first:?}");
        assert!(first.rate < 64.0 * 1500.0, "{first:?}");
        assert_eq!(Partitioner::new(1).first(&many).rate, 1500.0);
    }

    #[test]
    fn a_split_parts_the_items_of_a_key_but_not_those_that_are_put_at_its_end() {
        let requests = |put: bool, order: fn(u64) -> u64| -> Vec<Vec<Touch>> {
            let request = |number| {
                vec![Touch {
                    is_write: true,
                    is_put: put,
                    ..touch("a", &format!("{:04}", order(number)), 2.0)
                }]
            };
            (0..100).map(request).collect()
        };
        let split = |requests: Vec<Vec<Touch>>| Partitioner::new(8).after_split(&requests).rate;
        assert_eq!(split(requests(true, |number| number)), 500.0);
        assert_eq!(split(requests(true, |number| number * 37 % 100)), 50_000.0);
        assert_eq!(split(requests(false, |number| number)), 50_000.0);
        let first = Partitioner::new(8).first(&requests(true, |number| number * 37 % 100));
        assert_eq!(first.rate, 500.0, "before that");
    }

    #[test]
    fn reads_and_writes_are_counted_apart() {
        let write = Touch {
            is_write: true,
            ..touch("a", "1", 1.0)
        };
        let first = Partitioner::new(1).first(&[vec![touch("a", "1", 1.0), write]]);
        assert_eq!(first.rate, 1000.0);
    }
}
