//! The annotation of an operation.

use latchkey::wire::service::Format;
use utoipa::openapi::RefOr;
use utoipa::openapi::path::{Operation, ParameterIn, PathItem};

/// The operations of one path.
pub(super) fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    let PathItem {
        get,
        put,
        post,
        delete,
        patch,
        ..
    } = item;
    [get, put, post, delete, patch].into_iter().flatten()
}

/// Whether it answers in JSV, too.
pub(super) fn is_service(operation: &Operation) -> bool {
    let jsv = Format::Jsv.content_type();
    let mut responses = operation.responses.responses.values();
    responses.any(|response| match response {
        RefOr::T(response) => response.content.contains_key(jsv),
        RefOr::Ref(_) => false,
    })
}

/// Whether it needs no credential.
pub(super) fn is_open(operation: &Operation) -> bool {
    operation.security.as_ref().is_some_and(Vec::is_empty)
}

/// Whether its body is JSON.
pub(super) fn takes_json(operation: &Operation) -> bool {
    match &operation.request_body {
        Some(RefOr::T(body)) => body.content.contains_key("application/json"),
        _ => false,
    }
}

/// Whether it has a parameter in this place.
pub(super) fn has(operation: &Operation, place: &ParameterIn) -> bool {
    parameters(operation).any(|(_, of)| of == place)
}

/// Whether it has a parameter of this name.
pub(super) fn has_parameter(operation: &Operation, name: &str) -> bool {
    parameters(operation).any(|(parameter, _)| parameter == name)
}

fn parameters(operation: &Operation) -> impl Iterator<Item = (&str, &ParameterIn)> {
    let parameters = operation.parameters.iter().flatten();
    parameters.filter_map(|parameter| match parameter {
        RefOr::T(parameter) => Some((parameter.name.as_str(), &parameter.parameter_in)),
        RefOr::Ref(_) => None,
    })
}
