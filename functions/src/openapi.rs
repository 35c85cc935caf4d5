//! The API document, made from the annotations beside the handlers.
//!
//! An annotation says what is an endpoint's own. What follows from that is added here, in
//! one place for all of them: the errors that any endpoint has, or any with a body or with
//! an id in its path; the example of each; the headers of every response. Nothing of this
//! is in a function: the document is committed (docs/openapi.json), and a test compares.

use std::collections::{BTreeMap, BTreeSet};

use http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use latchkey::timing::Zone;
use latchkey::wire::headers::CHALLENGE;
use latchkey::wire::json::FaultCode;
use latchkey::wire::service::Format;
use latchkey::wire::{Conflict, Error, Request, error, service};
use serde_json::Value;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::{Operation, ParameterBuilder, ParameterIn, PathItem};
use utoipa::openapi::response::ResponseBuilder;
use utoipa::openapi::schema::{ArrayItems, ObjectBuilder, Schema, SchemaType, Type};
use utoipa::openapi::security::{
    ClientCredentials, Flow, HttpAuthScheme, HttpBuilder, OAuth2, Scopes, SecurityScheme,
};
use utoipa::openapi::{ContentBuilder, Header, OpenApi as Document, Ref, RefOr, Response};
use utoipa::{Modify, OpenApi};

use crate::{
    accesses, activations, api_keys, business_users, decisions, device_groups, devices, docs,
    entries, oauth, organizations, reprogramming, schedules, shares, spaces, templates, things,
    user_groups, users,
};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Latchkey",
        description = "Latchkey: share access to doors.\n\n\
            **Headers.** Every answer has an `X-Request-Id`. `HEAD` is supported wherever \
            `GET` is. The answer to a request that changes something, or that shows access \
            codes, has `Cache-Control: no-store`. An unset field is left out of an answer, \
            unless its schema allows `null`.\n\n\
            **Unknown names.** A field or a parameter that the operation does not know is 400 \
            with `unknownField` and the nearest known name. A name of the published services \
            that this one does not support is 400 with `notServed`, unless its value is empty \
            (`null`, `false`, `0`, an empty text or list). With `Prefer: handling=lenient` \
            (RFC 7240) both are ignored. The answer then has `Preference-Applied: \
            handling=lenient`. If its body is an object, the ignored names are in `details`, \
            or in `responseStatus.errors` of the operations for ServiceStack's clients.\n\n\
            **ServiceStack.** The operations for ServiceStack's clients take field names in \
            any case, and always know `version`, `meta` and the parameters `format`, \
            `callback` and `jsconfig`. A `GET` at `/json/reply/{operation}`, \
            `/jsv/reply/{operation}` or `/api/{operation}` of an operation that changes \
            something is 405.\n\n\
            **Null.** In a `POST`, `null` is the same as a field left out. In a `PUT`, `null` \
            clears an optional field, and a field left out stays as it is.\n\n\
            **Time.** A date or time without an offset is on the wall clock of the door. \
            `x-time-zones` names the release of the IANA time zone database."
    ),
    servers(
        (url = ".", description = "The deployment that returned this document"),
        (
            url = "https://{api}.execute-api.{region}.amazonaws.com/{stage}",
            description = "A deployment on AWS",
            variables(
                ("api" = (default = "abcdef1234", description = "The ID of the API in API \
                    Gateway")),
                ("region" = (default = "eu-central-1", description = "The AWS region")),
                ("stage" = (default = "prod", description = "The stage, a parameter of the \
                    template"))
            )
        ),
        (url = "http://127.0.0.1:3000", description = "`cargo run` on this machine")
    ),
    components(schemas(error::Body, service::Body<'_>)),
    tags(
        (name = "Documentation", description = "This document."),
        (name = "Shares", description = "Rights to open devices."),
        (name = "Decisions", description = "Whether a user may open a door, when and why."),
        (name = "Activations", description = "Opening doors remotely."),
        (name = "Entries", description = "Opening doors with an access code."),
        (name = "Users", description = "The users of an organization."),
        (name = "User groups", description = "Users who receive shares together."),
        (name = "Devices", description = "Locks."),
        (name = "Device groups", description = "Devices that are shared together."),
        (name = "Spaces", description = "Rooms and other places, with the devices that open \
            them."),
        (name = "Schedules", description = "Named rules for many shares."),
        (name = "Organizations", description = "The tenants."),
        (name = "API keys", description = "Credentials of programs."),
        (name = "Accesses", description = "For clients made with ServiceStack, in JSON and JSV."),
        (name = "OAuth", description = "Access tokens for API keys."),
    ),
    security(("accessToken" = []), ("apiKey" = []), ("apiKeyBasic" = []), ("oauth2" = []))
)]
struct Api;

