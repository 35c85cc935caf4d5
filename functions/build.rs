//! Links what is deployed at a fixed address.
//!
//! A program that may be loaded anywhere has its addresses put right at each start: 58,000 of
//! them here, mostly those of time zones, on pages that must be copied for it. That is a third
//! of a cold start. What is given up, and why that may be, is in docs/performance.md.
//!
//! Here and not as a flag of rustc: that would be passed to procedural macros and build
//! scripts as well, wherever cargo builds for the machine it runs on, and these must be
//! loadable anywhere.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let is = |name: &str, value: &str| std::env::var(name).is_ok_and(|found| found == value);
    if is("CARGO_CFG_TARGET_OS", "linux") && is("PROFILE", "release") {
        println!("cargo::rustc-link-arg-bins=-no-pie");
    }
}
