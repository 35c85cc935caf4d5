//! CloudFormation's intrinsic functions, worked out without CloudFormation.
//!
//! A parameter is its default or what was given on the command line, a reference to a
//! resource is its name, an ARN is one of the right form in the account 123456789012. What
//! only AWS could know (an import, an attribute that is not a name or an ARN) is an error.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::Fault;

/// The account in every ARN here: the one that AWS uses in its documentation.
pub const ACCOUNT_ID: &str = "123456789012";

/// What the intrinsic functions of a template can refer to.
#[derive(Debug)]
pub(super) struct Scope {
    pub(super) region: String,
    pub(super) stack_name: String,
    pub(super) parameters: BTreeMap<String, Value>,
    pub(super) conditions: Map<String, Value>,
    pub(super) mappings: Value,
    pub(super) resources: Map<String, Value>,
}

/// References may go round in a circle; past this depth they do.
const DEEPEST: usize = 40;

impl Scope {
    /// `value` with every intrinsic function worked out; `None` for `AWS::NoValue`.
    ///
    /// `at` says where in the template it stands, for the error.
    pub(super) fn resolve(&self, value: &Value, at: &str) -> Result<Option<Value>, Fault> {
        self.resolve_at_depth(value, at, 0)
    }

    /// Whether the condition of this name holds.
    pub(super) fn condition(&self, name: &str, at: &str) -> Result<bool, Fault> {
        self.condition_at_depth(name, at, 0)
    }

    /// The identifier that `!Ref` gives for an API: ten characters that look like one, always
    /// the same for the same name.
    pub(super) fn api_id(&self, logical_id: &str) -> String {
        short_id(&format!("{}/{logical_id}", self.stack_name), 10)
    }

    /// The physical name of a resource: what its own property says, or its logical id.
    pub(super) fn name_of(&self, logical_id: &str) -> Result<String, Fault> {
        self.name_at_depth(logical_id, 0)
    }

    fn resolve_at_depth(
        &self,
        value: &Value,
        at: &str,
        depth: usize,
    ) -> Result<Option<Value>, Fault> {
        if depth > DEEPEST {
            return Err(Fault::new(at, "the references here go round in a circle"));
        }
        let depth = depth + 1;
        Ok(Some(match value {
            Value::Array(items) => {
                let mut resolved = Vec::with_capacity(items.len());
                for (index, item) in items.iter().enumerate() {
                    resolved.extend(self.resolve_at_depth(
                        item,
                        &format!("{at}[{index}]"),
                        depth,
                    )?);
                }
                Value::Array(resolved)
            }
            Value::Object(map) => {
                if let Some((name, argument)) = only_entry(map) {
                    // Policy statements have a key `Condition` of their own, which is a map.
                    let condition = name == "Condition" && argument.is_string();
                    if condition || name == "Ref" || name.starts_with("Fn::") {
                        return self.call(name, argument, at, depth);
                    }
                }
                let mut resolved = Map::new();
                for (key, item) in map {
                    if let Some(item) =
                        self.resolve_at_depth(item, &format!("{at}.{key}"), depth)?
                    {
                        resolved.insert(key.clone(), item);
                    }
                }
                Value::Object(resolved)
            }
            plain => plain.clone(),
        }))
    }