/// The operations of each folder, in the order in which a reader meets them.
const FOLDERS: &[fn() -> Document] = &[
    docs::Api::openapi,
    shares::Api::openapi,
    decisions::Api::openapi,
    entries::Api::openapi,
    activations::Api::openapi,
    users::Api::openapi,
    user_groups::Api::openapi,
    devices::Api::openapi,
    device_groups::Api::openapi,
    spaces::Api::openapi,
    schedules::Api::openapi,
    organizations::Api::openapi,
    api_keys::Api::openapi,
    oauth::Api::openapi,
    accesses::Api::openapi,
    reprogramming::Api::openapi,
    templates::Api::openapi,
    things::Api::openapi,
    business_users::Api::openapi,
];

/// The API document, as docs/openapi.json has it.
///
/// # Errors
/// None that the types do not rule out.
pub fn document() -> serde_json::Result<String> {
    let mut document = Api::openapi();
    for operations in FOLDERS {
        document.merge(operations());
    }
    Common.modify(&mut document);
    Ok(document.to_pretty_json()? + "\n")
}

/// Adds what endpoints have in common.
struct Common;

/// Where `info` says of which release of the IANA database the time zones are.
const TIME_ZONES: &str = "x-time-zones";

impl Modify for Common {
    fn modify(&self, document: &mut Document) {
        let plain = errors(Shape::Plain);
        let service = errors(Shape::Service);
        let info = document.info.extensions.get_or_insert_default();
        info.insert(TIME_ZONES.to_owned(), Zone::release().into());
        let components = document.components.get_or_insert_default();
        components.headers.extend(headers());
        components.security_schemes.extend(security_schemes());
        components
            .responses
            .insert(NOT_MODIFIED.to_owned(), not_modified().into());
        let reads = document.paths.paths.values_mut();
        reads
            .filter_map(|item| item.get.as_mut())
            .for_each(revalidated);
        for operation in document.paths.paths.values_mut().flat_map(operations) {
            let errors = match is_service(operation) {
                true => &service,
                false => &plain,
            };
            for error in complete(operation, errors) {
                let response = error.response();
                components.responses.insert(error.name(), response.into());
            }
        }
        let read = requested(document);
        if let Some(components) = &mut document.components {
            for (name, schema) in &mut components.schemas {
                if read.contains(name) {
                    describe_nullable(schema);
                } else {
                    without_null(schema);
                    describe_nullable(schema);
                }
            }
        }
    }
}

const NOT_MODIFIED: &str = "NotModified";

fn not_modified() -> Response {
    let mut response = ResponseBuilder::new()
        .description("The copy is current.")
        .build();
    add_header(&mut response, REQUEST_ID);
    add_header(&mut response, "ETag");
    response
}

/// Adds that a client need not be sent again what it has: unless the annotation says itself how
/// the answer may be kept.
fn revalidated(operation: &mut Operation) {
    let responses = &mut operation.responses.responses;
    let Some(RefOr::T(found)) = responses.get_mut("200") else {
        return;
    };
    if found.headers.contains_key("Cache-Control") {
        return;
    }
    add_header(found, "ETag");
    let shared = Ref::from_response_name(NOT_MODIFIED);
    responses.insert("304".to_owned(), shared.into());
    let tags = ObjectBuilder::new()
        .schema_type(Type::String)
        .examples(["\"1-q0Yt1m7TnZkRfE2u\""]);
    let parameter = ParameterBuilder::new()
        .name("If-None-Match")
        .parameter_in(ParameterIn::Header)
        .description(Some(
            "The `ETag` of a copy. If it is still current, the answer is 304.",
        ))
        .schema(Some(tags));
    let parameters = operation.parameters.get_or_insert_default();
    parameters.push(parameter.build().into());
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    let PathItem {
        get,
        put,
        post,
        delete,
        patch,
        ..
    } = item;
    [get, put, post, delete, patch].into_iter().flatten()
}

