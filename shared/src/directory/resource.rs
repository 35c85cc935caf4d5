//! What the things of the directory have in common.

use std::borrow::Cow;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::caller::OrganizationScope;
use crate::grant::Source;
use crate::id::{Identifier, OrganizationId, UserId};
use crate::keyring::Keyring;
use crate::role::Area;
use crate::table::{Element, Key, KeyPrefix};
use crate::wire::json::{Fault, Faults, Fields, Json};

/// How many members, devices and so on a body may list. What is written with a thing is
/// one transaction, and DynamoDB takes a hundred writes in one, of which each member is three.
pub const MAX_LISTED: usize = 32;

/// How many groups a user or a device may be in, and how many spaces a device may open: a set
/// that is in their items, of which DynamoDB takes 400 KB, and is read with each decision.
pub const MAX_LINKED: usize = 1000;

/// The attribute of a user, of their keyring and of a device that has the groups they are in.
pub const GROUPS: &str = "groups";

/// The attribute of a device that has the spaces that it opens.
pub const SPACES: &str = "spaces";

/// The attribute of a door that has the zone of its organization.
pub const ORGANIZATION_ZONE: &str = "organizationTimeZone";
/// The attribute of a door that has the version of the organization whose zone that was.
pub const ZONE_VERSION: &str = "zoneVersion";

/// A kind of thing that is created, listed, read, changed and deleted.
pub trait Resource:
    Serialize + DeserializeOwned + Clone + PartialEq + Send + Sync + 'static
{
    /// What names one.
    type Id: Identifier;
    /// What keys of the kind begin with.
    const KEY: &'static str;
    /// What people call it.
    const WHAT: &'static str;
    /// What its id is called in paths and in the answer to a create.
    const ID_FIELD: &'static str;
    /// The fields that a new one must have.
    const REQUIRED: &'static [&'static str];
    /// The attribute that counts who refers to it, if someone counts: then one that is in
    /// use cannot be deleted.
    const COUNTED_BY: Option<&'static str> = None;
    /// Whether there are texts that no two of the kind may have.
    const CLAIMS: bool = false;
    /// Whether other things say that they belong to one.
    const LINKS: bool = false;
    /// What a role must let one write, to write one.
    const AREA: Area = Area::Directory;
    /// Whether one has an id that another system gave it, by which it is looked for.
    const HAS_EXTERNAL_ID: bool = false;
    /// Whether its list serves `offset`.
    const BY_OFFSET: bool = false;
    /// The parameters of its list that the services' page names and that are not served.
    const NOT_SERVED: &'static [&'static str] = &[];

    /// Whether the zone of the organization stands in each of them, for decisions to read: in
    /// [`ORGANIZATION_ZONE`], spread by `follow-up` when one is made and when that zone changes.
    const IN_ZONE: bool = false;

    /// One with this id and nothing else.
    fn blank(id: Self::Id) -> Self;

    /// The ID.
    fn id(&self) -> Self::Id;

    /// Grows by one with each change; the entity tag.
    fn version(&self) -> u64;

    /// The same with the next version.
    #[must_use]
    fn next_version(self) -> Self;

    /// The same as everyone who reads it may see it.
    fn shown(&self) -> Cow<'_, Self> {
        Cow::Borrowed(self)
    }

    /// Takes over what a body says of it. What that leaves out stays as it is.
    fn read(&mut self, body: &Fields<'_>);

    /// Its key; `None` when it cannot be of this organization.
    fn key(scope: &OrganizationScope, id: Self::Id) -> Option<Key> {
        Some(scope.thing(Self::KEY, id))
    }

    /// Whose it is, so that they may read it without a role that reads the directory.
    fn own(_id: Self::Id) -> Own {
        Own::Nobody
    }

    /// The id that another system gave it.
    fn external_id(&self) -> Option<&str> {
        None
    }

    /// The texts that no other of the kind may have.
    fn claims(&self, _scope: &OrganizationScope) -> Vec<Claim> {
        Vec::new()
    }

    /// What stands and falls with it, for decisions to read.
    fn keyring(&self, _scope: &OrganizationScope) -> Option<(Key, Keyring)> {
        None
    }

    /// Where it is listed as one of those of which one must stay.
    fn roll(&self, _scope: &OrganizationScope) -> Option<Roll> {
        None
    }

    /// What else says that it belongs to this.
    fn links(&self, _scope: &OrganizationScope) -> Vec<Link> {
        Vec::new()
    }

    /// What else must be there, for it to be made or changed.
    fn refers(&self, _scope: &OrganizationScope) -> Vec<Reference> {
        Vec::new()
    }

    /// Where its links stand, when it does not know them itself.
    fn listed(_scope: &OrganizationScope, _id: Self::Id) -> Option<KeyPrefix> {
        None
    }

    /// Whether its links are known, or about to be changed.
    fn lists(&self) -> bool {
        false
    }

    /// Takes the links that were read.
    fn set_listed(&mut self, _members: &[InGroup]) {}

    /// A new one, from the fields of the body of a create. What is wrong with them is
    /// written down there.
    fn new(id: Self::Id, body: &Fields<'_>) -> Self {
        for field in Self::REQUIRED {
            if !body.has(field) {
                body.missing(field);
            }
        }
        let mut new = Self::blank(id);
        new.read(body);
        new
    }

    /// A new one and its organization, from the body of a create.
    ///
    /// # Errors
    /// Every fault of the body, each with the path of its field.
    fn create<'b>(
        id: Self::Id,
        body: impl Into<Json<'b>>,
    ) -> Result<(OrganizationId, Self), Vec<Fault>> {
        let faults = Faults::default();
        let new = Fields::of_body(body, &faults).and_then(|body| {
            let organization = body.required("organizationId");
            let new = Self::new(id, &body);
            Some((organization?, new))
        });
        faults.or(new)
    }

    /// The same one as a body changes it.
    ///
    /// # Errors
    /// Every fault of the body, each with the path of its field.
    fn changed<'b>(&self, body: impl Into<Json<'b>>) -> Result<Self, Vec<Fault>> {
        let faults = Faults::default();
        let changed = Fields::of_body(body, &faults).map(|body| {
            let mut changed = self.clone();
            changed.read(&body);
            changed
        });
        faults.or(changed)
    }
}

