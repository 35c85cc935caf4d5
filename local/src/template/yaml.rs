//! YAML with CloudFormation's short tags, as JSON with the long forms.
//!
//! `!Ref X` and `{"Ref": "X"}` mean the same to CloudFormation. Everything behind this
//! module sees the second form only, and so a template in JSON (which is YAML) as well.

use saphyr::{LoadableYamlNode, Scalar, Yaml};
use serde_json::{Map, Number, Value, json};

/// Reads the one document in `text`.
///
/// # Errors
/// A message with line and column if it is not YAML, if it is not one document, or when
/// it holds a tag that CloudFormation does not have.
pub(super) fn read(text: &str) -> Result<Value, String> {
    let documents = Yaml::load_from_str(text).map_err(|error| error.to_string())?;
    match documents.as_slice() {
        [document] => value(document),
        [] => Err("the file is empty".to_owned()),
        _ => Err("the file has more than one YAML document".to_owned()),
    }
}

fn value(node: &Yaml<'_>) -> Result<Value, String> {
    Ok(match node {
        Yaml::Value(scalar) => scalar_value(scalar)?,
        Yaml::Sequence(items) => Value::Array(items.iter().map(value).collect::<Result<_, _>>()?),
        Yaml::Mapping(entries) => {
            let mut map = Map::new();
            for (key, item) in entries {
                let key = match value(key)? {
                    Value::String(key) => key,
                    key @ (Value::Number(_) | Value::Bool(_)) => key.to_string(),
                    key => return Err(format!("a key must be a string, and here it is {key}")),
                };
                map.insert(key, value(item)?);
            }
            Value::Object(map)
        }
        Yaml::Tagged(tag, node) => {
            let inner = value(node)?;
            if tag.handle != "!" {
                return Ok(inner);
            }
            long_form(&tag.suffix, inner)?
        }
        Yaml::Representation(..) | Yaml::Alias(_) | Yaml::BadValue => {
            return Err("a value that cannot be read".to_owned());
        }
    })
}

fn scalar_value(scalar: &Scalar<'_>) -> Result<Value, String> {
    Ok(match scalar {
        Scalar::Null => Value::Null,
        Scalar::Boolean(value) => Value::Bool(*value),
        Scalar::Integer(value) => json!(value),
        Scalar::FloatingPoint(value) => Number::from_f64(value.into_inner())
            .map(Value::Number)
            .ok_or_else(|| format!("{value} is not a number that JSON has"))?,
        Scalar::String(value) => Value::String(value.clone().into_owned()),
    })
}

fn long_form(tag: &str, inner: Value) -> Result<Value, String> {
    let (name, inner) = match tag {
        "Ref" | "Condition" => (tag.to_owned(), inner),
        "GetAtt" => {
            let inner = match inner {
                Value::String(path) => match path.split_once('.') {
                    Some((resource, attribute)) => json!([resource, attribute]),
                    None => return Err(format!("!GetAtt {path}: expected Resource.Attribute")),
                },
                list => list,
            };
            ("Fn::GetAtt".to_owned(), inner)
        }
        "And" | "Base64" | "Cidr" | "Equals" | "FindInMap" | "GetAZs" | "If" | "ImportValue"
        | "Join" | "Length" | "Not" | "Or" | "Select" | "Split" | "Sub" | "ToJsonString"
        | "Transform" => (format!("Fn::{tag}"), inner),
        _ => return Err(format!("!{tag} is not a tag of CloudFormation")),
    };
    Ok(Value::Object(Map::from_iter([(name, inner)])))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_tags_become_long_forms() {
        let read = read(
            "a: !Ref X\nb: !GetAtt X.Arn\nc: !Sub '${X}'\nd: !If [C, 1, !Ref 'AWS::NoValue']\n\
             e: {401: x, f: 3.0.1}\ng: !Join\n  - ','\n  - [a, b]\nh: 2012-10-17\n",
        )
        .unwrap();
        assert_eq!(
            read,
            json!({
                "a": {"Ref": "X"},
                "b": {"Fn::GetAtt": ["X", "Arn"]},
                "c": {"Fn::Sub": "${X}"},
                "d": {"Fn::If": ["C", 1, {"Ref": "AWS::NoValue"}]},
                "e": {"401": "x", "f": "3.0.1"},
                "g": {"Fn::Join": [",", ["a", "b"]]},
                "h": "2012-10-17",
            })
        );
    }

    #[test]
    fn a_fault_is_located() {
        assert!(read("a: [1, 2").unwrap_err().contains("line"));
        assert!(read("a: !Reff X").unwrap_err().contains("!Reff"));
    }
}
