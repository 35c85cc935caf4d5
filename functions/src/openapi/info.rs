//! The document's texts about the whole API: its description, its servers, its credentials.

use std::collections::BTreeMap;

use latchkey::wire::{error, service};
use utoipa::OpenApi;
use utoipa::openapi::RefOr;
use utoipa::openapi::security::{
    ClientCredentials, Flow, HttpAuthScheme, HttpBuilder, OAuth2, Scopes, SecurityScheme,
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
        (name = "Audit", description = "Who changed what, and what was refused."),
        (name = "Accesses", description = "For clients made with ServiceStack, in JSON and JSV."),
        (name = "OAuth", description = "Access tokens for API keys."),
    ),
    security(("accessToken" = []), ("apiKey" = []), ("apiKeyBasic" = []), ("oauth2" = []))
)]
pub(super) struct Api;

/// How to present a credential.
pub(super) fn security_schemes() -> BTreeMap<String, RefOr<SecurityScheme>> {
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