    fn call(
        &self,
        name: &str,
        argument: &Value,
        at: &str,
        depth: usize,
    ) -> Result<Option<Value>, Fault> {
        let resolved = |value: &Value| -> Result<Value, Fault> {
            self.resolve_at_depth(value, at, depth)?
                .ok_or_else(|| Fault::new(at, format!("{name} cannot take AWS::NoValue")))
        };
        let bad = |expected: &str| Fault::new(at, format!("{name}: expected {expected}"));
        Ok(Some(match name {
            "Ref" => {
                let target = argument.as_str().ok_or_else(|| bad("a name"))?;
                return self.reference(target, at, depth);
            }
            "Condition" => Value::Bool(self.condition_at_depth(&text(argument), at, depth)?),
            "Fn::GetAtt" => {
                let parts = match argument {
                    Value::String(path) => path
                        .split_once('.')
                        .map(|(a, b)| (a.to_owned(), b.to_owned())),
                    Value::Array(parts) => match parts.as_slice() {
                        [resource, rest @ ..] if !rest.is_empty() => Some((
                            text(resource),
                            rest.iter().map(text).collect::<Vec<_>>().join("."),
                        )),
                        _ => None,
                    },
                    _ => None,
                };
                let (resource, attribute) = parts.ok_or_else(|| bad("[Resource, Attribute]"))?;
                Value::String(self.attribute(&resource, &attribute, at, depth)?)
            }
            "Fn::Sub" => {
                let (template, variables) = match argument {
                    Value::String(template) => (template.clone(), Map::new()),
                    Value::Array(parts) => match parts.as_slice() {
                        [Value::String(template), Value::Object(variables)] => {
                            (template.clone(), variables.clone())
                        }
                        _ => return Err(bad("a string, or a string and a map")),
                    },
                    _ => return Err(bad("a string, or a string and a map")),
                };
                Value::String(self.substitute(&template, &variables, at, depth)?)
            }
            "Fn::Join" => match resolved(argument)? {
                Value::Array(parts) => match parts.as_slice() {
                    [Value::String(between), Value::Array(items)] => {
                        Value::String(items.iter().map(text).collect::<Vec<_>>().join(between))
                    }
                    _ => return Err(bad("a delimiter and a list")),
                },
                _ => return Err(bad("a delimiter and a list")),
            },
            "Fn::Split" => match resolved(argument)? {
                Value::Array(parts) => match parts.as_slice() {
                    [Value::String(at), source] => {
                        Value::Array(text(source).split(at.as_str()).map(Value::from).collect())
                    }
                    _ => return Err(bad("a delimiter and a string")),
                },
                _ => return Err(bad("a delimiter and a string")),
            },
            "Fn::Select" => match resolved(argument)? {
                Value::Array(parts) => match parts.as_slice() {
                    [index, Value::Array(items)] => {
                        let index: usize = text(index)
                            .parse()
                            .map_err(|_| bad("an index and a list"))?;
                        items
                            .get(index)
                            .cloned()
                            .ok_or_else(|| bad("an index inside the list"))?
                    }
                    _ => return Err(bad("an index and a list")),
                },
                _ => return Err(bad("an index and a list")),
            },
            "Fn::Length" => match resolved(argument)? {
                Value::Array(items) => Value::from(items.len()),
                _ => return Err(bad("a list")),
            },
            "Fn::ToJsonString" => Value::String(resolved(argument)?.to_string()),
            "Fn::GetAZs" => Value::Array(
                ["a", "b", "c"]
                    .map(|zone| Value::String(format!("{}{zone}", self.region)))
                    .into(),
            ),
            "Fn::FindInMap" => match resolved(argument)? {
                Value::Array(parts) if parts.len() == 3 => {
                    let keys: Vec<String> = parts.iter().map(text).collect();
                    keys.iter()
                        .try_fold(&self.mappings, |map, key| map.get(key))
                        .cloned()
                        .ok_or_else(|| Fault::new(at, format!("no mapping {}", keys.join("."))))?
                }
                _ => return Err(bad("a map and two keys")),
            },
            "Fn::If" => match argument.as_array().map(Vec::as_slice) {
                Some([condition, then, otherwise]) => {
                    let chosen = if self.condition_at_depth(&text(condition), at, depth)? {
                        then
                    } else {
                        otherwise
                    };
                    return self.resolve_at_depth(chosen, at, depth);
                }
                _ => return Err(bad("a condition and two values")),
            },
            "Fn::Equals" => match resolved(argument)? {
                Value::Array(parts) if parts.len() == 2 => {
                    Value::Bool(parts.first().map(text) == parts.get(1).map(text))
                }
                _ => return Err(bad("two values")),
            },
            "Fn::Not" | "Fn::And" | "Fn::Or" => match resolved(argument)? {
                Value::Array(parts) => {
                    let mut parts = parts.iter().map(|part| part.as_bool().unwrap_or(false));
                    Value::Bool(match name {
                        "Fn::Not" => !parts.next().unwrap_or(false),
                        "Fn::And" => parts.all(|part| part),
                        _ => parts.any(|part| part),
                    })
                }
                _ => return Err(bad("a list of conditions")),
            },
            _ => {
                return Err(Fault::new(
                    at,
                    format!("{name} cannot be worked out on this machine"),
                ));
            }
        }))
    }

    fn reference(&self, target: &str, at: &str, depth: usize) -> Result<Option<Value>, Fault> {
        if let Some(pseudo) = self.pseudo_parameter(target) {
            return Ok(pseudo.map(Value::String));
        }
        if let Some(value) = self.parameters.get(target) {
            return Ok(Some(value.clone()));
        }
        if self.resources.contains_key(target) {
            return Ok(Some(Value::String(self.name_at_depth(target, depth)?)));
        }
        Err(Fault::new(
            at,
            format!("!Ref {target}: there is no such parameter or resource"),
        ))
    }

