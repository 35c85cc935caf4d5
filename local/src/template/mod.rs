//! The SAM template, read into what this program needs of it.
//!
//! It reads what template.yaml has, and no other template is promised to work. The rule for a
//! property of a resource that runs here is: honoured, or known to change nothing on one
//! machine, or an error that names it. Alarms, log groups, roles and queues are left alone,
//! because nothing here would behave differently with them; any other type is an error.

mod api;
mod function;
mod intrinsics;
mod mapping;
mod pattern;
pub mod policy;
mod stream;
pub mod table;
mod yaml;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

pub use api::{Authorizer, CustomResponse, Integration, Mock, RestApi, Route, Throttle};
pub use function::Function;
pub use intrinsics::ACCOUNT_ID;
pub(crate) use intrinsics::short_id;
pub use mapping::Mapping;
pub use pattern::Pattern;
pub use stream::StreamEvent;
pub use table::{AttributeType, Index, Key, Table, Throughput};

use crate::error::{Error, Result};
use intrinsics::{Scope, text};

/// A template with everything worked out that this machine is to run.
#[derive(Debug)]
pub struct Stack {
    /// The file it came from.
    pub path: PathBuf,
    /// The region that appears in ARNs and in the functions' environment.
    pub region: String,
    /// The functions by logical id.
    pub functions: BTreeMap<String, Function>,
    /// The REST API in front of them.
    pub api: RestApi,
    /// The tables that they use.
    pub tables: Vec<Table>,
    /// `Metadata.LocalSystem.DemoProgram`: the program to run when the tables exist.
    pub demo_program: Option<String>,
    /// `Metadata.LocalSystem.DevelopmentProgram`: the program that has all functions and takes
    /// the name of one, the binary's, as its only argument.
    pub development_program: Option<String>,
    /// Differences from the deployed system, one sentence each.
    pub notes: Vec<String>,
}

impl Stack {
    /// Reads the template at `path`, with `parameters` in place of their defaults.
    ///
    /// # Errors
    /// [`Error::File`] if it cannot be read, [`Error::Template`] if it says something that
    /// cannot be honoured here.
    pub fn read(path: &Path, parameters: &BTreeMap<String, String>, region: &str) -> Result<Self> {
        let source = std::fs::read_to_string(path).map_err(|source| Error::File {
            path: path.to_owned(),
            source,
        })?;
        Self::parse(&source, path, parameters, region).map_err(|fault| Error::Template {
            at: match fault.at.as_str() {
                "" => path.display().to_string(),
                at => format!("{}: {at}", path.display()),
            },
            message: fault.message,
        })
    }

    fn parse(
        source: &str,
        path: &Path,
        given: &BTreeMap<String, String>,
        region: &str,
    ) -> std::result::Result<Self, Fault> {
        let root = yaml::read(source).map_err(|message| Fault::new("", message))?;
        let scope = scope(&root, given, region)?;
        let mut read = Resources::default();
        for (logical_id, resource) in &scope.resources {
            read.add(logical_id, resource, &root["Globals"], &scope)?;
        }
        let Resources {
            functions,
            tables,
            apis,
        } = read;
        let notes = streams(&functions, &tables)?;
        let api = api::read(apis, &functions)?;
        let local_system = |name: &str| {
            root["Metadata"]["LocalSystem"][name]
                .as_str()
                .map(str::to_owned)
        };
        Ok(Self {
            path: path.to_owned(),
            region: region.to_owned(),
            functions,
            api,
            tables,
            demo_program: local_system("DemoProgram"),
            development_program: local_system("DevelopmentProgram"),
            notes,
        })
    }
}

/// The targets of the intrinsic functions, without the resources whose condition does not hold.
fn scope(
    root: &Value,
    given: &BTreeMap<String, String>,
    region: &str,
) -> std::result::Result<Scope, Fault> {
    let resources = root["Resources"]
        .as_object()
        .filter(|resources| !resources.is_empty())
        .ok_or_else(|| Fault::new("Resources", "expected a map of resources"))?;
    let mut scope = Scope {
        region: region.to_owned(),
        stack_name: "local".to_owned(),
        parameters: parameters(&root["Parameters"], given)?,
        conditions: root["Conditions"].as_object().cloned().unwrap_or_default(),
        resources: resources.clone(),
    };
    for (logical_id, resource) in resources {
        if let Some(condition) = resource["Condition"].as_str()
            && !scope.condition(condition, &format!("Resources.{logical_id}.Condition"))?
        {
            scope.resources.remove(logical_id);
        }
    }
    Ok(scope)
}

