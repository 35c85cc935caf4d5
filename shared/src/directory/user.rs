//! Users.

use std::borrow::Cow;
use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::AttributeValue;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{Claim, Documented, New, Own, Reference, Resource, Roll, View, first};
use crate::caller::OrganizationScope;
use crate::credential::{Credential, CredentialHash};
use crate::error::FaultCode;
use crate::id::{Id, SpaceId, UserGroupId, UserId};
use crate::invitation;
use crate::keyring::Keyring;
use crate::role::{Area, By, Reach, Role};
use crate::share::AutoRemoveAfter;
use crate::table::{Element, If, Key};
use crate::wire::json::{Email, Fields, FromJson, Label, MAX_LISTED, Name, Named, Phone, Remark};
use crate::wire::schema::Instant;

/// The kind of user.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(
    description = "The kind of user: a `person`, or a `service` account, for which an API key \
        speaks and which cannot be invited.",
    examples("service")
)]
pub enum UserKind {
    /// A person, who is invited and takes up the account.
    #[default]
    Person,
    /// A program. It is nobody's, and does not end with who made it.
    Service,
}

impl UserKind {
    fn is_person(&self) -> bool {
        *self == Self::Person
    }
}

impl Named for UserKind {
    const NAMES: &'static [(&'static str, Self)] =
        &[("person", Self::Person), ("service", Self::Service)];
}

/// A user of an organization.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct User {
    /// The ID.
    pub id: UserId,
    /// Given name.
    #[schema(examples("Max"))]
    pub first_name: String,
    /// Family name.
    #[schema(examples("Member"))]
    pub last_name: String,
    /// E-mail address, unique in the organization.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(format = "email", examples("max@example.com"))]
    pub email_address: Option<String>,
    /// Phone number (E.164), unique in the organization.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(examples("+491701234567"))]
    pub phone_number: Option<String>,
    /// Whether the user has used a credential of theirs.
    #[schema(examples(true))]
    pub registered: bool,
    /// The roles of the user in the organization; empty for a plain member.
    #[serde(default)]
    #[schema(required)]
    pub roles: Vec<Role>,
    /// A description of the user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(examples("Night shift"))]
    pub description: Option<String>,
    /// Remarks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(examples("Has a dog"))]
    pub remarks: Option<String>,
    /// The user's ID in another system.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(examples("guest-4711"))]
    pub external_id: Option<String>,
    /// The user's ID at VIVIOT, unique in the organization. `PUT /user` changes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(examples("VIV-4711"))]
    pub viviot_id: Option<String>,
    /// The user's language (ISO 639-1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(examples("en"))]
    pub language: Option<String>,
    /// How long to keep the user after their last share. Latchkey stores this for clients and
    /// removes no users by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auto_remove_after: Option<AutoRemoveAfter>,
    /// The user's groups; left out if there are none.
    #[serde(
        default,
        skip_serializing_if = "BTreeSet::is_empty",
        with = "serde_dynamo::number_set"
    )]
    pub groups: BTreeSet<UserGroupId>,
    /// The spaces to which the user's role `Device` is bound. If left out, the role opens
    /// nothing.
    #[serde(
        default,
        skip_serializing_if = "BTreeSet::is_empty",
        with = "serde_dynamo::string_set"
    )]
    pub spaces: BTreeSet<SpaceId>,
    /// The kind of user; left out for a person.
    #[serde(default, skip_serializing_if = "UserKind::is_person")]
    pub kind: UserKind,
    /// The creation time; left out if unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Instant>)]
    pub date_created: Option<DateTime<Utc>>,
    /// The time of the last change; left out if unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Instant>)]
    pub date_modified: Option<DateTime<Utc>>,
    /// The last token that the user was invited with. It is stored here and shown elsewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(ignore)]
    pub invitation: Option<InvitationToken>,
    /// When the invitation of a new user shall end.
    #[serde(skip)]
    #[schema(ignore)]
    pub invited_until: Option<DateTime<Utc>>,
    /// The version; each change adds one.
    #[serde(default = "first")]
    #[schema(required, minimum = 1, examples(1))]
    pub version: u64,
}

/// The users who may give roles, of whom one must remain.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Admins {
    /// Their numbers.
    #[serde(with = "serde_dynamo::number_set")]
    pub users: BTreeSet<UserId>,
}

