//! `AWS::Serverless::Api`: routes, authorizers, gateway responses, limits.

mod authorizers;
mod integration;
mod responses;
mod routes;
mod throttle;

use std::collections::BTreeMap;
use std::time::Duration;

pub use authorizers::Authorizer;
pub use integration::{Integration, Mock};
pub use responses::CustomResponse;
pub use routes::Route;
pub use throttle::Throttle;

use super::{Fault, Function, Mapping, Properties};

/// A REST API at one stage.
#[derive(Debug)]
pub struct RestApi {
    /// The identifier in ARNs and in the request context.
    pub id: String,
    /// `StageName`.
    pub stage: String,
    /// Every method of every path.
    pub routes: Vec<Route>,
    /// `Auth.Authorizers` by name.
    pub authorizers: BTreeMap<String, Authorizer>,
    /// `GatewayResponses` by type.
    pub responses: BTreeMap<String, CustomResponse>,
    /// `AccessLogSetting.Format`, which is not written here.
    pub access_log: Option<String>,
}

/// The default and the most that a REST API waits for an integration.
const INTEGRATION_TIMEOUT: Duration = Duration::from_secs(29);

const HONOURED: &[&str] = &[
    "AccessLogSetting",
    "Auth",
    "DefinitionBody",
    "GatewayResponses",
    "MergeDefinitions",
    "MethodSettings",
    "StageName",
];

/// Names, endpoints, traces: nothing that a client would notice here.
const HARMLESS: &[&str] = &[
    "Description",
    "EndpointConfiguration",
    "Name",
    "OpenApiVersion",
    "TracingEnabled",
];

/// Reads the one API of a template, `declared` with its logical id.
pub(super) fn read(
    mut declared: Vec<(String, Properties<'_>)>,
    functions: &BTreeMap<String, Function>,
) -> Result<RestApi, Fault> {
    let Some((logical_id, properties)) = declared.pop() else {
        return Err(Fault::new("Resources", "expected an AWS::Serverless::Api"));
    };
    if let Some((other, _)) = declared.first() {
        return Err(Fault::new(
            "Resources",
            format!("expected one AWS::Serverless::Api, not both {other} and {logical_id}"),
        ));
    }
    properties.only(HONOURED, HARMLESS)?;
    let auth = authorizers::read(&properties.map("Auth")?, functions)?;
    let id = properties.scope.api_id(&logical_id);
    let mut routes = routes::read(&properties, &id, &auth, functions)?;
    throttle::apply(&properties, &mut routes)?;
    Ok(RestApi {
        id,
        stage: properties.required("StageName")?,
        routes,
        authorizers: auth.authorizers,
        responses: responses::read(&properties.map("GatewayResponses")?)?,
        access_log: properties.map("AccessLogSetting")?.string("Format")?,
    })
}

fn mapping(properties: &Properties<'_>, name: &str) -> Result<Mapping, Fault> {
    let expression = properties.required(name)?;
    Mapping::parse(&expression).ok_or_else(|| {
        let message =
            format!("expected 'a fixed value' in quotes or context.NAME, not {expression}");
        properties.fault(name, message)
    })
}

/// Templates here may hold variables; the language around them is not run.
fn no_directives(properties: &Properties<'_>, name: &str, template: &str) -> Result<(), Fault> {
    let directive = [
        "#set",
        "#if",
        "#foreach",
        "$input",
        "$util",
        "${stageVariables",
        "$stageVariables",
    ]
    .into_iter()
    .find(|directive| template.contains(directive));
    match directive {
        None => Ok(()),
        Some(found) => Err(properties.fault(
            name,
            format!("{found} is not supported by the local system"),
        )),
    }
}
