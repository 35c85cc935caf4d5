//! Which resource a path is, and which of its methods answers.

use std::collections::BTreeMap;
use std::time::Duration;

use percent_encoding::percent_decode_str;

use super::exchange::Exchange;
use super::failure::{Failure, ResponseType};
use super::throttle::Bucket;
use crate::template::{Integration, Route, short_id};

/// The resources of an API.
pub(super) struct Routes {
    matcher: matchit::Router<Resource>,
}

/// A path of the template with its methods.
struct Resource {
    path: String,
    id: String,
    methods: BTreeMap<String, Method>,
}

/// How to answer a request with this method to this resource.
pub(super) struct Method {
    pub(super) integration: Integration,
    pub(super) authorizer: Option<String>,
    pub(super) timeout: Duration,
    pub(super) throttle: Option<Bucket>,
}

impl Routes {
    pub(super) fn new(routes: Vec<Route>, api_id: &str) -> Result<Self, String> {
        let mut resources: BTreeMap<String, Resource> = BTreeMap::new();
        for route in routes {
            let path = without_trailing_slash(&route.path).to_owned();
            let resource = resources.entry(path.clone()).or_insert_with(|| Resource {
                id: short_id(&format!("{api_id}{path}"), 6),
                path: route.path.clone(),
                methods: BTreeMap::new(),
            });
            let method = Method {
                integration: route.integration,
                authorizer: route.authorizer,
                timeout: route.timeout,
                throttle: route.throttle.map(Bucket::new),
            };
            resource.methods.insert(route.method, method);
        }
        let mut matcher = matchit::Router::new();
        for (path, resource) in resources {
            let pattern = match path
                .strip_suffix("+}")
                .and_then(|path| path.rsplit_once('{'))
            {
                Some((before, name)) => format!("{before}{{*{name}}}"),
                None => path.clone(),
            };
            matcher
                .insert(pattern, resource)
                .map_err(|error| format!("the path {path}: {error}"))?;
        }
        Ok(Self { matcher })
    }

    /// Finds the method, and notes in the exchange which resource it is of.
    ///
    /// The path is matched as it came: an encoded slash is no separator. Only then are the
    /// parameters decoded.
    pub(super) fn find(&self, exchange: &mut Exchange<'_>) -> Result<&Method, Failure> {
        // For an unknown method API Gateway assumes AWS credentials: none is a missing token,
        // any other credential a signature that it cannot read.
        let credential = exchange.headers.contains_key("authorization");
        let unknown = || {
            Failure::of(match credential {
                true => ResponseType::Default4xx,
                false => ResponseType::MissingAuthenticationToken,
            })
        };
        let path = without_trailing_slash(&exchange.path);
        let found = self.matcher.at(path).map_err(|_| unknown())?;
        // A parameter is never empty.
        if found.params.iter().any(|(_, value)| value.is_empty()) {
            return Err(unknown());
        }
        let resource = found.value;
        let method = resource
            .methods
            .get(exchange.method.as_str())
            .ok_or_else(unknown)?;
        let parameters = found
            .params
            .iter()
            .map(|(name, value)| {
                (
                    name.to_owned(),
                    percent_decode_str(value).decode_utf8_lossy().into_owned(),
                )
            })
            .collect();
        exchange.path_parameters = parameters;
        exchange.resource.clone_from(&resource.path);
        exchange.resource_id.clone_from(&resource.id);
        Ok(method)
    }
}

fn without_trailing_slash(path: &str) -> &str {
    match path.trim_end_matches('/') {
        "" => "/",
        path => path,
    }
}