    /// `None` when it is none of them, `Some(None)` for `AWS::NoValue`.
    fn pseudo_parameter(&self, name: &str) -> Option<Option<String>> {
        Some(Some(match name {
            "AWS::NoValue" => return Some(None),
            "AWS::Region" => self.region.clone(),
            "AWS::AccountId" => ACCOUNT_ID.to_owned(),
            "AWS::Partition" => "aws".to_owned(),
            "AWS::URLSuffix" => "amazonaws.com".to_owned(),
            "AWS::StackName" => self.stack_name.clone(),
            "AWS::StackId" => format!(
                "arn:aws:cloudformation:{}:{ACCOUNT_ID}:stack/{}/local",
                self.region, self.stack_name
            ),
            _ => return None,
        }))
    }

    fn substitute(
        &self,
        template: &str,
        variables: &Map<String, Value>,
        at: &str,
        depth: usize,
    ) -> Result<String, Fault> {
        let mut result = String::with_capacity(template.len());
        let mut rest = template;
        while let Some(start) = rest.find("${") {
            result.push_str(&rest[..start]);
            let after = &rest[start + 2..];
            let end = after.find('}').ok_or_else(|| {
                Fault::new(at, format!("Fn::Sub: `${{` without `}}` in {template}"))
            })?;
            let name = after[..end].trim();
            if let Some(literal) = name.strip_prefix('!') {
                result.push_str("${");
                result.push_str(literal);
                result.push('}');
            } else {
                let value = match variables.get(name) {
                    Some(value) => self.resolve_at_depth(value, at, depth)?,
                    None => match name.split_once('.') {
                        Some((resource, attribute)) => Some(Value::String(
                            self.attribute(resource, attribute, at, depth)?,
                        )),
                        None => self.reference(name, at, depth)?,
                    },
                };
                result.push_str(&value.as_ref().map(text).unwrap_or_default());
            }
            rest = &after[end + 1..];
        }
        result.push_str(rest);
        Ok(result)
    }

    fn condition_at_depth(&self, name: &str, at: &str, depth: usize) -> Result<bool, Fault> {
        let condition = self
            .conditions
            .get(name)
            .ok_or_else(|| Fault::new(at, format!("there is no condition {name}")))?;
        let at = format!("Conditions.{name}");
        match self.resolve_at_depth(condition, &at, depth)? {
            Some(Value::Bool(holds)) => Ok(holds),
            _ => Err(Fault::new(&at, "is not a condition")),
        }
    }

    fn name_at_depth(&self, logical_id: &str, depth: usize) -> Result<String, Fault> {
        let resource = self.resources.get(logical_id).unwrap_or(&Value::Null);
        let property = match resource["Type"].as_str().unwrap_or_default() {
            "AWS::Serverless::Api" | "AWS::ApiGateway::RestApi" => {
                return Ok(self.api_id(logical_id));
            }
            "AWS::Serverless::Function" | "AWS::Lambda::Function" => "FunctionName",
            "AWS::DynamoDB::Table" | "AWS::Serverless::SimpleTable" => "TableName",
            "AWS::Logs::LogGroup" => "LogGroupName",
            "AWS::SQS::Queue" => "QueueName",
            "AWS::SNS::Topic" => "TopicName",
            "AWS::S3::Bucket" => "BucketName",
            "AWS::IAM::Role" => "RoleName",
            "AWS::SecretsManager::Secret" | "AWS::SSM::Parameter" => "Name",
            _ => return Ok(logical_id.to_owned()),
        };
        let at = format!("Resources.{logical_id}.Properties.{property}");
        match resource["Properties"].get(property) {
            Some(name) => match self.resolve_at_depth(name, &at, depth)? {
                Some(name) => Ok(text(&name)),
                None => Ok(logical_id.to_owned()),
            },
            None => Ok(logical_id.to_owned()),
        }
    }

    fn attribute(
        &self,
        logical_id: &str,
        attribute: &str,
        at: &str,
        depth: usize,
    ) -> Result<String, Fault> {
        let Some(resource) = self.resources.get(logical_id) else {
            return Err(Fault::new(
                at,
                format!("!GetAtt {logical_id}.{attribute}: there is no such resource"),
            ));
        };
        let kind = resource["Type"].as_str().unwrap_or_default();
        let name = self.name_at_depth(logical_id, depth)?;
        let arn = |service: &str, rest: String| {
            format!("arn:aws:{service}:{}:{ACCOUNT_ID}:{rest}", self.region)
        };
        Ok(match (kind, attribute) {
            ("AWS::Serverless::Function" | "AWS::Lambda::Function", "Arn") => {
                arn("lambda", format!("function:{name}"))
            }
            ("AWS::DynamoDB::Table" | "AWS::Serverless::SimpleTable", "Arn") => {
                arn("dynamodb", format!("table/{name}"))
            }
            ("AWS::DynamoDB::Table", "StreamArn") => arn(
                "dynamodb",
                format!("table/{name}/stream/2026-01-01T00:00:00.000"),
            ),
            ("AWS::Logs::LogGroup", "Arn") => arn("logs", format!("log-group:{name}:*")),
            ("AWS::SQS::Queue", "Arn") => arn("sqs", name),
            ("AWS::SQS::Queue", "QueueName") => name,
            ("AWS::SNS::Topic", "TopicArn") => arn("sns", name),
            ("AWS::S3::Bucket", "Arn") => format!("arn:aws:s3:::{name}"),
            ("AWS::IAM::Role", "Arn") => format!("arn:aws:iam::{ACCOUNT_ID}:role/{name}"),
            ("AWS::Serverless::Api" | "AWS::ApiGateway::RestApi", "RestApiId") => name,
            ("AWS::Serverless::Api" | "AWS::ApiGateway::RestApi", "RootResourceId") => {
                short_id(&format!("{name}/"), 10)
            }
            _ => {
                return Err(Fault::new(
                    at,
                    format!(
                        "!GetAtt {logical_id}.{attribute} cannot be worked out on this machine ({kind})"
                    ),
                ));
            }
        })
    }
}

