//! Credentials: what a client puts into `Authorization`, and what the table knows of it.

use std::collections::BTreeSet;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize, Serializer};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::caller::{Caller, Membership, OrganizationScope};
use crate::deed::{Deed, Subject, secret};
use crate::error::{Fault, FaultCode, Result as Answer};
use crate::id::{ApiKeyId, OrganizationId, SpaceId, UserId};
use crate::linking::TokenScopes;
use crate::role::Role;
use crate::secret::{Random, RandomFailed, hash};
use crate::table::{Change, If, Item, Key, Transaction, to_item};
use crate::wire::json::{Faults, Fields, Json, Label, MAX_LISTED};
use crate::wire::schema;

/// Names the credential that a client presented, by the hash of its secret. The table is
/// asked for the hash, so there is nothing to compare and nothing to time.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct CredentialHash(String);

impl Serialize for CredentialHash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        secret(&self.0, serializer)
    }
}

impl CredentialHash {
    /// The hash of an access token.
    pub fn of_token(token: Uuid) -> Self {
        Self(hash(&[b"token", token.as_bytes()]))
    }

    /// The hash of an API key.
    pub fn of_api_key(key_id: &str, secret: &str) -> Self {
        Self(hash(&[b"api key", key_id.as_bytes(), secret.as_bytes()]))
    }

    /// Reads an `Authorization` header: `Bearer <token>` with a UUID, `Bearer
    /// <keyId>.<secret>`, or `Basic` with the Base64 of `<keyId>:<secret>`. `None` for
    /// every other text.
    ///
    /// ```
    /// use latchkey::credential::CredentialHash;
    ///
    /// let bearer = CredentialHash::from_authorization("Bearer key1.secret");
    /// assert_eq!(bearer, CredentialHash::from_authorization("Basic a2V5MTpzZWNyZXQ="));
    /// assert_eq!(CredentialHash::from_authorization("Bearer nonsense"), None);
    /// ```
    pub fn from_authorization(header: &str) -> Option<Self> {
        let (scheme, value) = header.trim().split_once(' ')?;
        let value = value.trim();
        let api_key = |text: &str, separator| {
            let (key_id, secret) = text.split_once(separator)?;
            (!key_id.is_empty() && !secret.is_empty()).then(|| Self::of_api_key(key_id, secret))
        };
        if scheme.eq_ignore_ascii_case("bearer") {
            let token = access_token(value).map(Self::of_token);
            token.or_else(|| api_key(value, '.'))
        } else {
            api_key(&decode_basic(header)?, ':')
        }
    }

    /// The hash as it is stored.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Reads an access token: a UUID in its canonical form alone. (`Uuid` also reads braces, URNs
/// and bare digits.)
pub fn access_token(text: &str) -> Option<Uuid> {
    Uuid::try_parse(text).ok().filter(|_| text.len() == 36)
}

/// The user name and the password, parted by a colon, of an `Authorization` header that is
/// `Basic` with their Base64.
pub(crate) fn decode_basic(header: &str) -> Option<String> {
    let (scheme, value) = header.trim().split_once(' ')?;
    let value = value.trim();
    let bytes = STANDARD
        .decode(value)
        .or_else(|_| STANDARD_NO_PAD.decode(value))
        .ok()
        .filter(|_| scheme.eq_ignore_ascii_case("basic"))?;
    String::from_utf8(bytes).ok()
}

/// What is stored about a credential.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Credential {
    /// A name for logs, audits and revocation; no secret.
    pub id: String,
    /// The organization that it was given out by.
    pub organization: OrganizationId,
    /// The user for whom the key speaks.
    pub user: UserId,
    /// For an access token: the API key to which it was issued; `None` for a token without one,
    /// such as that of an invitation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client: Option<ApiKeyId>,
    /// For a controller's key: the spaces to which it is bound, besides its user's.
    #[serde(
        default,
        skip_serializing_if = "BTreeSet::is_empty",
        with = "serde_dynamo::string_set"
    )]
    pub spaces: BTreeSet<SpaceId>,
    /// The roles that it speaks for, as far as the user has them; all of the user's, when left
    /// out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub roles: Option<Vec<Role>>,
    /// What it may do of what its user may, if it was given to an app that the user linked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scopes: Option<TokenScopes>,
    /// For an API key that speaks for another person than its creator, and for its tokens: the
    /// creator. The credential is valid as long as the creator may create it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upheld_by: Option<UserId>,
    /// For an API key: the last day (UTC) on which it was used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_used: Option<NaiveDate>,
    /// When it ends; never, when left out. DynamoDB removes it some time after.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "chrono::serde::ts_seconds_option"
    )]
    pub expires_at: Option<DateTime<Utc>>,
}