/// The shape of an error.
#[derive(Clone, Copy, PartialEq)]
enum Shape {
    /// That of most endpoints.
    Plain,
    /// That of a service, for ServiceStack's clients.
    Service,
}

/// An error that many endpoints have.
struct CommonError {
    /// How it is said.
    shape: Shape,
    /// The name.
    name: &'static str,
    /// When it is answered.
    description: &'static str,
    /// One that is answered so.
    error: Error,
    /// Which endpoints have it without saying so.
    of: fn(&Operation) -> bool,
}

fn errors(shape: Shape) -> Vec<CommonError> {
    let common = |name, error, of, description| CommonError {
        shape,
        name,
        description,
        error,
        of,
    };
    let fault = Error::invalid(
        "receiver.userId",
        FaultCode::OutOfRange,
        "expected an integer from 1 to 9007199254740991, got -1",
    );
    vec![
        common(
            "InvalidInput",
            fault,
            |_| true,
            "The body or a parameter is malformed, unknown or invalid, or refers to an item \
                that the organization does not have. `details` has every fault.",
        ),
        common(
            "Unauthenticated",
            Error::Unauthenticated,
            |operation| !is_open(operation),
            "The credential is missing, unknown, expired or revoked.",
        ),
        common(
            "InsufficientRights",
            Error::InsufficientRights(Vec::new()),
            |_| false,
            "The rights of the caller are not enough.",
        ),
        common(
            "NotFound",
            Error::NotFound("share"),
            |operation| has(operation, &ParameterIn::Path),
            "The item does not exist, or the caller may not know of it.",
        ),
        common(
            "NotAcceptable",
            Error::NotAcceptable,
            is_service,
            "`Accept` names no supported format.",
        ),
        common(
            "ChangedMeanwhile",
            Error::Conflict(Conflict::Changed),
            |operation| has_parameter(operation, "If-Match"),
            "Other requests kept changing the item. Try again.",
        ),
        common(
            "PreconditionFailed",
            Error::PreconditionFailed,
            |operation| has_parameter(operation, "If-Match"),
            "`If-Match` names another version than the current one.",
        ),
        common(
            "BodyTooLarge",
            Error::BodyTooLarge,
            |operation| operation.request_body.is_some(),
            "The body is larger than 64 KiB.",
        ),
        common(
            "UnsupportedMediaType",
            Error::UnsupportedMediaType,
            takes_json,
            "The content type of the body is not supported.",
        ),
        common(
            "IdempotencyKeyReused",
            Error::IdempotencyKeyReused,
            |operation| has_parameter(operation, "Idempotency-Key"),
            "The `Idempotency-Key` was used before with another path or body.",
        ),
        common(
            "TooManyRequests",
            Error::Throttled(String::new()),
            |_| true,
            "Too many requests. Try again after `Retry-After` seconds.",
        ),
        common(
            "InternalError",
            Error::Internal(String::new()),
            |_| true,
            "A bug, which is logged under the `X-Request-Id`.",
        ),
        common(
            "Unavailable",
            Error::Unavailable(String::new()),
            |_| true,
            "The store did not answer in time. Try again after `Retry-After` seconds.",
        ),
    ]
}

impl CommonError {
    fn status(&self) -> String {
        self.error.status().as_str().to_owned()
    }

    /// The name among the components.
    fn name(&self) -> String {
        match self.shape {
            Shape::Plain => self.name.to_owned(),
            Shape::Service => format!("Service{}", self.name),
        }
    }

    fn response(&self) -> Response {
        let list = match self.shape {
            Shape::Plain => "`details`",
            Shape::Service => "`errors`",
        };
        let description = self.description.replace("`details`", list);
        let mut response = ResponseBuilder::new().description(description).build();
        self.describe(&mut response);
        response
    }

