//! CloudFormation's intrinsic functions, worked out without CloudFormation.
//!
//! A parameter is its default or what was given on the command line, a reference to a
//! resource is its name, an ARN is one of the right form in the account 123456789012. What
//! only AWS could know, and functions that template.yaml does not use, are an error.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::Fault;

/// The account in every ARN here: the one that AWS uses in its documentation.
pub const ACCOUNT_ID: &str = "123456789012";

/// The targets of a template's intrinsic functions.
#[derive(Debug)]
pub(super) struct Scope {
    pub(super) region: String,
    pub(super) stack_name: String,
    pub(super) parameters: BTreeMap<String, Value>,
    pub(super) conditions: Map<String, Value>,
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
                if let Some((name, argument)) = only_entry(map)
                    && (name == "Ref" || name.starts_with("Fn::"))
                {
                    return self.call(name, argument, at, depth);
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
        let bad = |expected: &str| Fault::new(at, format!("{name}: expected {expected}"));
        let list = argument.as_array().map_or(&[][..], Vec::as_slice);
        Ok(Some(match (name, list) {
            ("Ref", _) => {
                let target = argument.as_str().ok_or_else(|| bad("a name"))?;
                return self.reference(target, at, depth);
            }
            ("Fn::GetAtt", [Value::String(resource), Value::String(attribute)]) => {
                Value::String(self.attribute(resource, attribute, at, depth)?)
            }
            ("Fn::GetAtt", _) => return Err(bad("[Resource, Attribute]")),
            ("Fn::Sub", _) => {
                let template = argument.as_str().ok_or_else(|| bad("a string"))?;
                Value::String(self.substitute(template, at, depth)?)
            }
            ("Fn::If", [condition, then, otherwise]) => {
                let holds = self.condition_at_depth(&text(condition), at, depth)?;
                let chosen = if holds { then } else { otherwise };
                return self.resolve_at_depth(chosen, at, depth);
            }
            ("Fn::If", _) => return Err(bad("a condition and two values")),
            ("Fn::Equals", [one, other]) => {
                let [one, other] =
                    [one, other].map(|value| self.resolve_at_depth(value, at, depth));
                Value::Bool(one?.as_ref().map(text) == other?.as_ref().map(text))
            }
            ("Fn::Equals", _) => return Err(bad("two values")),
            ("Fn::Not", [condition]) => match self.resolve_at_depth(condition, at, depth)? {
                Some(Value::Bool(holds)) => Value::Bool(!holds),
                _ => return Err(bad("a condition")),
            },
            ("Fn::Not", _) => return Err(bad("a condition")),
            ("Fn::And", conditions) => {
                let mut all = true;
                for condition in conditions {
                    match self.resolve_at_depth(condition, at, depth)? {
                        Some(Value::Bool(holds)) => all &= holds,
                        _ => return Err(bad("conditions")),
                    }
                }
                Value::Bool(all)
            }
            _ => {
                let message = format!("{name} is not supported by the local system");
                return Err(Fault::new(at, message));
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

    /// `None` if it is not an intrinsic function, `Some(None)` for `AWS::NoValue`.
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

    fn substitute(&self, template: &str, at: &str, depth: usize) -> Result<String, Fault> {
        let mut result = String::with_capacity(template.len());
        let mut rest = template;
        while let Some(start) = rest.find("${") {
            result.push_str(&rest[..start]);
            let after = &rest[start + 2..];
            let end = after.find('}').ok_or_else(|| {
                Fault::new(at, format!("Fn::Sub: `${{` without `}}` in {template}"))
            })?;
            let name = after[..end].trim();
            let value = match name.split_once('.') {
                Some((resource, attribute)) => Some(Value::String(
                    self.attribute(resource, attribute, at, depth)?,
                )),
                None => self.reference(name, at, depth)?,
            };
            result.push_str(&value.as_ref().map(text).unwrap_or_default());
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
            "AWS::Serverless::Api" => return Ok(self.api_id(logical_id)),
            "AWS::DynamoDB::Table" => "TableName",
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
            ("AWS::Serverless::Function", "Arn") => arn("lambda", format!("function:{name}")),
            ("AWS::DynamoDB::Table", "Arn") => arn("dynamodb", format!("table/{name}")),
            ("AWS::DynamoDB::Table", "StreamArn") => arn(
                "dynamodb",
                format!("table/{name}/stream/2026-01-01T00:00:00.000"),
            ),
            ("AWS::Logs::LogGroup", "Arn") => arn("logs", format!("log-group:{name}:*")),
            ("AWS::SQS::Queue", "Arn") => arn("sqs", name),
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
            resolved(json!({"Fn::Sub": "${T.Arn} ${Size} ${AWS::Region}"})),
            "arn:aws:dynamodb:eu-west-1:123456789012:table/door-t 3 eu-west-1"
        );
        assert_eq!(
            resolved(json!({"Fn::Not": [{"Fn::Equals": [{"Ref": "Size"}, 3]}]})),
            false
        );
        let three = json!({"Fn::Equals": [{"Ref": "Size"}, 3]});
        let four = json!({"Fn::Equals": [{"Ref": "Size"}, 4]});
        assert_eq!(resolved(json!({"Fn::And": [three, three]})), true);
        assert_eq!(resolved(json!({"Fn::And": [three, four]})), false);
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
            (
                json!({"Fn::Join": ["", ["x"]]}),
                "Fn::Join is not supported",
            ),
            (json!({"Fn::Sub": ["${a}", {"a": 1}]}), "expected a string"),
            (json!({"Fn::Sub": "${T.Arn"}), "without"),
            (json!({"Fn::Not": ["x"]}), "expected a condition"),
            (json!({"Fn::And": ["x"]}), "expected conditions"),
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