impl Credential {
    /// One of `user` that has no id yet and never ends.
    pub fn of(organization: OrganizationId, user: UserId) -> Self {
        Self {
            id: String::new(),
            organization,
            user,
            client: None,
            spaces: BTreeSet::new(),
            roles: None,
            scopes: None,
            upheld_by: None,
            last_used: None,
            expires_at: None,
        }
    }

    /// What is recorded of its end, by whoever shows it.
    pub fn ended(&self) -> Deed {
        let subject = Subject::text("credential", &self.id);
        Deed::of(self.organization, subject).removed(self)
    }

    /// Whether it is still good at `now`.
    pub fn is_valid(&self, now: DateTime<Utc>) -> bool {
        self.expires_at.is_none_or(|end| now < end)
    }

    /// Whether it is the token that its user was invited with.
    pub fn is_invitation(&self) -> bool {
        self.id == Self::invitation_id(self.user)
    }

    /// The id of the token that a user is invited with.
    pub(crate) fn invitation_id(user: UserId) -> String {
        format!("invitation-{user}")
    }

    /// The API key that it is, if it is one.
    pub fn api_key(&self) -> Option<ApiKeyId> {
        let is_token = self.client.is_some() || self.roles.is_some();
        self.id.parse().ok().filter(|_| !is_token)
    }

    /// The caller that it speaks for, `roles` and `spaces` being its user's. A credential that
    /// is bound to spaces has the role `Device` alone of those of its user, and of the spaces to
    /// which the user is bound, if any, its own alone.
    pub fn caller(self, mut roles: Vec<Role>, mut spaces: BTreeSet<SpaceId>) -> Caller {
        if let Some(given) = &self.roles {
            roles.retain(|role| given.contains(role));
        }
        if !self.spaces.is_empty() {
            roles.retain(|role| *role == Role::Device);
            spaces = match spaces.is_empty() {
                true => self.spaces,
                false => &spaces & &self.spaces,
            };
        }
        let membership = Membership {
            organization_id: self.organization,
            roles,
            spaces,
        };
        Caller::new(self.user, self.id, vec![membership]).within(self.scopes)
    }
}

/// An API key as its organization knows it; the credential itself stands by its hash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ApiKey {
    /// Its id, which is part of what is presented, and no secret.
    pub id: ApiKeyId,
    /// The purpose, in words.
    pub name: String,
    /// The user for whom the key speaks.
    pub user: UserId,
    /// The user who made it.
    pub creator: UserId,
    /// The creator, if the key speaks for another person and is therefore valid only while the
    /// creator may create it. A service account does not count as another person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upheld_by: Option<UserId>,
    /// The key of its credential.
    pub hash: CredentialHash,
    /// The spaces to which a controller's key is bound.
    #[serde(
        default,
        skip_serializing_if = "BTreeSet::is_empty",
        with = "serde_dynamo::string_set"
    )]
    pub spaces: BTreeSet<SpaceId>,
    /// When it was created.
    pub date_created: DateTime<Utc>,
    /// The last day, in UTC, on which it was presented; none, when it never was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_used: Option<NaiveDate>,
    /// When it ends; never, when left out. DynamoDB removes it some time after.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "chrono::serde::ts_seconds_option"
    )]
    pub expires_at: Option<DateTime<Utc>>,
}

impl ApiKey {
    /// The key with this `secret`, created by `user` at `now` for themselves, with its purpose.
    pub fn new(secret: &ApiKeySecret, user: UserId, name: String, now: DateTime<Utc>) -> Self {
        Self {
            id: secret.id,
            name,
            user,
            creator: user,
            upheld_by: None,
            hash: secret.hash(),
            spaces: BTreeSet::new(),
            date_created: now,
            last_used: None,
            expires_at: None,
        }
    }

    /// The same key for another user, created by `creator`. If that user is a person, the key is
    /// valid only while the creator may create it.
    #[must_use]
    pub fn made_by(mut self, creator: UserId, for_person: bool) -> Self {
        self.creator = creator;
        self.upheld_by = for_person.then_some(creator);
        self
    }

