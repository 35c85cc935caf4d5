//! The evaluator of grants in time, proven: by worked examples, against a slow and
//! obvious oracle, by its laws, and by reading its calendars with another program.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod calendar;
mod examples;
mod extremes;
mod laws;
mod oracle;
mod release;
mod support;
mod zones;
