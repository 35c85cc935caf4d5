//! The model of Latchkey: who may open which door, when and why.
//!
//! Everything that the functions share. Knows no AWS event and reads no environment: the
//! time, the random source and the table come as arguments from a binary's `main`.
//!
//! - [`timing`] says when a grant holds; pure, and a crate of its own.
//! - [`grant`], [`share`], [`access`], [`directory`], [`keyring`], [`invitation`], [`web_key`], [`calendar_link`]:
//!   the things, one module each.
//! - [`business`]: how ServiceStack's clients see some of them.
//! - [`caller`], [`credential`], [`token`], [`role`], [`rights`]: who asks, and what they may.
//! - [`decision`]: may this person open this door now, and why?
//! - [`deed`], [`audit`]: what was changed, and what was done at doors.
//! - [`error`]: what can go wrong.
//! - [`table`]: the one place that speaks DynamoDB; [`layout`]: what is in it, under which keys.
//! - [`wire`]: the one place that speaks HTTP.

pub mod access;
pub mod access_code;
pub mod audit;
pub mod business;
pub mod calendar_link;
pub mod caller;
pub mod credential;
pub mod decision;
pub mod deed;
pub mod directory;
pub mod error;
pub mod grant;
pub mod id;
pub mod invitation;
pub mod keyring;
pub mod layout;
pub mod linking;
pub mod rights;
pub mod role;
pub mod rules;
pub mod secret;
pub mod share;
pub mod table;
pub mod token;
pub mod warrant;
pub mod web_key;
pub mod wire;

pub use timing;
