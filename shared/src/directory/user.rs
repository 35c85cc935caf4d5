//! Users.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{Claim, Documented, MAX_LISTED, New, Own, Reference, Resource, View, first};
use crate::caller::OrganizationScope;
use crate::id::{SpaceId, UserGroupId, UserId};
use crate::keyring::Keyring;
use crate::role::Role;
use crate::table::Key;
use crate::wire::json::{Email, Fields, Label, Name, Named, Phone};
use crate::wire::schema::Instant;

/// A user of an organization.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct User {
    /// Its number.
    pub id: UserId,
    /// Given name.
    #[schema(examples("Max"))]
    pub first_name: String,
    /// Family name.
    #[schema(examples("Member"))]
    pub last_name: String,
    /// E-mail address; no other user of the organization has the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(format = "email", examples("max@example.com"))]
    pub email_address: Option<String>,
    /// Phone number, E.164; no other user of the organization has the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(examples("+491701234567"))]
    pub phone_number: Option<String>,
    /// Whether the user has taken up the account: called with a credential of theirs.
    #[schema(examples(true))]
    pub registered: bool,
    /// What the user is in the organization; nothing for a plain member.
    #[serde(default)]
    #[schema(required)]
    pub roles: Vec<Role>,
    /// The groups that the user is in; left out when in none.
    #[serde(
        default,
        skip_serializing_if = "BTreeSet::is_empty",
        with = "serde_dynamo::number_set"
    )]
    pub groups: BTreeSet<UserGroupId>,
    /// The spaces to which the role `Device` of the user is bound; left out when there are
    /// none, and then that role opens nothing.
    #[serde(
        default,
        skip_serializing_if = "BTreeSet::is_empty",
        with = "serde_dynamo::string_set"
    )]
    pub spaces: BTreeSet<SpaceId>,
    /// Grows by one with each change.
    #[serde(default = "first")]
    #[schema(required, minimum = 1, examples(1))]
    pub version: u64,
}

/// The body of a change, as the API document shows it; [`Resource::changed`] reads it.
#[derive(Debug, ToSchema)]
#[schema(
    rename_all = "camelCase",
    description = "What a change says of a user.",
    examples(
        json!({
            "firstName": "Max",
            "lastName": "Member",
            "emailAddress": "max@example.com",
            "phoneNumber": "+491701234567",
            "roles": ["AccessAdmin"]
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
    /// E-mail address; no other user of the organization has the same.
    #[schema(format = "email", examples("max@example.com"))]
    pub email_address: Option<String>,
    /// Phone number, E.164; no other user of the organization has the same.
    #[schema(examples("+491701234567"))]
    pub phone_number: Option<String>,
    /// What the user is in the organization; nothing for a plain member.
    #[schema(max_items = 6)]
    pub roles: Option<Vec<Role>>,
    /// The spaces to which the role `Device` of the user is bound: the whole list. With an
    /// empty one that role opens nothing.
    #[schema(max_items = 32)]
    pub spaces: Option<Vec<SpaceId>>,
}

impl Documented for User {
    type Changes = UserChanges;
}

/// The body of a create.
pub type NewUser = New<User>;

/// What is shown.
pub type UserView = View<'static, User>;

impl Resource for User {
    type Id = UserId;
    const KEY: &'static str = "USER";
    const WHAT: &'static str = "user";
    const ID_FIELD: &'static str = "userId";
    const REQUIRED: &'static [&'static str] = &["firstName", "lastName"];
    const CLAIMS: bool = true;

    fn blank(id: UserId) -> Self {
        Self {
            id,
            first_name: String::new(),
            last_name: String::new(),
            email_address: None,
            phone_number: None,
            registered: false,
            roles: Vec::new(),
            groups: BTreeSet::new(),
            spaces: BTreeSet::new(),
            version: 1,
        }
    }

    super::resource::versioned!();

    fn read(&mut self, body: &Fields<'_>) {
        body.set::<Label, _>("firstName", &mut self.first_name);
        body.set::<Label, _>("lastName", &mut self.last_name);
        body.set_or_clear::<Email, _>("emailAddress", &mut self.email_address);
        body.set_or_clear::<Phone, _>("phoneNumber", &mut self.phone_number);
        if let Some(roles) = body.list::<Name<Role>>("roles", Role::NAMES.len()) {
            self.roles = roles.into_iter().map(|Name(role)| *role).collect();
        }
        if let Some(spaces) = body.list::<SpaceId>("spaces", MAX_LISTED) {
            self.spaces = spaces.into_iter().collect();
        }
    }

    fn own(id: UserId) -> Own {
        Own::User(id)
    }

    fn keyring(&self, scope: &OrganizationScope) -> Option<(Key, Keyring)> {
        let groups = self.groups.clone();
        Some((scope.keyring(self.id), Keyring { groups }))
    }

    fn refers(&self, scope: &OrganizationScope) -> Vec<Reference> {
        let reference = |space: &SpaceId| Reference {
            to: scope.space(*space),
            field: "spaces".to_owned(),
        };
        self.spaces.iter().map(reference).collect()
    }

    fn claims(&self, scope: &OrganizationScope) -> Vec<Claim> {
        let email = self.email_address.as_deref();
        let phone = self.phone_number.as_deref();
        email
            .map(|address| scope.email_address(address))
            .into_iter()
            .chain(phone.map(|number| scope.phone_number(number)))
            .map(|key| Claim { key })
            .collect()
    }
}

/// What a new user is sent with the token by which they take up the account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct UserInvitation {
    /// When the token ends.
    #[schema(value_type = Instant)]
    pub expiration: DateTime<Utc>,
}

/// The answer to a create, as the API document shows it.
#[derive(Debug, ToSchema)]
#[schema(rename_all = "camelCase", description = "What was created.")]
pub struct UserCreated {
    /// The number of the user.
    pub user_id: UserId,
    /// How long the token is good.
    pub invitation: UserInvitation,
    /// An access token of the user's, to take up the account with; shown this once.
    #[schema(examples("8a4f2f52-2d5b-4c53-9d50-0e7b4a1c9f3e"))]
    pub token: Uuid,
}