/// The methods of [`Resource`] that speak of the fields `id` and `version`, which each kind has.
macro_rules! versioned {
    () => {
        fn id(&self) -> Self::Id {
            self.id
        }

        fn version(&self) -> u64 {
            self.version
        }

        fn next_version(mut self) -> Self {
            self.version += 1;
            self
        }
    };
}
pub(crate) use versioned;

/// Whose a thing is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Own {
    /// Nobody's.
    Nobody,
    /// Its user's own.
    User(UserId),
    /// That of whoever administrates it.
    Source(Source),
}

/// A text that only one may have, with the item that says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The key of the item.
    pub key: Key,
}

/// That a thing is one of those of which one must stay: an element of a set, which may not
/// become empty. So of two that go at once the second is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Roll {
    /// The item that has the set.
    pub key: Key,
    /// The set.
    pub set: &'static str,
    /// What stands in it for this one.
    pub element: Element,
}

/// That another thing belongs to this one: in a set that the other has, and where there may
/// be many of them in an item of its own, by which they are found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// The other thing.
    pub to: Key,
    /// Its set.
    pub set: &'static str,
    /// What stands in it for this one.
    pub element: Element,
    /// What has the same set, for decisions to read.
    pub keyring: Option<Key>,
    /// The item that says so, and what is in it.
    pub item: Option<(Key, InGroup)>,
    /// Where the body names the other thing.
    pub field: String,
}

/// Another thing that this one speaks of, and which knows nothing of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// The other thing.
    pub to: Key,
    /// Where the body names it.
    pub field: String,
}

/// That something is in a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct InGroup {
    /// The ID.
    pub member: u64,
}

/// A thing that others are in.
pub trait Group: Resource {
    /// The devices of the group.
    type Member: Resource;

    /// The link to one of them.
    fn link(
        scope: &OrganizationScope,
        id: Self::Id,
        member: <Self::Member as Resource>::Id,
    ) -> Link;
}

/// A thing as it is shown: with its organization.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct View<'r, R: Clone> {
    organization_id: OrganizationId,
    #[serde(flatten)]
    thing: Cow<'r, R>,
}

impl<'r, R: Resource> View<'r, R> {
    /// The view of a thing of the organization of `scope`.
    pub fn new(scope: &OrganizationScope, thing: &'r R) -> Self {
        Self {
            organization_id: scope.organization(),
            thing: thing.shown(),
        }
    }
}