    /// The body and the headers, as they are answered.
    fn describe(&self, response: &mut Response) {
        let (schema, answer) = match self.shape {
            Shape::Plain => ("Error", self.error.response()),
            Shape::Service => {
                let answer = service::error(&self.error, &Request::default());
                ("ServiceError", answer)
            }
        };
        // 401 is the gateway's own answer, and always JSON.
        if self.shape == Shape::Service && !matches!(self.error, Error::Unauthenticated) {
            let body = ContentBuilder::new().schema(Some(Ref::from_schema_name(schema)));
            let jsv = Format::Jsv.content_type().to_owned();
            response.content.insert(jsv, body.build().into());
        }
        let body = ContentBuilder::new()
            .schema(Some(Ref::from_schema_name(schema)))
            .example(serde_json::from_str::<Value>(answer.body()).ok());
        response
            .content
            .insert("application/json".to_owned(), body.build().into());
        add_header(response, REQUEST_ID);
        if answer.headers().contains_key(RETRY_AFTER) {
            add_header(response, "Retry-After");
        }
        if answer.headers().contains_key(WWW_AUTHENTICATE) {
            add_header(response, "WWW-Authenticate");
        }
    }
}

/// Whether it answers in JSV, too.
fn is_service(operation: &Operation) -> bool {
    let jsv = Format::Jsv.content_type();
    let mut responses = operation.responses.responses.values();
    responses.any(|response| match response {
        RefOr::T(response) => response.content.contains_key(jsv),
        RefOr::Ref(_) => false,
    })
}

fn is_open(operation: &Operation) -> bool {
    operation.security.as_ref().is_some_and(Vec::is_empty)
}

fn takes_json(operation: &Operation) -> bool {
    match &operation.request_body {
        Some(RefOr::T(body)) => body.content.contains_key("application/json"),
        _ => false,
    }
}

fn has(operation: &Operation, place: &ParameterIn) -> bool {
    parameters(operation).any(|(_, of)| of == place)
}

fn has_parameter(operation: &Operation, name: &str) -> bool {
    parameters(operation).any(|(parameter, _)| parameter == name)
}

fn parameters(operation: &Operation) -> impl Iterator<Item = (&str, &ParameterIn)> {
    let parameters = operation.parameters.iter().flatten();
    parameters.filter_map(|parameter| match parameter {
        RefOr::T(parameter) => Some((parameter.name.as_str(), &parameter.parameter_in)),
        RefOr::Ref(_) => None,
    })
}

/// Adds to an operation what follows from what its annotation says; gives the errors that
/// it refers to.
fn complete<'e>(operation: &mut Operation, errors: &'e [CommonError]) -> Vec<&'e CommonError> {
    operation.operation_id = operation.operation_id.as_deref().map(camel_case);
    operation.summary = operation
        .summary
        .as_deref()
        .map(|summary| summary.trim_end_matches('.').to_owned());
    // `security(())` becomes a list of one empty requirement.
    if let Some(security) = &mut operation.security
        && *security == [Default::default()]
    {
        security.clear();
    }
    for parameter in operation.parameters.iter_mut().flatten() {
        if let RefOr::T(parameter) = parameter {
            parameter.schema.iter_mut().for_each(without_null);
        }
    }
    let replayed = has_parameter(operation, "Idempotency-Key");
    for (status, response) in &mut operation.responses.responses {
        let RefOr::T(response) = response else {
            continue;
        };
        let error = errors.iter().find(|error| error.status() == *status);
        if let (Some(error), true) = (error, response.content.is_empty()) {
            error.describe(response);
        }
        add_header(response, REQUEST_ID);
        if replayed && status.starts_with('2') {
            add_header(response, "Idempotency-Replayed");
        }
        let known: BTreeSet<_> = headers().into_keys().collect();
        let named: Vec<_> = response.headers.keys().cloned().collect();
        for name in named.into_iter().filter(|name| known.contains(name)) {
            add_header(response, &name);
        }
    }
    let own = |error: &&CommonError| {
        let responses = &operation.responses.responses;
        responses.contains_key(&error.status())
    };
    let common = errors.iter().filter(|error| (error.of)(operation));
    let common: Vec<_> = common.filter(|error| !own(error)).collect();
    for error in &common {
        let shared = Ref::from_response_name(error.name());
        let responses = &mut operation.responses.responses;
        responses.insert(error.status(), shared.into());
    }
    common
}

