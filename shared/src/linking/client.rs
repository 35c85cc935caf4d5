//! Apps that may ask to be linked.

use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::{Host, Url};
use utoipa::ToSchema;

use super::TokenScopes;
use crate::caller::OrganizationScope;
use crate::deed;
use crate::error::{Fault, FaultCode};
use crate::id::{ApiKeyId, OrganizationId, UserId};
use crate::secret::{Random, RandomFailed, hash};
use crate::table::If;
use crate::wire::json::{Faults, Fields, FromJson, Json, Label};

/// How many addresses a client may be sent back to.
const MAX_REDIRECTS: usize = 10;
/// The longest address.
const MAX_URI: usize = 2000;

/// The id of a client: its organization, and its own. It is no secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ClientId {
    /// The organization in which it is registered.
    pub organization: OrganizationId,
    /// Its own id.
    pub id: ApiKeyId,
}

/// A text that is no id of a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected the ID of a client such as \"1.demoKeyOfTheHome\"")]
pub struct NoClientId;

impl ClientId {
    /// Leave to speak of the organization, as far as its client is concerned. It gives nobody a
    /// right: what is done for a client is done by a secret, and by a user's yes.
    pub fn scope(&self) -> OrganizationScope {
        OrganizationScope::of_change(self.organization)
    }
}

impl FromStr for ClientId {
    type Err = NoClientId;

    fn from_str(text: &str) -> Result<Self, NoClientId> {
        let (organization, id) = text.split_once('.').ok_or(NoClientId)?;
        Ok(Self {
            organization: organization.parse().map_err(|_| NoClientId)?,
            id: id.parse().map_err(|_| NoClientId)?,
        })
    }
}

impl TryFrom<String> for ClientId {
    type Error = NoClientId;

    fn try_from(text: String) -> Result<Self, NoClientId> {
        text.parse()
    }
}

impl From<ClientId> for String {
    fn from(id: ClientId) -> String {
        id.to_string()
    }
}

impl fmt::Display for ClientId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.organization, self.id)
    }
}

/// An address that a client may be sent back to, compared letter for letter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RedirectUri(String);

impl RedirectUri {
    /// Reads an address; `None` for one that nobody may be sent back to.
    pub fn parse(text: &str) -> Option<Self> {
        let is_plain = text.bytes().all(|byte| byte.is_ascii_graphic());
        let is_short = text.len() <= MAX_URI;
        let url = Url::parse(text).ok().filter(|_| is_plain && is_short)?;
        may_lead_back(&url).then(|| Self(text.to_owned()))
    }

    /// The address itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Where it leads, as a content security policy names it: its origin, or the scheme of an
    /// app's own.
    pub fn policy_source(&self) -> String {
        let Ok(url) = Url::parse(&self.0) else {
            return String::new();
        };
        match url.origin().is_tuple() {
            true => url.origin().ascii_serialization(),
            false => format!("{}:", url.scheme()),
        }
    }

    /// The address with what is answered to the client.
    pub fn with(&self, parameters: &[(&str, &str)]) -> Option<String> {
        let mut url = Url::parse(&self.0).ok()?;
        url.query_pairs_mut().extend_pairs(parameters);
        Some(url.into())
    }
}

impl FromJson for RedirectUri {
    fn from_json(value: &Value) -> Result<Self, (FaultCode, String)> {
        const EXPECTED: &str = "expected an address with https, with http on this machine alone, \
                                or with an app's own scheme such as \"com.example.app:/linked\"; \
                                without a fragment and a user";
        let Value::String(text) = value else {
            return Err((FaultCode::WrongType, EXPECTED.to_owned()));
        };
        Self::parse(text).ok_or((FaultCode::InvalidValue, EXPECTED.to_owned()))
    }
}

fn may_lead_back(url: &Url) -> bool {
    let is_here = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    let is_known = match url.scheme() {
        "https" => url.host().is_some(),
        "http" => is_here,
        // RFC 8252, section 7.1. `javascript:` and `data:` have no dot.
        own => own.contains('.'),
    };
    let names_nobody = url.username().is_empty() && url.password().is_none();
    is_known && names_nobody && url.fragment().is_none()
}

