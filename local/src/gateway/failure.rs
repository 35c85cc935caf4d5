//! The failures before a function has answered, by API Gateway's names.

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

impl ResponseType {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::AccessDenied => "ACCESS_DENIED",
            Self::AuthorizerConfigurationError => "AUTHORIZER_CONFIGURATION_ERROR",
            Self::AuthorizerFailure => "AUTHORIZER_FAILURE",
            Self::BadRequestBody => "BAD_REQUEST_BODY",
            Self::IntegrationTimeout => "INTEGRATION_TIMEOUT",
            Self::MissingAuthenticationToken => "MISSING_AUTHENTICATION_TOKEN",
            Self::RequestTooLarge => "REQUEST_TOO_LARGE",
            Self::Throttled => "THROTTLED",
            Self::Unauthorized => "UNAUTHORIZED",
            Self::Default4xx => "DEFAULT_4XX",
            Self::Default5xx => "DEFAULT_5XX",
        }
    }

    /// The status that is not customized.
    fn status(self) -> u16 {
        match self {
            Self::BadRequestBody => 400,
            Self::Unauthorized => 401,
            Self::AccessDenied | Self::MissingAuthenticationToken | Self::Default4xx => 403,
            Self::RequestTooLarge => 413,
            Self::Throttled => 429,
            Self::AuthorizerConfigurationError | Self::AuthorizerFailure | Self::Default5xx => 500,
            Self::IntegrationTimeout => 504,
        }
    }

    /// `$context.error.message`. API Gateway says nothing of what is wrong with an authorizer.
    fn message(self) -> Option<&'static str> {
        Some(match self {
            Self::AuthorizerConfigurationError | Self::AuthorizerFailure => return None,
            Self::AccessDenied => "User is not authorized to access this resource",
            Self::BadRequestBody => "Invalid request body",
            Self::IntegrationTimeout => "Endpoint request timed out",
            Self::MissingAuthenticationToken => "Missing Authentication Token",
            Self::RequestTooLarge => "HTTP content length exceeded 10485760 bytes.",
            Self::Throttled => "Too Many Requests",
            Self::Unauthorized => "Unauthorized",
            Self::Default4xx => {
                "Invalid key=value pair (missing equal-sign) in Authorization header \
                 (hashed with SHA-256 and encoded with Base64)."
            }
            Self::Default5xx => "Internal server error",
        })
    }

    /// `x-amzn-ErrorType`.
    pub(super) fn error_type(self) -> &'static str {
        match self {
            Self::AccessDenied => "AccessDeniedException",
            Self::AuthorizerConfigurationError => "AuthorizerConfigurationException",
            Self::AuthorizerFailure => "AuthorizerFailureException",
            Self::BadRequestBody => "BadRequestException",
            Self::IntegrationTimeout | Self::Default5xx => "InternalServerErrorException",
            Self::MissingAuthenticationToken => "MissingAuthenticationTokenException",
            Self::RequestTooLarge => "RequestTooLargeException",
            Self::Throttled => "TooManyRequestsException",
            Self::Unauthorized => "UnauthorizedException",
            Self::Default4xx => "IncompleteSignatureException",
        }
    }
}

/// A request that API Gateway answers itself.
#[derive(Clone, Debug)]
pub(super) struct Failure {
    pub(super) response_type: ResponseType,
    pub(super) message: Option<String>,
    pub(super) status: u16,
}

impl Failure {
    pub(super) fn of(response_type: ResponseType) -> Self {
        Self {
            response_type,
            message: response_type.message().map(str::to_owned),
            status: response_type.status(),
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
}
