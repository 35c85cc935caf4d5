//! The API document, made from the annotations beside the handlers.
//!
//! An annotation says what is an endpoint's own. What follows from that is added here, in
//! one place for all of them: the errors that any endpoint has, or any with a body or with
//! an id in its path; the example of each; the headers of every response. Nothing of this
//! is in a function: the document is committed (docs/openapi.json), and a test compares.

mod common;
mod errors;
mod headers;
mod info;
mod nullable;
mod operation;

use latchkey::timing::Zone;
use utoipa::openapi::OpenApi as Document;
use utoipa::{Modify, OpenApi};

use self::common::{NOT_MODIFIED, complete, not_modified, revalidated};
use self::errors::{Shape, errors};
use self::headers::headers;
use self::info::{Api, security_schemes};
use self::nullable::{describe_nullable, requested, without_null};
use self::operation::{is_service, operations};
use crate::{
    accesses, account, activations, api_keys, audit, business_organizations, business_users,
    decisions, device_groups, devices, docs, entries, events, oauth, organizations, reprogramming,
    schedules, shares, spaces, template_groups, templates, things, user_groups, users,
};

/// The operations of each folder, in reading order.
const FOLDERS: &[fn() -> Document] = &[
    docs::Api::openapi,
    shares::Api::openapi,
    decisions::Api::openapi,
    entries::Api::openapi,
    activations::Api::openapi,
    account::Api::openapi,
    users::Api::openapi,
    user_groups::Api::openapi,
    devices::Api::openapi,
    device_groups::Api::openapi,
    spaces::Api::openapi,
    schedules::Api::openapi,
    organizations::Api::openapi,
    api_keys::Api::openapi,
    oauth::Api::openapi,
    audit::Api::openapi,
    events::Api::openapi,
    accesses::Api::openapi,
    reprogramming::Api::openapi,
    templates::Api::openapi,
    things::Api::openapi,
    business_users::Api::openapi,
    business_organizations::Api::openapi,
    template_groups::Api::openapi,
];

/// The API document, as docs/openapi.json has it.
///
/// # Errors
/// None that the types do not rule out.
pub fn document() -> serde_json::Result<String> {
    let mut document = Api::openapi();
    for operations in FOLDERS {
        document.merge(operations());
    }
    Common.modify(&mut document);
    Ok(document.to_pretty_json()? + "\n")
}

/// Adds what endpoints have in common.
struct Common;

/// The field of `info` with the release of the IANA time zone database.
const TIME_ZONES: &str = "x-time-zones";

impl Modify for Common {
    fn modify(&self, document: &mut Document) {
        let plain = errors(Shape::Plain);
        let service = errors(Shape::Service);
        let info = document.info.extensions.get_or_insert_default();
        info.insert(TIME_ZONES.to_owned(), Zone::release().into());
        let components = document.components.get_or_insert_default();
        components.headers.extend(headers());
        components.security_schemes.extend(security_schemes());
        components
            .responses
            .insert(NOT_MODIFIED.to_owned(), not_modified().into());
        let reads = document.paths.paths.values_mut();
        reads
            .filter_map(|item| item.get.as_mut())
            .for_each(revalidated);
        for operation in document.paths.paths.values_mut().flat_map(operations) {
            let errors = match is_service(operation) {
                true => &service,
                false => &plain,
            };
            for error in complete(operation, errors) {
                let response = error.response();
                components.responses.insert(error.name(), response.into());
            }
        }
        let read = requested(document);
        if let Some(components) = &mut document.components {
            for (name, schema) in &mut components.schemas {
                if read.contains(name) {
                    describe_nullable(schema);
                } else {
                    without_null(schema);
                    describe_nullable(schema);
                }
            }
        }
    }
}