/// A client as its organization knows it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Client {
    /// Its own id.
    pub id: ApiKeyId,
    /// What it is called, as users are shown it.
    pub name: String,
    /// Where it may be sent back to.
    pub redirect_uris: Vec<RedirectUri>,
    /// The hash of its secret; `None` if it is public and cannot keep one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<SecretHash>,
    /// What it may ask for at most.
    pub scopes: TokenScopes,
    /// The user who registered it.
    pub creator: UserId,
    /// When it was registered.
    pub date_created: DateTime<Utc>,
    /// Whether it is being deleted: then it is given nothing any more.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub ended: bool,
}

/// The attribute of a client that is being deleted.
pub const ENDED: &str = "ended";

impl Client {
    /// The same with a secret that is known already.
    #[must_use]
    pub fn keeping(mut self, secret: &str) -> Self {
        self.secret = Some(secret_hash(self.id, secret));
        self
    }

    /// That a client exists, and is not being deleted.
    pub fn is_good() -> If {
        If::Exists.and(If::Lacks(ENDED))
    }

    /// Whether it is what it says: knows the secret, if it has one, and says none otherwise.
    pub fn knows(&self, secret: Option<&str>) -> bool {
        let given = secret.map(|secret| secret_hash(self.id, secret));
        self.secret == given
    }

    /// The address that a request names; the only one, when it names none.
    pub fn redirect_uri(&self, asked: Option<&str>) -> Option<&RedirectUri> {
        match asked {
            Some(asked) => self.redirect_uris.iter().find(|uri| uri.as_str() == asked),
            None => match self.redirect_uris.as_slice() {
                [only] => Some(only),
                _ => None,
            },
        }
    }
}

/// What is stored of a secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SecretHash(#[serde(serialize_with = "deed::secret")] String);

fn secret_hash(id: ApiKeyId, secret: &str) -> SecretHash {
    SecretHash(hash(&[b"oauth client", &id.bytes(), secret.as_bytes()]))
}

/// What shall be registered.
#[derive(Debug, Clone, PartialEq, ToSchema)]
#[schema(
    as = NewOAuthClient,
    rename_all = "camelCase",
    description = "An app to register.",
    examples(json!({
        "organizationId": 1,
        "name": "Home Assistant",
        "redirectUris": ["https://my.home-assistant.io/redirect/oauth"],
        "type": "confidential",
        "scope": "read activate events"
    }))
)]
pub struct NewClient {
    /// The organization, whose users may link the app.
    pub organization_id: OrganizationId,
    /// The name that users are shown.
    #[schema(min_length = 1, max_length = 200, examples("Home Assistant"))]
    pub name: String,
    /// The addresses that the app may be sent back to, compared exactly.
    #[schema(value_type = Vec<String>, min_items = 1, max_items = 10, examples("https://my.home-assistant.io/redirect/oauth"))]
    pub redirect_uris: Vec<RedirectUri>,
    /// `confidential` if the app can keep a secret, `public` if it cannot; then it must use PKCE.
    #[schema(value_type = String, pattern = "^(confidential|public)$", examples("confidential"))]
    pub r#type: bool,
    /// The scopes that the app may ask for, with spaces between them; all by default.
    #[schema(value_type = Option<String>, examples("read activate events"))]
    pub scope: Option<TokenScopes>,
}

struct Confidential(bool);

impl FromJson for Confidential {
    fn from_json(value: &Value) -> Result<Self, (FaultCode, String)> {
        let expected = "expected \"confidential\" or \"public\"".to_owned();
        match value {
            Value::String(text) if text == "confidential" => Ok(Self(true)),
            Value::String(text) if text == "public" => Ok(Self(false)),
            Value::String(_) => Err((FaultCode::InvalidValue, expected)),
            _ => Err((FaultCode::WrongType, expected)),
        }
    }
}

impl FromJson for TokenScopes {
    fn from_json(value: &Value) -> Result<Self, (FaultCode, String)> {
        let Value::String(text) = value else {
            return Err((FaultCode::WrongType, super::scopes::NoScopes.to_string()));
        };
        text.parse()
            .map_err(|error: super::scopes::NoScopes| (FaultCode::InvalidValue, error.to_string()))
    }
}

