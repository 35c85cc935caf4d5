//! Latchkey from the outside: the system on one machine, over HTTP, with the binaries
//! that are deployed. One file an endpoint or a promise; `system` starts and asks it.

#![allow(
    missing_docs,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic
)]

mod access_decisions;
mod accesses;
mod activate;
mod api_keys;
mod api_table;
mod audit;
mod authorizer;
mod bookings;
mod calendar_link;
mod claim_share;
mod clean_up;
mod controllers;
mod cost;
mod create_share;
mod decide;
mod deeds;
mod delete_share;
mod device_events;
mod devices;
mod directory;
mod dismissal;
mod effective;
mod entries;
mod events;
mod gateway;
mod get_share;
mod holders;
mod idempotency;
mod invitations;
mod limits;
mod linking;
mod list_accesses;
mod list_shares;
mod local;
mod lost_answers;
mod oauth;
mod openapi;
mod outage;
mod published;
mod refusals;
mod reprogramming;
mod roles;
mod samples;
mod service;
mod share_calendar;
mod system;
mod template;
mod templates;
mod tenancy;
mod time_zones;
mod unknown;
mod update_share;
mod web_key;
mod wrong_codes;
mod zones;