/// The resources that run here.
#[derive(Default)]
struct Resources<'t> {
    functions: BTreeMap<String, Function>,
    tables: Vec<Table>,
    apis: Vec<(String, Properties<'t>)>,
}

/// Types of resources that nothing on this machine would behave differently with.
const LEFT_ALONE: &[&str] = &[
    "AWS::ApiGateway::Account",
    "AWS::ApiGateway::BasePathMapping",
    "AWS::ApiGateway::DomainName",
    "AWS::Budgets::",
    "AWS::CloudWatch::",
    "AWS::IAM::",
    "AWS::Lambda::Permission",
    "AWS::Logs::",
    "AWS::SNS::",
    "AWS::SQS::",
    "AWS::WAFv2::",
];

impl<'t> Resources<'t> {
    fn add(
        &mut self,
        logical_id: &str,
        resource: &Value,
        globals: &Value,
        scope: &'t Scope,
    ) -> std::result::Result<(), Fault> {
        let at = format!("Resources.{logical_id}");
        let properties = |section: &str| Properties {
            scope,
            values: merged(&globals[section], &resource["Properties"]),
            at: format!("{at}.Properties"),
        };
        match resource["Type"].as_str() {
            Some("AWS::Serverless::Function") => {
                let properties = properties("Function");
                let function = function::read(logical_id, &resource["Metadata"], &properties)?;
                self.functions.insert(logical_id.to_owned(), function);
            }
            Some("AWS::Serverless::Api") => {
                self.apis.push((logical_id.to_owned(), properties("Api")));
            }
            Some("AWS::DynamoDB::Table") => {
                self.tables.push(table::read(logical_id, &properties(""))?);
            }
            Some(kind) if LEFT_ALONE.iter().any(|left| kind.starts_with(left)) => {}
            kind => {
                let kind = kind.unwrap_or("a resource without a type");
                let message = format!("{kind} is not supported by the local system");
                return Err(Fault::new(&format!("{at}.Type"), message));
            }
        }
        Ok(())
    }
}

/// Holds the events of streams to the tables, and notes what is different about them here.
fn streams(
    functions: &BTreeMap<String, Function>,
    tables: &[Table],
) -> std::result::Result<Vec<String>, Fault> {
    let mut notes = Vec::new();
    for (logical_id, function) in functions {
        for event in &function.streams {
            let has_stream =
                |table: &&Table| table.name == event.table && table.stream_view.is_some();
            if tables.iter().find(has_stream).is_none() {
                return Err(Fault::new(
                    &format!("{}.Stream", event.at),
                    format!("there is no table {} with a stream", event.table),
                ));
            }
            if event.has_destination {
                notes.push(format!(
                    "{logical_id}: changes that the event {} gives up go to the log only.",
                    event.name
                ));
            }
        }
    }
    Ok(notes)
}

/// A fault and its place in the template.
#[derive(Debug)]
pub(crate) struct Fault {
    at: String,
    message: String,
}

impl Fault {
    fn new(at: &str, message: impl Into<String>) -> Self {
        Self {
            at: at.to_owned(),
            message: message.into(),
        }
    }
}