impl NewClient {
    /// Reads the body of a registration.
    ///
    /// # Errors
    /// Every fault of the body, each with the path of its field.
    pub fn read<'b>(body: impl Into<Json<'b>>) -> Result<Self, Vec<Fault>> {
        let faults = Faults::default();
        let new = Fields::of_body(body, &faults).and_then(|body| {
            let organization_id = body.required("organizationId");
            let name = body.required("name").map(|Label(name)| name);
            if !body.has("redirectUris") {
                body.missing("redirectUris");
            }
            let redirect_uris = body.list::<RedirectUri>("redirectUris", MAX_REDIRECTS);
            if body.is_empty_list("redirectUris") {
                let message = format!("expected 1 to {MAX_REDIRECTS} addresses");
                body.fault("redirectUris", FaultCode::OutOfRange, message);
            }
            let kind = body.required("type").map(|Confidential(kind)| kind);
            let scope = body.optional("scope");
            Some(Self {
                organization_id: organization_id?,
                name: name?,
                redirect_uris: redirect_uris?,
                r#type: kind?,
                scope,
            })
        });
        faults.or(new)
    }

    /// The client that `creator` registers at `now`, and its secret if it is confidential.
    ///
    /// # Errors
    /// When the system has no random numbers.
    pub fn register(
        self,
        creator: UserId,
        random: &Random,
        now: DateTime<Utc>,
    ) -> Result<(Client, Option<String>), RandomFailed> {
        let id = ApiKeyId::generate(random)?;
        let secret = URL_SAFE_NO_PAD.encode(random.bytes::<32>()?);
        let secret = self.r#type.then_some(secret);
        let client = Client {
            id,
            name: self.name,
            redirect_uris: self.redirect_uris,
            secret: secret.as_deref().map(|secret| secret_hash(id, secret)),
            scopes: self.scope.unwrap_or_else(TokenScopes::all),
            creator,
            date_created: now,
            ended: false,
        };
        Ok((client, secret))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::wire::schema;

    #[test]
    fn the_schema_is_what_is_read() {
        schema::assert_reads::<NewClient, _>(|body| NewClient::read(body));
    }

    #[test]
    fn a_client_is_sent_back_over_https_to_this_machine_or_to_an_app() {
        let reads = |uri: &str| RedirectUri::from_json(&json!(uri)).is_ok();
        for uri in [
            "https://my.home-assistant.io/redirect/oauth",
            "https://example.com:8443/a?b=c",
            "http://127.0.0.1:8123/cb",
            "http://localhost/cb",
            "http://[::1]:1/cb",
            "com.example.app:/linked",
            "com.example.app://linked",
        ] {
            assert!(reads(uri), "{uri}");
        }
        for uri in [
            "",
            "x",
            "/cb",
            "http://example.com/cb",
            "https://",
            "https://a@example.com/",
            "https://example.com/#a",
            "https://example.com/a b",
            "https://example.com/\u{e9}",
            "javascript:alert(1)",
            "data:text/html,x",
            "file:///etc/passwd",
            "http://localhost.example.com/",
        ] {
            assert!(!reads(uri), "{uri}");
        }
    }

    #[test]
    fn an_answer_is_added_to_what_the_address_has() {
        let uri = |text: &str| RedirectUri(text.to_owned());
        let with = |text| {
            uri(text)
                .with(&[("code", "a b"), ("state", "x&y")])
                .unwrap()
        };
        assert_eq!(
            with("https://example.com/cb?a=b"),
            "https://example.com/cb?a=b&code=a+b&state=x%26y"
        );
        assert_eq!(
            with("com.example.app:/cb"),
            "com.example.app:/cb?code=a+b&state=x%26y"
        );
        let source = |text| uri(text).policy_source();
        assert_eq!(source("https://example.com/cb"), "https://example.com");
        assert_eq!(source("http://127.0.0.1:8123/cb"), "http://127.0.0.1:8123");
        assert_eq!(source("com.example.app:/cb"), "com.example.app:");
    }

    #[test]
    fn an_id_names_its_organization() {
        let id: ClientId = "7.vT3mYq0cJx8ZkA-_".parse().unwrap();
        assert_eq!(id.to_string(), "7.vT3mYq0cJx8ZkA-_");
        for text in [
            "",
            "7",
            "7.",
            ".vT3mYq0cJx8ZkA-_",
            "0.vT3mYq0cJx8ZkA-_",
            "7.x",
        ] {
            assert_eq!(text.parse::<ClientId>(), Err(NoClientId), "{text}");
        }
    }
}