impl Admins {
    /// The name of the set.
    pub const USERS: &'static str = "users";

    /// The condition that these are still all of them.
    pub fn unchanged(&self) -> If {
        let numbers = self.users.iter().map(UserId::to_string);
        If::Is(Self::USERS, AttributeValue::Ns(numbers.collect()).into())
    }
}

/// An access token that a user is invited with, by its hash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InvitationToken {
    /// The key of its credential.
    pub hash: CredentialHash,
    /// When it was created.
    pub date_created: DateTime<Utc>,
    /// When it expires.
    #[serde(with = "chrono::serde::ts_seconds")]
    pub expires_at: DateTime<Utc>,
}

impl User {
    /// Takes over what a request of ServiceStack's clients says of the user. A field left out, or
    /// null, stays as it is.
    pub fn read_business(&mut self, fields: &Fields<'_>) {
        for name in ["firstName", "lastName", "email", "roles"] {
            if !fields.has(name) {
                fields.missing(name);
            }
        }
        fields.set::<Label, _>("firstName", &mut self.first_name);
        fields.set::<Label, _>("lastName", &mut self.last_name);
        if let Some(email) = fields.optional::<Email>("email") {
            self.email_address = Some(email.into());
        }
        if let Some(phone) = fields.optional::<Phone>("phoneNumber") {
            self.phone_number = Some(phone.into());
        }
        if let Some(Label(id)) = fields.optional("viviotId") {
            self.viviot_id = Some(id);
        }
        self.read_roles(fields);
    }

    fn read_roles(&mut self, fields: &Fields<'_>) {
        if let Some(roles) = fields.list::<Name<Role>>("roles", Role::NAMES.len()) {
            self.roles.clear();
            for Name(role) in roles {
                // One that is named twice is one all the same.
                if !self.roles.contains(role) {
                    self.roles.push(*role);
                }
            }
        }
    }

    /// Invites the user at `now` with a token, which replaces the previous one, and returns its
    /// credential. The credential speaks for the roles that the user has now and never for
    /// later ones, because the holder of the token was not trusted with those.
    pub fn invite(
        &mut self,
        scope: &OrganizationScope,
        token: Uuid,
        now: DateTime<Utc>,
    ) -> (Key, Credential) {
        let hash = CredentialHash::of_token(token);
        let expires_at = self.invited_until.unwrap_or(invitation::expiration(now));
        let credential = Credential {
            id: Credential::invitation_id(self.id),
            roles: Some(self.roles.clone()),
            expires_at: Some(expires_at),
            ..Credential::of(scope.organization(), self.id)
        };
        let key = Key::credential(&hash);
        self.invitation = Some(InvitationToken {
            hash,
            date_created: now,
            expires_at,
        });
        (key, credential)
    }

    /// Whether the user is an admin: a person whose role lets them give roles to others. A
    /// service account is not, since nobody can sign in as it.
    pub fn is_admin(&self) -> bool {
        self.kind == UserKind::Person && self.writes_directory()
    }

    /// Whether a role of the user lets them write the directory, API keys among it.
    pub fn writes_directory(&self) -> bool {
        let reach = |role: &Role| By::Role(*role).reach(Area::Directory);
        self.roles.iter().any(|role| reach(role) >= Reach::Write)
    }

    /// The token that the user may still take up the account with at `now`.
    pub fn open_invitation(&self, now: DateTime<Utc>) -> Option<&InvitationToken> {
        self.invitation
            .as_ref()
            .filter(|token| now < token.expires_at)
    }
}