/// A scalar as CloudFormation would put it into a string.
pub(super) fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

/// A short identifier in the alphabet of API Gateway's, the same for the same `of` (FNV-1a).
pub(crate) fn short_id(of: &str, length: usize) -> String {
    let mut hash = of.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    (0..length)
        .map(|_| {
            let digit = u32::try_from(hash % 36).unwrap_or(0);
            hash /= 36;
            char::from_digit(digit, 36).unwrap_or('0')
        })
        .collect()
}

fn only_entry(map: &Map<String, Value>) -> Option<(&String, &Value)> {
    let mut entries = map.iter();
    match (entries.next(), entries.next()) {
        (Some(entry), None) => Some(entry),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn scope() -> Scope {
        Scope {
            region: "eu-west-1".to_owned(),
            stack_name: "door".to_owned(),
            parameters: BTreeMap::from([("Size".to_owned(), json!(3))]),
            conditions: json!({"Big": {"Fn::Equals": [{"Ref": "Size"}, "3"]}})
                .as_object()
                .cloned()
                .unwrap(),
            mappings: json!({"M": {"a": {"b": 7}}}),
            resources: json!({
                "T": {"Type": "AWS::DynamoDB::Table", "Properties": {"TableName": {"Fn::Sub": "${AWS::StackName}-t"}}},
                "F": {"Type": "AWS::Serverless::Function"},
                "L": {"Type": "AWS::DynamoDB::Table", "Properties": {"TableName": {"Ref": "L"}}},
            })
            .as_object()
            .cloned()
            .unwrap(),
        }
    }

    fn resolved(value: Value) -> Value {
        scope().resolve(&value, "here").unwrap().unwrap()
    }

    #[test]
    fn references_and_substitutions() {
        assert_eq!(resolved(json!({"Ref": "T"})), "door-t");
        assert_eq!(resolved(json!({"Ref": "F"})), "F");
        assert_eq!(
            resolved(json!({"Fn::Sub": "${T.Arn} ${Size} ${!x} ${AWS::Region}"})),
            "arn:aws:dynamodb:eu-west-1:123456789012:table/door-t 3 ${x} eu-west-1"
        );
        assert_eq!(
            resolved(json!({"Fn::Sub": ["${a}", {"a": {"Ref": "Size"}}]})),
            "3"
        );
        assert_eq!(
            resolved(json!({"Fn::Join": ["-", ["a", {"Ref": "Size"}]]})),
            "a-3"
        );
        assert_eq!(
            resolved(json!({"Fn::Select": ["1", {"Fn::Split": [",", "a,b"]}]})),
            "b"
        );
        assert_eq!(resolved(json!({"Fn::FindInMap": ["M", "a", "b"]})), 7);
        assert_eq!(
            resolved(json!({"x": {"Fn::If": ["Big", 1, 2]}, "y": {"Ref": "AWS::NoValue"}})),
            json!({"x": 1})
        );
    }

    #[test]
    fn what_cannot_be_known_is_an_error_that_says_where() {
        for (value, says) in [
            (json!({"Ref": "Nobody"}), "Nobody"),
            (json!({"Fn::GetAtt": ["F", "SnapStart"]}), "F.SnapStart"),
            (json!({"Fn::ImportValue": "x"}), "Fn::ImportValue"),
            (json!({"Ref": "L"}), "circle"),
        ] {
            let fault = scope()
                .resolve(&json!({"p": value}), "Resources.X")
                .unwrap_err();
            assert!(fault.at.starts_with("Resources."), "{fault:?}");
            assert!(fault.message.contains(says), "{fault:?}");
        }
    }
}
