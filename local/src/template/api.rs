//! `AWS::Serverless::Api`: routes, authorizers, gateway responses, limits.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::{Map, Value, json};

use super::intrinsics::{Scope, text};
use super::{Fault, Function, Mapping, Properties, merged};

/// A REST API at one stage.
#[derive(Debug)]
pub struct RestApi {
    /// The identifier in ARNs and in the request context.
    pub id: String,
    /// `StageName`.
    pub stage: String,
    /// `Variables`.
    pub stage_variables: BTreeMap<String, String>,
    /// Every method of every path.
    pub routes: Vec<Route>,
    /// `Auth.Authorizers` by name.
    pub authorizers: BTreeMap<String, Authorizer>,
    /// `GatewayResponses` by type.
    pub responses: BTreeMap<String, CustomResponse>,
    /// `AccessLogSetting.Format`, which is not written here.
    pub access_log: Option<String>,
    /// `BinaryMediaTypes`, with SAM's `~1` read as `/`.
    pub binary_media_types: Vec<String>,
}

/// One method of one path.
#[derive(Clone, Debug)]
pub struct Route {
    /// In upper case; `ANY` for all.
    pub method: String,
    /// As the template has it: `/a/{b}` or `/a/{rest+}`.
    pub path: String,
    /// What answers.
    pub integration: Integration,
    /// The name of its authorizer.
    pub authorizer: Option<String>,
    /// How long the integration may take.
    pub timeout: Duration,
    /// From `MethodSettings`.
    pub throttle: Option<Throttle>,
}

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

/// `ThrottlingRateLimit` and `ThrottlingBurstLimit` of a method.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Throttle {
    /// Requests a second.
    pub rate: f64,
    /// Requests at once.
    pub burst: f64,
}

/// A Lambda authorizer.
#[derive(Clone, Debug)]
pub struct Authorizer {
    /// The logical id of its function.
    pub function: String,
    /// What it is sent.
    pub kind: AuthorizerKind,
    /// What must be there before it is asked, and the key of what it said.
    pub identity: Vec<IdentitySource>,
    /// `ReauthorizeEvery`; zero keeps nothing.
    pub keep: Duration,
}

/// `FunctionPayloadType`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuthorizerKind {
    /// `REQUEST`: the request.
    Request,
    /// `TOKEN`: one header.
    Token,
}

/// One identity source of an authorizer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IdentitySource {
    /// A header.
    Header(String),
    /// A query parameter.
    Query(String),
    /// A stage variable.
    StageVariable(String),
    /// A context variable.
    Context(String),
}

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

/// The default and the most that a REST API waits for an integration.
const INTEGRATION_TIMEOUT: Duration = Duration::from_secs(29);

/// What SAM calls the API that functions share when they name none.
const IMPLICIT_API: &str = "ServerlessRestApi";

const HONOURED: &[&str] = &[
    "AccessLogSetting",
    "Auth",
    "BinaryMediaTypes",
    "Cors",
    "DefinitionBody",
    "GatewayResponses",
    "MergeDefinitions",
    "MethodSettings",
    "StageName",
    "Variables",
];

/// Names, logs, certificates, metrics: nothing that a client would notice here.
const HARMLESS: &[&str] = &[
    "AlwaysDeploy",
    "ApiKeySourceType",
    "Description",
    "DisableExecuteApiEndpoint",
    "Domain",
    "EndpointConfiguration",
    "FailOnWarnings",
    "Mode",
    "Name",
    "OpenApiVersion",
    "PropagateTags",
    "SecurityPolicy",
    "Tags",
    "TracingEnabled",
];

/// Optimizations of the answer that the stand-in leaves out, and says so.
const NOTED: &[&str] = &[
    "CacheClusterEnabled",
    "CacheClusterSize",
    "CanarySetting",
    "MinimumCompressionSize",
];

