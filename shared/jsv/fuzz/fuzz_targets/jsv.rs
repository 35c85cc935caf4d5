//! Any text at all as JSV: it is read or refused, soon, and what was read is written and
//! read back the same.

#![no_main]

use std::collections::BTreeMap;

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use serde_json::Value;

#[derive(Arbitrary, Debug)]
enum Input {
    Text(String),
    Thing(Thing),
}

#[derive(Arbitrary, Debug, PartialEq, Serialize, Deserialize)]
struct Thing {
    name: String,
    label: Option<String>,
    numbers: (u8, i64, Option<u64>),
    open: bool,
    sign: char,
    words: BTreeMap<String, String>,
    kinds: Vec<Kind>,
    inner: Option<Box<Thing>>,
}

#[derive(Arbitrary, Debug, PartialEq, Serialize, Deserialize)]
enum Kind {
    Plain,
    One(String),
    Two(i8, Option<String>),
    Named { a: Vec<Option<bool>>, b: String },
}

fuzz_target!(|input: Input| {
    match input {
        Input::Text(text) => read(&text),
        Input::Thing(thing) => {
            let written = jsv::to_string(&thing).expect("a thing is written");
            match jsv::from_str::<Thing>(&written) {
                Ok(again) => assert_eq!(again, thing, "{written}"),
                // Only what is too deep is not read back.
                Err(error) => assert!(error.to_string().contains("deep"), "{written}: {error}"),
            }
        }
    }
});

fn read(text: &str) {
    let _ = jsv::from_str::<Thing>(text);
    let skipped = jsv::from_str::<IgnoredAny>(text).is_ok();
    let read = jsv::from_str::<Value>(text);
    assert_eq!(read.is_ok(), skipped);
    if let Ok(value) = read {
        let written = jsv::to_string(&value).expect("a tree is written");
        let again: Value = jsv::from_str(&written).expect("what is written is read");
        assert_eq!(jsv::to_string(&again).expect("a tree is written"), written);
    }
}