    /// Puts the key into the organization of `scope`, and the credential that it is.
    ///
    /// # Errors
    /// 500 if they are no items.
    pub fn put_new<T: Copy>(
        &self,
        writes: &mut Transaction<'_, T>,
        tag: T,
        scope: &OrganizationScope,
    ) -> Answer<()> {
        for item in self.items(scope)? {
            writes.put_item(tag, item, If::Absent);
        }
        Ok(())
    }

    /// The two items that it is: the key in the organization of `scope`, and the credential.
    ///
    /// # Errors
    /// 500 if they are no items.
    pub fn items(&self, scope: &OrganizationScope) -> Answer<[Item; 2]> {
        let credential = Credential {
            id: self.id.to_string(),
            spaces: self.spaces.clone(),
            upheld_by: self.upheld_by,
            expires_at: self.expires_at,
            ..Credential::of(scope.organization(), self.user)
        };
        Ok([
            to_item(&scope.api_key(self.id), self)?,
            to_item(&Key::credential(&self.hash), &credential)?,
        ])
    }
}

/// The first use of an API key on a day, which is recorded: at the key, for display, and at its
/// credential, which is read anyway.
#[derive(Debug)]
pub struct KeyUse {
    credential: Key,
    key: Key,
    day: NaiveDate,
}

/// The attribute of both that has the day.
pub(crate) const LAST_USED: &str = "lastUsed";

impl KeyUse {
    /// The use at `now` of the credential with this hash; `None` if that is no API key, or was
    /// used on that day before.
    pub fn of(hash: &CredentialHash, credential: &Credential, now: DateTime<Utc>) -> Option<Self> {
        let day = now.date_naive();
        Some(Self {
            credential: Key::credential(hash),
            key: Key::api_key_of(credential)?,
            day,
        })
        .filter(|_| credential.last_used != Some(day))
    }

    /// Writes it down, if both exist.
    pub fn write<T: Copy>(&self, tag: T, writes: &mut Transaction<'_, T>) {
        for key in [&self.credential, &self.key] {
            let used = Change::default().set(LAST_USED, &self.day);
            writes.update(tag, key, used, If::Exists);
        }
    }
}

/// The key to create.
#[derive(Debug, Clone, PartialEq, Eq, ToSchema)]
#[schema(
    rename_all = "camelCase",
    description = "An API key to create.",
    examples(json!({
        "organizationId": 1,
        "name": "Booking system",
        "userId": 2,
        "expiresAt": "2030-12-31T00:00:00Z"
    }))
)]
pub struct NewApiKey {
    /// The organization.
    pub organization_id: OrganizationId,
    /// What the key is for.
    #[schema(min_length = 1, max_length = 200, examples("Booking system"))]
    pub name: String,
    /// The user for whom the key speaks, with that user's roles and shares; the caller by
    /// default.
    pub user_id: Option<UserId>,
    /// For a controller's key: the spaces to which it is bound. The key then has only the role
    /// `Device` of its user's roles. If the user is bound to spaces as well, it opens only
    /// those that are in both lists.
    #[schema(min_items = 1, max_items = 32)]
    pub spaces: Option<BTreeSet<SpaceId>>,
    /// When the key expires; never by default.
    #[schema(value_type = Option<schema::DoorInstant>)]
    pub expires_at: Option<DateTime<Utc>>,
}

impl NewApiKey {
    /// Reads the body of a create at `now`.
    ///
    /// # Errors
    /// Every fault of the body, each with the path of its field.
    pub fn read<'b>(body: impl Into<Json<'b>>, now: DateTime<Utc>) -> Result<Self, Vec<Fault>> {
        let faults = Faults::default();
        let new = Fields::of_body(body, &faults).and_then(|body| {
            let organization_id = body.required("organizationId");
            let name = body.required("name").map(|Label(name)| name);
            let user_id = body.optional("userId");
            let spaces: Option<Vec<SpaceId>> = body.list("spaces", MAX_LISTED);
            if body.is_empty_list("spaces") {
                // Bound to nothing, it would be bound to what its user is.
                let message = "expected 1 to 32 spaces; leave it out to bind the key like its user";
                body.fault("spaces", FaultCode::OutOfRange, message.to_owned());
            }
            let expires_at: Option<DateTime<Utc>> = body.optional("expiresAt");
            if expires_at.is_some_and(|end| end.timestamp() <= now.timestamp()) {
                let message = format!("expected a moment after {now:?}");
                body.fault("expiresAt", FaultCode::OutOfRange, message);
            }
            Some(Self {
                organization_id: organization_id?,
                name: name?,
                user_id,
                spaces: spaces.map(|spaces| spaces.into_iter().collect()),
                expires_at,
            })
        });
        faults.or(new)
    }
}

