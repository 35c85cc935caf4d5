//! Gateway responses: what API Gateway answers by itself.

use std::collections::BTreeMap;

use axum::body::Body;
use axum::response::Response;
use http::StatusCode;

use super::exchange::Exchange;
use super::{put, variables};
use crate::template::CustomResponse;

/// The types that can come up here. The others of API Gateway's need a feature that the
/// local system does not have, such as API keys; a template may customize them all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ResponseType {
    AccessDenied,
    AuthorizerConfigurationError,
    AuthorizerFailure,
    BadRequestBody,
    IntegrationTimeout,
    MissingAuthenticationToken,
    RequestTooLarge,
    Throttled,
    Unauthorized,
    /// A failure before any method was found, which has no type of its own.
    Default4xx,
    /// A failure of the integration, which has no type of its own.
    Default5xx,
}

/// All that a template may customize.
const TYPES: &[&str] = &[
    "ACCESS_DENIED",
    "API_CONFIGURATION_ERROR",
    "AUTHORIZER_CONFIGURATION_ERROR",
    "AUTHORIZER_FAILURE",
    "BAD_REQUEST_BODY",
    "BAD_REQUEST_PARAMETERS",
    "DEFAULT_4XX",
    "DEFAULT_5XX",
    "EXPIRED_TOKEN",
    "INTEGRATION_FAILURE",
    "INTEGRATION_TIMEOUT",
    "INVALID_API_KEY",
    "INVALID_SIGNATURE",
    "MISSING_AUTHENTICATION_TOKEN",
    "QUOTA_EXCEEDED",
    "REQUEST_TOO_LARGE",
    "RESOURCE_NOT_FOUND",
    "THROTTLED",
    "UNAUTHORIZED",
    "UNSUPPORTED_MEDIA_TYPE",
    "WAF_FILTERED",
];

/// Whether a template may customize a gateway response of this name.
pub(crate) fn is_response_type(name: &str) -> bool {
    TYPES.contains(&name)
}

/// The body of every gateway response that is not customized.
const BUILT_IN_BODY: &str = "{\"message\":$context.error.messageString}";

impl ResponseType {
    pub(super) fn name(self) -> &'static str {
        self.details().0
    }

    /// Name, status, message, `x-amzn-ErrorType`.
    fn details(self) -> (&'static str, u16, Option<&'static str>, &'static str) {
        match self {
            Self::AccessDenied => (
                "ACCESS_DENIED",
                403,
                Some("User is not authorized to access this resource"),
                "AccessDeniedException",
            ),
            // API Gateway says nothing of what is wrong with an authorizer: `null`.
            Self::AuthorizerConfigurationError => (
                "AUTHORIZER_CONFIGURATION_ERROR",
                500,
                None,
                "AuthorizerConfigurationException",
            ),
            Self::AuthorizerFailure => (
                "AUTHORIZER_FAILURE",
                500,
                None,
                "AuthorizerFailureException",
            ),
            Self::BadRequestBody => (
                "BAD_REQUEST_BODY",
                400,
                Some("Invalid request body"),
                "BadRequestException",
            ),
            Self::IntegrationTimeout => (
                "INTEGRATION_TIMEOUT",
                504,
                Some("Endpoint request timed out"),
                "InternalServerErrorException",
            ),
            Self::MissingAuthenticationToken => (
                "MISSING_AUTHENTICATION_TOKEN",
                403,
                Some("Missing Authentication Token"),
                "MissingAuthenticationTokenException",
            ),
            Self::RequestTooLarge => (
                "REQUEST_TOO_LARGE",
                413,
                Some("HTTP content length exceeded 10485760 bytes."),
                "RequestTooLargeException",
            ),
            Self::Throttled => (
                "THROTTLED",
                429,
                Some("Too Many Requests"),
                "TooManyRequestsException",
            ),
            Self::Unauthorized => (
                "UNAUTHORIZED",
                401,
                Some("Unauthorized"),
                "UnauthorizedException",
            ),
            Self::Default4xx => (
                "DEFAULT_4XX",
                403,
                Some(
                    "Invalid key=value pair (missing equal-sign) in Authorization header \
                     (hashed with SHA-256 and encoded with Base64).",
                ),
                "IncompleteSignatureException",
            ),
            Self::Default5xx => (
                "DEFAULT_5XX",
                500,
                Some("Internal server error"),
                "InternalServerErrorException",
            ),
        }
    }
}

/// A request that API Gateway answers itself.
#[derive(Clone, Debug)]
pub(super) struct Failure {
    pub(super) response_type: ResponseType,
    pub(super) message: Option<String>,
    status: u16,
}

impl Failure {
    pub(super) fn of(response_type: ResponseType) -> Self {
        let (_, status, message, _) = response_type.details();
        Self {
            response_type,
            message: message.map(str::to_owned),
            status,
        }
    }

    /// `Internal server error`: 502 when a function failed, 500 when it was not invoked.
    pub(super) fn internal(status: u16) -> Self {
        Self {
            status,
            ..Self::of(ResponseType::Default5xx)
        }
    }

    /// A statement of the policy forbids it, as opposed to none allowing it.
    pub(super) fn denied_explicitly() -> Self {
        Self {
            message: Some(
                "User is not authorized to access this resource with an explicit deny".to_owned(),
            ),
            ..Self::of(ResponseType::AccessDenied)
        }
    }

    /// The response: as customized for its type, else as customized for all of its class,
    /// else as built in.
    ///
    /// A status that is set on `DEFAULT_4XX` or `DEFAULT_5XX` is that of every response which
    /// falls back to it; not set, each keeps its own.
    pub(super) fn response(
        &self,
        exchange: &Exchange<'_>,
        customized: &BTreeMap<String, CustomResponse>,
    ) -> Response {
        let (name, _, _, error_type) = self.response_type.details();
        let class = if self.status < 500 {
            "DEFAULT_4XX"
        } else {
            "DEFAULT_5XX"
        };
        let custom = customized.get(name).or_else(|| customized.get(class));

        let (content_type, template) = match custom.map(|custom| &custom.templates) {
            Some(templates) if !templates.is_empty() => preferred(templates, exchange),
            _ => ("application/json", BUILT_IN_BODY),
        };
        let body = variables::substituted(template, exchange, Some(self));
        let mut response = Response::new(Body::from(body));
        let status = custom
            .and_then(|custom| custom.status)
            .unwrap_or(self.status);
        *response.status_mut() =
            StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        put(headers, "content-type", content_type);
        put(headers, "x-amzn-errortype", error_type);
        for (name, mapping) in custom
            .map(|custom| custom.headers.as_slice())
            .unwrap_or_default()
        {
            if let Some(value) = variables::mapped(mapping, exchange, Some(self)) {
                put(headers, name, &value);
            }
        }
        response
    }
}

/// The template that the client asks for, or the JSON one, or the first.
fn preferred<'t>(
    templates: &'t BTreeMap<String, String>,
    exchange: &Exchange<'_>,
) -> (&'t str, &'t str) {
    let accept = exchange.header("accept").unwrap_or_default();
    let accepted = accept
        .split(',')
        .map(|part| part.split(';').next().unwrap_or_default().trim());
    accepted
        .chain(["application/json"])
        .find_map(|media_type| templates.get_key_value(media_type))
        .or_else(|| templates.iter().next())
        .map_or(
            ("application/json", BUILT_IN_BODY),
            |(media_type, template)| (media_type, template),
        )
}
