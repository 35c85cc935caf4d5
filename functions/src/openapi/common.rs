//! What is added to an operation because it follows from its annotation.

use std::collections::BTreeSet;

use utoipa::openapi::path::{Operation, ParameterBuilder, ParameterIn};
use utoipa::openapi::response::ResponseBuilder;
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{Ref, RefOr, Response};

use super::errors::CommonError;
use super::headers::{REQUEST_ID, add_header, headers};
use super::nullable::without_null;
use super::operation::has_parameter;

/// The name of the answer 304 among the components.
pub(super) const NOT_MODIFIED: &str = "NotModified";

/// The answer 304.
pub(super) fn not_modified() -> Response {
    let mut response = ResponseBuilder::new()
        .description("The copy is current.")
        .build();
    add_header(&mut response, REQUEST_ID);
    add_header(&mut response, "ETag");
    response
}

/// Adds that a client need not be sent again what it has: unless the annotation says itself how
/// the answer may be kept.
pub(super) fn revalidated(operation: &mut Operation) {
    let responses = &mut operation.responses.responses;
    let Some(RefOr::T(found)) = responses.get_mut("200") else {
        return;
    };
    if found.headers.contains_key("Cache-Control") {
        return;
    }
    add_header(found, "ETag");
    let shared = Ref::from_response_name(NOT_MODIFIED);
    responses.insert("304".to_owned(), shared.into());
    let tags = ObjectBuilder::new()
        .schema_type(Type::String)
        .examples(["\"1-q0Yt1m7TnZkRfE2u\""]);
    let parameter = ParameterBuilder::new()
        .name("If-None-Match")
        .parameter_in(ParameterIn::Header)
        .description(Some(
            "The `ETag` of a copy. If it is still current, the answer is 304.",
        ))
        .schema(Some(tags));
    let parameters = operation.parameters.get_or_insert_default();
    parameters.push(parameter.build().into());
}

/// Adds to an operation what follows from what its annotation says; gives the errors that
/// it refers to.
pub(super) fn complete<'e>(
    operation: &mut Operation,
    errors: &'e [CommonError],
) -> Vec<&'e CommonError> {
    operation.operation_id = operation.operation_id.as_deref().map(camel_case);
    operation.summary = operation
        .summary
        .as_deref()
        .map(|summary| summary.trim_end_matches('.').to_owned());
    // `security(())` becomes a list of one empty requirement.
    if let Some(security) = &mut operation.security
        && *security == [Default::default()]
    {
        security.clear();
    }
    for parameter in operation.parameters.iter_mut().flatten() {
        if let RefOr::T(parameter) = parameter {
            parameter.schema.iter_mut().for_each(without_null);
        }
    }
    let replayed = has_parameter(operation, "Idempotency-Key");
    for (status, response) in &mut operation.responses.responses {
        let RefOr::T(response) = response else {
            continue;
        };
        let error = errors.iter().find(|error| error.status() == *status);
        if let (Some(error), true) = (error, response.content.is_empty()) {
            error.describe(response);
        }
        add_header(response, REQUEST_ID);
        if replayed && status.starts_with('2') {
            add_header(response, "Idempotency-Replayed");
        }
        let known: BTreeSet<_> = headers().into_keys().collect();
        let named: Vec<_> = response.headers.keys().cloned().collect();
        for name in named.into_iter().filter(|name| known.contains(name)) {
            add_header(response, &name);
        }
    }
    let own = |error: &&CommonError| {
        let responses = &operation.responses.responses;
        responses.contains_key(&error.status())
    };
    let common = errors.iter().filter(|error| (error.of)(operation));
    let common: Vec<_> = common.filter(|error| !own(error)).collect();
    for error in &common {
        let shared = Ref::from_response_name(error.name());
        let responses = &mut operation.responses.responses;
        responses.insert(error.status(), shared.into());
    }
    common
}

/// `create-share` is `createShare`.
fn camel_case(name: &str) -> String {
    let mut words = name.split('-');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |mut camel, word| {
        let mut letters = word.chars();
        camel.extend(letters.next().map(|letter| letter.to_ascii_uppercase()));
        camel + letters.as_str()
    })
}
