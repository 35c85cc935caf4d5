//! How the API document describes what the kinds have in common. The body of a create has the
//! fields of a change and the organization; a view is the item with the organization.

use std::borrow::Cow;
use std::marker::PhantomData;

use serde_json::json;
use utoipa::openapi::schema::{Object, ObjectBuilder, Schema, SchemaType, Type};
use utoipa::openapi::{Ref, RefOr};
use utoipa::{PartialSchema, ToSchema};

use super::{Resource, View};
use crate::id::OrganizationId;

type Schemas = Vec<(String, RefOr<Schema>)>;

/// A kind that the API document describes.
pub trait Documented: Resource + ToSchema {
    /// The body of a change: all that [`Resource::read`] reads.
    type Changes: ToSchema;
}

/// The body of a create, which [`Resource::create`] reads.
#[derive(Debug)]
pub struct New<R>(PhantomData<R>);

/// The answer to a create.
#[derive(Debug)]
pub struct Created<R>(PhantomData<R>);

fn object(schema: RefOr<Schema>) -> Object {
    match schema {
        RefOr::T(Schema::Object(object)) => object,
        _ => Object::default(),
    }
}

/// The same, with the organization first.
fn with_organization(mut object: Object) -> Object {
    let mut properties = std::mem::take(&mut object.properties);
    let organization = Ref::from_schema_name(OrganizationId::name());
    object
        .properties
        .insert("organizationId".to_owned(), organization.into());
    object.properties.append(&mut properties);
    object.required.insert(0, "organizationId".to_owned());
    object
}

fn organization(schemas: &mut Schemas) {
    schemas.push((OrganizationId::name().into(), OrganizationId::schema()));
}

/// A required field is not null.
fn not_null(schema: &mut RefOr<Schema>) {
    let types = match schema {
        RefOr::T(Schema::Object(object)) => &mut object.schema_type,
        RefOr::T(Schema::Array(array)) => &mut array.schema_type,
        RefOr::T(Schema::OneOf(one)) => {
            let is_null = |item: &RefOr<Schema>| matches!(item, RefOr::T(Schema::Object(object)) if object.schema_type == SchemaType::Type(Type::Null));
            one.items.retain(|item| !is_null(item));
            return;
        }
        _ => return,
    };
    if let SchemaType::Array(list) = types
        && let Some(only) = list.iter().find(|kind| **kind != Type::Null)
    {
        *types = SchemaType::Type(only.clone());
    }
}

impl<R: Documented> PartialSchema for New<R> {
    fn schema() -> RefOr<Schema> {
        let mut body = with_organization(object(R::Changes::schema()));
        for field in R::REQUIRED {
            body.required.push((*field).to_owned());
            body.properties.get_mut(*field).map(not_null);
        }
        body.description = Some(format!("A {} to create.", R::WHAT));
        // Of two examples, the second is for a create.
        body.examples.reverse();
        for example in &mut body.examples {
            example["organizationId"] = json!(1);
        }
        RefOr::T(body.into())
    }
}

impl<R: Documented> ToSchema for New<R> {
    fn name() -> Cow<'static, str> {
        format!("New{}", R::name()).into()
    }

    fn schemas(schemas: &mut Schemas) {
        organization(schemas);
        R::Changes::schemas(schemas);
    }
}

impl<R: Documented> PartialSchema for View<'_, R> {
    fn schema() -> RefOr<Schema> {
        RefOr::T(with_organization(object(R::schema())).into())
    }
}

impl<R: Documented> ToSchema for View<'_, R> {
    fn name() -> Cow<'static, str> {
        R::name()
    }

    fn schemas(schemas: &mut Schemas) {
        organization(schemas);
        R::schemas(schemas);
    }
}

impl<R: Documented<Id: ToSchema>> PartialSchema for Created<R> {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .description(Some("What was created."))
            .property(R::ID_FIELD, Ref::from_schema_name(R::Id::name()))
            .required(R::ID_FIELD)
            .into()
    }
}

impl<R: Documented<Id: ToSchema>> ToSchema for Created<R> {
    fn name() -> Cow<'static, str> {
        format!("{}Created", R::name()).into()
    }

    fn schemas(schemas: &mut Schemas) {
        schemas.push((R::Id::name().into(), R::Id::schema()));
        R::Id::schemas(schemas);
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::directory::{Device, DeviceGroup, Organization, Schedule, Space, User, UserGroup};
    use crate::id::Identifier;
    use crate::secret::Random;
    use crate::wire::schema::assert_reads;

    fn id<R: Resource>() -> R::Id {
        R::Id::make(
            DateTime::UNIX_EPOCH,
            &Random::new(ring::rand::SystemRandom::new()),
        )
        .unwrap()
    }

    fn assert_changes<R: Documented>() {
        assert_reads::<R::Changes, _>(|body| R::blank(id::<R>()).changed(body).map(drop));
    }

    fn assert_kind<R: Documented>() {
        assert_changes::<R>();
        assert_reads::<New<R>, _>(|body| R::create(id::<R>(), body).map(drop));
    }

    #[test]
    fn the_schemas_are_what_is_read() {
        assert_kind::<Device>();
        assert_kind::<DeviceGroup>();
        assert_kind::<Schedule>();
        assert_kind::<Space>();
        assert_kind::<User>();
        assert_kind::<UserGroup>();
        assert_changes::<Organization>();
    }
}