fn parameters(
    declared: &Value,
    given: &BTreeMap<String, String>,
) -> std::result::Result<BTreeMap<String, Value>, Fault> {
    let none = Map::new();
    let declared = declared.as_object().unwrap_or(&none);
    if let Some(name) = given.keys().find(|name| !declared.contains_key(*name)) {
        return Err(Fault::new(
            "Parameters",
            format!("there is no parameter {name}"),
        ));
    }
    let mut values = BTreeMap::new();
    for (name, declaration) in declared {
        let at = format!("Parameters.{name}");
        let value = match given.get(name) {
            Some(value) => Value::String(value.clone()),
            None => declaration.get("Default").cloned().ok_or_else(|| {
                Fault::new(
                    &at,
                    format!("has no Default: give one with --parameter {name}=VALUE"),
                )
            })?,
        };
        if let Some(allowed) = declaration["AllowedValues"].as_array()
            && !allowed.iter().any(|allowed| text(allowed) == text(&value))
        {
            return Err(Fault::new(
                &at,
                format!("{} is not one of its AllowedValues", text(&value)),
            ));
        }
        let value = match declaration["Type"].as_str().unwrap_or("String") {
            "Number" => text(&value)
                .parse::<serde_json::Number>()
                .map(Value::Number)
                .map_err(|_| Fault::new(&at, format!("{} is not a number", text(&value))))?,
            "String" => Value::String(text(&value)),
            other => {
                let message = format!("expected the type String or Number, not {other}");
                return Err(Fault::new(&at, message));
            }
        };
        values.insert(name.clone(), value);
    }
    Ok(values)
}

