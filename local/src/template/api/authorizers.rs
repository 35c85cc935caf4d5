//! `Auth`: the authorizers, and which of them a route has that names none.

use std::collections::BTreeMap;
use std::time::Duration;

use super::super::{Fault, Function, Properties};

/// A Lambda authorizer that is sent the request (`FunctionPayloadType: REQUEST`).
#[derive(Clone, Debug)]
pub struct Authorizer {
    /// The logical id of its function.
    pub function: String,
    /// The headers that must be present before it is called: the key of its cache.
    pub identity: Vec<String>,
    /// `ReauthorizeEvery`; zero keeps nothing.
    pub keep: Duration,
}

/// The contents of `Auth`.
pub(super) struct Auth {
    pub(super) authorizers: BTreeMap<String, Authorizer>,
    /// The authorizer of a route that names none.
    pub(super) default: Option<String>,
    /// The authorizer of an `OPTIONS` that names none.
    pub(super) preflight: Option<String>,
}

pub(super) fn read(
    auth: &Properties<'_>,
    functions: &BTreeMap<String, Function>,
) -> Result<Auth, Fault> {
    auth.only(
        &[
            "AddDefaultAuthorizerToCorsPreflight",
            "Authorizers",
            "DefaultAuthorizer",
        ],
        &[],
    )?;
    let declared = auth.map("Authorizers")?;
    let mut authorizers = BTreeMap::new();
    for name in declared.values.keys() {
        authorizers.insert(name.clone(), authorizer(&declared.map(name)?, functions)?);
    }
    let default = named(auth, "DefaultAuthorizer", &authorizers)?;
    let preflight = match auth.boolean("AddDefaultAuthorizerToCorsPreflight")? {
        Some(false) => None,
        _ => default.clone(),
    };
    Ok(Auth {
        authorizers,
        default,
        preflight,
    })
}

fn authorizer(
    declared: &Properties<'_>,
    functions: &BTreeMap<String, Function>,
) -> Result<Authorizer, Fault> {
    declared.only(&["FunctionArn", "FunctionPayloadType", "Identity"], &[])?;
    let arn = declared.required("FunctionArn")?;
    let function = functions
        .values()
        .find(|function| function.arn == arn)
        .ok_or_else(|| declared.fault("FunctionArn", "is not a function of this template"))?;
    let kind = declared.required("FunctionPayloadType")?;
    if kind != "REQUEST" {
        let message = format!("expected REQUEST, not {kind}");
        return Err(declared.fault("FunctionPayloadType", message));
    }
    let identity = declared.map("Identity")?;
    identity.only(&["Headers", "ReauthorizeEvery"], &[])?;
    let headers = identity.strings("Headers")?;
    if headers.is_empty() {
        return Err(identity.fault("Headers", "expected at least one header"));
    }
    Ok(Authorizer {
        function: function.logical_id.clone(),
        identity: headers,
        keep: Duration::from_secs(identity.number("ReauthorizeEvery")?.unwrap_or(300)),
    })
}

/// The authorizer that a property names; none for `NONE`.
pub(super) fn named(
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
