//! The authority for a write.
//!
//! A function learns the caller's roles from the authorizer, whose answer API Gateway keeps for
//! some minutes. So by a role that was read then, nothing may be written now: the transaction
//! itself checks that the user still exists and still has a role that allows it. There is no
//! transaction without a [`Warrant`], so no writer can forget it.

use crate::caller::OrganizationScope;
use crate::error::{Error, Result};
use crate::grant::GrantId;
use crate::role::{Area, By, Reach, Role};
use crate::table::{If, Item, Key, from_item};
use crate::wire::json::Named;

/// The authority for a transaction.
#[derive(Debug, Clone)]
pub enum Warrant {
    /// A role of the caller, which the transaction checks. [`OrganizationScope::to_write`]
    /// gives one.
    Role(ByRole),
    /// A grant of the caller. The writer adds the checks that it needs.
    Grant(GrantId),
    /// A secret that was presented: an invitation, an API key, a token.
    Secret,
    /// Nothing but being the caller: what each user may keep for themself, and what is worth no
    /// more than the caller's rights are when it is used.
    Own,
    /// A later step of a change whose first step was checked. To stop half way would leave
    /// something behind.
    Further,
    /// Nobody's: what the system does by itself.
    System,
}

impl Warrant {
    /// The maximum number of actions that check the authority.
    pub fn actions(&self) -> usize {
        usize::from(matches!(self, Self::Role(_)))
    }
}

/// Only a caller's role gives a warrant of this kind.
impl OrganizationScope {
    /// Authority to write what this role lets one write: for a transaction, which checks it again.
    ///
    /// # Errors
    /// 403 if the caller does not have it here.
    pub fn to_write_as(&self, role: Role) -> Result<Warrant, Error> {
        match self.caller() {
            Some(user) if self.has(role) => {
                Ok(Warrant::Role(ByRole::having(self.user(user), role)))
            }
            _ => Err(Error::InsufficientRights(Vec::new())),
        }
    }

    /// Authority to write in an area by role: for a transaction, which checks it again.
    ///
    /// # Errors
    /// 403 if none of the caller's roles here reaches that far.
    pub fn to_write(&self, area: Area) -> Result<Warrant, Error> {
        let held = self.by(area, Reach::Write);
        let by = self.caller().zip(held);
        let by = by.map(|(user, held)| ByRole::writing(self.user(user), held, area));
        by.map(Warrant::Role)
            .ok_or_else(|| Error::InsufficientRights(Vec::new()))
    }
}

/// A role by which something is written: that a user exists and has one of these.
#[derive(Debug, Clone)]
pub struct ByRole {
    user: Key,
    /// The role that the caller has of those.
    held: Role,
    roles: Vec<Role>,
    is_readable: bool,
}

/// The attribute of a user that has the roles.
pub(crate) const ROLES: &str = "roles";

impl ByRole {
    /// `user` has a role that may write in `area`, such as `held`.
    pub fn writing(user: Key, held: Role, area: Area) -> Self {
        let roles = Role::NAMES.iter().map(|(_, role)| *role);
        let roles = roles.filter(|role| By::Role(*role).reach(area) >= Reach::Write);
        Self {
            user,
            held,
            roles: roles.collect(),
            is_readable: area != Area::Directory,
        }
    }

    /// `user` has this very role.
    pub fn having(user: Key, role: Role) -> Self {
        Self {
            user,
            held: role,
            roles: vec![role],
            is_readable: true,
        }
    }

    /// Whether a transaction that conflicts at the user's item may read the role immediately
    /// before it writes, instead of checking it: an import or a door's controller writes more
    /// at once than DynamoDB can check one item. The read is strongly consistent, so only a
    /// write that was under way when the role was removed can still succeed, as if it had come
    /// just before. Not allowed for writes that create users, roles or keys, which would stay.
    pub(crate) fn is_readable(&self) -> bool {
        self.is_readable
    }

    /// The role that the caller was seen to have.
    pub fn held(&self) -> Role {
        self.held
    }

    /// The user's own item.
    pub fn user(&self) -> &Key {
        &self.user
    }

    /// The condition on the user's item.
    pub fn condition(&self) -> If {
        let has = |role: &Role| If::contains(ROLES, role);
        If::Any(self.roles.iter().map(has).collect())
    }

    /// Whether a stored item meets the condition.
    pub(crate) fn holds(&self, item: Option<&Item>) -> bool {
        #[derive(serde::Deserialize)]
        struct Roles {
            #[serde(default)]
            roles: Vec<Role>,
        }
        let read = item.map(|item| from_item::<Roles>(item.clone()));
        // An item that cannot be read gives no right.
        read.is_some_and(|read| {
            read.is_ok_and(|user| user.roles.iter().any(|role| self.roles.contains(role)))
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::caller::OrganizationScope;

    #[test]
    fn a_role_holds_for_who_has_it_and_for_nobody_who_is_gone_or_cannot_be_read() {
        let scope = OrganizationScope::of_change(7.try_into().unwrap());
        let user = scope.user(1.try_into().unwrap());
        let by = ByRole::writing(user.clone(), Role::Admin, Area::Shares);
        let item = |roles: serde_json::Value| -> Item {
            serde_dynamo::to_item(json!({ "roles": roles })).unwrap()
        };
        for role in ["Admin", "TenantAdmin", "AccessAdmin"] {
            assert!(by.holds(Some(&item(json!(["Receptionist", role])))));
        }
        for roles in [
            json!([]),
            json!(["Receptionist"]),
            json!(["Other"]),
            json!(7),
        ] {
            assert!(!by.holds(Some(&item(roles))));
        }
        assert!(!by.holds(Some(&Item::new())));
        assert!(!by.holds(None));
        let controller = ByRole::having(user, Role::Device);
        assert!(controller.holds(Some(&item(json!(["Device"])))));
        assert!(!controller.holds(Some(&item(json!(["Admin"])))));
    }
}