/// A section of `Globals` under the properties of one resource, as SAM merges them: maps key
/// by key, lists one after the other, anything else as the resource says.
fn merged(global: &Value, own: &Value) -> Map<String, Value> {
    fn merge(global: &Value, own: &Value) -> Value {
        let intrinsic = |map: &Map<String, Value>| {
            map.len() == 1
                && map
                    .keys()
                    .all(|key| key == "Ref" || key.starts_with("Fn::"))
        };
        match (global, own) {
            (Value::Object(global), Value::Object(own))
                if !intrinsic(global) && !intrinsic(own) =>
            {
                let mut result = global.clone();
                for (key, value) in own {
                    let value = match global.get(key) {
                        Some(global) => merge(global, value),
                        None => value.clone(),
                    };
                    result.insert(key.clone(), value);
                }
                Value::Object(result)
            }
            (Value::Array(global), Value::Array(own)) => {
                Value::Array(global.iter().chain(own).cloned().collect())
            }
            (global, Value::Null) => global.clone(),
            (_, own) => own.clone(),
        }
    }
    match merge(global, own) {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

/// The properties of a resource, or of a map in them, worked out one at a time: what is not
/// asked for may refer to anything.
struct Properties<'t> {
    scope: &'t Scope,
    values: Map<String, Value>,
    at: String,
}

impl Properties<'_> {
    fn at(&self, name: &str) -> String {
        format!("{}.{name}", self.at)
    }

    fn fault(&self, name: &str, message: impl Into<String>) -> Fault {
        Fault::new(&self.at(name), message)
    }

    fn has(&self, name: &str) -> bool {
        self.values.contains_key(name)
    }

    fn get(&self, name: &str) -> std::result::Result<Option<Value>, Fault> {
        match self.values.get(name) {
            Some(value) => self.scope.resolve(value, &self.at(name)),
            None => Ok(None),
        }
    }

    fn string(&self, name: &str) -> std::result::Result<Option<String>, Fault> {
        match self.get(name)? {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Object(_) | Value::Array(_)) => Err(self.fault(name, "expected a string")),
            Some(scalar) => Ok(Some(text(&scalar))),
        }
    }

    fn required(&self, name: &str) -> std::result::Result<String, Fault> {
        self.string(name)?
            .ok_or_else(|| self.fault(name, "is missing"))
    }

    fn boolean(&self, name: &str) -> std::result::Result<Option<bool>, Fault> {
        match self.string(name)?.as_deref() {
            None => Ok(None),
            Some("true") => Ok(Some(true)),
            Some("false") => Ok(Some(false)),
            Some(other) => Err(self.fault(name, format!("expected true or false, not {other}"))),
        }
    }

    fn number<T: std::str::FromStr>(&self, name: &str) -> std::result::Result<Option<T>, Fault> {
        match self.string(name)? {
            None => Ok(None),
            Some(value) => value
                .parse()
                .map(Some)
                .map_err(|_| self.fault(name, format!("{value} is not a number that fits here"))),
        }
    }

    fn strings(&self, name: &str) -> std::result::Result<Vec<String>, Fault> {
        Ok(match self.get(name)? {
            None | Some(Value::Null) => Vec::new(),
            Some(Value::Array(items)) => items.iter().map(text).collect(),
            Some(Value::Object(_)) => return Err(self.fault(name, "expected a list")),
            Some(scalar) => vec![text(&scalar)],
        })
    }

    /// The map under `name`; empty if it is missing.
    fn map(&self, name: &str) -> std::result::Result<Self, Fault> {
        Ok(Self {
            scope: self.scope,
            values: match self.values.get(name) {
                None | Some(Value::Null) => Map::new(),
                Some(Value::Object(map))
                    if map.contains_key("Fn::If") || map.contains_key("Ref") =>
                {
                    match self.get(name)? {
                        None => Map::new(),
                        Some(Value::Object(map)) => map,
                        Some(_) => return Err(self.fault(name, "expected a map")),
                    }
                }
                Some(Value::Object(map)) => map.clone(),
                Some(_) => return Err(self.fault(name, "expected a map")),
            },
            at: self.at(name),
        })
    }

    /// The list of maps under `name`; empty if it is missing.
    fn maps(&self, name: &str) -> std::result::Result<Vec<Self>, Fault> {
        match self.get(name)? {
            None | Some(Value::Null) => Ok(Vec::new()),
            Some(Value::Array(items)) => items
                .into_iter()
                .enumerate()
                .map(|(index, item)| match item {
                    Value::Object(values) => Ok(Self {
                        scope: self.scope,
                        values,
                        at: format!("{}[{index}]", self.at(name)),
                    }),
                    _ => Err(self.fault(name, "expected a list of maps")),
                })
                .collect(),
            Some(_) => Err(self.fault(name, "expected a list")),
        }
    }

    /// An error for the first property that is in neither list.
    fn only(&self, honoured: &[&str], harmless: &[&str]) -> std::result::Result<(), Fault> {
        match self
            .values
            .keys()
            .find(|name| !honoured.contains(&name.as_str()) && !harmless.contains(&name.as_str()))
        {
            None => Ok(()),
            Some(name) => Err(self.fault(name, "is not supported by the local system")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(template: &str) -> std::result::Result<Stack, String> {
        Stack::parse(
            template,
            Path::new("/x/template.yaml"),
            &BTreeMap::new(),
            "us-east-1",
        )
        .map_err(|fault| format!("{}: {}", fault.at, fault.message))
    }

    const FUNCTION: &str = "
  A:
    Type: AWS::Serverless::Api
    Properties: {StageName: prod}
  F:
    Type: AWS::Serverless::Function
    Metadata: {BuildMethod: rust-cargolambda, BuildProperties: {Binary: f}}
    Properties:
      Runtime: provided.al2023
      CodeUri: .
";

    #[test]
    fn globals_are_merged_as_sam_does() {
        let stack = parse(&format!(
            "Globals:
  Function:
    Timeout: 7
    Environment: {{Variables: {{A: 1, B: !Ref AWS::Region}}}}
Resources:{FUNCTION}      Environment: {{Variables: {{A: 2}}}}
"
        ))
        .unwrap();
        let function = &stack.functions["F"];
        assert_eq!(function.timeout.as_secs(), 7);
        assert_eq!(function.environment["A"], "2");
        assert_eq!(function.environment["B"], "us-east-1");
    }

    /// What template.yaml does not have is not supported here, and refused.
    #[test]
    fn what_is_not_understood_names_resource_and_property() {
        let event = |properties: &str| {
            format!(
                "      Events: {{E: {{Type: Api, Properties: {{RestApiId: !Ref A, {properties}}}}}}}\n"
            )
        };
        for (addition, expected) in [
            (
                "      Timeout: soon\n".to_owned(),
                "Resources.F.Properties.Timeout: soon is not a number",
            ),
            (
                "      VpcConfig: {}\n".to_owned(),
                "Resources.F.Properties.VpcConfig: is not supported",
            ),
            (
                "      Events: {E: {Type: HttpApi}}\n".to_owned(),
                "Resources.F.Properties.Events.E.Type: expected Api or DynamoDB, not HttpApi",
            ),
            (
                event("Path: /a, Method: get, Auth: {ApiKeyRequired: true}"),
                "Resources.F.Properties.Events.E.Properties.Auth.ApiKeyRequired:",
            ),
            (
                event("Path: '/{a+}/b', Method: get"),
                "Resources.F.Properties.Events.E.Properties.Path:",
            ),
            (
                event("Path: /a, Method: any"),
                "Resources.F.Properties.Events.E.Properties.Method: any is not supported",
            ),
            (
                "      Events: {E: {Type: Api, Properties: {Path: /a, Method: get}}}\n".to_owned(),
                "Resources.F.Properties.Events.E.Properties.RestApiId: is missing",
            ),
            (
                "      MemorySize: !Ref Nobody\n".to_owned(),
                "Resources.F.Properties.MemorySize: !Ref Nobody",
            ),
            (
                "      Policies: [AWSLambdaBasicExecutionRole]\n".to_owned(),
                "Resources.F.Properties.Policies: expected a list of maps",
            ),
            (
                "  X: {Type: AWS::Serverless::HttpApi}\n".to_owned(),
                "Resources.X.Type: AWS::Serverless::HttpApi is not supported",
            ),
            (
                "  B: {Type: AWS::Serverless::Api, Properties: {StageName: prod}}\n".to_owned(),
                "Resources: expected one AWS::Serverless::Api, not both A and B",
            ),
        ] {
            let result = parse(&format!("Resources:{FUNCTION}{addition}"));
            let message = result.map(|_| ()).unwrap_err();
            assert!(message.starts_with(expected), "{addition}: {message}");
        }
    }

    #[test]
    fn what_is_not_understood_of_the_api_names_its_property() {
        for (property, expected) in [
            ("Variables: {a: b}", "Variables: is not supported"),
            ("Cors: \"'*'\"", "Cors: is not supported"),
            (
                "BinaryMediaTypes: [image~1png]",
                "BinaryMediaTypes: is not supported",
            ),
            (
                "Auth: {ApiKeyRequired: true}",
                "Auth.ApiKeyRequired: is not supported",
            ),
            (
                "Auth: {Authorizers: {G: {FunctionArn: !GetAtt F.Arn, FunctionPayloadType: TOKEN}}}",
                "Auth.Authorizers.G.FunctionPayloadType: expected REQUEST, not TOKEN",
            ),
            (
                "Auth: {Authorizers: {G: {FunctionArn: !GetAtt F.Arn, FunctionPayloadType: REQUEST, Identity: {QueryStrings: [a]}}}}",
                "Auth.Authorizers.G.Identity.QueryStrings: is not supported",
            ),
            (
                "GatewayResponses: {THROTTLED: {ResponseParameters: {Headers: {A: method.request.header.B}}}}",
                "GatewayResponses.THROTTLED.ResponseParameters.Headers.A: expected 'a fixed value'",
            ),
            (
                "GatewayResponses: {THROTTLES: {}}",
                "GatewayResponses.THROTTLES: is not a type",
            ),
            (
                "DefinitionBody: {paths: {/a: {x-amazon-apigateway-any-method: {}}}}",
                "DefinitionBody.paths./a.x-amazon-apigateway-any-method: is not supported",
            ),
        ] {
            let api = format!("{{StageName: prod, {property}}}");
            let template = FUNCTION.replace("{StageName: prod}", &api);
            let message = parse(&format!("Resources:{template}"));
            let message = message.map(|_| ()).unwrap_err();
            let expected = format!("Resources.A.Properties.{expected}");
            assert!(message.starts_with(&expected), "{property}: {message}");
        }
    }

    #[test]
    fn a_parameter_without_a_default_must_be_given() {
        let template = format!("Parameters: {{P: {{Type: String}}}}\nResources:{FUNCTION}");
        assert!(
            parse(&template)
                .map(|_| ())
                .unwrap_err()
                .contains("--parameter P=VALUE")
        );
    }
}
