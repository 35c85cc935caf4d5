//! The caller, and the organizations that they belong to.

use std::collections::{BTreeSet, HashMap};

use serde::{Deserialize, Serialize};

use crate::error::{Error, Fault, FaultCode};
use crate::id::{OrganizationId, SpaceId, UserId};
use crate::linking::{TokenScopes, needs};
use crate::role::{Area, By, Reach, Role};

/// What the authorizer found for a credential. API Gateway passes it to every function with the
/// request, so no function reads the credential again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    user: UserId,
    is_service: bool,
    credential: String,
    memberships: Vec<Membership>,
    /// What of it an app may do that the user linked; all, if the credential is no app's.
    scopes: Option<TokenScopes>,
}

/// A user's place in one organization.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Membership {
    /// The organization.
    pub organization_id: OrganizationId,
    /// The roles of the user there; empty for a plain member.
    pub roles: Vec<Role>,
    /// The spaces to which the role `Device` is bound.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub spaces: BTreeSet<SpaceId>,
}

const USER: &str = "userId";
const KIND: &str = "userKind";
/// The kind of a user who is a program; of one who is a person, the context says none.
const SERVICE: &str = "service";
const CREDENTIAL: &str = "credentialId";
const MEMBERSHIPS: &str = "memberships";
const SCOPES: &str = "scopes";
/// What stands for the scopes of a credential that has none.
const ALL: &str = "*";

impl Caller {
    /// The caller that a credential of `user` with the id `credential` speaks for.
    pub fn new(user: UserId, credential: String, memberships: Vec<Membership>) -> Self {
        Self {
            user,
            is_service: false,
            credential,
            memberships,
            scopes: None,
        }
    }

    /// The same, the user being a service account if `is_service`.
    #[must_use]
    pub fn service(self, is_service: bool) -> Self {
        Self { is_service, ..self }
    }

    /// Whether the user is a service account.
    pub fn is_service(&self) -> bool {
        self.is_service
    }

    /// The same as far as these scopes go; all, if there are none.
    #[must_use]
    pub fn within(self, scopes: Option<TokenScopes>) -> Self {
        Self { scopes, ..self }
    }

    /// Checks that the scopes of the credential let the caller call an operation.
    ///
    /// # Errors
    /// 403, with what is missing.
    pub fn may_call(&self, operation: &str) -> Result<(), Error> {
        let Some(scopes) = &self.scopes else {
            return Ok(());
        };
        if scopes.allow(operation) {
            return Ok(());
        }
        let needed = needs(operation).unwrap_or_default();
        let needed: Vec<_> = needed.iter().map(|scope| scope.name()).collect();
        let message = match needed.is_empty() {
            true => "tokens of apps are not accepted here".to_owned(),
            false => format!(
                "expected a token with {}, got {scopes}",
                needed.join(" and ")
            ),
        };
        let fault = Fault::new("scope", FaultCode::InsufficientRights, message);
        Err(Error::InsufficientRights(vec![fault]))
    }

    /// The user.
    pub fn user(&self) -> UserId {
        self.user
    }

    /// The id of the credential: for logs and audits, no secret.
    pub fn credential(&self) -> &str {
        &self.credential
    }

    /// The caller as the authorizer's context. API Gateway takes a flat map of strings,
    /// so the memberships are JSON inside one.
    ///
    /// # Errors
    /// Never with the types as they are.
    pub fn to_context(&self) -> Result<HashMap<String, String>, serde_json::Error> {
        let mut context = HashMap::from([
            (USER.to_owned(), self.user.to_string()),
            (CREDENTIAL.to_owned(), self.credential.clone()),
            (
                MEMBERSHIPS.to_owned(),
                serde_json::to_string(&self.memberships)?,
            ),
            (
                SCOPES.to_owned(),
                self.scopes
                    .as_ref()
                    .map_or_else(|| ALL.to_owned(), TokenScopes::to_string),
            ),
        ]);
        if self.is_service {
            context.insert(KIND.to_owned(), SERVICE.to_owned());
        }
        Ok(context)
    }

    /// The caller from the authorizer's context, by a look-up of its fields. `None` when a
    /// field is missing or not as [`Caller::to_context`] writes it.
    pub fn from_context<'c>(field: impl Fn(&str) -> Option<&'c str>) -> Option<Self> {
        Some(Self {
            user: field(USER)?.parse().ok()?,
            is_service: field(KIND) == Some(SERVICE),
            credential: field(CREDENTIAL)?.to_owned(),
            memberships: serde_json::from_str(field(MEMBERSHIPS)?).ok()?,
            // What does not say how far it goes goes nowhere.
            scopes: match field(SCOPES)? {
                ALL => None,
                scopes => Some(scopes.parse().ok()?),
            },
        })
    }

    /// The caller's scope in an organization.
    ///
    /// # Errors
    /// 403 if the caller does not belong to it, whether or not it exists.
    pub fn scope(&self, organization: OrganizationId) -> Result<OrganizationScope, Error> {
        self.scopes()
            .find(|scope| scope.organization == organization)
            .ok_or_else(|| Error::InsufficientRights(Vec::new()))
    }

    /// The caller's scope in each organization that they belong to.
    pub fn scopes(&self) -> impl Iterator<Item = OrganizationScope> {
        self.memberships.iter().map(|membership| OrganizationScope {
            organization: membership.organization_id,
            user: Some(self.user),
            roles: membership.roles.clone(),
            spaces: membership.spaces.clone(),
        })
    }
}

