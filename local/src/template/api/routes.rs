//! The methods of the paths: from the functions' events, and from `DefinitionBody`.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Map, Value};

use super::super::{Fault, Function, Properties};
use super::authorizers::{Auth, named};
use super::integration::{self, Integration};
use super::{INTEGRATION_TIMEOUT, Throttle};

/// One method of one path.
#[derive(Clone, Debug)]
pub struct Route {
    /// In upper case.
    pub method: String,
    /// As in the template: `/a/{b}` or `/a/{rest+}`.
    pub path: String,
    /// The integration.
    pub integration: Integration,
    /// The name of its authorizer.
    pub authorizer: Option<String>,
    /// The time limit of the integration.
    pub timeout: Duration,
    /// From `MethodSettings`.
    pub throttle: Option<Throttle>,
}

/// Every method of every path, each once.
struct Routes(BTreeMap<(String, String), Route>);

impl Routes {
    fn add(&mut self, at: &str, route: Route) -> Result<(), Fault> {
        let key = (normal_path(&route.path).to_owned(), route.method.clone());
        match self.0.insert(key, route) {
            None => Ok(()),
            Some(twice) => {
                let message = format!("{} {} is defined twice", twice.method, twice.path);
                Err(Fault::new(at, message))
            }
        }
    }
}

pub(super) fn read(
    api: &Properties<'_>,
    api_id: &str,
    auth: &Auth,
    functions: &BTreeMap<String, Function>,
) -> Result<Vec<Route>, Fault> {
    let mut routes = Routes(BTreeMap::new());
    for function in functions.values() {
        for event in &function.events {
            let event = Properties {
                scope: api.scope,
                values: event.properties.clone(),
                at: event.at.clone(),
            };
            routes.add(&event.at, of_event(&event, function, api_id, auth)?)?;
        }
    }
    if api.has("DefinitionBody") {
        if !routes.0.is_empty() && api.boolean("MergeDefinitions")? != Some(true) {
            return Err(api.fault(
                "DefinitionBody",
                "stands beside routes from events: set MergeDefinitions: true",
            ));
        }
        of_definition(&api.map("DefinitionBody")?, &mut routes, auth, functions)?;
    }
    Ok(routes.0.into_values().collect())
}

/// The route of an event of type `Api`.
fn of_event(
    event: &Properties<'_>,
    function: &Function,
    api_id: &str,
    auth: &Auth,
) -> Result<Route, Fault> {
    event.only(
        &["Auth", "Method", "Path", "RestApiId", "TimeoutInMillis"],
        &[],
    )?;
    if event.required("RestApiId")? != api_id {
        return Err(event.fault(
            "RestApiId",
            "is not the AWS::Serverless::Api of this template",
        ));
    }
    let own = event.map("Auth")?;
    own.only(&["Authorizer"], &[])?;
    let authorizer = match own.has("Authorizer") {
        true => named(&own, "Authorizer", &auth.authorizers)?,
        false => auth.default.clone(),
    };
    let path = event.required("Path")?;
    check_path(&path).map_err(|message| event.fault("Path", message))?;
    let method = event.required("Method")?;
    if !is_method(&method.to_lowercase()) {
        return Err(event.fault(
            "Method",
            format!("{method} is not supported by the local system"),
        ));
    }
    Ok(Route {
        method: method.to_uppercase(),
        path,
        integration: Integration::Function(function.logical_id.clone()),
        authorizer,
        timeout: event
            .number("TimeoutInMillis")?
            .map_or(INTEGRATION_TIMEOUT, Duration::from_millis),
        throttle: None,
    })
}

fn of_definition(
    body: &Properties<'_>,
    routes: &mut Routes,
    auth: &Auth,
    functions: &BTreeMap<String, Function>,
) -> Result<(), Fault> {
    body.only(&["paths", "openapi"], &["info"])?;
    let paths = body.map("paths")?;
    for path in paths.values.keys() {
        check_path(path).map_err(|message| paths.fault(path, message))?;
        let methods = paths.map(path)?;
        for name in methods.values.keys() {
            if !is_method(name) {
                return Err(methods.fault(name, "is not supported by the local system"));
            }
            let operation = methods.map(name)?;
            let route = Route {
                method: name.to_uppercase(),
                path: path.clone(),
                integration: integration::read(&operation, functions)?,
                authorizer: authorizer(&operation, name == "options", auth)?,
                timeout: INTEGRATION_TIMEOUT,
                throttle: None,
            };
            routes.add(&operation.at, route)?;
        }
    }
    Ok(())
}

/// The authorizer that `security` names, or the default one.
fn authorizer(
    operation: &Properties<'_>,
    is_preflight: bool,
    auth: &Auth,
) -> Result<Option<String>, Fault> {
    let Some(security) = operation.get("security")? else {
        return Ok(match is_preflight {
            true => auth.preflight.clone(),
            false => auth.default.clone(),
        });
    };
    let requirements = security.as_array().into_iter().flatten();
    let names: Vec<&String> = requirements
        .filter_map(Value::as_object)
        .flat_map(Map::keys)
        .collect();
    match names.as_slice() {
        [] => Ok(None),
        [none] if *none == "NONE" => Ok(None),
        [name] if auth.authorizers.contains_key(*name) => Ok(Some((*name).clone())),
        _ => Err(operation.fault("security", "expected one authorizer of Auth.Authorizers")),
    }
}

/// A trailing slash makes no other path for API Gateway.
fn normal_path(path: &str) -> &str {
    match path.trim_end_matches('/') {
        "" => "/",
        path => path,
    }
}

/// API Gateway's rules for the path of a resource.
fn check_path(path: &str) -> Result<(), String> {
    if !path.starts_with('/') {
        return Err(format!("{path}: expected a path that begins with /"));
    }
    let segments: Vec<&str> = normal_path(path).split('/').skip(1).collect();
    for (index, segment) in segments.iter().enumerate() {
        if normal_path(path) != "/" && segment.is_empty() {
            return Err(format!("{path}: has an empty segment"));
        }
        if !segment.contains(['{', '}']) {
            continue;
        }
        let Some(name) = segment
            .strip_prefix('{')
            .and_then(|rest| rest.strip_suffix('}'))
        else {
            return Err(format!("{path}: a parameter must be a whole segment"));
        };
        let greedy = name.ends_with('+');
        let name = name.trim_end_matches('+');
        if name.is_empty()
            || !name
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "._-:".contains(c))
        {
            return Err(format!("{path}: {segment} is not the name of a parameter"));
        }
        if greedy && index + 1 != segments.len() {
            return Err(format!("{path}: {segment} must be the last segment"));
        }
    }
    Ok(())
}

/// Whether a method of this name, in lower case, is served here.
fn is_method(name: &str) -> bool {
    matches!(
        name,
        "get" | "put" | "post" | "delete" | "options" | "head" | "patch"
    )
}