/// An API key with its secret, as it is shown once.
#[derive(Serialize)]
pub struct ApiKeySecret {
    /// The ID.
    pub id: ApiKeyId,
    #[serde(serialize_with = "secret")]
    secret: String,
}

impl ApiKeySecret {
    /// A new one, with 256 random bits.
    ///
    /// # Errors
    /// If the system has no random numbers.
    pub fn generate(random: &Random) -> Result<Self, RandomFailed> {
        // Neither text has a full stop or a colon, which part them when presented.
        Ok(Self {
            id: ApiKeyId::generate(random)?,
            secret: URL_SAFE_NO_PAD.encode(random.bytes::<32>()?),
        })
    }

    /// One that is known already.
    pub fn known(id: ApiKeyId, secret: &str) -> Self {
        Self {
            id,
            secret: secret.to_owned(),
        }
    }

    /// The secret itself: for the one answer that shows it.
    pub fn reveal(&self) -> &str {
        &self.secret
    }

    /// What is stored instead.
    pub fn hash(&self) -> CredentialHash {
        CredentialHash::of_api_key(&self.id.to_string(), &self.secret)
    }
}

impl std::fmt::Debug for ApiKeySecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ApiKeySecret")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_a_uuid_in_its_canonical_form() {
        let token = "293891d1-9278-4468-b322-6887e5e39164";
        let read = CredentialHash::from_authorization;
        let hash = read(&format!("Bearer {token}"));
        assert!(hash.is_some());
        assert_eq!(read(&format!("bearer {}", token.to_uppercase())), hash);
        for wrong in [
            token.to_owned(),
            format!("Bearer {}", token.replace('-', "")),
            format!("Bearer {{{token}}}"),
            format!("Token {token}"),
            "Bearer ".to_owned(),
            "Bearer .secret".to_owned(),
            "Bearer key.".to_owned(),
            "Basic !".to_owned(),
            "Basic a2V5MQ==".to_owned(),
            "Basic /w==".to_owned(),
            String::new(),
        ] {
            assert_eq!(read(&wrong), None, "{wrong}");
        }
    }

    #[test]
    fn the_schema_of_a_new_key_is_what_is_read() {
        crate::wire::schema::assert_reads::<NewApiKey, _>(|body| {
            NewApiKey::read(body, DateTime::UNIX_EPOCH)
        });
    }

    #[test]
    fn a_secret_is_not_shown_by_accident() {
        let id = "vT3mYq0cJx8ZkA-_".parse().unwrap();
        let shown = format!("{:?}", ApiKeySecret::known(id, "s3cret"));
        assert!(!shown.contains("s3cret"), "{shown}");
    }

    #[test]
    fn a_credential_speaks_for_no_role_that_the_user_was_given_later() {
        let credential = |roles| Credential {
            roles,
            ..Credential::of(1.try_into().unwrap(), 1.try_into().unwrap())
        };
        let has = |given: Option<Vec<Role>>, role| {
            let caller =
                credential(given).caller(vec![Role::Admin, Role::Receptionist], BTreeSet::new());
            caller.scopes().any(|scope| scope.has(role))
        };
        assert!(has(None, Role::Admin));
        assert!(!has(Some(vec![]), Role::Admin));
        assert!(!has(Some(vec![Role::Receptionist]), Role::Admin));
        assert!(has(Some(vec![Role::Receptionist]), Role::Receptionist));
        // Nor for one that the user has no longer.
        assert!(!has(Some(vec![Role::Device]), Role::Device));
    }

    #[test]
    fn a_credential_ends_at_its_end() {
        let at = |seconds| DateTime::from_timestamp(seconds, 0).unwrap();
        let one = |id: u64| (id.try_into().unwrap(), id.try_into().unwrap());
        let (organization, user) = one(1);
        let credential = Credential {
            expires_at: Some(at(100)),
            ..Credential::of(organization, user)
        };
        assert!(credential.is_valid(at(99)));
        assert!(!credential.is_valid(at(100)));
        assert!(
            Credential {
                expires_at: None,
                ..credential
            }
            .is_valid(at(100))
        );
    }
}