/// The body of a change, as the API document shows it; [`Resource::changed`] reads it.
#[derive(Debug, ToSchema)]
#[schema(
    rename_all = "camelCase",
    description = "A change of a user.",
    examples(
        json!({
            "firstName": "Max",
            "lastName": "Member",
            "emailAddress": "max@example.com",
            "phoneNumber": "+491701234567",
            "roles": ["AccessAdmin"],
            "kind": "person",
            "description": "Night shift",
            "remarks": "Has a dog",
            "externalId": "guest-4711",
            "autoRemoveAfter": "MONTH",
            "invitation": {"language": "en"}
        }),
        json!({
            "firstName": "Grace",
            "lastName": "Cleaner",
            "emailAddress": "grace@example.com",
            "phoneNumber": "+31612345678"
        })
    )
)]
pub struct UserChanges {
    /// Given name.
    #[schema(min_length = 1, max_length = 200, examples("Max"))]
    pub first_name: Option<String>,
    /// Family name.
    #[schema(min_length = 1, max_length = 200, examples("Member"))]
    pub last_name: Option<String>,
    /// E-mail address, unique in the organization.
    #[schema(format = "email", examples("max@example.com"))]
    pub email_address: Option<String>,
    /// Phone number (E.164), unique in the organization.
    #[schema(examples("+491701234567"))]
    pub phone_number: Option<String>,
    /// The roles of the user in the organization; empty for a plain member.
    #[schema(max_items = 11)]
    pub roles: Option<Vec<Role>>,
    /// All spaces to which the user's role `Device` is bound. If the list is empty, the role
    /// opens nothing.
    #[schema(max_items = 32)]
    pub spaces: Option<Vec<SpaceId>>,
    /// The kind of user; `person` by default. It cannot change.
    pub kind: Option<UserKind>,
    /// A description of the user.
    #[schema(min_length = 1, max_length = 2000, examples("Night shift"))]
    pub description: Option<String>,
    /// Remarks.
    #[schema(min_length = 1, max_length = 2000, examples("Has a dog"))]
    pub remarks: Option<String>,
    /// The user's ID in another system.
    #[schema(min_length = 1, max_length = 200, examples("guest-4711"))]
    pub external_id: Option<String>,
    /// How long to keep the user after their last share. Latchkey stores this for clients and
    /// removes no users by itself.
    pub auto_remove_after: Option<AutoRemoveAfter>,
    /// The invitation of a new user.
    pub invitation: Option<NewInvitation>,
}

/// The invitation of a new user. For an existing user only `language` can change.
#[derive(Debug, ToSchema)]
pub struct NewInvitation {
    /// When the invitation expires: in 30 days by default, in at most 366 days.
    #[schema(value_type = Option<Instant>)]
    pub expiration: Option<DateTime<Utc>>,
    /// The user's language (ISO 639-1).
    #[schema(examples("en"))]
    pub language: Option<String>,
}

/// A language, ISO 639-1: two letters of the alphabet in lower case.
struct Language(String);

impl FromJson for Language {
    fn from_json(value: &Value) -> Result<Self, (FaultCode, String)> {
        const EXPECTED: &str = "a language of ISO 639-1 such as \"en\"";
        let is_language =
            |text: &str| text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_lowercase());
        match value {
            Value::String(text) if is_language(text) => Ok(Self(text.clone())),
            Value::String(_) => Err((FaultCode::InvalidValue, format!("expected {EXPECTED}"))),
            _ => Err((FaultCode::WrongType, format!("expected {EXPECTED}"))),
        }
    }
}

impl From<Language> for String {
    fn from(Language(text): Language) -> Self {
        text
    }
}

impl Documented for User {
    type Changes = UserChanges;
}

/// The body of a create.
pub type NewUser = New<User>;

/// The display form.
pub type UserView = View<'static, User>;

