//! Authorization codes: that a user said yes, for the app to take up.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use ring::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};

use super::{ClientId, TokenScopes};
use crate::credential::Credential;
use crate::id::{FamilyId, OrganizationId, UserId};
use crate::role::Role;
use crate::secret::{Random, RandomFailed, hash};
use crate::table::{Change, EXPIRES_AT, If};

/// How long a code is good, in minutes.
const LIFETIME: i64 = 5;
/// How long one that was used is remembered, in days: whoever presents it again has one that was
/// in two hands.
const REMEMBERED: i64 = 30;

/// A code, which is shown once and stored nowhere.
pub struct CodeText([u8; 32]);

impl CodeText {
    /// A new one.
    ///
    /// # Errors
    /// When the system has no random numbers.
    pub fn generate(random: &Random) -> Result<Self, RandomFailed> {
        random.bytes().map(Self)
    }

    /// Reads what a client presents; `None` for what can be none.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        bytes.try_into().ok().map(Self)
    }

    /// The code itself: for the one answer that shows it.
    pub fn reveal(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    /// What is stored in its place.
    pub fn hash(&self) -> CodeHash {
        CodeHash(hash(&[b"authorization code", &self.0]))
    }
}

/// Names a code by its hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeHash(String);

impl CodeHash {
    /// The hash as it stands in the table.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The challenge of PKCE, by the method `S256`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Challenge(String);

impl Challenge {
    /// Reads what a client gives with its request: the SHA-256 of a verifier in base64url.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        (bytes.len() == 32).then(|| Self(text.to_owned()))
    }

    /// Whether it is the challenge of this verifier (RFC 7636, section 4.6).
    pub fn is_of(&self, verifier: &str) -> bool {
        let is_allowed =
            |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~');
        let is_verifier = (43..=128).contains(&verifier.len()) && verifier.bytes().all(is_allowed);
        is_verifier && self.0 == URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes()))
    }
}

/// Whom an app speaks for, and how far.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Link {
    /// The user who said yes.
    pub user: UserId,
    /// The roles that they said yes with, as far as they still have them; all of theirs, when
    /// left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub roles: Option<Vec<Role>>,
    /// What they said yes to.
    pub scopes: TokenScopes,
}

impl Link {
    /// What the app's tokens are made of.
    pub fn credential(&self, organization: OrganizationId) -> Credential {
        Credential {
            roles: self.roles.clone(),
            scopes: Some(self.scopes.clone()),
            ..Credential::of(organization, self.user)
        }
    }
}

/// What the table knows of a code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AuthorizationCode {
    /// The client that it was given to.
    pub client: ClientId,
    /// Where the client was sent back to.
    pub redirect_uri: String,
    /// The challenge that the client gave, if it gave one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub challenge: Option<Challenge>,
    /// Whom it is for.
    pub link: Link,
    /// When it ends; of one that was used, when it is forgotten.
    #[serde(with = "chrono::serde::ts_seconds")]
    pub expires_at: DateTime<Utc>,
    /// The tokens that it was used for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub family: Option<FamilyId>,
}

/// The attribute of a code that was used.
pub const FAMILY: &str = "family";

impl AuthorizationCode {
    /// A code that is given out at `now`.
    pub fn new(
        client: ClientId,
        redirect_uri: String,
        challenge: Option<Challenge>,
        link: Link,
        now: DateTime<Utc>,
    ) -> Self {
        Self {
            client,
            redirect_uri,
            challenge,
            link,
            expires_at: now + TimeDelta::minutes(LIFETIME),
            family: None,
        }
    }

    /// Whether the client that presents it is the one that asked: with the address that it was
    /// sent back to, and with the verifier of its challenge, or without either.
    pub fn fits(&self, client: ClientId, redirect_uri: &str, verifier: Option<&str>) -> bool {
        let proven = match (&self.challenge, verifier) {
            (Some(challenge), Some(verifier)) => challenge.is_of(verifier),
            (None, None) => true,
            _ => false,
        };
        self.client == client && self.redirect_uri == redirect_uri && proven
    }

    /// That it was not used, and is good at `now`.
    pub fn is_unused(now: DateTime<Utc>) -> If {
        If::Lacks(FAMILY).and(If::unexpired(now))
    }

    /// That it is used at `now` for these tokens.
    pub fn used(family: FamilyId, now: DateTime<Utc>) -> Change {
        let forgotten = now + TimeDelta::days(REMEMBERED);
        let change = Change::default().set(FAMILY, &family);
        change.set(EXPIRES_AT, &forgotten.timestamp())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of RFC 7636, appendix B.
    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    #[test]
    fn a_challenge_is_that_of_its_verifier_alone() {
        let challenge = Challenge::parse(CHALLENGE).unwrap();
        assert!(challenge.is_of(VERIFIER));
        for other in ["", &VERIFIER[1..], CHALLENGE, &VERIFIER.to_lowercase()] {
            assert!(!challenge.is_of(other), "{other}");
        }
        for text in [
            "",
            VERIFIER.get(..42).unwrap(),
            "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM=",
        ] {
            assert_eq!(Challenge::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_code_fits_the_client_that_asked_for_it() {
        let client: ClientId = "7.vT3mYq0cJx8ZkA-_".parse().unwrap();
        let other: ClientId = "8.vT3mYq0cJx8ZkA-_".parse().unwrap();
        let link = Link {
            user: 2.try_into().unwrap(),
            roles: None,
            scopes: TokenScopes::usual(),
        };
        let code = |challenge: Option<&str>| {
            let challenge = challenge.and_then(Challenge::parse);
            let uri = "https://example.com/cb".to_owned();
            AuthorizationCode::new(client, uri, challenge, link.clone(), DateTime::UNIX_EPOCH)
        };
        let (uri, bound) = ("https://example.com/cb", code(Some(CHALLENGE)));
        assert!(bound.fits(client, uri, Some(VERIFIER)));
        assert!(!bound.fits(client, uri, None));
        assert!(!bound.fits(client, uri, Some(CHALLENGE)));
        assert!(!bound.fits(other, uri, Some(VERIFIER)));
        assert!(!bound.fits(client, "https://example.com/cb2", Some(VERIFIER)));
        assert!(code(None).fits(client, uri, None));
        assert!(!code(None).fits(client, uri, Some(VERIFIER)));
    }

    #[test]
    fn a_code_is_read_as_it_was_shown() {
        let random = Random::new(ring::rand::SystemRandom::new());
        let code = CodeText::generate(&random).unwrap();
        let read = CodeText::parse(&code.reveal()).unwrap();
        assert_eq!(read.hash(), code.hash());
        assert!(CodeText::parse("").is_none() && CodeText::parse("x").is_none());
    }
}
