//! `GatewayResponses`: what API Gateway answers by itself, as the template wants it.

use std::collections::BTreeMap;

use super::super::{Fault, Mapping, Properties};
use super::{mapping, no_directives};

/// An entry of `GatewayResponses`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CustomResponse {
    /// `StatusCode`.
    pub status: Option<u16>,
    /// `ResponseParameters.Headers`.
    pub headers: Vec<(String, Mapping)>,
    /// `ResponseTemplates` by media type.
    pub templates: BTreeMap<String, String>,
}

/// The types that API Gateway has.
const TYPES: &[&str] = &[
    "ACCESS_DENIED",
    "API_CONFIGURATION_ERROR",
    "AUTHORIZER_CONFIGURATION_ERROR",
    "AUTHORIZER_FAILURE",
    "BAD_REQUEST_BODY",
    "BAD_REQUEST_PARAMETERS",
    "DEFAULT_4XX",
    "DEFAULT_5XX",
    "EXPIRED_TOKEN",
    "INTEGRATION_FAILURE",
    "INTEGRATION_TIMEOUT",
    "INVALID_API_KEY",
    "INVALID_SIGNATURE",
    "MISSING_AUTHENTICATION_TOKEN",
    "QUOTA_EXCEEDED",
    "REQUEST_TOO_LARGE",
    "RESOURCE_NOT_FOUND",
    "THROTTLED",
    "UNAUTHORIZED",
    "UNSUPPORTED_MEDIA_TYPE",
    "WAF_FILTERED",
];

pub(super) fn read(declared: &Properties<'_>) -> Result<BTreeMap<String, CustomResponse>, Fault> {
    let mut responses = BTreeMap::new();
    for kind in declared.values.keys() {
        if !TYPES.contains(&kind.as_str()) {
            return Err(declared.fault(kind, "is not a type of gateway response"));
        }
        responses.insert(kind.clone(), response(&declared.map(kind)?)?);
    }
    Ok(responses)
}

fn response(declared: &Properties<'_>) -> Result<CustomResponse, Fault> {
    declared.only(
        &["ResponseParameters", "ResponseTemplates", "StatusCode"],
        &[],
    )?;
    let parameters = declared.map("ResponseParameters")?;
    parameters.only(&["Headers"], &[])?;
    let declared_headers = parameters.map("Headers")?;
    let mut headers = Vec::new();
    for name in declared_headers.values.keys() {
        headers.push((name.clone(), mapping(&declared_headers, name)?));
    }
    let declared_templates = declared.map("ResponseTemplates")?;
    let mut templates = BTreeMap::new();
    for media_type in declared_templates.values.keys() {
        let template = declared_templates.required(media_type)?;
        no_directives(&declared_templates, media_type, &template)?;
        templates.insert(media_type.clone(), template);
    }
    Ok(CustomResponse {
        status: declared.number("StatusCode")?,
        headers,
        templates,
    })
}
