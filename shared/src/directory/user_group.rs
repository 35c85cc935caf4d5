//! Groups of users.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Created, Documented, GROUPS, Group, InGroup, Link, New, Resource, User, View, first};
use crate::caller::OrganizationScope;
use crate::id::{Id, UserGroupId, UserId};
use crate::table::{Element, KeyPrefix};
use crate::wire::json::{Fields, Label, MAX_LISTED};

/// A group of users.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UserGroup {
    /// The ID.
    pub id: UserGroupId,
    /// The name.
    #[schema(examples("Cleaners"))]
    pub name: String,
    /// The version; each change of the group or its members adds one.
    #[serde(default = "first")]
    #[schema(required, minimum = 1, examples(1))]
    pub version: u64,
    /// The members, as far as a body lists them; in the table each has an item.
    #[serde(skip)]
    pub members: Option<BTreeSet<UserId>>,
}

/// The body of a change, as the API document shows it; [`Resource::changed`] reads it.
#[derive(Debug, ToSchema)]
#[schema(
    rename_all = "camelCase",
    description = "A change of a user group.",
    examples(json!({"name": "Cleaners", "members": [2]}))
)]
pub struct UserGroupChanges {
    /// The name.
    #[schema(min_length = 1, max_length = 200, examples("Cleaners"))]
    pub name: Option<String>,
    /// The members of the group.
    #[schema(max_items = 32)]
    pub members: Option<Vec<UserId>>,
}

impl Documented for UserGroup {
    type Changes = UserGroupChanges;
}

/// The body of a create.
pub type NewUserGroup = New<UserGroup>;

/// The answer to a create.
pub type UserGroupCreated = Created<UserGroup>;

/// The display form.
pub type UserGroupView = View<'static, UserGroup>;

impl Resource for UserGroup {
    type Id = UserGroupId;
    const KEY: &'static str = "USERGROUP";
    const WHAT: &'static str = "user group";
    const ID_FIELD: &'static str = "userGroupId";
    const REQUIRED: &'static [&'static str] = &["name"];

    fn blank(id: UserGroupId) -> Self {
        Self {
            id,
            name: String::new(),
            version: 1,
            members: None,
        }
    }

    super::resource::versioned!();

    fn read(&mut self, body: &Fields<'_>) {
        body.set::<Label, _>("name", &mut self.name);
        let members = body.list::<UserId>("members", MAX_LISTED);
        self.members = members.map(BTreeSet::from_iter);
    }

    fn links(&self, scope: &OrganizationScope) -> Vec<Link> {
        let listed = self.members.iter().flatten();
        listed.map(|id| Self::link(scope, self.id, *id)).collect()
    }

    fn listed(scope: &OrganizationScope, id: UserGroupId) -> Option<KeyPrefix> {
        Some(scope.memberships(&scope.user_group(id)))
    }

    fn lists(&self) -> bool {
        self.members.is_some()
    }

    fn set_listed(&mut self, members: &[InGroup]) {
        let ids = members
            .iter()
            .filter_map(|edge| edge.member.try_into().ok());
        self.members = Some(ids.collect());
    }
}

impl Group for UserGroup {
    type Member = User;

    fn link(scope: &OrganizationScope, id: UserGroupId, member: UserId) -> Link {
        let to = scope.user(member);
        let item = scope.membership(&scope.user_group(id), &to);
        Link {
            to,
            set: GROUPS,
            element: Element::Number(id.number()),
            keyring: Some(scope.keyring(member)),
            item: Some((
                item,
                InGroup {
                    member: member.number(),
                    admin: false,
                },
            )),
            field: "members".to_owned(),
        }
    }
}
