//! `x-amazon-apigateway-integration`: what answers a request.

use std::collections::BTreeMap;

use serde_json::Value;

use super::super::intrinsics::text;
use super::super::{Fault, Function, Mapping, Properties};
use super::{mapping, no_directives};

/// What answers a request.
#[derive(Clone, Debug)]
pub enum Integration {
    /// A Lambda proxy integration with the function of this logical id.
    Function(String),
    /// A mock integration.
    Mock(Mock),
}

/// The one answer of a mock integration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mock {
    /// The status that the client sees.
    pub status: u16,
    /// Response headers.
    pub headers: Vec<(String, Mapping)>,
    /// The body, with `$context` variables.
    pub body: String,
    /// Its type.
    pub content_type: String,
}

pub(super) fn read(
    operation: &Properties<'_>,
    functions: &BTreeMap<String, Function>,
) -> Result<Integration, Fault> {
    const NAME: &str = "x-amazon-apigateway-integration";
    if !operation.has(NAME) {
        return Err(operation.fault(NAME, "is missing"));
    }
    let integration = operation.map(NAME)?;
    match integration.required("type")?.as_str() {
        "mock" => mock(&integration).map(Integration::Mock),
        "aws_proxy" => function(&integration, functions).map(Integration::Function),
        other => {
            let message = format!("expected aws_proxy or mock, not {other}");
            Err(integration.fault("type", message))
        }
    }
}

/// The logical id of the function whose invocation `uri` is.
fn function(
    integration: &Properties<'_>,
    functions: &BTreeMap<String, Function>,
) -> Result<String, Fault> {
    integration.only(&["httpMethod", "type", "uri"], &[])?;
    let uri = integration.required("uri")?;
    let function = functions
        .values()
        .find(|function| uri.ends_with(&format!("/functions/{}/invocations", function.arn)));
    function
        .map(|function| function.logical_id.clone())
        .ok_or_else(|| {
            let message = "is not the invocation of a function of this template";
            integration.fault("uri", message)
        })
}

fn mock(integration: &Properties<'_>) -> Result<Mock, Fault> {
    integration.only(
        &[
            "passthroughBehavior",
            "requestTemplates",
            "responses",
            "type",
        ],
        &[],
    )?;
    let response = chosen(integration)?;
    let status = response
        .number("statusCode")?
        .ok_or_else(|| response.fault("statusCode", "is missing"))?;
    let parameters = response.map("responseParameters")?;
    let mut headers = Vec::new();
    for name in parameters.values.keys() {
        let header = name
            .strip_prefix("method.response.header.")
            .ok_or_else(|| parameters.fault(name, "expected method.response.header.NAME"))?;
        headers.push((header.to_owned(), mapping(&parameters, name)?));
    }
    let templates = response.map("responseTemplates")?;
    let content_type = match templates.values.keys().next() {
        None => "application/json".to_owned(),
        Some(first) => first.clone(),
    };
    let body = templates.string(&content_type)?.unwrap_or_default();
    no_directives(&templates, &content_type, &body)?;
    Ok(Mock {
        status,
        headers,
        body,
        content_type,
    })
}

/// The response of a mock integration that its request template asks for.
fn chosen<'t>(integration: &Properties<'t>) -> Result<Properties<'t>, Fault> {
    let templates = integration.map("requestTemplates")?;
    let template = templates.required("application/json")?;
    let chosen = serde_json::from_str::<Value>(&template)
        .ok()
        .and_then(|request| request.get("statusCode").map(text))
        .ok_or_else(|| {
            templates.fault(
                "application/json",
                "expected {\"statusCode\": …} without template directives",
            )
        })?;
    let responses = integration.map("responses")?;
    let key = match responses.has(&chosen) {
        true => chosen.as_str(),
        false => "default",
    };
    if !responses.has(key) {
        return Err(responses.fault(key, format!("is missing: the request asks for {chosen}")));
    }
    responses.map(key)
}