/// `create-share` is `createShare`.
fn camel_case(name: &str) -> String {
    let mut words = name.split('-');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |mut camel, word| {
        let mut letters = word.chars();
        camel.extend(letters.next().map(|letter| letter.to_ascii_uppercase()));
        camel + letters.as_str()
    })
}

const REQUEST_ID: &str = "X-Request-Id";

/// The headers of answers; an annotation needs only to name one: `headers(("ETag"))`.
fn headers() -> BTreeMap<String, RefOr<Header>> {
    let header = |name: &str, kind, example: &str, description| {
        let schema = ObjectBuilder::new().schema_type(kind).examples([example]);
        let header = HeaderBuilder::new()
            .schema(Some(schema))
            .description(Some(description));
        (name.to_owned(), RefOr::T(header.build()))
    };
    let text = Type::String;
    BTreeMap::from([
        header(
            REQUEST_ID,
            text.clone(),
            "c6af9ac6-7b61-11e6-9a41-93e8deadbeef",
            "The ID of the request, as in the log.",
        ),
        header(
            "ETag",
            text.clone(),
            "\"1-q0Yt1m7TnZkRfE2u\"",
            "The version of the item, if it has one, followed in the answer to a `GET` by a \
                hash of everything shown. `If-Match` compares the version, `If-None-Match` the \
                whole.",
        ),
        header(
            "Cache-Control",
            text.clone(),
            "public, max-age=300",
            "How long the answer may be cached.",
        ),
        header(
            "Idempotency-Replayed",
            text.clone(),
            "true",
            "`true` if this is the first answer to the same `Idempotency-Key` again.",
        ),
        header(
            "Link",
            text.clone(),
            "<https://api.example/v2/users?cursor=MQ>; rel=\"next\"",
            "The address of the next page; left out on the last page.",
        ),
        header(
            "Retry-After",
            text.clone(),
            "1",
            "Seconds to wait before the next attempt.",
        ),
        header(
            "WWW-Authenticate",
            text,
            CHALLENGE,
            "How to present a credential.",
        ),
    ])
}

fn add_header(response: &mut Response, name: &str) {
    let shared = Ref::new(format!("#/components/headers/{name}"));
    response.headers.insert(name.to_owned(), RefOr::Ref(shared));
}

fn security_schemes() -> BTreeMap<String, RefOr<SecurityScheme>> {
    let scheme = |name: &str, scheme, format, description| {
        let mut scheme = HttpBuilder::new()
            .scheme(scheme)
            .description(Some(description))
            .build();
        scheme.bearer_format = format;
        (name.to_owned(), RefOr::T(SecurityScheme::Http(scheme)))
    };
    let format = |format: &str| Some(format.to_owned());
    // From where this document is: there may be a stage before it in the path.
    const TOKEN_URL: &str = "./v2/oauth/token";
    let flow = ClientCredentials::with_refresh_url(TOKEN_URL, Scopes::new(), TOKEN_URL);
    let description = "An access token, which an API key gets as the client.";
    let oauth2 = OAuth2::with_description([Flow::ClientCredentials(flow)], description);
    BTreeMap::from([
        scheme(
            "accessToken",
            HttpAuthScheme::Bearer,
            format("UUID"),
            "`Bearer <token>` with an access token, a UUID.",
        ),
        scheme(
            "apiKey",
            HttpAuthScheme::Bearer,
            format("<keyId>.<secret>"),
            "`Bearer <keyId>.<secret>` with an API key.",
        ),
        scheme(
            "apiKeyBasic",
            HttpAuthScheme::Basic,
            None,
            "An API key with its id as the user name and its secret as the password.",
        ),
        (
            "oauth2".to_owned(),
            RefOr::T(SecurityScheme::OAuth2(oauth2)),
        ),
    ])
}

/// The names of the schemas that are part of what a client sends.
fn requested(document: &mut Document) -> BTreeSet<String> {
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
fn without_null(schema: &mut RefOr<Schema>) {
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
fn describe_nullable(schema: &mut RefOr<Schema>) {
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
