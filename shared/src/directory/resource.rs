//! What directory items have in common.

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::caller::OrganizationScope;
use crate::error::Fault;
use crate::grant::Source;
use crate::id::{Identifier, OrganizationId, UserId};
use crate::keyring::Keyring;
use crate::role::Area;
use crate::table::{Element, Key, KeyPrefix};
use crate::wire::json::{Faults, Fields, Json};

/// The maximum number of groups of a user or a device, and of spaces of a device. They are a
/// set in the item, which every decision reads and which DynamoDB limits to 400 KB.
pub const MAX_LINKED: usize = 1000;

/// The attribute of a user, of their keyring and of a device that has the groups they are in.
pub const GROUPS: &str = "groups";

/// The attribute of a device that has the spaces that it opens.
pub const SPACES: &str = "spaces";

/// The attribute of a door that has the zone of its organization.
pub const ORGANIZATION_ZONE: &str = "organizationTimeZone";
/// The attribute of a door that has the version of the organization whose zone that was.
pub const ZONE_VERSION: &str = "zoneVersion";

/// A kind of item that is created, listed, read, changed and deleted.
pub trait Resource:
    Serialize + DeserializeOwned + Clone + PartialEq + Send + Sync + 'static
{
    /// The type of its IDs.
    type Id: Identifier;
    /// The prefix of the kind's keys.
    const KEY: &'static str;
    /// The name of the kind, in words.
    const WHAT: &'static str;
    /// The name of its ID in paths and in the answer to a create.
    const ID_FIELD: &'static str;
    /// The fields that a new one must have.
    const REQUIRED: &'static [&'static str];
    /// The attribute that counts who refers to it, if someone counts: then one that is in
    /// use cannot be deleted.
    const COUNTED_BY: Option<&'static str> = None;
    /// The area of rights that a write needs.
    const AREA: Area = Area::Directory;
    /// Whether one has an id that another system gave it, by which it is looked for.
    const HAS_EXTERNAL_ID: bool = false;
    /// Whether it says when it was made and changed: in [`DATE_MODIFIED`].
    const DATED: bool = false;
    /// Whether its list serves `offset`.
    const BY_OFFSET: bool = false;
    /// Whether the zone of the organization stands in each of them, for decisions to read: in
    /// [`ORGANIZATION_ZONE`], spread by `follow-up` when one is made and when that zone changes.
    const IN_ZONE: bool = false;

    /// One with this id and nothing else.
    fn blank(id: Self::Id) -> Self;

    /// The ID.
    fn id(&self) -> Self::Id;

    /// Grows by one with each change; the entity tag.
    fn version(&self) -> u64;

    /// The item with the next version.
    #[must_use]
    fn next_version(self) -> Self;

    /// Writes down that it is made at `now`, in the kinds that say so.
    fn make_at(&mut self, _now: DateTime<Utc>) {}

    /// Writes down that it is changed at `now`, likewise.
    fn change_at(&mut self, _now: DateTime<Utc>) {}

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

    /// Who may read the item without a role that reads the directory.
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

    /// An item that is created and deleted with it, for decisions to read.
    fn keyring(&self, _scope: &OrganizationScope) -> Option<(Key, Keyring)> {
        None
    }

    /// The set of items of which one must remain, if it is in one.
    fn roll(&self, _scope: &OrganizationScope) -> Option<Roll> {
        None
    }

    /// What says that its ID was given to one that was deleted, for as long as the ID may be
    /// drawn again.
    fn retired(&self, _scope: &OrganizationScope) -> Option<Key> {
        None
    }

    /// How long that is from `now` on; `None` if it is over.
    fn retired_until(&self, _now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        None
    }

    /// The items that record that they belong to this one.
    fn links(&self, _scope: &OrganizationScope) -> Vec<Link> {
        Vec::new()
    }

    /// Other items that must exist for it to be created or changed.
    fn refers(&self, _scope: &OrganizationScope) -> Vec<Reference> {
        Vec::new()
    }

    /// Where its links are stored, if it does not contain them.
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

    /// The item as a body changes it.
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

/// The methods of [`Resource`] for the fields `id` and `version`, which each kind has.
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

/// The attribute that says when a thing was changed last.
pub const DATE_MODIFIED: &str = "dateModified";

/// What [`Resource`] has of the fields `date_created` and `date_modified`.
macro_rules! dated {
    () => {
        const DATED: bool = true;

        fn make_at(&mut self, now: DateTime<Utc>) {
            self.date_created = Some(now);
            self.date_modified = Some(now);
        }

        fn change_at(&mut self, now: DateTime<Utc>) {
            self.date_modified = Some(now);
        }
    };
}
pub(crate) use dated;

/// Whose a thing is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Own {
    /// Nobody's.
    Nobody,
    /// Its user's own.
    User(UserId),
    /// Holders of `administrate` on it.
    Source(Source),
}

/// A text that only one may have, with the item that says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The key of the item.
    pub key: Key,
}

/// Membership in a set of which one element must remain. Of two that leave at once, the second
/// is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Roll {
    /// The item that has the set.
    pub key: Key,
    /// The set.
    pub set: &'static str,
    /// The element for this item.
    pub element: Element,
}

/// Another item belongs to this one: through a set in the other item and, if there may be many,
/// an item for each, by which they are listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// The other item.
    pub to: Key,
    /// Its set.
    pub set: &'static str,
    /// The element for this item.
    pub element: Element,
    /// The item with the same set, for decisions to read.
    pub keyring: Option<Key>,
    /// The item that says so, and what is in it.
    pub item: Option<(Key, InGroup)>,
    /// The field of the body that names the other item.
    pub field: String,
}

/// Another item to which this one refers, and which does not know of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// The other item.
    pub to: Key,
    /// The field of the body that names it.
    pub field: String,
}

/// That an ID was given to one that was deleted: nobody else is given it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Retired {
    /// When the ID can no longer be drawn.
    #[serde(with = "chrono::serde::ts_seconds")]
    pub expires_at: DateTime<Utc>,
}

/// A membership in a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct InGroup {
    /// The ID.
    pub member: u64,
    /// Of a user: whether they run the group, and so see who is in it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub admin: bool,
}

/// A kind of item with members.
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

/// An item for display, with its organization.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct View<'r, R: Clone> {
    organization_id: OrganizationId,
    #[serde(flatten)]
    thing: Cow<'r, R>,
}

impl<'r, R: Resource> View<'r, R> {
    /// The view of an item of the organization of `scope`.
    pub fn new(scope: &OrganizationScope, thing: &'r R) -> Self {
        Self {
            organization_id: scope.organization(),
            thing: thing.shown(),
        }
    }
}
