//! Links what is deployed at a fixed address, and makes the API document smaller to send.
//!
//! A program that may be loaded anywhere has its addresses put right at each start: 20,000 of
//! them here, on pages that must be copied for it. What is given up, and why that may be, is in
//! docs/performance.md.
//!
//! Here and not as a flag of rustc: that would be passed to procedural macros and build
//! scripts as well, wherever cargo builds for the machine it runs on, and these must be
//! loadable anywhere.

use std::path::Path;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=build.rs");
    let is = |name: &str, value: &str| env::var(name).is_ok_and(|found| found == value);
    if is("CARGO_CFG_TARGET_OS", "linux") && is("PROFILE", "release") {
        println!("cargo::rustc-link-arg-bins=-no-pie");
    }

    // The committed document is for people: two fifths of it are indentation. No text in it
    // contains a raw line break.
    println!("cargo::rerun-if-changed={DOCUMENT}");
    let document: String = fs::read_to_string(DOCUMENT)?
        .lines()
        .map(str::trim_start)
        .collect();
    let folder = env::var_os("OUT_DIR").ok_or(io::ErrorKind::NotFound)?;
    fs::write(Path::new(&folder).join("openapi.json"), document)
}

const DOCUMENT: &str = "../docs/openapi.json";