pub(super) fn read(
    mut declared: Vec<(String, Properties<'_>)>,
    scope: &Scope,
    globals: &Value,
    functions: &BTreeMap<String, Function>,
) -> Result<(RestApi, Vec<String>), Fault> {
    if let [(first, _), (second, _), ..] = declared.as_slice() {
        return Err(Fault::new(
            "Resources",
            format!(
                "the local system serves one AWS::Serverless::Api, and here are {first} and {second}"
            ),
        ));
    }
    let (logical_id, properties) = declared.pop().unwrap_or_else(|| {
        let mut values = merged(&globals["Api"], &Value::Null);
        values.insert("StageName".to_owned(), json!("Prod"));
        let at = format!("Resources.{IMPLICIT_API}.Properties");
        (IMPLICIT_API.to_owned(), Properties { scope, values, at })
    });
    properties.only(HONOURED, &[HARMLESS, NOTED].concat())?;
    let id = scope.api_id(&logical_id);
    let mut notes: Vec<String> = NOTED
        .iter()
        .filter(|name| properties.has(name))
        .map(|name| format!("{logical_id}: {name} has no effect here."))
        .collect();

    let auth = properties.map("Auth")?;
    auth.only(
        &[
            "AddApiKeyRequiredToCorsPreflight",
            "AddDefaultAuthorizerToCorsPreflight",
            "ApiKeyRequired",
            "Authorizers",
            "DefaultAuthorizer",
        ],
        &["InvokeRole"],
    )?;
    if auth.boolean("ApiKeyRequired")? == Some(true) {
        return Err(auth.fault("ApiKeyRequired", "is not supported by the local system"));
    }
    let authorizers = authorizers(&auth.map("Authorizers")?, functions)?;
    let default_authorizer = authorizer_name(&auth, "DefaultAuthorizer", &authorizers)?;
    let preflight_authorizer = match auth.boolean("AddDefaultAuthorizerToCorsPreflight")? {
        Some(false) => None,
        _ => default_authorizer.clone(),
    };

    let mut routes: BTreeMap<(String, String), Route> = BTreeMap::new();
    let mut add = |at: &str, route: Route| -> Result<(), Fault> {
        let key = (normal_path(&route.path).to_owned(), route.method.clone());
        match routes.insert(key, route) {
            None => Ok(()),
            Some(twice) => Err(Fault::new(
                at,
                format!("{} {} is there twice", twice.method, twice.path),
            )),
        }
    };
    for function in functions.values() {
        for event in &function.other_events {
            notes.push(format!(
                "{}: the event {event} does not happen here.",
                function.logical_id
            ));
        }
        for event in &function.events {
            let event = Properties {
                scope,
                values: event.properties.clone(),
                at: event.at.clone(),
            };
            event.only(
                &["Auth", "Method", "Path", "RestApiId", "TimeoutInMillis"],
                &[],
            )?;
            let of = event
                .string("RestApiId")?
                .unwrap_or_else(|| scope.api_id(IMPLICIT_API));
            if of != id {
                return Err(event.fault("RestApiId", format!("is not !Ref {logical_id}")));
            }
            let auth = event.map("Auth")?;
            auth.only(
                &["ApiKeyRequired", "Authorizer", "OverrideApiAuth"],
                &["InvokeRole"],
            )?;
            if auth.boolean("ApiKeyRequired")? == Some(true) {
                return Err(auth.fault("ApiKeyRequired", "is not supported by the local system"));
            }
            let authorizer = if auth.has("Authorizer") {
                authorizer_name(&auth, "Authorizer", &authorizers)?
            } else {
                default_authorizer.clone()
            };
            let timeout = event
                .number("TimeoutInMillis")?
                .map_or(INTEGRATION_TIMEOUT, Duration::from_millis);
            let path = event.required("Path")?;
            check_path(&path).map_err(|message| event.fault("Path", message))?;
            let route = Route {
                method: method(&event.required("Method")?)
                    .map_err(|message| event.fault("Method", message))?,
                path,
                integration: Integration::Function(function.logical_id.clone()),
                authorizer,
                timeout,
                throttle: None,
            };
            add(&event.at, route)?;
        }
    }

    if properties.has("DefinitionBody") {
        if properties.boolean("MergeDefinitions")? != Some(true)
            && functions
                .values()
                .any(|function| !function.events.is_empty())
        {
            return Err(properties.fault(
                "DefinitionBody",
                "stands beside routes from events: set MergeDefinitions: true",
            ));
        }
        let body = properties.map("DefinitionBody")?;
        body.only(
            &["paths", "openapi", "swagger"],
            &[
                "basePath",
                "components",
                "definitions",
                "externalDocs",
                "host",
                "info",
                "schemes",
                "securityDefinitions",
                "servers",
                "tags",
            ],
        )?;
        let paths = body.map("paths")?;
        for path in paths.values.keys() {
            check_path(path).map_err(|message| paths.fault(path, message))?;
            let methods = paths.map(path)?;
            for name in methods.values.keys().filter(|name| is_method(name)) {
                let operation = methods.map(name)?;
                let method = if name == "x-amazon-apigateway-any-method" {
                    "ANY".to_owned()
                } else {
                    name.to_uppercase()
                };
                let authorizer = match operation.get("security")? {
                    None if method == "OPTIONS" => preflight_authorizer.clone(),
                    None => default_authorizer.clone(),
                    Some(security) => {
                        let names: Vec<&String> = security
                            .as_array()
                            .into_iter()
                            .flatten()
                            .filter_map(Value::as_object)
                            .flat_map(Map::keys)
                            .collect();
                        match names.as_slice() {
                            [] => None,
                            [none] if *none == "NONE" => None,
                            [name] if authorizers.contains_key(*name) => Some((*name).clone()),
                            _ => {
                                return Err(operation.fault(
                                    "security",
                                    "expected one authorizer of Auth.Authorizers",
                                ));
                            }
                        }
                    }
                };
                let (integration, timeout) = integration(&operation, functions)?;
                add(
                    &operation.at,
                    Route {
                        method,
                        path: path.clone(),
                        integration,
                        authorizer,
                        timeout,
                        throttle: None,
                    },
                )?;
            }
        }
    }

    if let Some(cors) = cors(&properties)? {
        let mut methods: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (path, method) in routes.keys() {
            methods
                .entry(path.clone())
                .or_default()
                .insert(method.clone());
        }
        for (path, methods) in methods {
            if methods.contains("OPTIONS") || methods.contains("ANY") {
                continue;
            }
            let route = Route {
                method: "OPTIONS".to_owned(),
                path: path.clone(),
                integration: Integration::Mock(preflight(&cors, methods)),
                authorizer: preflight_authorizer.clone(),
                timeout: INTEGRATION_TIMEOUT,
                throttle: None,
            };
            routes.insert((path, "OPTIONS".to_owned()), route);
        }
    }

    let mut routes: Vec<Route> = routes.into_values().collect();
    throttle(&properties, &mut routes)?;
    let variables = properties.map("Variables")?;
    let mut stage_variables = BTreeMap::new();
    for name in variables.values.keys() {
        stage_variables.insert(name.clone(), variables.required(name)?);
    }
    let api = RestApi {
        id,
        stage: properties.required("StageName")?,
        stage_variables,
        routes,
        authorizers,
        responses: responses(&properties.map("GatewayResponses")?)?,
        access_log: properties.map("AccessLogSetting")?.string("Format")?,
        binary_media_types: properties
            .strings("BinaryMediaTypes")?
            .iter()
            .map(|media_type| media_type.replace("~1", "/").to_ascii_lowercase())
            .collect(),
    };
    Ok((api, notes))
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

fn is_method(name: &str) -> bool {
    name == "x-amazon-apigateway-any-method"
        || matches!(
            name,
            "get" | "put" | "post" | "delete" | "options" | "head" | "patch"
        )
}

fn method(name: &str) -> Result<String, String> {
    let upper = name.to_uppercase();
    if upper == "ANY" || name == "*" {
        Ok("ANY".to_owned())
    } else if is_method(&upper.to_lowercase()) {
        Ok(upper)
    } else {
        Err(format!("{name} is not a method that API Gateway has"))
    }
}

fn authorizer_name(
    properties: &Properties<'_>,
    property: &str,
    authorizers: &BTreeMap<String, Authorizer>,
) -> Result<Option<String>, Fault> {
    match properties.string(property)? {
        None => Ok(None),
        Some(none) if none == "NONE" => Ok(None),
        Some(name) if authorizers.contains_key(&name) => Ok(Some(name)),
        Some(name) => Err(properties.fault(
            property,
            format!("{name} is not a Lambda authorizer of Auth.Authorizers"),
        )),
    }
}

fn authorizers(
    declared: &Properties<'_>,
    functions: &BTreeMap<String, Function>,
) -> Result<BTreeMap<String, Authorizer>, Fault> {
    let mut authorizers = BTreeMap::new();
    for name in declared.values.keys() {
        let authorizer = declared.map(name)?;
        authorizer.only(
            &["FunctionArn", "FunctionPayloadType", "Identity"],
            &["DisableFunctionDefaultPermissions", "FunctionInvokeRole"],
        )?;
        let arn = authorizer.required("FunctionArn")?;
        let function = functions
            .values()
            .find(|function| function.arn == arn)
            .ok_or_else(|| authorizer.fault("FunctionArn", "is not a function of this template"))?;
        let identity = authorizer.map("Identity")?;
        let keep = Duration::from_secs(identity.number("ReauthorizeEvery")?.unwrap_or(300));
        let (kind, sources) = match authorizer.string("FunctionPayloadType")?.as_deref() {
            Some("REQUEST") => {
                identity.only(
                    &[
                        "Context",
                        "Headers",
                        "QueryStrings",
                        "ReauthorizeEvery",
                        "StageVariables",
                    ],
                    &[],
                )?;
                let mut sources = Vec::new();
                sources.extend(
                    identity
                        .strings("Headers")?
                        .into_iter()
                        .map(IdentitySource::Header),
                );
                sources.extend(
                    identity
                        .strings("QueryStrings")?
                        .into_iter()
                        .map(IdentitySource::Query),
                );
                sources.extend(
                    identity
                        .strings("StageVariables")?
                        .into_iter()
                        .map(IdentitySource::StageVariable),
                );
                sources.extend(
                    identity
                        .strings("Context")?
                        .into_iter()
                        .map(IdentitySource::Context),
                );
                if sources.is_empty() && !keep.is_zero() {
                    return Err(authorizer.fault(
                        "Identity",
                        "expected at least one of Headers, QueryStrings, StageVariables and Context",
                    ));
                }
                (AuthorizerKind::Request, sources)
            }
            None | Some("TOKEN") => {
                identity.only(&["Header", "ReauthorizeEvery"], &[])?;
                let header = identity
                    .string("Header")?
                    .unwrap_or_else(|| "Authorization".to_owned());
                (AuthorizerKind::Token, vec![IdentitySource::Header(header)])
            }
            Some(other) => {
                return Err(authorizer.fault(
                    "FunctionPayloadType",
                    format!("expected REQUEST or TOKEN, not {other}"),
                ));
            }
        };
        authorizers.insert(
            name.clone(),
            Authorizer {
                function: function.logical_id.clone(),
                kind,
                identity: sources,
                keep,
            },
        );
    }
    Ok(authorizers)
}

fn integration(
    operation: &Properties<'_>,
    functions: &BTreeMap<String, Function>,
) -> Result<(Integration, Duration), Fault> {
    const NAME: &str = "x-amazon-apigateway-integration";
    if !operation.has(NAME) {
        return Err(operation.fault(NAME, "is missing"));
    }
    let integration = operation.map(NAME)?;
    let timeout = integration
        .number("timeoutInMillis")?
        .map_or(INTEGRATION_TIMEOUT, Duration::from_millis);
    let integration = match integration.required("type")?.to_lowercase().as_str() {
        "mock" => Integration::Mock(mock(&integration)?),
        "aws_proxy" => {
            let uri = integration.required("uri")?;
            let function = functions
                .values()
                .find(|function| uri.ends_with(&format!("/functions/{}/invocations", function.arn)))
                .ok_or_else(|| {
                    integration.fault(
                        "uri",
                        "is not the invocation of a function of this template",
                    )
                })?;
            Integration::Function(function.logical_id.clone())
        }
        other => {
            return Err(integration.fault(
                "type",
                format!("{other} is not supported by the local system"),
            ));
        }
    };
    Ok((integration, timeout))
}

fn mock(integration: &Properties<'_>) -> Result<Mock, Fault> {
    integration.only(
        &[
            "contentHandling",
            "passthroughBehavior",
            "requestTemplates",
            "responses",
            "timeoutInMillis",
            "type",
        ],
        &[
            "cacheKeyParameters",
            "cacheNamespace",
            "httpMethod",
            "requestParameters",
            "uri",
        ],
    )?;
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
    let key = if responses.has(&chosen) {
        chosen.as_str()
    } else {
        "default"
    };
    if !responses.has(key) {
        return Err(responses.fault(key, format!("is missing: the request asks for {chosen}")));
    }
    let response = responses.map(key)?;
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

fn mapping(properties: &Properties<'_>, name: &str) -> Result<Mapping, Fault> {
    let expression = properties.required(name)?;
    Mapping::parse(&expression).ok_or_else(|| {
        properties.fault(
            name,
            format!("{expression} is not a mapping: a fixed value is 'in quotes'"),
        )
    })
}

/// Templates here may hold variables; the language around them is not run.
fn no_directives(properties: &Properties<'_>, name: &str, template: &str) -> Result<(), Fault> {
    let directive = ["#set", "#if", "#foreach", "$input", "$util"]
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

/// SAM's `Cors`, each value still in its quotes.
struct Cors {
    origin: String,
    headers: Option<String>,
    methods: Option<String>,
    max_age: Option<String>,
    credentials: bool,
}

fn cors(properties: &Properties<'_>) -> Result<Option<Cors>, Fault> {
    match properties.get("Cors")? {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(origin)) => Ok(Some(Cors {
            origin,
            headers: None,
            methods: None,
            max_age: None,
            credentials: false,
        })),
        Some(Value::Object(_)) => {
            let cors = properties.map("Cors")?;
            cors.only(
                &[
                    "AllowCredentials",
                    "AllowHeaders",
                    "AllowMethods",
                    "AllowOrigin",
                    "MaxAge",
                ],
                &[],
            )?;
            Ok(Some(Cors {
                origin: cors.required("AllowOrigin")?,
                headers: cors.string("AllowHeaders")?,
                methods: cors.string("AllowMethods")?,
                max_age: cors.string("MaxAge")?,
                credentials: cors.boolean("AllowCredentials")? == Some(true),
            }))
        }
        Some(_) => Err(properties.fault("Cors", "expected a string or a map")),
    }
}

/// The `OPTIONS` method that SAM writes for a path.
fn preflight(cors: &Cors, methods: BTreeSet<String>) -> Mock {
    let unquoted = |value: &String| value.trim_matches('\'').to_owned();
    let methods = cors.methods.as_ref().map(unquoted).unwrap_or_else(|| {
        let mut methods = methods;
        methods.insert("OPTIONS".to_owned());
        methods.into_iter().collect::<Vec<_>>().join(",")
    });
    let headers = [
        ("Access-Control-Allow-Methods", Some(methods)),
        ("Access-Control-Allow-Origin", Some(unquoted(&cors.origin))),
        (
            "Access-Control-Allow-Headers",
            cors.headers.as_ref().map(unquoted),
        ),
        (
            "Access-Control-Max-Age",
            cors.max_age.as_ref().map(unquoted),
        ),
        (
            "Access-Control-Allow-Credentials",
            cors.credentials.then(|| "true".to_owned()),
        ),
    ];
    Mock {
        status: 200,
        headers: headers
            .into_iter()
            .filter_map(|(name, value)| Some((name.to_owned(), Mapping::Static(value?))))
            .collect(),
        body: "{}\n".to_owned(),
        content_type: "application/json".to_owned(),
    }
}

fn responses(declared: &Properties<'_>) -> Result<BTreeMap<String, CustomResponse>, Fault> {
    let mut responses = BTreeMap::new();
    for kind in declared.values.keys() {
        if !crate::gateway::is_response_type(kind) {
            return Err(declared.fault(kind, "is not a type of gateway response"));
        }
        let response = declared.map(kind)?;
        response.only(
            &["ResponseParameters", "ResponseTemplates", "StatusCode"],
            &[],
        )?;
        let parameters = response.map("ResponseParameters")?;
        parameters.only(&["Headers"], &["Paths", "QueryStrings"])?;
        let declared_headers = parameters.map("Headers")?;
        let mut headers = Vec::new();
        for name in declared_headers.values.keys() {
            headers.push((name.clone(), mapping(&declared_headers, name)?));
        }
        let declared_templates = response.map("ResponseTemplates")?;
        let mut templates = BTreeMap::new();
        for media_type in declared_templates.values.keys() {
            let template = declared_templates.required(media_type)?;
            no_directives(&declared_templates, media_type, &template)?;
            templates.insert(media_type.clone(), template);
        }
        responses.insert(
            kind.clone(),
            CustomResponse {
                status: response.number("StatusCode")?,
                headers,
                templates,
            },
        );
    }
    Ok(responses)
}

/// Throttling is a limit of each method, from the setting that names it most closely.
fn throttle(properties: &Properties<'_>, routes: &mut [Route]) -> Result<(), Fault> {
    let mut settings = Vec::new();
    for setting in properties.maps("MethodSettings")? {
        let (rate, burst): (Option<f64>, Option<f64>) = (
            setting.number("ThrottlingRateLimit")?,
            setting.number("ThrottlingBurstLimit")?,
        );
        let (Some(rate), Some(burst)) = (rate, burst) else {
            continue;
        };
        let path = setting
            .string("ResourcePath")?
            .unwrap_or_else(|| "/*".to_owned());
        let path = match path.as_str() {
            "/*" | "*" => None,
            path => Some(format!(
                "/{}",
                path.trim_start_matches('/')
                    .replace("~1", "/")
                    .trim_start_matches('/')
            )),
        };
        let method = setting
            .string("HttpMethod")?
            .filter(|method| method != "*")
            .map(|m| m.to_uppercase());
        settings.push((path, method, Throttle { rate, burst }));
    }
    for route in routes {
        route.throttle = settings
            .iter()
            .filter(|(path, method, _)| {
                path.as_ref().is_none_or(|path| *path == route.path)
                    && method.as_ref().is_none_or(|method| *method == route.method)
            })
            .max_by_key(|(path, method, _)| (path.is_some(), method.is_some()))
            .map(|(_, _, throttle)| *throttle);
    }
    Ok(())
}
