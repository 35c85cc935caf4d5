//! Schemas of the API document for types that JSON does not have. They are named in
//! `value_type` of a field: `#[schema(value_type = Option<LocalTime>)]`.

pub use timing::schema::{DoorInstant, Instant, LocalDate, LocalTime, TimeZone};

#[cfg(test)]
pub(crate) use reading::{asked, assert_reads};

/// Holds a schema to the reader of the body that it describes.
#[cfg(test)]
mod reading {
    use std::cell::RefCell;
    use std::collections::{BTreeMap, BTreeSet};
    use std::fmt::Debug;

    use serde_json::{Map, Value, json};
    use utoipa::ToSchema;

    use crate::error::{Fault, FaultCode};

    thread_local! {
        /// The paths of the fields that readers on this thread have asked for.
        static ASKED: RefCell<BTreeSet<String>> = const { RefCell::new(BTreeSet::new()) };
    }

    pub(crate) fn asked(path: String) {
        ASKED.with_borrow_mut(|asked| asked.insert(path));
    }

    /// Checks that `read` takes the example of `T`; that it reads each property of `T`, by
    /// giving each a value of another type; that it asks for no field that `T` does not
    /// have; and that what `T` requires must be there.
    pub(crate) fn assert_reads<T: ToSchema, R: Debug>(
        read: impl Fn(&Value) -> Result<R, Vec<Fault>>,
    ) {
        let mut schemas = Vec::new();
        T::schemas(&mut schemas);
        let schemas: BTreeMap<_, _> = schemas
            .into_iter()
            .map(|(name, schema)| (name, serde_json::to_value(schema).unwrap()))
            .collect();
        let schema = serde_json::to_value(T::schema()).unwrap();
        let example = schema["examples"][0].clone();
        ASKED.take();
        read(&example).expect("the example is read");

        let mut properties = Vec::new();
        collect(&schema, &schemas, &[], &mut properties);
        let paths: BTreeSet<_> = properties.iter().map(|of| render(&of.path)).collect();
        let unknown: Vec<_> = ASKED.take().difference(&paths).cloned().collect();
        assert!(
            unknown.is_empty(),
            "read and not in the schema: {unknown:?}"
        );

        let has = |body: &Value, path: &str, code| {
            let faults = read(body).err().unwrap_or_default();
            let found = faults
                .iter()
                .any(|fault| fault.field == path && fault.code == code);
            assert!(found, "{path}: no {code:?} in {faults:?}");
        };
        for property in properties {
            let path = render(&property.path);
            let mut body = example.clone();
            let wrong = if property.is_scalar {
                json!({})
            } else {
                json!(7)
            };
            *at(&mut body, &property.path) = wrong;
            has(&body, &path, FaultCode::WrongType);
            if property.is_required {
                *at(&mut body, &property.path) = Value::Null;
                has(&body, &path, FaultCode::Required);
            }
        }
    }

    struct Property {
        path: Vec<String>,
        is_scalar: bool,
        is_required: bool,
    }

    type Schemas = BTreeMap<String, Value>;

    fn resolve<'s>(schema: &'s Value, schemas: &'s Schemas) -> &'s Value {
        match schema["$ref"].as_str() {
            Some(name) => &schemas[name.rsplit('/').next().unwrap()],
            None => schema,
        }
    }

    /// The alternatives and the parts of a schema; itself, when it has none.
    fn parts<'s>(schema: &'s Value, schemas: &'s Schemas) -> Vec<(&'s Value, bool)> {
        let schema = resolve(schema, schemas);
        let of =
            |name: &str| -> Vec<&Value> { schema[name].as_array().into_iter().flatten().collect() };
        let (one, all) = (of("oneOf"), of("allOf"));
        if one.is_empty() && all.is_empty() {
            return vec![(schema, false)];
        }
        let alternatives = one.len() > 1;
        let each = one.into_iter().map(|part| (part, alternatives));
        let each = each.chain(all.into_iter().map(|part| (part, false)));
        each.flat_map(|(part, optional)| {
            let inner = parts(part, schemas).into_iter();
            inner.map(move |(part, inner)| (part, optional || inner))
        })
        .collect()
    }

    fn collect(schema: &Value, schemas: &Schemas, path: &[String], found: &mut Vec<Property>) {
        for (part, is_alternative) in parts(schema, schemas) {
            if let Some(items) = part.get("items") {
                collect(items, schemas, &[path, &["0".to_owned()]].concat(), found);
            }
            let required = part["required"].as_array().cloned().unwrap_or_default();
            for (name, property) in part["properties"].as_object().into_iter().flatten() {
                let path = [path, std::slice::from_ref(name)].concat();
                let is_scalar = parts(property, schemas)
                    .iter()
                    .all(|(part, _)| part.get("items").or(part.get("properties")).is_none());
                collect(property, schemas, &path, found);
                found.push(Property {
                    path,
                    is_scalar,
                    is_required: !is_alternative && required.contains(&json!(name)),
                });
            }
        }
    }

    fn render(path: &[String]) -> String {
        path.iter().fold(String::new(), |text, step| {
            if step.parse::<usize>().is_ok() {
                format!("{text}[{step}]")
            } else if text.is_empty() {
                step.clone()
            } else {
                format!("{text}.{step}")
            }
        })
    }

    /// The value at `path`, made when it is not there.
    fn at<'v>(body: &'v mut Value, path: &[String]) -> &'v mut Value {
        path.iter()
            .fold(body, |value, step| match step.parse::<usize>() {
                Ok(index) => {
                    if !value.is_array() {
                        *value = json!([{}]);
                    }
                    &mut value[index]
                }
                Err(_) => {
                    if !value.is_object() {
                        *value = Value::Object(Map::new());
                    }
                    &mut value[step.as_str()]
                }
            })
    }
}