impl Resource for User {
    type Id = UserId;
    const KEY: &'static str = "USER";
    const WHAT: &'static str = "user";
    const ID_FIELD: &'static str = "userId";
    const REQUIRED: &'static [&'static str] = &["firstName", "lastName"];
    const HAS_EXTERNAL_ID: bool = true;
    const BY_OFFSET: bool = true;

    fn blank(id: UserId) -> Self {
        Self {
            id,
            first_name: String::new(),
            last_name: String::new(),
            email_address: None,
            phone_number: None,
            registered: false,
            roles: Vec::new(),
            description: None,
            remarks: None,
            external_id: None,
            viviot_id: None,
            language: None,
            auto_remove_after: None,
            groups: BTreeSet::new(),
            spaces: BTreeSet::new(),
            kind: UserKind::Person,
            date_created: None,
            date_modified: None,
            invitation: None,
            invited_until: None,
            version: 1,
        }
    }

    super::resource::versioned!();
    super::resource::dated!();

    fn read(&mut self, body: &Fields<'_>) {
        // One that has no name yet is only being made.
        let is_new = self.first_name.is_empty();
        body.set::<Label, _>("firstName", &mut self.first_name);
        body.set::<Label, _>("lastName", &mut self.last_name);
        body.set_or_clear::<Email, _>("emailAddress", &mut self.email_address);
        body.set_or_clear::<Phone, _>("phoneNumber", &mut self.phone_number);
        self.read_roles(body);
        if let Some(spaces) = body.list::<SpaceId>("spaces", MAX_LISTED) {
            self.spaces = spaces.into_iter().collect();
        }
        match body.name::<UserKind>("kind") {
            Some(kind) if is_new => self.kind = kind,
            Some(kind) if kind != self.kind => {
                let message = "the kind of a user cannot change";
                body.fault("kind", FaultCode::NotAllowed, message);
            }
            _ => {}
        }
        body.set_or_clear::<Remark, _>("description", &mut self.description);
        body.set_or_clear::<Remark, _>("remarks", &mut self.remarks);
        body.set_or_clear::<Label, _>("externalId", &mut self.external_id);
        if body.is_null("autoRemoveAfter") {
            self.auto_remove_after = None;
        } else if let Some(given) = body.name("autoRemoveAfter") {
            self.auto_remove_after = Some(given);
        }
        if let Some(invitation) = body.object("invitation") {
            invitation.set_or_clear::<Language, _>("language", &mut self.language);
            if is_new {
                self.invited_until = invitation.optional("expiration");
            } else {
                invitation.not_served(&["expiration"]);
            }
            invitation.not_served(&["sendEmail", "sendSms"]);
        }
        body.not_served(&[
            "phoneNumberVerify",
            "emailAddressVerify",
            "superUser",
            "autoEmailMatch",
            "requireEmailMatch",
            "authOrganizationId",
            "emailMatchCredentialFilter",
        ]);
    }

    fn external_id(&self) -> Option<&str> {
        self.external_id.as_deref()
    }

    fn shown(&self) -> Cow<'_, Self> {
        match self.invitation {
            None => Cow::Borrowed(self),
            Some(_) => Cow::Owned(Self {
                invitation: None,
                ..self.clone()
            }),
        }
    }

    fn own(id: UserId) -> Own {
        Own::User(id)
    }

    fn keyring(&self, scope: &OrganizationScope) -> Option<(Key, Keyring)> {
        let groups = self.groups.clone();
        Some((scope.keyring(self.id), Keyring { groups }))
    }

    fn retired(&self, scope: &OrganizationScope) -> Option<Key> {
        Some(scope.retired(self.id))
    }

    fn retired_until(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.id.drawn_until(now)
    }

    fn refers(&self, scope: &OrganizationScope) -> Vec<Reference> {
        let reference = |space: &SpaceId| Reference {
            to: scope.space(*space),
            field: "spaces".to_owned(),
        };
        self.spaces.iter().map(reference).collect()
    }

    fn roll(&self, scope: &OrganizationScope) -> Option<Roll> {
        self.is_admin().then(|| Roll {
            key: scope.admins(),
            set: Admins::USERS,
            element: Element::Number(self.id.number()),
        })
    }

    fn claims(&self, scope: &OrganizationScope) -> Vec<Claim> {
        let email = self.email_address.as_deref();
        let phone = self.phone_number.as_deref();
        let viviot = self.viviot_id.as_deref();
        email
            .map(|address| scope.email_address(address))
            .into_iter()
            .chain(phone.map(|number| scope.phone_number(number)))
            .chain(viviot.map(|id| scope.viviot_id(id)))
            .map(|key| Claim { key })
            .collect()
    }
}

/// The invitation that belongs to a user's token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct UserInvitation {
    /// A sign-in link, which contains the token. It can be used once to link an app.
    #[schema(
        format = "uri",
        examples("https://example.com/sign-in/8a4f2f52-2d5b-4c53-9d50-0e7b4a1c9f3e")
    )]
    pub url: String,
    /// When the token expires.
    #[schema(value_type = Instant)]
    pub expiration: DateTime<Utc>,
}

/// The answer to a create, as the API document shows it.
#[derive(Debug, ToSchema)]
#[schema(rename_all = "camelCase", description = "What was created.")]
pub struct UserCreated {
    /// The ID of the user.
    pub user_id: UserId,
    /// How long the token is valid; left out for a service account.
    pub invitation: Option<UserInvitation>,
    /// An access token with which the user takes up the account; shown only once. Left out for
    /// a service account.
    #[schema(examples("8a4f2f52-2d5b-4c53-9d50-0e7b4a1c9f3e"))]
    pub token: Option<Uuid>,
}
