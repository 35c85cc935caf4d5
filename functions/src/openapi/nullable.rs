//! Where `null` is allowed: in what a client sends, and in fields that an answer never leaves
//! out.

use std::collections::BTreeSet;

use serde_json::Value;
use utoipa::openapi::schema::{ArrayItems, Schema, SchemaType, Type};
use utoipa::openapi::{OpenApi as Document, RefOr};

use super::operation::operations;

/// The names of the schemas that are part of what a client sends.
pub(super) fn requested(document: &mut Document) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut found: Vec<String> = document
        .paths
        .paths
        .values_mut()
        .flat_map(operations)
        .flat_map(|operation| references(&operation.request_body))
        .collect();
    let schemas = document
        .components
        .as_ref()
        .map(|components| &components.schemas);
    while let Some(name) = found.pop() {
        let schema = schemas.and_then(|schemas| schemas.get(&name));
        if names.insert(name) {
            found.extend(references(&schema));
        }
    }
    names
}

/// The names of the schemas that `part` refers to.
fn references(part: &impl serde::Serialize) -> Vec<String> {
    fn collect(value: &Value, names: &mut Vec<String>) {
        match value {
            Value::Object(object) => {
                let name = object.get("$ref").and_then(Value::as_str);
                names.extend(
                    name.and_then(|name| name.strip_prefix("#/components/schemas/"))
                        .map(str::to_owned),
                );
                object.values().for_each(|value| collect(value, names));
            }
            Value::Array(list) => list.iter().for_each(|value| collect(value, names)),
            _ => {}
        }
    }
    let mut names = Vec::new();
    collect(&serde_json::to_value(part).unwrap_or_default(), &mut names);
    names
}

/// Takes null out of what is only answered, where what is unset is left out, and out of
/// parameters. (utoipa takes every `Option` for one that may be null.) A property that is
/// never left out keeps it.
pub(super) fn without_null(schema: &mut RefOr<Schema>) {
    let RefOr::T(inner) = schema else { return };
    match inner {
        Schema::Object(object) => {
            not_null(&mut object.schema_type);
            for (name, property) in &mut object.properties {
                if !(object.required.contains(name) && may_be_null(property)) {
                    without_null(property);
                }
            }
        }
        Schema::Array(array) => {
            not_null(&mut array.schema_type);
            if let ArrayItems::RefOrSchema(items) = &mut array.items {
                without_null(items);
            }
        }
        Schema::AllOf(all) => all.items.iter_mut().for_each(without_null),
        Schema::OneOf(one) => {
            one.items.retain(|item| !is_null(item));
            one.items.iter_mut().for_each(without_null);
            if let [RefOr::Ref(only)] = one.items.as_slice() {
                let mut only = only.clone();
                if let Some(description) = one.description.take() {
                    only.description = description;
                }
                *schema = RefOr::Ref(only);
            }
        }
        _ => {}
    }
}

/// Says what a property that may be null is at the property, where readers of the document
/// look, and not at the one alternative that is not null.
pub(super) fn describe_nullable(schema: &mut RefOr<Schema>) {
    if let RefOr::T(Schema::Object(object)) = schema {
        for property in object.properties.values_mut() {
            if let RefOr::T(Schema::OneOf(one)) = property
                && let [RefOr::Ref(only), null] | [null, RefOr::Ref(only)] = &mut one.items[..]
                && is_null(null)
            {
                one.description = Some(std::mem::take(&mut only.description));
            }
        }
    }
}

fn not_null(types: &mut SchemaType) {
    if let SchemaType::Array(list) = types {
        list.retain(|kind| *kind != Type::Null);
        if let [only] = list.as_slice() {
            *types = SchemaType::Type(only.clone());
        }
    }
}

fn may_be_null(schema: &RefOr<Schema>) -> bool {
    match schema {
        RefOr::T(Schema::Object(object)) => {
            matches!(&object.schema_type, SchemaType::Array(list) if list.contains(&Type::Null))
        }
        RefOr::T(Schema::OneOf(one)) => one.items.iter().any(is_null),
        _ => false,
    }
}

fn is_null(schema: &RefOr<Schema>) -> bool {
    matches!(schema, RefOr::T(Schema::Object(object)) if object.schema_type == SchemaType::Type(Type::Null))
}