/// Authority over the items of one organization. Every key of a tenant's item is made from one
/// of these, and only a caller's memberships give them. No function can therefore reach another
/// tenant's items, whatever a request says. A record of the table's stream has no caller; there
/// the changed item names its organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrganizationScope {
    organization: OrganizationId,
    /// The caller, if there is one.
    user: Option<UserId>,
    roles: Vec<Role>,
    spaces: BTreeSet<SpaceId>,
}

impl OrganizationScope {
    /// Authority over the items beside a changed or removed item of `organization`. It gives
    /// nobody a right.
    pub(crate) fn of_change(organization: OrganizationId) -> Self {
        Self {
            organization,
            user: None,
            roles: Vec::new(),
            spaces: BTreeSet::new(),
        }
    }

    /// The organization.
    pub fn organization(&self) -> OrganizationId {
        self.organization
    }

    /// The caller, if anybody calls.
    pub fn caller(&self) -> Option<UserId> {
        self.user
    }

    /// Whether the caller has this role here.
    pub fn has(&self, role: Role) -> bool {
        self.roles.contains(&role)
    }

    /// Whether the caller is a controller of this space: has the role `Device`, bound to it.
    /// One that is bound to no space controls none.
    pub fn controls(&self, space: SpaceId) -> bool {
        self.has(Role::Device) && self.spaces.contains(&space)
    }

    /// The spaces to which the caller's role `Device` is bound.
    pub fn spaces(&self) -> &BTreeSet<SpaceId> {
        &self.spaces
    }

    /// Whether one of the caller's roles here reaches that far.
    pub fn reaches(&self, area: Area, reach: Reach) -> bool {
        self.by(area, reach).is_some()
    }

    /// By which of the caller's roles here.
    pub(crate) fn by(&self, area: Area, reach: Reach) -> Option<Role> {
        let mut roles = self.roles.iter().copied();
        roles.find(|role| By::Role(*role).reach(area) >= reach)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caller() -> Caller {
        let membership = |id: u64, roles| Membership {
            organization_id: id.try_into().unwrap(),
            roles,
            spaces: [uuid::Uuid::nil().into()].into(),
        };
        let memberships = vec![
            membership(1, vec![Role::AccessAdmin]),
            membership(2, vec![Role::Device]),
        ];
        Caller::new(7.try_into().unwrap(), "key".to_owned(), memberships)
    }

    #[test]
    fn a_caller_passes_through_the_authorizers_context() {
        let context = caller().to_context().unwrap();
        let read = Caller::from_context(|name| context.get(name).map(String::as_str));
        assert_eq!(read, Some(caller()));
        let scoped = caller().within("read activate".parse().ok());
        let context = scoped.to_context().unwrap();
        let read = |name: &str| context.get(name).map(String::as_str);
        assert_eq!(Caller::from_context(read), Some(scoped.clone()));
        let without = |name: &str| read(name).filter(|_| name != SCOPES);
        assert_eq!(Caller::from_context(without), None);
        assert!(scoped.may_call("list-shares").is_ok());
        assert_eq!(scoped.may_call("create-share").unwrap_err().status(), 403);
        assert_eq!(scoped.may_call("something").unwrap_err().status(), 403);
        assert!(caller().may_call("something").is_ok());
        assert_eq!(Caller::from_context(|_| None), None);
        assert_eq!(Caller::from_context(|_| Some("x")), None);
    }

    #[test]
    fn a_scope_comes_only_from_a_membership() {
        let scope = |id: u64| caller().scope(id.try_into().unwrap());
        assert!(scope(1).unwrap().reaches(Area::Shares, Reach::Write));
        assert!(!scope(2).unwrap().reaches(Area::Shares, Reach::Read));
        assert_eq!(scope(3).unwrap_err().status(), 403);
    }

    #[test]
    fn a_controller_is_one_of_the_spaces_that_it_is_bound_to() {
        let (one, other) = (uuid::Uuid::nil(), uuid::Uuid::max());
        let controls = |roles: &[Role], spaces: &[uuid::Uuid]| {
            let membership = Membership {
                organization_id: 1.try_into().unwrap(),
                roles: roles.to_vec(),
                spaces: spaces.iter().map(|space| (*space).into()).collect(),
            };
            let caller = Caller::new(7.try_into().unwrap(), "key".to_owned(), vec![membership]);
            caller.scopes().next().unwrap().controls(one.into())
        };
        assert!(controls(&[Role::Device], &[one, other]));
        assert!(!controls(&[Role::Device], &[other]));
        assert!(!controls(&[Role::Device], &[]));
        assert!(!controls(&[Role::Admin], &[one]));
    }
}
